"""What people agreed to share with applications that are not the body's own. The caller commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select

from idp import clock
from idp.accounts import logouts
from idp.accounts.sessions import LiveSession
from idp.audit import Event, record
from idp.database import connection, db, insert
from idp.models import Application, Client, Consent


@dataclass(frozen=True, slots=True)
class GivenConsent:
    """One application with which somebody shares."""

    client_id: str
    name: str
    kinds: tuple[str, ...]
    """Names of scopes, and of what else people are asked about (`idp/oidc/claims.py`)."""
    given_at: datetime


def agreed(account_id: str, client_id: str) -> set[str] | None:
    """All that was agreed to; `None` when nothing was, or it was withdrawn since."""
    kinds = db.session.execute(
        select(Consent.kinds).where(
            Consent.account_id == account_id, Consent.client_id == client_id
        )
    ).scalar_one_or_none()
    return None if kinds is None else set(kinds)


def covers(account_id: str, client_id: str, kinds: Iterable[str]) -> bool:
    """Whether all of this was agreed to, and not withdrawn since."""
    known = agreed(account_id, client_id)
    return known is not None and known.issuperset(kinds)


def give(session: LiveSession, client_id: str, kinds: Iterable[str], *, reference: str) -> None:
    """Remember that the person of this session agreed to these kinds, beside those of before."""
    wanted = set(kinds)
    whole = sorted(wanted | (agreed(session.account_id, client_id) or set()))
    said = {"kinds": whole, "given_at": clock.now()}
    connection().execute(
        insert(Consent)
        .values(account_id=session.account_id, client_id=client_id, **said)
        .on_conflict_do_update(index_elements=[Consent.account_id, Consent.client_id], set_=said)
    )
    record(
        Event.CONSENT_GIVEN, reference=reference, kinds=sorted(wanted), **_who(session, client_id)
    )


def of_account(account_id: str) -> list[GivenConsent]:
    """With whom the account shares, by name."""
    name = func.coalesce(Application.name, Client.name)
    rows = db.session.execute(
        select(Consent.client_id, name.label("name"), Consent.kinds, Consent.given_at)
        .join(Client, Client.client_id == Consent.client_id)
        .outerjoin(Application, Application.id == Client.application_id)
        .where(Consent.account_id == account_id)
        .order_by(name)
    )
    return [GivenConsent(row.client_id, row.name, tuple(row.kinds), row.given_at) for row in rows]


def withdraw(session: LiveSession, client_id: str) -> None:
    """Share nothing more: the client has to ask again, and what it holds for this account stops working now."""
    gone = db.session.execute(
        delete(Consent)
        .where(Consent.account_id == session.account_id, Consent.client_id == client_id)
        .returning(Consent.client_id)
    ).one_or_none()
    if gone is None:  # withdrawn already, in another tab
        return
    logouts.leave(session.account_id, [client_id], why="the consent was withdrawn")
    record(Event.CONSENT_WITHDRAWN, reference=session.reference, **_who(session, client_id))


def forget(client_id: str) -> None:
    """Ask everybody anew: the client is not what people agreed to any more."""
    connection().execute(delete(Consent).where(Consent.client_id == client_id))


def _who(session: LiveSession, client_id: str) -> dict[str, Any]:
    return {
        "account_id": session.account_id,
        "relation_id": session.relation_id,
        "session_id": session.id,
        "client_id": client_id,
    }
