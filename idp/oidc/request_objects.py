"""Signed request objects (RFC 9101; OpenID Connect Core section 6.1): a request in one JWT, perhaps encrypted to us."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from idp import clock, keyring, settings
from idp.keyring import Unopenable
from idp.oidc import client_jwts, client_keys, parameters
from idp.oidc.asked import Asked
from idp.oidc.client_jwts import SKEW, ClientJwt, JwtRefused
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.registered import RegisteredClient

#: The kind of JWT, as a header names it (section 10.8.1); older clients say `JWT`, or nothing.
TYPE: Final = "oauth-authz-req+jwt"
_TYPES: Final = frozenset({"", "jwt", TYPE, f"application/{TYPE}"})
#: In seconds: how long an object may hold, and how old it may be (FAPI 2.0 Message Signing section 5.3.1).
LONGEST_LIFE: Final = 3600

Rule = Callable[[ClientJwt, RegisteredClient], None]


def opened(beside: Asked, token: str) -> Asked:
    """The request inside, which is all that counts (section 6.3); with `wrong` when the object does not hold."""
    if not client_keys.has_any(beside.client):
        why = "request is not supported for a client without registered keys"
        return replace(beside, wrong=RefusedToClient(Code.REQUEST_NOT_SUPPORTED, why, says=why))
    try:
        inside = _read(token, beside.client)
    except JwtRefused as refused:
        why = f"request object: {refused}"
        return replace(beside, wrong=RefusedToClient(Code.INVALID_REQUEST_OBJECT, why, says=why))
    return replace(beside, parameters=Parameters(inside))


def _read(token: str, client: RegisteredClient) -> dict[str, str]:
    alg = client.request_object_signing_alg
    signed = client_jwts.verified(_decrypted(token), client, alg=alg)
    for rule in RULES:
        rule(signed, client)
    return _as_parameters(signed.claims)


def _decrypted(token: str) -> str:
    """What was signed; an object may be encrypted to us around that (section 6.1), never instead of it."""
    if token.count(".") != 4:
        return token
    try:
        return keyring.current().opened(token).decode("ascii")
    except (
        Unopenable,
        UnicodeDecodeError,
    ) as wrong:  # one reason for all: nothing is learned from it
        raise JwtRefused("cannot be decrypted") from wrong


def it_is_a_request_object(signed: ClientJwt, client: RegisteredClient) -> None:
    """Section 10.8: never another kind of JWT, nor one that could pass for a client assertion elsewhere."""
    if signed.typ not in _TYPES:
        raise JwtRefused(f"typ can only be {TYPE}")
    if signed.claims.get("sub") == client.client_id:
        raise JwtRefused("sub must not be the client_id")


def it_is_of_the_client(signed: ClientJwt, client: RegisteredClient) -> None:
    """Sections 4 and 5: `iss`, and `client_id` inside as outside."""
    for name in ("iss", "client_id"):
        if signed.claims.get(name) != client.client_id:
            raise JwtRefused(f"{name} must be the client_id")


def it_is_for_us(signed: ClientJwt, _client: RegisteredClient) -> None:
    """Section 4: the audience holds our issuer; others may stand beside it."""
    audience = signed.claims.get("aud")
    listed = audience if isinstance(audience, list) else [audience]
    if settings.current().issuer not in listed:
        raise JwtRefused("aud must hold our issuer")


def it_is_of_now(signed: ClientJwt, _client: RegisteredClient) -> None:
    """An end that is near, and a beginning that is past: an object goes through browsers, and stays in histories."""
    now = clock.now().timestamp()
    expires, begins, made = (
        client_jwts.seconds(signed.claims, name) for name in ("exp", "nbf", "iat")
    )
    if expires is None or not now < expires <= now + LONGEST_LIFE + SKEW:
        raise JwtRefused("exp is missing, past, or more than an hour ahead")
    if any(moment is not None and moment > now + SKEW for moment in (begins, made)):
        raise JwtRefused("iat or nbf is in the future")
    if begins is not None and (begins < now - LONGEST_LIFE or expires - begins > LONGEST_LIFE):
        raise JwtRefused("nbf is more than an hour ago, or exp more than an hour after it")


def it_holds_no_other(signed: ClientJwt, _client: RegisteredClient) -> None:
    """Section 4: neither `request` nor `request_uri` inside."""
    if {"request", "request_uri"} & signed.claims.keys():
        raise JwtRefused("request and request_uri must not be inside")


RULES: Final[tuple[Rule, ...]] = (
    it_is_a_request_object,
    it_is_of_the_client,
    it_is_for_us,
    it_is_of_now,
    it_holds_no_other,
)


def _as_parameters(claims: Mapping[str, Any]) -> dict[str, str]:
    """The request's parameters: text, but for a number (`max_age`) and an object (`claims`), as section 4 has it."""
    found = {}
    for name in parameters.AUTHORIZATION:
        value = claims.get(name)
        if name == "claims" and isinstance(value, dict):
            value = json.dumps(value)
        elif name == "max_age" and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        elif name in parameters.SEVERAL and isinstance(value, list):
            value = _joined(name, value)
        elif value is not None and not isinstance(value, str):
            raise JwtRefused(f"{name} is of the wrong type")
        if value:  # an empty value is none (RFC 6749 section 3.1)
            found[name] = value
    return found


def _joined(name: str, values: list[Any]) -> str:
    """RFC 8707 section 2.1: several values are an array in a request object."""
    if not all(isinstance(each, str) for each in values):
        raise JwtRefused(f"{name} is of the wrong type")
    return " ".join(values)
