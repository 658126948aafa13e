"""Who may use an application: the table of it, and giving and taking, for one account or for a kind of relation."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import and_, func, or_, select, tuple_

from idp import clock
from idp.accounts import directory, grants
from idp.audit import Event, record
from idp.database import connection, db, one_at_a_time
from idp.errors import WrongInput
from idp.models import Account, Application, ApplicationGrant, Relation
from idp.servicedesk.applications import STEP, known_roles
from idp.servicedesk.unfit import Stale, Unfit

#: Lines of one page of the table.
PAGE: Final = 50
#: In which orders the table can stand; the last column makes each place one of its own.
SORTS: Final[dict[str, tuple[Any, ...]]] = {
    "relatie": (Relation.number, Account.username_key, ApplicationGrant.id),
    "naam": (Account.name, Account.username_key, ApplicationGrant.id),
}


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One account that may use an application, now or later."""

    grant_id: str
    account_id: str
    username: str
    name: str
    blocked: bool
    relation_number: str
    relation_name: str
    relation_kind: str
    roles: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    granted_by: str

    @property
    def last_moment(self) -> datetime | None:
        """Within the last day on which it holds."""
        return None if self.ends_at is None else self.ends_at - timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Some lines of the table, and where the next ones begin; `None` when there are none."""

    lines: tuple[AccessLine, ...]
    following: str | None


@dataclass(frozen=True, slots=True)
class Terms:
    """With which roles, and from when until when."""

    roles: tuple[str, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None


def terms(application: Application, roles: Sequence[str], first_day: str, last_day: str) -> Terms:
    """Terms as a form says them, days as 2026-12-31 or empty; `Unfit` for what cannot be."""
    chosen = known_roles(role for role in roles if role)
    if application.roles and not set(chosen) <= set(application.roles):
        raise Unfit(
            "rollen", "the application has no such role", "Deze applicatie heeft die rol niet."
        )
    starts_at, ends_at = _day("vanaf", first_day, ends=False), _day("tot", last_day, ends=True)
    if ends_at is not None and ends_at <= max(starts_at or clock.now(), clock.now()):
        raise Unfit(
            "tot",
            "the grant would end before it starts",
            "De laatste dag ligt voor de eerste dag, of is al voorbij.",
        )
    return Terms(chosen, starts_at, ends_at)


def who_may_use(application_id: str, *, sort: str = "relatie", after: str = "") -> AccessPage:
    """The accounts that have the application now or later, some at a time."""
    if sort not in SORTS:
        raise Unfit("sorteer", "there is no such order", "Zo kan de tabel niet staan.")
    order = SORTS[sort]
    chosen = (
        select(ApplicationGrant, Account, Relation)
        .select_from(ApplicationGrant.__table__)
        .join(Account.__table__, Account.id == ApplicationGrant.account_id)
        .join(Relation.__table__, Relation.id == Account.relation_id)
        .where(_given(application_id))
        .with_only_columns(*_COLUMNS, *(column.label(f"at_{n}") for n, column in enumerate(order)))
        .order_by(*order)
        .limit(PAGE + 1)
    )
    if after:
        chosen = chosen.where(tuple_(*order) > tuple_(*place(after, len(order))))
    rows = connection().execute(chosen).all()
    lines = tuple(_line(row) for row in rows[:PAGE])
    if len(rows) <= PAGE:
        return AccessPage(lines, None)
    last = rows[PAGE - 1]
    return AccessPage(lines, cursor([last.at_0, last.at_1, last.at_2]))


def how_many(application_id: str) -> int:
    """How many accounts have the application, now or later."""
    asked = select(func.count(ApplicationGrant.account_id.distinct())).where(_given(application_id))
    return db.session.scalar(asked) or 0


def of_account(application_id: str, account_id: str) -> AccessLine | None:
    """What an account has of an application, now or later; of several grants the last one."""
    chosen = (
        select(*_COLUMNS)
        .select_from(ApplicationGrant.__table__)
        .join(Account.__table__, Account.id == ApplicationGrant.account_id)
        .join(Relation.__table__, Relation.id == Account.relation_id)
        .where(_given(application_id), ApplicationGrant.account_id == account_id)
        .order_by(ApplicationGrant.created_at.desc(), ApplicationGrant.id)
        .limit(1)
    )
    row = connection().execute(chosen).one_or_none()
    return None if row is None else _line(row)


def find_account(number: str, username: str) -> Account:
    """The account that somebody names; `Unfit` when there is none."""
    try:
        return directory.find_account(number, username)
    except WrongInput as unknown:
        raise Unfit(
            "gebruikersnaam",
            unknown.why,
            "Deze gebruikersnaam hoort niet bij dit relatienummer, of het nummer is onbekend.",
        ) from unknown


def give(
    account: Account, application: Application, wanted: Terms, *, seen: str, actor: str
) -> None:
    """Let an account use an application on these terms; `seen` is the grant that stood there, empty for none.

    `Stale` when a colleague changed it since.
    """
    _unchanged(account, application, seen)
    grants.grant(
        account,
        application,
        roles=wanted.roles,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        actor=actor,
    )


def take(account: Account, application: Application, *, seen: str, actor: str) -> None:
    """Take an application away, at once; `Stale` when a colleague changed the grant since it was `seen`."""
    _unchanged(account, application, seen)
    grants.revoke(account, application, actor=actor)


def kinds() -> tuple[str, ...]:
    """Which kinds of relations there are."""
    return tuple(db.session.scalars(select(Relation.kind).distinct().order_by(Relation.kind)))


def would_get(application_id: str, kind: str) -> int:
    """How many accounts a grant for all of a kind of relation would reach: who has none, and is not blocked."""
    return (
        db.session.scalar(
            select(func.count()).select_from(_without(application_id, kind).subquery())
        )
        or 0
    )


def give_some(
    application: Application, kind: str, wanted: Terms, *, actor: str, most: int = STEP
) -> int:
    """Give the application to some accounts of relations of a kind, each with its line in the trail; 0 when done."""
    _one_at_a_time(application)
    db.session.refresh(application)
    if application.removed_at is not None:
        raise Unfit("", "the application was removed", "De applicatie is intussen verwijderd.")
    chosen = db.session.execute(
        _without(application.id, kind).order_by(Account.id).limit(most)
    ).all()
    now = clock.now()
    db.session.add_all(
        ApplicationGrant(
            account_id=row.id,
            application_id=application.id,
            roles=list(wanted.roles),
            starts_at=wanted.starts_at or now,
            ends_at=wanted.ends_at,
            granted_by=actor,
        )
        for row in chosen
    )
    for row in chosen:
        record(
            Event.APPLICATION_GRANTED,
            actor=actor,
            account_id=row.id,
            relation_id=row.relation_id,
            application=application.id,
            roles=list(wanted.roles),
        )
    db.session.flush()
    return len(chosen)


def cursor(values: Sequence[str]) -> str:
    """A place in a list, to go on from."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).decode().rstrip("=")


def place(text: str, length: int) -> list[str]:
    """The place that a cursor names; `Unfit` for one that we did not make."""
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        values = None
    if (
        not isinstance(values, list)
        or len(values) != length
        or not all(isinstance(each, str) and "\0" not in each for each in values)
        or len(text) > 2000
    ):
        raise Unfit("na", "the cursor is none of ours", "Deze plek in de lijst bestaat niet.")
    return values


_COLUMNS: Final = (
    ApplicationGrant.id.label("grant_id"),
    ApplicationGrant.roles,
    ApplicationGrant.starts_at,
    ApplicationGrant.ends_at,
    ApplicationGrant.granted_by,
    Account.id.label("account_id"),
    Account.username,
    Account.name,
    Account.blocked_at,
    Relation.number,
    Relation.name.label("relation_name"),
    Relation.kind,
    Relation.blocked_at.label("relation_blocked_at"),
)


def _line(row: Any) -> AccessLine:
    return AccessLine(
        grant_id=row.grant_id,
        account_id=row.account_id,
        username=row.username,
        name=row.name,
        blocked=row.blocked_at is not None or row.relation_blocked_at is not None,
        relation_number=row.number,
        relation_name=row.relation_name,
        relation_kind=row.kind,
        roles=tuple(row.roles),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        granted_by=row.granted_by,
    )


def _given(application_id: str) -> Any:
    return and_(
        ApplicationGrant.application_id == application_id,
        ApplicationGrant.revoked_at.is_(None),
        or_(ApplicationGrant.ends_at.is_(None), ApplicationGrant.ends_at > clock.now()),
    )


def _without(application_id: str, kind: str) -> Any:
    has_one = select(ApplicationGrant.id).where(
        _given(application_id), ApplicationGrant.account_id == Account.id
    )
    return (
        select(Account.id, Account.relation_id)
        .select_from(Account.__table__)
        .join(Relation.__table__, Relation.id == Account.relation_id)
        .where(
            Relation.kind == kind,
            Relation.blocked_at.is_(None),
            Account.blocked_at.is_(None),
            Account.desk_role.is_(None),  # colleagues get theirs one by one, never from themselves
            ~has_one.exists(),
        )
    )


def _unchanged(account: Account, application: Application, seen: str) -> None:
    """Whoever changes access to this application at the same time waits, and is told then."""
    _one_at_a_time(application)
    there = of_account(application.id, account.id)
    if (there.grant_id if there else "") == seen:
        return
    raise Stale({"Toegang": "geen"} if there is None else {"Toegang": in_words(there)})


def in_words(line: AccessLine) -> str:
    """What somebody has, in a few words."""
    told = f"ja, {', '.join(line.roles)}" if line.roles else "ja"
    told += f", vanaf {line.starts_at.astimezone(clock.HERE):%d-%m-%Y}"
    if line.ends_at is not None:
        told += f", tot en met {clock.last_day(line.ends_at):%d-%m-%Y}"
    return told


def _one_at_a_time(application: Application) -> None:
    one_at_a_time(f"access:{application.id}")


def _day(member: str, text: str, *, ends: bool) -> datetime | None:
    if not text:
        return None
    try:
        return clock.day(text, ends=ends)
    except ValueError as wrong:
        raise Unfit(member, str(wrong), "Vul een datum in, bijvoorbeeld 31-12-2026.") from wrong
