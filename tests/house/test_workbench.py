"""The workbench itself: databases that are empty, a network that ends here. With a schema of its own."""

from __future__ import annotations

import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from tests.support import machine
from tests.support.databases import OpenEngines, PostgresqlDatabases, SqliteDatabases
from tests.support.network import OutsideWorldError, is_loopback
from tests.support.run import Run

METADATA = sa.MetaData()
SHELF = sa.Table(
    "shelf", METADATA, sa.Column("id", sa.Integer, primary_key=True), sa.Column("label", sa.Text)
)
BOOK = sa.Table(
    "book",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("shelf_id", sa.ForeignKey("shelf.id"), nullable=False),
)


def lay_out(url: str) -> None:
    engine = sa.create_engine(url)
    METADATA.create_all(engine)
    engine.dispose()


@pytest.fixture(scope="module")
def sqlite(run: Run) -> SqliteDatabases:
    return SqliteDatabases(run, lay_out, name="workbench")


@pytest.fixture(scope="module")
def postgresql(run: Run) -> Iterator[PostgresqlDatabases]:
    databases = PostgresqlDatabases(run, lay_out, name="workbench")
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, open_engines: OpenEngines) -> Iterator[str]:
    databases = request.getfixturevalue(request.param)
    yield databases.migrated(tmp_path) if request.param == "sqlite" else databases.migrated()
    open_engines.dispose()


@pytest.mark.parametrize("time", [1, 2])
def test_each_test_gets_an_empty_database_that_counts_from_one(url: str, time: int) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(SHELF)).scalar() == 0
        key = connection.scalar(SHELF.insert().values(label="left behind").returning(SHELF.c.id))
        connection.execute(BOOK.insert().values(shelf_id=key))
        assert key == 1


def test_a_transaction_that_a_test_left_open_holds_up_nobody(
    postgresql: PostgresqlDatabases,
) -> None:
    engine = sa.create_engine(postgresql.migrated())
    with engine.begin() as connection:
        connection.execute(SHELF.insert().values(label="one"))
    with engine.connect() as forgotten:
        forgotten.execute(SHELF.update().values(label="locked"))

        other = sa.create_engine(postgresql.migrated())
        with other.connect() as connection:
            assert connection.execute(sa.select(SHELF)).all() == []
        other.dispose()
        forgotten.invalidate()


def test_a_blank_database_has_no_tables(
    postgresql: PostgresqlDatabases, sqlite: SqliteDatabases, tmp_path: Path
) -> None:
    for url in (postgresql.blank(), postgresql.blank(), sqlite.blank(tmp_path)):
        engine = sa.create_engine(url)
        assert sa.inspect(engine).get_table_names() == []
        engine.dispose()


def test_what_is_done_once_in_a_run_is_done_once(run: Run) -> None:
    done: list[int] = []
    name = f"once-{uuid.uuid4()}"
    threads = [
        threading.Thread(target=run.once, args=(name, lambda: done.append(1))) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [1]


@pytest.mark.parametrize(
    "host", ["example.org", "192.0.2.1", "10.0.0.1", "2001:db8::1", "localhost.example.org"]
)
def test_a_test_cannot_reach_another_machine(host: str) -> None:
    with pytest.raises(OutsideWorldError):
        requests.get(f"http://[{host}]/" if ":" in host else f"http://{host}/", timeout=1)


@pytest.mark.parametrize(
    "host", ["localhost", "rp.localhost", "127.0.0.1", "127.8.9.1", "::1", None, b"localhost"]
)
def test_this_machine_is_never_refused(host: object) -> None:
    assert is_loopback(host)


def test_loopback_connections_work() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
    ):
        pass


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (machine.chromium, "Chromium is missing: `apt-get install chromium-headless-shell`"),
        (machine.firefox, "Firefox ESR is missing: `apt-get install firefox-esr`"),
        (
            machine.any_browser,
            "A browser is missing: `apt-get install chromium-headless-shell firefox-esr`",
        ),
    ],
)
@pytest.mark.parametrize(
    ("require_all", "outcome"), [("", pytest.skip.Exception), ("1", pytest.fail.Exception)]
)
def test_a_missing_part_is_skipped_and_where_all_is_required_it_fails(
    monkeypatch: pytest.MonkeyPatch,
    require_all: str,
    outcome: type[BaseException],
    ask: Callable[[], object],
    told: str,
) -> None:
    monkeypatch.setenv("REQUIRE_ALL", require_all)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(outcome, match=told):
        ask()
