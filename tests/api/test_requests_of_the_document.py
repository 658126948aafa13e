"""Requests that docs/openapi-beheer.json allows and that it does not, by schemathesis: answered as it says.

Half of them ask about what is there, with the reason and the tag that it takes, so that the functions behind run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import select

from idp.admin_api.operations import OPERATIONS
from idp.database import db
from idp.models import AuditEvent, Credential
from idp.oidc import clients
from idp.oidc.own_api import PATH
from tests.api.program import ERRAND, Program, program_of
from tests.api.test_helping_people import act, colleague_agrees, has_an_address
from tests.api.test_letters_for_programs import print_house
from tests.api.test_reasons_of_programs import BODIES
from tests.protocol.relying_party import ISSUER, Provider
from tests.support.house import House
from tests.support.journeys import Person, account_of, add_application, add_person, grant, sign_in
from tests.support.source import ROOT

__all__ = ["print_house"]  # a fixture

DOCUMENT: Final = json.loads((ROOT / "docs" / "openapi-beheer.json").read_text(encoding="utf-8"))
#: Operations by the first word of their path, those that only read together; each with a house of its own.
ROOMS: Final = ("accounts", "applicaties", "brieven", "import", "relaties", "verzoeken", "lezen")
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT)
MODES: Final = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
#: Requests for each operation and way.
EXAMPLES: Final = 5
#: A list of one line for each import.
LISTS: Final = {
    "relaties": "relatienummer,naam,soort\n30000001,Nieuwstad,gemeente\n",
    "accounts": "relatienummer,gebruikersnaam,naam,email,niveau\n10023450,nieuw,Nieuw,,\n",
    "toegang": "relatienummer,gebruikersnaam,applicatie\n10023450,p0,wmo1\n",
}


@dataclass
class Scene:
    """What stands in the house, to be asked about, and how requests were answered."""

    program: Program
    known: Iterator[dict[str, str]]
    """What can stand in a path, of one person at a time, for ever."""
    query: dict[str, str]
    many: int
    """How many there are, before they come again."""

    def answer(self, case: Any, headers: dict[str, str]) -> int:
        """The status with which it was answered, as the document says it."""
        said = {"Authorization": f"Bearer {self.program.token}"} | headers
        if case.method == "GET":
            said = {"Authorization": said["Authorization"]}
        response = case.call(base_url=ISSUER, headers=said, app=self.program.house.app)
        case.validate_response(response, checks=CHECKS)
        return int(response.status_code)

    def tag(self, case: Any) -> str:
        """The tag that a request takes, if any: of the longest beginning of its path that has one."""
        told = DOCUMENT["paths"][case.path][case.method.lower()]
        if "If-Match" not in {each["name"] for each in told["parameters"]}:
            return ""
        parts = case.formatted_path.removeprefix(PATH).split("/")
        for length in range(len(parts), 2, -1):
            shown = self.program.ask("GET", "/".join(parts[:length]))
            if "ETag" in shown.headers:
                return shown.headers["ETag"]
        return ""


@pytest.fixture
def scene(provider: Provider, print_house: Any) -> Scene:
    """People of an organisation each: with letters and requests, blocked, of one that is blocked, a colleague."""
    house, program = provider.house, program_of(provider)
    people = [
        add_person(house, f"p{n}", relation=f"1002345{n}", totp=True, phone="06 12345678")
        for n in range(7)
    ]
    sign_in(house, house.browser(), people[0])
    known = [_named(house, person, f"Wmo{n}") for n, person in enumerate(people)]
    for person, one in zip(people[:4], known, strict=False):
        account = f"/accounts/{person.id}"
        grant(house, person, one["application_id"])
        has_an_address(house, person)
        if person is people[3]:  # a letter can go to them
            continue
        act(program, "POST", f"{account}/brief-met-code", account)
        if person is not people[2]:  # whose letter waits
            made = program.ask("POST", "/brieven/partijen").get_json()
            one["batch_id"] = made["partij"]["id"]
        asked = act(program, "DELETE", f"{account}/methoden", account).get_json()
        one["request_id"] = asked["verzoek"]
    for one in known:
        one.setdefault("batch_id", known[0]["batch_id"])
        one.setdefault("request_id", known[2]["request_id"])
    for one in known[:2]:
        colleague_agrees(house, one["request_id"])
    program.ask("PUT", f"/accounts/{known[4]['account_id']}/blokkade")
    program.ask("PUT", f"/relaties/{known[5]['relation_id']}/blokkade")
    with house.inside():
        account_of(people[6]).desk_role = "applicatiebeheerder"
    query = {
        "applicatie": "wmo0",
        "dag": "2026-11-20",
        "gebruikersnaam": "p0",
        "relatienummer": "10023450",
        "vanaf": "2026-11-01",
        "tot": "2026-11-30",
        "zoek": "p0",
    }
    return Scene(program, cycle(known), query, len(known))


def _named(house: House, person: Person, application: str) -> dict[str, str]:
    """What a path can name of one person."""
    application_id = add_application(house, application)
    with house.inside():
        client, _secret = clients.add(
            name=application,
            profile="basic",
            redirect_uris=["https://wmo.voorbeeld.nl/terug"],
            application_id=application_id,
            actor="operator",
        )
        credential = select(Credential.id).where(Credential.account_id == person.id)
        reference = select(AuditEvent.reference).where(AuditEvent.reference.is_not(None))
        return {
            "account_id": person.id,
            "application_id": application_id,
            "client_id": client.client_id,
            "method_id": str(db.session.scalars(credential.limit(1)).one()),
            "reference": str(db.session.scalars(reference.limit(1)).one()),
            "relation_id": account_of(person).relation_id,
        }


def _room_of(path: str) -> str:
    word = path.removeprefix(f"{PATH}/").split("/")[0]
    return word if word in ROOMS else "lezen"


@pytest.mark.parametrize("room", ROOMS)
def test_every_answer_is_one_that_the_document_promises(scene: Scene, room: str) -> None:
    ours = [
        (path, method)
        for method in ("get", "post", "patch", "put", "delete")  # what ends something is last
        for path, item in sorted(DOCUMENT["paths"].items(), key=lambda each: -len(each[0]))
        if _room_of(path) == room and method in item
    ]
    for path, method in ours:
        _ask_until_it_is_done(scene, path, method)
        for mode in MODES:
            if mode is GenerationMode.POSITIVE or DOCUMENT["paths"][path][method]["parameters"]:
                _ask_some(scene, path, method, mode)


def _ask_until_it_is_done(scene: Scene, path: str, method: str) -> None:
    """As it should be asked, about one after another, until one answers yes: so that each does so at least once."""
    operation = SCHEMA[path][method]
    told = DOCUMENT["paths"][path][method]
    names = {each["name"]: each["in"] for each in told.get("parameters", ())}
    for _one in range(scene.many):
        case = operation.Case(
            path_parameters={name: "x" for name, where in names.items() if where == "path"},
            query={name: "" for name, where in names.items() if where == "query"},
        )
        _about_what_is_there(case, scene)
        _with_a_body_that_fits(case, told["operationId"])
        if scene.answer(case, ERRAND | {"If-Match": scene.tag(case)}) < 400:
            return
    pytest.fail(f"{told['operationId']} was never done")


def _ask_some(scene: Scene, path: str, method: str, mode: GenerationMode) -> None:
    name = DOCUMENT["paths"][path][method]["operationId"]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=SCHEMA[path][method].as_strategy(generation_mode=mode),
        right=strategies.sampled_from(["nothing", "ids", "everything"]),
        tag=strategies.sampled_from(["", '"0"']),
    )
    def ask(case: Any, right: str, tag: str) -> None:
        if right != "nothing":
            _about_what_is_there(case, scene)
        if right == "everything":
            _with_a_body_that_fits(case, name)
            tag = scene.tag(case)
        why = {} if right == "nothing" else ERRAND
        scene.answer(case, why | ({"If-Match": tag} if tag else {}))

    ask()


def _about_what_is_there(case: Any, scene: Scene) -> None:
    for values, known in ((case.path_parameters, next(scene.known)), (case.query, scene.query)):
        for name in values or ():
            values[name] = known.get(name, values[name])


def _with_a_body_that_fits(case: Any, name: str) -> None:
    operation = next(each for each in OPERATIONS if each.name == name)
    if operation.takes_list:
        case.body, case.media_type = LISTS[operation.path.rpartition("/")[2]], "text/csv"
    elif operation.body is not None:
        case.body, case.media_type = BODIES[operation.body.__name__], "application/json"


def test_the_document_names_every_operation() -> None:
    told = {item[method]["operationId"] for item in DOCUMENT["paths"].values() for method in item}
    assert told == {each.name for each in OPERATIONS}
