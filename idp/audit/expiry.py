"""Events leave when their time is over, and the chain holds for what is left.

First a signed mark says of which class everything before a moment may be gone; then events go, some hundreds at a time,
and their seals keep the digest without its salt. Links at the chain's beginning whose events are all gone go too,
behind a signed mark that says where it begins now. Killed in between, the next run goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import BigInteger, Table, delete, func, select, type_coerce, update

from idp.audit.chain import BEGINS, GONE, Mark, moment, now, signer
from idp.audit.retention import Retention, stays
from idp.audit.sealing import seal_everything
from idp.database import connection, db, insert, one_at_a_time
from idp.models import AuditCheckpoint, AuditEvent, AuditMark, AuditSeal

#: Events deleted in one transaction.
AT_ONCE: Final = 500
#: Checkpoints stay this long; of older days the last one does.
CHECKPOINTS_STAY: Final = timedelta(days=7)
_DAY: Final = 24 * 60 * 60 * 1000
_EVENTS: Final = cast(Table, AuditEvent.__table__)
_SEALS: Final = cast(Table, AuditSeal.__table__)
_CHECKPOINTS: Final = cast(Table, AuditCheckpoint.__table__)
_NEWEST: Final = select(func.max(_EVENTS.c.id)).correlate(None).scalar_subquery()


def expire() -> int:
    """Delete the events whose time is over; returns how many. Begins and ends without a transaction."""
    seal_everything()  # what is not in the chain yet may not leave it
    gone = sum(_expire(retention, now() - stays(retention)) for retention in Retention)
    _shorten()
    _thin_out()
    return gone


def _expire(retention: Retention, before: datetime) -> int:
    if not (found := _next(retention, before, 0)):
        db.session.rollback()
        return 0
    _keep(signer().mark(GONE + retention.value, {"before": _latest(retention, before)}))
    db.session.commit()
    gone = 0
    while found:
        connection().execute(delete(_EVENTS).where(_EVENTS.c.id.in_(found)))
        connection().execute(
            update(_SEALS).where(_SEALS.c.event_id.in_(found)).values(event_id=None, salt=None)
        )
        db.session.commit()
        gone += len(found)
        found = _next(retention, before, found[-1])
    db.session.rollback()
    return gone


def _latest(retention: Retention, before: datetime) -> str:
    """Never earlier than what was said before: somebody may have chosen a longer time since."""
    name = GONE + retention.value
    said = connection().execute(select(AuditMark.facts).where(AuditMark.name == name)).scalar()
    return max(moment(before), str(said["before"]) if said else "")


def _next(retention: Retention, before: datetime, after: int) -> list[int]:
    """Ids of events whose time is over. The newest event of all stays: SQLite would give its id to another."""
    return list(
        connection().scalars(
            select(_EVENTS.c.id)
            .join(_SEALS, _SEALS.c.event_id == _EVENTS.c.id)
            .where(
                _SEALS.c.retention == retention.value,
                _EVENTS.c.at < before,
                _SEALS.c.at < before,
                _EVENTS.c.id > after,
                _EVENTS.c.id < _NEWEST,
            )
            .order_by(_EVENTS.c.id)
            .limit(AT_ONCE)
        )
    )


def _shorten() -> None:
    """Let the chain begin where the first event is that is still there."""
    first = select(func.min(_SEALS.c.number)).where(_SEALS.c.event_id.is_not(None))
    number = connection().execute(first).scalar()
    last_gone = connection().execute(
        select(_SEALS.c.number, _SEALS.c.link).where(_SEALS.c.number == (number or 0) - 1)
    )
    if (begins := last_gone.first()) is None:
        db.session.rollback()
        return
    one_at_a_time("audit-chain")
    _keep(signer().mark(BEGINS, {"number": begins.number, "link": begins.link}))
    db.session.commit()
    for table in (_CHECKPOINTS, _SEALS):
        while True:
            numbers = select(table.c.number).where(table.c.number <= begins.number).limit(AT_ONCE)
            if not _delete(table, list(connection().scalars(numbers))):
                break


def _thin_out() -> None:
    """Of days that are over, keep one checkpoint: a later one covers all that came before it."""
    old = _CHECKPOINTS.c.at < now() - CHECKPOINTS_STAY
    kept = select(func.max(_CHECKPOINTS.c.number)).where(old).group_by(_day())
    while True:
        numbers = (
            select(_CHECKPOINTS.c.number)
            .where(old, _CHECKPOINTS.c.number.not_in(kept))
            .limit(AT_ONCE)
        )
        if not _delete(_CHECKPOINTS, list(connection().scalars(numbers))):
            return


def _day() -> Any:
    """The day of a checkpoint, as a number; moments are kept as milliseconds."""
    return type_coerce(_CHECKPOINTS.c.at, BigInteger) // _DAY


def _delete(table: Table, numbers: list[int]) -> bool:
    if numbers:
        connection().execute(delete(table).where(table.c.number.in_(numbers)))
    db.session.commit()
    return bool(numbers)


def _keep(mark: Mark) -> None:
    values = {"facts": dict(mark.facts), "key": mark.key, "signature": mark.signature}
    statement = insert(AuditMark).values(name=mark.name, **values)
    connection().execute(
        statement.on_conflict_do_update(index_elements=[AuditMark.name], set_=values)
    )
