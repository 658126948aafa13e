"""Basic OP and Form Post Basic OP, module by module, for clients of the operator and for those that register."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from idp.clock import Standing
from tests.protocol import conformance
from tests.protocol.conformance import Module
from tests.protocol.relying_party import CALLBACK, Provider, challenge_of, unverified
from tests.protocol.request_objects import by_object
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HELD = {
    "profile": {"name", "given_name", "family_name", "preferred_username", "updated_at"},
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """As deploy/conformance.toml has it."""
    return house_of_this_worker(
        database_url, run, dynamic_registration=True, enabled_profiles=("basic",)
    )


@pytest.fixture(params=["static-query", "dynamic-form_post"])
def module(request: pytest.FixtureRequest, provider: Provider) -> Module:
    registration, _, response_mode = request.param.partition("-")
    return conformance.start(provider, registration, response_mode)


def test_server(module: Module) -> None:
    tokens = module.tokens()
    assert tokens["claims"]["nonce"] == module.shop.nonce
    header, _ = unverified(tokens["id_token"])
    assert header["alg"] == "RS256"
    assert module.userinfo(tokens) == {"sub": tokens["claims"]["sub"]}


def test_response_type_missing(module: Module) -> None:
    assert module.asks(response_type=None)["error"] == "invalid_request"


def test_idtoken_signature(module: Module) -> None:
    member = "id_token_alg" if module.registration == "static" else "id_token_signed_response_alg"
    shop = module.another(**{member: "RS256"})
    header, _ = unverified(module.tokens(shop)["id_token"])
    assert header["alg"] == "RS256"


def test_unsigned_id_tokens_are_promised_to_nobody(module: Module) -> None:
    told = module.browser.get("/.well-known/openid-configuration").json
    assert "RS256" in told["id_token_signing_alg_values_supported"]
    assert "none" not in told["id_token_signing_alg_values_supported"]


def test_userinfo_get_and_post(module: Module) -> None:
    tokens = module.tokens()
    client = module.provider.house.app.test_client()
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    for answer in (
        client.get("/oauth2/userinfo", base_url=conformance.ISSUER, headers=bearer),
        client.post("/oauth2/userinfo", base_url=conformance.ISSUER, headers=bearer),
        client.post(
            "/oauth2/userinfo",
            base_url=conformance.ISSUER,
            data={"access_token": tokens["access_token"]},
        ),
    ):
        assert (answer.status_code, answer.get_json()["sub"]) == (200, tokens["claims"]["sub"])


def test_request_without_nonce(module: Module) -> None:
    assert "nonce" not in module.tokens(nonce=None)["claims"]


@pytest.mark.parametrize("scope", [*HELD, "profile email address phone"])
def test_scopes(module: Module, scope: str) -> None:
    tokens = module.tokens(scope=f"openid {scope}")
    told = module.userinfo(tokens)
    assert set(told) == {"sub"}.union(*(HELD[each] for each in scope.split()))
    assert type(told.get("email_verified", False)) is bool
    assert type(told.get("phone_number_verified", False)) is bool
    assert type(told.get("updated_at", 0)) is int
    assert all(value.strip() for value in told.get("address", {}).values())


def test_alternate_happy_flow(module: Module) -> None:
    asked = module.shop.request(**module.said({"scope": "phone address email profile openid"}))
    turned = dict(reversed(asked.items()))
    page = module.browser.send("POST", "/oauth2/authorize", follow=True, **turned)
    told = module.userinfo(module.redeems(module.ends(page)))
    assert set(told) == {"sub"}.union(*HELD.values())


@pytest.mark.parametrize(
    "more",
    [
        {"display": "page"},
        {"display": "popup"},
        {"ui_locales": "se"},
        {"claims_locales": "se"},
        {"login_hint": "buffy@localhost"},
        {"extra": "foobar"},
    ],
    ids=str,
)
def test_what_is_never_an_error(module: Module, more: dict[str, str]) -> None:
    assert module.tokens(**more)
    assert module.sign_ins == 1


def test_prompt_login(module: Module, time: Standing) -> None:
    first = module.tokens()
    time.move(timedelta(seconds=1))
    second = module.tokens(prompt="login")
    assert module.sign_ins == 2
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]
    assert second["claims"]["sub"] == first["claims"]["sub"]


def test_prompt_none_not_logged_in(module: Module) -> None:
    assert module.asks(prompt="none")["error"] == "login_required"


def test_prompt_none_logged_in_and_id_token_hint(module: Module, time: Standing) -> None:
    first = module.tokens()
    time.move(timedelta(seconds=61))
    for more in ({}, {"id_token_hint": first["id_token"]}):
        second = module.tokens(prompt="none", **more)
        for name in ("sub", "auth_time"):
            assert second["claims"][name] == first["claims"][name]
    assert module.sign_ins == 1


def test_max_age_1(module: Module, time: Standing) -> None:
    first = module.tokens()
    time.move(timedelta(seconds=2))
    second = module.tokens(max_age="1")
    assert module.sign_ins == 2
    assert second["claims"]["auth_time"] > first["claims"]["auth_time"]


def test_max_age_10000(module: Module, time: Standing) -> None:
    first = module.tokens(max_age="15000")
    time.move(timedelta(seconds=2))
    second = module.tokens(max_age="10000")
    assert module.sign_ins == 1
    assert second["claims"]["auth_time"] == first["claims"]["auth_time"]


def test_request_with_acr_values(module: Module) -> None:
    told = module.browser.get("/.well-known/openid-configuration").json
    wanted = told["acr_values_supported"]
    assert module.tokens(acr_values=" ".join(wanted))["claims"]["acr"] in wanted
    assert module.tokens(acr_values="1 2")["claims"]["acr"] in wanted


@pytest.mark.parametrize("seconds", [0, 30])
def test_codereuse(module: Module, time: Standing, seconds: int) -> None:
    answer = module.asks()
    tokens = module.redeems(answer)
    time.move(timedelta(seconds=seconds))
    again = module.shop.redeem(answer["code"], code_verifier=None)
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    assert module.shop.userinfo(tokens["access_token"]).status_code == 401


def test_registered_redirect_uri(module: Module) -> None:
    page = module.shop.visit(module.browser, **module.said({"redirect_uri": f"{CALLBACK}/other"}))
    assert (page.status, page.name, page.left_for) == (400, "error", None)
    assert "redirect_uri" in page.html


def test_post_request(module: Module) -> None:
    asked = module.shop.request(**module.said({}))
    page = module.browser.send("POST", "/oauth2/authorize", follow=True, **asked)
    assert module.redeems(module.ends(page))


def test_server_client_secret_post(module: Module) -> None:
    shop = module.another("client_secret_post")
    assert module.tokens(shop)


def test_requests_that_nobody_signed_are_refused_and_never_ignored(module: Module) -> None:
    told = module.browser.get("/.well-known/openid-configuration").json
    assert told["request_parameter_supported"] is told["request_uri_parameter_supported"] is True
    assert "none" not in told["request_object_signing_alg_values_supported"]
    assert "RS256" in told["request_object_signing_alg_values_supported"]
    parts = ({"alg": "none"}, module.shop.request(**module.said({})))
    read = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    unsigned = ".".join(each.rstrip("=") for each in read) + "."
    beside = module.shop.request(**module.said({}))
    page = module.browser.get(by_object(module.shop, unsigned, **beside))
    with_keys = module.registration == "dynamic"
    expected = "invalid_request_object" if with_keys else "request_not_supported"
    assert module.ends(page)["error"] == expected
    beside["redirect_uri"] = f"{CALLBACK}/other"
    page = module.browser.get(by_object(module.shop, unsigned, **beside))
    assert (page.status, page.left_for) == (400, None)
    del beside["redirect_uri"]
    address = f"{by_object(module.shop, '', **beside)}&request_uri=https://suite.example/request"
    page = module.browser.get(address)
    assert (page.status, page.left_for) == (400, None)


def test_claims_essential(module: Module) -> None:
    tokens = module.tokens(claims='{"userinfo":{"name":{"essential":true}}}')
    assert "name" in module.userinfo(tokens)


def test_refresh_token(module: Module, time: Standing) -> None:
    other = module.another()
    for shop, with_scope in ((module.shop, True), (other, False)):
        before = module.tokens(shop, scope="openid offline_access", prompt="consent")
        time.move(timedelta(seconds=2))
        more = {"scope": "openid offline_access"} if with_scope else {}
        response = shop.refresh(before["refresh_token"], **more)
        assert response.status_code == 200, response.get_json()
        assert "no-store" in response.headers["Cache-Control"]
        after = response.get_json()
        assert shop.userinfo(after["access_token"]).status_code == 200
        claims = shop.verified(after["id_token"])
        for name in ("iss", "sub", "aud", "auth_time"):
            assert claims[name] == before["claims"][name]
        assert claims["iat"] != before["claims"]["iat"]
    stolen = module.shop.refresh(after["refresh_token"])
    assert (stolen.status_code, stolen.get_json()["error"]) == (400, "invalid_grant")


def test_request_with_valid_pkce(module: Module) -> None:
    shop = module.shop
    challenge = {
        "code_challenge": challenge_of(shop.verifier),
        "code_challenge_method": "S256",
    }
    assert shop.redeem(module.asks(**challenge)["code"]).status_code == 200
    wrong = shop.redeem(module.asks(**challenge)["code"], code_verifier="x" * 43)
    assert (wrong.status_code, wrong.get_json()["error"]) == (400, "invalid_grant")
