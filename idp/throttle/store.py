"""What a place where counters lie can do: each in one atomic step, whoever else counts meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.throttle.policies import FailurePolicy, Taken, Used


@dataclass(frozen=True, slots=True)
class Counter:
    """How far a counter is, when it is forgotten, and until when it makes people wait."""

    count: int
    ends_at: datetime
    not_before: datetime | None


class Store(Protocol):
    """Where counters lie. `now` is the house's own clock; a counter whose end has passed starts again."""

    def look(self, counters: Sequence[str]) -> Mapping[str, Counter]:
        """Those that exist, also when their end has passed."""

    def count_try(self, counter: str, policy: FailurePolicy, now: datetime) -> Taken:
        """Count one try, unless nobody may try now, and say how long to wait before the next."""

    def use(self, counter: str, window: timedelta, amount: int, now: datetime) -> Used:
        """Add to a counter whose window begins with the first."""

    def use_all(self, counters: Mapping[str, datetime], now: datetime) -> None:
        """Add one to each, which ends at its moment when it begins now."""

    def forgive(self, counter: str) -> int:
        """Forget it; what it stood at."""

    def give_back(self, counter: str, stood_at: int) -> None:
        """Take one off, and the wait with it, when it still stands at that."""
