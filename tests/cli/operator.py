"""Somebody at the operator's line, on a real database."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from idp.cli import main
from idp.cli.work import at_work, settings_of
from idp.database import Base, db
from idp.settings import Settings


@dataclass(frozen=True)
class Answer:
    """What one command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Operator:
    """Somebody who types `idp …` with the settings of one deployment."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        self.environment = environment
        self.folder = folder

    def tries(self, *words: str, **environment: str) -> Answer:
        """Type a command, whatever comes of it."""
        unset = {name: None for name in environment if environment[name] == ""}
        surroundings = self.environment | environment | unset
        result = CliRunner().invoke(main, words, env=surroundings)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Answer(result.exit_code, result.stdout, result.stderr)

    def types(self, *words: str) -> Answer:
        """Type a command that works."""
        answer = self.tries(*words)
        assert answer.code == 0, answer
        assert answer.err == "", answer
        return answer

    def is_refused(self, *words: str) -> str:
        """Type a command that cannot work: one line, exit code 2, nothing changed. Returns the line."""
        before = self.everything()
        answer = self.tries(*words)
        assert (answer.code, answer.out) == (2, ""), answer
        assert answer.err.startswith("idp: ")
        assert answer.err.count("\n") == 1, answer.err
        assert self.everything() == before
        return answer.err

    def everything(self) -> dict[str, Any]:
        """All rows of all tables: what may not change when a command is refused."""
        with self.at_work():
            rows = db.session.connection().exec_driver_sql
            return {
                name: sorted(map(repr, rows(f'SELECT * FROM "{name}"')))
                for name in Base.metadata.tables
            }

    @property
    def settings(self) -> Settings:
        return settings_of(self.environment)

    def at_work(self, *, keep: bool = False) -> AbstractContextManager[Settings]:
        """The inside of the house, for what no command does."""
        return at_work(self.settings, keep=keep)

    def last_event(self) -> dict[str, Any]:
        event: dict[str, Any] = self.types("audit", "tail", "-n", "1", "--json").json[0]
        return event
