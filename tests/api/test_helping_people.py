"""People helped by programs: added, corrected, let in again; what takes two waits for a colleague at the desk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp import clock
from idp.accounts import directory
from idp.audit import Event
from idp.database import db
from idp.models import Account, Credential
from idp.servicedesk import changes, letters, requests
from idp.servicedesk.roles import Role, Worker
from tests.api.program import Program, program_of
from tests.protocol.relying_party import Provider
from tests.support.house import House
from tests.support.journeys import Person, account_of, add_person

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FRAUD = {"Reden": "fraud", "Controle": "nobody"}


def tag(program: Program, path: str) -> dict[str, str]:
    """What to name in If-Match."""
    return {"If-Match": program.ask("GET", path).headers["ETag"]}


def act(program: Program, method: str, path: str, of: str, **said: Any) -> TestResponse:
    """A change of what was just read."""
    return program.ask(method, path, headers=tag(program, of), **said)


def relation_of(house: House, person: Person) -> str:
    with house.inside():
        return account_of(person).relation_id


def has_an_address(house: House, person: Person) -> None:
    with house.inside():
        lines = ("Dorpsstraat 1", "1234 AB Voorbeeldstad")
        directory.write_address(account_of(person).relation, lines, actor="test")


def colleague_agrees(house: House, request_id: str) -> str:
    """A medewerker agrees; who that is, as the trail names them."""
    with house.inside():
        there = directory.lookup("10000009", "collega")
    if there is None:
        made = add_person(house, "collega", relation="10000009")
        with house.inside():
            account_of(made).desk_role = "medewerker"
    with house.inside():
        colleague = directory.find_account("10000009", "collega")
        by = Worker(colleague.id, f"desk:{colleague.id}", Role.MEDEWERKER)
        requests.agree(request_id, by=by)
        db.session.commit()
        return by.actor


def methods_of(house: House, person: Person) -> int:
    with house.inside():
        return db.session.query(Credential).filter_by(account_id=person.id).count()


def test_a_relation_and_an_account_are_added_once_and_nobody_is_told_a_password(
    program: Program, provider: Provider
) -> None:
    said = {"relatienummer": "0020 1234", "naam": "Gemeente Voorbeeld", "soort": "gemeente"}
    made = program.ask("POST", "/relaties", json=said)
    again = program.ask("POST", "/relaties", json=said)
    assert (made.status_code, again.status_code) == (201, 409)
    relation = made.get_json()
    assert (relation["relatienummer"], again.get_json()["nu"]) == (
        "201234",
        {"id": relation["id"]},
    )
    [event] = provider.events(Event.RELATION_ADDED)
    assert event.actor == f"client:{program.client.client_id}"
    assert event.details["errand"]["ticket"] == "T-77"
    here = f"/relaties/{relation['id']}/accounts"
    person = {"gebruikersnaam": "p.pietersen", "naam": "Piet Pietersen", "email": "p@voorbeeld.nl"}
    first, second = (program.ask("POST", here, json=person) for _time in range(2))
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.get_json()["nu"] == {"id": first.get_json()["id"]}
    assert set(first.get_json()) == {
        "id", "relatie", "relatienummer", "gebruikersnaam", "naam", "stand"
    }  # fmt: skip
    assert first.headers["ETag"] == tag(program, f"/accounts/{first.get_json()['id']}")["If-Match"]


@ONE
def test_what_no_relation_or_account_can_be_is_refused(
    program: Program, provider: Provider
) -> None:
    good = {"relatienummer": "201234", "naam": "X", "soort": "gemeente"}
    for wrong in ({"relatienummer": "x"}, {"naam": "  "}, {"soort": " "}, {"verzonnen": "1"}):
        assert program.ask("POST", "/relaties", json=good | wrong).status_code == 422
    anna = add_person(provider.house)
    here = f"/relaties/{relation_of(provider.house, anna)}/accounts"
    good = {"gebruikersnaam": "piet", "naam": "Piet"}
    for wrong in ({"gebruikersnaam": "p p"}, {"naam": " "}, {"email": "x"}, {"niveau": "geen"}):
        assert program.ask("POST", here, json=good | wrong).status_code == 422, wrong
    assert not provider.events(Event.RELATION_ADDED)[1:]
    assert program.ask("POST", "/relaties/x/accounts", json=good).status_code == 404


def test_a_name_and_addresses_are_corrected_from_what_was_read(
    program: Program, provider: Provider
) -> None:
    anna = add_person(provider.house)
    here = f"/accounts/{anna.id}"
    old = tag(program, here)
    assert program.ask("PATCH", here, json={"naam": "Anna"}).status_code == 428
    done = program.ask("PATCH", here, json={"naam": "Anna"}, headers=old)
    assert (done.status_code, done.get_json()["gedaan"]) == (200, "gewijzigd")
    late = program.ask("PATCH", here, json={"naam": "Anders"}, headers=old)
    assert late.status_code == 412, "of two programs the second is told"
    now = {"If-Match": done.headers["ETag"]}
    same = program.ask("PATCH", here, json={"naam": "Anna"}, headers=now)
    assert (same.status_code, same.get_json()["detail"]) == (422, "Er is niets gewijzigd.")
    assert program.ask("GET", here).get_json()["naam"] == "Anna"
    [event] = provider.events(Event.ACCOUNT_UPDATED)
    assert (event.details["changed"], event.details["errand"]["why"]) == (["name"], "organisation")


def test_a_relation_is_corrected_and_found_by_its_new_name(
    program: Program, provider: Provider
) -> None:
    here = f"/relaties/{relation_of(provider.house, add_person(provider.house))}"
    assert program.ask("PATCH", here, json={"naam": "Fusiestad"}).status_code == 428
    old = tag(program, here)
    said = {"naam": "Fusiestad", "adres": ["Plein 1", "1234 AB Fusiestad"]}
    done = program.ask("PATCH", here, json=said, headers=old)
    assert (done.status_code, done.get_json()["adres"]) == (200, said["adres"])
    assert program.ask("PATCH", here, json={"naam": "X"}, headers=old).status_code == 412
    assert act(program, "PATCH", here, here, json=said).status_code == 422, "nothing differs"
    [found] = program.ask("GET", "/zoeken?zoek=fusiestad").get_json()["relaties"]
    assert here.endswith(found["id"])
    assert len(provider.events(Event.RELATION_UPDATED)) == 2, "its name, and its address"


def test_no_address_changes_while_a_letter_waits_and_a_new_one_makes_a_letter_take_two(
    program: Program, provider: Provider
) -> None:
    anna = add_person(provider.house)
    has_an_address(provider.house, anna)
    person, relation = f"/accounts/{anna.id}", f"/relaties/{relation_of(provider.house, anna)}"
    moved = {"adres": ["Elders 1", "1234 AB Elders"]}
    asked = act(program, "POST", f"{person}/brief-met-code", person)
    assert (asked.status_code, asked.get_json()["gedaan"]) == (200, "brief")
    assert act(program, "PATCH", relation, relation, json=moved).status_code == 422
    with provider.house.inside():
        assert letters.waiting() == 1
        account_of(anna).relation.address = None
        db.session.execute(db.delete(letters.Letter))
    assert act(program, "PATCH", relation, relation, json=moved).status_code == 200
    asked = act(program, "POST", f"{person}/brief-met-code", person)
    assert (asked.status_code, asked.get_json()["gedaan"]) == (202, "gevraagd")
    with provider.house.inside():
        assert letters.waiting() == 0


def test_a_block_is_ended_and_a_second_time_is_told(program: Program, provider: Provider) -> None:
    anna = add_person(provider.house)
    here = f"/accounts/{anna.id}"
    program.ask("PUT", f"{here}/blokkade")
    old = tag(program, here)
    done, again = (program.ask("DELETE", f"{here}/blokkade", headers=old) for _time in range(2))
    assert (done.get_json()["gedaan"], again.status_code) == ("gedeblokkeerd", 412)
    assert act(program, "DELETE", f"{here}/blokkade", here).status_code == 422
    relation = f"/relaties/{relation_of(provider.house, anna)}"
    program.ask("PUT", f"{relation}/blokkade")
    done = act(program, "DELETE", f"{relation}/blokkade", relation)
    assert done.get_json()["gedaan"] == "organisatie-gedeblokkeerd"
    assert len(provider.events(Event.ACCOUNT_UNBLOCKED)) == 1
    assert len(provider.events(Event.RELATION_UNBLOCKED)) == 1


@pytest.mark.parametrize("whose", ["account", "relatie"])
def test_a_block_for_fraud_ends_once_a_colleague_agreed_and_then_once(
    program: Program, provider: Provider, whose: str
) -> None:
    anna = add_person(provider.house)
    relation = f"/relaties/{relation_of(provider.house, anna)}"
    here = f"/accounts/{anna.id}" if whose == "account" else relation
    program.ask("PUT", f"{here}/blokkade", headers=FRAUD)
    asked = act(program, "DELETE", f"{here}/blokkade", here)
    assert (asked.status_code, asked.get_json()["gedaan"]) == (202, "gevraagd")
    assert asked.get_json()["regel"] == "Er is geblokkeerd omdat iemand misbruik vermoedde."
    request = f"/verzoeken/{asked.get_json()['verzoek']}"
    twice = act(program, "DELETE", f"{here}/blokkade", here)
    assert twice.status_code == 422, "it is asked already"
    early = act(program, "POST", f"{request}/uitvoeren", request)
    assert early.status_code == 422, "nobody agreed yet"
    agreed_by = colleague_agrees(provider.house, asked.get_json()["verzoek"])
    told = program.ask("GET", request).get_json()
    assert (told["stand"], told["besloten_door"]) == ("ready", agreed_by)
    now = tag(program, request)
    done, again = (program.ask("POST", f"{request}/uitvoeren", headers=now) for _time in range(2))
    assert (done.status_code, again.status_code) == (200, 412)
    assert act(program, "POST", f"{request}/uitvoeren", request).status_code == 422
    shown = program.ask("GET", here).get_json()
    assert shown.get("geblokkeerd", shown.get("stand") == "blocked") is False


def test_what_a_colleague_agreed_to_is_never_done_when_the_account_changed_since(
    program: Program, provider: Provider
) -> None:
    anna = add_person(provider.house, totp=True)
    here = f"/accounts/{anna.id}"
    request = f"/verzoeken/{act(program, 'DELETE', f'{here}/methoden', here).get_json()['verzoek']}"
    colleague_agrees(provider.house, request.rpartition("/")[2])
    with provider.house.inside():
        directory.update_account(account_of(anna), name="Iemand Anders", actor="operator:joke")
    refused = [
        act(program, "POST", f"{request}/uitvoeren", request).status_code for _time in range(2)
    ]
    assert refused == [409, 422]
    assert program.ask("GET", request).get_json()["stand"] == "void"
    assert methods_of(provider.house, anna) == 1


def test_of_two_at_once_one_carries_it_out(program: Program, provider: Provider) -> None:
    anna = add_person(provider.house, totp=True)
    here = f"/accounts/{anna.id}"
    asked = act(program, "DELETE", f"{here}/methoden", here).get_json()["verzoek"]
    colleague_agrees(provider.house, asked)
    now = tag(program, f"/verzoeken/{asked}")

    def one(_number: int) -> int:
        with clock.standing_at(clock.now()):
            path = f"/verzoeken/{asked}/uitvoeren"
            return program.ask("POST", path, headers=now).status_code

    with ThreadPoolExecutor(4) as pool:
        came = sorted(pool.map(one, range(4)))
    assert came[0] == 200
    assert set(came[1:]) <= {412, 422}
    assert methods_of(provider.house, anna) == 0


def test_all_methods_go_only_when_a_colleague_agreed(program: Program, provider: Provider) -> None:
    anna = add_person(provider.house, totp=True)
    here = f"/accounts/{anna.id}"
    [method] = program.ask("GET", here).get_json()["methoden"]
    only = act(program, "DELETE", f"{here}/methoden/{method['id']}", here)
    assert (only.status_code, "enige methode" in only.get_json()["detail"]) == (422, True)
    asked = act(program, "DELETE", f"{here}/methoden", here)
    assert asked.status_code == 202
    assert methods_of(provider.house, anna) == 1
    assert asked.get_json()["verzoek"] in [
        each["id"] for each in program.ask("GET", "/verzoeken").get_json()["regels"]
    ]


def test_one_of_two_methods_goes(program: Program, provider: Provider) -> None:
    anna = add_person(provider.house, totp=True, phone="06 12345678")
    here = f"/accounts/{anna.id}"
    there = program.ask("GET", here).get_json()["methoden"]
    gone = next(each["id"] for each in there if each["soort"] == "totp")
    assert program.ask("DELETE", f"{here}/methoden/{gone}").status_code == 428
    done = act(program, "DELETE", f"{here}/methoden/{gone}", here)
    assert (done.status_code, done.get_json()["gedaan"]) == (200, "methode")
    assert methods_of(provider.house, anna) == len(there) - 1


def test_a_code_goes_by_letter_and_to_nobody_else(program: Program, provider: Provider) -> None:
    anna = add_person(provider.house)
    here = f"/accounts/{anna.id}"
    nowhere = act(program, "POST", f"{here}/brief-met-code", here)
    assert (nowhere.status_code, "postadres" in nowhere.get_json()["detail"]) == (422, True)
    has_an_address(provider.house, anna)
    unchecked = program.ask(
        "POST", f"{here}/brief-met-code", headers=tag(program, here) | {"Controle": "nobody"}
    )
    assert unchecked.status_code == 422
    old = tag(program, here)
    came = [program.ask("POST", f"{here}/brief-met-code", headers=old) for _time in range(2)]
    assert [each.status_code for each in came] == [200, 412]
    assert set(came[0].get_json()) == {"gedaan", "zin", "aantal", "regel", "verzoek"}
    assert not provider.events(Event.ACTIVATION_CODE_ISSUED)
    with provider.house.inside():
        assert letters.waiting() == 1


def test_a_colleagues_account_is_left_alone(program: Program, provider: Provider) -> None:
    sanne = add_person(provider.house, "sanne", totp=True, phone="06 12345678")
    has_an_address(provider.house, sanne)
    with provider.house.inside():
        account_of(sanne).desk_role = "medewerker"
        before = changes.version_of(sanne.id)
    here = f"/accounts/{sanne.id}"
    method = program.ask("GET", here).get_json()["methoden"][0]["id"]
    for verb, path, said in (
        ("PATCH", here, {"json": {"email": "anders@voorbeeld.nl"}}),
        ("DELETE", f"{here}/sessies", {}),
        ("DELETE", f"{here}/blokkade", {}),
        ("DELETE", f"{here}/methoden/{method}", {}),
        ("DELETE", f"{here}/methoden", {}),
        ("POST", f"{here}/brief-met-code", {}),
        ("PUT", f"{here}/blokkade", {}),
    ):
        answer = act(program, verb, path, here, **said)
        assert (answer.status_code, "collega" in answer.get_json()["detail"]) == (403, True), path
    with provider.house.inside():
        assert changes.version_of(sanne.id) == before


def test_a_program_agrees_to_nothing_and_touches_no_request_of_another(
    program: Program, provider: Provider
) -> None:
    anna = add_person(provider.house, totp=True)
    here = f"/accounts/{anna.id}"
    asked = act(program, "DELETE", f"{here}/methoden", here).get_json()["verzoek"]
    request = f"/verzoeken/{asked}"
    other = program_of(provider)
    assert program.ask("POST", f"{request}/instemmen").status_code == 404
    assert act(other, "POST", f"{request}/uitvoeren", request).status_code == 403
    assert act(other, "DELETE", request, request).status_code == 403
    colleague_agrees(provider.house, asked)
    assert act(other, "POST", f"{request}/uitvoeren", request).status_code == 403
    assert methods_of(provider.house, anna) == 1
    assert act(program, "DELETE", request, request).status_code == 204
    assert program.ask("GET", request).get_json()["stand"] == "withdrawn"
    assert act(program, "POST", f"{request}/uitvoeren", request).status_code == 422


@ONE
def test_what_a_colleague_agreed_to_is_void_when_the_account_changed_since(
    program: Program, provider: Provider, time: clock.Standing
) -> None:
    anna = add_person(provider.house, totp=True)
    here = f"/accounts/{anna.id}"
    asked = act(program, "DELETE", f"{here}/methoden", here).get_json()["verzoek"]
    colleague_agrees(provider.house, asked)
    old = tag(program, f"/verzoeken/{asked}")
    act(program, "PATCH", here, here, json={"email": "anders@voorbeeld.nl"})
    path = f"/verzoeken/{asked}/uitvoeren"
    assert program.ask("POST", path, headers=old).status_code == 412
    assert act(program, "POST", path, f"/verzoeken/{asked}").status_code == 422
    time.move(timedelta(days=8))
    assert methods_of(provider.house, anna) == 1


@ONE
def test_the_day_is_read_and_changes_nothing(program: Program, provider: Provider) -> None:
    anna = add_person(provider.house, totp=True)
    here = f"/accounts/{anna.id}"
    act(program, "DELETE", f"{here}/methoden", here)
    today = program.ask("GET", "/vandaag").get_json()
    assert [each["account"] for each in today["verzoeken"]] == [anna.id]
    assert set(today) == {"verzoeken", "codes_verlopen", "niet_begonnen", "alarmen"}
    assert program.ask("GET", "/verzoeken/x").status_code == 404
    with provider.house.inside():
        assert db.session.get_one(Account, anna.id).blocked_at is None


@ONE
@pytest.mark.parametrize("scope", ["beheer:lezen", "beheer:accounts", "beheer:logboek"])
def test_without_the_scope_of_help_nobody_is_let_in(provider: Provider, scope: str) -> None:
    anna = add_person(provider.house, totp=True)
    program = program_of(provider, asks=scope)
    for method, path in (
        ("DELETE", "/blokkade"),
        ("DELETE", "/methoden/x"),
        ("DELETE", "/methoden"),
        ("POST", "/brief-met-code"),
    ):
        assert program.ask(method, f"/accounts/{anna.id}{path}").status_code == 403, path
    assert program.ask("DELETE", "/relaties/x/blokkade").status_code == 403
    assert program.ask("POST", "/verzoeken/x/uitvoeren").status_code == 403
