"""Fixtures for everybody: databases, and a network that ends at this machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import machine
from tests.support.databases import OpenEngines, PostgresqlDatabases, SqliteDatabases
from tests.support.network import loopback_only
from tests.support.run import OpenRun, Run

OPEN_RUN = pytest.StashKey[OpenRun]()
RUN = pytest.StashKey[Run]()


def pytest_configure(config: pytest.Config) -> None:
    """Open the run in the process that leads; workers are told where it is."""
    workerinput: dict[str, Any] | None = getattr(config, "workerinput", None)
    if workerinput is None:
        config.stash[OPEN_RUN] = OpenRun()
        config.stash[RUN] = Run(config.stash[OPEN_RUN].folder, "main")
    else:
        config.stash[RUN] = Run(Path(workerinput["run_folder"]), workerinput["workerid"])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a pytest-xdist worker where the run is."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the run: the PostgreSQL server goes with it."""
    if open_run := config.stash.get(OPEN_RUN, None):
        open_run.close()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason to skip, with the number of tests."""
    skipped = terminalreporter.stats.get("skipped", [])
    for reason, number in Counter(report.longrepr[2] for report in skipped).items():
        terminalreporter.write_line(f"{number} skipped: {reason.removeprefix('Skipped: ')}")


@pytest.fixture(scope="session")
def run(pytestconfig: pytest.Config) -> Run:
    """This run of the suite."""
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session", autouse=True)
def _no_outside_world() -> Iterator[None]:
    with loopback_only():
        yield


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The distribution's Chromium; skips (or, with REQUIRE_ALL=1, fails) where there is none."""
    return machine.chromium()


@pytest.fixture(scope="session")
def firefox() -> Path:
    """The distribution's Firefox ESR; skips (or, with REQUIRE_ALL=1, fails) where there is none."""
    return machine.firefox()


@pytest.fixture(scope="session")
def sqlite_databases(run: Run) -> SqliteDatabases:
    """The source of SQLite databases; tests ask for `database_url`."""
    from idp.migrations import (
        upgrade,
    )  # here: most tests need no database, and Alembic takes a while to import

    return SqliteDatabases(run, upgrade)


@pytest.fixture(scope="session")
def postgresql_databases(run: Run) -> Iterator[PostgresqlDatabases]:
    """The source of PostgreSQL databases; tests ask for `database_url`."""
    from idp.migrations import upgrade  # as above

    databases = PostgresqlDatabases(run, upgrade)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def open_engines() -> OpenEngines:
    """The engines that tests leave connected."""
    return OpenEngines()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, open_engines: OpenEngines
) -> Iterator[str]:
    """A migrated, empty database, as an SQLAlchemy URL. Runs the test twice: on SQLite and on PostgreSQL.

    A test that is about one of them says so: `@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)`.
    """
    if request.param == "sqlite":
        sqlite: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        yield sqlite.migrated(tmp_path)
    else:
        postgresql: PostgresqlDatabases = request.getfixturevalue("postgresql_databases")
        yield postgresql.migrated()
    open_engines.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def blank_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, open_engines: OpenEngines
) -> Iterator[str]:
    """A database without a schema, for tests of the migrations themselves; on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        sqlite: SqliteDatabases = request.getfixturevalue("sqlite_databases")
        yield sqlite.blank(tmp_path)
    else:
        postgresql: PostgresqlDatabases = request.getfixturevalue("postgresql_databases")
        yield postgresql.blank()
    open_engines.dispose()
