"""The tries of names and passwords: who may try now, and what becomes of a failure.

A browser that is known for the account has a counter of its own, which no stranger reaches. Everybody else shares the
counter of the name that was typed, whether it exists or not, and the budgets of where they come from, of the relation,
and of the password that they try.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Final

from idp import throttle
from idp.accounts import notices, passwords
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.device import device_in_words
from idp.flows.front_door import network, origin, subnet
from idp.models import Account

#: Of the digest of a password that failed: too few characters to say later which password it was.
_HINT: Final = 5


class Tries:
    """The tries that one sign-in counts among. `browser`: by which name it is known for that account, if it is."""

    def __init__(
        self, number: str, name: str, password: str, *, account_id: str | None, browser: str | None
    ) -> None:
        self._failures = 0
        self._known = browser is not None and account_id is not None
        if browser is not None and account_id is not None:
            self._counter = throttle.key("sign-in-known", account_id, browser)
            self._budgets = {}
        else:
            self._counter = throttle.sign_in_key(number, name)
            self._budgets = budgets_of_strangers(number, password)

    @classmethod
    def of_browser(cls, browser: str) -> Tries:
        """Of a passkey that names nobody whom this browser is known for: its own, and where it comes from."""
        tries = cls("", "", "", account_id=None, browser=None)
        tries._known = True  # no name is stopped by them
        tries._counter = throttle.key("sign-in-passkey", browser)
        tries._budgets = budgets_of_places()
        return tries

    def take_one(self, reference: str) -> None:
        """Count the try before it is made; refuse it, right or wrong, when it comes too soon. Commits."""
        until, why = throttle.spent_any(self._budgets), "a budget is spent"
        if until is None:
            taken, why = throttle.count_try(self._counter, throttle.SIGN_IN), "too many tries"
            until, self._failures = taken.until, taken.failures
        if until is not None:
            record(Event.SIGN_IN_THROTTLED, succeeded=False, reference=reference, reason=why)
        db.session.commit()
        if until is not None:
            raise RefusedOnOurPage(
                "throttled",
                HTTPStatus.TOO_MANY_REQUESTS,
                why,
                reference=reference,
                until=until,
            )

    def failed(self, account: Account | None, reference: str) -> None:
        """A wrong one counts against where it came from too; the one that stops the name is told to its holder.

        The same statements whether there is such an account or not.
        """
        throttle.spend_all(self._budgets)
        if self._failures == throttle.SIGN_IN.stop and not self._known:
            tell_of_the_stop(account, reference, self._failures)

    def succeeded(self, account: Account, reference: str) -> None:
        """The password was right: this counter starts again from nothing. Who was guessed at before hears of it."""
        wrong = throttle.forgive(self._counter) - 1
        if wrong >= throttle.SIGN_IN.free:
            notices.tell(
                account.id,
                Notice.FOUND_AFTER_FAILURES,
                {"times": wrong, "device": device_in_words()},
                reference=reference,
            )


def tell_of_the_stop(account: Account | None, reference: str, failures: int) -> None:
    """Nobody may try in unknown browsers any more, until somebody who spoke to the holder ends that."""
    record(
        Event.ACCOUNT_STOPPED,
        succeeded=False,
        account_id=account.id if account else None,
        relation_id=account.relation_id if account else None,
        reference=reference,
        failures=failures,
    )
    notices.tell(account.id if account else None, Notice.STOPPED, reference=reference)


def budgets_of_strangers(number: str, password: str) -> dict[str, throttle.Budget]:
    """What every failure in an unknown browser is taken from: its counter, and how large that one is."""
    kinds = throttle.key
    # as passwords are compared: another spelling of one is not another one
    tried = hashlib.sha256(passwords.normal(password[:4096]).encode(errors="replace")).hexdigest()
    hint = kinds("tried", tried)[:_HINT]
    return budgets_of_places() | {
        kinds("sign-in-relation", number): throttle.FAILURES_PER_RELATION,
        kinds("sign-in-password", hint): throttle.FAILURES_PER_PASSWORD,
    }


def budgets_of_places() -> dict[str, throttle.Budget]:
    """Where it comes from: the address, and its network."""
    here, kinds = origin(), throttle.key
    return {
        kinds("sign-in-origin", network(here)): throttle.FAILURES_PER_ORIGIN,
        kinds("sign-in-network", subnet(here)): throttle.FAILURES_PER_NETWORK,
    }
