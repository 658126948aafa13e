"""Writing one event. The row is part of the caller's transaction: no audit, no change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from typing import Any, Final, cast

from sqlalchemy import Table, insert
from sqlalchemy import event as session_event
from sqlalchemy.orm import Session

from idp import clock, logs, metrics
from idp.audit.events import Event
from idp.database import db
from idp.models import AuditEvent
from idp.statements import Prepared

#: Built once: building a statement costs five times what sending it does. `inline`: nobody needs the row's number.
_ADD: Final = Prepared(insert(cast(Table, AuditEvent.__table__)).inline())

_origin: ContextVar[str | None] = ContextVar("origin", default=None)
_errand: ContextVar[Mapping[str, Any] | None] = ContextVar("errand", default=None)


def origin_is(address: str | None) -> None:
    """A request begins: remember from which network address it comes; every later event carries it."""
    _origin.set(address)
    _errand.set(None)


def errand_is(details: Mapping[str, Any] | None) -> None:
    """Remember why a colleague does what follows; every later event of this request carries it as `errand`."""
    _errand.set(details)


def record(
    event: Event,
    *,
    succeeded: bool = True,
    actor: str = "person",
    reference: str | None = None,
    account_id: str | None = None,
    relation_id: str | None = None,
    client_id: str | None = None,
    session_id: str | None = None,
    reason: str | None = None,
    **details: Any,
) -> None:
    """Add one event to the present transaction.

    `reason` and `details` are for people who investigate: never a secret, never a text somebody typed.
    """
    if reference is not None:
        logs.reference_is(reference)
    if (errand := _errand.get()) is not None:
        details["errand"] = dict(errand)
    _ADD.send(
        {
            "at": clock.now(),
            "event": event.value,
            "succeeded": succeeded,
            "actor": actor,
            "reference": reference,
            "account_id": account_id,
            "relation_id": relation_id,
            "client_id": client_id,
            "session_id": session_id,
            "origin": _origin.get(),
            "reason": None if reason is None else reason[:300],
            "details": details,
        },
    )
    kind = details.get("kind") or details.get("channel") or ""
    db.session().info.setdefault(_RECORDED, []).append((event.value, kind))


def record_many(event: Event, facts: Iterable[Mapping[str, Any]], *, actor: str) -> None:
    """Add one event for each of `facts` (what `record` takes by name) to the present transaction, in one go."""
    now, errand, origin = clock.now(), _errand.get(), _origin.get()
    names = ("reference", "account_id", "relation_id", "client_id", "session_id", "reason")
    empty = dict.fromkeys(names)
    rows = []
    for one in facts:
        details = {name: value for name, value in one.items() if name not in empty}
        if errand is not None:
            details["errand"] = dict(errand)
        if (reference := one.get("reference")) is not None:
            logs.reference_is(reference)
        rows.append(
            {
                **empty,
                **{name: value for name, value in one.items() if name in empty},
                "at": now,
                "event": event.value,
                "succeeded": True,
                "actor": actor,
                "origin": origin,
                "details": details,
            }
        )
    if rows:
        _ADD.send_all(rows)
        db.session().info.setdefault(_RECORDED, []).extend([(event.value, "")] * len(rows))


def _count(session: Session) -> None:
    """Only what was kept: an event that was rolled back did not happen."""
    for event, kind in session.info.pop(_RECORDED, ()):
        metrics.EVENTS.count(event, kind)


def _forget(session: Session) -> None:
    session.info.pop(_RECORDED, None)


_RECORDED: Final = "recorded"
session_event.listen(db.session, "after_commit", _count)
session_event.listen(db.session, "after_rollback", _forget)
