"""Statements that are compiled once say and give what SQLAlchemy would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from sqlalchemy import Boolean, Table, bindparam, create_engine, event, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, MultipleResultsFound

from idp.clock import Standing, standing_at
from idp.database import connection, db
from idp.models import Session, ThrottleCounter
from idp.statements import Prepared
from tests.support.journeys import NOW, house_of_this_worker
from tests.support.run import Run

COUNTERS = cast(Table, ThrottleCounter.__table__)
ADD = Prepared(insert(COUNTERS))
OF_KEY = select(COUNTERS).where(COUNTERS.c.key == bindparam("wanted"))
ALL_OF = select(COUNTERS).where(COUNTERS.c.count == bindparam("times"))
RAISE = Prepared(
    update(COUNTERS)
    .where(COUNTERS.c.key == bindparam("wanted"), COUNTERS.c.count < 3)
    .values(count=COUNTERS.c.count + 1, not_before=None)
    .returning(COUNTERS.c.count.label("times"))
)


@pytest.fixture
def time(database_url: str, run: Run) -> Iterator[Standing]:
    """A clock that stands still, inside a house over each database."""
    with standing_at(NOW) as standing, house_of_this_worker(database_url, run).app.app_context():
        yield standing


def counter(key: str, times: int = 1) -> dict[str, Any]:
    return {"key": key, "count": times, "since": NOW, "expires_at": NOW, "not_before": None}


def test_a_row_has_what_sqlalchemy_would_give(time: Standing) -> None:
    ADD.send(counter("a"))
    asked = {"wanted": "a"}
    row = Prepared(OF_KEY).row(asked)
    assert row is not None
    assert row._asdict() == dict(connection().execute(OF_KEY, asked).mappings().one())
    assert row.since == NOW
    assert Prepared(OF_KEY).row({"wanted": "b"}) is None


def test_lists_and_times_and_truths_come_back_as_such(time: Standing) -> None:
    asked = {"which": "none"}
    everything = select(cast(Table, Session.__table__)).where(Session.id == bindparam("which"))
    assert Prepared(everything).rows(asked) == []
    literal = select(
        bindparam("proofs", type_=Session.__table__.c.proofs.type),
        bindparam("at", type_=Session.__table__.c.created_at.type),
        bindparam("right", type_=Boolean()),
    )
    row = Prepared(literal).row({"proofs": [{"kind": "totp"}], "at": NOW, "right": True})
    assert row is not None
    assert (row[0], row[1]) == ([{"kind": "totp"}], NOW)
    assert row[2] is True


def test_a_condition_in_a_statement_decides_who_wins(time: Standing) -> None:
    ADD.send(counter("a", 2))
    assert RAISE.value({"wanted": "a"}) == 3
    assert RAISE.value({"wanted": "a"}) is None


def test_several_at_once_are_all_there(time: Standing) -> None:
    ADD.send_all([counter("a"), counter("b"), counter("c", 2)])
    assert {row.key for row in Prepared(ALL_OF).rows({"times": 1})} == {"a", "b"}
    with pytest.raises(MultipleResultsFound):
        Prepared(ALL_OF).row({"times": 1})


@pytest.mark.parametrize("values", [{}, {"wanted": "a", "wnted": "b"}, {"wnted": "a"}])
def test_a_name_too_few_or_too_many_is_refused(time: Standing, values: dict[str, str]) -> None:
    with pytest.raises(TypeError):
        Prepared(OF_KEY).rows(values)


def test_a_list_of_unknown_length_is_refused(time: Standing) -> None:
    several = select(COUNTERS).where(COUNTERS.c.key.in_(bindparam("keys", expanding=True)))
    with pytest.raises(TypeError):
        Prepared(several).rows({"keys": ["a"]})


def test_what_the_database_refuses_is_told_as_sqlalchemy_tells_it_without_the_values(
    time: Standing,
) -> None:
    ADD.send(counter("typed by somebody"))
    with pytest.raises(IntegrityError) as refused:
        ADD.send(counter("typed by somebody"))
    assert "typed by somebody" not in str(refused.value).partition("DETAIL")[0]
    db.session.rollback()
    assert Prepared(OF_KEY).row({"wanted": "typed by somebody"}) is None


def test_who_watches_what_is_sent_sees_it(time: Standing) -> None:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):  # SQLite's, which is not a statement of ours
            seen.append(statement.split(maxsplit=1)[0])

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        ADD.send(counter("a"))
        row = Prepared(OF_KEY).row({"wanted": "a"})
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert row is not None
    assert row.since == NOW
    ADD.send(counter("b"))
    assert seen == ["INSERT", "SELECT"], "and nothing of what came after it stopped watching"


def test_a_statement_of_a_savepoint_is_undone_with_it(time: Standing) -> None:
    savepoint = db.session.begin_nested()
    ADD.send(counter("a"))
    savepoint.rollback()
    assert Prepared(OF_KEY).row({"wanted": "a"}) is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_said_and_not_used_again(time: Standing) -> None:
    number = connection().execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = create_engine(db.engine.url)
    with other.connect() as elsewhere:
        elsewhere.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    other.dispose()
    with pytest.raises(DBAPIError) as lost:
        Prepared(OF_KEY).row({"wanted": "a"})
    assert lost.value.connection_invalidated
    db.session.rollback()
    assert Prepared(OF_KEY).row({"wanted": "a"}) is None
    assert connection().execute(text("SELECT pg_backend_pid()")).scalar_one() != number


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_was_closed_before_it_is_asked_is_told_in_the_same_way(
    time: Standing,
) -> None:
    driver = connection().connection.dbapi_connection
    assert driver is not None
    driver.close()
    with pytest.raises(DBAPIError) as lost:
        Prepared(OF_KEY).row({"wanted": "a"})
    assert lost.value.connection_invalidated
    db.session.rollback()
    assert Prepared(OF_KEY).row({"wanted": "a"}) is None
