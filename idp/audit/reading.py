"""The chain as it stands in the database, read page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Table, func, select

from idp.audit.chain import BEGINS, GONE, Broken, Checkpoint, Gap, Keys, Mark, Sealed, Walk, moment
from idp.audit.sealing import facts_of
from idp.database import connection, db, reads_only
from idp.models import AuditCheckpoint, AuditEvent, AuditMark, AuditSeal

#: Links read at a time.
PAGE: Final = 1000
_EVENTS: Final = cast(Table, AuditEvent.__table__)
_SEALS: Final = cast(Table, AuditSeal.__table__)
_CHECKPOINTS: Final = cast(Table, AuditCheckpoint.__table__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reader found of a whole chain."""

    events: int
    """Links that were followed."""
    last: int
    """The number of the last one that holds."""
    unsealed: int
    """Events that the next checkpoint will have; always 0 in a file."""
    line: int | None = None
    """The first bad line: in a file the line, in the database the number in the chain."""
    why: str | None = None
    """One of `chain.Why`, or `None` when everything holds."""
    what: str | None = None
    """The same in a sentence."""
    key: str
    """The public audit key that the checkpoints were held against."""


def marks() -> Mapping[str, Mark]:
    """All marks, by name."""
    return {
        row.name: Mark(name=row.name, facts=row.facts, key=row.key, signature=row.signature)
        for row in connection().execute(select(AuditMark.__table__))
    }


def gone_of(all_marks: Mapping[str, Mark]) -> dict[str, Mark]:
    """Those about deleted events, by class."""
    return {
        name.removeprefix(GONE): mark for name, mark in all_marks.items() if name.startswith(GONE)
    }


def page(after: int, *, up_to: int | None = None, size: int = PAGE) -> list[Sealed | Checkpoint]:
    """The links that follow number `after`, some hundreds of them, each checkpoint behind the last that it signs."""
    last = after + size if up_to is None else min(after + size, up_to)
    among = (_SEALS.c.number > after, _SEALS.c.number <= last)
    seals = connection().execute(
        select(_SEALS, *(column.label(f"of_{column.name}") for column in _EVENTS.c))
        .outerjoin(_EVENTS, _EVENTS.c.id == _SEALS.c.event_id)
        .where(*among)
        .order_by(_SEALS.c.number)
    )
    signed = connection().execute(
        select(_CHECKPOINTS).where(_CHECKPOINTS.c.number > after, _CHECKPOINTS.c.number <= last)
    )
    items: list[Sealed | Checkpoint] = [*map(_sealed, seals), *map(_checkpoint, signed)]
    return sorted(items, key=lambda each: (each.number, isinstance(each, Checkpoint)))


def last_number() -> int:
    """The number of the last link or checkpoint, whichever is higher."""
    highest = (select(func.max(each.c.number)) for each in (_SEALS, _CHECKPOINTS))
    return max(connection().execute(each).scalar() or 0 for each in highest)


def verify(keys: Keys, key: str, known: Checkpoint | None = None) -> Verdict:
    """Follow the chain in the database from its beginning to its last checkpoint. The caller has no transaction.

    `known` was seen elsewhere before, and has to hold here too.
    """
    reads_only()
    stated = marks()
    number = _begins_at(stated)
    try:
        walk = Walk(keys, begins=stated.get(BEGINS), gone=gone_of(stated))
    except Broken as broken:
        return Verdict(
            events=0, last=0, unsealed=0, line=0, why=broken.why, what=str(broken), key=key
        )
    last = last_number()
    try:
        for first in range(number, last, PAGE):
            for item in page(first, up_to=last):
                number = item.number
                if isinstance(item, Sealed):
                    walk.sealed(item)
                else:
                    walk.checkpoint(item)
        walk.end()
        _nothing_beside(walk)
        if known is not None:
            number = known.number
            _still_holds(known, walk)
    except Gap as gap:
        return _broken(walk, gap.expected, "taken-out", f"number {gap.expected} is not there", key)
    except Broken as broken:
        at = number if broken.why != "cut-short" else walk.number + 1
        return _broken(walk, at, broken.why, str(broken), key)
    unsealed = connection().execute(_UNSEALED.where(_EVENTS.c.id > walk.settled)).scalar() or 0
    db.session.rollback()
    return Verdict(events=walk.number - walk.begins, last=walk.number, unsealed=unsealed, key=key)


def _broken(walk: Walk, line: int, why: str, what: str, key: str) -> Verdict:
    db.session.rollback()
    followed = walk.number - walk.begins
    return Verdict(
        events=followed, last=walk.number, unsealed=0, line=line, why=why, what=what, key=key
    )


def _nothing_beside(walk: Walk) -> None:
    """No event may stand below what the last checkpoint calls settled without being in the chain."""
    beside = connection().execute(
        select(_EVENTS.c.id)
        .outerjoin(_SEALS, _SEALS.c.event_id == _EVENTS.c.id)
        .where(_EVENTS.c.id <= walk.settled, _SEALS.c.number.is_(None))
        .order_by(_EVENTS.c.id)
        .limit(1)
    )
    if (found := beside.scalar()) is not None:
        raise Broken("beside", f"event with id {found} was put in beside the chain")


def _still_holds(known: Checkpoint, walk: Walk) -> None:
    if known.number <= walk.begins:
        return  # shortened since, by a signed mark
    link = (
        connection().execute(select(_SEALS.c.link).where(_SEALS.c.number == known.number)).scalar()
    )
    if link is None:
        what = f"a checkpoint seen before counts {known.number} events, only {walk.number} are here"
        raise Broken("cut-short", what)
    if link != known.link:
        raise Broken("altered", f"a checkpoint seen before signed another event {known.number}")


def _begins_at(stated: Mapping[str, Mark]) -> int:
    begins = stated.get(BEGINS)
    return 0 if begins is None else int(begins.facts["number"])


_UNSEALED: Final = (
    select(func.count())
    .select_from(_EVENTS)
    .outerjoin(_SEALS, _SEALS.c.event_id == _EVENTS.c.id)
    .where(_SEALS.c.number.is_(None))
)


def _sealed(row: Any) -> Sealed:
    event = None if row.of_id is None else facts_of(_Event(row))
    return Sealed(
        number=row.number,
        at=moment(row.at),
        retention=row.retention,
        content=row.content,
        link=row.link,
        salt=row.salt,
        event=event,
    )


class _Event:
    """The columns of the event in a row that holds seal and event."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"of_{name}")


def _checkpoint(row: Any) -> Checkpoint:
    return Checkpoint(
        number=row.number,
        link=row.link,
        settled=row.settled,
        at=moment(row.at),
        key=row.key,
        signature=row.signature,
    )
