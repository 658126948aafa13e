"""Signed requests as an application makes them (RFC 9101), right or wrong in one thing."""

from __future__ import annotations

import warnings
from typing import Any, Final
from urllib.parse import quote, urlencode

from joserfc import jwe, jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from idp import clock
from tests.protocol.relying_party import ISSUER, ClientKey, Provider, RelyingParty

_USUAL: Final = {"EC": "ES256", "RSA": "RS256", "OKP": "Ed25519"}


def signed_request(
    shop: RelyingParty,
    *,
    key: ClientKey | None = None,
    header: dict[str, Any] | None = None,
    **changes: Any,
) -> str:
    """The client's request as one signed object; a claim that is `None` is left out."""
    now = int(clock.now().timestamp())
    usual = {"iss": shop.client_id, "aud": ISSUER, "exp": now + 60, "nbf": now, "iat": now}
    claims = {**shop.request(), **usual, **changes}
    signer = key or shop.key
    assert signer is not None
    named = {"kid": signer.kid} if signer.kid else {}
    top = {"typ": "oauth-authz-req+jwt", "alg": _USUAL[signer.key_type], **named, **(header or {})}
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # the name EdDSA
        return jwt.encode(
            {name: value for name, value in top.items() if value is not None},
            {name: value for name, value in claims.items() if value is not None},
            signer,
            [top["alg"]],
            default_type=None,
        )


def encrypted_to(
    provider: Provider, inside: str, *, alg: str = "RSA-OAEP-256", **header: str
) -> str:
    """Encrypted to the key that the provider publishes for this algorithm; the header can be bent."""
    published = next(each for each in provider.keys()["keys"] if each["alg"] == alg)
    top = {"alg": alg, "enc": "A256GCM", "kid": published["kid"], "cty": "JWT", **header}
    key = RSAKey.import_key({name: published[name] for name in ("kty", "n", "e")})
    allowed = [*top.values(), "DEF"]
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # bent ones
        return jwe.encrypt_compact(top, inside.encode(), key, algorithms=allowed)


def by_object(shop: RelyingParty, token: str, **beside: str) -> str:
    """The address that brings it, with what stands beside it."""
    fields = {"client_id": shop.client_id, "request": token} | beside
    return f"/oauth2/authorize?{urlencode(fields, quote_via=quote)}"
