"""Methods come and go: what a method that is gone proved counts nowhere, and no weaker one brings in a stronger one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.clock import Standing
from idp.mfa import seeding
from tests.attacks.key_holders import with_a_key
from tests.protocol.relying_party import SUBSTANTIAL, Provider
from tests.support.journeys import PHONE, House, Visitor, account_of, identify, sign_in, totp_code
from tests.support.pages import Page
from tests.support.run import Run
from tests.support.software_key import SoftwareKey, options_on

MINUTE = timedelta(minutes=1)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def adds_a_method(browser: Visitor) -> Page:
    browser.get("/mijn/beveiliging")
    return browser.submit("methode-toevoegen")


def test_a_replaced_number_proves_nothing_in_any_session(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.nlgov(None), provider.person(phone=PHONE)
    thief, owner = house.browser(), house.browser()
    sign_in(house, thief, anna)
    time.move(2 * MINUTE)
    sign_in(house, owner, anna)
    adds_a_method(owner)
    owner.submit("volgende", methode="sms")
    time.move(MINUTE)
    owner.submit("volgende", telefoonnummer="06 87654321")
    assert owner.submit("volgende", code=house.newest_code()).name == "enrolment-done"
    assert owner.submit("afronden").error == "number-too-new"
    silent = {"prompt": "none", "acr_values": SUBSTANTIAL}
    assert shop.ask(thief, **silent)["error"] == "login_required"
    assert thief.get("/mijn/beveiliging").error == "number-too-new"
    assert (
        shop.ask(owner, **silent)["error"] == "login_required"
    )  # the new number is not worth it yet
    time.move(timedelta(hours=72))
    sign_in(house, owner, anna)
    assert "code" in shop.ask(owner, **silent)


def test_who_has_a_key_needs_it_to_add_a_method(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.nlgov(None)
    anna, key = with_a_key(house)
    with house.inside():
        seeding.add_totp(account_of(anna), SECRET)
    time.move(MINUTE)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(SECRET)).name == "portal"
    assert shop.ask(browser, prompt="none", acr_values="phr")["error"] == "login_required"
    page = adds_a_method(browser)
    assert page.name == "second-factor"
    assert options_on(page)["allowCredentials"]
    assert browser.submit("volgende", sleutel=key.use(options_on(page))).name == "choose-methods"
    browser.submit("volgende", methode="webauthn")
    made = SoftwareKey().make(options_on(browser.page))
    assert browser.submit("volgende", sleutel=made).name == "enrolment-done"


@pytest.mark.parametrize("asked", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "60"}])
def test_a_request_that_lay_waiting_is_not_answered_with_a_sign_in_of_hours_ago(
    provider: Provider, house: House, time: Standing, asked: dict[str, str]
) -> None:
    shop, anna = provider.nlgov(None), provider.person(totp=True)
    browser = house.browser()
    sign_in(house, browser, anna)
    time.move(2 * MINUTE)
    assert shop.visit(browser, **asked).name == "login"
    kept = next(hop for hop in browser.page.hops if "/inloggen/" in hop)
    time.move(MINUTE)
    provider.application("elders").visit(browser, prompt="login")
    sign_in(house, browser, anna, at=None)
    for _ in range(3):
        time.move(29 * MINUTE)
        assert browser.get("/").name == "portal"
    browser.get(kept)
    assert browser.page.left_for is None
    assert browser.page.name == "login"


@pytest.mark.parametrize("address", ["/health//live", "/inloggen//abc", "/oauth2//token"])
def test_an_address_with_two_slashes_leads_nowhere(house: House, address: str) -> None:
    client = house.app.test_client()
    for answer in (
        client.get(address, base_url="http://evil.example"),
        client.post(address, base_url="http://localhost:8400"),
    ):
        assert "evil.example" not in answer.headers.get("Location", "")
        assert answer.status_code not in {307, 308}
