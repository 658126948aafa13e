"""Somebody who asked for as many codes as there are: no promise of another, no blame, and a way on that works."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp

from idp.clock import Standing
from idp.mfa import seeding
from tests.attacks.key_holders import asked, with_a_key
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    identify,
    second_step,
    set_up_totp,
    to_the_methods,
    totp_code,
)
from tests.support.pages import Page

MINUTE = timedelta(minutes=1)


def at_the_text(house: House, **more: bool) -> tuple[Person, Visitor]:
    """Somebody to whom one text was sent."""
    anna, browser = add_person(house, phone=PHONE, **more), house.browser()
    identify(browser, anna)
    if more:
        browser.submit("volgende", methode="sms")
    browser.submit("volgende")
    return anna, browser


def refused(page: Page) -> None:
    assert (page.name, page.error, page.status) == ("error", "sends-spent", 429), page
    assert page.text("kenmerk")
    assert "verkeerd" not in page.document.text, "nobody did anything wrong"


def test_a_page_of_before_the_last_text_sends_none_and_leads_to_a_new_sign_in(
    house: House, time: Standing
) -> None:
    anna, browser = at_the_text(house)
    old, token = browser.page.address, browser.token()
    for _ in range(2):
        time.move(MINUTE)
        browser.submit("opnieuw")
    time.move(MINUTE)
    page = browser.send("POST", old, actie="opnieuw", csrf_token=token)
    refused(page)
    assert "Retry-After" not in page.headers, "waiting does not help"
    assert "3 codes gevraagd" in page.text("foutmelding")
    assert len(house.phone()) == 3
    assert browser.go_on().name == "login"
    identify(browser, anna, at=None)
    time.move(MINUTE)
    assert browser.submit("opnieuw").error is None
    assert len(house.phone()) == 4, "signing in again begins a new count"
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def test_after_the_last_text_signing_in_again_is_one_press_away(
    house: House, time: Standing
) -> None:
    anna, browser = at_the_text(house)
    for _ in range(2):
        time.move(MINUTE)
        browser.submit("opnieuw")
    assert browser.submit("opnieuw-inloggen").name == "login"
    page = identify(browser, anna, at=None)
    assert second_step(house, browser, anna, page).name == "portal"


def test_when_the_hour_is_spent_the_page_says_until_when_and_sends_nothing(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    for _ in range(5):
        identify(browser, anna)
        page = browser.submit("volgende")
        time.move(MINUTE)
    assert page.find("opnieuw") is None
    assert re.search(r"Dat kan weer om \d\d\.\d\d uur", page.text("geen-codes-meer"))
    identify(browser, anna)
    refused(browser.submit("volgende"))
    assert browser.go_on().name == "second-factor"
    time.move(55 * MINUTE)
    browser.get(browser.page.address)
    if browser.page.name != "second-factor":
        identify(browser, anna)
    browser.submit("volgende")
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def test_three_numbers_that_were_wrong_leave_first_set_up_another_way(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode="sms")
    for last in (1, 2, 3):
        page = browser.submit("volgende", telefoonnummer=f"06 1234567{last}")
        assert page.find("code") is not None
        if last < 3:
            browser.submit("ander-nummer")
    assert page.find("ander-nummer") is None, "another number would get nothing"
    assert len(house.phone()) == 3
    page = browser.send("POST", page.address, actie="opnieuw", csrf_token=browser.token())
    refused(page)
    assert browser.go_on().name == "choose-methods"
    browser.submit("volgende", methode="totp")
    set_up_totp(browser)
    assert browser.submit("afronden").name == "portal"


def test_who_has_another_method_is_led_to_it(house: House, time: Standing) -> None:
    anna, browser = at_the_text(house, totp=True)
    old, token = browser.page.address, browser.token()
    for _ in range(2):
        time.move(MINUTE)
        browser.submit("opnieuw")
    assert "Kies een andere methode of log opnieuw in" in browser.page.text("geen-codes-meer")
    page = browser.send("POST", old, actie="opnieuw", csrf_token=token)
    refused(page)
    assert page.text("volgende") == "Andere methode kiezen"
    assert browser.go_on().name == "choose-method"
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"


def test_beginning_again_brings_no_more_texts_than_the_hour_has(
    house: House, time: Standing
) -> None:
    anna, browser = at_the_text(house)
    sign_in = browser.page.address.partition("/stap/")[0]
    for _ in range(12):
        time.move(2 * MINUTE)
        token = browser.token()
        browser.send("POST", f"{sign_in}/stap/sms", actie="opnieuw", csrf_token=token)
        browser.get(sign_in)
        if browser.page.name == "second-factor":
            browser.send(
                "POST", f"{sign_in}/stap/sms", actie="opnieuw-inloggen", csrf_token=browser.token()
            )
            browser.get(sign_in)
        identify(browser, anna, at=None)
    assert len(house.phone()) == 5


# --- a key that fails, where nothing else can be chosen ---------------------------------------------------------------


def test_a_key_that_fails_gives_no_advice_that_cannot_be_followed(house: House) -> None:
    anna, _key = with_a_key(house)
    browser, _options = asked(house, anna)
    page = browser.submit("volgende")
    assert page.error == "key-failed"
    assert "andere methode" not in page.text("foutmelding")
    advice = page.text("sleutel-werkt-niet")
    assert "Bel de Servicedesk" in advice
    assert "andere methode" not in advice


def test_where_only_a_key_will_do_the_page_says_so_and_promises_no_way_around_it(
    house: House,
) -> None:
    anna, _key = with_a_key(house)
    secret = pyotp.random_base32(32)
    with house.inside():
        seeding.add_totp(account_of(anna), secret)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(secret)).name == "portal"
    browser.get("/mijn/beveiliging")
    page = browser.submit("methode-toevoegen")  # a new key, for who has one, asks for that one
    assert page.address.endswith("/stap/webauthn")
    page = browser.submit("volgende")
    assert page.error == "key-failed"
    assert "andere methode" not in page.text("foutmelding")
    advice = page.text("sleutel-werkt-niet")
    assert "Uw andere methode is hier niet genoeg" in advice
    assert "Bel de Servicedesk" in advice
