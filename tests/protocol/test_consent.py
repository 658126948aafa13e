"""Applications of others: the person says first what they may know, is asked once, and can take it back."""

from __future__ import annotations

from typing import Any

import pytest

from idp.accounts import consents
from idp.audit import Event
from idp.database import db
from idp.models import Consent
from idp.oidc import clients
from tests.protocol.relying_party import Provider, RelyingParty, unverified
from tests.protocol.test_refresh_tokens import REFRESHING
from tests.support.journeys import House, Visitor, grant, sign_in
from tests.support.pages import Page

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
API = "https://api.voorbeeld.nl/zorg"
SECURITY = "http://localhost:8400/mijn/beveiliging"
NAMED = "openid profile"


def stranger(provider: Provider, **said: Any) -> RelyingParty:
    """An application of somebody else, which nobody needs a grant for."""
    return provider.application(None, is_third_party=True, **{"scope": NAMED, **said})


def on_consent(page: Page) -> bool:
    return page.name == "consent" and page.left_for is None


def again(browser: Visitor, shop: RelyingParty, **changes: str | None) -> Page:
    return browser.get("http://localhost:8400" + shop.address(**changes))


def test_the_person_agrees_once_and_then_it_goes_without_asking(
    provider: Provider, house: House
) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    page = shop.visit(browser)
    assert on_consent(page)
    assert page.at("volgende")
    assert page.at("weigeren")
    assert "uw naam en gebruikersnaam" in page.html
    assert "e-mailadres" not in page.html
    tokens = shop.redeem(shop.answer(browser.submit("volgende"))["code"]).get_json()
    assert "name" in shop.userinfo(tokens["access_token"]).get_json()
    assert "code" in shop.answer(again(browser, shop))
    assert "code" in shop.answer(again(browser, shop, prompt="none"))
    [given] = provider.events(Event.CONSENT_GIVEN)
    assert (given.client_id, given.details["kinds"]) == (shop.client_id, ["profile"])


@ONE
def test_after_signing_in_the_person_is_asked_too(provider: Provider, house: House) -> None:
    shop, anna, browser = stranger(provider), provider.person(totp=True), provider.browser()
    shop.visit(browser)
    assert on_consent(sign_in(house, browser, anna, at=None))
    assert "code" in shop.answer(browser.submit("volgende"))


@ONE
def test_who_refuses_goes_back_and_is_asked_again_the_next_time(
    provider: Provider, house: House
) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    shop.visit(browser)
    answer = shop.answer(browser.submit("weigeren"))
    assert (answer["error"], answer["state"]) == ("access_denied", shop.state)
    with house.inside():
        assert db.session.query(Consent).count() == 0
    assert on_consent(again(browser, shop))


@ONE
def test_the_bodys_own_applications_ask_nothing(provider: Provider) -> None:
    shop = provider.application(scope=NAMED)
    browser = provider.browser(provider.person())
    assert "code" in shop.ask(browser)
    assert "code" in shop.answer(again(browser, shop, prompt="consent"))


@ONE
def test_prompt_consent_asks_again_whatever_was_agreed(provider: Provider) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    for _ in range(2):
        assert on_consent(again(browser, shop, prompt="consent"))
        assert "code" in shop.answer(browser.submit("volgende"))
    assert "code" in shop.answer(again(browser, shop))


def test_roles_for_an_api_are_asked_about_too(provider: Provider, house: House) -> None:
    """Who holds an access token can read it, or ask us about it: without `applicaties` as well."""
    provider.machine("zorg", grant_types=(), resource=API)
    shop = stranger(provider, audiences=[API], access_token_format="jwt", grant_types=REFRESHING)
    anna = provider.person()
    grant(house, anna, "zorg")
    browser = provider.browser(anna)
    page = again(browser, shop, scope="openid")
    assert "wat u mag in de applicaties" in page.html
    tokens = shop.redeem(shop.answer(browser.submit("volgende"))["code"]).get_json()
    assert unverified(tokens["access_token"])[1]["entitlements"] == ["inzien"]
    assert "wat u mag in de applicaties" in browser.get(SECURITY).html
    with house.inside():  # who agreed before anybody was asked about roles
        db.session.query(Consent).one().kinds = []
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert on_consent(again(browser, shop, scope="openid"))


@ONE
def test_people_are_asked_about_scopes_and_roles_together_and_for_the_apis_that_were_asked(
    provider: Provider,
) -> None:
    other = "https://api.voorbeeld.nl/weer"
    provider.machine("zorg", grant_types=(), resource=API)
    provider.machine(None, grant_types=(), resource=other)
    shop = stranger(provider, audiences=[other, API], access_token_format="jwt")
    browser = provider.browser(provider.person())
    roles, name = "wat u mag in de applicaties", "uw naam"
    both = again(browser, shop, resource=API).html
    assert (roles in both, name in both) == (True, True)
    only_the_name = again(browser, shop, resource=other).html
    assert (roles in only_the_name, name in only_the_name) == (False, True)


@ONE
def test_an_api_without_an_application_is_told_no_roles(provider: Provider) -> None:
    provider.machine(None, grant_types=(), resource=API)
    shop = stranger(provider, audiences=[API], scope="openid")
    page = shop.visit(provider.browser(provider.person()))
    assert on_consent(page)
    assert "wat u mag in de applicaties" not in page.html


@ONE
def test_prompt_none_never_shows_the_page(provider: Provider) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    assert shop.ask(browser, prompt="none")["error"] == "consent_required"


@ONE
def test_whoever_asks_for_more_asks_again(provider: Provider) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    assert on_consent(again(browser, shop, scope="openid"))
    assert "code" in shop.answer(browser.submit("volgende"))
    wanted = '{"userinfo": {"email": null}}'
    more: tuple[dict[str, str | None], ...] = ({"scope": NAMED}, {"claims": wanted})
    for changes in more:
        assert on_consent(again(browser, shop, **changes)), changes
        assert "code" in shop.answer(browser.submit("volgende"))
    for changes in ({"scope": "openid profile email"}, {"scope": "openid"}, *more):
        assert "code" in shop.answer(again(browser, shop, **changes)), changes


@ONE
@pytest.mark.parametrize("where", ["id_token", "userinfo"])
def test_what_is_asked_by_name_is_agreed_to_wherever_it_would_stand(
    provider: Provider, where: str
) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    assert on_consent(again(browser, shop, scope="openid"))
    assert "code" in shop.answer(browser.submit("volgende"))
    wanted = f'{{"{where}": {{"email": null}}}}'
    assert on_consent(again(browser, shop, scope="openid", claims=wanted))


@ONE
def test_each_person_agrees_for_themselves_and_for_one_application(provider: Provider) -> None:
    shop, other = stranger(provider), stranger(provider)
    browser = provider.browser(provider.person())
    shop.visit(browser)
    shop.answer(browser.submit("volgende"))
    assert on_consent(again(browser, other))
    assert on_consent(shop.visit(provider.browser(provider.person("p.pietersen"))))


def test_consent_is_withdrawn_in_the_portal_and_ends_what_it_gave(
    provider: Provider, house: House
) -> None:
    shop, anna = stranger(provider, grant_types=REFRESHING), provider.person()
    browser = provider.browser(anna)
    shop.visit(browser)
    tokens = shop.redeem(shop.answer(browser.submit("volgende"))["code"]).get_json()
    unredeemed = shop.answer(again(browser, shop))["code"]
    page = browser.get(SECURITY)
    assert "Client of None" in page.html
    page = browser.submit(f"intrekken-{shop.client_id}")
    assert "U hebt uw toestemming ingetrokken" in page.html
    assert "Client of None" not in page.html
    assert shop.userinfo(tokens["access_token"]).status_code == 401
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert shop.redeem(unredeemed).get_json()["error"] == "invalid_grant"
    assert on_consent(again(browser, shop))
    [gone] = provider.events(Event.CONSENT_WITHDRAWN)
    assert (gone.account_id, gone.client_id) == (anna.id, shop.client_id)


@ONE
def test_a_public_application_comes_with_a_warning(provider: Provider) -> None:
    for method, warned in (("none", True), ("client_secret_basic", False)):
        shop = stranger(provider, auth_method=method)
        page = shop.visit(provider.browser(provider.person(f"p.{warned}".lower())))
        assert ("de echte" in page.html) is warned


@ONE
def test_the_page_speaks_english_too(provider: Provider) -> None:
    page = stranger(provider).visit(provider.browser(provider.person()), ui_locales="en")
    assert (page.language, on_consent(page)) == ("en", True)
    assert "your name and user name" in page.html


@ONE
def test_a_client_that_becomes_the_bodys_own_asks_no_more(provider: Provider, house: House) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    assert on_consent(shop.visit(browser))
    with house.inside():
        clients.update(shop.client_id, is_third_party=False, actor="test")
    assert "code" in shop.answer(browser.submit("volgende"))


@ONE
def test_a_removed_client_takes_its_consents_along(provider: Provider, house: House) -> None:
    shop, anna = stranger(provider), provider.person()
    browser = provider.browser(anna)
    shop.visit(browser)
    browser.submit("volgende")
    with house.inside():
        clients.remove(shop.client_id, actor="test")
        assert consents.of_account(anna.id) == []
