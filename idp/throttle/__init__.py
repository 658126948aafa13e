"""Budgets of tries, shared by every node and unmoved by a restart: in the database, or in Redis where that is set.

Two kinds: consecutive failures, which make the next try wait longer and longer; and sends or requests
within a window of time, which are simply used up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from idp import clock, settings
from idp.throttle.in_rows import ROWS
from idp.throttle.policies import Budget, FailurePolicy, Taken, Used
from idp.throttle.store import Store

__all__ = [
    "CLIENT_FAILURES",
    "FAILURES_PER_NETWORK",
    "FAILURES_PER_ORIGIN",
    "FAILURES_PER_PASSWORD",
    "FAILURES_PER_RELATION",
    "LINKS_PER_NAME",
    "LINKS_PER_ORIGIN",
    "LINKS_PER_RELATION",
    "MAIL_CODES",
    "PUSHES",
    "REGISTRATIONS",
    "REQUESTS_FETCHED",
    "SECOND_STEP",
    "SENDS_PER_DAY",
    "SENDS_PER_HOUR",
    "SIGN_IN",
    "WARNINGS",
    "Budget",
    "FailurePolicy",
    "Taken",
    "Used",
    "attempt",
    "count_of",
    "count_try",
    "forgive",
    "give_back",
    "key",
    "own_password_key",
    "second_step_key",
    "sign_in_key",
    "spend",
    "spend_all",
    "spent",
    "spent_any",
    "use",
    "waits_until",
]

#: Wrong names or passwords, counted per relation and user name as typed, whether they exist or not; and apart from
#: that for each browser that is known for the account.
SIGN_IN = FailurePolicy(
    free=5, first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=15), stop=50
)
#: Wrong second steps, counted per account over all sign-ins and channels; and apart from that for each known browser.
SECOND_STEP = FailurePolicy(
    free=10, first_wait=timedelta(minutes=15), longest_wait=timedelta(minutes=15), stop=50
)
#: Failed sign-ins in unknown browsers. From one network address: generous, because a town hall is one address.
FAILURES_PER_ORIGIN = Budget(times=300, window=timedelta(minutes=15))
#: From one network: the addresses of a site or a small provider together.
FAILURES_PER_NETWORK = Budget(times=900, window=timedelta(minutes=15))
#: Over all names of one relation: more than one network has, so that no single one can spend it for others.
FAILURES_PER_RELATION = Budget(times=1000, window=timedelta(minutes=15))
#: With one password over all names.
FAILURES_PER_PASSWORD = Budget(times=30, window=timedelta(minutes=15))
#: Links to a new password that are asked for: for one name, as typed; a known browser has its own.
LINKS_PER_NAME = Budget(times=3, window=timedelta(hours=1))
#: From one network address, in unknown browsers,
LINKS_PER_ORIGIN = Budget(times=30, window=timedelta(hours=1))
#: and over all names of one relation.
LINKS_PER_RELATION = Budget(times=100, window=timedelta(hours=1))
#: Codes that confirm a mail address, to one account.
MAIL_CODES = Budget(times=5, window=timedelta(hours=1))
#: Mails to one account that it was used in a new browser.
WARNINGS = Budget(times=1, window=timedelta(hours=1))
#: Texts and calls to one account.
SENDS_PER_HOUR = Budget(times=5, window=timedelta(hours=1))
SENDS_PER_DAY = Budget(times=10, window=timedelta(days=1))
#: Wrong client credentials, per client.
CLIENT_FAILURES = Budget(times=20, window=timedelta(minutes=1))
#: Requests that a client pushes from one network address; a town hall on a Monday morning stays far below.
PUSHES = Budget(times=3000, window=timedelta(minutes=1))
#: Requests of one client to the API for the Servicedesk's work.
DESK_REQUESTS = Budget(times=3000, window=timedelta(minutes=1))
#: Requests that we fetch for one client because of one network address.
REQUESTS_FETCHED = Budget(times=600, window=timedelta(minutes=1))
#: Registrations, tried or made, from one network address.
REGISTRATIONS = Budget(times=60, window=timedelta(minutes=1))


def key(kind: str, *parts: str) -> str:
    """The stored name of a counter; the parts cannot be read back from it."""
    return settings.current().secret.digest(f"throttle {kind}", "\0".join(parts))


def sign_in_key(number: str, name: str) -> str:
    """The counter of wrong passwords for one relation and user name, as they are compared."""
    return key("sign-in", number, name)


def second_step_key(account_id: str) -> str:
    """The counter of an account's wrong second steps."""
    return key("second-step", account_id)


def own_password_key(account_id: str) -> str:
    """The counter of wrong guesses at one's own password, by who is signed in and wants another one."""
    return key("own-password", account_id)


def waits_until(counter: str) -> datetime | None:
    """Until when this counter lets nobody try, or `None` when a try is allowed now."""
    found = _store().look([counter]).get(counter)
    until = None if found is None else found.not_before
    return until if until is not None and until > clock.now() else None


def attempt(counter: str, policy: FailurePolicy) -> datetime | None:
    """Like `count_try`, for who needs no count: until when nobody may try, or `None`."""
    return count_try(counter, policy).until


def count_try(counter: str, policy: FailurePolicy) -> Taken:
    """Count one try before it is made.

    A try counts as a failure until `forgive` says otherwise: so many tries sent at once cannot all slip
    through between looking and counting, the very first ones included. A try that is not allowed is not counted.
    """
    return _store().count_try(counter, policy, clock.now())


def use(counter: str, window: timedelta, amount: int = 1) -> Used:
    """Add to a counter whose window begins with the first; for who has to see how far it is."""
    return _store().use(counter, window, amount, clock.now())


def count_of(counter: str) -> int:
    """How far a counter is; only looks."""
    found = _store().look([counter]).get(counter)
    return 0 if found is None or found.ends_at <= clock.now() else found.count


def spend(counter: str, budget: Budget) -> datetime | None:
    """Use one of the budget; `None` when that was allowed, else the moment at which the next one is."""
    used = use(counter, budget.window)
    return None if used.count <= budget.times else used.ends_at


def spent(counter: str, budget: Budget) -> datetime | None:
    """Like `spend`, but only looks: the moment at which the budget opens again, or `None`."""
    return spent_any({counter: budget})


def forgive(counter: str) -> int:
    """Success: this counter starts again from nothing; returns what it stood at."""
    return _store().forgive(counter)


def give_back(counter: str, failures: int) -> None:
    """A try that was counted as the so many-th turned out to be none; nothing is given back when others came since."""
    _store().give_back(counter, failures)


def spent_any(budgets: Mapping[str, Budget]) -> datetime | None:
    """The moment at which all of these budgets (by counter) are open again, or `None` when they are; only looks."""
    if not budgets:
        return None
    now = clock.now()
    until = [
        found.ends_at
        for counter, found in _store().look(list(budgets)).items()
        if found.ends_at > now and found.count >= budgets[counter].times
    ]
    return max(until, default=None)


def spend_all(budgets: Mapping[str, Budget]) -> None:
    """Use one of each of these budgets (by counter), whether any is left or not. In one go."""
    if budgets:
        now = clock.now()
        _store().use_all(
            {counter: now + budgets[counter].window for counter in sorted(budgets)}, now
        )


def _store() -> Store:
    """Where counters are now."""
    url = settings.current().redis_url
    if url is None:
        return ROWS
    from idp.throttle import in_redis  # here: most deployments never need its library

    return in_redis.at(url)
