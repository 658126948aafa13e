"""The API for the Servicedesk's work, for programs of the body: what the desk's pages do, by the same functions.

Programs come with an access token of this very provider, made for this API, with scopes (docs/beheer-api.md).
"""

from __future__ import annotations

from flask import Flask


def init_app(app: Flask) -> None:
    """Register every operation, and tell programs what is wrong as programs are told."""
    from idp.admin_api import door, problems
    from idp.admin_api.operations import OPERATIONS
    from idp.flows.refusals import tell_programs
    from idp.oidc import own_api

    tell_programs(app, {f"{own_api.PATH}/": problems.told})
    for operation in OPERATIONS:
        app.add_url_rule(
            f"{own_api.PATH}{operation.path}",
            f"admin_api_{operation.name}",
            door.serve(operation),
            methods=[operation.method],
        )
