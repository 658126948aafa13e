"""For whom a person acts, and what may be done where: `represents`, `rollen` and `applicaties`, as they are now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from idp.accounts import directory, grants
from idp.audit import Event
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application
from idp.oidc import clients
from tests.protocol.relying_party import ISSUER, Provider, unverified
from tests.support.journeys import House, Person, grant

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
API = "https://api.voorbeeld.nl/wmo"


def give(house: House, person: Person, *roles: str) -> None:
    """Replace the roles in `wmo`."""
    with house.inside():
        account = directory.get(person.id)
        assert account is not None
        application = db.session.get_one(Application, "wmo")
        grants.grant(account, application, roles=roles, starts_at=None, ends_at=None, actor="test")


@ONE
def test_represents_is_the_relation_with_its_own_subject_issuer_and_kind(
    provider: Provider,
) -> None:
    """NLG-OIDC-29 to 31: told by default, without the members of a token of its own."""
    anna, bert = provider.person(), provider.person("b.bakker")
    shop = provider.nlgov(None)
    told = [shop.verified(shop.tokens(provider.browser(each))["id_token"]) for each in (anna, bert)]
    for claims in told:
        kind = "urn:nl-eid-gdi:1.0:id:pseudonym"
        assert claims["sub_id_type"] == kind
        assert set(claims["represents"]) == {"sub", "iss", "sub_id_type"}
        assert (claims["represents"]["iss"], claims["represents"]["sub_id_type"]) == (ISSUER, kind)
        assert len(claims["represents"]["sub"]) == 43
        assert claims["represents"]["sub"] not in {claims["sub"], anna.relation, bert.relation}


@ONE
def test_people_of_one_relation_represent_the_same_and_sectors_know_it_differently(
    provider: Provider, house: House
) -> None:
    anna = provider.person()
    shops = [provider.nlgov(None, sector=sector) for sector in ("een", "een", "twee")]
    told = [
        shop.verified(shop.tokens(provider.browser(anna))["id_token"])["represents"]["sub"]
        for shop in shops
    ]
    assert told[0] == told[1] != told[2]


@ONE
def test_a_client_goes_without_represents_only_by_its_registration_and_that_is_written_down(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(None), provider.person()
    with house.inside():
        clients.update(shop.client_id, actor="test", represents=False)
    claims = shop.verified(shop.tokens(provider.browser(anna))["id_token"])
    assert "represents" not in claims
    assert claims["sub_id_type"]
    [changed] = provider.events(Event.CLIENT_UPDATED)
    assert changed.details["changed"] == ["represents"]
    with pytest.raises(WrongInput, match="nothing to leave out"):
        provider.application(None, represents=False)


def test_a_refresh_tells_the_grants_of_now(provider: Provider, house: House) -> None:
    provider.machine("wmo", grant_types=(), resource=API)
    refreshing = ("authorization_code", "refresh_token")
    shop = provider.application("wmo", grant_types=refreshing, audiences=[API])
    anna = provider.person("j.devries", "wmo")
    tokens = shop.tokens(provider.browser(anna), scope="openid applicaties")
    give(house, anna, "indienen", "inzien")
    again = shop.refresh(tokens["refresh_token"]).get_json()
    claims = shop.verified(again["id_token"])
    assert claims["rollen"] == ["indienen", "inzien"]
    assert [each["rollen"] for each in claims["applicaties"]] == [["indienen", "inzien"]]
    assert unverified(again["access_token"])[1]["entitlements"] == ["indienen", "inzien"]
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        grants.revoke(account, db.session.get_one(Application, "wmo"), actor="test")
    refused = shop.refresh(again["refresh_token"])
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant")


def test_userinfo_and_introspection_tell_the_grants_of_now(
    provider: Provider, house: House
) -> None:
    api = provider.machine("wmo", grant_types=(), resource=API)
    shop = provider.application("wmo", audiences=[API])
    anna = provider.person("j.devries", "wmo")
    token = shop.tokens(provider.browser(anna), scope="openid applicaties")["access_token"]
    for roles in (("indienen",), ("indienen", "inzien"), ()):
        give(house, anna, *roles)
        told: dict[str, Any] = shop.userinfo(token).get_json()
        assert told["rollen"] == list(roles)
        assert told["applicaties"] == [{"id": "wmo", "naam": "Wmo", "rollen": list(roles)}]
        assert api.introspect(token).get_json()["entitlements"] == list(roles)


@ONE
def test_rollen_are_those_of_the_clients_own_application_alone(
    provider: Provider, house: House
) -> None:
    shop = provider.application("wmo", scope="openid applicaties")
    provider.application("zorg")
    anna = provider.person("j.devries", "wmo")
    grant(house, anna, "zorg")
    give(house, anna, "indienen")
    claims = shop.verified(shop.tokens(provider.browser(anna))["id_token"])
    assert claims["rollen"] == ["indienen"]
    assert {each["id"] for each in claims["applicaties"]} == {"wmo", "zorg"}


@ONE
def test_one_of_a_pair_comes_alone_when_it_alone_is_asked(provider: Provider, house: House) -> None:
    anna, shop = provider.person(), provider.application(None)
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        directory.update_account(
            account, email="a@voorbeeld.nl", further={"phone_number": "0881234567"}, actor="test"
        )
    wish = json.dumps({"userinfo": {"email": None, "phone_number": None}})
    token = shop.tokens(provider.browser(anna), claims=wish)["access_token"]
    assert set(shop.userinfo(token).get_json()) == {"sub", "email", "phone_number"}
