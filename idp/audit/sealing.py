"""Sealing: committed events get their place in the chain, and a checkpoint is signed over it.

Nobody who adds an event waits for this, and no committed event is left out, in whatever order they commit:

- Which events are new is asked of the rows themselves (those without a seal), above `settled`, the id under which
  nothing can appear any more. On PostgreSQL an event gets its id before its transaction commits, so a lower one may
  appear after a higher one. Every transaction that adds events holds its table's `ROW EXCLUSIVE` lock from before it
  gets an id until after it commits; once everybody who held that lock when an id was seen has let go, all lower ids are
  settled (`CREATE INDEX CONCURRENTLY` waits in the same way). On SQLite there is one writer, so ids commit in order.
- Seals are computed outside any lock, and kept only if the chain still ends where they begin; of two sealers at once,
  one keeps its work.
"""

from __future__ import annotations

import secrets
from typing import Any, Final, cast

from sqlalchemy import Table, func, insert, select, text

from idp.audit.chain import BEGINS, GENESIS, content_of, link_of, moment, now, signer
from idp.audit.retention import class_of
from idp.database import connection, db, one_at_a_time, reads_only
from idp.models import AuditCheckpoint, AuditEvent, AuditMark, AuditSeal

#: Events in one transaction of the sealer. On SQLite nobody else writes meanwhile: a few milliseconds.
AT_ONCE: Final = 500
_EVENTS: Final = cast(Table, AuditEvent.__table__)
_SEALS: Final = cast(Table, AuditSeal.__table__)
_CHECKPOINTS: Final = cast(Table, AuditCheckpoint.__table__)
_ADDING: Final = text(
    "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'"
    " AND relation = 'audit_event'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Settling:
    """Up to which id events are settled, as far as this process knows."""

    def __init__(self) -> None:
        self._waiting_for: frozenset[str] | None = None
        self._candidate = 0
        self._settled = 0

    def look(self) -> int | None:
        """The highest id under which nothing can appear any more; `None` on SQLite, where each look tells it anew."""
        if db.engine.dialect.name != "postgresql":
            return None
        for _ in range(2):  # a second look settles at once what nobody held up
            if self._waiting_for is not None:
                self._waiting_for &= _adding()
                if not self._waiting_for:
                    self._settled, self._waiting_for = self._candidate, None
            if self._waiting_for is None:
                self._candidate = _highest()  # first the id, then who may still hold a lower one
                self._waiting_for = _adding()
        return self._settled


def seal(settling: Settling, at_once: int = AT_ONCE) -> int:
    """Seal the events that were committed and not sealed yet, some hundreds at most; returns how many.

    The caller has no transaction, and afterwards has none either.
    """
    settled = settling.look()
    db.session.rollback()
    reads_only()
    number, link, settled_before = _head()
    found = connection().execute(_unsealed(settled_before, at_once)).all()
    db.session.rollback()
    if not found:
        return 0
    seals = _seals(found, number, link)
    whole = len(found) < at_once
    highest = found[-1].id if settled is None or not whole else settled
    if settled is not None:
        highest = min(highest, settled)
    one_at_a_time("audit-chain")
    if _head()[:2] != (number, link):  # another sealer was first
        db.session.rollback()
        return 0
    last = seals[-1]
    at = now()
    signed = signer().checkpoint(
        number=last["number"],
        link=last["link"],
        settled=max(highest, settled_before),
        at=moment(at),
    )
    connection().execute(insert(_SEALS), seals)
    connection().execute(
        insert(_CHECKPOINTS),
        {
            "number": signed.number,
            "link": signed.link,
            "settled": signed.settled,
            "at": at,
            "key": signed.key,
            "signature": signed.signature,
        },
    )
    db.session.commit()
    return len(seals)


def seal_everything() -> int:
    """Seal until nothing is left that is committed now; returns how many events that were."""
    settling = Settling()
    sealed = 0
    while some := seal(settling):
        sealed += some
    return sealed


def facts_of(event: Any) -> dict[str, Any]:
    """A row of `audit_event` as it is sealed, exported and streamed."""
    return {
        "id": event.id,
        "at": moment(event.at),
        "event": event.event,
        "succeeded": bool(event.succeeded),
        "reference": event.reference,
        "actor": event.actor,
        "account_id": event.account_id,
        "relation_id": event.relation_id,
        "client_id": event.client_id,
        "session_id": event.session_id,
        "origin": event.origin,
        "reason": event.reason,
        "details": event.details,
    }


def _seals(found: Any, number: int, link: str) -> list[dict[str, Any]]:
    seals = []
    for event in found:
        number += 1
        salt = secrets.token_hex(16)
        content = content_of(facts_of(event), salt)
        retention = class_of(event.event).value
        link = link_of(link, number, moment(event.at), retention, content)
        seals.append(
            {
                "number": number,
                "event_id": event.id,
                "at": event.at,
                "retention": retention,
                "salt": salt,
                "content": content,
                "link": link,
            }
        )
    return seals


def _unsealed(above: int, at_once: int) -> Any:
    return (
        select(*_EVENTS.c)
        .outerjoin(_SEALS, _SEALS.c.event_id == _EVENTS.c.id)
        .where(_EVENTS.c.id > above, _SEALS.c.number.is_(None))
        .order_by(_EVENTS.c.id)
        .limit(at_once)
    )


def _head() -> tuple[int, str, int]:
    """Where the chain ends: number, link, and up to which id events are settled."""
    last = connection().execute(_LAST).first()
    settled = connection().execute(_LAST_SETTLED).scalar() or 0
    if last is not None:
        return last.number, last.link, settled
    begins = connection().execute(_BEGINS).scalar()
    return (begins["number"], begins["link"], settled) if begins else (0, GENESIS, settled)


_LAST: Final = select(_SEALS.c.number, _SEALS.c.link).order_by(_SEALS.c.number.desc()).limit(1)
_LAST_SETTLED: Final = (
    select(_CHECKPOINTS.c.settled).order_by(_CHECKPOINTS.c.number.desc()).limit(1)
)
_BEGINS: Final = select(AuditMark.facts).where(AuditMark.name == BEGINS)


def _highest() -> int:
    return connection().execute(select(func.max(_EVENTS.c.id))).scalar() or 0


def _adding() -> frozenset[str]:
    """The transactions that add events now, or did and have not ended."""
    return frozenset(row[0] for row in connection().execute(_ADDING))
