"""Authorization requests that wait for a sign-in: for one browser, one answer, and always a way on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.clock import Standing
from idp.database import db
from idp.models import AuthorizationRequest
from idp.oidc import clients, requests_kept
from tests.protocol.relying_party import Provider
from tests.protocol.test_signing_in_for_an_application import walk
from tests.support.journeys import House, sign_in

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def kept_address(house: House) -> str:
    """The address of the only request that waits."""
    with house.inside():
        return f"/oauth2/authorize/{db.session.query(AuthorizationRequest).one().id}"


def test_a_kept_request_is_answered_once(provider: Provider, house: House) -> None:
    shop = provider.application(initiate_login_uri="http://localhost:8401/inloggen")
    anna, browser = provider.person(totp=True), provider.browser()
    shop.visit(browser)
    walk(house, browser, anna)
    page = browser.get("http://localhost:8400" + kept_address(house))
    assert (page.status, page.error) == (409, "out-of-turn")
    assert "http://localhost:8401/inloggen" in page.links.values()
    browser.forget("__Host-idp_session")
    assert browser.get("http://localhost:8400" + kept_address(house)).error == "out-of-turn"


@ONE
def test_a_kept_request_is_useless_in_another_browser(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    shop.visit(provider.browser())
    page = provider.browser(anna).get(kept_address(house))
    assert (page.status, page.error, page.left_for) == (400, "other-browser", None)


@ONE
def test_a_posted_request_belongs_to_the_browser_that_opens_it_first(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(), provider.person()
    provider.house.browser().send("POST", "/oauth2/authorize", **shop.request())
    first, second = provider.browser(), provider.browser(anna)
    assert first.get(kept_address(house)).name == "login"
    assert second.get(kept_address(house)).error == "other-browser"


def test_opening_a_posted_request_takes_no_other_and_none_that_is_taken(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(), provider.person()
    for _ in range(2):
        provider.house.browser().send("POST", "/oauth2/authorize", **shop.request())
    with house.inside():
        one, other = (row.id for row in db.session.query(AuthorizationRequest))
        read_before = requests_kept._read(one)
    first, second = provider.browser(), provider.browser(anna)
    assert first.get(f"/oauth2/authorize/{one}").name == "login"
    assert second.get(f"/oauth2/authorize/{other}").error is None
    with house.inside():  # what a second request does that read it at the same moment
        assert read_before is not None
        now = requests_kept._bind(read_before, "another browser")
        assert now.browser not in {"another browser", requests_kept.UNBOUND}


@ONE
def test_an_old_request_says_how_to_begin_again(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, browser = provider.application(), provider.browser()
    shop.visit(browser)
    time.move(timedelta(hours=8))
    for address in (kept_address(house), "/oauth2/authorize/onbekend", "/oauth2/authorize/%00"):
        page = browser.get("http://localhost:8400" + address)
        assert (page.status, page.error) == (400, "session-expired")
        assert page.at("volgende")


@ONE
def test_a_request_that_waits_leads_on_to_signing_in(provider: Provider, house: House) -> None:
    shop, browser = provider.application(), provider.browser()
    shop.visit(browser)
    assert browser.get("http://localhost:8400" + kept_address(house)).name == "login"


@ONE
def test_giving_up_tells_the_application(provider: Provider, house: House) -> None:
    shop, browser = provider.application(), provider.browser()
    shop.visit(browser)
    answer = shop.answer(browser.get(f"http://localhost:8400{kept_address(house)}?gestopt=1"))
    assert answer["error"] == "access_denied"


@ONE
def test_a_client_that_changed_meanwhile_is_checked_again(provider: Provider, house: House) -> None:
    shop, anna, browser = provider.application(), provider.person(totp=True), provider.browser()
    shop.visit(browser)
    with house.inside():
        clients.update(shop.client_id, redirect_uris=["http://localhost:8401/nieuw"], actor="test")
    page = sign_in(house, browser, anna, at=None)
    assert (page.status, page.error) == (400, "client-request")


@ONE
def test_three_tabs_with_three_applications_do_not_disturb_one_another(
    provider: Provider, house: House
) -> None:
    names = ("een", "twee", "drie")
    shops = [provider.application(name) for name in names]
    anna = provider.person("j.devries", *names, totp=True)
    browser = provider.browser()
    starts = [shop.visit(browser).address for shop in shops]
    browser.get(starts[1])
    assert "code" in walk(house, browser, anna)
    with house.inside():
        waiting = db.session.query(AuthorizationRequest).filter_by(answered_at=None).all()
        addresses = {each.client_id: f"/oauth2/authorize/{each.id}" for each in waiting}
    for shop in (shops[0], shops[2]):
        assert "code" in shop.answer(
            browser.get("http://localhost:8400" + addresses[shop.client_id])
        )
