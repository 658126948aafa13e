"""Second steps: one protocol, one file per factor, found by the catalogue.

A factor never sees Flask's request, the session or OAuth. Imports `accounts`, `messaging`, `models` and below.
"""
