"""A code works once, for the sign-in, the purpose and the person it was made for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import activation_codes
from idp.clock import Standing
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    house_of_this_worker,
    identify,
    issue_code,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)
from tests.support.pages import Page
from tests.support.run import Run

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


def texted(house: House, browser: Visitor, person: Person) -> str:
    """A sign-in by text message up to the code; the code that came."""
    identify(browser, person)
    if browser.page.name == "choose-method":
        browser.submit("volgende", methode="sms")
    browser.submit("volgende")
    return house.newest_code()


def refused(page: Page) -> None:
    assert (page.name, page.error) == ("second-factor", "code-invalid")


def test_a_code_of_the_app_works_in_one_sign_in_only(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    code = totp_code(anna.totp)
    browsers = [house.browser() for _ in range(3)]
    for browser in browsers:
        identify(browser, anna)
    assert browsers[0].submit("volgende", code=code).name == "portal"
    refused(browsers[1].submit("volgende", code=code))
    time.move(30 * SECOND)  # the next step, in which the one before still counts
    refused(browsers[2].submit("volgende", code=code))
    assert browsers[2].submit("volgende", code=totp_code(anna.totp)).name == "portal"


def test_an_earlier_code_of_the_app_is_void_once_a_later_one_was_used(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    seen_over_the_shoulder = totp_code(anna.totp)
    time.move(30 * SECOND)
    assert sign_in(house, house.browser(), anna).name == "portal"
    thief = house.browser()
    identify(thief, anna)
    refused(thief.submit("volgende", code=seen_over_the_shoulder))


def test_the_code_that_confirmed_an_app_signs_nobody_in(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp"])
    secret, _page = set_up_totp(browser)
    browser.submit("afronden")
    thief = house.browser()
    identify(thief, anna)
    refused(thief.submit("volgende", code=totp_code(secret)))


def test_a_wrong_sign_in_does_not_use_up_the_code_of_the_owner(house: House) -> None:
    anna = add_person(house, totp=True)
    thief = house.browser()
    identify(thief, anna)
    refused(thief.submit("volgende", code="000000"))
    assert sign_in(house, house.browser(), anna).name == "portal"


def test_the_app_of_somebody_else_does_not_help(house: House) -> None:
    anna = add_person(house, totp=True)
    ben = add_person(house, "b.bakker", totp=True)
    browser = house.browser()
    identify(browser, anna)
    refused(browser.submit("volgende", code=totp_code(ben.totp)))


def test_a_texted_code_works_once(house: House, time: Standing) -> None:
    anna = add_person(house, phone=PHONE)
    browser = house.browser()
    code = texted(house, browser, anna)
    step, token = browser.page, browser.token()
    assert browser.submit("volgende", code=code).name == "portal"
    assert browser.send("POST", step.address, code=code, csrf_token=token).error == "out-of-turn"
    time.move(SECOND)
    again = house.browser()
    if texted(house, again, anna) != code:
        refused(again.submit("volgende", code=code))


def test_a_texted_code_belongs_to_its_own_sign_in(house: House, time: Standing) -> None:
    anna = add_person(house, phone=PHONE)
    one, other = house.browser(), house.browser()
    first = texted(house, one, anna)
    time.move(SECOND)
    second = texted(house, other, anna)
    assert first != second, "one in a million"
    refused(one.submit("volgende", code=second))
    refused(other.submit("volgende", code=first))
    assert one.submit("volgende", code=first).name == "portal"
    assert other.submit("volgende", code=second).name == "portal"


def test_a_texted_code_belongs_to_its_own_sign_in_in_two_tabs_too(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    first = texted(house, browser, anna)
    time.move(SECOND)
    second = texted(house, browser, anna)
    assert first != second, "one in a million"
    refused(browser.submit("volgende", code=first))
    assert browser.submit("volgende", code=second).name == "portal"


def test_a_texted_code_belongs_to_its_own_person(house: House, time: Standing) -> None:
    anna = add_person(house, phone=PHONE)
    ben = add_person(house, "b.bakker", phone=PHONE)  # one telephone at the counter
    hers = texted(house, house.browser(), anna)
    time.move(SECOND)
    browser = house.browser()
    assert hers != texted(house, browser, ben), "one in a million"
    refused(browser.submit("volgende", code=hers))


def test_a_code_that_sets_up_a_number_is_no_second_step(house: House, time: Standing) -> None:
    """The same telephone, the same person, two purposes: neither code does the other's work."""
    anna = add_person(house, phone=PHONE, code=True)
    setting_up, signing_in = house.browser(), house.browser()
    to_the_methods(setting_up, anna)
    setting_up.submit("volgende", methode=["sms"])
    setting_up.submit("volgende", telefoonnummer=PHONE)
    for_setting_up = house.newest_code()
    time.move(SECOND)
    for_signing_in = texted(house, signing_in, anna)
    assert for_setting_up != for_signing_in, "one in a million"
    refused(signing_in.submit("volgende", code=for_setting_up))
    page = setting_up.submit("volgende", code=for_signing_in)
    assert (page.name, page.error) == ("enrol-sms", "code-invalid")
    assert setting_up.submit("volgende", code=for_setting_up).name == "enrolment-done"


def test_a_number_given_anew_needs_a_code_of_its_own(house: House, time: Standing) -> None:
    """Somebody proves their own phone, then swaps in another number before answering."""
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms"])
    page = browser.submit("volgende", telefoonnummer="06 11111111")
    mine = house.newest_code()
    time.move(SECOND)
    token = browser.token()
    browser.send("POST", page.address, telefoonnummer="06 22222222", csrf_token=token)
    assert house.newest_code() != mine, "one in a million"
    page = browser.send("POST", page.address, code=mine, csrf_token=token)
    assert (page.name, page.error) == ("enrol-sms", "code-invalid")


@pytest.mark.parametrize("confirmed", [False, True])
def test_an_activation_code_opens_one_window_only(
    house: House, time: Standing, confirmed: bool
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    if confirmed:
        browser.submit("volgende", methode=["totp"])
        set_up_totp(browser)
    thief = house.browser()
    identify(thief, anna, at="/2fa")
    thief.submit("volgende")
    assert anna.code is not None
    page = thief.submit("volgende", activatiecode=anna.code)
    assert page.error == ("activation-code-used" if confirmed else "other-browser")
    with house.inside():
        (code,) = activation_codes.of_account(anna.id)
        assert code.window_ends_at == time.moment + 30 * MINUTE


def test_a_new_code_shuts_the_window_of_the_one_before(house: House, time: Standing) -> None:
    """The thief of a letter has opened the window; the Servicedesk sends a new one."""
    anna, thief = add_person(house, code=True), house.browser()
    to_the_methods(thief, anna)
    thief.submit("volgende", methode=["totp"])
    time.move(MINUTE)
    issue_code(house, anna)
    page = thief.submit("volgende", code=totp_code(thief.page.text("totp-geheim")))
    assert page.status in {409, 410}
    assert house.browser().get("/").name == "login"
    with house.inside():
        assert not activation_codes.of_account(anna.id)[1].method_confirmed_at
