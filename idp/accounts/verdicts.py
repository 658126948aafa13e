"""May this account use this application, and why (not): the whole answer, for people who have to explain it.

`grants.may_use` is the same question on the hot path, where yes or no is enough; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from idp import clock
from idp.assurance import Level
from idp.database import db
from idp.models import Account, Application, ApplicationGrant

#: Of one account's ended and coming grants, how many a person is told of.
MOST_TOLD = 20


class Why(StrEnum):
    """What decides; the first that applies, from the outside in."""

    NO_APPLICATION = "no-application"
    RELATION_BLOCKED = "relation-blocked"
    ACCOUNT_BLOCKED = "account-blocked"
    NO_GRANT = "no-grant"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"
    NOT_YET = "not-yet"
    NOT_ACTIVATED = "not-activated"
    LEVEL = "level"
    """The account is enrolled below what the application asks."""
    GRANTED = "granted"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer, and since or until when it is so."""

    why: Why
    moment: datetime | None = None
    """When access began, begins, ended, was withdrawn or blocked; as fits `why`."""
    ends_at: datetime | None = None
    granted_by: str | None = None
    roles: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the account may use it now."""
        return self.why is Why.GRANTED


def verdict(account: Account, application: Application | None) -> Verdict:
    """Whether the account may use the application now, and why (not). Three small statements at most."""
    if application is None or application.removed_at is not None:
        return Verdict(Why.NO_APPLICATION)
    if account.relation.blocked_at is not None:
        return Verdict(Why.RELATION_BLOCKED, account.relation.blocked_at)
    if account.blocked_at is not None:
        return Verdict(Why.ACCOUNT_BLOCKED, account.blocked_at)
    held = db.session.scalars(
        select(ApplicationGrant).where(
            ApplicationGrant.account_id == account.id,
            ApplicationGrant.application_id == application.id,
        )
    )
    found = of_grants(held, clock.now())
    if not found.allowed:
        return found
    if account.activated_at is None:
        return Verdict(Why.NOT_ACTIVATED)
    if account.level < Level(
        application.level % 10
    ):  # ten more means a key, which anybody can set up
        return Verdict(Why.LEVEL)
    return found


def of_grants(held: Iterable[ApplicationGrant], now: datetime) -> Verdict:
    """What the grants of one account for one application come to: one in force, else the one that says most.

    One that is to come says more than one that ended, and the later of two more than the earlier.
    """
    rows = sorted(held, key=lambda row: row.starts_at)
    in_force = [row for row in rows if _state(row, now) is Why.GRANTED]
    if in_force:
        roles = dict.fromkeys(role for row in in_force for role in row.roles)
        last = in_force[-1]
        ends = None if any(row.ends_at is None for row in in_force) else last.ends_at
        return Verdict(Why.GRANTED, last.starts_at, ends, last.granted_by, tuple(roles))
    coming = [row for row in rows if _state(row, now) is Why.NOT_YET]
    if coming:
        return Verdict(Why.NOT_YET, coming[0].starts_at, coming[0].ends_at, coming[0].granted_by)
    over = [(_over_since(row), row) for row in rows]
    if not over:
        return Verdict(Why.NO_GRANT)
    moment, last = max(over, key=lambda each: each[0])
    return Verdict(_state(last, now), moment, last.ends_at, last.granted_by)


def missed(account: Account) -> list[tuple[str, Verdict]]:
    """The applications, by name, that this account could use before or can use later, but not now."""
    now = clock.now()
    held: dict[str, list[ApplicationGrant]] = {}
    names: dict[str, str] = {}
    for row in db.session.scalars(
        select(ApplicationGrant)
        .where(ApplicationGrant.account_id == account.id)
        .order_by(ApplicationGrant.created_at.desc())
        .limit(500)
    ):
        if row.application.removed_at is not None:
            continue
        held.setdefault(row.application_id, []).append(row)
        names[row.application_id] = row.application.name
    verdicts = [(names[key], of_grants(rows, now)) for key, rows in held.items()]
    return sorted((each for each in verdicts if not each[1].allowed), key=lambda each: each[0])[
        :MOST_TOLD
    ]


def _state(row: ApplicationGrant, now: datetime) -> Why:
    if row.revoked_at is not None:
        return Why.WITHDRAWN
    if row.starts_at > now:
        return Why.NOT_YET
    return Why.ENDED if row.ends_at is not None and row.ends_at <= now else Why.GRANTED


def _over_since(row: ApplicationGrant) -> datetime:
    ends = [moment for moment in (row.revoked_at, row.ends_at) if moment is not None]
    return min(ends)
