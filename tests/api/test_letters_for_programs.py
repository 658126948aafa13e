"""Letters for programs: a batch is made, fetched once and posted; no code is in any answer that can be read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from idp import clock
from idp.accounts import directory
from idp.audit import Event
from idp.servicedesk import letters
from idp.servicedesk.letters import Standing
from tests.api.program import Program, program_of
from tests.protocol.relying_party import Provider
from tests.servicedesk.print_house import PrintHouse, code_on
from tests.support.journeys import Person, account_of, add_person
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def print_house(provider: Provider, run: Run, monkeypatch: pytest.MonkeyPatch) -> PrintHouse:
    """A print house that is set."""
    made = PrintHouse.of(run)
    known = provider.house.app.config["IDP"]
    set_up = known.model_copy(update={"print_certificate": made.certificate})
    monkeypatch.setitem(provider.house.app.config, "IDP", set_up)
    return made


@pytest.fixture
def anna(provider: Provider) -> Person:
    """Somebody to whom a letter waits."""
    person = add_person(provider.house, "anna")
    with provider.house.inside():
        address = ["Postbus 12", "1234 AB Voorbeeldstad"]
        directory.write_address(account_of(person).relation, address, actor="test")
        letters.request_letter(account_of(person), actor="desk:x")
    return person


def test_a_batch_is_made_fetched_once_and_posted(
    program: Program, provider: Provider, print_house: PrintHouse, anna: Person
) -> None:
    assert program.ask("GET", "/brieven").get_json() == {"wachten": 1, "partijen": []}
    made, none = (program.ask("POST", "/brieven/partijen") for _time in range(2))
    assert (made.status_code, none.status_code) == (201, 200)
    assert none.get_json() == {"partij": None}
    batch = made.get_json()["partij"]
    here = f"/brieven/partijen/{batch['id']}"
    early = program.ask("PUT", f"{here}/gepost")
    assert early.status_code == 409, "nobody fetched it"
    contents = program.ask("GET", here)
    assert [each["page"] for each in contents.get_json()["letters"]] == [1]
    file, again = (program.ask("POST", f"{here}/ophalen") for _time in range(2))
    assert (file.status_code, file.mimetype) == (200, "application/pkcs7-mime")
    assert file.headers["Cache-Control"] == "no-store"
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")
    code = code_on(print_house.opens(file.get_data())[0])
    assert code
    seen = (made, contents, file, again, program.ask("GET", "/brieven"))
    assert not any(code.encode() in each.get_data() for each in seen)
    assert program.ask("PUT", f"{here}/gepost").get_json() == {"brieven": 1}
    assert program.ask("PUT", f"{here}/gepost").get_json() == {"brieven": 0}
    with provider.house.inside():
        assert [one.standing for one in letters.of_account(anna.id)] == [Standing.DISPATCHED]
    actor = f"client:{program.client.client_id}"
    for event in (Event.LETTERS_MADE, Event.LETTERS_FETCHED, Event.LETTER_DISPATCHED):
        [told] = provider.events(event)
        assert (told.actor, told.details["errand"]["ticket"]) == (actor, "T-77"), event


def test_of_two_at_once_one_gets_the_batch(
    program: Program, provider: Provider, print_house: PrintHouse, anna: Person
) -> None:
    batch = program.ask("POST", "/brieven/partijen").get_json()["partij"]["id"]

    def one(_number: int) -> int:
        with clock.standing_at(clock.now()):
            return program.ask("POST", f"/brieven/partijen/{batch}/ophalen").status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(one, range(4))) == [200, 409, 409, 409]
    assert len(provider.events(Event.LETTERS_FETCHED)) == 1


@ONE
def test_without_a_print_house_nothing_is_made(
    program: Program, provider: Provider, anna: Person
) -> None:
    assert program.ask("POST", "/brieven/partijen").status_code == 409
    with provider.house.inside():
        assert [one.standing for one in letters.of_account(anna.id)] == [Standing.WAITING]


@ONE
def test_letters_ask_a_scope_of_their_own_and_a_reason(
    provider: Provider, print_house: PrintHouse, anna: Person
) -> None:
    other = program_of(
        provider, asks="beheer:lezen beheer:hulp beheer:accounts beheer:toegang beheer:applicaties"
    )
    for method, path in (
        ("GET", ""),
        ("POST", "/partijen"),
        ("GET", "/partijen/x"),
        ("POST", "/partijen/x/ophalen"),
        ("PUT", "/partijen/x/gepost"),
    ):
        assert other.ask(method, f"/brieven{path}").status_code == 403, path
    program = program_of(provider, asks="beheer:brieven")
    unsaid = program.ask("POST", "/brieven/partijen", headers={"Reden": ""})
    assert unsaid.status_code == 422
    for method, path in (("GET", ""), ("POST", "/ophalen"), ("PUT", "/gepost")):
        assert program.ask(method, f"/brieven/partijen/x{path}").status_code == 404
    assert not provider.events(Event.LETTERS_MADE)
