"""`idp passwords`: which passwords nobody may choose, because they leaked elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click

from idp import breach_list
from idp.cli.answers import say
from idp.cli.line import Verbs
from idp.errors import WrongInput


@click.group(cls=Verbs)
def passwords() -> None:
    """Passwords that leaked elsewhere."""


@passwords.command("import-breached")
@click.argument("source", metavar="FILE", type=click.File("rb"))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to make; IDP_BREACHED_PASSWORDS names it.",
)
@click.option(
    "--at-least",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Leave out what was seen less often, for a smaller file.",
)
def import_breached(source: BinaryIO, out: Path, at_least: int) -> None:
    """Make the list of leaked passwords.

    FILE holds lines of SHA-1 in hexadecimal, sorted, each with or without `:` and how often it was seen; `-` reads what
    another program unpacks. Takes some minutes per hundred million lines, and no memory to speak of. A process that
    runs goes on with the list it opened until it starts again.
    """
    try:
        count = breach_list.make(source, out, at_least=at_least)
        breach_list.BreachList(out).close()
    except breach_list.Unsorted as wrong:
        raise WrongInput(f"{source.name}: {wrong}; nothing was made") from wrong
    except breach_list.UnusableList as wrong:
        raise WrongInput(str(wrong)) from wrong
    except OSError as wrong:
        raise WrongInput(f"{out} cannot be made: {wrong.strerror or wrong}") from wrong
    say(f"Made {out}: {count} passwords that nobody may choose. Set IDP_BREACHED_PASSWORDS={out}")
