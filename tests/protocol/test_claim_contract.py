"""The claim contract: what `idp client claims` says, what was agreed in files, and what tokens really hold are one.

After a change that is meant: `CLAIM_CONTRACTS=write .venv/bin/pytest tests/protocol/test_claim_contract.py`, read the
difference, and tell of it in CHANGELOG.md.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pytest

from idp.accounts import directory
from idp.oidc import claim_contract, claims, own_api, registered
from idp.oidc.claim_contract import ALWAYS, ASKED, Line
from idp.vault import seal
from tests.protocol.relying_party import ALL_SCOPES, Provider, RelyingParty, unverified
from tests.protocol.test_encrypted_answers import opened, opening_key
from tests.support.journeys import House, Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FILES: Final = Path(__file__).parent / "claim_contracts"
API: Final = "https://api.voorbeeld.nl/wmo"
OPENING: Final = "RSA-OAEP-256"

Made = tuple[RelyingParty, RelyingParty]


def basic(provider: Provider) -> Made:
    """An application of the body with a secret, and every scope."""
    api = provider.machine("wmo", grant_types=(), resource=API)
    refreshing = ("authorization_code", "refresh_token")
    return provider.application("wmo", grant_types=refreshing), api


def nlgov(provider: Provider) -> Made:
    """An application that lives under NL GOV and calls an API."""
    api = provider.machine("wmo", grant_types=(), resource=API)
    scopes = ("openid", "applicaties")
    return provider.nlgov("wmo", scopes=scopes, audiences=[API]), api


def third_party(provider: Provider) -> Made:
    """Somebody else's application, which has UserInfo signed and encrypted, and two claims in its ID Token."""
    api = provider.machine("wmo", grant_types=(), resource=API)
    shop = provider.application(
        None,
        key=opening_key("RSA"),
        is_third_party=True,
        scopes=("openid", "profile", "email"),
        id_token_claims=("name", "email"),
        id_token_alg="PS256",
        userinfo_signed_response_alg="PS256",
        userinfo_encrypted_response_alg=OPENING,
        userinfo_encrypted_response_enc="A256GCM",
    )
    return shop, api


def m2m(provider: Provider) -> Made:
    """A program that calls an API for itself."""
    api = provider.machine("wmo", grant_types=(), resource=API)
    return provider.machine(audiences=[API]), api


KINDS: Final[dict[str, Callable[[Provider], Made]]] = {
    "basic": basic,
    "nlgov": nlgov,
    "third-party": third_party,
    "m2m": m2m,
}


def contract_of(house: House, shop: RelyingParty) -> dict[str, Any]:
    """What the verb says, without the name of the client."""
    with house.app.app_context():
        client = registered.load(shop.client_id)
        assert client is not None
        rows = [asdict(line) for line in claim_contract.lines(client)]
        told: dict[str, Any] = json.loads(
            json.dumps({"forms": claim_contract.forms(client), "claims": rows})
        )
    return told


def lines_of(house: House, shop: RelyingParty) -> dict[str, dict[str, Line]]:
    """The contract, by place and claim."""
    with house.app.app_context():
        client = registered.load(shop.client_id)
        assert client is not None
        found: dict[str, dict[str, Line]] = {}
        for line in claim_contract.lines(client):
            assert line.claim not in found.get(line.where, {}), "a claim stands twice"
            found.setdefault(line.where, {})[line.claim] = line
    return found


def everything_known(provider: Provider, house: House) -> Person:
    """Somebody of whom we hold every claim."""
    person = provider.person("j.devries", "wmo")
    with house.inside():
        account = directory.get(person.id)
        assert account is not None
        further = {"given_name": "A", "family_name": "B", "phone_number": "0881234567"}
        directory.update_account(account, further=further | {"locality": "C"}, actor="test")
        account.email_sealed = seal("anna@voorbeeld.nl", place=f"account.email:{person.id}")
    return person


def issued(
    provider: Provider, shop: RelyingParty, api: RelyingParty, person: Person
) -> Iterator[tuple[set[str], dict[str, set[str]]]]:
    """Real tokens of several requests: by which ways claims were asked for, and which came where."""
    if shop.redirect_uri == "":
        body = shop.own_token().get_json()
        yield set(), places_of(shop, api, body)
        return
    with provider.house.app.app_context():
        client = registered.load(shop.client_id)
        assert client is not None
    asked = dict.fromkeys((*claims.ON_REQUEST, "amr", "website"))
    wish = json.dumps({"id_token": asked, "userinfo": asked})
    scopes = [scope for scope in ALL_SCOPES if scope in client.scopes]
    requests: list[tuple[set[str], dict[str, str | None]]] = [
        ({"nonce was sent"}, {"scope": "openid"}),
        *(
            ({f"scope {scope}", "nonce was sent"}, {"scope": f"openid {scope}"})
            for scope in scopes[1:]
        ),
        ({f"scope {scope}" for scope in scopes} | {"nonce was sent"}, {"scope": " ".join(scopes)}),
        ({ASKED, "nonce was sent"}, {"scope": "openid", "claims": wish}),
    ]
    if not client.profile.needs_nonce:
        requests.append((set(), {"scope": "openid", "nonce": None}))
    for ways, changes in requests:
        browser = provider.browser(person)
        page = shop.visit(browser, **changes)
        if page.left_for is None:  # the consent page: somebody else's application
            page = browser.submit("volgende")
        body = shop.redeem(shop.answer(page)["code"]).get_json()
        yield ways, places_of(shop, api, body)
        if "refresh_token" in body:
            again = shop.refresh(body["refresh_token"]).get_json()
            yield ways - {"nonce was sent"}, places_of(shop, api, again)


def places_of(shop: RelyingParty, api: RelyingParty, body: dict[str, Any]) -> dict[str, set[str]]:
    """The names of the claims, by place."""
    places = {}
    token = body["access_token"]
    if "id_token" in body:
        places["id_token"] = set(unverified(body["id_token"])[1])
        answer = shop.userinfo(token)
        text = answer.get_data(as_text=True)
        if answer.mimetype == "application/jwt":
            _, inside = opened(text, opening_key("RSA"), OPENING, "A256GCM")
            places["userinfo"] = set(unverified(inside)[1])
        else:
            places["userinfo"] = set(json.loads(text))
    if "." in token:
        places["access_token"] = set(unverified(token)[1])
    told = [each.introspect(token).get_json() for each in (shop, api)]
    assert told[0]["active"]
    places["introspection"] = {name for each in told if each["active"] for name in each}
    return places


@pytest.mark.parametrize("kind", KINDS)
def test_a_release_changes_no_contract_unannounced(
    provider: Provider, house: House, kind: str
) -> None:
    shop, _ = KINDS[kind](provider)
    found = contract_of(house, shop)
    file = FILES / f"{kind}.json"
    if os.environ.get("CLAIM_CONTRACTS") == "write":
        file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    assert found == json.loads(file.read_text()), f"{file.name} was agreed on; see this module"


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_hold_what_the_contract_says_and_nothing_else(
    provider: Provider, house: House, kind: str
) -> None:
    shop, api = KINDS[kind](provider)
    contract, person = lines_of(house, shop), everything_known(provider, house)
    met: dict[str, set[str]] = {where: set() for where in contract}
    for ways, places in issued(provider, shop, api, person):
        assert set(places) == set(contract)
        for where, names in places.items():
            lines = contract[where]
            certain = {name for name, line in lines.items() if {ALWAYS, *ways} & set(line.when)}
            possible = certain | {
                name
                for name, line in lines.items()
                if not ({ALWAYS, ASKED} & set(line.when))
                and not any(each.startswith(("scope ", "nonce ")) for each in line.when)
            }
            assert certain <= names, (where, ways, "missing", certain - names)
            assert names <= possible, (where, ways, "not agreed", names - possible)
            met[where] |= names
    assert met == {where: set(lines) for where, lines in contract.items()}, "agreed but never met"
    assert not any("amr" in names for names in met.values())


@pytest.mark.parametrize("application", ["wmo", None])
def test_an_api_is_promised_what_introspection_tells_it_and_nothing_else(
    provider: Provider, house: House, application: str | None
) -> None:
    api = provider.machine(application, grant_types=(), resource=API)
    shop = provider.application("wmo", audiences=[API], access_token_format="opaque")
    robot = provider.machine(audiences=[API])
    tokens = {
        "the token is a person's": shop.tokens(provider.browser(provider.person()))["access_token"],
        "the token is a client's own": robot.own_token().get_json()["access_token"],
    }
    contract = lines_of(house, api)
    assert contract_of(house, api)["forms"] == {"introspection": "JSON"}
    assert set(contract) == {"introspection"}
    for whose, token in tokens.items():
        promised = {
            name
            for name, line in contract["introspection"].items()
            if {ALWAYS, whose} & set(line.when)
        }
        assert set(api.introspect(token).get_json()) == promised


def test_a_program_of_our_own_api_reads_that_its_scope_comes_when_it_asks_one(
    provider: Provider, house: House
) -> None:
    with house.app.app_context():
        here = own_api.address()
    robot = provider.application(
        None,
        redirect_uri="",
        post_logout_redirect_uris=(),
        grant_types=("client_credentials",),
        scopes=("beheer:lezen",),
        audiences=[here],
    )
    contract = lines_of(house, robot)
    for asked in ("beheer:lezen", None):
        token = robot.own_token(scope=asked).get_json()["access_token"]
        told = {
            "access_token": unverified(token)[1],
            "introspection": robot.introspect(token).get_json(),
        }
        for where, claimed in told.items():
            left_out = set() if asked else {"scope"}
            assert set(claimed) == set(contract[where]) - left_out


def test_a_client_that_acts_for_itself_reads_who_its_tokens_are_about_and_for(
    provider: Provider, house: House
) -> None:
    shop, _ = m2m(provider)
    told = unverified(shop.own_token().get_json()["access_token"])[1]
    assert (told["sub"], told["aud"]) == (shop.client_id, API)
    for lines in lines_of(house, shop).values():
        assert (lines["sub"].kind, lines["sub"].source) == ("client_id", "the registration")
        assert lines["aud"].kind.startswith("addresses of APIs")
