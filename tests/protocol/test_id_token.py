"""The ID Token: exactly the claims that were agreed, and nothing that was not asked for."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from idp.accounts import directory, grants
from idp.clock import Standing
from idp.database import db
from idp.models import Application
from idp.vault import seal
from tests.protocol.relying_party import CALLBACK, ISSUER, SUBSTANTIAL, Provider, unverified
from tests.support.journeys import House, Person

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ALWAYS = {"iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "sid", "at_hash"}


def give(house: House, person: Person, application_id: str, *roles: str, **dates: Any) -> None:
    """Grant an application with roles."""
    with house.inside():
        account = directory.get(person.id)
        assert account is not None
        application = db.session.get_one(Application, application_id)
        dates = {"starts_at": None, "ends_at": None} | dates
        grants.grant(account, application, roles=roles, actor="test", **dates)


@ONE
def test_openid_alone_gets_the_fixed_set_and_nothing_more(
    provider: Provider, time: Standing
) -> None:
    shop, anna = provider.application(None), provider.person()
    body = shop.tokens(provider.browser(anna))
    claims = shop.verified(body["id_token"])
    now = int(time.moment.timestamp())
    assert set(claims) == ALWAYS
    assert {
        name: claims[name] for name in ("iss", "aud", "nonce", "acr", "iat", "exp", "auth_time")
    } == {
        "iss": ISSUER,
        "aud": shop.client_id,
        "nonce": shop.nonce,
        "acr": SUBSTANTIAL,
        "iat": now,
        "exp": now + 300,
        "auth_time": now,
    }
    half = hashlib.sha256(body["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


@ONE
def test_a_client_of_no_application_that_may_hear_the_list_hears_it(provider: Provider) -> None:
    provider.application("wmo")
    shop = provider.application(None, scope="openid applicaties")
    tokens = shop.tokens(provider.browser(provider.person("j.devries", "wmo")))
    [told] = shop.verified(tokens["id_token"])["applicaties"]
    assert told["id"] == "wmo"


@ONE
def test_nlgov_adds_what_its_profile_demands_and_never_amr(
    provider: Provider, time: Standing
) -> None:
    shop, anna = provider.nlgov(None), provider.person()
    browser = provider.browser(anna)
    tokens = [shop.verified(shop.tokens(browser)["id_token"]) for _ in range(2)]
    claims = tokens[0]
    assert set(claims) == ALWAYS | {"jti", "nbf", "sub_id_type", "represents"}
    assert claims["nbf"] == claims["iat"]
    assert len({each["jti"] for each in tokens}) == 2
    assert set(claims["represents"]) == {"sub", "iss", "sub_id_type"}
    assert claims["represents"]["iss"] == ISSUER
    assert claims["represents"]["sub"] not in {claims["sub"], anna.relation}
    assert claims["represents"] == tokens[1]["represents"]


@ONE
def test_the_header_names_a_published_key_and_what_kind_of_token_it_is(provider: Provider) -> None:
    browser = provider.browser(provider.person())
    kids = {key["alg"]: key["kid"] for key in provider.keys()["keys"]}
    for alg in ("RS256", "ES256"):
        shop = provider.application(None, id_token_alg=alg)
        token = shop.tokens(browser)["id_token"]
        assert unverified(token)[0] == {"typ": "JWT", "alg": alg, "kid": kids[alg]}
        assert shop.verified(token)
    assert unverified(provider.application(None).tokens(browser)["id_token"])[0]["alg"] == "RS256"
    assert unverified(provider.nlgov(None).tokens(browser)["id_token"])[0]["alg"] == "RS256"


@ONE
def test_subjects_differ_per_sector_and_tell_nothing(provider: Provider) -> None:
    anna, bert = provider.person(), provider.person("b.bakker")
    shops = [provider.application(None, sector=sector) for sector in ("een", "een", "twee")]
    subjects = {
        (person.username, number): shop.verified(shop.tokens(provider.browser(person))["id_token"])[
            "sub"
        ]
        for person in (anna, bert)
        for number, shop in enumerate(shops)
    }
    assert subjects["j.devries", 0] == subjects["j.devries", 1]
    assert len(set(subjects.values())) == 4
    for subject in subjects.values():
        assert len(subject) == 43
        assert not {anna.id, anna.username, anna.relation} & {subject}


@ONE
def test_clients_with_public_subjects_share_one(provider: Provider) -> None:
    anna = provider.person()
    shops = [provider.application(None, sector=str(n), subject_type="public") for n in range(2)]
    subjects = {
        shop.verified(shop.tokens(provider.browser(anna))["id_token"])["sub"] for shop in shops
    }
    assert len(subjects) == 1
    assert subjects != {anna.id}


@ONE
def test_each_client_knows_a_session_by_a_name_of_its_own(provider: Provider) -> None:
    anna = provider.person()
    shops = [provider.application(None) for _ in range(2)]
    browser = provider.browser(anna)
    sids = [
        [shop.verified(shop.tokens(browser)["id_token"])["sid"] for _ in range(2)] for shop in shops
    ]
    assert sids[0][0] == sids[0][1] != sids[1][0] == sids[1][1]
    other = shops[0].verified(shops[0].tokens(provider.browser(anna))["id_token"])["sid"]
    assert other not in sids[0]


@ONE
def test_the_applications_are_those_granted_now_in_the_portals_order(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.application("wmo", scope="openid applicaties")
    anna = provider.person("j.devries", "wmo")
    with house.inside():
        for position, name in (
            (3, "Derde"),
            (1, "Eerste"),
            (2, "Later"),
            (4, "Voorbij"),
            (5, "Nooit"),
        ):
            row = {"address": "http://localhost:8401/", "level": 2, "position": position}
            db.session.add(Application(id=name.lower(), name=name, **row))
    now = time.moment
    give(house, anna, "derde", "lezen", "schrijven")
    give(house, anna, "eerste")
    give(house, anna, "later", starts_at=now + timedelta(days=1))
    give(house, anna, "voorbij", starts_at=now - timedelta(days=2), ends_at=now - timedelta(days=1))
    claims = shop.verified(shop.tokens(provider.browser(anna))["id_token"])
    assert set(claims) == ALWAYS | {"relatienummer", "relatienaam", "applicaties", "rollen"}
    assert (claims["relatienummer"], claims["relatienaam"]) == (
        anna.relation,
        "Gemeente Voorbeeld 56",
    )
    assert claims["rollen"] == ["inzien"]
    assert claims["applicaties"] == [
        {"id": "wmo", "naam": "Wmo", "rollen": ["inzien"]},
        {"id": "eerste", "naam": "Eerste", "rollen": []},
        {"id": "derde", "naam": "Derde", "rollen": ["lezen", "schrijven"]},
    ]


@ONE
def test_a_client_without_an_application_has_no_roles_of_its_own(provider: Provider) -> None:
    shop = provider.application(None, scope="openid applicaties")
    claims = shop.verified(shop.tokens(provider.browser(provider.person()))["id_token"])
    assert set(claims) == ALWAYS | {"relatienummer", "relatienaam", "applicaties"}
    assert claims["applicaties"] == []


@ONE
def test_the_claims_parameter_brings_what_it_names_and_only_there(provider: Provider) -> None:
    shop, anna = provider.nlgov(None), provider.person()
    browser = provider.browser(anna)
    body = shop.tokens(
        browser,
        claims='{"id_token":{"preferred_username":null},"userinfo":{"name":{"essential":true}}}',
    )
    claims = shop.verified(body["id_token"])
    assert claims["preferred_username"] == anna.username
    assert "name" not in claims
    assert set(shop.userinfo(body["access_token"]).get_json()) == {"sub", "name"}


@ONE
def test_the_claims_parameter_is_no_way_around_the_scope_of_the_relation(
    provider: Provider,
) -> None:
    shop = provider.application(None, scopes=("openid",))
    wish = '{"id_token":{"relatienummer":null,"applicaties":null},"userinfo":{"relatienaam":null}}'
    body = shop.tokens(provider.browser(provider.person()), claims=wish)
    assert set(shop.verified(body["id_token"])) == ALWAYS
    assert set(shop.userinfo(body["access_token"]).get_json()) == {"sub"}


@ONE
@pytest.mark.parametrize(
    ("registered", "gets"),
    [
        (("openid",), set()),
        (("openid", "email"), {"email", "email_verified"}),
        (("openid", "profile"), {"name", "preferred_username"}),
        (("openid", "profile", "email"), {"name", "preferred_username", "email", "email_verified"}),
    ],
)
def test_for_basic_the_claims_parameter_brings_only_what_the_registered_scopes_carry(
    provider: Provider, house: House, registered: tuple[str, ...], gets: set[str]
) -> None:
    shop, anna = provider.application(None, scopes=registered), provider.person()
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        account.email_sealed = seal("anna@voorbeeld.nl", place=f"account.email:{anna.id}")
    names = dict.fromkeys(("name", "preferred_username", "email", "email_verified"))
    wish = json.dumps({"id_token": names, "userinfo": names})
    body = shop.tokens(provider.browser(anna), claims=wish)
    assert set(shop.verified(body["id_token"])) - ALWAYS == gets
    assert set(shop.userinfo(body["access_token"]).get_json()) - {"sub"} == gets


@ONE
def test_for_nlgov_the_claims_parameter_stands_in_for_the_scopes_of_openid_connect(
    provider: Provider,
) -> None:
    shop, anna = provider.nlgov(None, scopes=("openid",)), provider.person()
    wish = '{"id_token":{"name":null,"relatienummer":null},"userinfo":{"preferred_username":null}}'
    body = shop.tokens(provider.browser(anna), claims=wish)
    claims = shop.verified(body["id_token"])
    assert claims["name"] == anna.username.title()
    assert "relatienummer" not in claims
    assert set(shop.userinfo(body["access_token"]).get_json()) == {"sub", "preferred_username"}


@ONE
def test_scopes_of_openid_connect_stay_out_of_the_id_token(provider: Provider) -> None:
    shop = provider.application(None, scope="email openid profile", redirect_uri=CALLBACK)
    assert (
        set(shop.verified(shop.tokens(provider.browser(provider.person()))["id_token"])) == ALWAYS
    )
