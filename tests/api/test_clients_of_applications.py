"""Clients of an application through the API: as at the desk, each change once, a secret in one answer only."""

from __future__ import annotations

from typing import Any

import pytest

from idp.audit import Event
from idp.database import db
from idp.models import Client
from idp.oidc import clients
from tests.api.program import Program, program_of
from tests.protocol.relying_party import CALLBACK, Provider, RelyingParty, client_key, public
from tests.support.journeys import add_application

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "/applicaties/wmo/koppelingen/wmo-web"
WEB: dict[str, Any] = {
    "naam": "Wmo",
    "bewijs": "client_secret_basic",
    "terugkeeradressen": [CALLBACK],
    "gegevens": ["email", "profile"],
}


@pytest.fixture(autouse=True)
def wmo(provider: Provider) -> None:
    """The application."""
    add_application(provider.house, "Wmo")


def put(program: Program, said: dict[str, Any] = WEB, tag: str | None = None) -> Any:
    return program.ask("PUT", HERE, json=said, headers={"If-Match": tag} if tag else {})


def test_a_client_that_a_program_registered_works_and_its_secret_is_told_once(
    program: Program, provider: Provider
) -> None:
    made = put(program)
    assert made.status_code == 201
    told = made.get_json()
    shop = RelyingParty(
        provider.house, "wmo-web", "client_secret_basic", told["geheim"], scope="openid email"
    )
    assert shop.introspect("x").status_code == 200
    assert (told["gegevens"], told["hier_te_wijzigen"]) == (["profile", "email"], True)
    read = program.ask("GET", HERE).get_json()
    assert read == told | {"geheim": None}
    lines = program.ask("GET", "/applicaties/wmo/koppelingen").get_json()["regels"]
    assert lines == [{"client_id": "wmo-web", "naam": "Wmo", "profiel": "basic"}]
    [event] = [e for e in provider.events(Event.CLIENT_ADDED) if e.client_id == "wmo-web"]
    assert event.details["errand"] == {"why": "organisation", "check": "letter", "ticket": "T-77"}


def test_a_repeated_request_changes_nothing_and_tells_no_secret_again(program: Program) -> None:
    first, again = put(program), put(program)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.get_json()["geheim"]
    assert again.get_json()["geheim"] is None
    assert first.headers["ETag"] == again.headers["ETag"]


def test_of_two_programs_the_second_is_told_that_it_changed(program: Program) -> None:
    tag = put(program).headers["ETag"]
    other = WEB | {"naam": "Anders"}
    assert put(program, other).status_code == 428
    assert put(program, other, tag).status_code == 200
    assert put(program, WEB | {"naam": "Nog anders"}, tag).status_code == 412
    for method, path in (("POST", f"{HERE}/geheim"), ("DELETE", HERE)):
        late = program.ask(method, path, json={}, headers={"If-Match": tag})
        assert late.status_code == 412
    assert program.ask("GET", HERE).get_json()["naam"] == "Anders"


def test_another_secret_and_the_end_of_a_client(program: Program, provider: Provider) -> None:
    made = put(program)

    def works(secret: str) -> bool:
        shop = RelyingParty(provider.house, "wmo-web", "client_secret_basic", secret)
        return shop.introspect("x").status_code == 200

    first, tag = made.get_json()["geheim"], made.headers["ETag"]
    again = program.ask(
        "POST", f"{HERE}/geheim", json={"uitgelekt": True}, headers={"If-Match": tag}
    )
    second = again.get_json()["geheim"]
    assert (works(first), works(second)) == (False, True)
    gone = program.ask("DELETE", HERE, headers={"If-Match": again.headers["ETag"]})
    assert gone.status_code == 204
    assert not works(second)
    assert program.ask("GET", HERE).status_code == 404
    taken = put(program)
    assert (taken.status_code, list(taken.get_json()["velden"])) == (422, ["client_id"])


@ONE
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("naam", ""),
        ("naam", "a\u202eb"),
        ("profiel", "fapi"),
        ("profiel", "nlgov"),  # which has no secrets
        ("bewijs", "tls_client_auth"),
        ("bewijs", "private_key_jwt"),
        ("terugkeeradressen", []),
        ("terugkeeradressen", ["http://wmo.voorbeeld.nl/"]),
        ("terugkeeradressen", [CALLBACK, CALLBACK]),
        ("terugkeeradressen", [CALLBACK] * 51),
        ("terugkeeradressen", ["https://wmo.voorbeeld.nl/*", "javascript:alert(1)"]),
        ("uitlogbericht", "ftp://wmo.voorbeeld.nl/"),
        ("sleuteladres", "http://wmo.voorbeeld.nl/jwks"),
        ("sleutels", {}),
        ("sleutels", {"keys": [client_key("EC").as_dict(private=True)]}),
        ("sleutels", {"keys": "geen"}),
        ("gegevens", ["beheer:hulp"]),
        ("grant_types", ["client_credentials"]),
        ("niveau", "laag"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_registered(
    program: Program, provider: Provider, field: str, value: Any
) -> None:
    answer = put(program, WEB | {field: value})
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.get_json()["velden"]
    with provider.house.inside():
        assert db.session.get(Client, "wmo-web") is None


def test_the_profile_stays_and_keys_take_the_place_of_a_secret(
    program: Program, provider: Provider
) -> None:
    tag = put(program).headers["ETag"]
    keys = {"bewijs": "private_key_jwt", "sleutels": public(client_key("EC"))}
    stays = put(program, WEB | keys | {"profiel": "nlgov"}, tag)
    assert (stays.status_code, list(stays.get_json()["velden"])) == (422, ["profiel"])
    changed = put(program, WEB | keys, tag)
    assert (changed.status_code, changed.get_json()["geheimen"]) == (200, [])
    refused = program.ask(
        "POST", f"{HERE}/geheim", json={}, headers={"If-Match": changed.headers["ETag"]}
    )
    assert refused.status_code == 422


@ONE
def test_a_program_changes_no_client_that_works_for_itself(
    program: Program, provider: Provider
) -> None:
    """Its own, for one: it would give itself what the operator did not."""
    mine = program_of(provider)
    with provider.house.inside():
        clients.update(mine.client.client_id, application_id="wmo", actor="operator")
    here = f"/applicaties/wmo/koppelingen/{mine.client.client_id}"
    read = program.ask("GET", here)
    assert read.get_json()["hier_te_wijzigen"] is False
    match = {"If-Match": read.headers["ETag"]}
    for method, path, said in (
        ("PUT", here, WEB),
        ("POST", f"{here}/geheim", {"uitgelekt": True}),
        ("DELETE", here, None),
    ):
        answer = program.ask(method, path, json=said, headers=match)
        assert answer.status_code == 422, method
    assert mine.ask("GET", "/applicaties").status_code == 200


@ONE
def test_a_client_is_found_under_its_own_application_only(
    program: Program, provider: Provider
) -> None:
    put(program)
    add_application(provider.house, "Zorg")
    assert program.ask("GET", "/applicaties/zorg/koppelingen/wmo-web").status_code == 404
    there = program.ask("PUT", "/applicaties/zorg/koppelingen/wmo-web", json=WEB)
    assert (there.status_code, list(there.get_json()["velden"])) == (422, ["client_id"])
