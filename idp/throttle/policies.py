"""How failures make somebody wait, and how often something may: the two kinds of budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class FailurePolicy:
    """How failures in a row make somebody wait: `free` tries, then `first_wait`, doubling up to `longest_wait`.

    After `stop` failures nothing helps but a person (`ceiling` of SP 800-63B-4: 100).
    Failures before that are forgotten `memory` after the last one.
    """

    free: int
    first_wait: timedelta
    longest_wait: timedelta
    stop: int
    memory: timedelta = timedelta(days=30)
    stopped_for: timedelta = timedelta(days=3650)
    """After `stop` failures: until somebody who spoke to the person forgives them, and not by waiting."""

    def wait_after(self, failures: int) -> timedelta | None:
        """How long to wait after this many failures in a row; `None` for not at all."""
        if failures < self.free:
            return None
        if failures >= self.stop:
            return self.stopped_for
        doublings = min(failures - self.free, 20)
        return min(self.first_wait * (1 << doublings), self.longest_wait)


@dataclass(frozen=True, slots=True)
class Budget:
    """So many times within a window that begins with the first."""

    times: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of counting a try."""

    until: datetime | None
    """The moment until which nobody may try; `None` when this one may be made."""
    failures: int
    """How many in a row there are, this one included."""


@dataclass(frozen=True, slots=True)
class Used:
    """How far a counter is, and when its window ends."""

    count: int
    ends_at: datetime
