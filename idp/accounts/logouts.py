"""Which applications are told that somebody is signed out: those that a session was told to and that can be told.

Put into the queue in the transaction that ends the session; `idp/oidc/backchannel.py` makes the message. The caller
commits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from idp import clock, deliveries, settings
from idp.database import connection, db
from idp.models import (
    AccessToken,
    Application,
    AuthorizationCode,
    Client,
    RefreshToken,
    Session,
    SessionClient,
)

KIND: Final = "logout"
#: A session that ran out by itself tells nobody. When the account is blocked after that, its applications are told all
#: the same for this long, because they may keep people signed in longer than we do.
STILL_TOLD: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What the signed-out page tells of the applications of a session."""

    still_signed_in: tuple[str, ...] = ()
    """Names of those that we cannot tell, by name."""
    applications_hear: bool = False
    """Whether any is told by us."""
    frames: tuple[str, ...] = ()
    """Pages of theirs to load (OpenID Connect Front-Channel Logout 1.0 section 2)."""


def elsewhere(session_id: str, *, asking: str | None = None) -> Elsewhere:
    """The applications that got a code of this session; `asking`, the client that signs out, needs no mention."""
    rows = db.session.execute(
        select(
            SessionClient.sid,
            Client.client_id,
            func.coalesce(Application.name, Client.name).label("name"),
            Client.backchannel_logout_uri,
            Client.frontchannel_logout_uri,
            Client.frontchannel_logout_session_required,
            Client.removed_at,
        )
        .join(SessionClient, SessionClient.client_id == Client.client_id)
        .join(Application, Application.id == Client.application_id, isouter=True)
        .where(SessionClient.session_id == session_id)
        .order_by(Client.client_id)
    ).all()
    in_force = [
        row for row in rows if row.removed_at is None
    ]  # the others we neither call nor show
    told = [row for row in in_force if row.backchannel_logout_uri is not None]
    silent = {row.name for row in rows if row not in told}
    asked = {row.name for row in rows if row.client_id == asking}
    here = settings.current()
    return Elsewhere(
        tuple(sorted(silent - asked)),
        bool(told),
        tuple(
            _with_session(row.frontchannel_logout_uri, here.issuer, row.sid)
            if row.frontchannel_logout_session_required
            else row.frontchannel_logout_uri
            for row in in_force
            if here.frontchannel_logout and row.frontchannel_logout_uri is not None
        ),
    )


def _with_session(address: str, issuer: str, sid: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'iss': issuer, 'sid': sid})}"


def tell(session_ids: Iterable[str], *, why: str, clients: Collection[str] | None = None) -> None:
    """Let the applications of these sessions know that they ended, or only these clients."""
    which = (
        SessionClient.session_id.in_(list(session_ids)),
        Session.expires_at > clock.now() - STILL_TOLD,
        Client.backchannel_logout_uri.is_not(None),
        Client.removed_at.is_(None),
    )
    rows = connection().execute(
        select(
            SessionClient.sid,
            SessionClient.client_id,
            SessionClient.session_id,
            Session.account_id,
            Session.reference,
            Client.backchannel_logout_uri,
            Client.registration_token_id,
        )
        .join(Session, Session.id == SessionClient.session_id)
        .join(Client, Client.client_id == SessionClient.client_id)
        .where(*which, *(() if clients is None else (SessionClient.client_id.in_(clients),)))
    )
    for row in rows.all():
        deliveries.put(
            KIND,
            lane=row.client_id,
            party=_party(row.backchannel_logout_uri, row.registration_token_id),
            facts={"sid": row.sid},
            why=why,
            account_id=row.account_id,
            client_id=row.client_id,
            session_id=row.session_id,
            reference=row.reference,
        )


def _party(address: str, token_id: str | None) -> str:
    """Who answers for this address: its host, or whoever was given the token to register any number of them."""
    return token_id or urlsplit(address).hostname or address


Held = type[AuthorizationCode] | type[RefreshToken] | type[AccessToken]


def end_held(whose: Callable[[Any], tuple[ColumnElement[bool], ...]], *kinds: Held) -> None:
    """Revoke codes and tokens, in the order in which one comes of the other, or only these kinds.

    Who uses one at this very moment is waited for, and what comes of that is not seen by the statement that waited
    (PostgreSQL): a refresh token makes another, so look until none is left.
    """
    now = clock.now()
    for held in kinds or (AuthorizationCode, RefreshToken, AccessToken):
        revoke = (
            update(held)
            .where(*whose(held), held.revoked_at.is_(None))
            .values(revoked_at=now)
            .returning(held.revoked_at)
            .execution_options(synchronize_session=False)
        )
        while db.session.execute(revoke).all() and held is RefreshToken:
            pass


def leave(account_id: str, client_ids: Collection[str], *, why: str) -> None:
    """End what these clients hold for an account, and its sign-ins there; its session with us stays.

    A client that gets to know the session anew gets another `sid`, so that a late message cannot end that sign-in.
    """
    if not client_ids:
        return
    end_held(lambda held: (held.account_id == account_id, held.client_id.in_(client_ids)))
    open_ones = select(Session.id).where(
        Session.account_id == account_id, Session.ended_at.is_(None)
    )
    session_ids = list(db.session.scalars(open_ones))
    tell(session_ids, why=why, clients=client_ids)
    db.session.execute(
        delete(SessionClient)
        .where(SessionClient.session_id.in_(session_ids), SessionClient.client_id.in_(client_ids))
        .execution_options(synchronize_session=False)
    )


def leave_application(account_id: str, application_id: str, *, why: str) -> None:
    """The same for the clients of an application; and tokens for its APIs, whoever holds them, stop working."""
    client_ids, apis = _of_application(application_id)
    leave(account_id, client_ids, why=why)
    _end_tokens_for(apis, AccessToken.account_id == account_id)


#: Sessions that are told about in one statement.
_AT_ONCE: Final = 500


def close_application(application_id: str, *, why: str) -> None:
    """The same for everybody at once, tokens of its clients themselves included; sessions with us stay."""
    client_ids, apis = _of_application(application_id)
    _end_tokens_for(apis)
    if not client_ids:
        return
    end_held(lambda held: (held.client_id.in_(client_ids),))
    session_ids = list(
        db.session.scalars(
            select(Session.id)
            .distinct()
            .join(SessionClient, SessionClient.session_id == Session.id)
            .where(SessionClient.client_id.in_(client_ids), Session.ended_at.is_(None))
        )
    )
    for start in range(0, len(session_ids), _AT_ONCE):
        some = session_ids[start : start + _AT_ONCE]
        tell(some, why=why, clients=client_ids)
        db.session.execute(
            delete(SessionClient)
            .where(SessionClient.session_id.in_(some), SessionClient.client_id.in_(client_ids))
            .execution_options(synchronize_session=False)
        )


def _of_application(application_id: str) -> tuple[list[str], list[str]]:
    """Its clients, and the APIs among them."""
    of_it = db.session.execute(
        select(Client.client_id, Client.resource).where(Client.application_id == application_id)
    ).all()
    return [row.client_id for row in of_it], [row.resource for row in of_it if row.resource]


def _end_tokens_for(apis: Collection[str], *whose: ColumnElement[bool]) -> None:
    if apis:
        db.session.execute(
            update(AccessToken)
            .where(
                *whose,
                or_(*(AccessToken.audience == api for api in apis)),
                AccessToken.revoked_at.is_(None),
            )
            .values(revoked_at=clock.now())
        )
