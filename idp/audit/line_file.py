"""A file that lines are added to; it can be read or rotated by others at any moment."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

#: How far back the last whole line is looked for.
_TAIL: Final = 1024 * 1024


class LineFile:
    """Adds lines, and forces them to the disk. Opened anew for each batch, so that a rotated file is let go of."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """Add the lines that are not in the file yet; `OSError` when the disk is full or the folder gone."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            fcntl.flock(
                file, fcntl.LOCK_EX
            )  # who lost its lease in the middle of a batch must not mix with the next
            size, last = _end_of(file.fileno())
            os.ftruncate(file.fileno(), size)  # half a line, of whoever was killed while writing it
            new = b"".join(line for number, line in lines if (number, line) > last)
            while new:
                new = new[os.write(file.fileno(), new) :]
            os.fsync(file.fileno())

    def close(self) -> None:
        """Nothing stays open between two batches."""


def _end_of(handle: int) -> tuple[int, tuple[int, bytes]]:
    """Where the last whole line ends, and that line with its number; (-1, b"") when there is none."""
    size = os.fstat(handle).st_size
    start = max(0, size - _TAIL)
    tail = os.pread(handle, size - start, start)
    ends = tail.rfind(b"\n") + 1
    whole = tail[:ends].splitlines(keepends=True)
    try:
        return start + ends, (int(orjson.loads(whole[-1])["number"]), whole[-1])
    except (IndexError, KeyError, ValueError, TypeError):
        return start + ends, (-1, b"")
