"""How a client says who it is: exactly one way per request, and the one that was registered."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import NoReturn
from urllib.parse import unquote_plus

from werkzeug.datastructures import Headers

from idp import clock, throttle
from idp.audit import Event, record
from idp.oidc import assertions, client_jwts, registered
from idp.oidc.client_jwts import JwtRefused
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.registered import RegisteredClient
from idp.secret_values import new_reference


@dataclass(frozen=True, slots=True)
class Presented:
    """What was presented; nothing of it is believed yet."""

    method: str
    client_id: str
    proof: str = ""

    def __repr__(self) -> str:
        return f"Presented({self.method})"  # the proof is a secret


def presented(headers: Headers, parameters: Parameters) -> Presented:
    """Read the credentials; `RefusedToClient` for none, for more than one kind, or for two names.

    RFC 6749 section 2.3: a client uses one method per request.
    """
    found = [
        each
        for each in (
            _by_header(headers.get("Authorization")),
            _by_assertion(parameters),
            _by_body(parameters),
        )
        if each is not None
    ]
    client_id = parameters.get("client_id")
    if len(found) > 1:
        raise RefusedToClient(
            Code.INVALID_REQUEST, "mixed credentials", says="use one way of client authentication"
        )
    if not found:
        if client_id is None:
            _fail("no credentials", None)
        return Presented("none", client_id)
    if client_id is not None and client_id != found[0].client_id:
        raise RefusedToClient(
            Code.INVALID_REQUEST,
            "two client ids",
            says="client_id is not the one of the credentials",
        )
    return found[0]


def authenticate(given: Presented) -> RegisteredClient:
    """The client, once its credentials hold; else `RefusedToClient` (RFC 6749 section 5.2).

    Twenty failures a minute for one client and the answer is 429; right credentials are let in even then, so that a
    stranger cannot lock an application out.
    """
    client = registered.load(given.client_id)
    if client is None:
        _fail("unknown client", None)
    if client.auth_method != given.method:
        _fail(f"the client is registered for {client.auth_method} and used {given.method}", client)
    if given.method == "private_key_jwt":
        _by_key(given.proof, client)
    elif given.method != "none" and not client.knows(given.proof):
        _fail("wrong secret", client)
    return client


def _by_key(assertion: str, client: RegisteredClient) -> None:
    try:
        said = client_jwts.verified(assertion, client)
    except JwtRefused as refused:
        _fail(f"client assertion: {refused}", client)
    try:
        assertions.believe(said, client)
    except JwtRefused as refused:
        _fail(f"client assertion: {refused}", client, says=f"client assertion: {refused}")


def _by_header(authorization: str | None) -> Presented | None:
    if authorization is None:
        return None
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        _fail("an Authorization header of another scheme", None)
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:  # no base64, no ASCII, no UTF-8
        _fail("a Basic header that cannot be read", None)
    # RFC 6749 section 2.3.1: both halves are form-encoded
    client_id, _, secret = decoded.partition(":")
    return Presented("client_secret_basic", unquote_plus(client_id), unquote_plus(secret))


def _by_assertion(parameters: Parameters) -> Presented | None:
    kind, assertion = parameters.get("client_assertion_type"), parameters.get("client_assertion")
    if kind is None and assertion is None:
        return None
    if kind != assertions.TYPE or assertion is None:
        _fail("a client assertion of another type, or only half of one", None)
    client_id = (
        assertions.claimed_client(assertion) if len(assertion) <= client_jwts.LONGEST else None
    )
    if client_id is None:
        _fail("a client assertion that cannot be read", None)
    return Presented("private_key_jwt", client_id, assertion)


def _by_body(parameters: Parameters) -> Presented | None:
    secret = parameters.get("client_secret")
    if secret is None:
        return None
    return Presented("client_secret_post", parameters.get("client_id") or "", secret)


def _fail(
    why: str, client: RegisteredClient | None, *, says: str = "client authentication failed"
) -> NoReturn:
    """One answer for every reason, but to who has a key of the client; the reason is in the audit trail."""
    reference = new_reference()
    record(
        Event.CLIENT_AUTHENTICATION_FAILED,
        succeeded=False,
        actor="client",
        reference=reference,
        client_id=None if client is None else client.client_id,
        reason=why,
    )
    until = None
    if client is not None:
        until = throttle.spend(throttle.key("client", client.client_id), throttle.CLIENT_FAILURES)
    if until is None:
        raise RefusedToClient(
            Code.INVALID_CLIENT,
            why,
            says=says,
            status=HTTPStatus.UNAUTHORIZED,
            reference=reference,
        )
    raise RefusedToClient(
        Code.INVALID_CLIENT,
        why,
        says="client authentication failed too often",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        retry_after=max(1, ceil((until - clock.now()).total_seconds())),
        reference=reference,
    )
