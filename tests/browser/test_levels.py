"""The demo application's pages, each with a level of its own, in Chromium: only what is missing is asked."""

from __future__ import annotations

from datetime import timedelta

from tests.browser import walks
from tests.browser.people import People, Person
from tests.browser.visitor import Visitor

LOW = "http://eidas.europa.eu/LoA/low"
SUBSTANTIAL = "http://eidas.europa.eu/LoA/substantial"


def enter(visitor: Visitor, page: str) -> None:
    """Open a page of the application, find it closed, and go in."""
    visitor.open(f"{visitor.demo.relying_party}/{page}")
    visitor.is_at("door_closed")
    visitor.press("inloggen")


def is_open(visitor: Visitor, page: str, acr: str) -> None:
    visitor.is_at("door_open")
    assert visitor.page.url == f"{visitor.demo.relying_party}/{page}"
    assert visitor.page.locator("#acr").inner_text() == acr


def with_a_password(visitor: Visitor, person: Person) -> None:
    enter(visitor, "laag")
    visitor.is_at("login")
    visitor.sign_in(person)
    is_open(visitor, "laag", LOW)


def test_from_a_password_to_a_second_step_and_on_to_the_portal(
    visitor: Visitor, people: People
) -> None:
    person = people.make(totp=True)
    with_a_password(visitor, person)
    enter(visitor, "substantieel")
    walks.take_the_step(visitor, person, "totp")
    is_open(visitor, "substantieel", SUBSTANTIAL)
    visitor.open(f"{visitor.demo.relying_party}/vers")
    is_open(visitor, "vers", SUBSTANTIAL)
    visitor.open("/")
    visitor.is_at("portal")


def test_the_portal_asks_the_step_that_a_password_left_out(
    visitor: Visitor, people: People
) -> None:
    person = people.make(sms=True)
    with_a_password(visitor, person)
    visitor.open("/")
    walks.take_the_step(visitor, person, "sms")
    visitor.is_at("portal")


def test_without_a_key_the_page_that_asks_one_leads_nowhere_else(
    visitor: Visitor, people: People
) -> None:
    """Where keys are offered our page says how to get one; where none are, the application hears it."""
    person = people.make(totp=True)
    with_a_password(visitor, person)
    enter(visitor, "phr")
    if visitor.hook("error") == "key-needed":
        visitor.press("volgende")
        walks.take_the_step(visitor, person, "totp")
        visitor.is_at("choose-methods")
        visitor.press("stoppen")
    visitor.is_at("problem", "unmet_authentication_requirements")
    visitor.open(f"{visitor.demo.relying_party}/laag")
    is_open(visitor, "laag", LOW)


def test_the_api_is_read_after_a_fresh_step(visitor: Visitor, people: People) -> None:
    person = people.make(totp=True)
    walks.sign_in_here(visitor, person, "totp")
    people.signed_in_before(person, timedelta(minutes=9))
    visitor.open(f"{visitor.demo.relying_party}/gegevens")
    visitor.press("inloggen")
    visitor.is_at("api")
    visitor.press("ophalen")  # the API challenges, and the page goes for what it asks
    walks.sign_in(visitor, person, "totp")
    visitor.is_at("api")
    visitor.press("ophalen")
    assert visitor.page.locator("#berichten li").count() == 2
