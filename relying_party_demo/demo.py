"""The parts of the running demo, and how a view reaches them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from flask import Response, abort, current_app, render_template, request

from relying_party_demo.client import ApplicationClient
from relying_party_demo.configuration import Application, Configuration
from relying_party_demo.discovery import Provider
from relying_party_demo.tokens import KnownTokens, LogoutTokens
from relying_party_demo.visits import Visit, Visits

COOKIE = "rp_session"
EXTENSION = "relying_party_demo"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Everything that lives as long as the process."""

    configuration: Configuration
    provider: Provider
    clients: dict[str, ApplicationClient]
    visits: Visits
    tokens: KnownTokens
    logout_tokens: LogoutTokens

    def application(self, application_id: str | None) -> Application:
        """Return the application of this address; the first one has addresses without an id."""
        applications = self.configuration.applications
        if application_id is None:
            return applications[0]
        return next((x for x in applications if x.id == application_id), None) or abort(404)

    def url(self, path: str) -> str:
        """Return the public address of a path here."""
        return self.configuration.address + path

    def visit(self) -> Visit:
        """Return the visit of the browser that asks."""
        return self.visits.find(request.cookies.get(COOKIE))

    def remember(self, visit: Visit, response: Response) -> Response:
        """Keep the visit and let the browser name it from now on."""
        self.visits.keep(visit)
        parts = urlsplit(self.configuration.address)
        response.set_cookie(
            COOKIE,
            visit.id,
            # Browsers send Secure cookies to http://localhost, and to no other plain address.
            secure=parts.scheme == "https" or parts.hostname == "localhost",
            httponly=True,
            samesite="Lax",
        )
        return response


def the_demo() -> Demo:
    """Return the demo that serves this request."""
    return cast("Demo", current_app.extensions[EXTENSION])


def home(application_id: str | None) -> str:
    """Return the path of an application's page, as the address that was used spells it."""
    return "/" if application_id is None else f"/{application_id}/"


def show(
    page: str, *, application: Application, home_path: str, status: int = 200, **context: object
) -> Response:
    """Render a page; `page` is its template and its `data-page`."""
    body = render_template(
        f"{page}.html", page=page, application=application, home=home_path, **context
    )
    return Response(body, status, mimetype="text/html")
