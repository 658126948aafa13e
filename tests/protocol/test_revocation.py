"""Giving tokens back (RFC 7009)."""

from __future__ import annotations

import pytest

from idp.audit import Event
from tests.protocol.relying_party import ISSUER, Provider, basic

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REFRESHING = ("authorization_code", "refresh_token")


def test_an_access_token_that_was_given_back_stops_at_once(provider: Provider) -> None:
    shop = provider.application(grant_types=REFRESHING)
    tokens = shop.tokens(provider.browser(provider.person()))
    answer = shop.revoke(tokens["access_token"])
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert shop.userinfo(tokens["access_token"]).status_code == 401
    assert shop.introspect(tokens["access_token"]).get_json() == {"active": False}
    assert shop.refresh(tokens["refresh_token"]).status_code == 200
    [revoked] = provider.events(Event.TOKEN_REVOKED)
    [issued] = provider.events(Event.CODE_ISSUED)
    assert (revoked.reference, revoked.client_id) == (issued.reference, shop.client_id)


def test_a_refresh_token_takes_with_it_what_came_of_the_same_sign_in(provider: Provider) -> None:
    shop, anna = provider.application(grant_types=REFRESHING), provider.person()
    browser = provider.browser(anna)
    tokens, other = shop.tokens(browser), shop.tokens(browser)
    newer = shop.refresh(tokens["refresh_token"]).get_json()
    assert shop.revoke(newer["refresh_token"]).status_code == 200
    assert shop.refresh(newer["refresh_token"]).status_code == 400
    for token in (tokens, newer):
        assert shop.userinfo(token["access_token"]).status_code == 401
    assert shop.userinfo(other["access_token"]).status_code == 200


@ONE
def test_an_access_token_is_given_back_once(provider: Provider) -> None:
    shop = provider.application()
    token = shop.tokens(provider.browser(provider.person()))["access_token"]
    assert [shop.revoke(token).status_code for _ in range(2)] == [200, 200]
    assert len(provider.events(Event.TOKEN_REVOKED)) == 1


@ONE
def test_a_wrong_hint_and_a_second_time_make_no_difference(provider: Provider) -> None:
    shop = provider.application(grant_types=REFRESHING)
    tokens = shop.tokens(provider.browser(provider.person()))
    for _ in range(2):
        answer = shop.revoke(tokens["refresh_token"], token_type_hint="access_token")
        assert answer.status_code == 200
    assert shop.refresh(tokens["refresh_token"]).status_code == 400
    assert len(provider.events(Event.TOKEN_REVOKED)) == 1


@ONE
def test_what_is_no_token_of_ours_gets_the_same_answer(provider: Provider) -> None:
    shop = provider.application()
    for token in ("x", "x" * 43, "é", "a.b.c"):
        assert (shop.revoke(token).status_code, shop.revoke(token).data) == (200, b"")
    assert not provider.events(Event.TOKEN_REVOKED)


@ONE
def test_a_public_client_gives_back_its_own_where_the_profile_allows_it(provider: Provider) -> None:
    shop, anna = provider.application(auth_method="none"), provider.person()
    token = shop.tokens(provider.browser(anna))["access_token"]
    assert shop.revoke(token).status_code == 200
    assert shop.userinfo(token).status_code == 401
    governed = provider.application(profile="nlgov", auth_method="none", scopes=("openid",))
    answer = governed.revoke("x")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


@ONE
def test_requests_that_are_no_request_are_refused(provider: Provider) -> None:
    shop = provider.application()
    client = provider.house.app.test_client()
    for path in ("/oauth2/revoke", "/oauth2/introspect"):
        wrong = [
            shop.send(path, {}),
            shop.send(path, {"token": "x" * 20_000}),
            shop.send(path, {"token": "\x07"}),
            client.post(f"{path}?token=x", base_url=ISSUER, headers=shop.header()),
            client.post(path, base_url=ISSUER, json={"token": "x"}, headers=shop.header()),
        ]
        assert {(each.status_code, each.get_json()["error"]) for each in wrong} == {
            (400, "invalid_request")
        }
        guessed = shop.send(path, {"token": "x"}, basic(shop.client_id, "wrong"))
        assert (guessed.status_code, guessed.get_json()["error"]) == (401, "invalid_client")
        assert client.get(path, base_url=ISSUER).status_code == 405
