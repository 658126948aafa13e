"""To the provider and back: authorization code, PKCE, `state`, `nonce` (OpenID Connect Core 3.1)."""

from __future__ import annotations

import json
import secrets
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict

from relying_party_demo.asks import Asks, asks_of
from relying_party_demo.configuration import Application, Configuration
from relying_party_demo.demo import Demo, home, the_demo
from relying_party_demo.problems import SignInProblem
from relying_party_demo.tokens import Grant
from relying_party_demo.visits import BegunSignIn, SignedIn

sign_in = Blueprint("sign_in", __name__)

MAX_LOGIN_HINT = 255
MAX_TARGET = 2000
#: Authlib would send twenty characters; a nonce should carry 128 bits at least.
NONCE_BYTES = 24
#: For who may not ask the scope `profile`: the names that our page shows (OpenID Connect Core section 5.5).
NAMES_ONE_BY_ONE = {"userinfo": {"name": None, "preferred_username": None}}


@sign_in.post("/inloggen")
@sign_in.post("/<application_id>/inloggen")
def start_by_post(application_id: str | None = None) -> Response:
    """Turn a third-party initiated POST into a GET, because only that carries our Lax cookie."""
    names = ("iss", "login_hint", "target_link_uri")
    given = {name: text for name in names if (text := once(request.form, name))}
    address = the_demo().url(home(application_id) + "inloggen")
    return see_other(f"{address}?{urlencode(given)}" if given else address)


@sign_in.get("/inloggen")
@sign_in.get("/<application_id>/inloggen")
def start(application_id: str | None = None) -> Response:
    """Begin a sign-in, asked for here or elsewhere (OpenID Connect Core section 4)."""
    demo = the_demo()
    application = demo.application(application_id)
    if once(request.args, "iss") not in (None, demo.configuration.issuer):
        raise SignInProblem("wrong_issuer", why="third-party initiated login for another issuer")
    target = once(request.args, "target_link_uri")
    return_to = local_target(target, demo.configuration) if target else home(application_id)
    asks = asks_of(return_to, application.level)
    hint = once(request.args, "login_hint")
    return begin(demo, application, return_to, asks, login_hint=hint)


def begin(
    demo: Demo,
    application: Application,
    return_to: str,
    asks: Asks,
    *,
    login_hint: str | None = None,
) -> Response:
    """Send the browser to the provider, with what the page at `return_to` asks."""
    wishes = asks.wishes()
    if login_hint:
        wishes["login_hint"] = login_hint[:MAX_LOGIN_HINT]
    claims = asks.claims()
    if "profile" not in application.scope.split():
        claims |= NAMES_ONE_BY_ONE
    if claims:
        wishes["claims"] = json.dumps(claims, separators=(",", ":"))
    begun = demo.clients[application.id].create_authorization_url(
        callback_address(demo, application),
        nonce=secrets.token_urlsafe(NONCE_BYTES),
        **wishes,
    )
    visit = demo.visit()
    visit.begin(
        begun["state"],
        BegunSignIn(
            application_id=application.id,
            nonce=begun["nonce"],
            code_verifier=begun["code_verifier"],
            return_to=return_to,
            asks=asks,
        ),
    )
    return demo.remember(visit, see_other(begun["url"]))


@sign_in.get("/callback")
@sign_in.get("/<application_id>/callback")
def callback(application_id: str | None = None) -> Response:
    """Take the provider's answer; nothing in it counts before `state` and `iss` are right."""
    demo = the_demo()
    application = demo.application(application_id)
    visit = demo.visit()
    begun = visit.claim(once(request.args, "state") or "", application.id)
    if begun is None:
        raise SignInProblem("unknown_state", why="no sign-in under way with this state")
    demand_issuer(demo, once(request.args, "iss"))
    if error := once(request.args, "error"):
        raise SignInProblem(error, why="authorization endpoint refused")
    code = once(request.args, "code")
    if not code:
        raise SignInProblem("provider_misbehaves", why="answer without code")
    client = demo.clients[application.id]
    token = client.redeem(
        code,
        redirect_uri=callback_address(demo, application),
        code_verifier=begun.code_verifier,
    )
    claims = client.verified_claims(token, begun.nonce)
    begun.asks.demand(claims)
    signed_in = SignedIn(
        id_token=token["id_token"],
        access_token=token["access_token"],
        claims=claims,
        userinfo=client.person(token, claims["sub"]),
    )
    demo.tokens.put(token["access_token"], Grant(application_id=application.id, claims=claims))
    renewed = demo.visits.sign_in(visit, application.id, signed_in)
    return demo.remember(renewed, see_other(demo.url(begun.return_to)))


def callback_address(demo: Demo, application: Application) -> str:
    """Return the redirect address that the application is registered with: one, with its id."""
    return demo.url(f"/{application.id}/callback")


def demand_issuer(demo: Demo, iss: str | None) -> None:
    """Refuse an answer of another provider (RFC 9207 section 2.4)."""
    expected = demo.provider.metadata()
    if iss is None and not expected.names_itself_in_answers:
        return
    if not secrets.compare_digest((iss or "").encode(), expected.issuer.encode()):
        raise SignInProblem("wrong_issuer", why="authorization response of another issuer")


def local_target(target: str, configuration: Configuration) -> str:
    """Return path and query of a `target_link_uri` on our own origin; refuse every other."""
    printable = target.isascii() and target.isprintable()
    if len(target) <= MAX_TARGET and printable and not set(target) & set(" \\"):
        try:
            parts = urlsplit(target)
        except ValueError:
            parts = urlsplit("")
        path = parts.path or "/"
        if f"{parts.scheme}://{parts.netloc}" == configuration.address and path[:2] != "//":
            return path + (f"?{parts.query}" if parts.query else "")
    raise SignInProblem("foreign_target", why="target_link_uri is not ours")


def once(given: MultiDict[str, str], name: str) -> str | None:
    """Return a parameter; refuse one that is repeated (RFC 6749 section 3.1). Empty is absent."""
    values = given.getlist(name)
    if len(values) > 1:
        raise SignInProblem("invalid_request", why=f"{name} is repeated")
    return values[0] if values and values[0] else None


def see_other(address: str) -> Response:
    """Send the browser on with a GET."""
    return redirect(address, 303, Response)  # type: ignore[return-value]
