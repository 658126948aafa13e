"""What commands have in common on the line: levels, dates, and how an account is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeVar

import click

from idp import clock
from idp.assurance import LEVEL_NAMES, REGISTRABLE, Assurance, Level

Command = TypeVar("Command", bound=Callable[..., Any])


class LevelName(click.ParamType[Level]):
    """`laag`, `substantieel` or `hoog`."""

    name = "level"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Level:
        if isinstance(value, Level):
            return value
        try:
            return Level.named(str(value))
        except ValueError as wrong:
            self.fail(str(wrong), param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return f"[{'|'.join(LEVEL_NAMES)}]"


class RequiredLevel(click.ParamType[Assurance]):
    """What an application is registered at: `laag`, `substantieel`, `phr` or `hoog`."""

    name = "level"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Assurance:
        if isinstance(value, Assurance):
            return value
        if value not in REGISTRABLE:
            self.fail(
                f"an application is at one of {', '.join(REGISTRABLE)}, not {value!r}", param, ctx
            )
        return REGISTRABLE[value]

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return f"[{'|'.join(REGISTRABLE)}]"


class Day(click.ParamType[datetime]):
    """A date such as 2026-12-31: the moment at which that day begins here, or ends when `ends` is asked."""

    name = "date"

    def __init__(self, *, ends: bool = False) -> None:
        self.ends = ends

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return clock.day(str(value), ends=self.ends)
        except ValueError:
            self.fail(f"{value!r} is not a date such as 2026-12-31", param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD"


LEVEL = LevelName()
REQUIRED_LEVEL = RequiredLevel()


def account_arguments(command: Command) -> Command:
    """The two words that name an account everywhere: RELATIENUMMER GEBRUIKERSNAAM."""
    command = click.argument("username", metavar="GEBRUIKERSNAAM")(command)
    return click.argument("number", metavar="RELATIENUMMER")(command)


_PERSONAL: Final = {
    "--given-name": "Given names.",
    "--family-name": "Family name.",
    "--phone-number": "A telephone number at work; never where codes go.",
    "--street-address": "Street and number, at work.",
    "--postal-code": "Postal code.",
    "--locality": "Town.",
    "--country": "Country.",
}


def personal_options(command: Command) -> Command:
    """What applications may hear of a person besides; all of it can be left out."""
    for option, says in reversed(_PERSONAL.items()):
        command = click.option(option, help=says)(command)
    return command
