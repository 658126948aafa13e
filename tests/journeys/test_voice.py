"""The telephone call: set up, signed in with, and offered by itself to who gives a landline for texts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.accounts import credentials, sessions
from idp.clock import Standing
from tests.support.journeys import (
    LANDLINE,
    PHONE,
    House,
    Visitor,
    add_person,
    identify,
    open_house,
    set_up_totp,
    sign_in,
    to_the_methods,
)
from tests.support.pages import Page

SECOND = timedelta(seconds=1)


def at_the_number_for_texts(house: House, *kinds: str) -> Visitor:
    """First set-up, up to the page that asks for a number for texts."""
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms", *kinds])
    return browser


def sending(page: Page) -> list[bool]:
    """Whether the page asks for a number, and whether for a code with a button for another."""
    return [page.find(one) is not None for one in ("telefoonnummer", "code", "opnieuw")]


def test_a_landline_is_set_up_for_calls_and_nobody_is_called_before_it_is_given(
    house: House,
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    page = browser.submit("volgende", methode=["voice"])
    assert (page.name, sending(page)) == ("enrol-voice", [True, False, False])
    assert house.phone() == []
    page = browser.submit("volgende", telefoonnummer="(020) 123 45 67")
    assert (page.name, sending(page)) == ("enrol-voice", [False, True, True])
    assert "020 ••• •• 67" in page.document.text
    (call,) = house.phone()
    assert (call["channel"], call["to"]) == ("voice", "+31201234567")
    assert set(call) == {"channel", "to", "text", "code", "sent_at"}
    assert browser.submit("volgende", code=call["code"]).name == "enrolment-done"
    assert "Gesproken bericht" in browser.page.document.text
    assert browser.submit("afronden").name == "portal"


def test_with_a_call_alone_somebody_signs_in_and_is_called_only_when_they_ask(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, landline=LANDLINE), house.browser()
    page = identify(browser, anna)
    assert (page.name, sending(page)) == ("second-factor", [False, False, False])
    assert "Wij bellen 020 ••• •• 67" in page.document.text
    assert house.phone() == []
    page = browser.submit("volgende")
    assert sending(page) == [False, True, True]
    assert "Wij bellen u nu op 020 ••• •• 67" in page.document.text
    time.move(30 * SECOND)
    assert "gebeld op 020 ••• •• 67" in browser.get(page.address).document.text
    assert len(house.phone()) == 1
    page = browser.submit("opnieuw")
    assert (page.error, len(house.phone())) == (None, 2)
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


@pytest.mark.parametrize(("kind", "way"), [("sms", "sms"), ("voice", "tel")])
def test_a_proof_says_by_which_way_the_code_came(house: House, kind: str, way: str) -> None:
    anna = add_person(house, **{"phone" if kind == "sms" else "landline": PHONE})
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende")
    browser.submit("volgende", code=house.newest_code())
    with house.inside():
        (session,) = sessions.of_account(anna.id)
        proofs = {each["kind"]: each["amr"] for each in session.proofs}
        assert proofs[kind] == [way, "otp"]


@pytest.mark.parametrize(
    ("switch", "before", "after", "warning"),
    [
        (None, "Toets 1 om uw code te horen.", "Uw code is: ", "nooit aan iemand anders"),
        ("English", "Press 1 to hear your code.", "Your code is: ", "Never give this code"),
    ],
)
def test_the_call_speaks_the_language_of_the_page_and_keeps_the_code_until_a_key_is_pressed(
    house: House, switch: str | None, before: str, after: str, warning: str
) -> None:
    anna, browser = add_person(house, landline=LANDLINE), house.browser()
    identify(browser, anna)
    if switch:
        browser.click(switch)
    browser.submit("volgende")
    first, second = house.phone()[0]["text"].split("\n")
    assert first.endswith(before)
    assert second.startswith(after)
    assert warning in second


def test_the_demo_phone_shows_a_call_as_a_call_with_the_code_behind_the_key(house: House) -> None:
    anna, browser = add_person(house, landline=LANDLINE), house.browser()
    identify(browser, anna)
    browser.submit("volgende")
    (call,) = house.phone()
    page = house.browser().get("/demo/telefoon")
    (key,) = page.document.descendants("details")
    assert "Toets 1" in key.text
    assert call["code"] in key.text
    assert page.document.text.count(call["code"]) == 1
    assert "Telefoontje" in page.document.text


def test_app_text_and_call_are_set_up_one_after_another_each_with_its_own_number(
    house: House,
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    assert browser.submit("volgende", methode=["voice", "sms", "totp"]).name == "enrol-totp"
    _secret, page = set_up_totp(browser)
    assert page.name == "enrol-sms"
    browser.submit("volgende", telefoonnummer=PHONE)
    assert browser.submit("volgende", code=house.newest_code()).name == "enrol-voice"
    browser.submit("volgende", telefoonnummer=LANDLINE)
    page = browser.submit("volgende", code=house.newest_code())
    assert page.name == "enrolment-done"
    browser.submit("afronden")
    text = browser.get("/mijn/beveiliging").document.text
    assert [one in text for one in ("Authenticator-app", "06 •• •• •• 78", "020 ••• •• 67")] == [
        True, True, True,
    ]  # fmt: skip
    again = identify(house.browser(), anna)
    assert list(again.choices("methode")) == ["totp", "sms", "voice"]
    assert "Wij bellen 020 ••• •• 67" in again.document.text


def test_a_second_number_for_calls_replaces_the_first_and_leaves_the_one_for_texts(
    house: House,
) -> None:
    anna = add_person(house, phone=PHONE, landline=LANDLINE, code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["voice"])
    browser.submit("volgende", telefoonnummer="088 711 4888")
    browser.submit("volgende", code=house.newest_code())
    with house.inside():
        own = credentials.of_account(anna.id)
        assert [each.kind for each in own] == ["sms", "voice"]
        assert credentials.secret_of(own[1]) == "+31887114888"


# --- a landline that was given for texts -----------------------------------------------------------------------------


def test_a_landline_given_for_texts_is_called_after_one_press(house: House) -> None:
    browser = at_the_number_for_texts(house)
    page = browser.submit("volgende", telefoonnummer=LANDLINE)
    assert (page.name, page.status, page.error) == ("enrol-sms", 422, "number-not-mobile")
    assert page.field_error("telefoonnummer")
    assert page.value("telefoonnummer") == LANDLINE
    assert house.phone() == []
    page = browser.submit("bel-mij")
    assert (page.name, page.error, sending(page)) == ("enrol-voice", None, [False, True, True])
    (call,) = house.phone()
    assert (call["channel"], call["to"]) == ("voice", "+31201234567")
    page = browser.submit("volgende", code=call["code"])
    assert page.name == "enrolment-done"
    assert "Sms" not in page.document.text
    assert browser.submit("afronden").name == "portal"


def test_the_call_takes_the_place_of_the_text_and_is_not_set_up_twice(house: House) -> None:
    browser = at_the_number_for_texts(house, "voice")
    browser.submit("volgende", telefoonnummer=LANDLINE)
    assert browser.submit("bel-mij").name == "enrol-voice"
    assert browser.submit("volgende", code=house.newest_code()).name == "enrolment-done"


def test_a_number_that_was_spoilt_before_the_press_is_asked_again_on_the_page_for_calls(
    house: House,
) -> None:
    browser = at_the_number_for_texts(house)
    browser.submit("volgende", telefoonnummer=LANDLINE)
    page = browser.submit("bel-mij", telefoonnummer="0900 1234567")
    assert (page.name, page.status, page.error) == ("enrol-voice", 422, "number-invalid")
    assert page.value("telefoonnummer") == "0900 1234567"
    assert house.phone() == []
    assert browser.submit("volgende", telefoonnummer=LANDLINE).error is None
    assert browser.submit("volgende", code=house.newest_code()).name == "enrolment-done"


@pytest.mark.parametrize("typed", ["0900 1234567", "085 123 4567", "hallo", ""])
def test_no_call_is_offered_to_a_number_that_is_not_called_either(house: House, typed: str) -> None:
    browser = at_the_number_for_texts(house)
    page = browser.submit("volgende", telefoonnummer=typed)
    assert page.error is not None
    assert page.find("bel-mij") is None


def test_without_a_gateway_for_calls_they_are_neither_offered_nor_made(
    time: Standing, database_url: str, tmp_path: Path
) -> None:
    house = open_house(database_url, tmp_path, voice_gateway=None)
    anna, browser = add_person(house, code=True), house.browser()
    assert "voice" not in to_the_methods(browser, anna).choices("methode")
    browser.submit("volgende", methode=["sms"])
    page = browser.submit("volgende", telefoonnummer=LANDLINE)
    assert (page.error, page.find("bel-mij")) == ("number-not-mobile", None)
    forged = browser.send(
        "POST",
        page.address,
        csrf_token=browser.token(),
        actie="bel-mij",
        telefoonnummer=LANDLINE,
    )
    assert (forged.name, forged.error) == ("enrol-sms", "number-not-mobile")
    assert house.phone() == []
    bram = add_person(house, "bram", phone=PHONE, landline=LANDLINE)
    assert sign_in(house, house.browser(), bram).name == "portal"
