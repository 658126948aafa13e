"""Databases for tests: for each test an own, migrated and empty one, in a few milliseconds.

SQLite: a copy of a migrated file. PostgreSQL: one private server per run, one database per worker made from a migrated
template, emptied before each test that asks for it.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection, Engine, create_engine, event, inspect, literal, select, table

from tests.support import postgresql_server
from tests.support.machine import postgresql_binaries
from tests.support.run import Run

#: Brings the database at an SQLAlchemy URL from nothing to the newest schema.
Migrate = Callable[[str], None]

#: Ends whatever a former test left connected: an open transaction would hold its locks forever.
HANG_UP = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

REWIND_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""


class SqliteDatabases:
    """Fresh SQLite files."""

    def __init__(self, run: Run, migrate: Migrate, name: str = "idp") -> None:
        self._template = run.folder / f"{name}.db"
        run.once(f"sqlite-{name}", lambda: self._make_template(migrate))

    def _make_template(self, migrate: Migrate) -> None:
        url = f"sqlite:///{self._template}"
        migrate(url)
        _refuse_rows(url)
        with closing(sqlite3.connect(self._template)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # the file alone is copied

    def migrated(self, folder: Path) -> str:
        """The URL of a migrated, empty database in `folder`."""
        shutil.copy(self._template, folder / "idp.db")
        return f"sqlite:///{folder / 'idp.db'}"

    def blank(self, folder: Path) -> str:
        """The URL of a database in `folder` that holds nothing, not even a schema."""
        return f"sqlite:///{folder / 'blank.db'}"


class PostgresqlDatabases:
    """Databases of this worker on the run's own server."""

    def __init__(self, run: Run, migrate: Migrate, name: str = "idp") -> None:
        binaries = postgresql_binaries()
        run.once("postgresql", lambda: _start_server(run, binaries))
        self._folder = (run.folder / "postgresql").read_text()
        run.once(f"postgresql-{name}", lambda: self._make_template(name, migrate))
        self._database = f"{name}_{run.worker}"
        self._blanks = (f"{self._database}_blank_{number}" for number in itertools.count(1))
        self._create(self._database, template=name)
        self._connection = self._connect(self._database)
        self._connection.execute("SET session_replication_role = replica; SET lock_timeout = '10s'")
        deletes = [SQL("DELETE FROM {}").format(Identifier(name)) for name in self._tables()]
        deletes += self._version_again()
        self._empty = SQL("; ").join(deletes)

    def migrated(self) -> str:
        """The URL of this worker's database, migrated and empty; what a former test left in it is gone."""
        self._connection.execute(HANG_UP)
        self._connection.execute(self._empty)
        self._connection.execute(REWIND_SEQUENCES)
        return self._url(self._database)

    def blank(self) -> str:
        """The URL of a new database that holds nothing, not even a schema."""
        name = next(self._blanks)
        self._create(name, template="template0")
        return self._url(name)

    def close(self) -> None:
        """Hang up; the server stops by itself when the run is over."""
        self._connection.close()

    def _tables(self) -> list[str]:
        found = self._connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return [str(name) for (name,) in found if name != "alembic_version"]

    def _version_again(self) -> list[Composed]:
        """What brings back the version of the schema, about which a test may have lied."""
        try:
            found = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except psycopg.errors.UndefinedTable:  # a schema for a test of these databases themselves
            return []
        add = SQL("INSERT INTO alembic_version SELECT {}").format(Literal(found and found[0]))
        return [SQL("DELETE FROM {}").format(Identifier("alembic_version")), add]

    def _make_template(self, name: str, migrate: Migrate) -> None:
        self._create(name, template="template0")
        migrate(self._url(name))
        _refuse_rows(self._url(name))
        with self._connect(name) as connection:
            connection.execute(HANG_UP)  # nobody may be connected to a template

    def _create(self, name: str, *, template: str) -> None:
        create = SQL("CREATE DATABASE {} TEMPLATE {}").format(
            Identifier(name), Identifier(template)
        )
        with self._connect("postgres") as connection:
            connection.execute(create)

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        user = postgresql_server.USER
        return psycopg.connect(host=self._folder, dbname=database, user=user, autocommit=True)

    def _url(self, database: str) -> str:
        return f"postgresql+psycopg://{postgresql_server.USER}@/{database}?host={self._folder}"


class OpenEngines:
    """Remembers every engine that connects, so that no connection outlives the test that opened it."""

    def __init__(self) -> None:
        self._engines: set[Engine] = set()
        event.listen(Engine, "engine_connect", self._remember)

    def _remember(self, connection: Connection) -> None:
        self._engines.add(connection.engine)

    def dispose(self) -> None:
        """Close their idle connections. (Applications come and go with each test; their engines do not close.)"""
        for engine in self._engines:
            engine.dispose()
        self._engines.clear()


def _refuse_rows(url: str) -> None:
    """Emptying a table must bring back what migrating left; so migrations may leave no rows."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = set(inspect(engine).get_table_names()) - {"alembic_version"}
        full = [
            name
            for name in tables
            if connection.scalar(select(literal(1)).select_from(table(name)).limit(1))
        ]
    engine.dispose()
    if full:
        raise AssertionError(
            f"migrations left rows in {full}, which tests would lose: see {__name__}"
        )


def _start_server(run: Run, binaries: Path) -> None:
    folder = tempfile.mkdtemp(prefix="idp-pg-")
    log = run.folder / "postgresql.log"
    with log.open("w") as output:
        server = subprocess.Popen(
            [sys.executable, postgresql_server.__file__, binaries, folder, run.lifeline],
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(host=folder, dbname="postgres", user=postgresql_server.USER).close()
            break
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}") from None
            time.sleep(0.05)
    (run.folder / "postgresql").write_text(folder)
    # It outlives this worker on purpose, and ends with the run; so its end is not awaited here.
    server.returncode = 0
