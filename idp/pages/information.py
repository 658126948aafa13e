"""The pages behind the links in the footer; anybody may read them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Final

from flask import Flask, Response

from idp import settings
from idp.pages.rendering import show

PAGES: Final = {
    "/privacy": "privacy",
    "/veilig-inloggen": "safe-sign-in",
    "/contact": "contact",
}
#: When somebody last held what the accessibility statement says against the product.
STATEMENT_REVISED: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)


def init_app(app: Flask) -> None:
    """Register the addresses."""
    for path, page in PAGES.items():
        app.add_url_rule(path, f"information.{page}", partial(show, page))
    app.add_url_rule("/toegankelijkheid", "information.accessibility", accessibility)


def accessibility() -> Response:
    """The accessibility statement, in the parts of the Dutch model (Besluit digitale toegankelijkheid overheid).

    What was tested belongs to the product; the status and the signed statement belong to the body.
    """
    here = settings.current()
    return show(
        "accessibility",
        compliance=here.accessibility_status,
        signed_statement=here.accessibility_statement,
        revised=STATEMENT_REVISED,
    )
