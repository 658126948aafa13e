"""The provider tells that somebody signed out there (OpenID Connect Back-Channel Logout 1.0): we forget them here."""

from __future__ import annotations

import logging
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from relying_party_demo.client import ApplicationClient
from relying_party_demo.demo import the_demo
from relying_party_demo.id_token import LEEWAY_SECONDS
from relying_party_demo.problems import ProviderUnreachable, SignInProblem
from relying_party_demo.tokens import LONGEST_LOGOUT_SECONDS

log = logging.getLogger("relying_party_demo")
backchannel = Blueprint("backchannel", __name__)

EVENT = "http://schemas.openid.net/event/backchannel-logout"
MAX_TOKEN_LENGTH = 8 * 1024


@backchannel.post("/<application_id>/afgemeld")
def told(application_id: str) -> Response:
    """Forget whom a valid logout token names; the answers are those of section 2.8."""
    demo = the_demo()
    application = demo.application(application_id)
    tokens = request.form.getlist("logout_token")
    try:
        if len(tokens) != 1 or len(tokens[0]) > MAX_TOKEN_LENGTH:
            raise SignInProblem("invalid_logout_token", why="not exactly one logout_token")
        claims = verified(demo.clients[application.id], tokens[0])
        if not demo.logout_tokens.is_new(claims["iss"], claims["jti"]):
            raise SignInProblem("invalid_logout_token", why="jti: it came before")
    except ProviderUnreachable as problem:
        return _refused(application_id, problem, 503)
    except SignInProblem as problem:
        return _refused(application_id, problem, 400)
    ended = demo.visits.sign_out(application.id, sid=claims.get("sid"), sub=claims.get("sub"))
    for signed_in in ended:
        demo.tokens.drop(signed_in.access_token)
    log.info("%s: signed out %d by the provider", application.id, len(ended))
    return Response(status=200)


def verified(client: ApplicationClient, token: str) -> dict[str, Any]:
    """Return the claims of a logout token (section 2.6); `SignInProblem` names the check that failed."""
    provider = client.provider
    algorithms = list(provider.metadata().signing_algorithms)
    try:
        try:
            read = jwt.decode(token, KeySet.import_key_set(provider.keys()), algorithms)  # type: ignore[arg-type]
        except InvalidKeyIdError:  # a key that was just taken in use, perhaps
            newer = KeySet.import_key_set(provider.newer_keys())  # type: ignore[arg-type]
            read = jwt.decode(token, newer, algorithms)
    except (JoseError, ValueError, TypeError, LookupError) as wrong:
        raise SignInProblem("invalid_logout_token", why=type(wrong).__name__) from wrong
    claims, now = read.claims, time.time()
    for name, holds in (
        ("typ", read.header.get("typ") == "logout+jwt"),  # an ID Token is signed by the same key
        ("iss", claims.get("iss") == provider.issuer),
        ("aud", claims.get("aud") in (client.client_id, [client.client_id])),
        ("iat", _is_now(claims.get("iat"), now - LONGEST_LOGOUT_SECONDS, now)),
        ("exp", _is_now(claims.get("exp"), now, now + LONGEST_LOGOUT_SECONDS)),
        ("jti", isinstance(claims.get("jti"), str) and bool(claims["jti"])),
        ("events", _is_logout(claims.get("events"))),
        ("nonce", "nonce" not in claims),
        ("sub", all(isinstance(claims.get(name, ""), str) for name in ("sub", "sid"))),
        ("sid", bool(claims.get("sub") or claims.get("sid"))),
    ):
        if not holds:
            raise SignInProblem("invalid_logout_token", why=name)
    return dict(claims)


def _is_now(moment: object, earliest: float, latest: float) -> bool:
    is_number = isinstance(moment, int | float) and not isinstance(moment, bool)
    return is_number and earliest - LEEWAY_SECONDS < moment < latest + LEEWAY_SECONDS  # type: ignore[operator]


def _is_logout(events: object) -> bool:
    return isinstance(events, dict) and isinstance(events.get(EVENT), dict)


def _refused(application_id: str, problem: SignInProblem, status: int) -> Response:
    log.warning("%s: logout token refused: %s", application_id, problem.why)
    answer = jsonify(error="invalid_request", error_description="the logout token cannot be used")
    answer.status_code = status
    return answer
