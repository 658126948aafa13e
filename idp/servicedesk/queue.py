"""What asks attention today: requests, codes that expire soon, activations not begun, alarms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from idp import clock
from idp.accounts import activation_codes
from idp.database import db
from idp.models import ALARM, Account, ActivationCode, AuditEvent, DeskRequest
from idp.servicedesk import requests
from idp.servicedesk.explain_events import sentence

EXPIRES_WITHIN: Final = timedelta(days=3)
NOT_BEGUN_AFTER: Final = timedelta(days=14)
ALARMS_OF: Final = timedelta(hours=24)
MOST_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class CodeWaiting:
    """An activation code that nobody entered yet, and whose it is."""

    account_id: str
    name: str
    organisation: str
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a colleague has to look at."""

    at: datetime
    says: str
    account_id: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """The work of the day; each list at most `MOST_SHOWN` long."""

    requests: list[DeskRequest]
    expiring: list[CodeWaiting]
    not_begun: list[CodeWaiting]
    alarms: list[Alarm]

    @property
    def is_empty(self) -> bool:
        """Whether nothing asks attention."""
        return not (self.requests or self.expiring or self.not_begun or self.alarms)


def today() -> Queue:
    """As it is now."""
    now = clock.now()
    soon = now + EXPIRES_WITHIN
    day_fourteen = now + activation_codes.VALID_FOR - NOT_BEGUN_AFTER
    return Queue(
        requests=requests.waiting(),
        expiring=_codes(now, soon),
        not_begun=_codes(soon, day_fourteen),
        alarms=_alarms(now - ALARMS_OF),
    )


def _codes(after: datetime, until: datetime) -> list[CodeWaiting]:
    """Codes that still wait and expire between these moments, the first to expire first."""
    rows = db.session.execute(
        select(ActivationCode.issued_at, ActivationCode.expires_at, Account)
        .join(Account, Account.id == ActivationCode.account_id)
        .where(
            ActivationCode.expires_at > after,
            ActivationCode.expires_at <= until,
            ActivationCode.spent_at.is_(None),
            ActivationCode.revoked_at.is_(None),
            ActivationCode.tries_left > 0,
            Account.blocked_at.is_(None),
        )
        .order_by(ActivationCode.expires_at)
        .limit(MOST_SHOWN)
    )
    return [
        CodeWaiting(
            row.Account.id,
            row.Account.name,
            row.Account.relation.name,
            row.issued_at,
            row.expires_at,
        )
        for row in rows
    ]


def _alarms(after: datetime) -> list[Alarm]:
    rows = db.session.scalars(
        select(AuditEvent)
        .where(ALARM, AuditEvent.at > after)
        .order_by(AuditEvent.at.desc())
        .limit(MOST_SHOWN)
    )
    return [Alarm(row.at, sentence(row), row.account_id, row.reference) for row in rows]
