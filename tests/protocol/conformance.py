"""A module of a conformance plan, as the suite walks it: own clients at `laag`, no PKCE, and a person who types."""

from __future__ import annotations

import math
import re
import secrets
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from idp import clock
from idp.accounts import directory
from idp.assurance import REGISTRABLE, Level
from tests.protocol.registering import newcomer
from tests.protocol.relying_party import (
    CALLBACK,
    ISSUER,
    Provider,
    RelyingParty,
    client_key,
    public,
)
from tests.support.journeys import Person, Visitor, identify
from tests.support.pages import Page

SCOPES: Final = ("openid", "profile", "email", "address", "phone")
#: What may stand in an ID Token without a warning.
USUAL: Final = frozenset(
    (
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp"),
        *("at_hash", "c_hash", "s_hash", "nbf", "jti", "sid", "txn"),
    )
)
_NO_PKCE: Final = {"code_challenge": None, "code_challenge_method": None}
_HELD: Final = {
    "given_name": "Test",
    "family_name": "Persoon",
    "phone_number": "+31881234567",
    "street_address": "Teststraat 1",
    "postal_code": "1234 AB",
    "locality": "Voorbeeld",
    "country": "Nederland",
}


@dataclass
class Module:
    """One run: a fresh browser, a client that was registered for it, and what was typed."""

    provider: Provider
    response_mode: str
    registration: str
    person: Person
    shop: RelyingParty
    browser: Visitor
    sign_ins: int = 0
    """How often the sign-in page showed."""

    def another(self, auth_method: str = "client_secret_basic", **said: Any) -> RelyingParty:
        """A second client, or one that authenticates otherwise."""
        return client_of(self.provider, self.registration, auth_method, **said)

    def asks(self, shop: RelyingParty | None = None, **changes: str | None) -> dict[str, str]:
        """An authorization request to its end: the parameters that came back, in the way that was asked."""
        shop = shop or self.shop
        shop.state = secrets.token_urlsafe(96)
        return self.ends(shop.visit(self.browser, **self.said(changes)), shop)

    def said(self, changes: dict[str, str | None]) -> dict[str, str | None]:
        """The request as the plan makes it."""
        mode = {} if self.response_mode == "query" else {"response_mode": self.response_mode}
        return {**_NO_PKCE, **mode, **changes}

    def ends(self, page: Page, shop: RelyingParty | None = None) -> dict[str, str]:
        """From the page that shows: sign in where that is asked, and read the answer."""
        shop = shop or self.shop
        if page.name == "login":
            self.sign_ins += 1
            page = identify(self.browser, self.person, at=None)
        if self.response_mode == "form_post":
            assert (page.name, page.left_for) == ("form-post", None), page
            assert page.headers["Cache-Control"] == "no-store"
            page = self.browser.submit("volgende")
            assert page.left_for == shop.redirect_uri, "nothing stands in the address"
            answer = page.posted
        else:
            answer = shop.answer(page)
        assert answer["iss"] == ISSUER
        assert answer.get("state") == shop.state
        wanted = {"code", "state", "iss"}
        if "error" in answer:
            wanted = {"error", "error_description", "state", "iss"}
            assert re.fullmatch(r"[ !#-\[\]-~]*", answer.get("error_description", ""))
        assert set(answer) <= wanted
        return answer

    def tokens(self, shop: RelyingParty | None = None, **changes: str | None) -> dict[str, Any]:
        """The same, and the code redeemed."""
        return self.redeems(self.asks(shop, **changes), shop)

    def redeems(self, answer: dict[str, str], shop: RelyingParty | None = None) -> dict[str, Any]:
        """The token response with everything that is checked of each, and the claims of its ID Token."""
        shop = shop or self.shop
        assert "code" in answer, answer
        assert bits(answer["code"]) > 96
        response = shop.redeem(answer["code"], code_verifier=None)
        assert response.status_code == 200, response.get_json()
        body: dict[str, Any] = response.get_json()
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Pragma"] == "no-cache"
        assert body["token_type"] == "Bearer"
        assert type(body["expires_in"]) is int
        assert 0 < body["expires_in"] <= 31_536_000
        for name in ("access_token", "refresh_token"):
            assert name not in body or bits(body[name]) > 96
        claims = shop.verified(body["id_token"])
        now = clock.now().timestamp()
        assert set(claims) <= USUAL, "nothing that was not asked, and no claims of scopes"
        assert (claims["iss"], claims["aud"]) == (ISSUER, shop.client_id)
        assert claims["iat"] <= now < claims["exp"]
        assert re.fullmatch(r"[!-~]{1,255}", claims["sub"])
        assert type(claims["auth_time"]) is int
        return body | {"claims": claims}

    def userinfo(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """The claims of UserInfo, which belong to who signed in and are whole."""
        response = self.shop.userinfo(tokens["access_token"])
        assert (response.status_code, response.mimetype) == (200, "application/json")
        told: dict[str, Any] = response.get_json()
        assert told["sub"] == tokens["claims"]["sub"]
        assert not {None, "", "null"} & {
            each for each in told.values() if not isinstance(each, dict)
        }
        return told


def start(provider: Provider, registration: str, response_mode: str) -> Module:
    """A person of whom everything is held, with a method, and a client of the plan."""
    shop = client_of(provider, registration, "client_secret_basic")
    person = provider.person("suite", totp=True, level=Level.SUBSTANTIEEL)
    with provider.house.inside():
        account = directory.get(person.id)
        assert account is not None
        directory.update_account(account, email="suite@example.com", further=_HELD, actor="test")
    return Module(provider, response_mode, registration, person, shop, provider.house.browser())


def client_of(provider: Provider, registration: str, auth_method: str, **said: Any) -> RelyingParty:
    """A test client at `laag` that may refresh, registered by the operator or by itself."""
    grants = ("authorization_code", "refresh_token")
    level = REGISTRABLE["laag"]
    if registration == "static":
        return provider.application(
            None,
            auth_method=auth_method,
            grant_types=grants,
            scopes=SCOPES,
            level=level,
            is_test=True,
            **said,
        )
    new = newcomer(provider.house, level=level, scopes=SCOPES, is_test=True, is_third_party=False)
    new.register(
        client_name="Conformance suite",
        grant_types=list(grants),
        response_types=["code"],
        redirect_uris=[CALLBACK],
        token_endpoint_auth_method=auth_method,
        contacts=["suite@example.com"],
        jwks=public(client_key("RSA")),
        **said,
    )
    return new.party()


def bits(text: str) -> float:
    """Shannon's estimate over the characters of a value, as the suite makes it."""
    assert len(text) >= 16
    counted = Counter(text).values()
    return -sum(each * math.log2(each / len(text)) for each in counted)
