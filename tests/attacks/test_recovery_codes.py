"""Recovery codes in the wrong hands: once is once, a key stays a key, and guesses are counted with every other step."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import select

from idp import throttle
from idp.accounts import credentials, recovery_codes
from idp.clock import Standing
from idp.database import db
from idp.models import RecoveryCode, Session
from tests.attacks.key_holders import with_a_key
from tests.attacks.test_two_at_once import (
    ROUNDS,
    Contestant,
    Round,
    at_once,
    count,
    each_in_its_own,
    one_won,
    started,
)
from tests.support.journeys import (
    House,
    account_of,
    add_person,
    add_recovery_codes,
    house_of_this_worker,
    identify,
    sign_in,
    to_the_recovery_code,
    totp_code,
)
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house whose body lets people have recovery codes."""
    return house_of_this_worker(database_url, run, recovery_codes=True)


def test_a_code_works_once_even_when_two_ask_at_once(house: House) -> None:
    for number in range(ROUNDS // 2):
        anna = add_person(house, f"anna{number}", totp=True)
        code = add_recovery_codes(house, anna)[0]
        one, other = (
            Contestant(name, f"/inloggen/{login}/herstelcode", {"herstelcode": code})
            for name, login in (started(house, anna) for _each in range(2))
        )
        spent = (RecoveryCode.account_id == anna.id, RecoveryCode.spent_at.is_not(None))
        round_ = Round((one, other), lambda: count(house, RecoveryCode, *spent))  # noqa: B023
        tabs = [(each, each.opens(house.app)) for each in round_.contestants]
        calls = [lambda each=each, tab=tab: each.presses(tab) for each, tab in tabs]
        one_won(round_, at_once(*calls))


def test_the_statement_that_spends_a_code_is_won_by_one(house: House) -> None:
    anna = add_person(house, totp=True)
    for code in add_recovery_codes(house, anna):

        def spend(code: str = code) -> bool:
            return recovery_codes.spend(account_of(anna), code, reference="TEST-TEST")

        assert sorted(each_in_its_own(house, 3, spend)) == [False, False, True]


def test_of_two_sets_made_at_once_one_is_left(house: House) -> None:
    anna = add_person(house, totp=True)
    for _round in range(4):
        each_in_its_own(house, 3, lambda: len(recovery_codes.make(account_of(anna))))
        assert count(house, RecoveryCode, RecoveryCode.account_id == anna.id) == 8


@ONE
def test_a_code_that_was_used_is_worth_nothing(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    code = add_recovery_codes(house, anna)[0]
    for error in (None, "recovery-code-invalid"):
        browser = house.browser()
        to_the_recovery_code(browser, anna)
        assert browser.submit("volgende", herstelcode=code).error == error
    assert count(house, RecoveryCode, RecoveryCode.spent_at.is_not(None)) == 1


@ONE
def test_without_the_password_there_is_no_page_for_a_code(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    code = add_recovery_codes(house, anna)[0]
    browser = house.browser()
    address = to_the_recovery_code(browser, anna).address
    time.move(timedelta(minutes=11))  # the password counts no more
    assert browser.submit("volgende", herstelcode=code).error == "session-expired"
    assert browser.get(address).name == "login"
    page = browser.send("POST", address, herstelcode=code, csrf_token=browser.token())
    assert (page.status, page.error) == (HTTPStatus.CONFLICT, "out-of-turn")
    with house.inside():
        assert recovery_codes.left(anna.id) == 8


@ONE
def test_a_form_of_another_site_spends_nothing(house: House) -> None:
    anna = add_person(house, totp=True)
    code = add_recovery_codes(house, anna)[0]
    browser = house.browser()
    address = to_the_recovery_code(browser, anna).address
    page = browser.send("POST", address, herstelcode=code, csrf_token="geraden")
    assert (page.status, page.error) == (HTTPStatus.BAD_REQUEST, "out-of-turn")
    sign_in(house, browser, anna)
    page = browser.send("POST", "/mijn/beveiliging/herstelcodes", csrf_token="geraden")
    assert page.status == HTTPStatus.BAD_REQUEST
    with house.inside():
        assert recovery_codes.left(anna.id) == 8


@ONE
def test_guesses_are_counted_with_every_other_second_step(house: House) -> None:
    anna, ben = add_person(house, totp=True), add_person(house, "ben", totp=True)
    wrong = add_recovery_codes(house, ben)
    right = add_recovery_codes(house, anna)[0]
    for _sign_in in range(2):
        browser = house.browser()
        to_the_recovery_code(browser, anna)
        for number in range(5):
            browser.submit("volgende", herstelcode=wrong[number])
    browser = house.browser()
    to_the_recovery_code(browser, anna)
    assert browser.submit("volgende", herstelcode=right).error == "throttled"
    browser = house.browser()
    identify(browser, anna)
    assert browser.submit("volgende", code=totp_code(anna.totp)).error == "throttled"
    with house.inside():
        assert recovery_codes.left(anna.id) == 8
        assert throttle.SECOND_STEP.free == 10


@ONE
def test_beside_a_key_a_code_opens_the_account_but_adds_no_key_and_changes_nothing(
    house: House,
) -> None:
    anna, _key = with_a_key(house)
    code = add_recovery_codes(house, anna)[0]
    browser = house.browser()
    to_the_recovery_code(browser, anna)
    page = browser.submit("volgende", herstelcode=code)
    assert page.name == "choose-methods"
    assert "webauthn" not in page.choices("methode")
    forged = browser.send("POST", page.address, methode="webauthn", csrf_token=browser.token())
    assert forged.error == "method-missing"
    assert browser.submit("stoppen").name == "portal"
    for place in ("herstelcodes", "wachtwoord"):
        page = browser.get(f"/mijn/beveiliging/{place}")
        assert page.name == "second-factor", page  # the key, and no way around it
        assert page.find("herstelcode") is None
        number = page.address.split("/inloggen/")[1].split("/")[0]
        assert browser.get(f"/inloggen/{number}/herstelcode").error == "out-of-turn"
    with house.inside():
        assert [each.kind for each in credentials.of_account(anna.id)] == ["webauthn"]
        newest = select(Session).order_by(Session.created_at.desc()).limit(1)
        stored = db.session.scalars(newest).one()
        assert not any(proof["phr"] for proof in stored.proofs)


@ONE
def test_codes_are_no_method_so_the_last_method_stays(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    add_recovery_codes(house, anna)
    sign_in(house, browser, anna)
    with house.inside():
        (only,) = [each.id for each in credentials.of_account(anna.id)]
    page = browser.get(f"/mijn/beveiliging/methoden/{only}/verwijderen")
    assert "U kunt deze methode niet verwijderen" in page.document.text


@ONE
def test_an_old_session_makes_no_codes(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    browser.get("/mijn/beveiliging/herstelcodes")
    token = browser.token()
    time.move(timedelta(minutes=5, seconds=1))
    page = browser.send("POST", "/mijn/beveiliging/herstelcodes", csrf_token=token, follow=True)
    assert page.name == "login"
    with house.inside():
        assert recovery_codes.left(anna.id) == 0
