"""The only "now" of the house: aware UTC datetimes, and a way for tests to stand still in time."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HERE = ZoneInfo("Europe/Amsterdam")
"""The zone in which people read times; machines get UTC."""


def _system() -> datetime:
    return datetime.now(UTC)


_sources: list[Callable[[], datetime]] = [_system]


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _sources[-1]()


def epoch(moment: datetime) -> int:
    """Whole seconds since 1970, as JWT claims count time (RFC 7519 section 2)."""
    return int(moment.timestamp())


def day(text: str, *, ends: bool = False) -> datetime:
    """The moment at which a day such as 2026-12-31 begins here, or ends; `ValueError` when it is none.

    A browser that knows no days sends what people type: 31-12-2026 is the same day.
    """
    if typed := re.fullmatch(r"([0-9]{1,2})-([0-9]{1,2})-([0-9]{4})", text):
        text = f"{typed[3]}-{typed[2]:0>2}-{typed[1]:0>2}"
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError("a day is written as 2026-12-31")
    begins = datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007  # gets its zone below
    if not 1970 <= begins.year <= 9000:
        raise ValueError("that day is too far away")
    # Added before the zone is known, so that a day of 23 or 25 hours ends at midnight too.
    return (begins + timedelta(days=1 if ends else 0)).replace(tzinfo=HERE)


def last_day(ends: datetime) -> date:
    """The day here on which something that ends at this moment still holds."""
    return (ends - timedelta(milliseconds=1)).astimezone(HERE).date()


class Standing:
    """A clock that only moves when told to; tests hold one."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def move(self, by: timedelta) -> datetime:
        """Advance (or turn back) by a duration and return the new moment."""
        self.moment += by
        return self.moment


@contextlib.contextmanager
def standing_at(moment: datetime) -> Iterator[Standing]:
    """Let every reader of the clock see `moment` until the block ends."""
    standing = Standing(moment)
    _sources.append(standing)
    try:
        yield standing
    finally:
        _sources.remove(standing)
