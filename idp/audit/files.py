"""The chain as a file: lines of JSON, each in the one canonical form, that an auditor checks elsewhere."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, Final

import orjson

from idp import clock
from idp.audit import reading
from idp.audit.chain import (
    BEGINS,
    GONE,
    Broken,
    Checkpoint,
    Gap,
    Keys,
    Mark,
    Sealed,
    Walk,
    canonical,
    moment,
    name_of,
    read_key,
    signer,
    written,
)
from idp.audit.reading import Verdict
from idp.database import db, reads_only
from idp.errors import WrongInput

VERSION: Final = 1
#: Longer than any line that we write; a longer one is not read into memory.
LONGEST_LINE: Final = 1024 * 1024


def line_of(item: Sealed | Checkpoint) -> bytes:
    """One line of an export and of a stream, with its end."""
    kind = "event" if isinstance(item, Sealed) else "checkpoint"
    return canonical({"kind": kind, **asdict(item)}) + b"\n"


def export(target: Path, issuer: str) -> int:
    """Write the whole chain to a new file that only its owner can read; returns how many events are in it.

    `WrongInput` when the file is there already. The file appears whole or not at all.
    """
    if target.exists() or target.is_symlink():
        raise WrongInput(f"{target} is there already; name a file that is not")
    folder = target.absolute().parent
    if not folder.is_dir():
        raise WrongInput(f"the folder {folder} is not there")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=folder)  # mode 0600
        written_to = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                number = _write(file, issuer)
                file.flush()
                os.fsync(file.fileno())
            os.link(written_to, target)  # unlike a rename, this refuses a file that came meanwhile
        finally:
            written_to.unlink(missing_ok=True)
    except FileExistsError:
        raise WrongInput(f"{target} is there already; name a file that is not") from None
    except OSError as wrong:
        raise WrongInput(f"{target} cannot be written: {wrong.strerror}") from wrong
    return number


def _write(file: IO[bytes], issuer: str) -> int:
    key = signer()
    reads_only()
    stated = reading.marks()
    begins, last = stated.get(BEGINS), reading.last_number()
    db.session.rollback()
    first = 0 if begins is None else int(begins.facts["number"])
    header = {
        "kind": "header",
        "version": VERSION,
        "issuer": issuer,
        "key": key.public,
        "begins": None if begins is None else asdict(begins),
    }
    file.write(canonical(header) + b"\n")
    number = first
    for start in range(first, last, reading.PAGE):
        reads_only()
        items = reading.page(start, up_to=last)
        db.session.rollback()  # a long transaction would keep SQLite's log, and old rows, for its whole length
        for item in items:
            file.write(line_of(item))
            number = item.number
    reads_only()
    stated = reading.marks()  # only now: what was deleted while we wrote is in them
    db.session.rollback()
    if (now_begins := stated.get(BEGINS)) is not None and now_begins.facts["number"] > first:
        raise WrongInput("`idp purge` shortened the chain meanwhile; export once more")
    facts = {
        "number": number,
        "at": moment(clock.now()),
        "gone": [asdict(mark) for _, mark in sorted(reading.gone_of(stated).items())],
    }
    end = {"kind": "end", **facts, "key": key.name, "signature": key.sign("export", facts)}
    file.write(canonical(end) + b"\n")
    return number - first


def key_in(path: Path) -> str:
    """The public key that an export names; `WrongInput` when it names none. Not to be trusted for that alone."""
    with _opened(path) as file:
        try:
            header = orjson.loads(file.readline(LONGEST_LINE))
            return written(read_key(header["key"]))
        except (ValueError, TypeError, KeyError):
            raise WrongInput(
                f"{path} names no audit key: it is no export, or its head is damaged"
            ) from None


def verify(path: Path, keys: Keys, key: str) -> Verdict:
    """Check an export line by line, with bounded memory; needs nothing but the file and the key."""
    with _opened(path) as file:
        end = _last_line(file)
        file.seek(0)
        return _Reading(keys, key, end).verdict(file)


class _Reading:
    """One file, as it is read."""

    def __init__(self, keys: Keys, key: str, end: dict[str, Any] | None) -> None:
        self._keys = keys
        self._key = key
        self._end = end
        self._line = 0
        self._walk: Walk | None = None

    def verdict(self, file: IO[bytes]) -> Verdict:
        try:
            lines = self._lines(file)
            self._head(next(lines, {}))
            ended = False
            for line in lines:
                if ended:
                    raise Broken("moved", "this stands behind the end")
                ended = self._next(line)
            self._line += 1
            self._walked.end()
            if not ended:
                raise Broken("cut-short", "the line that ends an export is not there")
        except Gap as gap:
            at = self._line
            if self._comes_later(gap.expected, file):
                return self._broken(at, "moved", str(gap))
            return self._broken(at, "taken-out", f"number {gap.expected} is not in the file")
        except Broken as broken:
            return self._broken(self._line, broken.why, str(broken))
        followed = self._walked.number - self._walked.begins
        return Verdict(events=followed, last=self._walked.number, unsealed=0, key=self._key)

    @property
    def _walked(self) -> Walk:
        if self._walk is None:  # no head, so `_head` refused it before
            raise Broken("unreadable", "no head of an export")
        return self._walk

    def _broken(self, line: int, why: str, what: str) -> Verdict:
        number, begins = (0, 0) if self._walk is None else (self._walk.number, self._walk.begins)
        return Verdict(
            events=number - begins,
            last=number,
            unsealed=0,
            line=line,
            why=why,
            what=what,
            key=self._key,
        )

    def _lines(self, file: IO[bytes]) -> Iterator[dict[str, Any]]:
        while text := file.readline(LONGEST_LINE):
            self._line += 1
            yield _parsed(text)

    def _head(self, line: dict[str, Any]) -> None:
        if line.pop("kind", None) != "header" or line.get("version") != VERSION:
            self._line = 1
            raise Broken("unreadable", f"no head of an export of version {VERSION}")
        stated = line.get("begins")
        begins = None if stated is None else _made(Mark, stated)
        gone = None
        if self._end is not None and isinstance(self._end.get("gone"), list):
            marks = [_made(Mark, each) for each in self._end["gone"]]
            gone = {mark.name.removeprefix(GONE): mark for mark in marks}
        self._walk = Walk(self._keys, begins=begins, gone=gone)

    def _next(self, line: dict[str, Any]) -> bool:
        """Take one line along; whether it is the end."""
        kind = line.pop("kind", None)
        if kind == "event":
            self._walked.sealed(_made(Sealed, line))
        elif kind == "checkpoint":
            self._walked.checkpoint(_made(Checkpoint, line))
        elif kind == "end":
            key, signature = str(line.pop("key", "")), str(line.pop("signature", ""))
            self._keys.check("export", line, key, signature)
            if line["number"] != self._walked.number:
                what = f"the export ends at {line['number']}, only {self._walked.number} are here"
                raise Broken("cut-short", what)
        else:
            raise Broken("unreadable", "this is no line of an export")
        return bool(kind == "end")

    def _comes_later(self, number: int, file: IO[bytes]) -> bool:
        with contextlib.suppress(Broken):
            for line in self._lines(file):
                if line.get("kind") == "event" and line.get("number") == number:
                    return True
        return False


def _parsed(text: bytes) -> dict[str, Any]:
    """One line; it has to be written exactly as we write it, so that no reader can read it otherwise."""
    try:
        line = orjson.loads(text)
    except ValueError:
        why = "this is no line of JSON" if text.endswith(b"\n") else "the file ends within a line"
        raise Broken("unreadable" if text.endswith(b"\n") else "cut-short", why) from None
    if not isinstance(line, dict):
        raise Broken("unreadable", "this is no line of an export")
    if canonical(line) + b"\n" != text:
        raise Broken("altered", "this line is not written as an export writes it")
    return line


def _made(what: type[Any], facts: Any) -> Any:
    """The link, checkpoint or mark that a line tells of."""
    types = _TYPES[what]
    if not isinstance(facts, dict) or facts.keys() != types.keys():
        raise Broken("unreadable", "this line lacks something, or has too much")
    for name, value in facts.items():
        if type(value) not in types[name]:
            raise Broken("unreadable", f"`{name}` is not what an export has there")
    return what(**facts)


_TYPES: Final[Mapping[type[Any], Mapping[str, tuple[type[Any], ...]]]] = {
    Sealed: {
        "number": (int,),
        "at": (str,),
        "retention": (str,),
        "content": (str,),
        "link": (str,),
        "salt": (str, type(None)),
        "event": (dict, type(None)),
    },
    Checkpoint: {
        "number": (int,),
        "link": (str,),
        "settled": (int,),
        "at": (str,),
        "key": (str,),
        "signature": (str,),
    },
    Mark: {"name": (str,), "facts": (dict,), "key": (str,), "signature": (str,)},
}


def _last_line(file: IO[bytes]) -> dict[str, Any] | None:
    """The line that ends an export, when the file has one."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - LONGEST_LINE))
    lines = file.read().splitlines()
    try:
        line = orjson.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return line if isinstance(line, dict) and line.get("kind") == "end" else None


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as wrong:
        raise WrongInput(f"{path} cannot be read: {wrong.strerror}") from wrong


def last_checkpoint(path: Path, keys: Keys) -> Checkpoint:
    """The last checkpoint that stands in an earlier export or in the file of a stream; `WrongInput` when none does."""
    found = None
    with _opened(path) as file:
        while text := file.readline(LONGEST_LINE):
            if b'"kind":"checkpoint"' in text:
                found = text
    try:
        if found is None:
            raise Broken("unreadable", "no checkpoint stands in it")
        line = _parsed(found)
        line.pop("kind", None)
        checkpoint: Checkpoint = _made(Checkpoint, line)
        keys.check_checkpoint(checkpoint)
    except Broken as broken:
        raise WrongInput(f"{path} cannot be held against the chain: {broken}") from broken
    return checkpoint


def trusted(*texts: str) -> Keys:
    """Public keys, as people pass them on; `WrongInput` when one is none."""
    try:
        return Keys(*map(read_key, texts))
    except ValueError as wrong:
        raise WrongInput(str(wrong)) from wrong


def fingerprint(text: str) -> str:
    """A short name for a key, to compare over the telephone."""
    return name_of(read_key(text))
