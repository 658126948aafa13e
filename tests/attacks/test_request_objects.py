"""Attacks on signed requests: unsigned, confused, borrowed, tampered with, misdirected, stale."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest

from idp import keyring
from idp.clock import Standing
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty, client_key
from tests.protocol.request_objects import by_object, encrypted_to, signed_request
from tests.support.journeys import House, Visitor
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


@pytest.fixture
def shop(provider: Provider) -> RelyingParty:
    """A client that signs with an RSA key."""
    return provider.nlgov(key=client_key("RSA"))


def encoded(part: dict[str, Any] | bytes) -> str:
    raw = json.dumps(part).encode() if isinstance(part, dict) else part
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.fixture
def browser(provider: Provider, shop: RelyingParty) -> Visitor:
    """A browser in which somebody with a grant is signed in."""
    assert shop.client_id
    return provider.browser(provider.person())


def believed(browser: Visitor, shop: RelyingParty, token: str) -> bool:
    """Whether it got a code; if not, both ways in refused it in the words of the standard."""
    address = by_object(shop, token, redirect_uri=shop.redirect_uri, state="buiten")
    page = browser.get(ISSUER + address)
    pushed = shop.push(request=token)
    answer = shop.answer(page)
    if "code" in answer:
        return True
    assert answer["error"] == pushed.get_json()["error"] == "invalid_request_object"
    assert pushed.status_code == 400
    return False


@ONE
def test_it_must_be_signed_by_a_key_of_its_client_with_an_algorithm_of_its_profile(
    browser: Visitor, shop: RelyingParty
) -> None:
    right = signed_request(shop)
    header, payload, signature = right.split(".")
    public = json.dumps(client_key("RSA").as_dict(private=False)).encode()
    pem = client_key("RSA").as_pem(private=False)
    forged = [
        f"{encoded({'alg': 'none'})}.{payload}.",
        f"{encoded({'alg': 'None'})}.{payload}.{signature}",
        f"{header}.{payload}.",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        signed_request(shop, key=client_key("RSA", name="two")),
        signed_request(shop, key=client_key("RSA", name="two"), header={"kid": shop.key.kid}),
        signed_request(shop, header={"kid": "een-ander"}),
        signed_request(shop, header={"alg": "RS512"}),
        "x",
        "a.b.c",
        "....",
        right + ".",
    ]
    for secret in (public, pem):
        start = f"{encoded({'alg': 'HS256', 'kid': shop.key.kid})}.{payload}"
        forged.append(f"{start}.{encoded(hmac.digest(secret, start.encode(), 'sha256'))}")
    for jwk in ("jwk", "jku"):
        other = client_key("RSA", name="two")
        value = other.as_dict(private=False) if jwk == "jwk" else "http://localhost:1/keys"
        forged.append(signed_request(shop, key=other, header={jwk: value, "kid": None}))
    for token in forged:
        assert not believed(browser, shop, token), token
    assert believed(browser, shop, right)


@ONE
def test_encryption_is_no_signature_and_tells_nothing(
    provider: Provider, shop: RelyingParty
) -> None:
    """Whatever is wrong around it, the application hears the same; only what opens is looked at."""
    inside = signed_request(shop)
    header, wrapped, nonce, text, tag = encrypted_to(provider, inside).split(".")
    published = {key["alg"]: key["kid"] for key in provider.keys()["keys"]}
    wrong = [
        f"{header}.{wrapped}.{nonce}.{text}.{'A' * len(tag)}",
        f"{header}.{'A' * len(wrapped)}.{nonce}.{text}.{tag}",
        f"{header}.{wrapped}.{nonce}.{'A' * len(text)}.{tag}",
        f"{header}..{nonce}.{text}.{tag}",
        "a.b.c.d.e",
        "....",
        encrypted_to(provider, inside, kid="onbekend"),
        encrypted_to(provider, inside, kid=published["RS256"]),
        encrypted_to(provider, inside, kid=published["RSA-OAEP"]),
        encrypted_to(provider, inside, alg="RSA-OAEP", kid=published["RSA-OAEP-256"]),
        encrypted_to(provider, inside, enc="A128CBC-HS256"),
        encrypted_to(provider, inside, enc="A128GCM"),
        encrypted_to(provider, inside, zip="DEF"),
        encrypted_to(provider, "é"),
    ]
    bent = encrypted_to(provider, inside).split(".")
    bent[0] = encoded({"alg": "RSA1_5", "enc": "A256GCM", "kid": published["RSA-OAEP"]})
    said = set()
    for token in [*wrong, ".".join(bent)]:
        refused = shop.push(request=token).get_json()
        assert refused["error"] == "invalid_request_object", token
        said.add(refused["error_description"].partition(" (kenmerk")[0])
    assert said == {"request object: cannot be decrypted"}
    assert shop.push(request=encrypted_to(provider, inside)).status_code == 201
    unsigned = f"{encoded({'alg': 'none'})}.{inside.split('.')[1]}."
    thief = signed_request(shop, key=client_key("RSA", name="two"))
    plain = json.dumps(shop.request())
    twice = encrypted_to(provider, inside)
    for content in (unsigned, thief, plain, twice):
        refused = shop.push(request=encrypted_to(provider, content)).get_json()
        assert refused["error"] == "invalid_request_object", content


@ONE
def test_a_withdrawn_key_opens_nothing(
    provider: Provider, house: House, shop: RelyingParty
) -> None:
    token = encrypted_to(provider, signed_request(shop))
    old = next(key["kid"] for key in provider.keys()["keys"] if key["alg"] == "RSA-OAEP-256")
    assert shop.push(request=token).status_code == 201
    with house.inside():
        keyring.rotate("RSA-OAEP-256", actor="test", at_once=True)
        keyring.retire(old, actor="test")
    assert shop.push(request=token).get_json()["error"] == "invalid_request_object"


@ONE
def test_what_was_signed_cannot_be_changed(browser: Visitor, shop: RelyingParty) -> None:
    header, payload, signature = signed_request(shop).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    for change in ({"redirect_uri": "http://elders.example/"}, {"scope": "openid profile"}):
        token = f"{header}.{encoded(claims | change)}.{signature}"
        assert not believed(browser, shop, token), change


@ONE
def test_each_rule_of_the_standard_has_its_refusal(
    browser: Visitor, shop: RelyingParty, time: Standing
) -> None:
    now = int(time.moment.timestamp())
    wrong: list[dict[str, Any]] = [
        {"iss": None},
        {"iss": "een-ander"},
        {"iss": [shop.client_id]},
        {"client_id": None},
        {"client_id": "een-ander"},
        {"sub": shop.client_id},
        *(
            {"aud": value}
            for value in (None, "", f"{ISSUER}/", "https://elders.example", [], 1, {})
        ),
        {"aud": [["x", ISSUER]]},
        *({"exp": value} for value in (None, now, now - 1, now + 3611, "morgen", True, 1e300)),
        {"nbf": now + 11},
        {"iat": now + 11},
        {"nbf": now - 3601},
        {"nbf": now - 3000, "exp": now + 700},
        {"request": "x.y.z"},
        {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
        {"scope": ["openid"]},
        {"max_age": True},
        {"state": 12345678901234567890123},
        {"claims": ["name"]},
    ]
    for changes in wrong:
        assert not believed(browser, shop, signed_request(shop, **changes)), changes
    for typ in ("at+jwt", "logout+jwt", "x"):
        assert not believed(browser, shop, signed_request(shop, header={"typ": typ})), typ
    for right in ({"nbf": now + 8}, {"nbf": None, "iat": None}, {"exp": now + 3600}):
        assert believed(browser, shop, signed_request(shop, **right)), right


@ONE
def test_an_object_is_sixteen_kilobytes_at_most(browser: Visitor, shop: RelyingParty) -> None:
    bare = len(signed_request(shop, vulling=""))
    room = (16 * 1024 - bare) * 3 // 4
    for more, came in ((-9, "code"), (9, "error")):
        token = signed_request(shop, vulling="v" * (room + more))
        beside = {"redirect_uri": shop.redirect_uri, "state": "buiten"}
        assert came in shop.answer(browser.get(ISSUER + by_object(shop, token, **beside)))


@ONE
def test_an_object_counts_up_to_its_limits_and_not_a_second_further(
    browser: Visitor, shop: RelyingParty, time: Standing
) -> None:
    now = int(time.moment.timestamp())
    for within, beyond in (
        ({"exp": now + 3610, "nbf": now + 10}, {"exp": now + 3611, "nbf": now + 11}),
        ({"exp": now + 3610, "nbf": None}, {"exp": now + 3611, "nbf": None}),
        ({"nbf": now - 3599, "exp": now + 1}, {"nbf": now - 3599, "exp": now + 2}),
        ({"nbf": now + 10}, {"nbf": now + 11}),
        ({"iat": now + 10}, {"iat": now + 11}),
        ({"exp": now + 1}, {"exp": now}),
    ):
        assert not believed(browser, shop, signed_request(shop, **beyond)), beyond
        assert believed(browser, shop, signed_request(shop, **within)), within


@ONE
def test_another_clients_object_is_no_request_of_mine(
    provider: Provider, shop: RelyingParty
) -> None:
    thief = provider.nlgov(None, key=client_key("RSA", name="two"))
    for token in (signed_request(shop), signed_request(thief, client_id=shop.client_id)):
        page = provider.browser().get(by_object(thief, token, redirect_uri=thief.redirect_uri))
        assert thief.answer(page)["error"] == "invalid_request_object"


@ONE
def test_an_object_that_does_not_hold_redirects_nobody_to_an_address_inside_it(
    provider: Provider, shop: RelyingParty
) -> None:
    token = signed_request(shop, redirect_uri="http://elders.example/", exp=1)
    for beside in ({}, {"redirect_uri": "http://elders.example/"}):
        page = provider.browser().get(by_object(shop, token, **beside))
        assert (page.status, page.error, page.left_for) == (400, "client-request", None)
    held = signed_request(shop, redirect_uri="http://elders.example/")
    page = provider.browser().get(by_object(shop, held, redirect_uri=shop.redirect_uri))
    assert (page.status, page.error, page.left_for) == (400, "client-request", None)


@ONE
def test_two_ways_at_once_are_refused(browser: Visitor, shop: RelyingParty) -> None:
    token = signed_request(shop)
    both = by_object(
        shop, token, request_uri="https://app.example/object", redirect_uri=shop.redirect_uri
    )
    assert shop.answer(browser.get(both))["error"] == "invalid_request"
    twice = f"{by_object(shop, token, redirect_uri=shop.redirect_uri)}&request={token}"
    assert shop.answer(browser.get(ISSUER + twice))["error"] == "invalid_request"


@ONE
def test_a_request_object_is_no_client_assertion(browser: Visitor, shop: RelyingParty) -> None:
    """It went through a browser, so whoever saw it must not be able to use it at the token endpoint."""
    useful = {"sub": shop.client_id, "jti": "een-eigen-nummer"}
    for header in ({}, {"typ": "application/oauth-authz-req+jwt"}):
        refused = shop.redeem(
            "x" * 43, client_assertion=signed_request(shop, header=header, **useful)
        )
        assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_client")
    assert not believed(browser, shop, shop.assertion())


@ONE
def test_no_text_in_its_place_breaks_us(provider: Provider, shop: RelyingParty) -> None:
    deep = encoded(b'{"a":' * 3000)
    for token in (
        "é.é.é",
        "\x00",
        "a" * 17_000,
        f"{encoded(b'[]')}.{encoded(b'1')}.x",
        f"{deep}.{deep}.{deep}",
        f"{encoded({'alg': 'RS256'})}.{encoded(b'null')}.x",
        f"{encoded({'alg': ['RS256']})}.{encoded({})}.x",
    ):
        page = provider.browser().get(by_object(shop, token, redirect_uri=shop.redirect_uri))
        assert shop.answer(page)["error"] == "invalid_request_object", token[:40]
