"""docs/aansluiten/nlgov.md shows assertions and request objects that we take, and the numbers that are in force."""

from __future__ import annotations

from typing import Any

import pytest

from idp import clock
from idp.oidc import assertions, checks, client_jwts, request_objects, requests_pushed
from idp.oidc.profiles import known
from tests.protocol.relying_party import CALLBACK, ISSUER, Provider, RelyingParty, client_key
from tests.protocol.request_objects import signed_request
from tests.protocol.test_connecting_page import sample
from tests.support.source import ROOT

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = (ROOT / "docs" / "aansluiten" / "nlgov.md").read_text(encoding="utf-8")
NLGOV = known()["nlgov"]
#: In words of the samples, and of the provider of the tests.
THEIRS = {
    "https://inloggen.voorbeeld.nl": ISSUER,
    "https://app.voorbeeld.nl/callback": CALLBACK,
}


def as_shown(name: str, shop: RelyingParty) -> dict[str, Any]:
    """The members of a sample, of now and for this client."""
    shown = sample(name, PAGE)
    later = int(clock.now().timestamp()) - shown["iat"]
    here = THEIRS | {"mijn-applicatie": shop.client_id}
    return {
        member: value + later if isinstance(value, int) else here.get(value, value)
        for member, value in shown.items()
    }


def of_the_page(provider: Provider) -> RelyingParty:
    """A client with the sort of key that the samples name."""
    return provider.nlgov(scope="openid applicaties", key=client_key("RSA"))


def header(name: str, shop: RelyingParty) -> dict[str, Any]:
    assert shop.key is not None
    return sample(name, PAGE) | {"kid": shop.key.kid}


@ONE
@pytest.mark.parametrize("left_out", [None, "iss", "sub", "aud", "jti", "iat", "exp"])
def test_the_assertion_of_the_page_is_complete_and_holds_nothing_it_can_do_without(
    provider: Provider, left_out: str | None
) -> None:
    shop = of_the_page(provider)
    top = header("assertion header", shop)
    nothing = dict.fromkeys(("iss", "sub", "aud", "jti", "iat", "exp"))
    sent = nothing | as_shown("assertion", shop) | ({left_out: None} if left_out else {})
    assertion = shop.assertion(alg=top["alg"], header=top, **sent)
    response = shop.push(client_assertion=assertion)
    assert response.status_code == (401 if left_out else 201), response.get_json()


@ONE
def test_the_request_object_of_the_page_is_a_whole_request(provider: Provider) -> None:
    shop = of_the_page(provider)
    top = header("request object header", shop)
    nothing = dict.fromkeys(shop.request())
    shown = as_shown("request object", shop)
    signed = signed_request(shop, header=top, **(nothing | shown))
    pushed = shop.send("/oauth2/par", {"client_id": shop.client_id, "request": signed})
    assert pushed.status_code == 201, pushed.get_json()
    page = provider.browser(provider.person("info", "wmo")).get(
        shop.by_handle(pushed.get_json()["request_uri"])
    )
    assert shop.answer(page)["state"] == shown["state"]


def test_the_samples_live_as_long_as_the_page_advises() -> None:
    assertion = sample("assertion", PAGE)
    assert 120 <= assertion["exp"] - assertion["iat"] <= 240
    assert "give an assertion 2 to 4 minutes" in PAGE


def test_the_numbers_on_the_page_are_in_force() -> None:
    skew, most = client_jwts.SKEW, checks.LONGEST
    assert most["state"] == most["nonce"]
    assert (NLGOV.needs_state, NLGOV.needs_nonce, NLGOV.assertion_needs_iat) == (True, True, True)
    for sentence in (
        f"{NLGOV.shortest_random} to {most['state']} characters each",
        f"at most {assertions.MOST_AHEAD // 60} minutes ahead",
        f"may be {skew} seconds ahead of our clock, and `exp` {skew} seconds further",
        f"`exp` is at most {request_objects.LONGEST_LIFE // 60} minutes ahead",
        f"for {requests_pushed.LIFETIME.seconds} seconds and one sign-in",
        f"with {', '.join(NLGOV.assertion_algs)}.",
        f"signed with {NLGOV.signing_algs[0]}, or {NLGOV.signing_algs[1]}",
        f"| scopes | `{' '.join(NLGOV.default_scopes)}`",
    ):
        assert sentence in PAGE
    assert NLGOV.auth_methods == ("private_key_jwt", "none")
    assert NLGOV.access_token_formats == ("jwt",)
    assert NLGOV.assertion_algs == known()["basic"].assertion_algs


@ONE
def test_past_is_past_and_a_clock_may_be_a_little_fast(provider: Provider) -> None:
    shop = of_the_page(provider)
    now = clock.now().timestamp()
    for changed, status in (
        ({"exp": now - 1}, 401),
        ({"iat": now + 8}, 201),
        ({"iat": now + 15}, 401),
        ({"exp": now + 308}, 201),
        ({"exp": now + 315}, 401),
        ({"aud": [ISSUER, f"{ISSUER}/oauth2/par"]}, 201),
        ({"aud": [ISSUER, "https://elders.example"]}, 401),
    ):
        assertion = shop.assertion(alg="PS256", **changed)
        assert shop.push(client_assertion=assertion).status_code == status, changed
