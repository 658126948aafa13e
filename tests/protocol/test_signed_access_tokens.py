"""Signed access tokens (RFC 9068): what an API reads in one without asking us."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.accounts import sessions
from idp.database import db
from idp.models import Session
from tests.protocol.relying_party import ISSUER, SUBSTANTIAL, Provider, RelyingParty, unverified
from tests.support.journeys import House, grant

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
API = "https://api.voorbeeld.nl/wmo"


def read_by_api(provider: Provider, token: str, alg: str = "RS256") -> dict[str, Any]:
    """Header and claims, after the signature holds against the published keys."""
    found = jwt.decode(token, KeySet.import_key_set(provider.keys()), [alg])
    assert found.header["typ"] == "at+jwt"
    assert found.header["kid"] in {key["kid"] for key in provider.keys()["keys"]}
    return found.claims


def access_token(provider: Provider, shop: RelyingParty, **changes: str) -> str:
    token: str = shop.tokens(provider.browser(provider.person()), **changes)["access_token"]
    return token


@ONE
def test_nlgov_has_signed_tokens_and_basic_where_it_is_asked(provider: Provider) -> None:
    anna_of = provider.browser
    governed, plain = provider.nlgov(), provider.application()
    signed = provider.application(access_token_format="jwt", id_token_alg="ES256")
    browser = anna_of(provider.person())
    assert governed.tokens(browser)["access_token"].count(".") == 2
    assert signed.tokens(browser)["access_token"].count(".") == 2
    assert "." not in plain.tokens(browser)["access_token"]
    read_by_api(provider, signed.tokens(browser)["access_token"], "ES256")


def test_it_says_who_for_whom_how_long_and_how_signed_in(provider: Provider) -> None:
    provider.machine("wmo", grant_types=(), resource=API)
    shop = provider.nlgov(audiences=[API], scope="openid applicaties")
    tokens = shop.tokens(provider.browser(provider.person()))
    claims, signed_in = (
        read_by_api(provider, tokens["access_token"]),
        shop.verified(tokens["id_token"]),
    )
    assert len(claims.pop("jti")) == 43
    assert claims == {
        "iss": ISSUER,
        "aud": [API, ISSUER],
        "client_id": shop.client_id,
        "azp": shop.client_id,
        "iat": signed_in["iat"],
        "exp": signed_in["iat"] + 600,
        "scope": "openid applicaties",
        "sub": signed_in["sub"],
        "auth_time": signed_in["auth_time"],
        "acr": SUBSTANTIAL,
        "entitlements": ["inzien"],
    }


@ONE
def test_without_an_api_it_is_for_us_and_tells_no_rights(provider: Provider) -> None:
    claims = read_by_api(provider, access_token(provider, provider.nlgov()))
    assert claims["aud"] == ISSUER
    assert "entitlements" not in claims


@ONE
def test_rights_are_those_in_the_application_of_the_api_and_no_other(
    provider: Provider, house: House
) -> None:
    provider.machine("zorg", grant_types=(), resource=API)
    shop, anna = provider.application(audiences=[API]), provider.person()
    claims = read_by_api(provider, shop.tokens(provider.browser(anna))["access_token"])
    assert claims["entitlements"] == []
    grant(house, anna, "zorg")
    claims = read_by_api(provider, shop.tokens(provider.browser(anna))["access_token"])
    assert claims["entitlements"] == ["inzien"]


def test_userinfo_takes_it_until_it_is_revoked_or_its_session_ends(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(), provider.person()
    first, second = (shop.tokens(provider.browser(anna))["access_token"] for _ in range(2))
    assert shop.userinfo(first).status_code == shop.userinfo(second).status_code == 200
    shop.revoke(first)
    assert shop.userinfo(first).status_code == 401
    with house.inside():
        for session in db.session.query(Session):
            sessions.end(session.id, why="test")
    assert shop.userinfo(second).status_code == 401


@ONE
def test_neither_kind_of_token_passes_for_the_other(provider: Provider) -> None:
    """RFC 8725 section 3.11, RFC 9068 section 4."""
    shop = provider.nlgov()
    browser = provider.browser(provider.person())
    tokens = shop.tokens(browser)
    assert shop.userinfo(tokens["id_token"]).status_code == 401
    answer = shop.ask(browser, id_token_hint=tokens["access_token"])
    assert answer["error"] == "invalid_request"
    bent = tokens["access_token"][:-4] + "AAAA"
    for token in (bent, tokens["access_token"] + "A", tokens["access_token"] + "=="):
        assert shop.userinfo(token).status_code == 401
    assert unverified(tokens["id_token"])[0]["typ"] == "JWT"
