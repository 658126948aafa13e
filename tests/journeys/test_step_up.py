"""More is asked of somebody who is signed in: by the portal, and by an application. Only what is missing is asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.assurance import Level
from idp.audit import Event
from idp.clock import Standing
from tests.protocol.relying_party import LOW, SUBSTANTIAL, Provider, RelyingParty
from tests.support.journeys import PHONE, House, Person, Visitor, identify, second_step, sign_in
from tests.support.pages import Page
from tests.support.run import Run

MINUTE = timedelta(minutes=1)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def acr_of(shop: RelyingParty, page: Page) -> str:
    token = shop.redeem(shop.answer(page)["code"]).get_json()["id_token"]
    return str(shop.verified(token)["acr"])


def with_a_password(shop: RelyingParty, browser: Visitor, person: Person) -> Page:
    """Sign in at an application that is content with that."""
    shop.visit(browser)
    return identify(browser, person, at=None)


def test_from_a_password_to_two_steps_and_to_the_portal(provider: Provider, house: House) -> None:
    shop = provider.application(level=Level.LAAG)
    anna, browser = provider.person(totp=True), provider.browser()
    assert acr_of(shop, with_a_password(shop, browser, anna)) == LOW
    page = shop.visit(browser, acr_values=SUBSTANTIAL)
    assert page.name == "second-factor", "the password is not asked again"
    assert acr_of(shop, second_step(house, browser, anna, page)) == SUBSTANTIAL
    assert browser.get("/").name == "portal", "and the portal has nothing more to ask"
    assert acr_of(shop, shop.visit(browser)) == SUBSTANTIAL


@pytest.mark.parametrize("where", ["/", "/mijn/applicaties", "/mijn/beveiliging"])
def test_the_portal_asks_the_second_step_of_who_came_in_with_a_password(
    provider: Provider, house: House, where: str
) -> None:
    shop = provider.application(level=Level.LAAG)
    anna, browser = provider.person(totp=True), provider.browser()
    with_a_password(shop, browser, anna)
    page = browser.get(where)
    assert page.name == "second-factor"
    arrived = second_step(house, browser, anna, page).name
    assert arrived == ("security" if where.endswith("beveiliging") else "portal")


def test_a_password_opens_nothing_for_who_has_no_method(provider: Provider, house: House) -> None:
    shop = provider.application(level=Level.LAAG)
    nobody, waiting = provider.person("zonder"), provider.person("nieuw", code=True)
    assert with_a_password(shop, provider.browser(), nobody).error == "no-method"
    assert with_a_password(shop, provider.browser(), waiting).name == "activation-intro"


def test_a_sign_in_that_was_stopped_proved_nothing(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.application(), provider.person(totp=True, phone=PHONE)
    browser = provider.browser()
    shop.visit(browser)
    sign_in(house, browser, anna, at=None)
    time.move(4 * MINUTE)
    shop.visit(
        browser, prompt="login"
    )  # only the password is taken, then the person thinks better of it
    identify(browser, anna, at=None)
    browser.submit("stoppen")
    time.move(2 * MINUTE)
    page = shop.visit(browser, max_age="300")
    assert page.name == "login"
    page = identify(browser, anna, at=None)
    assert page.name == "choose-method"
    assert acr_of(shop, second_step(house, browser, anna, page)) == SUBSTANTIAL


def test_a_new_sign_in_shows_whose_it_is_and_how_to_be_somebody_else(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.application(), provider.person(totp=True)
    browser = provider.browser()
    shop.visit(browser)
    sign_in(house, browser, anna, at=None)
    time.move(MINUTE)
    page = shop.visit(browser, prompt="login")
    assert (page.value("relatienummer"), page.value("gebruikersnaam")) == (
        anna.relation,
        anna.username,
    )
    assert "U bent al ingelogd." in page.document.text
    assert page.links["Log dan eerst uit"].endswith("/uitloggen")
    assert browser.click("English").links["Then sign out first"].endswith("/uitloggen")
    other = shop.visit(browser, prompt="select_account")
    assert not other.value("gebruikersnaam")


def test_too_low_an_enrolment_is_told_with_a_way_back_to_the_application(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(), provider.person(level=Level.LAAG, totp=True)
    browser = provider.browser()
    shop.visit(browser)
    page = sign_in(house, browser, anna, at=None)
    assert (page.status, page.error) == (403, "level-unreachable")
    answer = shop.answer(browser.click("Terug naar de applicatie"))
    assert answer["error"] == "unmet_authentication_requirements"
    told = provider.events(Event.AUTHORIZATION_REFUSED)[-1]
    assert told.details["error"] == "unmet_authentication_requirements"


def test_without_a_grant_there_is_a_way_back_too(provider: Provider, house: House) -> None:
    shop, _other = provider.application(), provider.application("andere")
    anna, browser = provider.person("j.devries", "andere", totp=True), provider.browser()
    shop.visit(browser)
    assert sign_in(house, browser, anna, at=None).error == "no-access"
    answer = shop.answer(browser.click("Terug naar de applicatie"))
    assert answer["error"] == "access_denied"
