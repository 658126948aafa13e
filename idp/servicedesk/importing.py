"""Adding relations, accounts and grants by the hundred thousand: checked line by line, written a thousand at a time.

    outcome = run(GRANTS, lines, actor=…, keep=Keep.LINES, report=…, progress=…)

`Keep.ALL` keeps everything or nothing, in one transaction; `Keep.LINES` keeps what is right, and commits as it goes, so
that who is stopped half-way runs the same file again: what is there already is told, and not doubled. `Keep.NOTHING`
only checks. Every row that is added has its event in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

from idp.database import db
from idp.errors import WrongInput
from idp.servicedesk.import_files import Line

AT_ONCE: Final = 1000
#: In one transaction on SQLite nobody else writes meanwhile: so many lines take a few seconds.
MOST_AT_ONCE_ON_SQLITE: Final = 5000


class Keep(StrEnum):
    """What stays."""

    ALL = "all"
    LINES = "lines"
    NOTHING = "nothing"


class Result(StrEnum):
    """What came of one line."""

    ADDED = "added"
    THERE = "there"
    """It was there already, just so."""
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Told:
    """One line's result, and why where it is wrong; no text of the file in it."""

    number: int
    result: Result
    why: str = ""


@dataclass(slots=True)
class Outcome:
    """How a file went."""

    counts: dict[Result, int] = field(default_factory=lambda: dict.fromkeys(Result, 0))
    kept: bool = False
    """Whether what was added stays."""

    @property
    def lines(self) -> int:
        """How many there were."""
        return sum(self.counts.values())


class Kind(Protocol):
    """What is imported: its fields, and how a thousand lines become rows."""

    wanted: tuple[str, ...]
    further: tuple[str, ...]

    def add(self, lines: list[Line], *, actor: str) -> Iterable[Told]:
        """Add what is right of these lines to the present transaction, and tell of each."""


def run(
    kind: Kind,
    lines: Iterable[Line],
    *,
    actor: str,
    keep: Keep,
    report: Callable[[Told], None] = lambda _told: None,
    progress: Callable[[int], None] = lambda _lines: None,
) -> Outcome:
    """Import them, and commit as `keep` says. `WrongInput` for more lines in one transaction than SQLite bears."""
    outcome = Outcome()
    one_transaction = keep is Keep.ALL
    for batch in _batches(lines):
        readable = [line for line in batch if line.wrong is None]
        told = {each.number: each for each in kind.add(readable, actor=actor)}
        for line in batch:
            each = told.get(line.number) or Told(line.number, Result.WRONG, line.wrong or "")
            outcome.counts[each.result] += 1
            report(each)
        if keep is Keep.LINES:
            db.session.commit()
        elif keep is Keep.NOTHING:
            db.session.rollback()
        elif db.engine.dialect.name == "sqlite" and outcome.lines > MOST_AT_ONCE_ON_SQLITE:
            db.session.rollback()
            raise WrongInput(
                f"on SQLite at most {MOST_AT_ONCE_ON_SQLITE} lines are kept all or nothing, so that others can go on "
                "signing in; keep them line by line, or split the file"
            )
        progress(outcome.lines)
    outcome.kept = keep is Keep.LINES or (one_transaction and not outcome.counts[Result.WRONG])
    if one_transaction:
        db.session.commit() if outcome.kept else db.session.rollback()
    return outcome


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    source = iter(lines)
    while batch := list(islice(source, AT_ONCE)):
        yield batch
