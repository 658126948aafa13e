"""A passkey among what the browser fills in on the sign-in page (conditional mediation), in Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser

from tests.browser import demo_of_a_run
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.inspection import SMALLEST, Inspection
from tests.browser.people import People, Person
from tests.browser.security_key import Device
from tests.browser.test_security_keys import set_up_a_key, sign_in_with_it
from tests.browser.visitor import WIDE, Visitor
from tests.support import machine
from tests.support.run import Run


@pytest.fixture(scope="session")
def demo(run: Run) -> RunningDemo:
    """A demo whose sign-in page offers passkeys."""
    machine.any_browser()
    folder = run.folder / "demo-passkeys"
    run.once("demo-passkeys", lambda: demo_of_a_run.start(folder, run.lifeline, "--passkeys"))
    return demo_of_a_run.read(folder)


@pytest.fixture(scope="session")
def people(demo: RunningDemo) -> People:
    """People of that demo."""
    return People(demo, first_number=10_400_000)


@pytest.fixture
def visitor(browser: Browser, demo: RunningDemo) -> Iterator[Visitor]:
    """Somebody in Chromium at that demo, whose browser does not complain."""
    visitor = Visitor(browser, demo)
    yield visitor
    visitor.close()
    assert not visitor.complaints


def signed_in_before(visitor: Visitor, people: People) -> tuple[Person, Device]:
    """Somebody who signed in with a passkey in this browser; nobody touches the device now."""
    device = Device(visitor)
    device.plug_in(transport="internal", hasResidentKey=True)
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    visitor.press("afronden")
    device.answers(False)
    visitor.press("uitloggen")
    return person, device


def test_the_passkey_that_the_browser_offers_signs_in(visitor: Visitor, people: People) -> None:
    _person, device = signed_in_before(visitor, people)
    visitor.open("/")
    assert visitor.page.get_attribute("#gebruikersnaam", "autocomplete") == "username webauthn"
    assert visitor.page.locator("#volgende").is_visible()
    device.answers(
        True
    )  # from now on the person chooses it at once, and the device sees who that is
    visitor.open("/")
    visitor.page.wait_for_url("**/mijn/applicaties")
    visitor.is_at("portal")


def test_from_an_application_and_back_by_the_passkey_that_is_offered(
    visitor: Visitor, people: People
) -> None:
    _person, device = signed_in_before(visitor, people)
    visitor.open(visitor.demo.relying_party)
    device.answers(True)
    visitor.page.click("#inloggen")
    visitor.page.wait_for_selector("body[data-page=signed_in]")
    visitor.is_at("signed_in")


def test_a_device_that_does_not_see_who_it_is_loses_nothing_typed(
    visitor: Visitor, people: People
) -> None:
    person, device = signed_in_before(visitor, people)
    device.refuses_the_person()
    device.answers(True)
    visitor.open("/")
    visitor.fill(relatienummer=person.relatienummer, gebruikersnaam=person.gebruikersnaam)
    visitor.page.wait_for_timeout(500)
    visitor.is_at("login")
    assert visitor.page.input_value("#gebruikersnaam") == person.gebruikersnaam
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    device.is_sure_of_the_person()
    visitor.press("volgende")
    visitor.is_at("portal")


def test_who_types_the_password_after_all_signs_in_as_ever(
    visitor: Visitor, people: People
) -> None:
    person, device = signed_in_before(visitor, people)
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    device.answers(True)
    visitor.press("volgende")
    visitor.is_at("portal")


def test_in_a_browser_that_knows_nobody_the_script_asks_nothing(
    visitor: Visitor, people: People
) -> None:
    device = Device(visitor)
    device.plug_in(transport="internal", hasResidentKey=True)
    person = people.make(code=True)
    set_up_a_key(visitor, person)
    visitor.press("afronden")
    visitor.press("uitloggen")
    visitor.context.clear_cookies()
    visitor.open("/")
    assert visitor.page.get_attribute("#gebruikersnaam", "autocomplete") == "username"
    visitor.page.wait_for_timeout(300)
    visitor.is_at("login")
    sign_in_with_it(visitor, person)


def test_the_page_that_offers_it_looks_and_reads_as_ever(visitor: Visitor, people: People) -> None:
    visitor.context.add_init_script(AXE_SCRIPT)
    signed_in_before(visitor, people)
    visitor.open("/")
    assert visitor.page.get_attribute("#gebruikersnaam", "autocomplete") == "username webauthn"
    look = Inspection(visitor)
    assert [*look.words("nl"), *look.layout(SMALLEST, WIDE), *look.accessibility()] == []
    assert "passkey" not in visitor.text().lower()
