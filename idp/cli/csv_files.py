"""Reading what other systems export: CSV files with a known header, and a report of every line that cannot be used."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import click

from idp.errors import WrongInput

#: Longer is not a list of people.
MOST_LINES = 200_000


class WrongLines:
    """Collects what is wrong, line by line, so that one try shows everything there is to repair."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.found: list[tuple[int, str]] = []

    def add(self, line: int, why: str) -> None:
        """One more line that cannot be used."""
        self.found.append((line, why))

    def refuse_if_any(self) -> None:
        """Report every wrong line on standard error and raise `WrongInput`; say nothing when all are right."""
        if not self.found:
            return
        for line, why in self.found:
            click.echo(f"{self.file.name}, line {line}: {why}", err=True)
        raise WrongInput(
            f"{self.file.name}: {_lines(len(self.found))} cannot be used; nothing changed"
        )


def read(
    file: Path, header: tuple[str, ...], further: tuple[str, ...] = ()
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line with its number: UTF-8 (a mark at the start is skipped), separated by commas or semicolons.

    After the header may come fields of `further`, in any order; a line has those that the file has.

    `WrongInput` when the header differs, a line has another number of fields, or the file is no text.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        raise WrongInput(f"{file.name} cannot be read as UTF-8 text") from wrong
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in first else ",", strict=True)
    try:
        yield from _rows(reader, header, further, file.name)
    except csv.Error as wrong:
        raise WrongInput(f"{file.name}, line {reader.line_num}: {wrong}") from wrong


def _rows(
    reader: Iterator[list[str]], header: tuple[str, ...], further: tuple[str, ...], name: str
) -> Iterator[tuple[int, dict[str, str]]]:
    given = tuple(field.strip().lower() for field in next(reader, []))
    beyond = given[len(header) :]
    if given[: len(header)] != header or set(beyond) - set(further):
        perhaps = f", then perhaps {','.join(further)}" if further else ""
        raise WrongInput(f"{name}: the first line must be {','.join(header)}{perhaps}")
    if len(set(beyond)) < len(beyond):
        raise WrongInput(f"{name}: a field stands twice in the first line")
    header = given
    for line, fields in enumerate(reader, start=2):
        if not any(fields):
            continue
        if len(fields) != len(header):
            raise WrongInput(
                f"{name}, line {line}: {len(fields)} fields where the header has {len(header)}"
            )
        if line > MOST_LINES:
            raise WrongInput(f"{name}: more than {MOST_LINES} lines; split the file")
        yield line, {key: field.strip() for key, field in zip(header, fields, strict=True)}


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
