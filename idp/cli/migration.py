"""`idp db`: the tables and their history."""

from __future__ import annotations

import click
from sqlalchemy import make_url

from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, say
from idp.cli.line import Verbs
from idp.cli.work import settings_of
from idp.errors import WrongInput


@click.group("db", cls=Verbs)
def database() -> None:
    """The database's tables and their history."""


@database.command()
def upgrade() -> None:
    """Bring the tables to the form that this release needs."""
    from idp import migrations  # here, and below: Alembic is slow to import, for this verb only

    url = settings_of().database_url
    before = migrations.current(url) if _exists(url) else None
    migrations.upgrade(url)
    after = migrations.current(url)
    say(
        f"The database was at {after} already."
        if before == after
        else f"Upgraded from {before or 'nothing'} to {after}."
    )


@database.command()
@click.argument("revision")
@click.option("--yes", is_flag=True, help="Do it: what only the newer form can hold is lost.")
def downgrade(revision: str, yes: bool) -> None:
    """Bring the tables back to an earlier form; `base` drops them all."""
    from idp import migrations

    if not yes:
        raise WrongInput("a downgrade can lose data; make a backup, then say --yes")
    url = settings_of().database_url
    before = migrations.current(url)
    try:
        migrations.downgrade(url, revision)
    except Exception as wrong:
        if type(wrong).__module__.startswith("alembic"):
            raise WrongInput(f"{revision} is not an earlier revision of this database") from wrong
        raise
    say(f"Downgraded from {before or 'nothing'} to {migrations.current(url) or 'nothing'}.")


@database.command()
@json_option
def current(as_json: bool) -> None:
    """Say at which revision the database is, and which one this release needs."""
    from idp import migrations  # here, and below: Alembic is slow to import, for this verb only

    now, needed = migrations.current(settings_of().database_url), migrations.head()
    if as_json:
        show_json({"current": now, "head": needed, "at_head": now == needed})
    else:
        say(
            f"{now or 'nothing'} (this release needs {needed}{'' if now == needed else '; run `idp db upgrade`'})"
        )


def _exists(database_url: str) -> bool:
    """Whether there is anything to ask; asking SQLite about a file in no folder is an error."""
    from pathlib import Path

    url = make_url(database_url)
    return url.get_backend_name() != "sqlite" or not url.database or Path(url.database).exists()
