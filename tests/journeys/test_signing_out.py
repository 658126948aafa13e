"""Signing out here: what the page says about the applications, which are not told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.clock import Standing
from tests.protocol.relying_party import Provider
from tests.support.journeys import House, Visitor, add_person, identify, sign_in
from tests.support.pages import Page
from tests.support.run import Run


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys and applications."""
    return Provider.of(house, run)


def still_signed_in(page: Page) -> list[str]:
    """The applications where the page says that one may still be signed in."""
    assert page.name == "logged-out"
    return [
        paragraph.text.removeprefix("Bij ").partition(" bent u misschien nog ingelogd.")[0]
        for paragraph in page.document.descendants("p")
        if "bent u misschien nog ingelogd. Log daar zelf uit." in paragraph.text
    ]


def signed_in_at(provider: Provider, *applications: str | None) -> Visitor:
    """Somebody's browser, with a code for each of these applications."""
    shops = [provider.application(each) for each in applications]
    browser = provider.browser(provider.person("j.devries", *filter(None, applications)))
    for shop in shops:
        shop.tokens(browser)
    return browser


def test_the_page_names_the_applications_that_the_session_gave_a_code(provider: Provider) -> None:
    browser = signed_in_at(provider, "wmo", "huur", None)
    provider.application("ongebruikt")
    browser.get("/uitloggen")
    page = browser.submit("uitloggen")
    assert page.status == 200
    assert still_signed_in(page) == ["Client of None", "Huur", "Wmo"]
    assert "en bij uw applicaties" not in page.html
    assert still_signed_in(browser.get("/uitgelogd")) == []
    assert still_signed_in(browser.get("/uitloggen")) == []


def test_two_clients_of_one_application_are_one_application(provider: Provider) -> None:
    browser = signed_in_at(provider, "wmo", "wmo")
    browser.get("/uitloggen")
    assert still_signed_in(browser.submit("uitloggen")) == ["Wmo"]


def test_an_earlier_session_says_nothing_about_this_one(provider: Provider) -> None:
    signed_in_at(provider, "wmo")
    anna = add_person(provider.house, "anna", totp=True)
    browser = provider.house.browser()
    sign_in(provider.house, browser, anna)
    assert still_signed_in(browser.submit("uitloggen")) == []


def test_the_application_that_asks_is_not_named(provider: Provider) -> None:
    wmo, rent = provider.application("wmo"), provider.application("huur")
    browser = provider.browser(provider.person("j.devries", "wmo", "huur"))
    rent.tokens(browser)
    hint = wmo.tokens(browser)["id_token"]
    assert still_signed_in(browser.get(f"/oauth2/logout?id_token_hint={hint}")) == ["Huur"]


def test_an_application_without_a_hint_is_named_like_any_other(provider: Provider) -> None:
    browser = signed_in_at(provider, "wmo")
    assert browser.get("/oauth2/logout").name == "logout"
    assert still_signed_in(browser.submit("uitloggen")) == ["Wmo"]


def test_after_signing_out_an_old_address_tells_no_name(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    left = identify(browser, anna).address
    time.move(timedelta(minutes=11))
    browser.get(left)
    sign_in(house, browser, anna)
    browser.submit("uitloggen")
    page = browser.get(left.rpartition("/stap")[0])
    assert anna.username not in page.html
