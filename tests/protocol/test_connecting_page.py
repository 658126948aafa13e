"""docs/aansluiten/README.md shows what the product really gives: tokens, claims per scope, levels and errors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from idp.assurance import Level
from idp.oidc.claims import BY_SCOPE
from idp.oidc.refusals import Code
from idp.settings import Settings
from tests.protocol.relying_party import AFTERWARDS, ISSUER, Provider, RelyingParty, unverified
from tests.protocol.test_logout import sign_out
from tests.support.source import ROOT

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PAGE = (ROOT / "docs" / "aansluiten" / "README.md").read_text(encoding="utf-8")
#: Another value each time, or another deployment's: of these the kind and the length are compared.
VARIES = {
    "client_id", "azp", "entitlements",
    "sub", "sid", "at_hash", "nonce", "jti", "kid", "iss", "aud", "exp", "iat", "nbf", "auth_time",
    "relatienummer", "relatienaam", "name", "preferred_username", "updated_at", "id", "naam", "rollen",
}  # fmt: skip
FIXED_LENGTH = {"sub", "sid", "at_hash", "jti", "kid"}


def sample(name: str, page: str = PAGE) -> dict[str, Any]:
    found = re.search(rf"<!-- sample: {name} -->\n```json\n(.*?)\n```", page, re.DOTALL)
    assert found, f"the page has no sample {name}"
    shown: dict[str, Any] = json.loads(found[1])
    return shown


def same_kind(shown: Any, real: Any, at: str = "") -> None:
    """Fails where what is shown is not of the kind of what is real."""
    assert type(shown) is type(real), at
    if isinstance(shown, dict):
        assert list(shown) == list(real), at
        for name, value in shown.items():
            same_kind(value, real[name], name)
    elif isinstance(shown, list):
        assert shown, at
        assert real, at
        for each in shown:
            same_kind(each, real[0], at)
    elif at in FIXED_LENGTH:
        assert len(shown) == len(real), at
    elif at not in VARIES:
        assert shown == real, at


def signed_in(provider: Provider, shop: RelyingParty) -> dict[str, Any]:
    return shop.tokens(provider.browser(provider.person("info", "wmo")))


@ONE
def test_the_sample_tokens_are_complete(provider: Provider) -> None:
    shop = provider.application(scope="openid profile applicaties")
    tokens = signed_in(provider, shop)
    same_kind(sample("header"), unverified(tokens["id_token"])[0])
    same_kind(sample("basic"), shop.verified(tokens["id_token"]))
    same_kind(sample("userinfo"), shop.userinfo(tokens["access_token"]).get_json())


@ONE
def test_the_sample_of_nlgov_is_complete(provider: Provider) -> None:
    shop = provider.nlgov(scope="openid applicaties")
    same_kind(sample("nlgov"), shop.verified(signed_in(provider, shop)["id_token"]))


@ONE
def test_the_sample_of_an_access_token_is_complete(provider: Provider) -> None:
    provider.machine("wmo", grant_types=(), resource="https://api.voorbeeld.nl/wmo")
    shop = provider.nlgov(scope="openid applicaties", audiences=["https://api.voorbeeld.nl/wmo"])
    same_kind(sample("access token"), unverified(signed_in(provider, shop)["access_token"])[1])


def test_the_times_in_the_samples_fit_the_settings() -> None:
    for name in ("basic", "nlgov"):
        shown = sample(name)
        assert shown["exp"] - shown["iat"] == Settings.model_fields["id_token_seconds"].default
        assert shown["auth_time"] <= shown["iat"]
    shown = sample("access token")
    assert shown["exp"] - shown["iat"] == Settings.model_fields["access_token_seconds"].default


def test_every_claim_stands_with_its_scope() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| (UserInfo|ID Token and UserInfo) \|", PAGE, re.MULTILINE
    )
    said = {(claim, scope) for claim, scope, _ in rows}
    assert said == {(claim, scope) for scope, names in BY_SCOPE.items() for claim in names}
    in_token = {claim for claim, _, where in rows if where.startswith("ID Token")}
    assert in_token == set(BY_SCOPE["applicaties"])


def test_every_error_that_an_application_can_get_is_explained() -> None:
    explained = set(
        re.findall(r"^\| `([a-z_]+)`", PAGE.partition("## When you are")[2], re.MULTILINE)
    )
    assert explained == {code.value for code in Code}


def test_the_levels_have_their_names_on_the_wire() -> None:
    for level in (Level.LAAG, Level.SUBSTANTIEEL):
        wire = Settings.model_fields[f"acr_{level.label}"].default
        assert f"| *{level.label}* | `{wire}` |" in PAGE


@ONE
def test_a_scope_that_does_not_exist_is_left_out_and_one_that_is_not_registered_is_refused(
    provider: Provider,
) -> None:
    shop = provider.application(scopes=("openid", "profile"), scope="openid profile")
    browser = provider.browser(provider.person("info", "wmo"))
    told = shop.tokens(browser, scope="openid profile profielen")
    assert told["scope"] == "openid profile"
    assert shop.ask(browser, scope="openid email")["error"] == "invalid_scope"
    assert "**Compare `scope` in the token response" in PAGE


@ONE
def test_a_refusal_at_userinfo_is_bare(provider: Provider) -> None:
    answer = provider.application().userinfo("een ander token")
    assert (answer.status_code, answer.get_json()) == (401, {"error": "invalid_token"})
    assert f"a bare `{json.dumps(answer.get_json())}`" in PAGE


@ONE
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_endpoint_lets_pages_of_others_call_it(provider: Provider, method: str) -> None:
    metadata = provider.house.app.test_client().get(
        "/.well-known/openid-configuration", base_url=ISSUER
    )
    addresses = [value for name, value in metadata.get_json().items() if name.endswith("_endpoint")]
    for address in (*addresses, metadata.get_json()["jwks_uri"], metadata.request.url):
        answer = provider.house.app.test_client().open(
            address.removeprefix(ISSUER),
            base_url=ISSUER,
            method=method,
            headers={"Origin": "https://app.voorbeeld.nl"},
        )
        assert not [name for name in answer.headers if name[0].startswith("Access-Control")]
    assert len(addresses) > 5
    assert "(CORS)" in PAGE


@ONE
def test_an_address_that_is_not_registered_ends_on_our_page_signed_out(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person("info", "wmo"))
    hint = shop.tokens(browser)["id_token"]
    page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=f"{AFTERWARDS}/elders")
    assert page.name == "logged-out"
    assert shop.ask(browser, prompt="none")["error"] == "login_required"
