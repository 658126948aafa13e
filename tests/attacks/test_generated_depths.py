"""Generated values where only somebody with right credentials gets: beside a live code, inside `claims`, inside a JWT.

Derandomized: every run makes the same ones.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from idp import throttle
from idp.throttle import Budget
from tests.attacks.bent_jwts import Genuine
from tests.attacks.presented import told, what_lasts
from tests.attacks.test_generated_requests import (
    BYTES,
    NASTY,
    QUIETLY,
    ours,
    post,
    refused_as_programs_are,
)
from tests.protocol.relying_party import Provider, RelyingParty, client_key
from tests.protocol.request_objects import signed_request
from tests.support.journeys import House
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: Any JSON, most of it of a kind that nobody expects there.
JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**400)
    | st.floats(allow_nan=False)
    | NASTY
    | st.sampled_from(["", "openid", "code", "x" * 3_000, "\ud800", "http://localhost:8400"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NASTY, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def provider(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The house with signing keys; nobody is asked to wait."""
    for name in ("CLIENT_FAILURES", "PUSHES"):
        window = getattr(throttle, name).window
        monkeypatch.setattr(throttle, name, Budget(times=100_000, window=window))
    return Provider.of(house, run)


def test_whatever_comes_beside_a_live_code_spends_nothing(provider: Provider, house: House) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    right = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": shop.redirect_uri,
        "code_verifier": shop.verifier,
    }
    before = what_lasts(house)

    @settings(max_examples=100, **QUIETLY)
    @given(
        name=st.sampled_from(["code_verifier", "redirect_uri", "resource", "client_id"]),
        value=NASTY.map(quote) | BYTES | st.sampled_from(["x" * 128, "x" * 129, "%C3%A9" * 43]),
    )
    def redeem(name: str, value: str) -> None:
        pairs = [f"{key}={quote(text, safe='')}" for key, text in right.items() if key != name]
        body = "&".join([*pairs, f"{name}={value}"])
        answer = post(house, "/oauth2/token", body, headers=shop.header())
        assert answer.status_code == 400
        refused_as_programs_are(answer)

    redeem()
    assert what_lasts(house) == before
    assert shop.redeem(code).status_code == 200


def test_whatever_comes_beside_a_live_refresh_token_spends_nothing(
    provider: Provider, house: House
) -> None:
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    right = {"grant_type": "refresh_token", "refresh_token": token}
    before = what_lasts(house)

    @settings(max_examples=100, **QUIETLY)
    @given(
        name=st.sampled_from(["scope", "resource", "client_id"]),
        value=NASTY.filter(str.strip).map(quote) | BYTES,
    )
    def refresh(name: str, value: str) -> None:
        pairs = [f"{key}={quote(text, safe='')}" for key, text in right.items()]
        body = "&".join([*pairs, f"{name}={value}"])
        answer = post(house, "/oauth2/token", body, headers=shop.header())
        assert answer.status_code == 400
        refused_as_programs_are(answer)

    refresh()
    assert what_lasts(house) == before
    assert shop.refresh(token).status_code == 200


def test_any_json_as_claims_gets_an_answer(provider: Provider, house: House) -> None:
    """OpenID Connect Core section 5.5."""
    shop, browser = provider.application(), provider.browser(provider.person())
    member = st.sampled_from(["acr", "sub", "auth_time", "name", "email", "onbekend"])
    wish = st.none() | st.dictionaries(
        st.sampled_from(["essential", "value", "values", "onbekend"]), JSON, max_size=3
    )
    where = st.sampled_from(["id_token", "userinfo", "onbekend"])
    likely = st.dictionaries(where, st.dictionaries(member, wish | JSON, max_size=2), max_size=2)
    broken = st.sampled_from(
        ["{", "[" * 4_000, "{}}", "nul", '{"id_token": {"acr": {"values": [1, null, {}]}}}']
    )

    @settings(max_examples=150, **QUIETLY)
    @given(text=(likely | JSON).map(json.dumps) | broken)
    def ask(text: str) -> None:
        answer = shop.push(claims=text)
        ours(answer, "/oauth2/par")
        assert answer.status_code in {201, 400}
        if len(text) < 2_000:  # addresses are not endless
            page = browser.get(shop.address(claims=text, prompt="none"))
            assert page.left_for is not None
            assert ("error" in shop.answer(page)) or answer.status_code == 201

    ask()


@pytest.fixture
def signing(provider: Provider) -> RelyingParty:
    """A client that signs its requests and its own name."""
    return provider.nlgov(key=client_key("RSA"))


def genuine(shop: RelyingParty, text: str) -> Genuine:
    """A JWT of theirs, to be bent."""
    assert isinstance(shop.key, RSAKey)
    return Genuine(text, shop.key, {})


def test_any_json_inside_a_signed_request_gets_an_answer(
    signing: RelyingParty, house: House
) -> None:
    names = [*signing.request(), "iss", "aud", "exp", "nbf", "iat", "max_age", "claims", "resource"]

    @settings(max_examples=150, **QUIETLY)
    @given(name=st.sampled_from([*names, "prompt", "request_uri", "jti", "sub"]), value=JSON)
    def push(name: str, value: Any) -> None:
        right = genuine(signing, signed_request(signing))
        answer = signing.push(request=right.signed(json.dumps(right.claims | {name: value})))
        ours(answer, "/oauth2/par")
        assert answer.status_code in {201, 400}, answer.get_json()

    push()


def test_any_json_inside_an_assertion_gets_an_answer(signing: RelyingParty, house: House) -> None:
    before = what_lasts(house)

    @settings(max_examples=150, **QUIETLY)
    @given(
        name=st.sampled_from(["iss", "sub", "aud", "jti", "exp", "iat", "nbf"]),
        value=JSON,
    )
    def send(name: str, value: Any) -> None:
        right = genuine(signing, signing.assertion())
        bent = right.signed(json.dumps(right.claims | {name: value}))
        answer = signing.redeem("x" * 43, client_assertion=bent)
        assert told(answer) in {"401 invalid_client", "400 invalid_grant"}, (name, value)

    send()
    assert what_lasts(house) == before


def test_any_json_in_a_header_gets_an_answer(signing: RelyingParty, house: House) -> None:
    """Truly signed, so that everything behind the signature is reached."""
    names = st.sampled_from(["kid", "typ", "cty", "crit", "jwk", "jku", "x5c", "b64", "zip", "enc"])

    @settings(max_examples=100, **QUIETLY)
    @given(name=names, value=JSON)
    def send(name: str, value: Any) -> None:
        bent = genuine(signing, signing.assertion()).signed(**{name: value})
        answer = signing.redeem("x" * 43, client_assertion=bent)
        assert told(answer) in {"401 invalid_client", "400 invalid_grant"}, (name, value)

    send()
