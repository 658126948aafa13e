"""Attacks on pushed requests: guessed, borrowed, used by two at once, flooded."""

from __future__ import annotations

from functools import partial

import pytest

from idp import clock, throttle
from idp.database import db
from idp.models import AuthorizationRequest, PushedRequest
from idp.throttle import Budget
from tests.attacks.test_protocol_codes import at_once
from tests.protocol.relying_party import Provider, basic
from tests.support.journeys import House
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


@ONE
def test_a_handle_of_another_client_opens_nothing_and_stays_its_owners(provider: Provider) -> None:
    shop, thief = provider.application(), provider.application(None)
    browser, handle = provider.browser(provider.person()), shop.handle()
    page = browser.get(thief.by_handle(handle, redirect_uri=thief.redirect_uri))
    assert (page.status, page.error, page.left_for) == (400, "client-request", None)
    assert "request_uri" in page.html
    assert "code" in shop.answer(browser.get("http://localhost:8400" + shop.by_handle(handle)))


@ONE
def test_a_handle_that_was_never_given_opens_nothing(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    right = shop.handle()
    for handle in (right[:-1], right + "x", right.rpartition(":")[0] + ":"):
        beside = {"redirect_uri": shop.redirect_uri}
        page = browser.get("http://localhost:8400" + shop.by_handle(handle, **beside))
        assert page.left_for is None, handle
        assert page.error == "client-request", handle
    twice = f"{shop.by_handle(right)}&request_uri={right}"
    assert browser.get("http://localhost:8400" + twice).error == "client-request"


@ONE
def test_nobody_pushes_in_the_name_of_another(provider: Provider) -> None:
    shop, thief = provider.application(), provider.application(None)
    for headers in (basic(shop.client_id, "x" * 43), basic(shop.client_id, thief.secret or "")):
        assert shop.push(headers=headers).status_code == 401
    other = thief.push(client_id=shop.client_id)
    assert (other.status_code, other.get_json()["error"]) == (400, "invalid_request")
    assert thief.push(client_id=shop.client_id, client_secret=thief.secret).status_code == 400


def test_a_pushed_request_is_answered_once_even_when_eight_browsers_ask_at_once(
    provider: Provider,
) -> None:
    shop, anna = provider.application(), provider.person()
    for _ in range(3):
        address = shop.by_handle(shop.handle())
        browsers = [provider.browser(anna) for _ in range(8)]
        pages = at_once([partial(each.get, address) for each in browsers])
        assert sum(page.left_for is not None for page in pages) == 1
        assert sum(page.error == "out-of-turn" for page in pages) == 7


@ONE
def test_two_browsers_that_wait_with_one_pushed_request_get_one_answer(
    provider: Provider, house: House
) -> None:
    """Both opened it in time; the second to finish finds it answered."""
    shop, anna = provider.application(), provider.person()
    address = shop.by_handle(shop.handle())
    waiting = [provider.browser(), provider.browser()]
    for browser in waiting:
        assert browser.get(address).name == "login"
    kept = [_kept_by(house, number) for number in range(2)]
    for browser in waiting:
        provider.sign_in(browser, anna, at=clock.now())
    outcomes = []
    for browser in waiting:
        for one in kept:
            page = browser.get("http://localhost:8400" + one)
            outcomes.append("code" if page.left_for else page.error)
    assert sorted(outcomes) == ["code", "other-browser", "other-browser", "out-of-turn"]


@ONE
def test_handles_and_credentials_are_not_readable_at_rest(provider: Provider, house: House) -> None:
    shop = provider.application(auth_method="client_secret_post")
    handle = shop.handle()
    with house.inside():
        [row] = db.session.query(PushedRequest)
        kept, names = repr((row.digest, row.parameters)), set(row.parameters)
    assert handle.rpartition(":")[2] not in kept
    assert shop.secret not in kept
    assert names == set(shop.request())


@ONE
def test_a_flood_of_pushes_ends_in_429(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PUSHES", Budget(times=3, window=throttle.PUSHES.window))
    shop, other = provider.application(), provider.application(None)
    assert [shop.push().status_code for _ in range(4)] == [201, 201, 201, 429]
    assert shop.push().headers["Retry-After"] == "60"
    assert other.push().status_code == 201


def _kept_by(house: House, number: int) -> str:
    with house.inside():
        rows = db.session.query(AuthorizationRequest).order_by(AuthorizationRequest.id)
        return f"/oauth2/authorize/{rows[number].id}"
