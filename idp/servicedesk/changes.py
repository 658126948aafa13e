"""Two colleagues at one account: a form knows what it was made from, and who comes second sees what changed.

The version of an account is the number of the last event that changed it, so what came in between can be told.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, func, select

from idp.audit import Event
from idp.database import db
from idp.errors import Refusal, WrongInput
from idp.models import Account, AuditEvent, DeskRequest, Relation

#: What changes what a colleague decides on; sign-ins and looks do not.
CHANGES: Final = frozenset(
    {
        Event.ACCOUNT_ADDED,
        Event.ACCOUNT_UPDATED,
        Event.ACCOUNT_BLOCKED,
        Event.ACCOUNT_UNBLOCKED,
        Event.PASSWORD_RESET,
        Event.PASSWORD_CHANGED,
        Event.METHOD_ADDED,
        Event.METHOD_REMOVED,
        Event.ACTIVATION_CODE_ISSUED,
        Event.ACTIVATION_CODE_REVOKED,
        Event.ACTIVATION_CODE_ACCEPTED,
        Event.LETTER_ASKED,
        Event.DESK_SUPPLIED,
        Event.DESK_ROLE_CHANGED,
        Event.HELP_ASKED,
        Event.HELP_AGREED,
        Event.HELP_REFUSED,
    }
)
_WORDS: Final = frozenset(event.value for event in CHANGES)
_ASKING: Final = frozenset(
    {Event.HELP_ASKED.value, Event.HELP_AGREED.value, Event.HELP_REFUSED.value}
)
_OF_RELATIONS: Final = frozenset(
    {Event.RELATION_UPDATED.value, Event.RELATION_BLOCKED.value, Event.RELATION_UNBLOCKED.value}
)
MOST_TOLD: Final = 10


class ChangedMeanwhile(Refusal):
    """Somebody changed the account since the form was made; `events` say what, oldest first."""

    def __init__(self, events: list[AuditEvent]) -> None:
        super().__init__("the account changed since the form was made")
        self.events = events


class Outlived(ChangedMeanwhile):
    """What a colleague agreed to, or let wait, was about something that changed since; it is never done."""


def version_of(account_id: str) -> int:
    """The number of the last change."""
    last = select(func.max(AuditEvent.id)).where(_of(account_id))
    return int(db.session.execute(last).scalar_one_or_none() or 0)


def hold(account_id: str, version: int) -> Account:
    """The account as it is now, held until this transaction ends; `ChangedMeanwhile` when it is not of that version.

    `WrongInput` when there is no such account.
    """
    account = db.session.get(
        Account, account_id, populate_existing=True, with_for_update={"of": Account}
    )
    if account is None:
        raise WrongInput("dit account bestaat niet")
    if events := since(account_id, version):
        raise ChangedMeanwhile(events)
    return account


def hold_relation(relation_id: str) -> Relation:
    """The relation as it is now, held until this transaction ends; `WrongInput` when there is none."""
    relation = db.session.get(Relation, relation_id, populate_existing=True, with_for_update=True)
    if relation is None:
        raise WrongInput("deze organisatie bestaat niet")
    return relation


def since(account_id: str, version: int) -> list[AuditEvent]:
    """What changed after that version, oldest first; the last few of many."""
    return _told(_of(account_id) & (AuditEvent.id > version))


def since_agreed(asked: DeskRequest) -> list[AuditEvent]:
    """What changed of the account or relation since somebody last decided about this request, oldest first.

    What was asked and agreed besides is no change; the relation's address is one for its accounts too, as letters to
    them go there.
    """
    whose = AuditEvent.relation_id == asked.relation_id
    changed = whose & AuditEvent.event.in_(_OF_RELATIONS)
    if asked.account_id is not None:
        whose = AuditEvent.account_id == asked.account_id
        changed |= whose & AuditEvent.event.in_(_WORDS - _ASKING)
    ours = db.session.scalars(
        select(AuditEvent)
        .where(whose, AuditEvent.event.in_(_ASKING), AuditEvent.at >= asked.asked_at)
        .order_by(AuditEvent.id)
    )
    decided = [event.id for event in ours if event.details.get("request") == asked.id]
    return _told(changed & (AuditEvent.id > max(decided, default=0)))


def _told(which: ColumnElement[bool]) -> list[AuditEvent]:
    rows = db.session.scalars(
        select(AuditEvent).where(which).order_by(AuditEvent.id.desc()).limit(MOST_TOLD)
    )
    return list(rows)[::-1]


def _of(account_id: str) -> ColumnElement[bool]:
    return (AuditEvent.account_id == account_id) & AuditEvent.event.in_(_WORDS)
