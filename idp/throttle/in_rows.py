"""Counters as rows of the database: exact, part of the caller's transaction, and what every node shares already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, case, delete, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert, ReturningInsert

from idp import database
from idp.database import Moment, connection
from idp.models import ThrottleCounter
from idp.statements import Prepared
from idp.throttle.policies import FailurePolicy, Taken, Used
from idp.throttle.store import Counter

_COUNTERS: Final = cast(Table, ThrottleCounter.__table__)
_NAMED: Final = _COUNTERS.c.key == bindparam("counter")
_SEEN: Final = (
    _COUNTERS.c.key,
    _COUNTERS.c.count.label("so_often"),
    _COUNTERS.c.expires_at,
    _COUNTERS.c.not_before,
)
_LOOK: Final = Prepared(select(*_SEEN).where(_NAMED))
_LOOK_AT_ALL: Final = select(*_SEEN).where(
    _COUNTERS.c.key.in_(bindparam("counters", expanding=True))
)
_WAIT: Final = Prepared(
    update(_COUNTERS)
    .where(_NAMED)
    .values(
        not_before=bindparam("moment", type_=Moment()), expires_at=bindparam("end", type_=Moment())
    )
)
#: The try was allowed, so that nobody had to wait before it.
_GIVE_BACK: Final = Prepared(
    update(_COUNTERS)
    .where(_NAMED, _COUNTERS.c.count == bindparam("stood_at"))
    .values(count=_COUNTERS.c.count - 1, not_before=None)
)
_FORGIVE: Final = Prepared(
    delete(_COUNTERS).where(_NAMED).returning(_COUNTERS.c.count.label("so_often"))
)


class Rows:
    """The database's own; the caller commits."""

    def look(self, counters: Sequence[str]) -> Mapping[str, Counter]:
        """One statement."""
        rows = (
            _LOOK.rows({"counter": counters[0]})
            if len(counters) == 1
            else connection().execute(_LOOK_AT_ALL, {"counters": list(counters)})
        )
        return {row.key: Counter(row.so_often, row.expires_at, row.not_before) for row in rows}

    def count_try(self, counter: str, policy: FailurePolicy, now: datetime) -> Taken:
        """Two statements at most; the first holds the row until the transaction ends."""
        row = _count(counter, now, policy.memory, sliding=True)
        failures, until = row.count_, row.not_before
        if until is not None and until > now:
            return Taken(until, failures)
        wait = policy.wait_after(failures)
        if wait is not None or until is not None:
            moment = None if wait is None else now + wait
            end = max(now + policy.memory, moment or now)
            _WAIT.send({"counter": counter, "moment": moment, "end": end})
        return Taken(None, failures)

    def keep_stop(self, counter: str, failures: int, now: datetime, until: datetime) -> None:
        """Nobody may try before that moment, whatever was counted here; one statement."""
        kept = {"count": failures, "expires_at": until, "not_before": until}
        connection().execute(
            database.insert(ThrottleCounter)
            .values(key=counter, since=now, **kept)
            .on_conflict_do_update(index_elements=[_COUNTERS.c.key], set_=kept)
        )

    def use(self, counter: str, window: timedelta, amount: int, now: datetime) -> Used:
        """One statement."""
        row = _count(counter, now, window, sliding=False, amount=amount)
        return Used(row.count_, row.expires_at)

    def use_all(self, counters: Mapping[str, datetime], now: datetime) -> None:
        """One statement; whoever holds several rows took them in the same order."""
        values = {
            name: value
            for place, (counter, end) in enumerate(counters.items())
            for name, value in ((f"counter_{place}", counter), (f"end_{place}", end))
        }
        _counting_all(len(counters)).send({"present": now, **values})

    def forgive(self, counter: str) -> int:
        """One statement."""
        stood_at = _FORGIVE.value({"counter": counter})
        return int(stood_at or 0)

    def give_back(self, counter: str, stood_at: int) -> None:
        """One statement."""
        _GIVE_BACK.send({"counter": counter, "stood_at": stood_at})


ROWS: Final = Rows()


def _count(counter: str, now: datetime, lasts: timedelta, *, sliding: bool, amount: int = 1) -> Any:
    """Add one, or start again at one when the old count has expired, but leave a counter that makes people wait.

    One statement, which holds the row until the transaction ends; returns the row.
    """
    statement = _COUNT_SLIDING if sliding else _COUNT
    return statement.row({"counter": counter, "present": now, "end": now + lasts, "amount": amount})


@cache
def _counting_all(many: int) -> Prepared:
    """The statement of `use_all` for so many counters."""
    return Prepared(partial(_adding_to_all, many=many))


def _adding_to_all(dialect: str, many: int) -> Insert:
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


def _adding(dialect: str, sliding: bool) -> ReturningInsert[Any]:
    """The statement of `_count`."""
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


_COUNT: Final = Prepared(partial(_adding, sliding=False))
_COUNT_SLIDING: Final = Prepared(partial(_adding, sliding=True))
