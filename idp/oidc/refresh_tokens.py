"""Refresh tokens (RFC 6749 section 6): bound to client and session, used once, and what happens when one comes twice.

A client that proves itself by its own key may use one again: whoever took it cannot use it (RFC 9700 section 4.14).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, NoReturn, cast

from sqlalchemy import Table, bindparam, case, insert, select, update

from idp import clock, settings
from idp.audit import Event
from idp.database import Moment
from idp.models import RefreshToken
from idp.oidc import mandates, resources
from idp.oidc.mandates import Mandate
from idp.oidc.refusals import Code, refuse
from idp.oidc.registered import RegisteredClient
from idp.secret_values import random_token
from idp.statements import Prepared

#: Unused, one ends after this; its family ends in any case (never after its session).
IDLE: Final = timedelta(hours=2)
LONGEST_LIFE: Final = timedelta(hours=12)
#: Within this the same request may come again, because its answer got lost; it gets the same successor.
GRACE: Final = timedelta(seconds=10)
#: Why a second use is refused.
REPLAYED: Final = "the refresh token was used before; what came of its sign-in no longer works"

_TOKENS: Final = cast(Table, RefreshToken.__table__)
_SAVE: Final = Prepared(insert(_TOKENS))
_LOOK: Final = Prepared(select(_TOKENS).where(_TOKENS.c.digest == bindparam("given")))
_LIVE: Final = (
    _TOKENS.c.digest == bindparam("given"),
    _TOKENS.c.used_at.is_(None),
    _TOKENS.c.revoked_at.is_(None),
    _TOKENS.c.expires_at > bindparam("now"),
)
_CLAIM: Final = Prepared(
    update(_TOKENS).where(*_LIVE).values(used_at=bindparam("now")).returning(_TOKENS.c.digest)
)
_IDLE_END: Final = bindparam("idle_end", type_=Moment())
_PROLONG: Final = Prepared(
    update(_TOKENS)
    .where(*_LIVE)
    .values(expires_at=case((_TOKENS.c.ends_at < _IDLE_END, _TOKENS.c.ends_at), else_=_IDLE_END))
    .returning(_TOKENS.c.digest)
)
_OWN: Final = Prepared(
    select(_TOKENS).where(
        _TOKENS.c.digest == bindparam("given"), _TOKENS.c.client_id == bindparam("client")
    )
)


@dataclass(frozen=True, slots=True)
class Used:
    """A refresh token that counted."""

    mandate: Mandate
    """With the scope that was asked now."""
    audience: tuple[str, ...]
    """The APIs that the new access token is for."""
    next: str
    """The token to use the next time."""

    def get_scope(self) -> str:
        """How Authlib asks."""
        return self.mandate.scope

    def check_client(self, client: Any) -> bool:
        """How Authlib asks once more whose it is."""
        return bool(client.get_client_id() == self.mandate.client_id)


def first(mandate: Mandate) -> str:
    """The first one of a sign-in, stored."""
    token, now = random_token(), clock.now()
    _store(token, mandate, ends_at=now + LONGEST_LIFE)
    return token


def use(
    token: str, client: RegisteredClient, asked: tuple[str, ...], apis: tuple[str, ...] = ()
) -> Used:
    """Use it (RFC 6749 section 6); `RefusedToClient` when it is not this client's now.

    `asked` and `apis` are scope and APIs for the new access token, all of them when empty. They can only shrink, and
    the next token keeps what was granted. Of two requests at once one makes the successor; both hear of it.
    """
    given = _digest_of(token)
    row = _look(given)
    if row is None:
        _refuse("unknown refresh token", client)
    if row.client_id != client.client_id:
        _refuse("a refresh token of another client", client)
    if row.revoked_at is not None:
        _refuse("the refresh token was revoked, or its session ended", client, row)
    if row.used_at is None and row.expires_at <= clock.now():
        _refuse("the refresh token is too old", client, row)
    mandate = _mandate(row)
    # the operator may have narrowed the client since
    scope = tuple(word for word in mandate.scope.split() if word in client.scopes)
    if not set(asked) <= set(scope):
        _refuse("a scope that the sign-in did not give", client, row, Code.INVALID_SCOPE)
    audience = resources.of_a_token(client, mandate.audience, apis, **mandate.facts)
    follower = _rotated(token, mandate, row, client) if _rotates(client) else token
    if follower is token and not _took(_PROLONG, given):
        _refuse("the refresh token was revoked, or its session ended", client, row)
    return Used(replace(mandate, scope=" ".join(asked or scope)), audience, follower)


def revoke(token: str, client_id: str) -> Mapping[str, Any] | None:
    """End one of that client's, with its family (RFC 7009 section 2.1); whose it was, or `None` for none."""
    asked = {"given": _digest_of(token), "client": client_id}
    row = _OWN.row(asked)
    if row is None or row.revoked_at is not None:
        return None
    mandates.end(row.code_digest)
    return _mandate(row).facts


def _rotates(client: RegisteredClient) -> bool:
    return client.auth_method != "private_key_jwt"


def _rotated(token: str, mandate: Mandate, row: Any, client: RegisteredClient) -> str:
    """Take the token out of circulation and store the next one; the same for a repetition within the grace."""
    follower = _follower(token)
    if _took(_CLAIM, row.digest):
        _store(follower, mandate, ends_at=row.ends_at)
        return follower
    row, after = _look(row.digest), _look(_digest_of(follower))
    if row is None or row.revoked_at is not None or row.used_at is None:  # it ended just now
        _refuse("the refresh token was revoked, or its session ended", client, row)
    now = clock.now()
    if now - row.used_at > GRACE or after is None or after.used_at is not None:
        mandates.end(row.code_digest)
        _refuse(REPLAYED, client, row, event=Event.REFRESH_REPLAYED)
    return follower


def _follower(token: str) -> str:
    """The next one, which follows from this one and the root secret: so it can be told again and lies nowhere."""
    digest = settings.current().secret.digest("refresh-token successor", token)
    return base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()


def _took(statement: Prepared, given: str) -> bool:
    now = clock.now()
    asked = {"given": given, "now": now}
    if statement is _PROLONG:
        asked["idle_end"] = now + IDLE
    return statement.row(asked) is not None


def _store(token: str, mandate: Mandate, *, ends_at: Any) -> None:
    now = clock.now()
    _SAVE.send(
        {
            "digest": _digest_of(token),
            "code_digest": mandate.family,
            "client_id": mandate.client_id,
            "account_id": mandate.account_id,
            "session_id": mandate.session_id,
            "scope": mandate.scope,
            "claims": dict(mandate.claims),
            "audience": " ".join(mandate.audience) or None,
            "acr": mandate.acr,
            "auth_time": mandate.auth_time,
            "sid": mandate.sid,
            "reference": mandate.reference,
            "issued_at": now,
            "expires_at": min(now + IDLE, ends_at),
            "ends_at": ends_at,
            "used_at": None,
            "revoked_at": None,
        },
    )


def _look(given: str) -> Any | None:
    return _LOOK.row({"given": given})


def _mandate(row: Any) -> Mandate:
    return Mandate(
        family=row.code_digest,
        client_id=row.client_id,
        account_id=row.account_id,
        session_id=row.session_id,
        scope=row.scope,
        claims=row.claims,
        acr=row.acr,
        auth_time=row.auth_time,
        sid=row.sid,
        reference=row.reference,
        audience=tuple((row.audience or "").split()),
    )


def _digest_of(token: str) -> str:
    return settings.current().secret.digest("refresh-token", token)


def _refuse(
    why: str,
    client: RegisteredClient,
    row: Any | None = None,
    code: Code = Code.INVALID_GRANT,
    event: Event = Event.TOKEN_REFUSED,
) -> NoReturn:
    """Under the reference of its sign-in, with the reason, where the token is this client's own; else neither."""
    facts = {"client_id": client.client_id} if row is None else _mandate(row).facts
    says = why if row is not None else "there is no such refresh token for this client"
    refuse(code, why, says=says, event=event, **facts)
