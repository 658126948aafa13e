"""What an auditor asks the trail: what happened, who changed access, who looked, and who had access on a date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, tuple_

from idp import clock
from idp.accounts import directory
from idp.audit import Event, views
from idp.database import connection, db
from idp.errors import WrongInput
from idp.models import Account, ApplicationGrant, AuditEvent, Relation, names_application
from idp.servicedesk.application_access import cursor, place
from idp.servicedesk.errands import Errand, errand
from idp.servicedesk.explain_events import sentence
from idp.servicedesk.unfit import Unfit

#: Lines of one page.
PAGE: Final = 50
#: How far back a question goes that names no first day, and how long a period can be.
USUAL: Final = timedelta(days=31)
LONGEST: Final = timedelta(days=366)
#: Questions of several events at once, by the word that a form uses.
GROUPS: Final[Mapping[str, tuple[Event, ...]]] = {
    "bekeken": (
        Event.ACCOUNT_SHOWN,
        Event.RELATION_SHOWN,
        Event.DESK_SEARCHED,
        Event.DIAGNOSED,
        Event.AUDIT_READ,
    ),
    "toegang": views.CHANGES,
}


@dataclass(frozen=True, slots=True)
class Question:
    """Which lines of the trail are asked for."""

    account_id: str | None = None
    relation_id: str | None = None
    events: tuple[str, ...] = ()
    actor: str | None = None
    application_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One event, in words, with who did it to whom and why."""

    id: int
    at: datetime
    event: str
    succeeded: bool
    says: str
    actor: str
    actor_id: str
    whom: str | None
    account_id: str | None
    application: str | None
    why: str | None
    reason: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines, latest first, and the id before which the next ones are; `None` when there are none."""

    lines: tuple[LogLine, ...]
    following: int | None


@dataclass(frozen=True, slots=True)
class Had:
    """One grant that was in force on a date."""

    account_id: str
    username: str
    name: str
    relation_number: str
    relation_name: str
    roles: tuple[str, ...]
    since: datetime
    given_by: str
    ends_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class HadPage:
    """Some of them by relation, and where the next ones begin."""

    lines: tuple[Had, ...]
    following: str | None


def question(
    *,
    number: str = "",
    username: str = "",
    event: str = "",
    actor: str = "",
    application_id: str = "",
    first_day: str = "",
    last_day: str = "",
) -> Question:
    """What a form asks; `Unfit` for somebody unknown, or a period that cannot be."""
    account_id = relation_id = None
    if username and not number:
        raise Unfit("relatienummer", "a user name needs a number", "Vul ook het relatienummer in.")
    if number:
        try:
            relation_id = directory.find_relation(number).id
        except WrongInput as unknown:
            told = "Dit relatienummer is niet bekend."
            raise Unfit("relatienummer", unknown.why, told) from unknown
    if username:
        try:
            account_id = directory.find_account(number, username).id
        except WrongInput as unknown:
            told = "Deze gebruikersnaam hoort niet bij dit relatienummer."
            raise Unfit("gebruikersnaam", unknown.why, told) from unknown
    if event and event not in GROUPS and event not in set(Event):
        raise Unfit("gebeurtenis", "there is no such event", "Kies een gebeurtenis.")
    since, until = _period(first_day, last_day)
    return Question(
        account_id=account_id,
        relation_id=None if account_id else relation_id,
        events=tuple(each.value for each in GROUPS.get(event, ())) or ((event,) if event else ()),
        actor=_actor(actor.strip()),
        application_id=application_id[:60].replace("\0", "") or None,
        since=since,
        until=until,
    )


def lines(asked: Question, *, before: int | None = None, most: int = PAGE) -> LogPage:
    """What the trail says to a question, latest first, some at a time."""
    conditions = [
        column == value
        for column, value in (
            (AuditEvent.account_id, asked.account_id),
            (AuditEvent.relation_id, asked.relation_id),
            (AuditEvent.actor, asked.actor),
        )
        if value is not None
    ]
    if asked.application_id is not None:
        conditions.append(names_application(asked.application_id))
    if asked.events:
        conditions.append(AuditEvent.event.in_(asked.events))
    if asked.since is not None:
        conditions.append(AuditEvent.at >= asked.since)
    if asked.until is not None:
        conditions.append(AuditEvent.at < asked.until)
    if before is not None:
        conditions.append(AuditEvent.id < before)
    rows = db.session.scalars(
        select(AuditEvent).where(*conditions).order_by(AuditEvent.id.desc()).limit(most + 1)
    ).all()
    names = _names(rows[:most])
    found = tuple(_line(row, names) for row in rows[:most])
    return LogPage(found, found[-1].id if len(rows) > most else None)


def had_access(application_id: str, day: str, *, after: str = "", most: int = PAGE) -> HadPage:
    """Who had a grant for an application at some moment of that day, by relation; `Unfit` when it is no day."""
    try:
        begins, ends = clock.day(day), clock.day(day, ends=True)
    except ValueError as wrong:
        raise Unfit("dag", str(wrong), "Vul een datum in, bijvoorbeeld 31-12-2026.") from wrong
    order = (Relation.number, Account.username_key, ApplicationGrant.id)
    chosen = (
        select(
            ApplicationGrant.id,
            ApplicationGrant.account_id,
            ApplicationGrant.roles,
            ApplicationGrant.starts_at,
            ApplicationGrant.created_at,
            ApplicationGrant.ends_at,
            ApplicationGrant.revoked_at,
            ApplicationGrant.granted_by,
            Account.username,
            Account.username_key,
            Account.name,
            Relation.number,
            Relation.name.label("relation_name"),
        )
        .select_from(ApplicationGrant.__table__)
        .join(Account.__table__, Account.id == ApplicationGrant.account_id)
        .join(Relation.__table__, Relation.id == Account.relation_id)
        .where(
            ApplicationGrant.application_id == application_id,
            views.in_force_between(begins, ends),
        )
        .order_by(*order)
        .limit(most + 1)
    )
    if after:
        chosen = chosen.where(tuple_(*order) > tuple_(*place(after, len(order))))
    rows = connection().execute(chosen).all()
    actors = actor_names(row.granted_by for row in rows)
    found = tuple(
        Had(
            account_id=row.account_id,
            username=row.username,
            name=row.name,
            relation_number=row.number,
            relation_name=row.relation_name,
            roles=tuple(row.roles),
            since=max(row.starts_at, row.created_at),
            given_by=actors[row.granted_by],
            ends_at=row.ends_at,
            revoked_at=row.revoked_at,
        )
        for row in rows[:most]
    )
    if len(rows) <= most:
        return HadPage(found, None)
    last = rows[most - 1]
    return HadPage(found, cursor([last.number, last.username_key, last.id]))


def actor_names(actors: Iterable[str]) -> dict[str, str]:
    """Each actor as people call it: a colleague by name, a program or an operator by what it is."""
    told = set(actors)
    ids = [each.removeprefix("desk:") for each in told if each.startswith("desk:")]
    people = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
    names = {f"desk:{row.id}": row.name for row in people}
    return {each: names.get(each) or _called(each) for each in told}


def _called(actor: str) -> str:
    kind, colon, name = actor.partition(":")
    fixed = {"person": "De gebruiker zelf", "system": "Het systeem", "client": "Een applicatie"}
    if not colon:
        return fixed.get(actor, actor)
    kinds = {"operator": "Beheer", "client": "Programma", "desk": "Servicedesk"}
    return f"{kinds.get(kind, kind)}: {name}"


def _names(rows: Iterable[AuditEvent]) -> dict[str, str]:
    """What actors and accounts of these lines are called."""
    rows = list(rows)
    ids = {row.account_id for row in rows if row.account_id}
    people = db.session.execute(
        select(Account.id, Account.username, Relation.number)
        .join(Relation, Relation.id == Account.relation_id)
        .where(Account.id.in_(ids))
    )
    accounts = {row.id: f"{row.username}, relatie {row.number}" for row in people}
    return accounts | actor_names(row.actor for row in rows)


def _line(row: AuditEvent, names: Mapping[str, str]) -> LogLine:
    return LogLine(
        id=row.id,
        at=row.at,
        event=row.event,
        succeeded=row.succeeded,
        says=sentence(row),
        actor=names[row.actor],
        actor_id=row.actor,
        whom=names.get(row.account_id) if row.account_id else None,
        account_id=row.account_id,
        application=_text(row.details.get("application")),
        why=_why(row.details.get("errand")),
        reason=row.reason,
        reference=row.reference,
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _why(kept: Any) -> str | None:
    if not isinstance(kept, dict):
        return None
    try:
        told: Errand = errand(kept["why"], kept["check"], kept.get("ticket") or "")
    except (KeyError, WrongInput):  # written by another release
        return None
    return told.in_words


def _period(first_day: str, last_day: str) -> tuple[datetime, datetime]:
    try:
        until = clock.day(last_day, ends=True) if last_day else clock.now() + timedelta(seconds=1)
    except ValueError as wrong:
        raise Unfit("tot", str(wrong), "Vul een datum in, bijvoorbeeld 31-12-2026.") from wrong
    try:
        since = clock.day(first_day) if first_day else until - USUAL
    except ValueError as wrong:
        raise Unfit("vanaf", str(wrong), "Vul een datum in, bijvoorbeeld 31-12-2026.") from wrong
    if since >= until:
        raise Unfit("tot", "ends before it begins", "De laatste dag ligt voor de eerste dag.")
    if until - since > LONGEST + timedelta(days=1):
        raise Unfit("vanaf", "more than a year", "Vraag hoogstens een jaar tegelijk.")
    return since, until


def _actor(typed: str) -> str | None:
    """As the trail names who did it: what is typed, or the colleague of that user name."""
    if not typed or ":" in typed or typed in {"person", "system", "client"}:
        return typed.replace("\0", "")[:100] or None
    found = db.session.scalars(
        select(Account.id)
        .where(
            Account.username_key == directory.username_key(typed), Account.desk_role.is_not(None)
        )
        .limit(2)
    ).all()
    if len(found) != 1:
        raise Unfit(
            "wie",
            "no colleague, or several, of that name",
            "Geen collega heeft deze gebruikersnaam, of er zijn er meer.",
        )
    return f"desk:{found[0]}"
