"""Clients that act for themselves (RFC 6749 section 4.4), and APIs: registering them, and what they get."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.audit import Event
from idp.clock import Standing
from idp.errors import WrongInput
from idp.oidc import clients
from tests.protocol.relying_party import CALLBACK, ISSUER, Provider, client_key, public
from tests.protocol.test_signed_access_tokens import API, read_by_api
from tests.support.journeys import House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_client_gets_a_token_for_itself_and_nothing_of_people(provider: Provider) -> None:
    api = provider.machine(grant_types=(), resource=API)
    machine = provider.machine(
        profile="nlgov", auth_method="private_key_jwt", audiences=[API], key=client_key()
    )
    answer = machine.own_token()
    body = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(body) == {"access_token", "token_type", "expires_in"}
    assert body["expires_in"] == 3600
    claims = read_by_api(provider, body["access_token"])
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert len(claims.pop("jti")) == 43
    assert claims == {
        "iss": ISSUER,
        "aud": API,
        "client_id": machine.client_id,
        "azp": machine.client_id,
        "sub": machine.client_id,
        "grant_type": "client_credentials",
    }
    told = api.introspect(body["access_token"]).get_json()
    assert (told["active"], told["sub"], told["aud"]) == (True, machine.client_id, API)
    assert machine.userinfo(body["access_token"]).status_code == 401
    [issued] = provider.events(Event.TOKEN_ISSUED)
    assert (issued.client_id, issued.account_id) == (machine.client_id, None)


def test_its_token_ends_after_an_hour_and_when_it_is_given_back(
    provider: Provider, time: Standing
) -> None:
    machine = provider.machine()
    first, second = (machine.own_token().get_json()["access_token"] for _ in range(2))
    assert machine.revoke(first).status_code == 200
    assert machine.introspect(first).get_json() == {"active": False}
    time.move(timedelta(minutes=59))
    assert machine.introspect(second).get_json()["active"] is True
    time.move(timedelta(minutes=1))
    assert machine.introspect(second).get_json() == {"active": False}


@ONE
def test_it_cannot_ask_a_scope_that_is_about_people(provider: Provider) -> None:
    machine = provider.machine()
    for scope in ("openid offline_access", "openid", "profile"):
        answer = machine.own_token(scope=scope)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_scope")


@ONE
def test_nobody_signs_in_for_it(provider: Provider) -> None:
    machine = provider.machine()
    page = machine.visit(provider.browser(provider.person()), redirect_uri=CALLBACK)
    assert (page.status, page.error) == (400, "client-request")


@ONE
def test_an_api_gets_no_token_and_a_client_of_people_none_for_itself(provider: Provider) -> None:
    api, shop = provider.machine(grant_types=(), resource=API), provider.application()
    for client in (api, shop):
        answer = client.own_token()
        assert (answer.status_code, answer.get_json()["error"]) == (400, "unauthorized_client")


@ONE
def test_what_does_not_go_together_is_refused_in_one_sentence(house: House) -> None:
    own: dict[str, Any] = {"grant_types": ["client_credentials"], "redirect_uris": []}
    wrong: dict[str, dict[str, Any]] = {
        "one grant_type": {"grant_types": ["authorization_code", "client_credentials"]},
        "one grant_type: ": {"grant_types": ["refresh_token"]},
        "no grant_type password": {"grant_types": ["password"]},
        "name its resource": {"grant_types": [], "redirect_uris": []},
        "has to authenticate": own | {"auth_method": "none"},
        "so it has no redirect_uri": own | {"redirect_uris": [CALLBACK]},
        "there is no scope openid": own | {"scopes": ["openid"]},
        "access tokens that are jwt": {
            "profile": "nlgov",
            "jwks": public(client_key()),
            "access_token_format": "opaque",
        },
        "no address of an API": {"resource": "https://api.voorbeeld.nl/#deel"},
        "the resource wmo": {"resource": "wmo"},
        "the resource 'http://localhost:8400/'": {"resource": f"{ISSUER}/"},
        "add that first": {"audiences": [API]},
        "an API has to": {"resource": API, "auth_method": "none"},
    }
    usual = {"name": "Winkel", "profile": "basic", "redirect_uris": [CALLBACK], "actor": "test"}
    for words, changes in wrong.items():
        with house.inside(), pytest.raises(WrongInput, match=words.replace("(", r"\(")):
            clients.add(**(usual | changes))
    with house.inside():
        assert clients.listing() == []


@ONE
def test_one_client_is_an_api_and_after_it_another_may_be(house: House) -> None:
    api: dict[str, Any] = {
        "name": "Api",
        "profile": "basic",
        "grant_types": [],
        "resource": API,
        "actor": "test",
    }
    with house.inside():
        first, _ = clients.add(**api)
        with pytest.raises(WrongInput, match="another client is the API"):
            clients.add(**api)
        clients.update(first.client_id, name="Nog steeds", actor="test")
        clients.remove(first.client_id, actor="test")
        clients.add(**api)


@ONE
def test_what_an_api_belongs_to_holds_at_the_next_use(provider: Provider, house: House) -> None:
    api = provider.machine(None, grant_types=(), resource=API)
    shop, anna = provider.application(audiences=[API]), provider.person()
    token = shop.tokens(provider.browser(anna))["access_token"]
    assert "entitlements" not in api.introspect(token).get_json()
    with house.inside():
        clients.update(api.client_id, application_id="wmo", actor="test")
        from idp.oidc.registered import forget

        forget(shop.client_id)  # others notice within five seconds
    assert api.introspect(token).get_json()["entitlements"] == ["inzien"]
