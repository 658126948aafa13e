"""`phr`: asked by a request or by the client's registration, reached by a key, and never stated without one."""

from __future__ import annotations

from typing import Any

import pytest

from idp.assurance import REGISTRABLE, Level
from idp.clock import Standing
from idp.database import db
from idp.models import AuthorizationRequest
from idp.oidc import discovery
from tests.protocol.relying_party import LOW, SUBSTANTIAL, Provider, RelyingParty
from tests.protocol.test_levels import UNMET, acr, essential
from tests.support.journeys import PHONE, House, Person, Visitor, identify, sign_in, totp_code

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WITH_KEYS = pytest.mark.usefixtures("apps_are_keys")
PHR = acr("phr")
BOTH_PROFILES = pytest.mark.parametrize("profile", ["basic", "nlgov"])


def client(provider: Provider, profile: str, **said: Any) -> RelyingParty:
    make = provider.application if profile == "basic" else provider.nlgov
    return make(None, **said)


def by_text(house: House, browser: Visitor, person: Person) -> None:
    """Sign in at the portal with a text message."""
    identify(browser, person)
    if browser.page.name == "choose-method":
        browser.submit("volgende", methode="sms")
    browser.submit("volgende")
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def stated(shop: RelyingParty, page: Any) -> dict[str, Any]:
    """The ID Token that a page's answer leads to."""
    answer = shop.answer(page)
    assert "code" in answer, answer
    return shop.verified(shop.redeem(answer["code"]).get_json()["id_token"])


@ONE
@WITH_KEYS
@BOTH_PROFILES
def test_a_key_reaches_phr_and_the_kind_of_value_that_was_asked_is_stated(
    provider: Provider, house: House, profile: str
) -> None:
    shop, anna = client(provider, profile), provider.person(totp=True)
    browser = provider.browser()
    shop.visit(browser, **PHR)
    assert stated(shop, sign_in(house, browser, anna, at=None))["acr"] == "phr"
    for asked, value in (
        ({}, SUBSTANTIAL),
        (acr(SUBSTANTIAL), SUBSTANTIAL),
        (acr("phr", SUBSTANTIAL), "phr"),
        (acr(SUBSTANTIAL, "phr"), SUBSTANTIAL),
        ({"claims": essential("phr", LOW)}, "phr"),
        ({"claims": essential(LOW, "phr")}, LOW),
    ):
        assert stated(shop, shop.visit(browser, **asked))["acr"] == value, asked


@ONE
@WITH_KEYS
def test_a_client_registered_at_phr_needs_a_key_and_is_told_phr(
    provider: Provider, house: House
) -> None:
    shop = provider.application(None, level=REGISTRABLE["phr"])
    anna = provider.person(totp=True)
    browser = provider.browser(anna)  # two steps, no key among them
    assert shop.visit(browser).name == "second-factor"
    page = browser.submit("volgende", code=totp_code(anna.totp))
    assert stated(shop, page)["acr"] == "phr"
    low = provider.person("laag", level=Level.LAAG, totp=True)
    other = provider.browser()
    shop.visit(other)
    assert sign_in(house, other, low, at=None).error == "level-unreachable"


@ONE
@WITH_KEYS
def test_after_a_text_message_only_the_key_is_asked(provider: Provider, house: House) -> None:
    shop = provider.nlgov(None)
    anna, browser = provider.person(totp=True, phone=PHONE), provider.browser()
    by_text(house, browser, anna)
    page = shop.visit(browser, **PHR)
    assert page.name == "second-factor"
    assert page.address.endswith("/stap/totp")
    assert page.find("andere-methode") is None
    login = page.address.removesuffix("/stap/totp")
    assert browser.get(f"{login}/stap/sms").address.endswith("/stap/totp")
    page = browser.submit("volgende", code=totp_code(anna.totp))
    assert stated(shop, page)["acr"] == "phr"


@ONE
@WITH_KEYS
def test_who_has_no_key_is_told_so_with_a_way_to_one_and_a_way_back(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(None), provider.person(phone=PHONE)
    browser = provider.browser()
    by_text(house, browser, anna)
    page = shop.visit(browser, **PHR)
    assert (page.status, page.name, page.error) == (403, "error", "key-needed")
    assert page.text("kenmerk")
    back = page.at("terug").get("href")
    assert browser.go_on().name == "choose-methods"
    assert shop.answer(browser.get(str(back)))["error"] == UNMET
    assert shop.ask(browser, prompt="none", **PHR)["error"] == UNMET


@ONE
@WITH_KEYS
def test_who_signs_in_for_it_without_a_key_hears_it_after_the_steps_they_have(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(None), provider.person(phone=PHONE)
    browser = provider.browser()
    shop.visit(browser, **PHR)
    identify(browser, anna, at=None)
    browser.submit("volgende")
    page = browser.submit("volgende", code=house.newest_code())
    assert page.error == "key-needed"
    assert browser.go_on().name == "choose-methods"


@ONE
@WITH_KEYS
def test_whoever_sets_a_key_up_there_goes_on_to_the_application(
    provider: Provider, house: House, time: Standing
) -> None:
    from tests.support.journeys import set_up_totp

    shop, anna = provider.nlgov(None), provider.person(phone=PHONE)
    browser = provider.browser()
    by_text(house, browser, anna)
    assert shop.visit(browser, **PHR).error == "key-needed"
    browser.go_on()
    browser.submit("volgende", methode=["totp"])
    secret, _page = set_up_totp(browser)
    page = browser.submit("afronden")
    if page.left_for is None:  # confirming an app proves the app; a key of its own would do already
        assert page.name == "second-factor"
        from datetime import timedelta

        time.move(timedelta(seconds=30))
        page = browser.submit("volgende", code=totp_code(secret))
    assert stated(shop, page)["acr"] == "phr"


@ONE
@WITH_KEYS
def test_whoever_stops_setting_up_goes_back_to_the_application(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(None), provider.person(phone=PHONE)
    browser = provider.browser()
    by_text(house, browser, anna)
    shop.visit(browser, **PHR)
    page = browser.go_on()
    assert "form-action 'self' http://localhost:8401" in page.headers["Content-Security-Policy"]
    answer = shop.answer(browser.submit("stoppen"))
    assert answer["error"] == UNMET
    assert answer["error_description"].startswith("the person cannot reach the level")


@ONE
@WITH_KEYS
def test_who_has_what_is_asked_is_not_led_to_set_up_more(provider: Provider, house: House) -> None:
    shop, browser = provider.nlgov(None), provider.browser()
    shop.visit(browser, **PHR)
    with house.inside():
        waiting = db.session.query(AuthorizationRequest).one().id
    page = browser.get(f"/oauth2/authorize/{waiting}?instellen=1")
    assert page.name == "login"


@ONE
@WITH_KEYS
def test_as_a_wish_it_is_asked_of_who_can_and_let_go_for_who_cannot(
    provider: Provider, house: House
) -> None:
    shop = provider.application(None)
    without, having = provider.person("zonder", phone=PHONE), provider.person("met", totp=True)
    browser = provider.browser()
    shop.visit(browser, **PHR)
    identify(browser, without, at=None)
    browser.submit("volgende")
    page = browser.submit("volgende", code=house.newest_code())
    assert stated(shop, page)["acr"] == SUBSTANTIAL
    assert stated(shop, shop.visit(browser, **PHR))["acr"] == SUBSTANTIAL
    assert shop.visit(provider.browser(having), **PHR).name == "second-factor"


@ONE
@BOTH_PROFILES
def test_where_no_key_is_offered_a_wish_is_let_go_and_a_demand_is_refused(
    provider: Provider, profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.mfa import catalogue

    plain = tuple(each for each in catalogue.every() if not each.phishing_resistant)
    monkeypatch.setattr(catalogue, "every", lambda: plain)
    shop, anna = client(provider, profile), provider.person(totp=True)
    browser = provider.browser(anna)
    if profile == "basic":
        assert stated(shop, shop.visit(browser, **PHR))["acr"] == SUBSTANTIAL
    else:
        assert shop.ask(browser, **PHR)["error"] == UNMET
    assert shop.ask(browser, claims=essential("phr"))["error"] == UNMET
    strict = client(provider, profile, level=REGISTRABLE["phr"])
    assert strict.visit(browser).error == "level-unreachable"
    assert strict.ask(browser, prompt="none")["error"] == UNMET


@ONE
def test_the_metadata_names_phr_only_where_somebody_can_reach_it(provider: Provider) -> None:
    settings = provider.house.app.config["IDP"]
    for offered, values in ((False, [LOW, SUBSTANTIAL]), (True, [LOW, SUBSTANTIAL, "phr"])):
        members = discovery.document(settings, resists_phishing=offered, signs=())
        assert members["acr_values_supported"] == values


@ONE
@WITH_KEYS
def test_phr_says_nothing_of_the_enrolment(provider: Provider, house: House) -> None:
    shop = provider.nlgov(None, level=REGISTRABLE["laag"])
    anna, browser = provider.person(level=Level.LAAG, totp=True), provider.browser()
    shop.visit(browser, **PHR)
    assert stated(shop, sign_in(house, browser, anna, at=None))["acr"] == "phr"
    assert shop.ask(browser, **acr(SUBSTANTIAL))["error"] == UNMET
    assert stated(shop, shop.visit(browser, **acr(LOW)))["acr"] == LOW
