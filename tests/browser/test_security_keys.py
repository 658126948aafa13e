"""Passkeys and security keys in Chromium, with an authenticator that the browser itself plays."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser import walks
from tests.browser.conftest import Arrive
from tests.browser.inspection import SMALLEST, Inspection
from tests.browser.people import People, Person
from tests.browser.security_key import Device, cancel_every_prompt
from tests.browser.visitor import WIDE, Visitor


@pytest.fixture
def device(visitor: Visitor) -> Device:
    """The visitor's own key."""
    device = Device(visitor)
    device.plug_in()
    return device


def set_up_a_key(visitor: Visitor, person: Person) -> None:
    """From `/2fa` to *Instellen afgerond*, with nothing but a key."""
    walks.up_to_the_methods(visitor, person)
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.is_at("enrol-webauthn")
    visitor.press("volgende")
    visitor.is_at("enrolment-done")


def sign_in_with_it(visitor: Visitor, person: Person) -> None:
    """From `/` to the portal."""
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    visitor.press("volgende")
    visitor.is_at("portal")


@pytest.mark.parametrize("kind", ["security key", "passkey", "old key"])
def test_a_key_is_set_up_and_signs_in(visitor: Visitor, people: People, kind: str) -> None:
    device = Device(visitor)
    device.plug_in(
        **{
            "security key": {},
            "passkey": {
                "transport": "internal", "defaultBackupEligibility": True, "defaultBackupState": True,
            },
            "old key": {"protocol": "u2f", "hasResidentKey": False, "hasUserVerification": False},
        }[kind]
    )  # fmt: skip
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    assert "‘Passkey 1’" in visitor.text()
    visitor.press("afronden")
    visitor.is_at("portal")
    for _ in range(2):
        visitor.press("uitloggen")
        sign_in_with_it(visitor, person)
    assert len(device.keys()) == 1
    assert device.keys()[0]["signCount"] > 1


def test_from_an_application_and_back_with_a_key(
    visitor: Visitor, people: People, device: Device
) -> None:
    """The real policy lets the form through that the script sends, and the redirects behind it."""
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    visitor.press("afronden")
    visitor.press("uitloggen")
    visitor.open(visitor.demo.relying_party)
    visitor.press("inloggen")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    visitor.press("volgende")
    visitor.is_at("signed_in")


def test_two_keys_have_names_and_either_signs_in(
    visitor: Visitor, people: People, device: Device
) -> None:
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    visitor.press("nog-een-methode")
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.fill(sleutelnaam="Laptop kantoor")
    visitor.press("volgende")  # the same device again: the browser says that it has a key here
    visitor.is_at("enrol-webauthn", "key-known")
    assert visitor.page.input_value("#sleutelnaam") == "Laptop kantoor"
    device.unplug()
    device.plug_in()
    visitor.press("volgende")
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.open("/mijn/beveiliging")
    methods = visitor.page.locator("[aria-labelledby=methoden] li").all_inner_texts()
    assert ["‘Passkey 1’" in methods[0], "‘Laptop kantoor’" in methods[1]] == [True, True]
    visitor.press("uitloggen")
    sign_in_with_it(visitor, person)  # with the second one; the first is not plugged in
    assert device.keys()[0]["signCount"] > 1


def test_a_prompt_that_fails_shows_the_page_again_and_can_be_tried_again(
    visitor: Visitor, people: People, device: Device
) -> None:
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    visitor.press("afronden")
    visitor.press("uitloggen")
    visitor.open("/")
    visitor.sign_in(person)
    for _ in range(2):
        cancel_every_prompt(visitor)
        visitor.press("volgende")
        visitor.is_at("second-factor", "key-failed")
        assert "Het is niet gelukt met uw passkey" in visitor.problem()
        assert visitor.focused() == "foutmelding"
    visitor.press("volgende")
    visitor.is_at("portal")


def test_setting_up_that_is_cancelled_leaves_every_way_open(
    visitor: Visitor, people: People, device: Device
) -> None:
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("webauthn")
    visitor.press("volgende")
    cancel_every_prompt(visitor)
    visitor.press("volgende", sleutelnaam="Laptop kantoor")
    visitor.is_at("enrol-webauthn", "key-not-made")
    assert visitor.page.input_value("#sleutelnaam") == "Laptop kantoor"
    visitor.press("andere-methode")
    visitor.is_at("choose-methods")
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.press("volgende")
    visitor.is_at("enrolment-done")


def test_a_wrong_finger_signs_nobody_in(visitor: Visitor, people: People, device: Device) -> None:
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    visitor.press("afronden")
    visitor.press("uitloggen")
    device.refuses_the_person()
    visitor.open("/")
    visitor.sign_in(person)
    visitor.press("volgende")
    visitor.is_at("second-factor", "key-failed")


def test_a_page_that_waited_too_long_asks_no_key_and_shows_itself_anew(
    visitor: Visitor, people: People, device: Device
) -> None:
    """A key that was made for a challenge that counts no more would lie on the device for nothing."""
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.page.evaluate("() => { const now = Date.now; Date.now = () => now() + 301_000 }")
    visitor.press("volgende")
    visitor.is_at("enrol-webauthn", "key-not-made")
    assert device.keys() == []
    visitor.press("volgende")
    visitor.is_at("enrolment-done")


def test_another_method_can_be_chosen_while_the_device_asks(
    visitor: Visitor, people: People
) -> None:
    device = Device(visitor)
    device.plug_in(automaticPresenceSimulation=False)  # nobody touches it
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.page.click("#volgende")
    assert visitor.page.locator("#volgende").get_attribute("aria-disabled") == "true"
    visitor.press("andere-methode")
    visitor.is_at("choose-methods")


def test_it_needs_no_mouse(visitor: Visitor, people: People, device: Device) -> None:
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.page.focus("#sleutelnaam")
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")
    visitor.is_at("enrolment-done")


def test_without_a_script_another_method_is_the_way_on(arrive: Arrive, people: People) -> None:
    visitor = arrive(java_script_enabled=False)
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("totp", "webauthn")
    visitor.press("volgende")
    walks.set_up(visitor, person, "totp")
    visitor.is_at("enrol-webauthn")
    assert "Een passkey werkt alleen als JavaScript aan staat" in visitor.text()
    assert not visitor.page.locator("#volgende").is_visible()
    assert not visitor.page.locator("#sleutelnaam").is_visible()
    assert "nl-button--primary" in (
        visitor.page.locator("#andere-methode").get_attribute("class") or ""
    )
    visitor.press("andere-methode")
    visitor.is_at("choose-methods")
    visitor.press("stoppen")
    visitor.is_at("enrolment-done")


def test_a_browser_without_keys_says_so(arrive: Arrive, people: People) -> None:
    visitor = arrive()
    visitor.context.add_init_script("delete window.PublicKeyCredential")
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.is_at("enrol-webauthn")
    assert "Deze browser werkt niet met passkeys" in visitor.text()
    assert "JavaScript" not in visitor.text()
    assert not visitor.page.locator("#volgende").is_visible()
    visitor.press("andere-methode")
    visitor.is_at("choose-methods")


def test_the_pages_as_they_are_without_a_script_are_accessible_and_fit_a_small_screen(
    visitor: Visitor, people: People
) -> None:
    """With a script a tour comes past them. axe-core needs one too, so what ours did is undone."""
    visitor.context.add_init_script(AXE_SCRIPT)
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.page.evaluate(AS_WITHOUT_A_SCRIPT)
    look = Inspection(visitor)
    assert [*look.words("nl"), *look.layout(SMALLEST, WIDE), *look.accessibility()] == []


AS_WITHOUT_A_SCRIPT = """() => {
    document.querySelector('[data-no-key]').hidden = false;
    for (const one of document.querySelectorAll('[data-with-key]')) one.hidden = true;
    document.querySelector('#andere-methode').className = 'nl-button nl-button--primary';
}"""
