"""What a command says: sentences, aligned lists for people, JSON for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import click
import orjson

from idp import clock

Command = TypeVar("Command", bound=Callable[..., Any])

#: A row of a listing: plain values under the names that `--json` shows.
Row = Mapping[str, Any]


def json_option(command: Command) -> Command:
    """Give a listing command `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(command)


def say(sentence: str) -> None:
    """One line of the answer."""
    click.echo(printable(sentence))


def many(count: int, what: str) -> str:
    """So many of something: `1 letter`, `2 letters`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def as_json(value: Any) -> None:
    """The answer for programs: moments as RFC 3339 in UTC, two spaces of indent."""
    click.echo(
        orjson.dumps(value, default=_plain, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode()
    )


def listing(rows: Sequence[Row], columns: Mapping[str, str], *, in_json: bool, none: str) -> None:
    """Rows as JSON, or as a table of the named columns (`name` -> heading); `none` is said when there is no row."""
    if in_json:
        as_json(list(rows))
    elif not rows:
        say(none)
    else:
        table([[_cell(row.get(name)) for name in columns] for row in rows], list(columns.values()))


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    """An aligned table."""
    lines = [list(headings), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(headings))]
    for line in lines:
        click.echo(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        )


def facts(pairs: Mapping[str, Any]) -> None:
    """One thing in full, a line per fact."""
    width = max(map(len, pairs))
    for name, value in pairs.items():
        click.echo(f"{name.ljust(width)}  {printable(_cell(value))}".rstrip())


def moment(value: datetime) -> str:
    """A moment for people: local time, to the second, and which time that is."""
    return value.astimezone(clock.HERE).strftime("%Y-%m-%d %H:%M:%S %Z")


def printable(text: str) -> str:
    """Text that cannot steer a terminal: what somebody once typed may hold control characters."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(each)}" for name, each in value.items()) or "-"
    return str(value)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)
