"""Lists that programs import: checked line by line, all or nothing or per line, twice without doubling anything."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp import clock
from idp.accounts import grants, passwords
from idp.audit import Event
from idp.database import db
from idp.models import Account, Relation
from tests.api.program import Program, program_of
from tests.protocol.relying_party import Provider
from tests.support.house import House
from tests.support.journeys import account_of, add_application, add_person

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RELATIONS = "relatienummer,naam,soort\n"
HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$aGFzaA"


def bring(
    program: Program, what: str, content: str | bytes, kind: str = "text/csv", **headers: str
) -> TestResponse:
    return program.ask("POST", f"/import/{what}", data=content, content_type=kind, headers=headers)


def count(house: House, table: type) -> int:
    with house.inside():
        return db.session.query(table).count()


def in_lines(*objects: dict[str, Any]) -> str:
    return "".join(f"{json.dumps(each)}\n" for each in objects)


def test_relations_accounts_and_grants_come_in_and_a_second_time_nothing(
    program: Program, provider: Provider
) -> None:
    add_application(provider.house, "Wmo")
    lists = (
        ("relaties", RELATIONS + "20001,Gemeente Een,gemeente\n", "text/csv"),
        (
            "accounts",
            in_lines({"relatienummer": "20001", "gebruikersnaam": "piet", "naam": "Piet"}),
            "application/jsonl",
        ),
        (
            "toegang",
            in_lines({"relatienummer": "20001", "gebruikersnaam": "piet", "applicatie": "wmo"}),
            "application/x-ndjson",
        ),
    )
    for uitkomst in ("added", "there"):
        for what, content, kind in lists:
            told = bring(program, what, content, kind).get_json()
            assert [each["uitkomst"] for each in told["regels"]] == [uitkomst], what
            assert told["bewaard"] is True
    with provider.house.inside():
        piet = db.session.query(Account).filter_by(username="piet").one()
        assert piet.password_is_temporary, "nobody knows it; a colleague gives one at the desk"
        assert grants.may_use(piet.id, "wmo")
    [event] = provider.events(Event.ACCOUNT_ADDED)
    assert event.actor == f"client:{program.client.client_id}"
    assert event.details["errand"] == {"why": "organisation", "check": "letter", "ticket": "T-77"}


def test_a_dry_run_keeps_nothing_and_one_wrong_line_keeps_the_others_out(
    program: Program, provider: Provider
) -> None:
    content = RELATIONS + "20001,Een,gemeente\nfout,Twee,gemeente\n20003,Drie,gemeente\n"
    before = count(provider.house, Relation)
    dry = bring(program, "relaties?proef=ja", content).get_json()
    whole = bring(program, "relaties", content).get_json()
    for told, is_dry in ((dry, True), (whole, False)):
        assert (told["proef"], told["bewaard"]) == (is_dry, False)
        assert (told["toegevoegd"], told["fout"]) == (2, 1)
        assert [(each["regel"], each["uitkomst"]) for each in told["regels"]] == [
            (2, "added"), (3, "wrong"), (4, "added")
        ]  # fmt: skip
        assert told["regels"][1]["waarom"]
    assert count(provider.house, Relation) == before
    assert not provider.events(Event.RELATION_ADDED)
    kept = bring(program, "relaties?per_regel=ja", content).get_json()
    assert (kept["bewaard"], count(provider.house, Relation)) == (True, before + 2)


@ONE
def test_no_list_brings_a_password(program: Program, provider: Provider) -> None:
    add_person(provider.house)
    person = {"relatienummer": "10023456", "gebruikersnaam": "piet", "naam": "Piet"}
    told = bring(
        program, "accounts", in_lines(person | {"wachtwoordhash": HASH}), "application/jsonl"
    ).get_json()
    assert (told["toegevoegd"], told["fout"]) == (0, 1)
    fields = [*person, "email", "niveau", "wachtwoordhash"]
    csv = f"{','.join(fields)}\n10023456,piet,Piet,,,{HASH}\n"
    assert bring(program, "accounts", csv).status_code == 422
    assert count(provider.house, Account) == 1
    with provider.house.inside():
        assert not db.session.query(Account).filter_by(password_hash=HASH).count()
        assert passwords.OURS


@ONE
def test_a_list_that_is_too_large_too_long_or_none_keeps_nothing(
    program: Program, provider: Provider
) -> None:
    before = count(provider.house, Relation)
    line = "".join(f"{number},Een,gemeente\n" for number in range(30_001, 35_002))
    long = bring(program, "relaties?per_regel=ja", RELATIONS + line)
    assert (long.status_code, "5000" in long.get_json()["detail"]) == (413, True)
    large = bring(program, "relaties?per_regel=ja", RELATIONS + "x" * 1_100_000)
    assert (large.status_code, "1 MiB" in large.get_json()["detail"]) == (413, True)
    for content, kind, status in (
        ("naam,soort\n", "text/csv", 422),
        (b"\xff\xfe", "text/csv", 422),
        ("", "text/csv", 422),
        (b"[{", "application/json", 422),
        (RELATIONS, "text/plain", 415),
        (RELATIONS, "multipart/form-data", 415),
    ):
        assert bring(program, "relaties", content, kind).status_code == status, content
    assert count(provider.house, Relation) == before


def test_five_thousand_lines_pass_and_other_bodies_keep_their_limit(
    program: Program, provider: Provider
) -> None:
    lines = "".join(f"{number},Naam van {number},gemeente\n" for number in range(30_000, 35_000))
    told = bring(program, "relaties", RELATIONS + lines).get_json()
    assert (told["toegevoegd"], told["bewaard"], len(told["regels"])) == (5000, True, 5000)
    big = program.ask("POST", "/relaties", json={"naam": "x" * 70_000})
    assert big.status_code == 413


def test_two_at_once_double_nothing(program: Program, provider: Provider) -> None:
    before = count(provider.house, Relation)
    content = RELATIONS + "".join(f"{n},Naam,gemeente\n" for n in range(40_000, 40_200))

    def one(_number: int) -> int:
        with clock.standing_at(clock.now()):
            return bring(program, "relaties", content).status_code

    with ThreadPoolExecutor(3) as pool:
        came = set(pool.map(one, range(3)))
    assert 200 in came
    assert came <= {200, 409}
    assert count(provider.house, Relation) == before + 200
    assert len(provider.events(Event.RELATION_ADDED)) == 200


@ONE
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/jsonl", '{"relatienummer":"40004","naam":"x\\ud800y","soort":"g"}'),
        ("application/jsonl", '{"relatienummer":"40004","naam":"a\\r\\nBcc: x@y.nl","soort":"g"}'),
        ("application/jsonl", '{"relatienummer":"40004","naam":"a\\u202eb","soort":"g"}'),
        ("application/jsonl", '{"relatienummer":"40004","naam":"a\\u001b[31m","soort":"g"}'),
        ("application/jsonl", '{"relatienummer":"40004","naam":"a","soort":"g\\ne"}'),
        ("application/jsonl", '{"relatienummer":"40004","naam":"a","naam":"b","soort":"g"}'),
        (
            "application/jsonl",
            '{"relatienummer":"40004","naam":"Zie https://x.example","soort":"g"}',
        ),
        ("application/jsonl", f'{{"relatienummer":{"9" * 5000}}}'),
        ("application/json", f'[{{"relatienummer":{"9" * 5000}}}]'),
        ("application/json", '[{"relatienummer":"40004","naam":"a","naam":"b","soort":"g"}]'),
        ("text/csv", RELATIONS + '40004,"a\nBcc: x@y.nl",g\n'),
        ("text/csv", RELATIONS + "40004,www.x.example,g\n"),
    ],
)
def test_no_list_brings_what_cannot_be_shown_or_read_two_ways(
    program: Program, provider: Provider, kind: str, content: str
) -> None:
    answer = bring(program, "relaties", content, kind)
    wrong = answer.status_code == 422 or answer.get_json()["regels"][0]["uitkomst"] == "wrong"
    assert (wrong, answer.status_code < 500) == (True, True)
    assert count(provider.house, Relation) == 0


def test_no_program_gives_a_colleague_an_application(program: Program, provider: Provider) -> None:
    application_id = add_application(provider.house, "Wmo")
    colleague = add_person(provider.house, "collega")
    other = add_person(provider.house, "anna")
    with provider.house.inside():
        account_of(colleague).desk_role = "beheerder"
    here = f"/applicaties/{application_id}/toegang/{colleague.id}"
    assert program.ask("PUT", here, json={}).status_code == 403
    assert program.ask("DELETE", here).status_code == 403
    lines = "relatienummer,gebruikersnaam,applicatie\n" + "".join(
        f"{each.relation},{each.username},{application_id}\n" for each in (colleague, other)
    )
    told = bring(program, "toegang?per_regel=ja", lines).get_json()["regels"]
    assert [each["uitkomst"] for each in told] == ["wrong", "added"]
    with provider.house.inside():
        assert not grants.may_use(colleague.id, application_id)
        assert grants.may_use(other.id, application_id)


def test_each_list_asks_its_own_scope_and_a_reason(provider: Provider) -> None:
    accounts, access = (
        program_of(provider, asks=f"beheer:{each}") for each in ("accounts", "toegang")
    )
    assert bring(accounts, "toegang", "{}", "application/jsonl").status_code == 403
    for what in ("relaties", "accounts"):
        assert bring(access, what, "{}", "application/jsonl").status_code == 403
    said = RELATIONS + "20001,Een,gemeente\n"
    assert bring(accounts, "relaties", said, Reden="").status_code == 422
    assert not provider.events(Event.RELATION_ADDED)
