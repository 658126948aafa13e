"""What the processes of a server spend and hold, read from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


def cpu_seconds(pids: list[int]) -> float:
    """Processor time that these processes have spent so far, in seconds, user and system together."""
    return sum(map(_cpu_seconds, pids))


def _cpu_seconds(pid: int) -> float:
    try:  # nanoseconds, per thread; pools keep their threads, so none is lost
        tasks = (PROC / str(pid) / "task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9
    except FileNotFoundError:  # a kernel without them: ticks, usually of 10 ms
        user, system = _after_the_name(pid)[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Memory:
    """What processes hold, in MB: `rss` counts shared pages in each of them, `pss` shares them out."""

    rss: float
    pss: float


def memory(pids: list[int]) -> Memory:
    """Memory of these processes together."""
    found = {"Rss": 0, "Pss": 0}
    for pid in pids:
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in found:
                found[name] += int(value.split()[0])
    return Memory(rss=found["Rss"] / 1024, pss=found["Pss"] / 1024)


def family(pid: int, *, without: str | None = None) -> list[int]:
    """A process and all that descend from it, but not those whose command line holds `without`."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int(_after_the_name(int(entry.name))[1])
            except OSError:
                continue  # ended while we looked
    found = [pid]
    for member in found:  # grows while we walk along it
        found += [child for child, parent in parents.items() if parent == member]
    return [member for member in found if without is None or without not in _command(member)]


def _after_the_name(pid: int) -> list[str]:
    """The fields of /proc/<pid>/stat from the third on: the second, the name, may hold spaces (proc(5))."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def _command(pid: int) -> str:
    return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace")
