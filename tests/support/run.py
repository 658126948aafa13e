"""One run of the suite: what its processes share, and how what they started learns that the run is over."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Run:
    """The folder that all processes of this run share, and the name of this process among them."""

    folder: Path
    worker: str

    @property
    def lifeline(self) -> Path:
        """A file that stays locked for as long as the run lives; whoever waits for it wakes when the run is over."""
        return self.folder / "lifeline"

    def once(self, name: str, make: Callable[[], None]) -> None:
        """Let exactly one process of the run do `make`; the others wait until it is done."""
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = self.folder / f"{name}.done"
            if not done.exists():
                make()
                done.touch()


class OpenRun:
    """A run as the process that leads it holds it: opened before the first test, closed after the last."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="idp-tests-"))
        self._lifeline = (self.folder / "lifeline").open("w")
        fcntl.flock(self._lifeline, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go of the lifeline and remove the folder. The kernel lets go too, should this process be killed."""
        self._lifeline.close()
        shutil.rmtree(self.folder, ignore_errors=True)
