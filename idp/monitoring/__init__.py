"""What watches the house from outside: whether it lives, whether it can work, and what it counted.

Imports `keyring`, `database` and what everybody may import; knows no page, no person and no client.
"""

from __future__ import annotations

from flask import Flask

from idp.monitoring import health, measures


def init_app(app: Flask) -> None:
    """Register the three addresses, and time every request; first of all rooms, so that the whole of it counts."""
    measures.init_app(app)
    health.init_app(app)
