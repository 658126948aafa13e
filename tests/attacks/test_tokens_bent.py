"""Tokens in forms that were not agreed on, keys that are not the token's, and APIs that are not the client's."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from idp import keyring
from idp.keyring import Unverifiable
from tests.protocol.relying_party import Provider, RelyingParty, client_key, unverified
from tests.protocol.test_encrypted_answers import encrypting, opened, opening_key
from tests.protocol.test_resource_indicators import (
    OTHER,
    WMO,
    ZORG,
    ask,
    browser_of,
    redeem,
    refresh,
    with_apis,
)
from tests.support.journeys import House
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def with_header(token: str, **changes: Any) -> str:
    """The same token under another header, its signature left as it was."""
    header, _ = unverified(token)
    text = json.dumps(header | changes).encode()
    top = base64.urlsafe_b64encode(text).rstrip(b"=").decode()
    return ".".join([top, *token.split(".")[1:]])


def hinted(provider: Provider, shop: RelyingParty, hint: str) -> dict[str, str]:
    browser = provider.browser(provider.person("a.nders"))
    return shop.ask(browser, id_token_hint=hint, prompt="none")


def test_a_token_counts_under_the_key_and_the_algorithm_that_signed_it_and_no_other(
    provider: Provider, house: House
) -> None:
    """RFC 8725 section 2.1: RS256 and PS256 share a kind of key, and still neither verifies the other."""
    with house.app.app_context():
        ring = keyring.current()
        kids = {line.alg: line.kid for line in ring.lines()}
        for alg in keyring.SIGNING:
            token = ring.sign({"a": 1}, alg=alg, typ="JWT")
            assert ring.verify(token, typ="JWT") == {"a": 1}
            for other in (*keyring.ALGORITHMS, "none", "HS256"):
                if other == alg:
                    continue
                bent = [with_header(token, alg=other)]
                if other in kids:
                    bent.append(with_header(token, kid=kids[other]))
                    bent.append(with_header(token, kid=kids[other], alg=other))
                for each in bent:
                    with pytest.raises(Unverifiable):
                        ring.verify(each, typ="JWT")


def test_a_public_key_is_no_shared_secret(provider: Provider, house: House) -> None:
    [key] = [key for key in provider.keys()["keys"] if key["alg"] == "PS256"]
    pem = RSAKey.import_key(key).as_pem(private=False)
    secret = OctKey.import_key(base64.urlsafe_b64encode(pem).decode())
    header = {"typ": "JWT", "alg": "HS256", "kid": key["kid"]}
    forged = jws.serialize_compact(header, b'{"sub":"x"}', secret, ["HS256"])
    with house.app.app_context(), pytest.raises(Unverifiable):
        keyring.current().verify(forged, typ="JWT")


def test_an_id_token_of_one_client_is_no_hint_for_another(provider: Provider) -> None:
    mine = provider.application(None, id_token_alg="PS256", sector="een")
    theirs = provider.application(None, id_token_alg="PS256", sector="een")
    token = theirs.tokens(provider.browser(provider.person()))["id_token"]
    assert hinted(provider, mine, token)["error"] == "invalid_request"


def test_signed_userinfo_is_no_hint_although_it_has_our_signature_and_the_right_audience(
    provider: Provider,
) -> None:
    """RFC 8725 section 3.11."""
    shop, browser = (
        provider.application(None, userinfo_signed_response_alg="PS256"),
        provider.browser(provider.person()),
    )
    tokens = shop.tokens(browser)
    answer = shop.userinfo(tokens["access_token"]).get_data(as_text=True)
    assert unverified(answer)[1]["aud"] == shop.client_id
    assert shop.ask(browser, id_token_hint=answer)["error"] == "invalid_request"
    assert shop.userinfo(answer).status_code == 401


def test_what_is_encrypted_to_one_client_opens_for_no_other(provider: Provider) -> None:
    shop = encrypting(provider, opening_key("RSA"), "RSA-OAEP-256", "A256GCM")
    token = shop.tokens(provider.browser(provider.person()))["id_token"]
    assert opened(token, opening_key("RSA"), "RSA-OAEP-256", "A256GCM")
    stranger = RSAKey.generate_key(2048)
    for key in (stranger, client_key("RSA")):
        with pytest.raises((JoseError, ValueError)):
            opened(token, key, "RSA-OAEP-256", "A256GCM")


def test_an_encrypted_id_token_does_not_come_back_as_a_hint(provider: Provider) -> None:
    """OpenID Connect Core section 3.1.2.1: its client has to decrypt it first."""
    key = opening_key("RSA")
    shop = encrypting(provider, key, "RSA-OAEP-256", "A256GCM")
    browser = provider.browser(provider.person())
    token = shop.tokens(browser)["id_token"]
    assert shop.ask(browser, id_token_hint=token)["error"] == "invalid_request"
    _, inside = opened(token, key, "RSA-OAEP-256", "A256GCM")
    assert "code" in shop.ask(browser, id_token_hint=inside, prompt="none")


@pytest.mark.parametrize("api", [OTHER, "https://kwaad.example/"])
def test_no_way_in_gives_a_token_for_an_api_that_is_not_the_clients(
    provider: Provider, house: House, api: str
) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    assert ask(shop, browser, api)["error"] == "invalid_target"
    tokens = redeem(shop, ask(shop, browser, WMO)["code"]).get_json()
    for apis in ((api,), (WMO, api), (ZORG,)):
        answer = refresh(shop, tokens["refresh_token"], *apis)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_target")
    after = refresh(shop, tokens["refresh_token"]).get_json()
    assert unverified(after["access_token"])[1]["aud"][0] == WMO, "a refused try spends nothing"


def test_a_code_that_is_redeemed_for_an_api_it_is_not_for_is_not_spent(
    provider: Provider, house: House
) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    code = ask(shop, browser, WMO)["code"]
    for api in (OTHER, ZORG, "x", "https://kwaad.example/"):
        answer = redeem(shop, code, api)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_target"), api
    assert redeem(shop, code, WMO).status_code == 200
    assert redeem(shop, code, WMO).get_json()["error"] == "invalid_grant"


def test_narrowed_once_is_not_widened_by_the_next_refresh_beyond_the_sign_in(
    provider: Provider, house: House
) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    first = redeem(shop, ask(shop, browser, ZORG)["code"]).get_json()
    narrowed = refresh(shop, first["refresh_token"], ZORG).get_json()
    answer = refresh(shop, narrowed["refresh_token"], WMO)
    assert answer.get_json()["error"] == "invalid_target"
    wmo = refresh(shop, narrowed["refresh_token"]).get_json()
    assert unverified(wmo["access_token"])[1]["aud"][0] == ZORG
