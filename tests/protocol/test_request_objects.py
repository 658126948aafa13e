"""Signed requests (RFC 9101): the object counts and nothing beside it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import keyring
from idp.clock import Standing
from tests.protocol.relying_party import ISSUER, Provider, client_key
from tests.protocol.request_objects import by_object, encrypted_to, signed_request
from tests.protocol.test_signing_in_for_an_application import walk
from tests.support.journeys import House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_signed_request_signs_somebody_in(provider: Provider, house: House) -> None:
    shop, anna, browser = provider.nlgov(), provider.person(totp=True), provider.browser()
    browser.get(by_object(shop, signed_request(shop)))
    came = walk(house, browser, anna)
    assert came["state"] == shop.state
    claims = shop.verified(shop.redeem(came["code"]).get_json()["id_token"])
    assert claims["nonce"] == shop.nonce


@ONE
@pytest.mark.parametrize(
    ("kind", "alg"),
    [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "EdDSA"), ("OKP", "Ed25519")],
)
def test_every_algorithm_of_the_metadata_signs(provider: Provider, kind: str, alg: str) -> None:
    shop = provider.nlgov(key=client_key(kind))
    browser = provider.browser(provider.person())
    token = signed_request(shop, header={"alg": alg})
    assert "code" in shop.answer(browser.get(by_object(shop, token)))


@ONE
def test_only_what_is_in_the_object_counts(provider: Provider) -> None:
    shop, browser = provider.nlgov(), provider.browser(provider.person())
    address = by_object(
        shop,
        signed_request(shop),
        state="van-buiten-en-lang-genoeg",
        nonce="van-buiten-en-lang-genoeg",
        scope="openid applicaties",
        redirect_uri="http://elders.example/",
        response_type="token",
        prompt="login",
    )
    answer = shop.answer(browser.get(f"{address}&scope=twee"))
    assert answer["state"] == shop.state
    tokens = shop.redeem(answer["code"]).get_json()
    assert tokens["scope"] == "openid"
    assert shop.verified(tokens["id_token"])["nonce"] == shop.nonce
    outside = {name: value for name, value in shop.request().items() if name != "client_id"}
    incomplete = signed_request(shop, code_challenge=None)
    refused = browser.get("http://localhost:8400" + by_object(shop, incomplete, **outside))
    assert shop.answer(refused)["error"] == "invalid_request"


@ONE
def test_a_signed_request_can_be_pushed(provider: Provider, time: Standing) -> None:
    shop, browser = provider.nlgov(), provider.browser(provider.person())
    pushed = shop.push(request=signed_request(shop), state="beside-it-and-long-enough")
    assert pushed.status_code == 201
    time.move(timedelta(seconds=70))  # the object may be over by then: it was checked when it came
    address = shop.by_handle(pushed.get_json()["request_uri"])
    assert shop.answer(browser.get(address))["state"] == shop.state
    refused = shop.push(request=signed_request(shop, aud="https://elders.example"))
    assert refused.get_json()["error"] == "invalid_request_object"


@ONE
@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA-OAEP-256"])
def test_a_signed_request_may_be_encrypted_to_us(provider: Provider, alg: str) -> None:
    shop, browser = provider.nlgov(), provider.browser(provider.person())
    token = encrypted_to(provider, signed_request(shop), alg=alg)
    assert shop.answer(browser.get(by_object(shop, token)))["state"] == shop.state
    assert shop.push(request=token).status_code == 201


@ONE
def test_an_encryption_key_that_a_next_one_followed_still_opens(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.nlgov()
    with house.inside():
        keyring.rotate("RSA-OAEP-256", actor="test")
    before = encrypted_to(provider, signed_request(shop, nbf=None, iat=None))
    time.move(timedelta(seconds=50))
    with house.inside():
        keyring.rotate("RSA-OAEP-256", actor="test", at_once=True)
    assert shop.push(request=before).status_code == 201


@ONE
def test_numbers_and_objects_may_stand_in_the_object_as_such(provider: Provider) -> None:
    shop, browser = provider.nlgov(), provider.browser(provider.person(), ago=timedelta(minutes=9))
    wanted = {"id_token": {"name": None}}
    assert browser.get(by_object(shop, signed_request(shop, max_age=60))).name == "login"
    page = browser.get(
        "http://localhost:8400" + by_object(shop, signed_request(shop, claims=wanted, max_age=600))
    )
    tokens = shop.redeem(shop.answer(page)["code"]).get_json()
    assert "name" in shop.verified(tokens["id_token"])


@ONE
def test_the_type_may_be_absent_or_in_any_letters(provider: Provider) -> None:
    shop, browser = provider.nlgov(), provider.browser(provider.person())
    for typ in (None, "JWT", "OAuth-Authz-Req+JWT", "application/oauth-authz-req+jwt"):
        token = signed_request(shop, header={"typ": typ})
        page = browser.get("http://localhost:8400" + by_object(shop, token))
        assert "code" in shop.answer(page), typ


@ONE
def test_its_audience_may_hold_others_beside_us(provider: Provider) -> None:
    shop, browser = provider.nlgov(), provider.browser(provider.person())
    token = signed_request(shop, aud=["https://elders.example", ISSUER])
    assert "code" in shop.answer(browser.get(by_object(shop, token)))


@ONE
def test_a_client_without_keys_hears_that_it_cannot(provider: Provider) -> None:
    signer, shop = provider.nlgov(None), provider.application()
    token = signed_request(signer)
    page = provider.browser().get(by_object(shop, token, redirect_uri=shop.redirect_uri))
    assert shop.answer(page)["error"] == "request_not_supported"
