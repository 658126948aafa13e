"""The operator's command line `idp`: thin verbs over the same functions that the pages call, and the demo.

Stands above everything and may import everything but a request; nothing imports it.
"""

from idp.cli.verbs import main

__all__ = ["main"]
