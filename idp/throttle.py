"""Budgets of tries, shared by every node through the database, and unmoved by a restart.

Two kinds: consecutive failures, which make the next try wait longer and longer; and sends or requests
within a window of time, which are simply used up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, case, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, ReturningInsert

from idp import clock, settings
from idp.database import Moment, connection, db
from idp.models import ThrottleCounter


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """How failures in a row make somebody wait: `free` tries, then `first_wait`, doubling up to `longest_wait`.

    After `stop` failures nothing helps but a person (`ceiling` of SP 800-63B-4: 100).
    Failures before that are forgotten `memory` after the last one.
    """

    free: int
    first_wait: timedelta
    longest_wait: timedelta
    stop: int
    memory: timedelta = timedelta(days=30)
    stopped_for: timedelta = timedelta(days=3650)
    """After `stop` failures: until somebody who spoke to the person forgives them, and not by waiting."""

    def wait_after(self, failures: int) -> timedelta | None:
        """How long to wait after this many failures in a row; `None` for not at all."""
        if failures < self.free:
            return None
        if failures >= self.stop:
            return self.stopped_for
        doublings = min(failures - self.free, 20)
        return min(self.first_wait * (1 << doublings), self.longest_wait)


#: Wrong names or passwords, counted per relation and user name as typed, whether they exist or not; and apart from
#: that for each browser that is known for the account.
SIGN_IN = FailurePolicy(
    free=5, first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=15), stop=50
)
#: Wrong second steps, counted per account over all sign-ins and channels; and apart from that for each known browser.
SECOND_STEP = FailurePolicy(
    free=10, first_wait=timedelta(minutes=15), longest_wait=timedelta(minutes=15), stop=50
)


@dataclass(frozen=True, slots=True)
class Budget:
    """So many times within a window that begins with the first."""

    times: int
    window: timedelta


#: Failed sign-ins in unknown browsers. From one network address: generous, because a town hall is one address.
FAILURES_PER_ORIGIN = Budget(times=300, window=timedelta(minutes=15))
#: From one network: the addresses of a site or a small provider together.
FAILURES_PER_NETWORK = Budget(times=900, window=timedelta(minutes=15))
#: Over all names of one relation: more than one network has, so that no single one can spend it for others.
FAILURES_PER_RELATION = Budget(times=1000, window=timedelta(minutes=15))
#: With one password over all names.
FAILURES_PER_PASSWORD = Budget(times=30, window=timedelta(minutes=15))
#: Mails to one account that it was used in a new browser.
WARNINGS = Budget(times=1, window=timedelta(hours=1))
#: Texts and calls to one account.
SENDS_PER_HOUR = Budget(times=5, window=timedelta(hours=1))
SENDS_PER_DAY = Budget(times=10, window=timedelta(days=1))
#: Wrong client credentials, per client.
CLIENT_FAILURES = Budget(times=20, window=timedelta(minutes=1))
#: Requests that a client pushes from one network address; a town hall on a Monday morning stays far below.
PUSHES = Budget(times=3000, window=timedelta(minutes=1))
#: Requests of one client to the API for the Servicedesk's work.
DESK_REQUESTS = Budget(times=3000, window=timedelta(minutes=1))
#: Requests that we fetch for one client because of one network address.
REQUESTS_FETCHED = Budget(times=600, window=timedelta(minutes=1))
#: Registrations, tried or made, from one network address.
REGISTRATIONS = Budget(times=60, window=timedelta(minutes=1))


_COUNTERS: Final = cast(Table, ThrottleCounter.__table__)
_NAMED: Final = _COUNTERS.c.key == bindparam("counter")
_LOOK: Final = select(_COUNTERS.c.count.label("so_often"), _COUNTERS.c.expires_at).where(_NAMED)
_LOOK_AT_ALL: Final = select(
    _COUNTERS.c.key, _COUNTERS.c.count.label("so_often"), _COUNTERS.c.expires_at
).where(_COUNTERS.c.key.in_(bindparam("counters", expanding=True)))
_WAIT: Final = (
    update(_COUNTERS)
    .where(_NAMED)
    .values(
        not_before=bindparam("moment", type_=Moment()), expires_at=bindparam("end", type_=Moment())
    )
)
#: The try was allowed, so that nobody had to wait before it.
_GIVE_BACK: Final = (
    update(_COUNTERS)
    .where(_NAMED, _COUNTERS.c.count == bindparam("stood_at"))
    .values(count=_COUNTERS.c.count - 1, not_before=None)
)
_FORGIVE: Final = delete(_COUNTERS).where(_NAMED).returning(_COUNTERS.c.count.label("so_often"))


def key(kind: str, *parts: str) -> str:
    """The stored name of a counter; the parts cannot be read back from it."""
    return settings.current().secret.digest(f"throttle {kind}", "\0".join(parts))


def sign_in_key(number: str, name: str) -> str:
    """The counter of wrong passwords for one relation and user name, as they are compared."""
    return key("sign-in", number, name)


def second_step_key(account_id: str) -> str:
    """The counter of an account's wrong second steps."""
    return key("second-step", account_id)


def own_password_key(account_id: str) -> str:
    """The counter of wrong guesses at one's own password, by who is signed in and wants another one."""
    return key("own-password", account_id)


def waits_until(counter: str) -> datetime | None:
    """Until when this counter lets nobody try, or `None` when a try is allowed now."""
    until = db.session.execute(
        select(ThrottleCounter.not_before).where(ThrottleCounter.key == counter)
    ).scalar_one_or_none()
    return until if until is not None and until > clock.now() else None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of counting a try."""

    until: datetime | None
    """The moment until which nobody may try; `None` when this one may be made."""
    failures: int
    """How many in a row there are, this one included."""


def attempt(counter: str, policy: FailurePolicy) -> datetime | None:
    """Like `count_try`, for who needs no count: until when nobody may try, or `None`."""
    return count_try(counter, policy).until


def count_try(counter: str, policy: FailurePolicy) -> Taken:
    """Count one try before it is made.

    A try counts as a failure until `forgive` says otherwise: so many tries sent at once cannot all slip
    through between looking and counting, the very first ones included. A try that is not allowed is not counted.
    """
    now = clock.now()
    row = _count(counter, now, policy.memory, sliding=True)
    failures, until = row.count_, row.not_before
    if until is not None and until > now:
        return Taken(until, failures)
    wait = policy.wait_after(failures)
    if wait is not None or until is not None:
        moment = None if wait is None else now + wait
        end = max(now + policy.memory, moment or now)
        connection().execute(_WAIT, {"counter": counter, "moment": moment, "end": end})
    return Taken(None, failures)


@dataclass(frozen=True, slots=True)
class Used:
    """How far a counter is, and when its window ends."""

    count: int
    ends_at: datetime


def use(counter: str, window: timedelta, amount: int = 1) -> Used:
    """Add to a counter whose window begins with the first; for who has to see how far it is."""
    row = _count(counter, clock.now(), window, sliding=False, amount=amount)
    return Used(row.count_, row.expires_at)


def count_of(counter: str) -> int:
    """How far a counter is; only looks."""
    row = connection().execute(_LOOK, {"counter": counter}).one_or_none()
    return 0 if row is None or row.expires_at <= clock.now() else int(row.so_often)


def spend(counter: str, budget: Budget) -> datetime | None:
    """Use one of the budget; `None` when that was allowed, else the moment at which the next one is."""
    used = use(counter, budget.window)
    return None if used.count <= budget.times else used.ends_at


def spent(counter: str, budget: Budget) -> datetime | None:
    """Like `spend`, but only looks: the moment at which the budget opens again, or `None`."""
    row = connection().execute(_LOOK, {"counter": counter}).one_or_none()
    if row is None or row.expires_at <= clock.now() or row.so_often < budget.times:
        return None
    until: datetime = row.expires_at
    return until


def forgive(counter: str) -> int:
    """Success: this counter starts again from nothing; returns what it stood at."""
    stood_at = connection().execute(_FORGIVE, {"counter": counter}).scalar_one_or_none()
    return int(stood_at or 0)


def give_back(counter: str, failures: int) -> None:
    """A try that was counted as the so many-th turned out to be none; nothing is given back when others came since."""
    connection().execute(_GIVE_BACK, {"counter": counter, "stood_at": failures})


def spent_any(budgets: Mapping[str, Budget]) -> datetime | None:
    """The moment at which all of these budgets (by counter) are open again, or `None` when they are; only looks."""
    if not budgets:
        return None
    now = clock.now()
    rows = connection().execute(_LOOK_AT_ALL, {"counters": list(budgets)})
    until: list[datetime] = [
        row.expires_at
        for row in rows
        if row.expires_at > now and row.so_often >= budgets[row.key].times
    ]
    return max(until, default=None)


def spend_all(budgets: Mapping[str, Budget]) -> None:
    """Use one of each of these budgets (by counter), whether any is left or not. One statement."""
    if not budgets:
        return
    now = clock.now()
    counters = sorted(budgets)  # whoever holds several rows took them in the same order
    values = {
        name: value
        for place, counter in enumerate(counters)
        for name, value in (
            (f"counter_{place}", counter),
            (f"end_{place}", now + budgets[counter].window),
        )
    }
    statement = _counting_all(db.engine.dialect.name, len(counters))
    connection().execute(statement, {"present": now, **values})


def _count(counter: str, now: datetime, lasts: timedelta, *, sliding: bool, amount: int = 1) -> Any:
    """Add one, or start again at one when the old count has expired, but leave a counter that makes people wait.

    One statement, which holds the row until the transaction ends; returns the row.
    """
    return (
        connection()
        .execute(
            _counting(db.engine.dialect.name, sliding),
            {"counter": counter, "present": now, "end": now + lasts, "amount": amount},
        )
        .one()
    )


@cache
def _counting_all(dialect: str, many: int) -> Insert:
    """The statement of `spend_all`, built once."""
    present = bindparam("present", type_=Moment())
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    adding = insert(_COUNTERS).values(
        [
            {
                "key": bindparam(f"counter_{place}", type_=_COUNTERS.c.key.type),
                "count": literal_column("1"),
                "since": present,
                "expires_at": bindparam(f"end_{place}", type_=Moment()),
            }
            for place in range(many)
        ]
    )
    old = _COUNTERS.c.expires_at <= present
    return adding.on_conflict_do_update(
        index_elements=[_COUNTERS.c.key],
        set_={
            "count": case((old, 1), else_=_COUNTERS.c.count + 1),
            "since": case((old, present), else_=_COUNTERS.c.since),
            "not_before": case((old, None), else_=_COUNTERS.c.not_before),
            "expires_at": case((old, adding.excluded.expires_at), else_=_COUNTERS.c.expires_at),
        },
    )


@cache
def _counting(dialect: str, sliding: bool) -> ReturningInsert[Any]:
    """The statement of `_count`, built once."""
    present, end = bindparam("present", type_=Moment()), bindparam("end", type_=Moment())
    amount = bindparam("amount", type_=_COUNTERS.c.count.type)
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    old, waits = _COUNTERS.c.expires_at <= present, _COUNTERS.c.not_before > present
    return (
        insert(_COUNTERS)
        .values(key=bindparam("counter"), count=amount, since=present, expires_at=end)
        .on_conflict_do_update(
            index_elements=[_COUNTERS.c.key],
            set_={
                "count": case(
                    (old, amount), (waits, _COUNTERS.c.count), else_=_COUNTERS.c.count + amount
                ),
                "since": case((old, present), else_=_COUNTERS.c.since),
                "not_before": case((old, None), else_=_COUNTERS.c.not_before),
                "expires_at": case((old, end), (waits, _COUNTERS.c.expires_at), else_=end)
                if sliding
                else case((old, end), else_=_COUNTERS.c.expires_at),
            },
        )
        .returning(
            _COUNTERS.c.count.label("count_"), _COUNTERS.c.not_before, _COUNTERS.c.expires_at
        )
    )
