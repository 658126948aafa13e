"""Keeping texts and calls from being made a bill: what may go out now, to where, and because of whom.

    held = guard.before_sending(to, "sms", because)   # in the transaction that stores the message, before it
    guard.completed(to)                               # its code came back

Counted for the number, the place that asks, the range of the number and the whole deployment; texts and calls
together. A range whose codes do not come back is paused: that is what pumping looks like. Counters lie in the database,
as all of `throttle` does, shared by every node. The caller commits, also when a message is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from idp import clock, settings, throttle
from idp.audit import Event, record
from idp.database import connection
from idp.messaging.addresses import PhoneNumber
from idp.models import Credential
from idp.throttle import Budget

#: As many accounts as may share one number with a budget for each.
MOST_ACCOUNTS: Final = 5
_DAY: Final = timedelta(days=1)
#: Texts and calls because of one place, in unknown browsers.
PER_ORIGIN: Final = Budget(times=10, window=timedelta(hours=1))
#: Texts and calls to numbers that differ in their last four digits only.
PER_RANGE: Final = Budget(times=20, window=timedelta(hours=1))
LAST_DIGITS: Final = 4
#: Texts without a code to one number.
NOTICES: Final = Budget(times=3, window=_DAY)
#: Of a range in one day: from so many messages on it is looked at,
LOOKED_AT_FROM: Final = 20
#: and paused when less than this part of the codes came back
COMPLETED_AT_LEAST: Final = 0.5
#: for so long.
PAUSE: Final = timedelta(hours=6)
ALARM_AT: Final = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Because:
    """Who wants the message."""

    account_id: str
    reference: str
    origin: str
    """The place: an address or a subscriber's network."""
    known_browser: bool
    """Whether this browser is known for the account: then the place does not count, because a town hall is one."""
    own: bool = True
    """Whether the account has confirmed this number. What goes to others is counted apart: whoever types numbers of
    strangers to set them up takes nothing from those who sign in with them."""

    @property
    def counts_as(self) -> str:
        """What its counters are called apart by."""
        return "" if self.own else "-new"


@dataclass(frozen=True, slots=True)
class Held:
    """It may not go out; `why` is the name in `idp explain`, `until` when it may be tried again."""

    why: str
    until: datetime


def number_digest(number: PhoneNumber) -> str:
    """By what accounts with the same number are counted; tells nobody the number."""
    return settings.current().secret.digest("telephone number", number.e164)


def before_sending(to: PhoneNumber, channel: str, because: Because) -> Held | None:
    """Count one message before it is made; `Held` when it may not be. The narrowest budget comes first."""
    if not settings.current().message_limits:
        return None
    prefix = to.e164[:-LAST_DIGITS]
    of = because.counts_as
    if (until := throttle.spent(_pause(prefix + of), Budget(1, PAUSE))) is not None:
        return Held("sends-paused", until)
    accounts = _accounts_with(to)
    number = number_digest(to)
    budgets = [
        ("sends-number", (f"number-hour{of}", number), _times(throttle.SENDS_PER_HOUR, accounts)),
        ("sends-number", (f"number-day{of}", number), _times(throttle.SENDS_PER_DAY, accounts)),
    ]
    if not because.known_browser:
        budgets.append(("sends-origin", ("origin-hour", because.origin), PER_ORIGIN))
    if not (because.known_browser and because.own):
        # the telephones of a town hall are one range too
        budgets.append(("sends-range", (f"range-hour{of}", prefix), PER_RANGE))
    for why, parts, budget in budgets:  # looked at first: what is held takes nothing from a budget
        if (until := throttle.spent(throttle.key(*parts), budget)) is not None:
            return Held(why, until)
    for why, parts, budget in budgets:
        if (until := throttle.spend(throttle.key(*parts), budget)) is not None:
            return Held(why, until)
    return _pumped(prefix + of, because) or _whole_budget(channel, because)


def before_telling(to: PhoneNumber, *, account_id: str, reference: str) -> Held | None:
    """Count one text that only tells something. No code of it can come back, so it says nothing about its range."""
    if not settings.current().message_limits:
        return None
    if (until := throttle.spent(_pause(to.e164[:-LAST_DIGITS]), Budget(1, PAUSE))) is not None:
        return Held("sends-paused", until)
    counter = throttle.key("number-notices", number_digest(to))
    if (until := throttle.spend(counter, NOTICES)) is not None:
        return Held("sends-number", until)
    because = Because(account_id=account_id, reference=reference, origin="", known_browser=True)
    return _whole_budget("sms", because)


def completed(to: PhoneNumber, *, own: bool = True) -> None:
    """A code that was sent there came back right; `own` as in `Because`."""
    prefix = to.e164[:-LAST_DIGITS] + ("" if own else "-new")
    throttle.use(_today("range-completed", prefix), _DAY)


def never_left(to: PhoneNumber, *, own: bool) -> None:
    """No gateway took a message: a code that nobody was sent cannot come back, and says nothing of the range."""
    counter = _today("range-sent", to.e164[:-LAST_DIGITS] + ("" if own else "-new"))
    if throttle.count_of(counter) > 0:
        throttle.use(counter, _DAY, -1)


def _times(budget: Budget, accounts: int) -> Budget:
    return Budget(budget.times * accounts, budget.window)


def _accounts_with(to: PhoneNumber) -> int:
    """How many accounts enrolled with this number; at least one, at most `MOST_ACCOUNTS`."""
    found = connection().execute(
        select(func.count(Credential.account_id.distinct())).where(
            Credential.number_digest == number_digest(to), Credential.confirmed_at.is_not(None)
        )
    )
    return max(1, min(int(found.scalar_one()), MOST_ACCOUNTS))


def _pumped(prefix: str, because: Because) -> Held | None:
    """Pause a range whose codes do not come back; measured over the messages of today before this one."""
    sent = throttle.use(_today("range-sent", prefix), _DAY).count - 1
    if sent < LOOKED_AT_FROM:
        return None
    back = throttle.count_of(_today("range-completed", prefix))
    if back >= sent * COMPLETED_AT_LEAST:
        return None
    used = throttle.use(_pause(prefix), PAUSE)
    for kind in ("range-sent", "range-completed"):  # after the pause the range is looked at anew
        throttle.forgive(_today(kind, prefix))
    record(
        Event.RANGE_PAUSED,
        succeeded=False,
        account_id=because.account_id,
        reference=because.reference,
        range=prefix,
        sent=sent,
        completed=back,
    )
    return Held("sends-paused", used.ends_at)


def _whole_budget(channel: str, because: Because) -> Held | None:
    """The day's budget of the deployment, in messages and in cents; both are counted, so that either can be seen."""
    current = settings.current()
    price = current.sms_cents if channel == "sms" else current.voice_cents
    held = None
    for of, amount, limit in (
        ("messages", 1, current.messages_per_day),
        ("cents", price, current.message_cents_per_day),
    ):
        if limit is None or amount == 0:
            continue
        used = throttle.use(throttle.key("all-messages", of), _DAY, amount)
        if used.count - amount < limit * ALARM_AT <= used.count:
            _alarm(Event.MESSAGE_BUDGET_LOW, of, limit, because)
        if used.count > limit:
            if used.count - amount <= limit:
                _alarm(Event.MESSAGE_BUDGET_SPENT, of, limit, because)
            held = Held("sends-budget", used.ends_at)
    return held


def _alarm(event: Event, of: str, limit: int, because: Because) -> None:
    record(event, succeeded=False, actor="system", reference=because.reference, of=of, limit=limit)


def _pause(prefix: str) -> str:
    return throttle.key("range-paused", prefix)


def _today(kind: str, prefix: str) -> str:
    """A counter of one calendar day, so that two of them always speak of the same messages."""
    return throttle.key(kind, prefix, clock.now().date().isoformat())
