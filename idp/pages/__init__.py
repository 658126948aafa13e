"""What people see: templates, styles, translations, and the rules that hold for every page (headers, csrf, language).

Imports only errors, settings, clock and secret_values; knows no rows, no flows, no OAuth. Views call `show`.
"""

from __future__ import annotations

from flask import Flask

from idp.pages import assets, csrf, environment, headers, information, manual, rendering, wording
from idp.pages.csrf import csrf_holds, csrf_scope, csrf_token_of
from idp.pages.rendering import show
from idp.pages.wording import language, translate, translate_many

__all__ = [
    "csrf_holds",
    "csrf_scope",
    "csrf_token_of",
    "init_app",
    "language",
    "show",
    "translate",
    "translate_many",
]


def init_app(app: Flask) -> None:
    """Give an application our pages: Jinja, static files, headers on every response, csrf, language, information pages.

    Expects `app.config["IDP"]` (an `idp.settings.Settings`).
    """
    rendering.init_app(app)
    assets.init_app(app)
    wording.init_app(app)
    csrf.init_app(app)
    headers.init_app(app)
    information.init_app(app)
    manual.init_app(app)
    environment.init_app(app)  # last: it copies what the others added
