"""A key's answer counts once: for the login, the account and the purpose that it was made for."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from idp.clock import Standing
from idp.database import db
from idp.mfa import key_challenges
from idp.mfa.factor import Login
from idp.models import KeyChallenge
from tests.attacks.key_holders import (
    ELSEWHERE,
    asked,
    keys_kept,
    not_made,
    reasons,
    refused,
    setting_up,
    with_a_key,
)
from tests.support.journeys import House, Visitor, house_of_this_worker, identify
from tests.support.run import Run
from tests.support.software_key import SoftwareKey, options_on, packed


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


def test_an_answer_works_once(house: House) -> None:
    """Also with a key that keeps no counter, which nothing but the challenge protects."""
    anna, key = with_a_key(house, counts=False)
    browser, options = asked(house, anna)
    answer = key.use(options)
    assert browser.submit("volgende", sleutel=answer).name == "portal"
    for again in (browser, house.browser()):
        again.forget("__Host-idp_session")
        identify(again, anna)
        refused(again.submit("volgende", sleutel=answer))
    assert set(reasons(house, "key-refused")) == {"the challenge is unknown here, spent or too old"}


def test_an_answer_that_was_refused_cannot_be_sent_again(house: House) -> None:
    anna, key = with_a_key(house)
    browser, options = asked(house, anna)
    refused(browser.submit("volgende", sleutel=key.use(options, signature=b"verkeerd")))
    refused(browser.submit("volgende", sleutel=key.use(options)))


def test_an_answer_belongs_to_its_own_sign_in(house: House) -> None:
    anna, key = with_a_key(house)
    _browser, options = asked(house, anna)
    other, _options = asked(house, anna)
    refused(other.submit("volgende", sleutel=key.use(options)))


def test_an_answer_belongs_to_its_own_account(house: House) -> None:
    """Even when the same sign-in goes on as somebody else."""
    anna, annas = with_a_key(house, "anna")
    bram, brams = with_a_key(house, "bram")
    browser, options = asked(house, anna)
    login = browser.page.address.partition("/stap")[0]
    for _ in range(5):  # then it starts again from the password
        browser.get(login)
        browser.submit("volgende", sleutel="onzin")
    page = identify(browser, bram, at=login)
    assert page.name == "second-factor"
    refused(browser.submit("volgende", sleutel=brams.use(options)))
    refused(browser.submit("volgende", sleutel=annas.use(options_on(browser.page))))
    assert reasons(house, "key-refused")[-1] == "not a key of this account"


def test_a_key_of_another_account_opens_nothing(house: House) -> None:
    _anna, annas = with_a_key(house, "anna")
    bram, brams = with_a_key(house, "bram")
    browser, options = asked(house, bram)
    refused(browser.submit("volgende", sleutel=annas.use(options)))
    options = options_on(browser.page)
    refused(browser.submit("volgende", sleutel=annas.use(options, key_id=brams.key_id)))
    options = options_on(browser.page)
    refused(browser.submit("volgende", sleutel=brams.use(options, handle=annas.handle)))
    assert browser.submit("volgende", sleutel=brams.use(options_on(browser.page))).name == "portal"


def test_a_challenge_belongs_to_its_purpose(house: House) -> None:
    """What was shown for setting up a key signs nobody in, and the other way round."""
    anna, browser = setting_up(house)
    options = options_on(browser.page)
    login_id = browser.page.address.split("/")[4]
    login = Login(
        id=login_id,
        account_id=anna.id,
        username="anna",
        relation_number=anna.relation,
        language="nl",
        reference="TEST-TEST",
    )
    with house.inside():
        assert not key_challenges.claim(login, key_challenges.STEP, options["challenge"])
        for_a_step = key_challenges.present(login, key_challenges.STEP).text
    key = SoftwareKey()
    not_made(browser.submit("volgende", sleutel=key.make(options, challenge=for_a_step)))
    made = key.make(options_on(browser.page))
    assert browser.submit("volgende", sleutel=made).name == "enrolment-done"


def test_a_challenge_is_answered_within_five_minutes(house: House, time: Standing) -> None:
    anna, key = with_a_key(house)
    browser, options = asked(house, anna)
    time.move(key_challenges.LIFETIME)
    refused(browser.submit("volgende", sleutel=key.use(options)))
    options = options_on(browser.page)
    time.move(key_challenges.LIFETIME - timedelta(seconds=1))
    assert browser.submit("volgende", sleutel=key.use(options)).name == "portal"


def test_a_challenge_of_ones_own_making_counts_for_nothing(house: House) -> None:
    anna, key = with_a_key(house)
    browser, options = asked(house, anna)
    for challenge in (packed(b"\0" * 32), "", None, 7, options["challenge"] + "="):
        refused(browser.submit("volgende", sleutel=key.use(options, challenge=challenge)))
        browser, options = asked(house, anna)


@pytest.mark.parametrize("of", ["answers", "challenges", "counters"])
def test_of_two_at_once_one_wins(house: House, of: str) -> None:
    anna, key = with_a_key(house, counts=of == "counters")
    browser, options = asked(house, anna)
    login_id = browser.page.address.split("/")[4]
    if of == "challenges":
        login = Login(
            id=login_id,
            account_id=anna.id,
            username="anna",
            relation_number=anna.relation,
            language="nl",
            reference="TEST-TEST",
        )
        claim = lambda: key_challenges.claim(  # noqa: E731
            login, key_challenges.STEP, options["challenge"]
        )
        assert sorted(each_in_its_own(house, claim, claim)) == [False, True]
        return
    one, two = browser, browser
    first = second = key.use(options)
    if of == "counters":  # two sign-ins at once with copies of one key, both right by themselves
        two, others = asked(house, anna)
        second = key.use(others, sign_count=key.sign_count)

    def sends(visitor: Visitor, answer: str) -> Callable[[], str | None]:
        apart = house.browser()
        apart.take_over(visitor, "__Host-idp_browser", "__Host-idp_csrf")
        address, token = visitor.page.address, visitor.token()
        return lambda: (
            apart.send("POST", address, follow=True, csrf_token=token, sleutel=answer).name
        )

    names = at_once(sends(one, first), sends(two, second))
    assert names.count("portal") == 1, names


def each_in_its_own(house: House, *work: Callable[[], bool]) -> list[bool]:
    def inside(one: Callable[[], bool]) -> Callable[[], bool]:
        def run() -> bool:
            with house.inside():
                return one()

        return run

    return at_once(*(inside(one) for one in work))


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment, each in a thread of its own."""
    together = Barrier(len(work))

    def go(one: Callable[[], Any]) -> Any:
        together.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(go, work))


def test_wrong_answers_are_counted_as_wrong_steps(house: House) -> None:
    anna, key = with_a_key(house)
    browser, options = asked(house, anna)
    for _ in range(4):
        refused(browser.submit("volgende", sleutel=key.use(options, origin=ELSEWHERE)))
        options = options_on(browser.page)
    page = browser.submit("volgende", sleutel=key.use(options, origin=ELSEWHERE))
    assert (page.name, page.error) == ("error", "code-attempts")


def test_a_counter_that_stands_still_or_goes_back_is_refused_and_told_to_the_trail(
    house: House,
) -> None:
    anna, key = with_a_key(house)
    browser, options = asked(house, anna)
    assert browser.submit("volgende", sleutel=key.use(options, sign_count=9)).name == "portal"
    for count in (9, 8, 0):
        browser, options = asked(house, anna)
        page = browser.submit("volgende", sleutel=key.use(options, sign_count=count))
        refused(page, "key-suspect")
        assert browser.get("/mijn/applicaties").name == "login"
    assert reasons(house, "key-counter-went-back") == ["the key may have been copied"] * 3
    browser, options = asked(house, anna)
    most = 2**32 - 1
    assert browser.submit("volgende", sleutel=key.use(options, sign_count=most)).name == "portal"


def test_nothing_of_a_key_is_told_before_the_password(house: House) -> None:
    """No list of keys, no challenge: whoever has no password learns nothing and writes nothing."""
    anna, _key = with_a_key(house)
    with house.inside():
        before = db.session.execute(select(func.count()).select_from(KeyChallenge)).scalar_one()
    browser = house.browser()
    page = identify(browser, anna, password="verkeerd")
    assert page.error == "login-failed"
    assert "data-options" not in page.html
    login = browser.page.address.split("/")[4] if "/inloggen/" in browser.page.address else ""
    browser.get(f"/inloggen/{login or '0' * 32}/stap/webauthn")
    assert "data-options" not in browser.page.html
    with house.inside():
        after = db.session.execute(select(func.count()).select_from(KeyChallenge)).scalar_one()
    assert after == before


def test_a_key_belongs_to_one_account_only(house: House) -> None:
    _anna, key = with_a_key(house, "anna")
    _bram, browser = setting_up(house, "bram")
    page = browser.submit("volgende", sleutel=key.make(options_on(browser.page)))
    assert (page.name, page.error) == ("enrol-webauthn", "key-known")
    assert keys_kept(house) == 1
