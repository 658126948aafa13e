"""Firefox at a sign-in page that offers passkeys: who has none at hand there signs in as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from idp.accounts import credentials, directory
from idp.cli.work import at_work, settings_of
from tests.browser import test_passkey_autofill, walks
from tests.browser.bidi import Bidi
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.firefox_visitor import FirefoxVisitor
from tests.browser.people import ACTOR, People, Person

KEYED = "__Host-idp_keyed"

#: The one whose sign-in page offers passkeys.
demo = test_passkey_autofill.demo


@pytest.fixture(scope="session")
def people(demo: RunningDemo) -> People:
    """People of that demo."""
    return People(demo, first_number=10_410_000)


@pytest.fixture
def visitor(open_firefox: Callable[[bool], Bidi], demo: RunningDemo) -> Iterator[FirefoxVisitor]:
    """Somebody in Firefox at that demo, whose browser does not complain."""
    visitor = FirefoxVisitor(open_firefox(True), demo)
    yield visitor
    visitor.close()
    assert not visitor.complaints


def has_a_key_elsewhere(demo: RunningDemo, person: Person) -> None:
    """Give somebody a key that this browser cannot ask for."""
    with at_work(settings_of(demo.environment)):
        account = directory.find_account(person.relatienummer, person.gebruikersnaam)
        key = credentials.begin(account.id, "webauthn", "elsewhere", "{}", label="Sleutel thuis")
        assert credentials.confirm(key, replaces_kind=False, actor=ACTOR)


def test_where_the_page_offers_a_passkey_the_fields_still_sign_in(
    visitor: FirefoxVisitor, people: People, demo: RunningDemo
) -> None:
    person = people.make(totp=True)
    has_a_key_elsewhere(demo, person)
    visitor.open("/")
    assert visitor.attribute("#gebruikersnaam", "autocomplete") == "username"
    walks.sign_in(visitor, person, "totp", several=True)
    visitor.is_at("portal")
    assert KEYED in visitor.cookies()
    visitor.press("uitloggen")
    visitor.open("/")
    visitor.is_at("login")
    assert visitor.attribute("#gebruikersnaam", "autocomplete") == "username webauthn"
    visitor.hear_out()  # the script of the page has asked the browser by now
    visitor.is_at("login")
    visitor.press(
        "volgende",
        relatienummer=person.relatienummer,
        gebruikersnaam=person.gebruikersnaam,
        wachtwoord="verkeerd",
    )
    visitor.is_at("login", "login-failed")
    visitor.sign_in(person)
    visitor.is_at("choose-method")
    visitor.choose("totp")
    visitor.press("volgende")
    walks.take_the_step(visitor, person, "totp")
    visitor.is_at("portal")
