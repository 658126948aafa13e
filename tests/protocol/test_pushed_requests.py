"""Requests that an application pushes (RFC 9126): checked when they come, opened by their handle, answered once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import PushedRequest
from idp.oidc import clients
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty, basic
from tests.protocol.test_signing_in_for_an_application import walk
from tests.support.journeys import House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WAYS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


def test_a_pushed_request_signs_somebody_in(provider: Provider, house: House) -> None:
    shop, anna, browser = provider.nlgov(), provider.person(totp=True), provider.browser()
    answer = shop.push()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    body = answer.get_json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["expires_in"] == 90
    urn, handle = body["request_uri"].rsplit(":", 1)
    assert urn == "urn:ietf:params:oauth:request_uri"
    assert len(handle) == 43
    browser.get(shop.by_handle(body["request_uri"]))
    came = walk(house, browser, anna)
    assert came["state"] == shop.state
    claims = shop.verified(shop.redeem(came["code"]).get_json()["id_token"])
    assert claims["nonce"] == shop.nonce


@ONE
@pytest.mark.parametrize("way", WAYS)
def test_an_application_says_who_it_is_as_at_the_token_endpoint(
    provider: Provider, way: str
) -> None:
    shop, browser = provider.application(auth_method=way), provider.browser(provider.person())
    assert "code" in shop.answer(browser.get(shop.by_handle(shop.handle())))
    if way != "none":
        refused = shop.push(headers={}, client_secret=None, client_assertion=None)
        assert refused.status_code == 401
        assert refused.get_json()["error"] == "invalid_client"


@ONE
def test_an_assertion_may_name_the_endpoint_it_goes_to(provider: Provider) -> None:
    shop = provider.nlgov()
    pushed = shop.push(client_assertion=shop.assertion(aud=f"{ISSUER}/oauth2/par"))
    assert pushed.status_code == 201


@ONE
def test_a_client_that_proved_itself_need_not_repeat_its_name(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    assert "code" in shop.answer(browser.get(shop.by_handle(shop.handle(client_id=None))))


WRONG: list[tuple[str, dict[str, str | None]]] = [
    ("invalid_request", {"redirect_uri": None}),
    ("invalid_request", {"redirect_uri": "http://localhost:8401/elders"}),
    ("invalid_request", {"response_type": None}),
    ("unsupported_response_type", {"response_type": "code id_token"}),
    ("invalid_request", {"response_mode": "fragment"}),
    ("invalid_request", {"scope": "applicaties"}),
    ("invalid_scope", {"scope": "openid email"}),
    ("invalid_request", {"code_challenge": None, "code_challenge_method": None}),
    ("invalid_request", {"code_challenge_method": "plain"}),
    ("invalid_request", {"state": None}),
    ("invalid_request", {"nonce": "n" * 21}),
    ("invalid_request", {"prompt": "none login"}),
    ("invalid_request", {"max_age": "soon"}),
    ("invalid_request", {"claims": "{"}),
    ("invalid_request", {"id_token_hint": "x.y.z"}),
    ("invalid_request", {"state": "s" * 3000}),
    ("unmet_authentication_requirements", {"acr_values": "urn:onbekend"}),
    ("registration_not_supported", {"registration": "{}"}),
    ("invalid_request", {"request_uri": "urn:ietf:params:oauth:request_uri:x"}),
    ("invalid_request", {"request_uri": "https://app.example/object"}),
    ("invalid_request", {"client_id": "een-ander"}),
]


@ONE
@pytest.mark.parametrize(("error", "changes"), WRONG)
def test_what_is_wrong_is_told_when_it_is_pushed(
    provider: Provider, house: House, error: str, changes: dict[str, str | None]
) -> None:
    shop = provider.nlgov(scopes=("openid", "applicaties"))
    answer = shop.push(**changes)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
    assert "(kenmerk " in answer.get_json()["error_description"]
    with house.inside():
        assert db.session.query(PushedRequest).count() == 0


@ONE
def test_only_a_posted_form_can_be_pushed(provider: Provider, house: House) -> None:
    shop, caller = provider.application(), house.app.test_client()
    assert caller.get("/oauth2/par", base_url=ISSUER).status_code == 405
    as_json = caller.post("/oauth2/par", base_url=ISSUER, json=shop.request())
    in_address = caller.post(
        "/oauth2/par", base_url=ISSUER, query_string={"scope": "openid"}, data=shop.request()
    )
    twice = caller.post(
        "/oauth2/par",
        base_url=ISSUER,
        data=shop.request() | {"state": ["a", "b"]},
        headers=shop.header(),
    )
    for refused in (as_json, in_address, twice):
        assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_request")
    assert shop.push(login_hint="x" * 70_000).status_code == 413


@ONE
def test_what_stands_beside_the_handle_counts_for_nothing(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    address = shop.by_handle(
        shop.handle(state=None),
        state="van-buiten",
        nonce="van-buiten",
        scope="openid profile",
        redirect_uri="http://elders.example/",
        response_type="token",
    )
    answer = shop.answer(browser.get(f"{address}&state=twee"))
    assert "state" not in answer
    tokens = shop.redeem(answer["code"]).get_json()
    assert tokens["scope"] == "openid"
    assert shop.verified(tokens["id_token"])["nonce"] == shop.nonce


@ONE
def test_it_can_be_opened_again_until_somebody_signed_in_with_it(
    provider: Provider, house: House
) -> None:
    shop, anna, browser = provider.application(), provider.person(totp=True), provider.browser()
    address = shop.by_handle(shop.handle())
    assert browser.get(address).name == "login"
    assert browser.get("http://localhost:8400" + address).name == "login"
    assert "code" in walk(house, browser, anna)
    page = browser.get("http://localhost:8400" + address)
    assert (page.status, page.error, page.left_for) == (409, "out-of-turn", None)


@ONE
def test_it_must_be_opened_in_time_but_signing_in_may_take_longer(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.application(initiate_login_uri="http://localhost:8401/inloggen")
    anna, browser = provider.person(totp=True), provider.browser()
    opened, forgotten = shop.by_handle(shop.handle()), shop.by_handle(shop.handle())
    time.move(timedelta(seconds=89))
    browser.get(opened)
    time.move(timedelta(seconds=1))
    page = provider.browser().get(forgotten)
    assert (page.status, page.error) == (400, "session-expired")
    assert "http://localhost:8401/inloggen" in page.links.values()
    time.move(timedelta(minutes=20))
    assert "code" in walk(house, browser, anna)


@ONE
def test_a_posted_handle_works_as_well(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    fields = {"client_id": shop.client_id, "request_uri": shop.handle()}
    posted = browser.send("POST", "/oauth2/authorize", **fields)
    assert "code" in shop.answer(browser.get(posted.headers["Location"]))


@ONE
def test_an_answer_without_a_page_uses_it_up_too(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser()
    address = shop.by_handle(shop.handle(prompt="none"))
    assert shop.answer(browser.get(address))["error"] == "login_required"
    assert browser.get("http://localhost:8400" + address).error == "out-of-turn"


def pushing(provider: Provider) -> RelyingParty:
    return provider.application(require_pushed_authorization_requests=True)


@ONE
def test_a_client_that_must_push_gets_nothing_for_a_plain_request(provider: Provider) -> None:
    shop, browser = pushing(provider), provider.browser(provider.person())
    assert shop.ask(browser)["error"] == "invalid_request"
    assert "code" in shop.answer(browser.get(shop.by_handle(shop.handle())))


@ONE
def test_a_client_that_changed_after_pushing_is_checked_again(
    provider: Provider, house: House
) -> None:
    shop = provider.application()
    address = shop.by_handle(shop.handle())
    with house.inside():
        clients.update(shop.client_id, redirect_uris=["http://localhost:8401/nieuw"], actor="test")
    page = provider.browser(provider.person()).get(address)
    assert (page.status, page.error, page.left_for) == (400, "client-request", None)


@ONE
def test_pushing_and_signing_in_stand_under_one_reference(provider: Provider, house: House) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    shop.answer(browser.get(shop.by_handle(shop.handle())))
    [pushed], [given] = provider.events(Event.REQUEST_PUSHED), provider.events(Event.CODE_ISSUED)
    assert pushed.reference == given.reference
    assert pushed.client_id == shop.client_id


@ONE
def test_a_client_that_is_removed_takes_its_pushed_requests_along(
    provider: Provider, house: House
) -> None:
    shop = provider.application()
    shop.handle()
    with house.inside():
        clients.remove(shop.client_id, actor="test")
        assert db.session.query(PushedRequest).count() == 0


@ONE
def test_a_pushed_request_that_is_refused_is_in_the_audit_trail_once(provider: Provider) -> None:
    shop = provider.application()
    answer = shop.push(scope="profile")
    assert answer.status_code == 400
    [refused] = provider.events(Event.AUTHORIZATION_REFUSED)
    assert (refused.succeeded, refused.client_id) == (False, shop.client_id)
    shop.push(headers=basic(shop.client_id, "wrong"))
    assert len(provider.events(Event.AUTHORIZATION_REFUSED)) == 1
