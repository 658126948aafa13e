"""Answers encrypted to keys that the client publishes itself: fetched before anything is claimed, and not too often."""

from __future__ import annotations

from typing import Any, Final

import pytest

from idp.clock import Standing
from idp.oidc import client_keys, clients, examination
from tests.protocol.relying_party import ClientKey, Provider, RelyingParty, client_key, public
from tests.protocol.test_encrypted_answers import opened, opening_key
from tests.support.journeys import House
from tests.support.web_server import WebServer

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH: Final = "/jwks.json"
FORM: Final = ("RSA-OAEP-256", "A256GCM")


def shop_at(provider: Provider, site: WebServer, **said: Any) -> RelyingParty:
    """A client whose ID Tokens and UserInfo are encrypted to the keys at its own address."""
    alg, enc = FORM
    made = provider.application(None, **said)
    form: Any = {
        "jwks": None,
        "jwks_uri": site.origin + PATH,
        "id_token_encrypted_response_alg": alg,
        "id_token_encrypted_response_enc": enc,
        "userinfo_signed_response_alg": "RS256",
        "userinfo_encrypted_response_alg": alg,
        "userinfo_encrypted_response_enc": enc,
    }
    with provider.house.inside():
        clients.update(made.client_id, actor="test", **form)
    return made


def kid_of(token: str, key: ClientKey) -> str:
    """To which key that is encrypted, after it was opened with it."""
    header, _ = opened(token, key, *FORM)
    return str(header["kid"])


def told(shop: RelyingParty, access_token: str) -> str:
    """UserInfo as it came."""
    answer = shop.userinfo(access_token)
    assert answer.status_code == 200, answer.get_json()
    return answer.get_data(as_text=True)


def test_both_answers_are_encrypted_to_the_key_under_the_address(
    provider: Provider, site: WebServer
) -> None:
    key = opening_key("RSA")
    site.put(PATH, public(client_key(), key))
    shop = shop_at(provider, site, auth_method="private_key_jwt")
    tokens = shop.tokens(provider.browser(provider.person()))
    _, token = opened(tokens["id_token"], key, *FORM)
    assert shop.verified(token)["aud"] == shop.client_id
    _, inside = opened(told(shop, tokens["access_token"]), key, *FORM)
    assert shop.verified(inside)["sub"] == shop.verified(token)["sub"]
    assert site.visits == [PATH]  # one call for its assertion, its ID Token and UserInfo


@ONE
def test_a_client_with_a_secret_may_publish_keys_for_encryption_alone(
    provider: Provider, site: WebServer
) -> None:
    key = opening_key("RSA")
    site.put(PATH, public(key))
    shop = shop_at(provider, site, grant_types=("authorization_code", "refresh_token"))
    tokens = shop.tokens(provider.browser(provider.person()))
    assert kid_of(tokens["id_token"], key) == key.kid
    refreshed = shop.refresh(tokens["refresh_token"]).get_json()
    assert kid_of(refreshed["id_token"], key) == key.kid
    assert site.visits == [PATH]


@ONE
def test_nobody_is_called_for_a_client_without_encryption(
    provider: Provider, site: WebServer
) -> None:
    shop = provider.application(None, jwks_uri=site.origin + PATH)
    tokens = shop.tokens(provider.browser(provider.person()))
    assert shop.userinfo(tokens["access_token"]).is_json
    assert site.visits == []


@ONE
def test_a_new_key_is_used_once_the_old_set_is_no_longer_fresh(
    provider: Provider, site: WebServer, time: Standing
) -> None:
    old, new = opening_key("RSA", kid="oud"), opening_key("RSA", kid="nieuw")
    site.put(PATH, public(old), Cache_Control="max-age=300")
    shop = shop_at(provider, site)
    access_token = shop.tokens(provider.browser(provider.person()))["access_token"]
    site.put(PATH, public(new))
    assert kid_of(told(shop, access_token), old) == "oud"
    time.move(client_keys.SHORTEST)
    assert kid_of(told(shop, access_token), new) == "nieuw"
    assert len(site.visits) == 2


@ONE
def test_a_set_in_which_no_key_fits_is_looked_at_again(
    provider: Provider, site: WebServer, time: Standing
) -> None:
    site.put(PATH, public(opening_key("EC")))
    shop, browser = shop_at(provider, site), provider.browser(provider.person())
    answer = shop.redeem(shop.ask(browser)["code"])
    assert (answer.status_code, answer.get_json()["error"]) == (500, "server_error")
    site.put(PATH, public(opening_key("RSA")))
    time.move(client_keys.LOOKS_AGAIN)
    assert shop.tokens(browser)["id_token"]
    assert len(site.visits) == 2


def test_a_code_is_good_still_when_its_keys_could_not_be_fetched(
    provider: Provider, site: WebServer, time: Standing
) -> None:
    site.put(PATH, "weg", status=503)
    shop = shop_at(provider, site)
    code = shop.ask(provider.browser(provider.person()))["code"]
    answer = shop.redeem(code)
    assert (answer.status_code, answer.get_json()["error"]) == (500, "server_error")
    assert "cannot be fetched" in answer.get_json()["error_description"]
    assert "503" not in answer.get_data(as_text=True)
    key = opening_key("RSA")
    site.put(PATH, public(key), Cache_Control="max-age=300")
    time.move(client_keys.FAILS_FOR)
    answer = shop.redeem(code)
    assert answer.status_code == 200, answer.get_json()
    site.put(PATH, "weg", status=503)
    time.move(client_keys.SHORTEST)
    assert kid_of(told(shop, answer.get_json()["access_token"]), key)  # the older set serves on


@ONE
def test_a_stranger_cannot_make_us_call_for_a_client_with_credentials(
    provider: Provider, site: WebServer
) -> None:
    shop = shop_at(provider, site)
    shop.secret = "x" * 43
    assert shop.redeem("x" * 43).status_code == 401
    assert shop.userinfo("x" * 43).status_code == 401
    assert site.visits == []


def test_userinfo_tells_nothing_of_a_token_that_ended_while_the_keys_were_fetched(
    provider: Provider, site: WebServer, house: House, time: Standing
) -> None:
    site.put(PATH, public(opening_key("RSA")), Cache_Control="max-age=300")
    shop, anna = shop_at(provider, site), provider.person()
    access_token = shop.tokens(provider.browser(anna))["access_token"]
    time.move(client_keys.SHORTEST)
    site.meanwhile = lambda: provider.block(anna)
    assert shop.userinfo(access_token).status_code == 401
    assert len(site.visits) == 2


@ONE
def test_the_operator_hears_that_no_key_there_is_one_to_encrypt_to(
    provider: Provider, site: WebServer, house: House
) -> None:
    site.put(PATH, public(opening_key("RSA")))
    shop = shop_at(provider, site)
    with house.app.app_context():
        assert [remark.wrong for remark in examination.reach(shop.client_id)] == [False]
    site.put(PATH, public(opening_key("EC")))
    with house.app.app_context():
        wrong = [each.says for each in examination.reach(shop.client_id) if each.wrong]
    assert wrong == ["under its jwks_uri: none of the keys is one to encrypt to with RSA-OAEP-256"]


@ONE
def test_a_client_that_signs_needs_a_key_for_that_beside_the_one_for_encryption(
    provider: Provider, house: House
) -> None:
    shop = provider.application(
        None, key=opening_key("RSA"), id_token_encrypted_response_alg="RSA-OAEP-256"
    )
    for change in (
        {"auth_method": "private_key_jwt"},
        {"require_signed_request_object": True},
        {"request_object_signing_alg": "ES256"},
        {"id_token_encrypted_response_alg": None},
    ):
        said: Any = change
        with (
            house.app.app_context(),
            pytest.raises(clients.CannotBeRegistered, match="no key for signatures"),
        ):
            clients.update(shop.client_id, actor="test", **said)
