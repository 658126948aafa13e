"""The manual's introduction, sentence by sentence in Chromium: what two steps are, and what somebody needs."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import tours, walks
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.browser.sights import Sight, seen_along
from tests.browser.visitor import Visitor

SERVICEDESK = ("088 - 711 4888", "wmoservicedesk@hetcak.nl", "Op werkdagen van 9.00 tot 13.00 uur")


@pytest.fixture(scope="module")
def set_up(browser: Browser, demo: RunningDemo, people: People) -> dict[str, Sight]:
    """First set-up from `/2fa` to the methods."""
    return seen_along(tours.first_set_up, browser, demo, people)


def test_there_is_a_manual_for_setting_up_and_one_for_signing_in(
    visitor: Visitor, people: People
) -> None:
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    visitor.open("/mijn/handleidingen")
    titles = visitor.page.locator(".mcz-app h2, .mcz-app h3").all_inner_texts()
    assert {"Twee-staps verificatie instellen", "Inloggen in 2 stappen"} <= set(titles)


def test_besides_name_and_password_a_code_is_asked(visitor: Visitor, people: People) -> None:
    person = people.make(totp=True)
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    assert "Stap 2 van 2" in visitor.text()
    assert visitor.page.locator("#code").is_visible()


def test_the_extra_layer_holds_a_password_alone_opens_nothing(
    visitor: Visitor, people: People
) -> None:
    person = people.make(totp=True)
    visitor.open("/")
    visitor.sign_in(person)
    for address in ("/mijn/applicaties", "/mijn/beveiliging", "/mijn/handleidingen"):
        visitor.open(address)
        visitor.is_at("login")
        assert person.name not in visitor.text()


def test_two_steps_have_to_be_set_up_before_one_can_sign_in(
    visitor: Visitor, people: People
) -> None:
    visitor.open("/")
    visitor.sign_in(people.make(code=True))
    visitor.is_at("activation-intro")
    visitor.open("/")
    visitor.sign_in(people.make())
    visitor.is_at("error", "no-method")


def test_a_telephone_fixed_or_mobile_a_smartphone_or_a_tablet_will_do(
    visitor: Visitor, people: People
) -> None:
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.page.evaluate(
        "() => document.querySelectorAll('details').forEach(one => one.open = true)"
    )
    assert "U hebt een smartphone of tablet nodig" in visitor.text()
    assert "Werkt op elke mobiele telefoon" in visitor.text()
    assert "Dat kan op een vaste of een mobiele telefoon" in visitor.text()


def test_four_things_are_asked_number_name_password_and_activation_code(
    set_up: dict[str, Sight],
) -> None:
    assert set_up["activeren-inloggen"].fields == ("relatienummer", "gebruikersnaam", "wachtwoord")
    assert set_up["activatiecode"].fields == ("activatiecode",)
    assert "uw activatiecode" in set_up["activeren-begin"].text
    assert "uw telefoon" in set_up["activeren-begin"].text


def test_the_activation_code_is_valid_for_21_days(visitor: Visitor, demo: RunningDemo) -> None:
    account = next(one for one in demo.accounts if one["purpose"] == "expired-code")
    tours.enter_a_code(visitor, account, account["activatiecode"])
    visitor.is_at("error", "activation-code-expired")
    assert "Een activatiecode werkt 21 dagen." in visitor.text()


def test_who_misses_something_finds_number_address_and_hours_of_the_servicedesk(
    set_up: dict[str, Sight],
) -> None:
    for name, sight in set_up.items():
        for each in SERVICEDESK:
            assert each in sight.text, name
