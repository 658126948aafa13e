"""Resource indicators (RFC 8707): a token is for the APIs that were asked, of those that the client registered."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from joserfc import jwt

from idp import clock
from idp.database import db
from idp.errors import WrongInput
from idp.models import Client
from idp.oidc import registered
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty, unverified
from tests.protocol.request_objects import by_object, signed_request
from tests.support.journeys import House, Visitor, grant

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WMO: Final = "https://api.voorbeeld.nl/wmo"
ZORG: Final = "https://api.voorbeeld.nl/zorg"
OTHER: Final = "https://api.voorbeeld.nl/anders"
REFRESHING: Final = ("authorization_code", "refresh_token")


def with_apis(provider: Provider, **said: Any) -> RelyingParty:
    """A client of `wmo` with signed tokens for two APIs of two applications; a third API is not its own."""
    for application, api in (("wmo", WMO), ("zorg", ZORG), (None, OTHER)):
        provider.machine(application, grant_types=(), resource=api)
    usual: dict[str, Any] = {"audiences": [WMO, ZORG], "grant_types": REFRESHING}
    return provider.application("wmo", **(usual | said))


def browser_of(provider: Provider, house: House) -> Visitor:
    anna = provider.person("j.devries", "wmo")
    grant(house, anna, "zorg")
    return provider.browser(anna)


def ask(shop: RelyingParty, browser: Visitor, *apis: str, **changes: str) -> dict[str, str]:
    """An authorization request that names these APIs."""
    pairs = [*shop.request(**changes).items(), *(("resource", api) for api in apis)]
    return shop.answer(browser.get(f"/oauth2/authorize?{urlencode(pairs)}"))


def post(shop: RelyingParty, fields: dict[str, str | None], apis: Sequence[str]) -> Any:
    """A request at the token endpoint that names these APIs."""
    whole = {name: value for name, value in (shop.credentials() | fields).items() if value}
    pairs = [*whole.items(), *(("resource", api) for api in apis)]
    return shop.house.app.test_client().post(
        "/oauth2/token",
        base_url=ISSUER,
        data=urlencode(pairs),
        content_type="application/x-www-form-urlencoded",
        headers=shop.header(),
    )


def redeem(shop: RelyingParty, code: str, *apis: str) -> Any:
    fields: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": shop.redirect_uri,
        "code_verifier": shop.verifier,
    }
    return post(shop, fields, apis)


def refresh(shop: RelyingParty, token: str, *apis: str) -> Any:
    return post(shop, {"grant_type": "refresh_token", "refresh_token": token}, apis)


def audience(answer: Any) -> Any:
    """`aud` of the access token that came."""
    assert answer.status_code == 200, answer.get_json()
    return unverified(answer.get_json()["access_token"])[1]["aud"]


def test_the_audience_is_what_was_asked(provider: Provider, house: House) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    for apis in ((WMO,), (ZORG,), (WMO, ZORG)):
        assert audience(redeem(shop, ask(shop, browser, *apis)["code"])) == [*apis, ISSUER]


@ONE
def test_nothing_asked_is_a_token_for_the_usual_api(provider: Provider, house: House) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    assert audience(redeem(shop, ask(shop, browser)["code"])) == [WMO, ISSUER]
    assert audience(redeem(shop, ask(shop, browser)["code"], ZORG)) == [ZORG, ISSUER]


@ONE
def test_the_token_endpoint_narrows_what_the_sign_in_asked_and_never_widens_it(
    provider: Provider, house: House
) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    code = ask(shop, browser, WMO, ZORG)["code"]
    assert audience(redeem(shop, code, ZORG)) == [ZORG, ISSUER]
    answer = redeem(shop, ask(shop, browser, WMO)["code"], ZORG)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_target")
    assert "a resource that the sign-in did not ask for" in answer.get_json()["error_description"]


def test_a_refresh_narrows_for_this_token_and_keeps_what_was_granted(
    provider: Provider, house: House
) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    first = redeem(shop, ask(shop, browser, WMO, ZORG)["code"]).get_json()["refresh_token"]
    narrowed = refresh(shop, first, ZORG)
    assert audience(narrowed) == [ZORG, ISSUER]
    again = refresh(shop, narrowed.get_json()["refresh_token"])
    assert audience(again) == [WMO, ZORG, ISSUER]


@ONE
@pytest.mark.parametrize("api", [OTHER, "https://onbekend.nl/", f"{WMO}#deel", f"{WMO}/", "wmo"])
def test_what_is_not_registered_is_an_invalid_target_everywhere(
    provider: Provider, house: House, api: str
) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    assert ask(shop, browser, api)["error"] == "invalid_target"
    assert ask(shop, browser, WMO, api)["error"] == "invalid_target"
    pushed = shop.push(resource=api)
    assert (pushed.status_code, pushed.get_json()["error"]) == (400, "invalid_target")
    answer = redeem(shop, ask(shop, browser)["code"], api)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_target")
    machine = provider.machine(audiences=[WMO])
    answer = post(machine, {"grant_type": "client_credentials"}, [api])
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_target")


@ONE
def test_a_pushed_and_a_signed_request_name_apis_too(provider: Provider, house: House) -> None:
    shop = with_apis(provider, profile="nlgov", auth_method="private_key_jwt")
    browser = browser_of(provider, house)
    grant_of = shop.push(resource=f"{WMO} {ZORG}").get_json()["request_uri"]
    code = shop.answer(browser.get(shop.by_handle(grant_of)))["code"]
    assert audience(redeem(shop, code)) == [WMO, ZORG, ISSUER]
    assert shop.key is not None
    now = int(clock.now().timestamp())
    inside = shop.request(resource=None) | {"iss": shop.client_id, "aud": ISSUER}
    times = {"iat": now, "nbf": now, "exp": now + 60, "jti": secrets.token_urlsafe(16)}
    claims: dict[str, Any] = {**inside, **times, "resource": [ZORG]}
    header = {"alg": "ES256", "kid": shop.key.kid, "typ": "oauth-authz-req+jwt"}
    signed = jwt.encode(header, claims, shop.key, ["ES256"])
    page = browser.get(
        f"/oauth2/authorize?{urlencode({'client_id': shop.client_id, 'request': signed})}"
    )
    assert audience(redeem(shop, shop.answer(page)["code"])) == [ZORG, ISSUER]


@ONE
def test_a_client_of_its_own_asks_the_same_way(provider: Provider) -> None:
    with_apis(provider)
    machine = provider.machine(audiences=[WMO, ZORG])
    for apis, aud in (((), WMO), ((ZORG,), ZORG), ((ZORG, WMO), [ZORG, WMO])):
        assert audience(post(machine, {"grant_type": "client_credentials"}, apis)) == aud


def test_introspection_answers_an_api_in_the_audience_with_the_roles_of_its_own_application(
    provider: Provider, house: House
) -> None:
    apis = {
        api: provider.machine(name, grant_types=(), resource=api)
        for name, api in (("wmo", WMO), ("zorg", ZORG), (None, OTHER))
    }
    shop = provider.application("wmo", audiences=[WMO, ZORG])
    anna = provider.person("j.devries", "wmo")
    for_wmo = redeem(shop, ask(shop, provider.browser(anna), WMO)["code"]).get_json()
    told = {api: each.introspect(for_wmo["access_token"]) for api, each in apis.items()}
    assert told[WMO].get_json()["active"] is True
    assert told[ZORG].get_json() == told[OTHER].get_json() == {"active": False}
    both = redeem(shop, ask(shop, provider.browser(anna), WMO, ZORG)["code"]).get_json()
    told = {api: each.introspect(both["access_token"]) for api, each in apis.items()}
    assert told[WMO].get_json()["entitlements"] == ["inzien"]
    assert told[ZORG].get_json()["entitlements"] == []
    assert told[OTHER].get_json() == {"active": False}


@ONE
def test_a_token_for_apis_of_several_applications_tells_the_roles_of_none(
    provider: Provider, house: House
) -> None:
    """RFC 9068 section 5: no API should take the roles of another for its own."""
    shop, browser = with_apis(provider), browser_of(provider, house)
    for apis, tells in (((WMO,), True), ((ZORG,), True), ((WMO, ZORG), False)):
        answer = redeem(shop, ask(shop, browser, *apis)["code"]).get_json()
        assert ("entitlements" in unverified(answer["access_token"])[1]) is tells


@ONE
def test_an_api_that_was_taken_away_is_given_no_more(provider: Provider, house: House) -> None:
    shop, browser = with_apis(provider), browser_of(provider, house)
    kept = redeem(shop, ask(shop, browser, WMO, ZORG)["code"]).get_json()["refresh_token"]
    with house.inside():
        row = db.session.get_one(Client, shop.client_id)
        row.audiences = [WMO]
        row.version += 1
    with house.app.app_context():
        registered.forget(shop.client_id)
    assert refresh(shop, kept).get_json()["error"] == "invalid_target"
    assert audience(refresh(shop, kept, WMO)) == [WMO, ISSUER]


@ONE
@pytest.mark.parametrize("odd", [[ZORG, 1], [None], [[ZORG]], {"een": ZORG}, 17])
def test_an_api_that_is_no_text_spoils_a_signed_request(
    provider: Provider, house: House, odd: object
) -> None:
    shop = with_apis(provider, profile="nlgov", auth_method="private_key_jwt")
    token = signed_request(shop, resource=odd)
    page = browser_of(provider, house).get(by_object(shop, token, redirect_uri=shop.redirect_uri))
    assert shop.answer(page)["error"] == "invalid_request_object"


@ONE
@pytest.mark.parametrize(
    "name",
    [
        "https://api.voorbeeld.nl/" + "x" * 476,
        "https://api.voorbeeld.nl/\u00e9",
        "https://api.voorbeeld.nl/\x7f",
        "https://api.voorbeeld.nl/a b",
        "https://api.voorbeeld.nl/#deel",
        "ftp://api.voorbeeld.nl/",
        "https:///wmo",
        "urn:api:wmo",
        f"{ISSUER}/",
    ],
)
def test_what_is_no_address_of_an_api_is_registered_as_none(provider: Provider, name: str) -> None:
    with pytest.raises(WrongInput):
        provider.machine("wmo", grant_types=(), resource=name)
    provider.machine("wmo", grant_types=(), resource="https://api.voorbeeld.nl/" + "x" * 475)
