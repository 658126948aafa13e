"""private_key_jwt: a client proves itself by a short-lived JWT of its own (RFC 7523 section 3, Core section 9)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from idp import clock, settings
from idp.database import connection, insert
from idp.models import SpentAssertion
from idp.oidc.parameters import is_clean
from idp.oidc.registered import ClientKey, RegisteredClient

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST: Final = 16 * 1024
#: How far ahead an assertion may end, and how wrong a client's clock may be, in seconds.
MOST_AHEAD: Final = 300
SKEW: Final = 10
_LONGEST_JTI: Final = 500
#: EdDSA as a name says nothing of the curve (RFC 9864); with either name it is Ed25519 here.
_CURVES: Final = {"EdDSA": "Ed25519", "Ed25519": "Ed25519", "ES256": "P-256"}


#: What reading somebody else's JOSE can end in; the last one by brackets without end.
UNREADABLE: Final = (JoseError, ValueError, RecursionError)


class AssertionRefused(Exception):
    """Why an assertion does not count; for the audit trail."""


class _Registry(JWSRegistry):
    """joserfc's rules with our list of algorithms; it would warn about the name EdDSA, which clients still use."""

    max_header_length = 8 * 1024  # clients send certificate chains along

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError("not in the profile")
        return self.algorithms[name]


def claimed_client(assertion: str) -> str | None:
    """Who the assertion says it is from; nothing is verified yet."""
    try:
        payload = jws.extract_compact(assertion.encode()).payload
        claims = _claims(payload)
    except UNREADABLE:
        return None
    issuer = claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def verify(assertion: str, client: RegisteredClient) -> None:
    """Believe the assertion once, or raise `AssertionRefused`; the profile names the algorithms, the client the keys.

    Spending it is an insert that can lose, part of the caller's transaction: of two requests at once one is refused.
    """
    if len(assertion) > LONGEST:
        raise AssertionRefused("too long")
    claims = _verified_claims(assertion, client)
    now = clock.now().timestamp()
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise AssertionRefused("iss and sub must be the client_id")
    _check_audience(claims.get("aud"))
    expires = _time(claims, "exp")
    if expires is None or not now < expires <= now + MOST_AHEAD + SKEW:
        raise AssertionRefused("exp is missing, past, or more than five minutes ahead")
    issued = _time(claims, "iat")
    if issued is None and client.profile.assertion_needs_iat:
        raise AssertionRefused("iat is missing")
    if any(moment is not None and moment > now + SKEW for moment in (issued, _time(claims, "nbf"))):
        raise AssertionRefused("iat or nbf is in the future")
    _spend(client, claims.get("jti"), expires)


def _verified_claims(assertion: str, client: RegisteredClient) -> dict[str, Any]:
    registry = _Registry(algorithms=client.profile.assertion_algs, strict_check_header=False)
    try:
        header = jws.extract_compact(assertion.encode()).headers()
        candidates = [key for key in client.keys if _fits(key, header)]
    except UNREADABLE as wrong:
        raise AssertionRefused("cannot be read") from wrong
    for key in candidates:
        try:
            return _claims(jws.deserialize_compact(assertion, key, registry=registry).payload)
        except UNREADABLE:
            continue
    raise AssertionRefused(
        "no key of the client made this signature with an algorithm of its profile"
    )


def _fits(key: ClientKey, header: Mapping[str, Any]) -> bool:
    """Whether this key may have signed under this header, in which `jku`, `jwk` and `x5c` choose nothing."""
    alg, kid = header.get("alg"), header.get("kid")
    if kid is not None and key.kid is not None and kid != key.kid:
        return False
    if key.alg is not None and key.alg != alg:
        return False
    return not isinstance(key, ECKey | OKPKey) or key.curve_name == _CURVES.get(str(alg))


def _claims(payload: bytes | None) -> dict[str, Any]:
    """The claims; `ValueError` for anything but one JSON object without repeated members."""
    claims = json.loads(payload or b"", object_pairs_hook=_no_repeats, parse_constant=_no_constant)
    if not isinstance(claims, dict):
        raise ValueError("no object")
    return claims


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _check_audience(audience: object) -> None:
    """The issuer or an endpoint that clients authenticate at, and no stranger beside it.

    RFC 7523 section 3, RFC 9126 section 2.
    """
    issuer = settings.current().issuer
    ours = {issuer, f"{issuer}/oauth2/token", f"{issuer}/oauth2/par"}
    listed = [audience] if isinstance(audience, str) else audience
    if (
        not isinstance(listed, list)
        or not listed
        or not all(isinstance(each, str) and each in ours for each in listed)
    ):
        raise AssertionRefused("aud must be our issuer or our token endpoint")


def _time(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or abs(value) > 1e12
    ):
        raise AssertionRefused(f"{name} is no time")
    return float(value)


def _spend(client: RegisteredClient, jti: object, expires: float) -> None:
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise AssertionRefused("jti is missing or too long")
    if not is_clean(jti):
        raise AssertionRefused("jti holds control characters or halves of pairs")
    digest = settings.current().secret.digest("assertion", f"{client.client_id}\0{jti}")
    lasts = timedelta(seconds=max(expires - clock.now().timestamp(), 0) + SKEW)
    spent = (
        connection()
        .execute(
            insert(SpentAssertion)
            .values(digest=digest, expires_at=clock.now() + lasts)
            .on_conflict_do_nothing(index_elements=[SpentAssertion.digest])
            .returning(SpentAssertion.digest)
        )
        .one_or_none()
    )
    if spent is None:
        raise AssertionRefused("this assertion was used before")
