"""A list of passwords that leaked elsewhere, in one compact file that is made once and only read.

Of each password it holds 48 bits of its SHA-1, sorted: an index by the first 16 bits, and the next 32 bits of every
entry. One in `2**48 / entries` passwords that never leaked is taken for one that did: of a thousand million entries
(4 GB), one in 280,000. Reading takes some twenty small reads and no memory; making it takes one pass over a sorted
list. See docs/decisions/0036.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_MAGIC: Final = b"idp breaches 1\n\0"
_HEADER: Final = struct.Struct(">16sQ")
_BUCKETS: Final = 1 << 16
_OFFSET: Final = struct.Struct(">Q")
_INDEX_AT: Final = _HEADER.size
_ENTRIES_AT: Final = _INDEX_AT + (_BUCKETS + 1) * _OFFSET.size
_ENTRY: Final = 4
_LINE: Final = re.compile(rb"([0-9A-Fa-f]{40})(?::([0-9]{1,12}))?\s*", re.ASCII)


class UnusableList(Exception):
    """The file is no list of ours, is cut short, or cannot be read."""


class Unsorted(Exception):
    """A line that is no SHA-1, or not in ascending order."""


class BreachList:
    """A list that is open for reading; threads and forked processes may share it."""

    def __init__(self, file: Path) -> None:
        try:
            self._descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as wrong:
            raise UnusableList(f"{file} cannot be read: {wrong.strerror}") from wrong
        try:
            magic, self.entries = _HEADER.unpack(self._read(0, _HEADER.size))
            if magic != _MAGIC:
                raise UnusableList(f"{file} is not a list that `idp passwords` made")
            expected = _ENTRIES_AT + self.entries * _ENTRY
            if (size := os.fstat(self._descriptor).st_size) != expected:
                raise UnusableList(
                    f"{file} is {size} bytes long and should be {expected}; copy it again"
                )
            self._bucket(_BUCKETS - 1)
        except UnusableList:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def __contains__(self, password: str) -> bool:
        """Whether the password leaked; `UnusableList` when the file cannot tell any more."""
        digest = hashlib.sha1(
            password.encode("utf-8", "surrogatepass"), usedforsecurity=False
        ).digest()
        low, high = self._bucket(int.from_bytes(digest[:2], "big"))
        wanted = digest[2 : 2 + _ENTRY]
        while low < high:
            middle = (low + high) // 2
            found = self._read(_ENTRIES_AT + middle * _ENTRY, _ENTRY)
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return False

    def _bucket(self, number: int) -> tuple[int, int]:
        """From which entry up to which the digests with these first 16 bits stand."""
        both = self._read(_INDEX_AT + number * _OFFSET.size, 2 * _OFFSET.size)
        low, high = struct.unpack(">QQ", both)
        if not low <= high <= self.entries:
            raise UnusableList("the list of breached passwords contradicts itself")
        return low, high

    def _read(self, at: int, length: int) -> bytes:
        """Read, not mapped: a file that is cut short under a map kills the process, here it is an error."""
        try:
            found = os.pread(self._descriptor, length, at)
        except OSError as wrong:
            raise UnusableList(
                f"the list of breached passwords cannot be read: {wrong.strerror}"
            ) from wrong
        if len(found) != length:
            raise UnusableList("the list of breached passwords is cut short")
        return found


def make(lines: Iterable[bytes], file: Path, *, at_least: int = 1) -> int:
    """Make a list of lines `SHA-1 in hexadecimal[:how often it was seen]`, sorted; returns how many it holds.

    Passwords seen less than `at_least` times are left out. The file gets its name when it is whole. `Unsorted` for a
    line that cannot be used.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("xb") as out:
            count = _write(lines, out, at_least)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    return count


def _write(lines: Iterable[bytes], out: object, at_least: int) -> int:
    from typing import BinaryIO, cast

    target = cast(BinaryIO, out)
    target.write(b"\0" * _ENTRIES_AT)
    starts, count, before = [0] * (_BUCKETS + 1), 0, b""
    for number, line in enumerate(lines, start=1):
        read = _LINE.fullmatch(line)
        if read is None:
            raise Unsorted(f"line {number} is no SHA-1 in hexadecimal, with or without a count")
        kept = bytes.fromhex(read[1].decode())[: 2 + _ENTRY]
        if kept < before:
            raise Unsorted(f"line {number} comes before the line above it; sort the list first")
        if kept == before or int(read[2] or at_least) < at_least:
            continue
        before = kept
        target.write(kept[2:])
        count += 1
        starts[int.from_bytes(kept[:2], "big") + 1] = count
    for bucket in range(_BUCKETS):  # an empty bucket ends where the one before it does
        starts[bucket + 1] = max(starts[bucket + 1], starts[bucket])
    target.seek(0)
    target.write(_HEADER.pack(_MAGIC, count))
    target.write(struct.pack(f">{_BUCKETS + 1}Q", *starts))
    return count
