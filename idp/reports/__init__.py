"""What providers of texts and calls tell us, and ask us, by webhook.

The only code that reads a provider's request. Each file is one provider, and begins with who sent the request: nothing
is looked up for who cannot show that. Imports `messaging` and what everybody may import; knows no page and no person.
"""

from __future__ import annotations

from flask import Flask

from idp.reports import cm, http, twilio


def init_app(app: Flask) -> None:
    """Register the addresses; those of a provider that is not configured answer 404."""
    cm.init_app(app)
    twilio.init_app(app)
    http.init_app(app)
