"""An OpenID Connect identity provider for a public body and its partner organisations.

`create_app` assembles the rooms and decides nothing; docs/architecture.md is the map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:  # `python -m idp.settings` must be the first to import it
    from idp.settings import Settings


def create_app(settings: Settings) -> Flask:
    """The application for one deployment; `SettingsError` when the rooms cannot serve these settings."""
    # The rooms come in here, so that a verb of the operator's line that opens none of them starts at once.
    from idp import admin_api, database, flows, logs, monitoring, oidc, pages, reports, servicedesk

    app = Flask("idp", static_folder=None, template_folder=None)
    app.url_map.merge_slashes = (
        False  # an address with `//` is unknown; nothing is posted on to another
    )
    app.config["IDP"] = settings
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = 64 * 1024
    app.config["MAX_FORM_PARTS"] = 100
    logs.init_app(app)
    database.init_app(app, settings.database_url)
    monitoring.init_app(app)
    pages.init_app(app)
    flows.init_app(app)
    oidc.init_app(app)
    reports.init_app(app)
    servicedesk.init_app(app)
    admin_api.init_app(app)
    return app
