"""What happened to an account, in sentences, with who did it by name; page by page, youngest first."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from idp.audit import Event
from idp.database import db
from idp.models import Account, AuditEvent
from idp.servicedesk.errands import CHECKS, REASONS
from idp.servicedesk.explain_events import sentence

PAGE: Final = 50
FIRST: Final = 10
"""On the account's own page."""
SIGN_INS: Final = (
    Event.SIGN_IN_COMPLETED,
    Event.SIGN_IN_FAILED,
    Event.SIGN_IN_REFUSED,
    Event.STEP_FAILED,
)
_PARTIES: Final = {"system": "Systeem", "client": "Applicatie"}


@dataclass(frozen=True, slots=True)
class Line:
    """One event."""

    number: int
    at: datetime
    says: str
    by: str
    why: str
    """Reason and check of a colleague, in words; empty for what a person did."""
    succeeded: bool
    reference: str | None


def of_account(
    account: Account,
    *,
    before: int | None = None,
    only: Collection[Event] = (),
    without: Collection[Event] = (),
    limit: int = PAGE,
) -> list[Line]:
    """The events of an account, those before one of them when asked, at most `limit`."""
    statement = select(AuditEvent).where(AuditEvent.account_id == account.id)
    if only:
        statement = statement.where(AuditEvent.event.in_([each.value for each in only]))
    if without:
        statement = statement.where(AuditEvent.event.not_in([each.value for each in without]))
    if before is not None:
        statement = statement.where(AuditEvent.id < before)
    rows = db.session.scalars(statement.order_by(AuditEvent.id.desc()).limit(limit)).all()
    return lines(rows, person=account.username)


def lines(events: Sequence[AuditEvent], *, person: str) -> list[Line]:
    """Events as lines; `person` is what the account's holder is called."""
    names = names_of(event.actor for event in events)
    return [
        Line(
            number=event.id,
            at=event.at,
            says=sentence(event),
            by=names.get(event.actor, person if event.actor == "person" else event.actor),
            why=_why(event),
            succeeded=event.succeeded,
            reference=event.reference,
        )
        for event in events
    ]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """What actors are called: a colleague by name, whoever has no account by what they are."""
    known = {*actors}
    ids = {actor.removeprefix("desk:") for actor in known if actor.startswith("desk:")}
    people: dict[str, str] = {}
    if ids:
        rows = db.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids)))
        people = {f"desk:{row.id}": row.name for row in rows}
    people |= {actor: called for actor, called in _PARTIES.items() if actor in known}
    return people | {
        actor: f"{actor.removeprefix('operator:')} (beheer)"
        for actor in known
        if actor.startswith("operator:")
    }


def _why(event: AuditEvent) -> str:
    errand = event.details.get("errand")
    if not isinstance(errand, dict):
        return ""
    told = [REASONS.get(str(errand.get("why")), ""), CHECKS.get(str(errand.get("check")), "")]
    if errand.get("ticket"):
        told.append(f"ticket {errand['ticket']}")
    return " · ".join(filter(None, told))
