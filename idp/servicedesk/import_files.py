"""Lines of what other systems export: CSV, JSON Lines or one JSON array, read as a stream and never trusted.

A line that cannot be read is told with its number, and the next one is read. No text of a file comes back in what is
told of it.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from idp.errors import WrongInput

#: In bytes: a longer line is no line of a list.
LONGEST_LINE: Final = 64 * 1024
_CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its fields as text, or why it cannot be read."""

    number: int
    fields: dict[str, str]
    wrong: str | None = None


def lines_of(file: Path, wanted: Sequence[str], further: Sequence[str] = ()) -> Generator[Line]:
    """Every line of a file that has the fields `wanted`, and perhaps some of `further`; whatever their order.

    `WrongInput` when the file cannot be opened, or is no list of these fields at all.
    """
    try:
        with file.open("rb") as source:
            yield from lines_in(source, wanted, further)
    except OSError as trouble:
        raise WrongInput(f"{file.name} cannot be read") from trouble


def lines_in(
    source: BinaryIO, wanted: Sequence[str], further: Sequence[str] = ()
) -> Generator[Line]:
    """As `lines_of`, of what is open already."""
    first = source.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()
    source.seek(0)
    if first.startswith(b"["):
        yield from _of_array(source, wanted, further)
    elif first.startswith(b"{"):
        yield from _of_json_lines(source, wanted, further)
    else:
        yield from _of_csv(source, wanted, further)


def _of_csv(source: BinaryIO, wanted: Sequence[str], further: Sequence[str]) -> Iterator[Line]:
    told: dict[int, str] = {}
    text = _TextLines(source, told)
    first = next(text, "")
    delimiter = ";" if ";" in first else ","
    try:
        names = next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        raise WrongInput("the first line is no CSV") from None
    header = [name.strip().lower() for name in names]
    _refuse_other_fields(header, wanted, further)
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        text.first = 0
        try:
            fields = next(reader)
        except StopIteration:
            break
        except csv.Error:
            yield from _told_before(told)
            yield Line(text.first, {}, "its quotes do not match")
            reader = csv.reader(text, delimiter=delimiter, strict=True)
            continue
        yield from _told_before(told)
        if not any(fields):
            continue
        begun = text.first
        if len(fields) != len(header):
            yield Line(begun, {}, f"{len(fields)} fields where the first line has {len(header)}")
        else:
            yield _checked(begun, dict(zip(header, fields, strict=True)))
    yield from _told_before(told)


def _told_before(told: dict[int, str]) -> Iterator[Line]:
    for number in sorted(told):
        yield Line(number, {}, told.pop(number))


class _TextLines:
    """Lines as text; what is too long, or no UTF-8, is left out and told."""

    def __init__(self, source: BinaryIO, told: dict[int, str]) -> None:
        self._source, self._told, self.number = source, told, 0
        self.first = 0
        """The first line that was given since somebody set this to 0."""

    def __iter__(self) -> _TextLines:
        return self

    def __next__(self) -> str:
        while raw := self._source.readline(LONGEST_LINE + 1):
            self.number += 1
            if len(raw) > LONGEST_LINE:
                while raw and not raw.endswith(b"\n"):
                    raw = self._source.readline(_CHUNK)
                self._told[self.number] = f"longer than {LONGEST_LINE} bytes"
                continue
            try:
                text = raw.decode("utf-8-sig" if self.number == 1 else "utf-8")
            except UnicodeDecodeError as wrong:
                self._told[self.number] = (
                    f"byte {wrong.start + 1} is no UTF-8; save the file as UTF-8"
                )
                if self.number == 1:
                    raise WrongInput(
                        "the first line is no UTF-8; save the file as UTF-8"
                    ) from wrong
                continue
            self.first = self.first or self.number
            return text
        raise StopIteration


def _of_json_lines(
    source: BinaryIO, wanted: Sequence[str], further: Sequence[str]
) -> Iterator[Line]:
    told: dict[int, str] = {}
    text = _TextLines(source, told)
    for line in text:
        yield from _told_before(told)
        if line.strip():
            yield _of_object(text.number, line, wanted, further)
    yield from _told_before(told)


def _of_array(source: BinaryIO, wanted: Sequence[str], further: Sequence[str]) -> Iterator[Line]:
    """One object after another, without holding the whole; numbered from 1."""
    reader = io.TextIOWrapper(source, encoding="utf-8-sig", errors="strict")
    decoder, kept, number, ended = json.JSONDecoder(object_pairs_hook=_once), "", 0, False
    try:
        kept = reader.read(_CHUNK).lstrip()[1:]
        while not ended:
            kept = kept.lstrip().removeprefix(",").lstrip()
            if kept.startswith("]"):
                return
            try:
                found, end = decoder.raw_decode(kept)
            except RecursionError:
                raise WrongInput(f"object {number + 1} is no JSON object") from None
            except json.JSONDecodeError:
                more = reader.read(_CHUNK)
                if not more or len(kept) > LONGEST_LINE:
                    raise WrongInput(f"object {number + 1} is no JSON, or too long") from None
                kept += more
                continue
            except ValueError:  # a member that stands twice, or a number of thousands of digits
                raise WrongInput(f"object {number + 1} is no JSON object") from None
            kept, number = kept[end:], number + 1
            yield _of_found(number, found, wanted, further)
    except UnicodeDecodeError as wrong:
        raise WrongInput(f"after object {number} comes a byte that is no UTF-8") from wrong
    finally:
        reader.detach()  # the file is closed by who opened it


def _of_object(number: int, text: str, wanted: Sequence[str], further: Sequence[str]) -> Line:
    try:
        return _of_found(number, json.loads(text, object_pairs_hook=_once), wanted, further)
    except (ValueError, RecursionError):  # no JSON, or a number of thousands of digits
        return Line(number, {}, "no JSON object")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, if none of its members stands twice: which of them would count is anybody's guess."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a member stands twice")
    return found


def _of_found(number: int, found: Any, wanted: Sequence[str], further: Sequence[str]) -> Line:
    if not isinstance(found, dict):
        return Line(number, {}, "no JSON object")
    strange = set(found) - {*wanted, *further}
    if strange or any(not isinstance(value, str | None) for value in found.values()):
        return Line(number, {}, "a field that is not asked for, or one that is no text")
    return _checked(number, dict.fromkeys(wanted, "") | {k: v or "" for k, v in found.items()})


def _checked(number: int, fields: dict[str, str]) -> Line:
    told = {name: text.replace("\u00a0", " ").strip() for name, text in fields.items()}
    if not all(text.isprintable() for text in told.values()):
        return Line(number, {}, "a field has a character that cannot be shown")
    return Line(number, told)


def _refuse_other_fields(
    header: Sequence[str], wanted: Sequence[str], further: Sequence[str]
) -> None:
    missing = [name for name in wanted if name not in header]
    strange = set(header) - {*wanted, *further}
    if missing or strange or len(set(header)) < len(header):
        perhaps = f", and perhaps {','.join(further)}" if further else ""
        raise WrongInput(f"the first line must name {','.join(wanted)}{perhaps}, each once")


def harmless(cell: str) -> str:
    """A cell of a CSV that we write: no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
