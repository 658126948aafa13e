"""`python -m bench.flood`: strangers guess from many places while owners and a town hall sign in. Prints figures.

10,000 tries at 100 accounts from 50 networks; 100 owners in browsers that are known, and 200 colleagues at one address,
half of them in browsers that are known. SMALL=1 does a tenth of the tries.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pyotp

from bench import provider
from bench.browser import Browser, Page, Wire
from bench.people import PASSWORD, RELATION, Person, engage
from idp.cli.work import settings_of

OWNERS: Final = 100
NETWORKS: Final = 50
COLLEAGUES: Final = 200
TOWN_HALL: Final = "198.51.100.7"
AT_ONCE: Final = 4
STEP_SECONDS: Final = 30


class Desk:
    """One person's browser at one address."""

    def __init__(self, issuer: str, person: Person, address: str) -> None:
        self._issuer, self._person, self._address = issuer, person, address
        self.browser = Browser(issuer, Wire(issuer))
        self._used = -1

    def fail(self, password: str) -> str:
        """A wrong password; the page that came of it."""
        return self._identify(password).name

    def sign_in(self) -> str:
        """Both steps; the page at the end. Waits for the app's next code where this one was used already."""
        page = self._identify(PASSWORD)
        if page.name != "second-factor":
            return page.name
        while (step := int(time.time()) // STEP_SECONDS) == self._used:
            threading.Event().wait(1)
        self._used = step
        code = pyotp.TOTP(self._person.totp_secret).now()
        return self.browser.post(page, origin=self._address, code=code).name

    def forget_session(self) -> None:
        """As after a night."""
        self.browser.forget("__Host-idp_session")

    def _identify(self, password: str) -> Page:
        page = self.browser.open("/")
        return self.browser.post(
            page,
            origin=self._address,
            relatienummer=RELATION,
            gebruikersnaam=self._person.username,
            wachtwoord=password,
        )


def main() -> int:
    """Run once; the exit code is 1 when somebody who may come in was kept out."""
    tries = 1_000 if os.environ.get("SMALL", "0") not in {"", "0"} else 10_000
    with provider.own_folder() as folder:
        environment = provider.production(folder, None)
        cast = engage(settings_of(environment), OWNERS + COLLEAGUES)
        with provider.served(folder, environment) as at_work:
            return _flood(at_work.settings.issuer, cast.people, tries)


def _flood(issuer: str, people: list[Person], tries: int) -> int:
    owners = [Desk(issuer, one, f"192.0.2.{place}") for place, one in enumerate(people[:OWNERS], 1)]
    colleagues = [Desk(issuer, one, TOWN_HALL) for one in people[OWNERS:]]
    before = Counter(desk.sign_in() for desk in (*owners, *colleagues[::2]))
    for desk in (*owners, *colleagues):
        desk.forget_session()
    _say(f"known before: {dict(before)}")
    heard, came = Counter[str](), Counter[str]()

    def guess(stranger: int) -> None:
        browser = Browser(issuer, Wire(issuer))
        page = browser.open("/")
        for number in range(stranger, tries, AT_ONCE):
            answer = browser.post(
                page,
                origin=f"203.{number % NETWORKS}.113.{number % 200}",
                relatienummer=RELATION,
                gebruikersnaam=people[number % OWNERS].username,
                wachtwoord=f"gok {number}",
            )
            heard[answer.name] += 1

    def come_in() -> None:
        for place, desk in enumerate([*owners, *colleagues]):
            if place % 5 == 0:
                came[f"a typing error: {desk.fail('een tikfout')}"] += 1
            came[desk.sign_in()] += 1

    began = time.monotonic()
    _together([*(_of(guess, each) for each in range(AT_ONCE)), come_in])
    _say(f"{tries} tries of strangers in {time.monotonic() - began:.0f} s: {dict(heard)}")
    _say(f"owners and colleagues: {dict(came)}")
    return 0 if came["portal"] == OWNERS + COLLEAGUES else 1


def _of(task: Callable[[int], None], number: int) -> Callable[[], None]:
    return lambda: task(number)


def _together(tasks: list[Callable[[], None]]) -> None:
    with ThreadPoolExecutor(len(tasks)) as threads:
        for running in [threads.submit(task) for task in tasks]:
            running.result()


def _say(what: str) -> None:
    print(what, flush=True)


if __name__ == "__main__":
    sys.exit(main())
