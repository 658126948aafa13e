"""Attacks on client assertions: replayed, misdirected, forged, confused, oversized."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import OctKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import SpentAssertion
from tests.attacks.test_protocol_codes import at_once
from tests.protocol.relying_party import (
    ISSUER,
    TOKEN,
    Provider,
    RelyingParty,
    client_key,
    unverified,
)
from tests.support.journeys import House
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


@pytest.fixture
def shop(provider: Provider) -> RelyingParty:
    """A client that signs with an elliptic curve key."""
    return provider.nlgov(None)


def encoded(part: dict[str, Any] | bytes | str) -> str:
    """A part of a compact JWS."""
    if isinstance(part, dict):
        part = json.dumps(part)
    raw = part.encode() if isinstance(part, str) else part
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def refused(shop: RelyingParty, assertion: str, code: str = "x" * 43) -> bool:
    """Whether the client is not believed."""
    answer = shop.redeem(code, client_assertion=assertion)
    return (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


def believed(shop: RelyingParty, assertion: str) -> bool:
    """Whether the client is believed: then it is the code that is wrong."""
    return bool(
        shop.redeem("x" * 43, client_assertion=assertion).get_json()["error"] == "invalid_grant"
    )


def test_an_assertion_works_once(shop: RelyingParty) -> None:
    assertion = shop.assertion()
    assert believed(shop, assertion)
    assert refused(shop, assertion)
    assert refused(shop, shop.assertion(jti=unverified(assertion)[1]["jti"]))


@ONE
@pytest.mark.parametrize("seconds", [1, 60, 300])
def test_a_spent_assertion_is_remembered_for_as_long_as_it_would_count_and_not_forever(
    shop: RelyingParty, house: House, time: Standing, seconds: int
) -> None:
    ends = time.moment + timedelta(seconds=seconds)
    assert believed(shop, shop.assertion(exp=int(ends.timestamp())))
    with house.inside():
        [spent] = db.session.query(SpentAssertion).all()
        assert ends <= spent.expires_at <= ends + timedelta(seconds=10)


@ONE
@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_yes_is_no_time(shop: RelyingParty, name: str) -> None:
    """JSON's `true` counts as one in Python, and one second after 1970 is past."""
    assert refused(shop, shop.assertion(**{name: True}))


def test_an_assertion_works_once_even_when_eight_ask_at_once(shop: RelyingParty) -> None:
    for _ in range(3):
        assertion = shop.assertion()
        outcomes = at_once([lambda text=assertion: believed(shop, text)] * 8)
        assert sorted(outcomes) == [False] * 7 + [True]


@ONE
def test_one_client_cannot_use_up_the_identifiers_of_another(
    provider: Provider, shop: RelyingParty
) -> None:
    other = provider.nlgov(None, key=client_key("EC", name="two"))
    assert believed(shop, shop.assertion(jti="zelfde"))
    assert believed(other, other.assertion(jti="zelfde"))


@ONE
def test_it_must_be_for_us_and_for_nobody_else(shop: RelyingParty) -> None:
    for audience in (
        None,
        "",
        "https://elders.example",
        f"{ISSUER}/",
        ISSUER.upper(),
        f"{ISSUER}/oauth2/authorize",
        [],
        [ISSUER, "https://elders.example"],
        [TOKEN, 1],
        {"iss": ISSUER},
        1,
    ):
        assert refused(shop, shop.assertion(aud=audience)), audience


@ONE
def test_its_times_must_be_now(shop: RelyingParty, time: Standing) -> None:
    now = int(time.moment.timestamp())
    for claims in (
        {"exp": None},
        {"exp": now},
        {"exp": now - 1},
        {"exp": now + 10 * 365 * 86400},
        {"exp": now + 311},
        {"exp": "morgen"},
        {"exp": True},
        {"exp": 1e300},
        {"iat": None},
        {"iat": now + 61},
        {"iat": now + 11},
        {"nbf": now + 61},
        {"nbf": "nu"},
        {"iat": [now]},
    ):
        assert refused(shop, shop.assertion(**claims)), claims


@ONE
def test_its_claims_must_be_the_clients_own(provider: Provider, shop: RelyingParty) -> None:
    other = provider.nlgov(None, key=client_key("EC", name="two"))
    for claims in (
        {"iss": None},
        {"sub": None},
        {"sub": other.client_id},
        {"iss": other.client_id},
        {"iss": other.client_id, "sub": other.client_id},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 501},
    ):
        assert refused(shop, shop.assertion(**claims)), claims


@ONE
def test_the_key_must_be_registered_and_the_header_chooses_none(shop: RelyingParty) -> None:
    stranger = client_key("EC", name="stranger")
    own = shop.key
    assert own is not None
    for header in (
        {},
        {"kid": own.kid},
        {"jwk": stranger.as_dict(private=False)},
        {"kid": own.kid, "jwk": stranger.as_dict(private=False)},
        {"jku": "http://127.0.0.1:9/jwks"},
        {"x5u": "http://127.0.0.1:9/cert"},
        {"x5c": ["AAAA"]},
    ):
        assert refused(shop, shop.assertion(key=stranger, header=header)), header
    assert refused(shop, shop.assertion(header={"kid": "onbekend"}))
    header, claims = unverified(shop.assertion())
    for more in ({"crit": ["x"], "x": 1}, {"crit": []}, {"b64": True}, {"b64": False}):
        signed = f"{encoded(header | more)}.{encoded(claims)}"
        signature = JWSRegistry.algorithms["ES256"].sign(signed.encode(), own)
        assert refused(shop, f"{signed}.{encoded(signature)}"), (
            "what is critical and unknown must not be ignored"
        )


@ONE
def test_a_key_that_was_registered_for_one_algorithm_signs_with_no_other(
    provider: Provider,
) -> None:
    same = RSAKey.generate_key(2048, {"kid": "one"})
    key = RSAKey.import_key({**same.as_dict(private=True), "alg": "PS256"})
    shop = provider.nlgov(None, key=key)
    shop.key = same
    assert refused(shop, shop.assertion(alg="RS256", key=same))
    assert believed(shop, shop.assertion(alg="PS256", key=same))


@ONE
def test_no_signature_is_no_proof(shop: RelyingParty) -> None:
    _header, claims = unverified(shop.assertion())
    for alg in ("none", "None", "NONE", "nOnE"):
        for header in ({"alg": alg}, {"alg": alg, "kid": shop.key.kid if shop.key else None}):
            assert refused(shop, f"{encoded(header)}.{encoded(claims)}.")
    header, claims = unverified(shop.assertion())
    zeroes = encoded(bytes(64))
    assert refused(shop, f"{encoded(header)}.{encoded(claims)}.{zeroes}")
    good = shop.assertion()
    parts = good.split(".")
    claims["sub"] = claims["iss"] = shop.client_id
    forged = f"{parts[0]}.{encoded(claims | {'exp': claims['exp'] + 1})}.{parts[2]}"
    assert refused(shop, forged)


@ONE
def test_a_public_key_is_no_shared_secret(provider: Provider) -> None:
    """Algorithm confusion: HS256 with the text of the registered RSA key."""
    key = client_key("RSA")
    assert isinstance(key, RSAKey)
    shop = provider.nlgov(None, key=key)
    _header, claims = unverified(shop.assertion())
    for text in (key.as_pem(private=False), json.dumps(key.as_dict(private=False)).encode()):
        for header in ({"alg": "HS256"}, {"alg": "HS256", "kid": key.kid}, {"alg": "HS512"}):
            signed = f"{encoded(header)}.{encoded(claims)}"
            digest = hmac.digest(text, signed.encode(), "sha256")
            assert refused(shop, f"{signed}.{encoded(digest)}")
    secret = OctKey.import_key("x" * 32)
    assert refused(shop, shop.assertion(key=secret, alg="HS256"))
    assert believed(shop, shop.assertion(alg="PS256"))


@ONE
def test_an_algorithm_outside_the_profile_is_refused_with_the_right_key(provider: Provider) -> None:
    shop = provider.nlgov(None, key=client_key("RSA"))
    for alg in ("RS384", "RS512", "PS384", "PS512"):
        assert refused(shop, shop.assertion(alg=alg)), alg


@ONE
def test_what_cannot_be_read_is_refused_and_breaks_nothing(shop: RelyingParty) -> None:
    header, claims = unverified(shop.assertion())
    twice = json.dumps(claims)[:-1] + f', "exp": {claims["exp"] + 60}}}'
    for assertion in (
        "x",
        ".",
        "..",
        "....",
        "a.b.c",
        "é.é.é",
        f"{encoded(header)}.{encoded('[]')}.AAAA",
        f"{encoded(header)}.{encoded('{')}.AAAA",
        f"{encoded('[]')}.{encoded(claims)}.AAAA",
        f"{encoded(bytes([255, 254]))}.{encoded(claims)}.AAAA",
        f"{encoded(header)}.{encoded(bytes([255, 254]))}.AAAA",
        f"{encoded(header)}.{encoded(twice)}.AAAA",
        f"{encoded(header)}.{encoded('[' * 9000)}.AAAA",
        f"{encoded('[' * 9000)}.{encoded(claims)}.AAAA",
        f"{encoded(header)}.{encoded(json.dumps(claims | {'exp': float('nan')}))}.AAAA",
        f"{encoded({'alg': 7})}.{encoded(claims)}.AAAA",
        f"{encoded({'alg': ['ES256']})}.{encoded(claims)}.AAAA",
        f"{encoded({'alg': 'ES256', 'kid': {}})}.{encoded(claims)}.AAAA",
        f"{encoded({'kid': 'x'})}.{encoded(claims)}.AAAA",
        f"{encoded({'alg': 'ES256', 'zip': 'DEF', 'enc': 'A256GCM'})}.a.b.c.d",
    ):
        assert refused(shop, assertion), assertion[:80]


@ONE
def test_a_member_that_is_there_twice_spoils_a_well_signed_assertion(provider: Provider) -> None:
    """KEY-09: two readers could each believe another one of them."""
    from joserfc import jws

    shop = provider.nlgov(None)
    _header, claims = unverified(shop.assertion())
    for twice in (f', "exp": {claims["exp"] + 1}}}', f', "sub": "{shop.client_id}"}}'):
        text = json.dumps(claims)[:-1] + twice
        assert refused(shop, jws.serialize_compact({"alg": "ES256"}, text, shop.key, ["ES256"]))


@ONE
def test_an_assertion_is_sixteen_kilobytes_at_most(shop: RelyingParty) -> None:
    assert believed(shop, shop.assertion(vulling="v" * 8000))
    long = shop.assertion(vulling="v" * 16_000)
    answer = shop.redeem("x" * 43, client_assertion=long)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


@ONE
def test_no_other_token_of_ours_is_a_client_assertion(provider: Provider) -> None:
    signed = provider.nlgov(None)
    id_token = signed.tokens(provider.browser(provider.person()))["id_token"]
    assert refused(signed, id_token)


@ONE
def test_failed_assertions_are_counted_and_recorded(provider: Provider, shop: RelyingParty) -> None:
    answers = [
        shop.redeem("x" * 43, client_assertion=shop.assertion(aud="elders")) for _ in range(21)
    ]
    assert [each.status_code for each in answers] == [401] * 20 + [429]
    failures = provider.events(Event.CLIENT_AUTHENTICATION_FAILED)
    assert {(each.client_id, each.reason) for each in failures} == {
        (shop.client_id, "client assertion: aud must be our issuer or our token endpoint")
    }
    assert believed(shop, shop.assertion())
