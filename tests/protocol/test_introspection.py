"""Asking whether a token is in force (RFC 7662)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.clock import Standing
from idp.database import db
from idp.models import Session
from tests.protocol.relying_party import ISSUER, SUBSTANTIAL, Provider, RelyingParty

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
API = "https://api.voorbeeld.nl/wmo"
NOTHING = {"active": False}


def api_and_shop(provider: Provider, **said: str) -> tuple[RelyingParty, RelyingParty]:
    """An API of the application `wmo`, and a client whose access tokens are for it."""
    api = provider.machine("wmo", grant_types=(), resource=API)
    return api, provider.application(audiences=[API], **said)


@pytest.mark.parametrize("form", ["opaque", "jwt"])
def test_the_api_learns_what_it_needs_and_no_name(provider: Provider, form: str) -> None:
    api, shop = api_and_shop(provider, access_token_format=form)
    tokens = shop.tokens(provider.browser(provider.person()))
    answer = api.introspect(tokens["access_token"])
    assert answer.headers["Cache-Control"] == "no-store"
    claims, told = shop.verified(tokens["id_token"]), answer.get_json()
    assert told.pop("exp") - told.pop("iat") == 600
    assert told == {
        "active": True,
        "iss": ISSUER,
        "aud": [API, ISSUER],
        "client_id": shop.client_id,
        "token_type": "Bearer",
        "scope": "openid",
        "sub": claims["sub"],
        "auth_time": claims["auth_time"],
        "acr": SUBSTANTIAL,
        "entitlements": ["inzien"],
    }
    assert shop.introspect(tokens["access_token"]).get_json()["active"] is True


def test_what_is_not_in_force_has_one_answer(provider: Provider, time: Standing) -> None:
    api, shop = api_and_shop(provider)
    anna, bert = provider.person(), provider.person("b.bakker", "wmo")
    browser = provider.browser(anna)
    revoked, expired = shop.tokens(browser), shop.tokens(browser)
    shop.revoke(revoked["access_token"])
    blocked = shop.tokens(provider.browser(bert))
    provider.block(bert)
    for asking in (api, shop):
        dead = (
            revoked["access_token"],
            blocked["access_token"],
            revoked["id_token"],
            "x",
            "é" * 43,
        )
        assert [asking.introspect(each).get_json() for each in dead] == [NOTHING] * 5
        assert asking.introspect(expired["access_token"]).get_json()["active"] is True
    time.move(timedelta(seconds=600))
    assert api.introspect(expired["access_token"]).get_json() == NOTHING


@ONE
def test_a_token_is_not_in_force_any_more_when_its_session_ran_out(
    provider: Provider, time: Standing
) -> None:
    api, shop = api_and_shop(provider)
    token = shop.tokens(provider.browser(provider.person()))["access_token"]
    with provider.house.inside():
        for session in db.session.query(Session):
            session.expires_at = time.moment + timedelta(seconds=60)
    assert api.introspect(token).get_json()["active"] is True
    time.move(timedelta(seconds=60))
    assert [asking.introspect(token).get_json() for asking in (api, shop)] == [NOTHING] * 2


@ONE
def test_an_assertion_that_asked_once_asks_no_second_time(provider: Provider) -> None:
    shop = provider.nlgov()
    assertion = shop.assertion()
    assert shop.introspect("x", client_assertion=assertion).get_json() == NOTHING
    again = shop.introspect("x", client_assertion=assertion)
    assert (again.status_code, again.get_json()["error"]) == (401, "invalid_client")


@ONE
def test_roles_are_those_of_now(provider: Provider) -> None:
    api, shop = api_and_shop(provider)
    anna = provider.person()
    token = shop.tokens(provider.browser(anna))["access_token"]
    with provider.house.inside():
        from idp.accounts import directory, grants
        from idp.database import db
        from idp.models import Application

        account = directory.get(anna.id)
        assert account is not None
        wmo = db.session.get_one(Application, "wmo")
        grants.grant(account, wmo, roles=("beheren",), starts_at=None, ends_at=None, actor="test")
        db.session.commit()
    assert api.introspect(token).get_json()["entitlements"] == ["beheren"]
    with provider.house.inside():
        account = directory.get(anna.id)
        assert account is not None
        grants.revoke(account, db.session.get_one(Application, "wmo"), actor="test")
    assert api.introspect(token).get_json() == {"active": False}


@ONE
def test_a_client_without_credentials_asks_nothing(provider: Provider) -> None:
    shop = provider.application(auth_method="none")
    token = shop.tokens(provider.browser(provider.person()))["access_token"]
    answer = shop.introspect(token)
    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


@ONE
def test_a_refresh_token_is_nobodys_business(provider: Provider) -> None:
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    tokens = shop.tokens(provider.browser(provider.person()))
    assert shop.introspect(tokens["refresh_token"]).get_json() == NOTHING


@ONE
def test_a_clients_own_token_without_an_api_is_for_us_alone(provider: Provider) -> None:
    shop = provider.machine()
    token = shop.own_token().get_json()["access_token"]
    assert shop.introspect(token).get_json()["aud"] == ISSUER
