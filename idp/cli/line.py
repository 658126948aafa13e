"""How the operator's line says that something is wrong: one clear sentence, and an exit code for its kind."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import click
from sqlalchemy.exc import DBAPIError

from idp.errors import WrongInput
from idp.settings import SettingsError

#: What was asked cannot be done; nothing changed.
WRONG_INPUT = 2
#: What was asked is right, but the machine is not (the database is away, a check failed).
NOT_WORKING = 1
#: Stopped with Ctrl-C.
STOPPED = 130


class Verbs(click.Group):
    """A group that tells of each of its commands a whole sentence; click would cut what is longer than a line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands under `--help`."""
        names = self.list_commands(ctx)
        found = [(name, self.get_command(ctx, name)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, verb.get_short_help_str(limit=1_000)) for name, verb in found if verb]
            )


class OperatorsLine(Verbs):
    """A group whose errors are sentences on standard error, without usage text and without a trace."""

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run one command and leave with its exit code."""
        extra["standalone_mode"] = False
        try:
            answer = super().main(*args, **extra)
        except click.Abort:
            sys.exit(STOPPED)
        except click.ClickException as wrong:
            _say(wrong.format_message())
            sys.exit(WRONG_INPUT)
        except WrongInput as wrong:
            _say(wrong.why)
            sys.exit(WRONG_INPUT)
        except SettingsError as wrong:
            for problem in wrong.problems:
                _say(problem)
            sys.exit(WRONG_INPUT)
        except DBAPIError as wrong:
            _say(database_trouble(wrong))
            sys.exit(NOT_WORKING)
        sys.exit(answer if isinstance(answer, int) else 0)


def database_trouble(wrong: DBAPIError) -> str:
    """What is the matter with the database, in one sentence; never a statement, its values or a password."""
    first = next(iter(str(wrong.orig).strip().splitlines()), type(wrong.orig).__name__)
    if "no such table" in first or "no such column" in first or "does not exist" in first:
        return f"the database is not at the version of this program; run `idp db upgrade` ({first})"
    if "unable to open database file" in first:  # SQLite
        first += "; if it was never made, `idp db upgrade` makes it"
    return f"the database cannot be used: {first}"


def _say(sentence: str) -> None:
    one_line = " ".join(sentence.split())
    click.echo(f"idp: {one_line}", err=True)
