"""Two colleagues at one account: a form knows what it was made from, and who comes second sees what changed.

The version of an account is the number of the last event that changed it, so what came in between can be told.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, func, select

from idp.audit import Event
from idp.database import db
from idp.errors import Refusal, WrongInput
from idp.models import Account, AuditEvent, Relation

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
_WORDS: Final = [event.value for event in CHANGES]
MOST_TOLD: Final = 10


class ChangedMeanwhile(Refusal):
    """Somebody changed the account since the form was made; `events` say what, oldest first."""

    def __init__(self, events: list[AuditEvent]) -> None:
        super().__init__("the account changed since the form was made")
        self.events = events


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
    rows = db.session.scalars(
        select(AuditEvent)
        .where(_of(account_id), AuditEvent.id > version)
        .order_by(AuditEvent.id.desc())
        .limit(MOST_TOLD)
    )
    return list(rows)[::-1]


def _of(account_id: str) -> ColumnElement[bool]:
    return (AuditEvent.account_id == account_id) & AuditEvent.event.in_(_WORDS)
