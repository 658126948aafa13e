"""A code that was read out by telephone is worth nothing elsewhere, and is no way to more tries or messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import credentials
from idp.clock import Standing
from tests.support.journeys import (
    LANDLINE,
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    house_of_this_worker,
    identify,
    to_the_methods,
    wrong_code,
)
from tests.support.pages import Page
from tests.support.run import Run

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


def asked(house: House, browser: Visitor, person: Person, kind: str = "voice") -> str:
    """A sign-in up to the code of that kind; the code that came."""
    identify(browser, person)
    return other_way(house, browser, kind)


def other_way(house: House, browser: Visitor, kind: str) -> str:
    """From the page with one's own methods, or from another method's, up to the code of that kind."""
    if browser.page.name != "choose-method" and browser.page.find("andere-methode") is not None:
        browser.submit("andere-methode")
    if browser.page.name == "choose-method":
        browser.submit("volgende", methode=kind)
    browser.submit("volgende")
    (newest, *_older) = house.phone()
    assert newest["channel"] == kind
    return newest["code"]


def refused(page: Page) -> None:
    assert (page.name, page.error) == ("second-factor", "code-invalid")


def test_a_called_code_works_once(house: House, time: Standing) -> None:
    anna, browser = add_person(house, landline=LANDLINE), house.browser()
    code = asked(house, browser, anna)
    step, token = browser.page, browser.token()
    assert browser.submit("volgende", code=code).name == "portal"
    assert browser.send("POST", step.address, code=code, csrf_token=token).error == "out-of-turn"


def test_a_called_code_belongs_to_its_own_sign_in(house: House, time: Standing) -> None:
    anna = add_person(house, landline=LANDLINE)
    one, other = house.browser(), house.browser()
    first = asked(house, one, anna)
    time.move(SECOND)
    second = asked(house, other, anna)
    assert first != second, "one in a million"
    refused(one.submit("volgende", code=second))
    refused(other.submit("volgende", code=first))
    assert one.submit("volgende", code=first).name == "portal"
    assert other.submit("volgende", code=second).name == "portal"


@pytest.mark.parametrize(("sent", "asked_for"), [("sms", "voice"), ("voice", "sms")])
def test_a_code_of_one_channel_is_no_answer_on_the_other_of_the_same_number_and_sign_in(
    house: House, time: Standing, sent: str, asked_for: str
) -> None:
    anna, browser = add_person(house, phone=PHONE, landline=PHONE), house.browser()
    one = asked(house, browser, anna, sent)
    time.move(SECOND)
    other = other_way(house, browser, asked_for)
    assert one != other, "one in a million"
    refused(browser.submit("volgende", code=one))
    assert browser.submit("volgende", code=other).name == "portal"


def test_a_code_that_sets_up_a_number_for_calls_is_no_second_step(
    house: House, time: Standing
) -> None:
    anna = add_person(house, landline=LANDLINE, code=True)
    setting_up, signing_in = house.browser(), house.browser()
    to_the_methods(setting_up, anna)
    setting_up.submit("volgende", methode=["voice"])
    setting_up.submit("volgende", telefoonnummer=LANDLINE)
    for_setting_up = house.newest_code()
    time.move(SECOND)
    for_signing_in = asked(house, signing_in, anna)
    assert for_setting_up != for_signing_in, "one in a million"
    refused(signing_in.submit("volgende", code=for_setting_up))
    page = setting_up.submit("volgende", code=for_signing_in)
    assert (page.name, page.error) == ("enrol-voice", "code-invalid")


def test_who_proved_a_mobile_number_has_not_proved_the_landline_that_is_called_instead(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms"])
    page = browser.submit("volgende", telefoonnummer=PHONE)
    mine = house.newest_code()
    time.move(SECOND)
    page = browser.send(
        "POST",
        page.address,
        csrf_token=browser.token(),
        actie="bel-mij",
        telefoonnummer=LANDLINE,
        code=mine,
        follow=True,
    )
    assert page.name == "enrol-voice"
    assert house.newest_code() != mine, "one in a million"
    page = browser.submit("volgende", code=mine)
    assert (page.name, page.error) == ("enrol-voice", "code-invalid")
    with house.inside():
        assert credentials.of_account(anna.id) == []


@pytest.mark.parametrize("button", ["volgende", "bel-mij"])
def test_a_wrong_code_costs_a_try_whichever_button_it_came_with(house: House, button: str) -> None:
    anna, browser = add_person(house, landline=LANDLINE), house.browser()
    code = asked(house, browser, anna)
    page = browser.page
    for left in (2, 1, 0):
        page = browser.send(
            "POST",
            page.address,
            csrf_token=browser.token(),
            actie=button,
            code=wrong_code(code),
        )
        assert page.error == ("code-invalid" if left else "code-attempts")
    assert browser.submit("volgende", code=code).error == "code-attempts"


def test_changing_the_channel_brings_no_new_tries(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE, landline=LANDLINE), house.browser()
    code = asked(house, browser, anna, "sms")
    for _ in range(3):
        browser.submit("volgende", code=wrong_code(code))
    time.move(SECOND)
    code = other_way(house, browser, "voice")
    refused(browser.submit("volgende", code=wrong_code(code)))
    page = browser.submit("volgende", code=wrong_code(code))
    assert (page.status, page.name, page.error) == (429, "error", "code-attempts")


def test_texts_and_calls_of_one_sign_in_are_counted_together(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE, landline=LANDLINE), house.browser()
    asked(house, browser, anna, "sms")
    other_way(house, browser, "voice")
    time.move(MINUTE)
    browser.submit("opnieuw")
    assert len(house.phone()) == 3
    browser.submit("andere-methode")
    browser.submit("volgende", methode="sms")
    assert browser.page.find("opnieuw") is None
    page = browser.send("POST", browser.page.address, actie="opnieuw", csrf_token=browser.token())
    assert (page.status, page.error) == (429, "sends-spent")
    assert len(house.phone()) == 3
    assert browser.go_on().name == "login", "no other method helps"


def test_texts_and_calls_to_one_account_share_the_budget_of_the_hour(
    house: House, time: Standing
) -> None:
    anna = add_person(house, phone=PHONE, landline=LANDLINE)
    browser = house.browser()
    for number in range(7):
        identify(browser, anna)
        browser.submit("volgende", methode=("sms", "voice")[number % 2])
        browser.submit("volgende")
        time.move(MINUTE)
    channels = [message["channel"] for message in house.phone()]
    assert sorted(channels) == ["sms", "sms", "sms", "voice", "voice"]


def test_nothing_in_a_request_changes_who_is_called(house: House) -> None:
    anna, browser = add_person(house, landline=LANDLINE), house.browser()
    page = identify(browser, anna)
    browser.send(
        "POST",
        page.address,
        csrf_token=browser.token(),
        actie="bel-mij",
        telefoonnummer="020 7654321",
    )
    assert [message["to"] for message in house.phone()] == ["+31201234567"]
