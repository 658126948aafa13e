"""Counters in Redis (`IDP_REDIS_URL`): for many nodes, so that wrong tries cost the database nothing.

Each step is one script, which Redis runs on its own. What was counted stays counted when the caller's transaction is
undone: that makes a limit stricter, never looser. Where Redis does not answer within a fifth of a second the rows of
the database count on, beginning at nothing, and Redis is asked again after five seconds. Only a stop, which lasts until
a colleague ends it, stands in the rows too: neither an absence of Redis nor what it forgets lifts it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, ParamSpec, TypeVar

import redis

from idp.logs import LOG
from idp.throttle.in_rows import ROWS
from idp.throttle.policies import FailurePolicy, Taken, Used
from idp.throttle.store import Counter

P = ParamSpec("P")
T = TypeVar("T")

#: In seconds: how long Redis may take to answer, and how long it is left alone when it did not.
ANSWERS_WITHIN: Final = 0.2
LEFT_ALONE: Final = 5.0
_PREFIX: Final = "idp:throttle:"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

#: Numbers are microseconds since 1970, which a script's numbers hold exactly; they are written out in full.
_COUNT: Final = """
local function whole(number) return string.format("%.0f", number) end
local function count(counter, now, last, amount, sliding)
  local kept = redis.call("HMGET", counter, "count", "not_before", "ends_at")
  local so_often, not_before, ends_at = tonumber(kept[1]), tonumber(kept[2]), tonumber(kept[3])
  if not ends_at or ends_at <= now then
    so_often, not_before, ends_at = amount, nil, last
  elseif not (not_before and not_before > now) then
    so_often = so_often + amount
    if sliding then ends_at = last end
  end
  return so_often, not_before, ends_at
end
local function keep(counter, now, so_often, not_before, ends_at)
  redis.call("HSET", counter, "count", whole(so_often), "ends_at", whole(ends_at))
  if not_before then
    redis.call("HSET", counter, "not_before", whole(not_before))
  else
    redis.call("HDEL", counter, "not_before")
  end
  redis.call("PEXPIRE", counter, whole(math.ceil((ends_at - now) / 1000) + 60000))
end
"""
_TRY: Final = (
    _COUNT
    + """
local now, memory, free, stop = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local first, longest, stopped = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local so_often, not_before, ends_at = count(KEYS[1], now, now + memory, 1, true)
if not_before and not_before > now then return {whole(so_often), whole(not_before)} end
not_before = nil
if so_often >= stop then
  not_before = now + stopped
elseif so_often >= free then
  not_before = now + math.min(first * 2 ^ math.min(so_often - free, 20), longest)
end
if not_before then ends_at = math.max(now + memory, not_before) end
keep(KEYS[1], now, so_often, not_before, ends_at)
return {whole(so_often), ""}
"""
)
_USE: Final = (
    _COUNT
    + """
local now, amount, told = tonumber(ARGV[1]), tonumber(ARGV[2]), {}
for place, counter in ipairs(KEYS) do
  local so_often, not_before, ends_at = count(counter, now, tonumber(ARGV[place + 2]), amount, false)
  keep(counter, now, so_often, not_before, ends_at)
  told = {whole(so_often), whole(ends_at)}
end
return told
"""
)
_FORGIVE: Final = """
local stood_at = redis.call("HGET", KEYS[1], "count")
redis.call("DEL", KEYS[1])
return tonumber(stood_at or "0")
"""
_GIVE_BACK: Final = """
if tonumber(redis.call("HGET", KEYS[1], "count") or "-1") == tonumber(ARGV[1]) then
  redis.call("HINCRBY", KEYS[1], "count", -1)
  redis.call("HDEL", KEYS[1], "not_before")
end
"""


@cache
def at(url: str) -> InRedis:
    """The counters at this address; one pool of connections for a process."""
    return InRedis(url)


class InRedis:
    """Counters as hashes, which Redis forgets a minute after their end."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url,
            socket_timeout=ANSWERS_WITHIN,
            socket_connect_timeout=ANSWERS_WITHIN,
            decode_responses=True,
        )
        script = self._redis.register_script
        self._try, self._use = script(_TRY), script(_USE)
        self._forgive, self._give_back = script(_FORGIVE), script(_GIVE_BACK)
        self._left_alone_until = 0.0

    def answers(self) -> bool:
        """Whether Redis answers now."""
        try:
            return bool(self._redis.ping())
        except redis.RedisError:
            return False

    def look(self, counters: Sequence[str]) -> Mapping[str, Counter]:
        """In one round."""
        return self._or_else(self._look, ROWS.look, counters)

    def _look(self, counters: Sequence[str]) -> Mapping[str, Counter]:
        with self._redis.pipeline(transaction=False) as asked:
            for counter in counters:
                asked.hmget(_PREFIX + counter, "count", "ends_at", "not_before")
            answers: list[list[str | None]] = asked.execute()
        return {
            counter: Counter(int(count), _moment(ends_at), _moment(until) if until else None)
            for counter, (count, ends_at, until) in zip(counters, answers, strict=True)
            if count is not None and ends_at is not None
        }

    def count_try(self, counter: str, policy: FailurePolicy, now: datetime) -> Taken:
        """By one script."""
        return self._or_else(self._count_try, ROWS.count_try, counter, policy, now)

    def _count_try(self, counter: str, policy: FailurePolicy, now: datetime) -> Taken:
        spans = (policy.first_wait, policy.longest_wait, policy.stopped_for)
        failures, until = self._try(
            keys=[_PREFIX + counter],
            args=[
                _number(now),
                policy.memory // _MICROSECOND,
                policy.free,
                policy.stop,
                *(span // _MICROSECOND for span in spans),
            ],
        )
        taken = Taken(_moment(until) if until else None, int(failures))
        if taken.failures == 1 and (stop := self._stop_kept(counter, now)) is not None:
            return stop
        if taken.until is None and taken.failures >= policy.stop:
            ROWS.keep_stop(counter, taken.failures, now, now + policy.stopped_for)
        return taken

    def _stop_kept(self, counter: str, now: datetime) -> Taken | None:
        """The wait that the rows know of, where Redis begins anew: it may have lost what it counted."""
        kept = ROWS.look([counter]).get(counter)
        if kept is None or kept.not_before is None or kept.not_before <= now:
            return None
        self._redis.hset(
            _PREFIX + counter,
            mapping={
                "count": kept.count,
                "ends_at": _number(kept.ends_at),
                "not_before": _number(kept.not_before),
            },
        )
        self._redis.pexpireat(_PREFIX + counter, kept.ends_at)
        return Taken(kept.not_before, kept.count)

    def use(self, counter: str, window: timedelta, amount: int, now: datetime) -> Used:
        """By one script."""
        return self._or_else(self._use_one, ROWS.use, counter, window, amount, now)

    def _use_one(self, counter: str, window: timedelta, amount: int, now: datetime) -> Used:
        count, ends_at = self._use(
            keys=[_PREFIX + counter], args=[_number(now), amount, _number(now + window)]
        )
        return Used(int(count), _moment(ends_at))

    def use_all(self, counters: Mapping[str, datetime], now: datetime) -> None:
        """By one script."""
        self._or_else(self._use_all, ROWS.use_all, counters, now)

    def _use_all(self, counters: Mapping[str, datetime], now: datetime) -> None:
        self._use(
            keys=[_PREFIX + counter for counter in counters],
            args=[_number(now), 1, *map(_number, counters.values())],
        )

    def forgive(self, counter: str) -> int:
        """By one script, and in the rows, which may have counted while Redis was away."""
        here = self._or_else(self._forgive_here, _unknown, counter)
        return max(here, ROWS.forgive(counter))  # what was counted in one went on in the other

    def _forgive_here(self, counter: str) -> int:
        return int(self._forgive(keys=[_PREFIX + counter]))

    def give_back(self, counter: str, stood_at: int) -> None:
        """By one script."""
        self._or_else(self._give_back_here, ROWS.give_back, counter, stood_at)

    def _give_back_here(self, counter: str, stood_at: int) -> None:
        self._give_back(keys=[_PREFIX + counter], args=[stood_at])

    def _or_else(
        self, here: Callable[P, T], instead: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What Redis says; what the rows say while it does not answer."""
        if time.monotonic() >= self._left_alone_until:
            try:
                return here(*args, **kwargs)
            except redis.RedisError as trouble:
                self._left_alone_until = time.monotonic() + LEFT_ALONE
                LOG.error(
                    "counters are kept in the database: Redis fails (%s)", type(trouble).__name__
                )
        return instead(*args, **kwargs)


def _unknown(counter: str) -> int:  # noqa: ARG001  # in the place of `_forgive_here`
    return 0


def _number(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(number: str) -> datetime:
    return _EPOCH + int(number) * _MICROSECOND
