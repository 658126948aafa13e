"""Every promise of the house, as a test: unit, journeys, protocol, attacks, browser, migrations and house itself.

Fixtures stand in conftest.py, what they are made of in support/.
"""
