"""*Hoog*: reached by an account enrolled at it with a key of a listed model, offered only where there is a list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp.assurance import HOOG_LASTS, REGISTRABLE, Level
from idp.clock import Standing
from tests.protocol.relying_party import HIGH, SUBSTANTIAL, Provider
from tests.protocol.test_levels import acr
from tests.protocol.test_phishing_resistance import stated
from tests.support.house import ISSUER, House, open_house
from tests.support.journeys import Person, Visitor, add_person, identify, sign_in, to_the_methods
from tests.support.key_makers import LISTED, Maker, listed
from tests.support.software_key import PRESENT, SoftwareKey, options_on

MAKER = Maker()

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path) -> House:
    return open_house(database_url, tmp_path, key_metadata=listed(tmp_path, MAKER.entry()))


@pytest.fixture
def key() -> SoftwareKey:
    return SoftwareKey(maker=MAKER, model=LISTED)


def with_a_key(house: House, key: SoftwareKey, level: Level = Level.HOOG) -> Person:
    """Somebody who set this key up as the only method."""
    person = add_person(house, "anna", level=level, code=True)
    browser = house.browser()
    to_the_methods(browser, person)
    browser.submit("volgende", methode=["webauthn"])
    done = browser.submit("volgende", sleutel=key.make(options_on(browser.page)))
    assert done.name == "enrolment-done"
    return person


def use(browser: Visitor, key: SoftwareKey, **bent: int) -> object:
    return browser.submit("volgende", sleutel=key.use(options_on(browser.page), **bent))


def test_it_is_offered(house: House) -> None:
    client = house.app.test_client()
    told = client.get("/.well-known/openid-configuration", base_url=ISSUER).get_json()
    assert HIGH in told["acr_values_supported"]


def test_it_is_reached_and_stated(provider: Provider, house: House, key: SoftwareKey) -> None:
    shop, anna = provider.application(None), with_a_key(house, key)
    browser = provider.browser()
    shop.visit(browser, **acr(HIGH))
    identify(browser, anna, at=None)
    assert options_on(browser.page)["userVerification"] == "required"
    assert stated(shop, use(browser, key))["acr"] == HIGH
    assert stated(shop, shop.visit(browser, **acr(SUBSTANTIAL)))["acr"] == HIGH


def test_an_application_registered_at_it_gets_nobody_who_did_less(
    provider: Provider, house: House, key: SoftwareKey
) -> None:
    shop = provider.application(None, level=REGISTRABLE["hoog"])
    anna = with_a_key(house, key)
    browser = provider.browser()
    shop.visit(browser)
    identify(browser, anna, at=None)
    page = use(browser, key, flags=PRESENT)  # the key did not check who holds it
    assert getattr(page, "name", "") == "second-factor"
    assert stated(shop, use(browser, key))["acr"] == HIGH


def test_it_lasts_a_quarter_of_an_hour_and_then_the_key_is_asked_again(
    provider: Provider, house: House, key: SoftwareKey, time: Standing
) -> None:
    shop, anna = provider.application(None), with_a_key(house, key)
    browser = provider.browser()
    shop.visit(browser, **acr(HIGH))
    identify(browser, anna, at=None)
    assert stated(shop, use(browser, key))["acr"] == HIGH
    time.move(HOOG_LASTS)
    assert stated(shop, shop.visit(browser, **acr(HIGH)))["acr"] == HIGH, "to the second"
    time.move(timedelta(seconds=2))
    assert stated(shop, shop.visit(browser))["acr"] == SUBSTANTIAL
    assert shop.visit(browser, **acr(HIGH)).name == "second-factor", "only the key, no password"
    assert stated(shop, use(browser, key))["acr"] == HIGH


@pytest.mark.parametrize("level", [Level.HOOG, Level.SUBSTANTIEEL])
def test_without_such_a_key_or_enrolled_below_it_there_is_a_way_on_or_an_answer(
    provider: Provider, house: House, level: Level
) -> None:
    shop = provider.application(None, level=REGISTRABLE["hoog"])
    bert = provider.person("bert", level=level, totp=True)
    browser = provider.browser()
    shop.visit(browser)
    page = sign_in(house, browser, bert, at=None)
    assert page.error == ("key-needed" if level is Level.HOOG else "level-unreachable")


def test_who_has_two_keys_is_asked_for_the_one_that_will_do(
    provider: Provider, house: House, key: SoftwareKey
) -> None:
    shop, anna, other = provider.application(None), with_a_key(house, key), SoftwareKey()
    browser = provider.browser()
    identify(browser, anna)
    use(browser, key)
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    browser.submit("volgende", methode=["webauthn"])
    browser.submit("volgende", sleutel=other.make(options_on(browser.page)))
    again = provider.browser()
    shop.visit(again, **acr(HIGH))
    identify(again, anna, at=None)
    assert len(options_on(again.page)["allowCredentials"]) == 1
    assert stated(shop, use(again, key))["acr"] == HIGH
    portal = provider.browser()
    identify(portal, anna)
    assert len(options_on(portal.page)["allowCredentials"]) == 2


def test_a_model_that_was_taken_off_the_list_reaches_it_no_more(
    provider: Provider, house: House, key: SoftwareKey, tmp_path: Path
) -> None:
    shop, anna = provider.application(None, level=REGISTRABLE["hoog"]), with_a_key(house, key)
    models = dict(house.app.config["IDP"].key_models)
    house.app.config["IDP"].__dict__["key_models"] = {"elsewhere": models[str(LISTED)]}
    browser = provider.browser()
    shop.visit(browser)
    identify(browser, anna, at=None)
    assert getattr(use(browser, key), "error", None) == "key-needed"
