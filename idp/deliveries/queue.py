"""The queue: rows of one table, claimed by one statement each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from typing import cast as typed

from flask import current_app
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    Table,
    bindparam,
    cast,
    event,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Insert

from idp import clock
from idp.database import connection, db, random_ids, reads_only
from idp.models import Account, Delivery
from idp.secret_values import new_id

#: How long a claim lasts; longer than a try can take (five seconds, and looking up a name). Who was killed in the
#: middle of a try is followed by somebody else after this.
LEASE: Final = timedelta(seconds=60)
SENDER: Final = "idp-sender"
_PUT: Final = "deliveries"
_ROWS: Final = typed(Table, Delivery.__table__)
_ADD: Final = insert(_ROWS)
_GIVEN: Final = (
    "id", "kind", "lane", "facts", "account_id", "client_id", "session_id", "reference", "why",
    "created_at", "due_at", "tries",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One delivery that this process claimed, for one try."""

    id: str
    kind: str
    lane: str
    party: str
    facts: Mapping[str, Any]
    account_id: str | None
    client_id: str | None
    session_id: str | None
    reference: str | None
    tries: int
    """Which try this is, counted from 1."""


def put(
    kind: str,
    *,
    lane: str,
    facts: Mapping[str, Any],
    why: str,
    party: str | None = None,
    account_id: str | None = None,
    client_id: str | None = None,
    session_id: str | None = None,
    reference: str | None = None,
    due_at: datetime | None = None,
    only_if: ColumnElement[bool] | None = None,
    quietly: bool = False,
) -> None:
    """Add a delivery to the present transaction; after its commit the sender of this process wakes up.

    `party` is who answers for the lane, when one has several; without it each lane is a party. It is due at once,
    unless `due_at` is later. `only_if` is decided by the database in the same statement, so that nobody can tell by the
    work whether it held. `quietly`: the sender comes past by itself, so that nobody can tell by what it does then.
    """
    now = clock.now()
    connection().execute(
        _ADD if only_if is None else _add_if(only_if),
        {
            "id": new_id(),
            "kind": kind,
            "lane": lane,
            "party": lane if party is None else party[:255],
            "facts": dict(facts),
            "account_id": account_id,
            "client_id": client_id,
            "session_id": session_id,
            "reference": reference,
            "why": why[:100],
            "created_at": now,
            "due_at": due_at or now,
            "tries": 0,
        },
    )
    if not quietly:
        db.session.info[_PUT] = True


def put_for_each(
    kind: str,
    *,
    whom: ColumnElement[bool],
    lane: str,
    lanes: int,
    every: timedelta,
    facts: Mapping[str, Any],
    why: str,
) -> None:
    """The same delivery for each account that `whom` holds of, by one statement however many they are.

    Due one after the other, `every` apart, in the order of their ids: so many at once would keep whoever takes them
    busy, and every look into the queue long. In `lanes` lanes of their own, so that nothing else waits behind them.
    """
    now = clock.now()
    place = func.row_number().over(order_by=Account.id) - 1
    named = literal(f"{lane}-").concat(cast(place % lanes, String))
    values = {
        "id": random_ids(),
        "kind": literal(kind),
        "lane": named,
        "party": named,
        "facts": literal(dict(facts), _ROWS.c.facts.type),
        "account_id": Account.id,
        "why": literal(why[:100]),
        "created_at": literal(now, _ROWS.c.created_at.type),
        "due_at": cast(literal(now, _ROWS.c.due_at.type), BigInteger)
        + place * (every // timedelta(milliseconds=1)),
        "tries": literal(0),
    }
    connection().execute(
        insert(_ROWS).from_select(list(values), select(*values.values()).where(whom))
    )
    db.session.info[_PUT] = True


def _add_if(condition: ColumnElement[bool]) -> Insert:
    values = (bindparam(name, type_=_ROWS.c[name].type) for name in _GIVEN)
    return insert(_ROWS).from_select(_GIVEN, select(*values).where(condition))


def _wake(session: Session) -> None:
    if session.info.pop(_PUT, False) and (sender := current_app.extensions.get(SENDER)):
        sender.wake()


event.listen(db.session, "after_commit", _wake)


def claim(kinds: Collection[str], busy: Collection[str], full: Collection[str] = ()) -> Due | None:
    """Take what is due longest, of these kinds, no `busy` lane and no `full` party, out of circulation for a while.

    One statement decides: of any number of processes one gets a row. The caller has no transaction.
    """
    now = clock.now()
    due = (
        _ROWS.c.due_at <= now,
        _ROWS.c.kind.in_(list(kinds)),  # a newer release may know more of them
        _ROWS.c.lane.not_in(list(busy)),
        _ROWS.c.party.not_in(list(full)),
    )
    reads_only()  # mostly there is nothing, and looking must not make writers wait
    some = connection().execute(select(_ROWS.c.id).where(*due).limit(1)).first()
    db.session.rollback()
    if some is None:
        return None
    # SKIP LOCKED is for PostgreSQL; SQLite has one writer at a time
    oldest = select(_ROWS.c.id).where(*due).order_by(_ROWS.c.due_at).limit(1)
    row = (
        connection()
        .execute(
            update(_ROWS)
            .where(
                _ROWS.c.id == oldest.with_for_update(skip_locked=True).scalar_subquery(),
                _ROWS.c.due_at <= now,
            )
            .values(due_at=now + LEASE, tries=_ROWS.c.tries + 1)
            .returning(*(_ROWS.c[name] for name in Due.__slots__))
        )
        .mappings()
        .one_or_none()
    )
    db.session.commit()
    return None if row is None else Due(**row)


def first_tries() -> bool:
    """Whether something waits for its first try now, or is in it."""
    reads_only()
    first = (
        (_ROWS.c.tries == 0) & (_ROWS.c.due_at <= clock.now())
        | (_ROWS.c.tries == 1) & (_ROWS.c.problem.is_(None))
    )  # fmt: skip
    some = connection().execute(
        select(_ROWS.c.id).where(_ROWS.c.due_at.is_not(None), first).limit(1)
    )
    found = some.first() is not None
    db.session.rollback()
    return found


def finish(due: Due, result: str, problem: str | None) -> bool:
    """It is over; `False` when another process claimed it meanwhile, which then says so."""
    return _settle(due, due_at=None, ended_at=clock.now(), result=result, problem=problem)


def postpone(due: Due, until: datetime, problem: str) -> bool:
    """Try again later; `False` as for `finish`."""
    return _settle(due, due_at=until, problem=problem)


def _settle(due: Due, **values: Any) -> bool:
    if values["problem"] is not None:
        values["problem"] = values["problem"][:200]
    settled = connection().execute(
        update(_ROWS)
        .where(_ROWS.c.id == due.id, _ROWS.c.tries == due.tries, _ROWS.c.ended_at.is_(None))
        .values(**values)
        .returning(_ROWS.c.id)
    )
    return settled.one_or_none() is not None
