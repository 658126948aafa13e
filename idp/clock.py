"""The only "now" of the house: aware UTC datetimes, and a way for tests to stand still in time."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
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
