"""The database: one `Base`, Flask-SQLAlchemy over it, and the column type for moments.

SQLite (WAL) and PostgreSQL behave alike for the rest of the house; what differs between them stands here.
"""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    URL,
    BigInteger,
    ColumnElement,
    Dialect,
    Engine,
    MetaData,
    String,
    Table,
    cast,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.types import TypeDecorator

#: Every constraint has a predictable name, so that a migration can drop it on either database.
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The plain base of all tables; knows nothing of Flask."""

    metadata = MetaData(naming_convention=NAMING)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, kept as whole milliseconds since 1970: exact, sortable, the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive datetimes: a time without a zone is a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return round(value.timestamp() * 1000)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Back to an aware datetime in UTC."""
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


db = SQLAlchemy(model_class=Base)


def _write_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def init_app(app: Flask, url: str) -> None:
    """Bind the database at `url` to the application and prepare its connections."""
    engine_options: dict[str, Any] = {
        "json_serializer": _write_json,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,  # no log and no error's text repeats what somebody typed
    }
    if make_url(url).database not in {None, "", ":memory:"}:
        # The connection used last still has its pages at hand; in memory there is only one.
        engine_options["pool_use_lifo"] = True
    if url.startswith("postgresql"):
        engine_options |= {
            "pool_pre_ping": True,
            "pool_size": 10,
            "max_overflow": 10,
            "pool_timeout": 5,
        }
        if (
            "connect_timeout" not in make_url(url).query
        ):  # without it a host that drops packets holds us for minutes
            engine_options["connect_args"] = {"connect_timeout": 5}
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)


def connection() -> Connection:
    """The connection of the present transaction, for Core statements; a transaction begins when there is none.

    The same as `db.session.connection()`, which looks for it anew each time; a sign-in has fifty statements.
    """
    session = db.session()
    at_hand: Connection | None = session.info.get(_AT_HAND)
    if (
        at_hand is None or session.in_nested_transaction()
    ):  # what a savepoint undoes is not ours to skip
        return session.connection()
    return at_hand


def _keep_at_hand(session: Session, _transaction: SessionTransaction, used: Connection) -> None:
    session.info[_AT_HAND] = used


def _put_away(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_AT_HAND, None)


_AT_HAND: Final = "connection"
event.listen(db.session, "after_begin", _keep_at_hand)
event.listen(db.session, "after_transaction_end", _put_away)


def prepare(engine: Engine) -> None:
    """Give an SQLite engine its working mode; PostgreSQL needs nothing.

    Transactions begin with the write lock, because one that reads first and writes later cannot be
    repaired when another wrote in between; `reads_only()` opts out.
    """
    make_private_file(engine.url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def make_private_file(url: URL) -> None:
    """Make an SQLite database's file for its owner only, when it is not there yet; `-wal` and `-shm` follow its mode.

    A file that is there is not even opened: closing it again would drop the locks that SQLite holds on it.
    """
    file = url.database
    if url.get_backend_name() == "sqlite" and file and not file.startswith((":memory:", "file:")):
        with contextlib.suppress(OSError):  # it is there, or cannot be: connecting says why
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = (
        None  # the driver's own BEGIN would come too late; ours is in _begin_sqlite
    )
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "busy_timeout=10000",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def reads_only() -> None:
    """Promise that the transaction which begins now writes nothing, so that readers do not wait for writers."""
    db.session.connection(execution_options={"reads_only": True})


def one_at_a_time(what: str) -> None:
    """Let whoever else does this, in whatever process, wait until the present transaction ends.

    On SQLite the write lock, with which our transactions begin, does that already.
    """
    used = connection()
    if used.dialect.name == "postgresql":
        used.execute(select(func.pg_advisory_xact_lock(func.hashtext(what))))


def insert(table: type[Base] | Table) -> postgresql.Insert | sqlite.Insert:
    """An `INSERT` that knows `ON CONFLICT`, in the dialect of the bound database."""
    dialect = db.engine.dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def random_ids() -> ColumnElement[str]:
    """Where a statement makes many rows: a name for each, as long as `secret_values.new_id`, made by the database."""
    if db.engine.dialect.name == "postgresql":
        return func.replace(cast(func.gen_random_uuid(), String), "-", "")
    return func.lower(func.hex(func.randomblob(16)))
