"""A private PostgreSQL server for the run, made of the distribution's binaries as the tests do it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from idp.migrations import upgrade
from tests.support.databases import PostgresqlDatabases
from tests.support.run import OpenRun, Run


@contextlib.contextmanager
def private_database() -> Iterator[str | None]:
    """The URL of an empty database; `None`, after a line that says how to get one, where there are no binaries."""
    run = OpenRun()
    try:
        try:
            databases = PostgresqlDatabases(Run(run.folder, "bench"), upgrade, name="bench")
        except pytest.skip.Exception as missing:
            print(f"Without figures on PostgreSQL: {missing}")
            yield None
            return
        try:
            yield databases.migrated()
        finally:
            databases.close()
    finally:
        run.close()
