"""What signs: a key of its own for each algorithm, chosen by the client's registration, promised where it is there."""

from __future__ import annotations

import base64
import hashlib
import warnings
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import KeySet

from idp import keyring
from idp.errors import WrongInput
from idp.oidc import clients
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty, unverified
from tests.support.journeys import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def without(house: House, alg: str) -> None:
    """A deployment that never made a key of that algorithm."""
    folder: Path = house.app.config["IDP"].key_folder
    with house.app.app_context():
        [kid] = [line.kid for line in keyring.listing() if line.alg == alg]
        (folder / f"{kid}.json").unlink()
        keyring.listing()


def metadata(house: House) -> dict[str, Any]:
    address = "/.well-known/openid-configuration"
    found: dict[str, Any] = house.app.test_client().get(address, base_url=ISSUER).get_json()
    return found


def signed_userinfo(provider: Provider, shop: RelyingParty) -> tuple[dict[str, Any], Any]:
    """Header and claims of a signed UserInfo answer, after its signature held."""
    tokens = shop.tokens(provider.browser(provider.person()), scope="openid profile")
    answer = shop.userinfo(tokens["access_token"])
    assert (answer.status_code, answer.mimetype) == (200, "application/jwt")
    assert "no-store" in answer.headers["Cache-Control"]
    token = answer.get_data(as_text=True)
    header, _ = unverified(token)
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # of the name EdDSA
        claims = jwt.decode(token, KeySet.import_key_set(provider.keys()), [header["alg"]]).claims
    assert claims["sub"] == shop.verified(tokens["id_token"])["sub"]
    return header, claims


@pytest.mark.parametrize("alg", keyring.SIGNING)
def test_an_id_token_is_signed_as_registered_and_its_half_hash_goes_with_that(
    provider: Provider, alg: str
) -> None:
    shop = provider.application(None, id_token_alg=alg)
    body = shop.tokens(provider.browser(provider.person()))
    claims = shop.verified(body["id_token"])
    [key] = [key for key in provider.keys()["keys"] if key["alg"] == alg]
    assert unverified(body["id_token"])[0] == {"typ": "JWT", "alg": alg, "kid": key["kid"]}
    hashed = hashlib.sha512 if alg in {"Ed25519", "EdDSA"} else hashlib.sha256
    whole = hashed(body["access_token"].encode()).digest()
    half = base64.urlsafe_b64encode(whole[: len(whole) // 2]).decode().rstrip("=")
    assert claims["at_hash"] == half


@pytest.mark.parametrize("alg", keyring.SIGNING)
def test_a_hint_of_every_algorithm_is_recognised(provider: Provider, alg: str) -> None:
    shop, browser = (
        provider.application(None, id_token_alg=alg),
        provider.browser(provider.person()),
    )
    token = shop.tokens(browser)["id_token"]
    assert "code" in shop.ask(browser, id_token_hint=token, prompt="none")


def test_every_algorithm_has_a_key_of_its_own(provider: Provider) -> None:
    """RFC 8725 section 3.5."""
    keys = [key for key in provider.keys()["keys"] if key["use"] == "sig"]
    assert sorted(key["alg"] for key in keys) == sorted(keyring.SIGNING)
    assert len({key.get("n") or key["x"] for key in keys}) == len(keyring.SIGNING)


@pytest.mark.parametrize("alg", keyring.SIGNING)
def test_userinfo_is_signed_for_who_registered_that(provider: Provider, alg: str) -> None:
    """OpenID Connect Core section 5.3.2."""
    shop = provider.application(None, userinfo_signed_response_alg=alg)
    header, claims = signed_userinfo(provider, shop)
    assert header["alg"] == alg
    assert (claims["iss"], claims["aud"]) == (ISSUER, shop.client_id)
    assert set(claims) == {"iss", "aud", "sub", "name", "preferred_username", "updated_at"}


def test_signed_userinfo_is_refused_as_json_would_be(provider: Provider) -> None:
    shop = provider.application(None, userinfo_signed_response_alg="RS256")
    answer = shop.userinfo("geen-token")
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_token")


def test_nlgov_signs_with_rs256_or_ps256_and_nothing_else(provider: Provider, house: House) -> None:
    browser = provider.browser(provider.person())
    for alg in ("RS256", "PS256"):
        shop = provider.nlgov(None, id_token_alg=alg, userinfo_signed_response_alg=alg)
        tokens = shop.tokens(browser)
        for token in (tokens["id_token"], tokens["access_token"]):
            assert unverified(token)[0]["alg"] == alg
        answer = shop.userinfo(tokens["access_token"]).get_data(as_text=True)
        assert unverified(answer)[0]["alg"] == alg
    for member in ("id_token_alg", "userinfo_signed_response_alg"):
        with house.app.app_context(), pytest.raises(WrongInput, match="nlgov signs"):
            clients.update(shop.client_id, actor="test", **{member: "ES256"})  # type: ignore[misc]


def test_the_metadata_states_what_there_is_a_key_for_and_follows_the_keys(
    provider: Provider, house: House
) -> None:
    without(house, "PS256")
    offered = "id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"
    for member in offered:
        assert metadata(house)[member] == ["RS256", "ES256", "Ed25519", "EdDSA"]
    with house.inside():
        [made] = keyring.rotate("PS256", actor="test")
    for member in offered:
        assert "PS256" in metadata(house)[member]
    assert made.kid in {key["kid"] for key in provider.keys()["keys"]}


def test_without_its_key_a_client_hears_that_it_is_our_fault(
    provider: Provider, house: House
) -> None:
    shop = provider.application(None, id_token_alg="PS256")
    plain = provider.application(None, userinfo_signed_response_alg="PS256")
    browser = provider.browser(provider.person())
    access_token = plain.tokens(browser)["access_token"]
    without(house, "PS256")
    for answer in (shop.redeem(shop.ask(browser)["code"]), plain.userinfo(access_token)):
        assert (answer.status_code, answer.get_json()["error"]) == (500, "server_error")
        assert "no key of ours signs PS256" in answer.get_json()["error_description"]
        assert "WWW-Authenticate" not in answer.headers
