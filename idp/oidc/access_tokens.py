"""Access tokens: opaque or signed (RFC 9068), stored by digest either way, so that each can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, and_, bindparam, insert, or_, select, update

from idp import clock, settings
from idp.accounts.grants import GrantedApplication
from idp.models import AccessToken, Account, Relation, Session
from idp.oidc import persons, responses, subjects
from idp.oidc.holders import Holder
from idp.oidc.persons import Person
from idp.oidc.registered import RegisteredClient
from idp.secret_values import new_reference, random_token
from idp.statements import Prepared

#: Characters; what is longer is none of ours and need not be looked up.
LONGEST: Final = 16 * 1024
#: `typ` of a signed one (RFC 9068 section 2.1).
TYPE: Final = "at+jwt"
#: How long one lasts that a client got for itself; people's follow `IDP_ACCESS_TOKEN_SECONDS`.
OF_A_CLIENT: Final = timedelta(hours=1)

_TOKENS: Final = cast(Table, AccessToken.__table__)
_SAVE: Final = Prepared(insert(_TOKENS))
_OF_PERSONS: Final = (
    _TOKENS.outerjoin(Session.__table__, Session.id == _TOKENS.c.session_id)
    .outerjoin(Account.__table__, Account.id == _TOKENS.c.account_id)
    .outerjoin(Relation.__table__, Relation.id == Account.relation_id)
)
_LIVE: Final = and_(
    _TOKENS.c.digest == bindparam("given"),
    _TOKENS.c.revoked_at.is_(None),
    _TOKENS.c.expires_at > bindparam("now"),
)
_SIGNED_IN: Final = and_(Session.id.is_not(None), *persons.in_force())
_FIND: Final = Prepared(
    select(
        _TOKENS.c.client_id,
        _TOKENS.c.session_id,
        _TOKENS.c.scope,
        _TOKENS.c.claims,
        _TOKENS.c.reference,
        *persons.COLUMNS,
    )
    .select_from(_OF_PERSONS)
    .where(_LIVE, _SIGNED_IN)
)
_INSPECT: Final = Prepared(
    select(_TOKENS)
    .select_from(_OF_PERSONS)
    .where(_LIVE, or_(_TOKENS.c.session_id.is_(None), _SIGNED_IN))
)
_REVOKE: Final = Prepared(
    update(_TOKENS)
    .where(
        _TOKENS.c.digest == bindparam("given"),
        _TOKENS.c.client_id == bindparam("client"),
        _TOKENS.c.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
    .returning(_TOKENS.c.reference, _TOKENS.c.account_id, _TOKENS.c.client_id, _TOKENS.c.session_id)
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


def lasts(holder: Holder | None) -> int:
    """For how many seconds a new one is good; `None` stands for a client's own."""
    if holder is None:
        return int(OF_A_CLIENT.total_seconds())
    return settings.current().access_token_seconds


def new(
    client: RegisteredClient, holder: Holder | None, scope: str, audience: tuple[str, ...]
) -> str:
    """A token for these APIs in the format that the client registered; the caller stores it."""
    if client.access_token_format == "opaque":
        return random_token()
    now = clock.epoch(clock.now())
    content: dict[str, Any] = {
        "iss": settings.current().issuer,
        "aud": stated_audience(audience, of_person=holder is not None),
        "client_id": client.client_id,
        "azp": client.client_id,
        "iat": now,
        "exp": now + lasts(holder),
        "jti": random_token(),
    }
    if scope:
        content["scope"] = scope
    if holder is None:
        content |= of_client(client)
    else:
        mandate = holder.mandate
        content |= of_person(
            client, holder.person.account_id, acr=mandate.acr, auth_time=mandate.auth_time
        )
        content |= entitlements(client.application_of(audience), holder.granted)
    return responses.signed(client, content, alg=client.id_token_alg, typ=TYPE)


def stated_audience(apis: tuple[str, ...], *, of_person: bool) -> str | list[str]:
    """`aud`: the APIs that it is for; what a person's may know is read here, so those are for us too."""
    here = settings.current().issuer
    stated = [*apis, here] if of_person or not apis else list(apis)
    return stated[0] if len(stated) == 1 else stated


def of_client(client: RegisteredClient) -> dict[str, Any]:
    """Who a client's own token is about: the client, and a mark that it is nobody's (RFC 9700 section 4.15)."""
    return {"sub": client.client_id, "grant_type": "client_credentials"}


def of_person(
    client: RegisteredClient, account_id: str, *, acr: str | None, auth_time: int | None
) -> dict[str, Any]:
    """Who a token is about, and how that person signed in (RFC 9068 section 2.2.1, RFC 9470 section 6)."""
    return {
        "sub": subjects.of_account(client, account_id),
        "auth_time": auth_time,
        "acr": acr,
    }


def entitlements(
    application_id: str | None, granted: tuple[GrantedApplication, ...]
) -> dict[str, list[str]]:
    """`entitlements` (RFC 9068 section 2.2.3.1): the person's roles in the application that the API belongs to.

    A token for APIs of several applications tells none: no API should read the roles of another in it (section 5).
    """
    if application_id is None:
        return {}
    return {
        "entitlements": [
            role for each in granted if each.id == application_id for role in each.roles
        ]
    }


def save(
    token: str,
    client: RegisteredClient,
    holder: Holder | None,
    scope: str,
    audience: tuple[str, ...],
) -> None:
    """Store a token that was just made."""
    now = clock.now()
    mandate = None if holder is None else holder.mandate
    _SAVE.send(
        {
            "digest": _digest_of(token),
            "code_digest": None if mandate is None else mandate.family,
            "client_id": client.client_id,
            "account_id": None if mandate is None else mandate.account_id,
            "session_id": None if mandate is None else mandate.session_id,
            "scope": scope,
            "claims": {
                "userinfo": [] if mandate is None else list(mandate.claims.get("userinfo", ()))
            },
            "audience": " ".join(audience) or None,
            "acr": None if mandate is None else mandate.acr,
            "auth_time": None if mandate is None else mandate.auth_time,
            "reference": new_reference() if mandate is None else mandate.reference,
            "issued_at": now,
            "expires_at": now + timedelta(seconds=lasts(holder)),
            "revoked_at": None,
        },
    )


def find(token: str) -> LiveToken | None:
    """What somebody's token stands for; `None` once it expired or was revoked, or session, account or relation ended.

    A signed one is not verified but looked up, as any other: only what we made has a row.
    """
    if (row := _row(_FIND, token)) is None:
        return None
    return LiveToken(
        client_id=row.client_id,
        session_id=row.session_id,
        scope=tuple(row.scope.split()),
        requested=tuple(row.claims.get("userinfo", ())),
        reference=row.reference,
        person=persons.from_row(row),
    )


def inspect(token: str) -> Any | None:
    """The row of a token in force, a client's own included; else `None`."""
    return _row(_INSPECT, token)


def revoke(token: str, client_id: str) -> Mapping[str, Any] | None:
    """End one token of that client; whose it was, or `None` when there was nothing to end."""
    if not _could_be_ours(token):
        return None
    asked = {"given": _digest_of(token), "client": client_id, "now": clock.now()}
    row = _REVOKE.row(asked)
    return None if row is None else dict(row._asdict())


def _row(statement: Prepared, token: str) -> Any | None:
    if not _could_be_ours(token):
        return None
    asked = {"given": _digest_of(token), "now": clock.now()}
    return statement.row(asked)


def _could_be_ours(token: str) -> bool:
    return 0 < len(token) <= LONGEST and token.isascii()


def _digest_of(token: str) -> str:
    return settings.current().secret.digest("access-token", token)
