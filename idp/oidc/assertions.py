"""private_key_jwt: a client proves itself by a short-lived JWT of its own (RFC 7523 section 3, Core section 9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from idp import clock, settings
from idp.database import connection, insert
from idp.models import SpentAssertion
from idp.oidc import client_jwts
from idp.oidc.client_jwts import SKEW, ClientJwt, JwtRefused
from idp.oidc.parameters import is_clean
from idp.oidc.registered import RegisteredClient

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
#: The kind of JWT, as a header names it (RFC 8725 section 3.11): most clients say `JWT`, or nothing.
_TYPES: Final = frozenset(
    {"", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"}
)
#: How far ahead an assertion may end, in seconds.
MOST_AHEAD: Final = 300
_LONGEST_JTI: Final = 500


def claimed_client(assertion: str) -> str | None:
    """Who the assertion says it is from; nothing is verified yet."""
    claims = client_jwts.unverified_claims(assertion)
    issuer = None if claims is None else claims.get("iss")
    return issuer if isinstance(issuer, str) else None


def believe(said: ClientJwt, client: RegisteredClient) -> None:
    """Believe once what a key of the client signed, or raise `JwtRefused`; whoever has that key may read why.

    Spending it is an insert that can lose, part of the caller's transaction: of two requests at once one is refused.
    """
    typ, claims = said
    if typ not in _TYPES:  # a request object, say, goes through browsers (RFC 9101 section 10.8)
        raise JwtRefused("typ is that of another kind of JWT")
    now = clock.now().timestamp()
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        raise JwtRefused("iss and sub must be the client_id")
    _check_audience(claims.get("aud"))
    expires = client_jwts.seconds(claims, "exp")
    if expires is None or not now < expires <= now + MOST_AHEAD + SKEW:
        raise JwtRefused("exp is missing, past, or more than five minutes ahead")
    issued = client_jwts.seconds(claims, "iat")
    if issued is None and client.profile.assertion_needs_iat:
        raise JwtRefused("iat is missing")
    if any(
        moment is not None and moment > now + SKEW
        for moment in (issued, client_jwts.seconds(claims, "nbf"))
    ):
        raise JwtRefused("iat or nbf is in the future")
    _spend(client, claims.get("jti"), expires)


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
        raise JwtRefused("aud must be our issuer or our token endpoint")


def _spend(client: RegisteredClient, jti: object, expires: float) -> None:
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise JwtRefused("jti is missing or too long")
    if not is_clean(jti):
        raise JwtRefused("jti holds control characters or halves of pairs")
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
        raise JwtRefused("this assertion was used before")
