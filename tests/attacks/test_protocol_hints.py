"""Attacks with tokens of our own kind: tampered hints, hints of others, tokens used for what they are not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc import jws, jwt

from idp import keyring
from tests.attacks.test_protocol_assertions import encoded
from tests.protocol.relying_party import AFTERWARDS, ISSUER, Provider, client_key, unverified
from tests.support.journeys import House
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def forgeries(provider: Provider, true: str) -> dict[str, str]:
    """Hints that are not ours, made from one that is."""
    header, claims = unverified(true)
    parts = true.split(".")
    stranger = client_key("EC", name="stranger")
    public = next(key for key in provider.keys()["keys"] if key["kid"] == header["kid"])
    with provider.house.app.app_context():
        ring = keyring.current()
        other_purpose = ring.sign(claims, alg="ES256", typ="logout+jwt")
        access_like = ring.sign(claims, alg="ES256", typ="at+jwt")
        other_issuer = ring.sign(claims | {"iss": "https://elders.example"}, alg="ES256", typ="JWT")
        other_client = ring.sign(claims | {"aud": "een-ander"}, alg="ES256", typ="JWT")
        many = ring.sign(claims | {"aud": [claims["aud"], "een-ander"]}, alg="ES256", typ="JWT")
    signed_elsewhere = jwt.encode(
        {"alg": "ES256", "typ": "JWT", "kid": header["kid"]}, claims, stranger, ["ES256"]
    )
    return {
        "without a signature": f"{encoded(header | {'alg': 'none'})}.{parts[1]}.",
        "without its signature": f"{parts[0]}.{parts[1]}.",
        "with other claims": f"{parts[0]}.{encoded(claims | {'sub': 'x'})}.{parts[2]}",
        "with another algorithm": f"{encoded(header | {'alg': 'HS256'})}.{parts[1]}.{parts[2]}",
        "signed with the public key as a secret": _hs256(claims, header, public),
        "signed by somebody else": signed_elsewhere,
        "with a key brought along": jws.serialize_compact(
            {"alg": "ES256", "typ": "JWT", "jwk": stranger.as_dict(private=False)},
            json.dumps(claims),
            stranger,
            ["ES256"],
        ),
        "made for signing out": other_purpose,
        "made for an interface": access_like,
        "of another issuer": other_issuer,
        "of another client": other_client,
        "of several clients": many,
        "cut short": true[:-8],
        "not a token": "x" * 100,
    }


def _hs256(claims: dict[str, Any], header: dict[str, Any], public: dict[str, Any]) -> str:
    import hmac

    signed = f"{encoded(header | {'alg': 'HS256'})}.{encoded(claims)}"
    return (
        f"{signed}.{encoded(hmac.digest(json.dumps(public).encode(), signed.encode(), 'sha256'))}"
    )


@ONE
def test_a_forged_hint_is_refused_where_it_asks_for_a_code(provider: Provider) -> None:
    shop, anna = provider.application(id_token_alg="ES256"), provider.person()
    browser = provider.browser(anna)
    true = shop.tokens(browser)["id_token"]
    for name, hint in forgeries(provider, true).items():
        for prompt in ("none", None):
            answer = shop.ask(browser, prompt=prompt, id_token_hint=hint)
            assert answer["error"] == "invalid_request", name
    assert "code" in shop.ask(browser, id_token_hint=true)


@ONE
def test_a_forged_hint_ends_no_session_and_redirects_nobody(provider: Provider) -> None:
    shop, anna = provider.application(id_token_alg="ES256"), provider.person()
    browser = provider.browser(anna)
    true = shop.tokens(browser)["id_token"]
    for name, hint in forgeries(provider, true).items():
        page = browser.get(
            f"{ISSUER}/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={AFTERWARDS}"
        )
        assert (page.name, page.left_for) == ("logout", None), name
    assert "code" in shop.ask(browser, prompt="none")


@ONE
def test_the_hint_of_one_client_opens_no_address_of_another(provider: Provider) -> None:
    elsewhere = "http://localhost:8402/uitgelogd"
    shop = provider.application()
    provider.application(None, post_logout_redirect_uris=[elsewhere])
    browser = provider.browser(provider.person())
    hint = shop.tokens(browser)["id_token"]
    page = browser.get(
        f"{ISSUER}/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri={elsewhere}"
    )
    assert page.left_for is None


@ONE
def test_another_clients_id_token_is_no_hint_here(provider: Provider) -> None:
    """Also when both are of one sector and know the person by the same name."""
    shop, other = (provider.application(None, sector="samen") for _ in range(2))
    browser = provider.browser(provider.person())
    hint = other.tokens(browser)["id_token"]
    assert shop.ask(browser, prompt="none", id_token_hint=hint)["error"] == "invalid_request"


@ONE
def test_a_made_up_session_cookie_opens_nothing(provider: Provider) -> None:
    shop = provider.application()
    browser = provider.browser()
    for value in ("", "x" * 43, "a" * 4000, "' OR 1=1 --"):
        browser.plant("__Host-idp_session", value)
        assert shop.ask(browser, prompt="none")["error"] == "login_required"
