"""Access tokens: opaque, stored by digest, good for ten minutes at UserInfo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import Table, bindparam, insert, select

from idp import clock, settings
from idp.database import connection
from idp.models import AccessToken, Account, Relation, Session
from idp.oidc import persons
from idp.oidc.codes import ClaimedCode
from idp.oidc.persons import Person

#: How many characters every token has; anything else need not be looked up.
LENGTH: Final = 43

_TOKENS: Final = cast(Table, AccessToken.__table__)
_SAVE: Final = insert(_TOKENS)
_FIND: Final = (
    select(
        _TOKENS.c.client_id,
        _TOKENS.c.session_id,
        _TOKENS.c.scope,
        _TOKENS.c.claims,
        _TOKENS.c.reference,
        *persons.COLUMNS,
    )
    .join(Session.__table__, Session.id == _TOKENS.c.session_id)
    .join(Account.__table__, Account.id == _TOKENS.c.account_id)
    .join(Relation.__table__, Relation.id == Account.relation_id)
    .where(
        _TOKENS.c.digest == bindparam("given"),
        _TOKENS.c.revoked_at.is_(None),
        _TOKENS.c.expires_at > bindparam("now"),
        *persons.in_force(),
    )
)


@dataclass(frozen=True, slots=True)
class LiveToken:
    """A token in force, with the person it speaks of."""

    client_id: str
    session_id: str
    scope: tuple[str, ...]
    requested: tuple[str, ...]
    """Claims that were asked for by name, for UserInfo."""
    reference: str
    person: Person


def save(token: str, *, code: ClaimedCode) -> None:
    """Store a token that was just made from a code."""
    now = clock.now()
    connection().execute(
        _SAVE,
        {
            "digest": _digest_of(token),
            "code_digest": code.digest,
            "client_id": code.client_id,
            "account_id": code.account_id,
            "session_id": code.session_id,
            "scope": code.scope,
            "claims": {"userinfo": list(code.claims.get("userinfo", ()))},
            "reference": code.reference,
            "issued_at": now,
            "expires_at": now + timedelta(seconds=settings.current().access_token_seconds),
            "revoked_at": None,
        },
    )


def find(token: str) -> LiveToken | None:
    """What a token stands for; `None` once it expired or was revoked, or session, account or relation ended."""
    if len(token) != LENGTH or not token.isascii():
        return None
    row = (
        connection().execute(_FIND, {"given": _digest_of(token), "now": clock.now()}).one_or_none()
    )
    if row is None:
        return None
    return LiveToken(
        client_id=row.client_id,
        session_id=row.session_id,
        scope=tuple(row.scope.split()),
        requested=tuple(row.claims.get("userinfo", ())),
        reference=row.reference,
        person=persons.from_row(row),
    )


def _digest_of(token: str) -> str:
    return settings.current().secret.digest("access-token", token)
