"""A program in tests/counterparts/node/, and the conversation that a test has with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.counterparts.programs import surroundings
from tests.support.machine import NODE_PROGRAMS

PATIENCE_SECONDS = 30


class NodeProgram:
    """A running program: it says and hears one line of JSON at a time."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def tell(self, **what: Any) -> dict[str, Any]:
        """Say something, and return what it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"it stopped:\n{self._log.read_text()}"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def node_program(node: Path, name: str, log: Path) -> Iterator[NodeProgram]:
    """Run `name`; it is over at the end of the block. Each of its own waits ends by itself, so a read ends too."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [node, NODE_PROGRAMS / name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=surroundings(),
        )
    try:
        yield NodeProgram(process, log)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
