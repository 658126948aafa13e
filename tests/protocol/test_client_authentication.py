"""Client authentication: one way per request, the registered one, and what it costs to guess."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jws

from idp.audit import Event
from idp.clock import Standing
from idp.oidc import clients
from tests.protocol.relying_party import (
    ASSERTION,
    ISSUER,
    TOKEN,
    Provider,
    RelyingParty,
    basic,
    client_key,
    public,
    unverified,
)
from tests.protocol.test_token import error_of
from tests.support.journeys import House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def code_for(provider: Provider, shop: RelyingParty) -> str:
    """A fresh code for somebody who may use the application."""
    anna = getattr(provider, "_anna", None) or provider.person()
    provider._anna = anna  # type: ignore[attr-defined]
    return shop.ask(provider.browser(anna))["code"]


@pytest.mark.parametrize(
    "method", ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
)
def test_each_method_of_basic_redeems(provider: Provider, method: str) -> None:
    shop = provider.application(auth_method=method)
    assert shop.redeem(code_for(provider, shop)).status_code == 200


@ONE
@pytest.mark.parametrize(
    ("kind", "alg"),
    [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "Ed25519"), ("OKP", "EdDSA")],
)
def test_each_algorithm_of_nlgov_redeems(provider: Provider, kind: str, alg: str) -> None:
    shop = provider.nlgov(key=client_key(kind))
    code = code_for(provider, shop)
    assert shop.redeem(code, client_assertion=shop.assertion(alg=alg)).status_code == 200


@ONE
def test_an_assertion_may_be_for_the_issuer_or_the_token_endpoint(provider: Provider) -> None:
    shop = provider.nlgov()
    for audience in (ISSUER, TOKEN, [ISSUER], [TOKEN, ISSUER]):
        code = code_for(provider, shop)
        assert shop.redeem(code, client_assertion=shop.assertion(aud=audience)).status_code == 200


@ONE
def test_only_the_dutch_profile_asks_when_an_assertion_was_made(provider: Provider) -> None:
    """RFC 7523 section 3 leaves `iat` to the client."""
    shop = provider.application(auth_method="private_key_jwt")
    code = code_for(provider, shop)
    assert shop.redeem(code, client_assertion=shop.assertion(iat=None)).status_code == 200


@ONE
def test_clocks_may_differ_a_little(provider: Provider, time: Standing) -> None:
    shop = provider.nlgov()
    now = int(time.moment.timestamp())
    for claims in ({"iat": now + 8, "nbf": now + 8}, {"exp": now + 300}, {"exp": now + 0.5}):
        code = code_for(provider, shop)
        assert shop.redeem(code, client_assertion=shop.assertion(**claims)).status_code == 200


@ONE
def test_an_assertion_counts_up_to_its_limits_and_not_a_second_or_a_character_further(
    provider: Provider, time: Standing
) -> None:
    shop = provider.nlgov()
    now = int(time.moment.timestamp())
    for within, beyond in (
        ({"iat": now + 10}, {"iat": now + 11}),
        ({"nbf": now + 10}, {"nbf": now + 11}),
        ({"exp": now + 310}, {"exp": now + 311}),
        ({"exp": now + 1}, {"exp": now}),
        ({"jti": "x" * 500}, {"jti": "x" * 501}),
    ):
        code = code_for(provider, shop)
        refused = shop.redeem(code, client_assertion=shop.assertion(**beyond))
        assert error_of(refused) == (401, "invalid_client"), beyond
        answer = shop.redeem(code, client_assertion=shop.assertion(**within))
        assert answer.status_code == 200, within


@ONE
@pytest.mark.parametrize(
    "typ", [None, "JWT", "client-authentication+jwt", "application/client-authentication+jwt"]
)
def test_each_name_for_the_kind_of_an_assertion_works(provider: Provider, typ: str | None) -> None:
    shop = provider.nlgov()
    header, payload = unverified(shop.assertion())
    header |= {"typ": typ}
    sent = {name: value for name, value in header.items() if value is not None}
    assert shop.key is not None
    made = jws.serialize_compact(sent, json.dumps(payload), shop.key, [header["alg"]])
    assert shop.redeem(code_for(provider, shop), client_assertion=made).status_code == 200


def signed_with(shop: RelyingParty, **claims: Any) -> str:
    """An assertion whose JSON escapes what UTF-8 cannot carry: half of a surrogate pair is one."""
    header, payload = unverified(shop.assertion())
    assert shop.key is not None
    return jws.serialize_compact(header, json.dumps(payload | claims), shop.key, [header["alg"]])


@ONE
@pytest.mark.parametrize("jti", ["\ud800", "a\0b", "a\r\nb", "\x1b[1m", "x" * 501, "", 7])
def test_an_assertion_has_a_name_that_is_clean_text(provider: Provider, jti: object) -> None:
    shop = provider.nlgov()
    code = code_for(provider, shop)
    refused = shop.redeem(code, client_assertion=signed_with(shop, jti=jti))
    assert error_of(refused) == (401, "invalid_client")
    [event] = provider.events(Event.CLIENT_AUTHENTICATION_FAILED)
    assert "jti" in (event.reason or "")
    for good in ("één naam", "\u2028"):
        answer = shop.redeem(code_for(provider, shop), client_assertion=shop.assertion(jti=good))
        assert answer.status_code == 200


@ONE
@pytest.mark.parametrize("issuer", ["\ud800", "a\0b", "é"])
def test_an_assertion_from_nobody_who_could_exist_is_refused(
    provider: Provider, issuer: str
) -> None:
    shop = provider.nlgov()
    code = code_for(provider, shop)
    refused = shop.redeem(code, client_assertion=signed_with(shop, iss=issuer, sub=issuer))
    assert error_of(refused) == (401, "invalid_client")


@ONE
def test_credentials_in_a_header_are_form_decoded(provider: Provider, house: House) -> None:
    shop = provider.application(client_id="een.client_1")
    code = code_for(provider, shop)
    assert shop.redeem(code, headers=basic("een.client_1", shop.secret or "")).status_code == 200


@ONE
def test_right_credentials_under_another_scheme_or_spelled_otherwise_are_refused(
    provider: Provider,
) -> None:
    shop = provider.application()
    _, _, right = shop.header()["Authorization"].partition(" ")
    for header in (
        f"Bearer {right}",
        f"Digest {right}",
        right,
        f"Basic {right[:8]}*{right[8:]}",
        f"Basic {right[:8]} {right[8:]}",
    ):
        answer = shop.redeem(code_for(provider, shop), headers={"Authorization": header})
        assert error_of(answer) == (401, "invalid_client"), header


@ONE
@pytest.mark.parametrize(
    "half",
    [{"client_assertion_type": ASSERTION}, {"client_assertion": "a.b.c"}],
    ids=["type", "JWT"],
)
def test_half_of_a_client_assertion_is_not_overlooked_beside_right_credentials(
    provider: Provider, half: dict[str, str]
) -> None:
    shop = provider.application()
    assert error_of(shop.redeem(code_for(provider, shop), **half)) == (401, "invalid_client")


@ONE
def test_an_assertion_is_by_and_about_the_client_itself(provider: Provider) -> None:
    """RFC 7523 section 3, numbers 1 and 2."""
    shop = provider.nlgov()
    code = code_for(provider, shop)
    for other in ({"iss": "een-ander"}, {"iss": None}, {"sub": "een-ander"}, {"sub": None}):
        refused = shop.redeem(code, client_assertion=shop.assertion(**other))
        assert error_of(refused) == (401, "invalid_client"), other
    assert shop.redeem(code).status_code == 200


@ONE
@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": f"{ISSUER}/"}, "aud must be our issuer"),
        ({"sub": "een-ander"}, "iss and sub must be the client_id"),
        ({"exp": 1}, "exp is missing, past"),
        ({"iat": 9_999_999_999}, "iat or nbf is in the future"),
        ({"iat": None}, "iat is missing"),
        ({"jti": None}, "jti is missing"),
    ],
    ids=str,
)
def test_who_has_the_key_reads_why_an_assertion_does_not_count_and_nobody_else(
    provider: Provider, claims: dict[str, Any], words: str
) -> None:
    shop = provider.nlgov()
    code = code_for(provider, shop)
    told = shop.redeem(code, client_assertion=shop.assertion(**claims)).get_json()
    assert f"client assertion: {words}" in told["error_description"]
    thief = shop.assertion(key=client_key("EC", name="thief"), **claims)
    told = shop.redeem(code, client_assertion=thief).get_json()
    assert told["error_description"].startswith("client authentication failed (kenmerk")


@ONE
def test_an_assertion_that_was_used_before_says_so(provider: Provider) -> None:
    shop = provider.nlgov()
    assertion = shop.assertion()
    assert shop.redeem(code_for(provider, shop), client_assertion=assertion).status_code == 200
    told = shop.redeem(code_for(provider, shop), client_assertion=assertion).get_json()
    assert "this assertion was used before" in told["error_description"]


@ONE
def test_a_right_assertion_under_another_type_is_refused(provider: Provider) -> None:
    shop = provider.nlgov()
    code = code_for(provider, shop)
    saml = ASSERTION.replace("jwt-bearer", "saml2-bearer")
    for other in (saml, ASSERTION.upper(), ASSERTION + " "):
        refused = shop.redeem(code, client_assertion_type=other)
        assert error_of(refused) == (401, "invalid_client"), other
    assert shop.redeem(code).status_code == 200


@ONE
def test_a_client_id_beside_the_credentials_must_be_the_same(provider: Provider) -> None:
    shop = provider.application()
    code = code_for(provider, shop)
    assert error_of(shop.redeem(code, client_id="een-ander")) == (400, "invalid_request")
    assert shop.redeem(code, client_id=shop.client_id).status_code == 200


@ONE
def test_every_failure_looks_the_same_from_outside(provider: Provider) -> None:
    shop = provider.application()
    other = provider.application(None, auth_method="client_secret_post")
    code = code_for(provider, shop)
    secret = shop.secret or ""
    failures = [
        shop.redeem(code, headers={}),
        shop.redeem(code, headers={}, client_id=shop.client_id),
        shop.redeem(code, headers=basic(shop.client_id, "verkeerd")),
        shop.redeem(code, headers=basic(shop.client_id, "")),
        shop.redeem(code, headers=basic(shop.client_id, secret + " ")),
        shop.redeem(code, headers=basic("onbekend", secret)),
        shop.redeem(code, headers=basic("", "")),
        shop.redeem(code, headers=basic(other.client_id, other.secret or "")),
        shop.redeem(code, headers={}, client_id=shop.client_id, client_secret=secret),
        shop.redeem(code, headers={"Authorization": "Basic ***"}),
        shop.redeem(code, headers={"Authorization": "Basic /w=="}),
        shop.redeem(code, headers={"Authorization": "Basic é"}),
        shop.redeem(code, headers={"Authorization": "Basic"}),
        shop.redeem(code, headers={"Authorization": "Bearer abc"}),
        shop.redeem(code, headers={}, client_assertion="x"),
        shop.redeem(code, headers={}, client_assertion_type=ASSERTION),
        shop.redeem(code, headers={}, client_assertion_type=ASSERTION, client_assertion="x.y.z"),
    ]
    kenmerk = re.compile(rb"[0-9A-Z]{4}-[0-9A-Z]{4}")
    assert {
        (each.status_code, kenmerk.sub(b"", each.data), each.headers["WWW-Authenticate"])
        for each in failures
    } == {(401, kenmerk.sub(b"", failures[0].data), 'Basic realm="oauth2"')}
    assert len({kenmerk.findall(each.data)[0] for each in failures}) == len(failures)
    assert failures[0].get_json()["error"] == "invalid_client"
    assert len({event.reason for event in provider.events(Event.CLIENT_AUTHENTICATION_FAILED)}) > 5
    assert shop.redeem(code).status_code == 200


@ONE
def test_two_ways_at_once_are_refused_even_when_both_are_right(provider: Provider) -> None:
    post = provider.application(auth_method="client_secret_post")
    signed = provider.application(None, auth_method="private_key_jwt")
    header = basic(post.client_id, post.secret or "")
    code = code_for(provider, post)
    mixed = [
        post.redeem(code, headers=header),
        post.redeem(code, client_assertion_type=ASSERTION, client_assertion=signed.assertion()),
        signed.redeem(code, headers=header),
        signed.redeem(code, headers=header, client_id=post.client_id, client_secret=post.secret),
    ]
    assert {error_of(each) for each in mixed} == {(400, "invalid_request")}
    assert post.redeem(code).status_code == 200


@ONE
def test_guessing_a_secret_ends_in_429_for_the_guesser_only(
    provider: Provider, time: Standing
) -> None:
    shop = provider.application()
    code = code_for(provider, shop)
    guesses = [
        shop.redeem(code, headers=basic(shop.client_id, f"gok-{number}")) for number in range(22)
    ]
    assert [each.status_code for each in guesses] == [401] * 20 + [429] * 2
    assert 0 < int(guesses[-1].headers["Retry-After"]) <= 60
    assert shop.redeem(code).status_code == 200
    time.move(timedelta(minutes=1, seconds=1))
    assert shop.redeem(code, headers=basic(shop.client_id, "gok")).status_code == 401


@ONE
def test_while_a_secret_changes_both_work_until_the_old_one_ends(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.application()
    old = shop.secret or ""
    with house.inside():
        new = clients.rotate_secret(
            shop.client_id, actor="test", old_lasts=timedelta(hours=1)
        ).reveal()
    for secret in (old, new):
        assert (
            shop.redeem(code_for(provider, shop), headers=basic(shop.client_id, secret)).status_code
            == 200
        )
    time.move(timedelta(hours=1, seconds=1))
    code = code_for(provider, shop)
    assert shop.redeem(code, headers=basic(shop.client_id, old)).status_code == 401
    assert shop.redeem(code, headers=basic(shop.client_id, new)).status_code == 200


@ONE
def test_at_most_two_secrets_work(provider: Provider, house: House) -> None:
    shop = provider.application()
    with house.inside():
        later = [clients.rotate_secret(shop.client_id, actor="test").reveal() for _ in range(2)]
    code = code_for(provider, shop)
    assert shop.redeem(code).status_code == 401
    for secret in later:
        assert (
            shop.redeem(code_for(provider, shop), headers=basic(shop.client_id, secret)).status_code
            == 200
        )


@ONE
def test_a_changed_key_set_holds_at_once(provider: Provider, house: House) -> None:
    shop = provider.nlgov()
    code = code_for(provider, shop)
    new = client_key("EC", name="two")
    with house.inside():
        clients.update(shop.client_id, jwks=public(new), actor="test")
    assert shop.redeem(code).status_code == 401
    assert shop.redeem(code, client_assertion=shop.assertion(key=new)).status_code == 200


@ONE
def test_a_removed_client_gets_nothing_more(provider: Provider, house: House) -> None:
    shop = provider.application()
    browser = provider.browser(provider.person())
    code, token = shop.ask(browser)["code"], shop.tokens(browser)["access_token"]
    with house.inside():
        clients.remove(shop.client_id, actor="test")
    assert shop.redeem(code).status_code == 401
    assert shop.userinfo(token).status_code == 401
    assert shop.visit(browser).error == "client-request"
