"""The history of the tables: one line, the same for SQLite and PostgreSQL, shipped with the package.

Imports `models` only; the operator's line and the tests call the three functions here.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from idp.database import make_private_file


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the tables to the newest form (or to `revision`)."""
    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Bring the tables back to an earlier form."""
    command.downgrade(_config(database_url), revision)


def current(database_url: str) -> str | None:
    """The revision that the database is at; `None` when it has no tables of ours."""
    engine = create_engine(database_url)
    make_private_file(engine.url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision that this release knows."""
    return ScriptDirectory.from_config(_config("sqlite://")).get_current_head()


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["database_url"] = database_url
    return config
