"""What programs do through the API: the same as the desk, with a reason, and each change once."""

from __future__ import annotations

from typing import Any

import pytest

from idp.accounts import grants
from idp.audit import Event
from tests.api.program import Program
from tests.protocol.relying_party import Provider
from tests.support.journeys import account_of, add_application, add_person, grant

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WMO: dict[str, Any] = {"naam": "Wmo", "adres": "https://wmo.voorbeeld.nl/inloggen"}


def put(program: Program, said: dict[str, Any] = WMO, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return program.ask("PUT", "/applicaties/wmo", json=said, headers=named)


def test_an_application_is_made_once_and_a_repeated_request_changes_nothing(
    program: Program, provider: Provider
) -> None:
    made, again = put(program), put(program)
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.headers["ETag"] == again.headers["ETag"]
    [event] = provider.events(Event.APPLICATION_ADDED)
    assert event.actor == f"client:{program.client.client_id}"
    assert event.details["errand"] == {"why": "organisation", "check": "letter", "ticket": "T-77"}
    assert program.ask("GET", "/applicaties/wmo").get_json()["adres"] == WMO["adres"]


def test_of_two_programs_the_second_is_told_that_it_changed(program: Program) -> None:
    tag = put(program).headers["ETag"]
    assert put(program, WMO | {"naam": "Anders"}).status_code == 428
    assert put(program, WMO | {"naam": "Anders"}, If_Match=tag).status_code == 200
    late = put(program, WMO | {"naam": "Nog anders"}, If_Match=tag)
    assert late.status_code == 412
    assert put(program, WMO | {"naam": "Weer"}, If_None_Match="*").status_code == 412
    assert program.ask("GET", "/applicaties/wmo").get_json()["naam"] == "Anders"


@ONE
@pytest.mark.parametrize(
    "said",
    [
        {},
        {"naam": "Wmo"},
        WMO | {"naam": ""},
        WMO | {"naam": 3},
        WMO | {"naam": "a\u0000b"},
        WMO | {"naam": "a\u202eb"},
        WMO | {"adres": "http://wmo.voorbeeld.nl/"},
        WMO | {"adres": "javascript:alert(1)"},
        WMO | {"niveau": "zeer hoog"},
        WMO | {"niveau": "hoog"},
        WMO | {"rollen": ["<script>"]},
        WMO | {"rollen": [f"r{n}" for n in range(51)]},
        WMO | {"plaats": 0},
        WMO | {"verzonnen": 1},
        [],
        "tekst",
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    program: Program, provider: Provider, said: Any
) -> None:
    answer = put(program, said)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert answer.get_json()["velden"]
    assert not provider.events(Event.APPLICATION_ADDED)


@ONE
def test_a_body_that_is_no_json_is_refused(program: Program) -> None:
    for data, mimetype, status in (
        (b"{", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"naam": "\xff"}', "application/json", 400),
        (b"naam=Wmo", "application/x-www-form-urlencoded", 415),
    ):
        answer = program.ask("PUT", "/applicaties/wmo", data=data, content_type=mimetype)
        assert answer.status_code == status


@ONE
@pytest.mark.parametrize(
    ("header", "value"), [("Reden", ""), ("Reden", "zomaar"), ("Controle", ""), ("Ticket", "a b")]
)
def test_nothing_changes_without_a_reason(
    program: Program, provider: Provider, header: str, value: str
) -> None:
    answer = put(program, **{header: value})
    assert answer.status_code == 422
    assert header.lower() in answer.get_json()["velden"]
    assert not provider.events(Event.APPLICATION_ADDED)


def test_access_is_given_changed_and_taken(program: Program, provider: Provider) -> None:
    put(program)
    anna = add_person(provider.house)
    here = f"/applicaties/wmo/toegang/{anna.id}"
    made = program.ask("PUT", here, json={"rollen": ["inzien"]})
    again = program.ask("PUT", here, json={"rollen": ["inzien"]})
    assert (made.status_code, again.status_code) == (201, 200)
    assert program.ask("PUT", here, json={"rollen": ["indienen"]}).status_code == 428
    tag = {"If-Match": made.headers["ETag"]}
    changed = program.ask("PUT", here, json={"rollen": ["indienen"]}, headers=tag)
    assert (changed.status_code, changed.get_json()["rollen"]) == (200, ["indienen"])
    assert program.ask("DELETE", here, headers=tag).status_code == 412
    assert program.ask("DELETE", here).status_code == 428
    tag = {"If-Match": changed.headers["ETag"]}
    assert program.ask("DELETE", here, headers=tag).status_code == 204
    assert program.ask("GET", here).status_code == 404
    with provider.house.inside():
        assert not grants.may_use(anna.id, "wmo")
    assert len(provider.events(Event.APPLICATION_GRANTED)) == 2


@ONE
def test_a_grant_that_ends_before_it_begins_is_refused(
    program: Program, provider: Provider
) -> None:
    put(program)
    here = f"/applicaties/wmo/toegang/{add_person(provider.house).id}"
    for said in ({"vanaf": "2027-03-02", "tot": "2027-03-01"}, {"tot": "2020-01-01"}):
        answer = program.ask("PUT", here, json=said)
        assert (answer.status_code, list(answer.get_json()["velden"])) == (422, ["tot"])
    assert program.ask("PUT", here, json={"vanaf": "2027-13-01"}).status_code == 422


def test_a_kind_of_relation_is_counted_first_and_then_given(
    program: Program, provider: Provider
) -> None:
    put(program)
    people = [add_person(provider.house, f"p{n}") for n in range(3)]
    here = "/applicaties/wmo/toegang-per-soort"
    counted = program.ask("POST", here, json={"soort": "gemeente"}).get_json()
    assert counted == {"gegeven": 0, "nog": 3}
    assert program.ask("POST", here, json={"soort": "gemeente", "telling": 2}).status_code == 409
    given = program.ask("POST", here, json={"soort": "gemeente", "telling": 3}).get_json()
    assert given == {"gegeven": 3, "nog": 0}
    with provider.house.inside():
        assert all(grants.may_use(each.id, "wmo") for each in people)


def test_a_removed_application_is_gone_and_its_tokens_with_it(
    program: Program, provider: Provider
) -> None:
    shop = provider.application("wmo")
    anna = provider.person()
    token = shop.tokens(provider.browser(anna))["access_token"]
    tag = program.ask("GET", "/applicaties/wmo").headers["ETag"]
    assert program.ask("DELETE", "/applicaties/wmo").status_code == 428
    answer = program.ask("DELETE", "/applicaties/wmo", headers={"If-Match": tag})
    assert answer.status_code == 204
    assert shop.userinfo(token).status_code == 401
    assert program.ask("GET", "/applicaties/wmo").status_code == 404
    assert len(provider.events(Event.APPLICATION_REVOKED)) == 1


def test_what_is_looked_at_is_told_to_its_holder_and_to_the_auditor(
    program: Program, provider: Provider
) -> None:
    anna = add_person(provider.house, "anna")
    found = program.ask("GET", "/zoeken?zoek=anna").get_json()
    [account] = found["accounts"]
    whole = program.ask("GET", f"/accounts/{account['id']}").get_json()
    assert (whole["id"], whole["gebruikersnaam"]) == (anna.id, "anna")
    [event] = provider.events(Event.ACCOUNT_SHOWN)
    assert (event.client_id, event.account_id) == (program.client.client_id, anna.id)
    relation = program.ask("GET", f"/relaties/{account['relatie']}").get_json()
    assert relation["relatienummer"] == anna.relation
    listed = program.ask("GET", f"/relaties/{account['relatie']}/accounts").get_json()
    assert [each["id"] for each in listed["regels"]] == [anna.id]
    log = program.ask("GET", "/logboek?gebeurtenis=bekeken").get_json()["regels"]
    assert "account-shown" in [each["gebeurtenis"] for each in log]


def test_blocking_ends_sessions_and_a_second_time_nothing(
    program: Program, provider: Provider
) -> None:
    anna = provider.person()
    provider.browser(anna)
    here = f"/accounts/{anna.id}/blokkade"
    assert program.ask("PUT", here).get_json() == {"sessies": 1}
    assert program.ask("PUT", here).get_json() == {"sessies": 0}
    assert len(provider.events(Event.ACCOUNT_BLOCKED)) == 1


@ONE
def test_a_program_does_not_lock_the_desk_out(program: Program, provider: Provider) -> None:
    colleague = add_person(provider.house, "collega")
    with provider.house.inside():
        account_of(colleague).desk_role = "medewerker"
        relation_id = account_of(colleague).relation_id
    for here in (f"/accounts/{colleague.id}/blokkade", f"/relaties/{relation_id}/blokkade"):
        assert program.ask("PUT", here).status_code == 403
    assert not provider.events(Event.RELATION_BLOCKED)


@ONE
def test_who_had_access_on_a_day_is_told(program: Program, provider: Provider) -> None:
    add_application(provider.house, "Wmo")
    anna = add_person(provider.house)
    grant(provider.house, anna, "wmo")
    whole = program.ask("GET", "/applicaties/wmo/toegang").get_json()
    day = whole["regels"][0]["vanaf"][:10]
    told = program.ask("GET", f"/logboek/toegang?applicatie=wmo&dag={day}").get_json()
    assert [each["account"] for each in told["regels"]] == [anna.id]
    assert program.ask("GET", "/logboek/toegang?applicatie=wmo&dag=x").status_code == 422
