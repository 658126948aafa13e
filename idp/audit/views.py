"""What an auditor asks: who had access to an application on a date, who changed that, who looked at an account.

Page by page, for the command line, the console and the admin API alike: each answer takes `limit` rows, and `after`
(or `before`) the last one of the page before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, and_, or_, select

from idp import clock
from idp.audit.events import Event
from idp.database import connection
from idp.models import (
    Account,
    Application,
    ApplicationGrant,
    AuditEvent,
    Client,
    Relation,
    names_application,
)

#: Rows of one page at most.
MOST: Final = 1000
_EVENTS: Final = cast(Table, AuditEvent.__table__)
#: What changes who may use an application.
CHANGES: Final = (
    Event.APPLICATION_GRANTED,
    Event.APPLICATION_REVOKED,
    Event.APPLICATION_ADDED,
    Event.APPLICATION_UPDATED,
    Event.APPLICATION_REMOVED,
    Event.STEWARD_ADDED,
    Event.STEWARD_REMOVED,
)
_LOOKS: Final = (Event.ACCOUNT_SHOWN, Event.USERINFO_READ, Event.OWN_DATA_READ)


@dataclass(frozen=True, slots=True)
class Access:
    """One grant that was in force on the day, for some of it at least."""

    grant_id: str
    relatienummer: str
    relation: str
    gebruikersnaam: str
    name: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    granted_by: str
    granted_at: datetime
    blocked: bool
    """The account or its relation is blocked now, whatever was so on the day."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of who may use an application."""

    id: int
    at: datetime
    event: str
    actor: str
    relatienummer: str | None
    gebruikersnaam: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody, or an application, read the data of an account."""

    id: int
    at: datetime
    event: str
    actor: str
    application: str | None
    reference: str | None
    origin: str | None


def in_force_between(begins: datetime, ends: datetime) -> ColumnElement[bool]:
    """Grants that gave access at some moment of a period; the one place that says so.

    One that was withdrawn before it began gave none, and one that was made later did not give it backwards.
    """
    grant = ApplicationGrant
    return and_(
        grant.created_at < ends,
        grant.starts_at < ends,
        or_(grant.ends_at.is_(None), grant.ends_at > begins),
        or_(
            grant.revoked_at.is_(None),
            and_(grant.revoked_at > begins, grant.revoked_at > grant.starts_at),
        ),
    )


def access_on(
    application_id: str, day: date, *, limit: int = MOST, after: str = ""
) -> list[Access]:
    """Whose grant for the application was in force on a day, for some of it at least; in the order of `grant_id`.

    What the grants say: an account that was blocked that day could not sign in all the same.
    """
    begins, ends = clock.day(day.isoformat()), clock.day(day.isoformat(), ends=True)
    grant = ApplicationGrant
    rows = connection().execute(
        select(
            grant.id,
            Relation.number,
            Relation.name.label("relation"),
            Account.username,
            Account.name,
            grant.roles,
            grant.starts_at,
            grant.ends_at,
            grant.revoked_at,
            grant.granted_by,
            grant.created_at,
            or_(Account.blocked_at.is_not(None), Relation.blocked_at.is_not(None)).label("blocked"),
        )
        .select_from(grant.__table__)
        .join(Account.__table__, Account.id == grant.account_id)
        .join(Relation.__table__, Relation.id == Account.relation_id)
        .where(
            grant.application_id == application_id,
            in_force_between(begins, ends),
            grant.id > after,
        )
        .order_by(grant.id)
        .limit(min(limit, MOST))
    )
    return [
        Access(
            grant_id=row.id,
            relatienummer=row.number,
            relation=row.relation,
            gebruikersnaam=row.username,
            name=row.name,
            roles=tuple(row.roles),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            revoked_at=row.revoked_at,
            granted_by=row.granted_by,
            granted_at=row.created_at,
            blocked=bool(row.blocked),
        )
        for row in rows
    ]


def changes_of(
    application_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = MOST,
    before: int | None = None,
) -> list[Change]:
    """Who changed the access to an application, newest first; `before` is the id of the last one of a page."""
    asked: list[Any] = [
        _EVENTS.c.event.in_([event.value for event in CHANGES]),
        names_application(application_id),
    ]
    if since is not None:
        asked.append(_EVENTS.c.at >= since)
    if until is not None:
        asked.append(_EVENTS.c.at < until)
    if before is not None:
        asked.append(_EVENTS.c.id < before)
    rows = connection().execute(
        select(
            _EVENTS.c.id,
            _EVENTS.c.at,
            _EVENTS.c.event,
            _EVENTS.c.actor,
            _EVENTS.c.details,
            Account.username,
            Relation.number,
        )
        .outerjoin(Account.__table__, Account.id == _EVENTS.c.account_id)
        .outerjoin(Relation.__table__, Relation.id == Account.relation_id)
        .where(*asked)
        .order_by(_EVENTS.c.id.desc())
        .limit(min(limit, MOST))
    )
    return [
        Change(
            id=row.id,
            at=row.at,
            event=row.event,
            actor=row.actor,
            relatienummer=row.number,
            gebruikersnaam=row.username,
            roles=tuple(row.details.get("roles", ())),
        )
        for row in rows
    ]


def looked_at(account_id: str, *, limit: int = MOST, before: int | None = None) -> list[Look]:
    """Who read the data of an account, newest first; `before` is the id of the last one of a page."""
    asked: list[Any] = [
        _EVENTS.c.account_id == account_id,
        _EVENTS.c.event.in_([event.value for event in _LOOKS]),
    ]
    if before is not None:
        asked.append(_EVENTS.c.id < before)
    rows = connection().execute(
        select(
            _EVENTS.c.id,
            _EVENTS.c.at,
            _EVENTS.c.event,
            _EVENTS.c.actor,
            _EVENTS.c.client_id,
            _EVENTS.c.reference,
            _EVENTS.c.origin,
            Application.id.label("application"),
        )
        .outerjoin(Client.__table__, Client.client_id == _EVENTS.c.client_id)
        .outerjoin(Application.__table__, Application.id == Client.application_id)
        .where(*asked)
        .order_by(_EVENTS.c.id.desc())
        .limit(min(limit, MOST))
    )
    return [
        Look(
            id=row.id,
            at=row.at,
            event=row.event,
            actor=row.actor,
            application=row.application or row.client_id,
            reference=row.reference,
            origin=row.origin,
        )
        for row in rows
    ]
