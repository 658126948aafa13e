"""What an auditor asks by relation or application is found by an index, on each database as it really plans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from idp import clock
from idp.audit import Event, record_many, views
from idp.database import db
from idp.servicedesk import log
from idp.servicedesk.log import Question
from tests.support.house import House

#: So many that no database would rather read everything.
EVENTS = 4000


@pytest.fixture
def full(house: House) -> House:
    """A trail of many organisations; now and then somebody gets one of some applications."""
    with house.inside():
        record_many(
            Event.SIGN_IN_COMPLETED,
            ({"relation_id": f"relation{number % 200}"} for number in range(EVENTS)),
            actor="person",
        )
        record_many(
            Event.APPLICATION_GRANTED,
            ({"application": f"app{number % 20}"} for number in range(EVENTS // 10)),
            actor="operator:test",
        )
        db.session.commit()
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    return house


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What goes to the database meanwhile, as it goes there."""
    gone: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, given: Any, *_more: Any) -> None:
        gone.append((statement, given))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield gone
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def plan_of(ask: Callable[[], object]) -> str:
    """How the database goes about it."""
    with statements() as gone:
        ask()
    [(statement, given)] = [each for each in gone if "FROM audit_event" in each[0]]
    word = "EXPLAIN QUERY PLAN" if db.engine.dialect.name == "sqlite" else "EXPLAIN"
    rows = db.session.connection().exec_driver_sql(f"{word} {statement}", given).all()
    return "\n".join(str(row[-1]) for row in rows)


def since() -> Any:
    return clock.now() - timedelta(days=366)


def test_the_log_of_a_relation_is_read_from_its_index(full: House) -> None:
    with full.inside():
        plan = plan_of(lambda: log.lines(Question(relation_id="relation7", since=since())))
    assert "ix_audit_event_relation_id" in plan


@pytest.mark.parametrize("asked", ["desk", "operator"])
def test_the_log_of_an_application_is_read_from_its_index(full: House, asked: str) -> None:
    with full.inside():
        of_desk = Question(application_id="app7", since=since())
        ask: Callable[[], object] = {
            "desk": lambda: log.lines(of_desk),
            "operator": lambda: views.changes_of("app7", since=since()),
        }[asked]
        plan = plan_of(ask)
    assert "ix_audit_event_application" in plan


def test_the_log_tells_the_same_lines_by_either_index(full: House) -> None:
    with full.inside():
        by_relation = log.lines(Question(relation_id="relation7"), most=EVENTS)
        by_application = log.lines(Question(application_id="app7"), most=EVENTS)
    assert (len(by_relation.lines), len(by_application.lines)) == (EVENTS // 200, EVENTS // 200)
    assert {line.application for line in by_application.lines} == {"app7"}
