"""The pages behind the links in the footer; anybody may read them."""

from __future__ import annotations

from functools import partial
from typing import Final

from flask import Flask

from idp.pages.rendering import show

PAGES: Final = {
    "/privacy": "privacy",
    "/toegankelijkheid": "accessibility",
    "/veilig-inloggen": "safe-sign-in",
    "/contact": "contact",
}


def init_app(app: Flask) -> None:
    """Register the addresses."""
    for path, page in PAGES.items():
        app.add_url_rule(path, f"information.{page}", partial(show, page))
