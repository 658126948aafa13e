"""An API that asks for a fresh second step, and a page that calls it (RFC 9470).

Access tokens of the provider are opaque, so the API knows what a sign-in was worth from the ID Token that came with
the access token, and asks UserInfo each time whether the token still stands.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import WWWAuthenticate

from relying_party_demo.asks import Asks
from relying_party_demo.demo import home, show, the_demo
from relying_party_demo.id_token import WIRE_VALUES, level_of
from relying_party_demo.pages import person
from relying_party_demo.problems import ProviderUnreachable, SignInProblem
from relying_party_demo.sign_in import begin, see_other

api = Blueprint("api", __name__)

NEEDS: Final = Asks(level="substantieel", max_age=300)
#: What the API has to tell; made up, like everything here.
MESSAGES: Final = ("Start zorg: 3 nieuwe berichten", "Stop zorg: 1 nieuw bericht")


@api.get("/api")
def messages() -> Response:
    """The API itself: JSON for a token that will do, a challenge for every other (RFC 6750 section 3)."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return answer(token.strip() if scheme.lower() == "bearer" else "")


def answer(token: str) -> Response:
    """Answer one call with this access token; the page below calls this too, without the network in between."""
    demo = the_demo()
    if not token:
        return _challenge()
    grant = demo.tokens.find(token)
    try:
        if grant is None or not demo.clients[grant.application_id].stands(token, grant.claims):
            return _challenge(error="invalid_token")
    except ProviderUnreachable as problem:
        return _json({"error": problem.code}, HTTPStatus.SERVICE_UNAVAILABLE)
    if not NEEDS.met(grant.claims):
        return _challenge(
            error="insufficient_user_authentication",
            error_description="A second step of at most five minutes ago is required",
            acr_values=WIRE_VALUES[NEEDS.level or ""],
            max_age=str(NEEDS.max_age),
        )
    return _json({"berichten": list(MESSAGES)}, HTTPStatus.OK)


def _challenge(**said: str) -> Response:
    response = _json({"error": said.get("error", "token_missing")}, HTTPStatus.UNAUTHORIZED)
    response.headers["WWW-Authenticate"] = WWWAuthenticate(
        "bearer", {"realm": "api", **said}
    ).to_header()
    return response


def _json(body: Mapping[str, object], status: HTTPStatus) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


@api.get("/gegevens")
def page() -> Response:
    """The page with the button that calls the API."""
    return _page(None)


@api.post("/gegevens")
def call() -> Response:
    """Call the API, and follow the challenge when there is one (RFC 9470 section 4)."""
    demo = the_demo()
    application = demo.application(None)
    signed_in = demo.visit().signed_in.get(application.id)
    if signed_in is None:
        return see_other(demo.url("/gegevens"))
    token = request.form.get("csrf_token", "")
    if not hmac.compare_digest(token.encode(), signed_in.csrf_token.encode()):
        raise SignInProblem("csrf", why="API call without the token of this page")
    said = answer(signed_in.access_token)
    if said.status_code == HTTPStatus.OK:
        return _page(said.get_json()["berichten"])
    if said.status_code != HTTPStatus.UNAUTHORIZED:
        raise SignInProblem(str(said.get_json()["error"]), why="the API cannot answer now")
    return begin(demo, application, "/gegevens", wanted_by(said.www_authenticate))


def wanted_by(challenge: WWWAuthenticate) -> Asks:
    """Return what a sign-in must be to get past a challenge; nothing special when the token just ended."""
    first = (challenge.get("acr_values") or "").split()[:1]
    age = challenge.get("max_age") or ""
    return Asks(
        level=level_of(first[0]) if first else None,
        max_age=int(age) if age.isascii() and age.isdigit() else None,
    )


def _page(found: list[str] | None) -> Response:
    demo = the_demo()
    application = demo.application(None)
    signed_in = demo.visit().signed_in.get(application.id)
    return show(
        "api",
        application=application,
        home_path=home(None),
        found=found,
        person=person(signed_in) if signed_in else None,
        csrf_token=signed_in.csrf_token if signed_in else None,
    )
