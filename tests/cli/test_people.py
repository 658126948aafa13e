"""Relations, accounts, activation codes, applications: what an operator does with them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import argon2
import bcrypt
import pytest

from idp import clock
from idp.accounts import activation_codes, directory, grants, passwords, sessions
from idp.assurance import password_proof
from tests.cli.operator import Operator

Named = tuple[str, str]


def start_password(said: str) -> str:
    found = re.search(r"shown this once: (\S+)", said)
    assert found is not None, said
    return found[1]


def accepts(operator: Operator, named: Named, password: str) -> bool:
    with operator.at_work():
        account = directory.find_account(*named)
        return passwords.verify(account.password_hash, account.password_scheme, password)


def open_a_session(operator: Operator, named: Named) -> None:
    with operator.at_work(keep=True):
        account = directory.find_account(*named)
        sessions.open_session(
            account.id, [password_proof(clock.now())], device="toets", reference="0000-0000"
        )


def shown(operator: Operator, named: Named) -> dict[str, object]:
    whole: dict[str, object] = operator.types("account", "show", *named, "--json").json
    return whole


def test_a_relation_is_found_however_its_number_is_typed(operator: Operator) -> None:
    operator.types("relation", "add", "0010.023 456", "Gemeente Voorbeeld", "--kind", "gemeente")
    assert [
        each["relatienummer"] for each in operator.types("relation", "list", "--json").json
    ] == ["10023456"]
    assert "10023456" in operator.types("relation", "block", "10023456").out
    assert operator.types("relation", "list", "--kind", "zorgaanbieder", "--json").json == []


def test_a_start_password_works_and_is_shown_once(operator: Operator) -> None:
    operator.types("relation", "add", "10023456", "Gemeente Voorbeeld", "--kind", "gemeente")
    said = operator.types("account", "add", "10023456", "n.jansen", "--name", "Noor Jansen").out
    start = start_password(said)
    assert accepts(operator, ("10023456", "n.jansen"), start)
    whole = operator.types("account", "show", "10023456", "N.Jansen").out
    assert start not in whole
    assert shown(operator, ("10023456", "n.jansen"))["start_password"] is True


def test_the_first_administrator_of_the_desk_has_a_role(operator: Operator) -> None:
    operator.types("relation", "add", "1", "Eigen", "--kind", "eigen")
    operator.types(
        "account", "add", "1", "desk", "--name", "Daan", "--role", "beheerder", "--level", "hoog"
    )
    [row] = operator.types("account", "list", "--json").json
    assert (row["desk_role"], row["level"]) == ("beheerder", "hoog")


def test_a_role_at_the_desk_is_changed_and_taken_away_at_the_line(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    assert "no role at" in operator.is_refused("account", "role", *jansen, "directeur")
    assert "already" in operator.is_refused("account", "role", *jansen, "none")
    for role in ("auditor", "beheerder", "none"):
        operator.types("account", "role", *jansen, role)
        shown = operator.types("account", "list", "--json").json[0]["desk_role"]
        assert shown == (None if role == "none" else role)
    assert [row["event"] for row in operator.types("audit", "tail", "--json").json].count(
        "desk-role-changed"
    ) == 3


def test_an_account_gets_the_level_of_the_settings_when_none_is_named(operator: Operator) -> None:
    operator.environment["IDP_ENROLMENT_LEVEL"] = "laag"
    operator.types("relation", "add", "1", "Eigen", "--kind", "eigen")
    operator.types("account", "add", "1", "desk", "--name", "Daan")
    assert shown(operator, ("1", "desk"))["level"] == "laag"


@pytest.mark.parametrize("whom", ["account", "relation"])
def test_blocking_ends_sessions_at_once(operator: Operator, jansen: Named, whom: str) -> None:
    open_a_session(operator, jansen)
    named = jansen if whom == "account" else jansen[:1]
    assert "sessions ended: 1" in operator.types(whom, "block", *named).out
    assert shown(operator, jansen)["sessions"] == 0
    operator.is_refused(whom, "block", *named)
    operator.types(whom, "unblock", *named)
    assert operator.last_event()["event"] == f"{whom}-unblocked"


def test_a_reset_password_replaces_the_old_one_and_ends_sessions(
    operator: Operator, jansen: Named
) -> None:
    first = start_password(operator.types("account", "reset-password", *jansen).out)
    open_a_session(operator, jansen)
    second = start_password(operator.types("account", "reset-password", *jansen).out)
    assert not accepts(operator, jansen, first)
    assert accepts(operator, jansen, second)
    assert shown(operator, jansen)["sessions"] == 0


def test_a_new_activation_code_voids_the_one_before(operator: Operator, jansen: Named) -> None:
    said = operator.types("activation-code", "issue", *jansen).out
    assert "counts no more" not in said
    first = start_password(said)
    said = operator.types("activation-code", "issue", *jansen, "--channel", "desk").out
    assert "The code that was issued before it counts no more." in said
    second = start_password(said)
    listed = operator.types("activation-code", "list", *jansen, "--json")
    assert [each["standing"] for each in listed.json] == ["live", "revoked"]
    assert first not in listed.out
    assert second not in listed.out
    with operator.at_work():
        account = directory.find_account(*jansen)
        outcome = activation_codes.redeem(account, first, browser="b" * 64, reference="0000-0000")
        assert isinstance(outcome, activation_codes.Refused)
        outcome = activation_codes.redeem(
            account, second.lower(), browser="b" * 64, reference="0000-0000"
        )
        assert isinstance(outcome, activation_codes.Accepted)


def test_a_code_that_replaces_methods_says_so(operator: Operator, jansen: Named) -> None:
    assert (
        "are removed"
        in operator.types("activation-code", "issue", *jansen, "--replace-methods").out
    )
    [code] = operator.types("activation-code", "list", *jansen, "--json").json
    assert code["replaces_methods"] is True


def test_a_revoked_code_opens_nothing(operator: Operator, jansen: Named) -> None:
    operator.types("activation-code", "issue", *jansen)
    operator.types("activation-code", "revoke", *jansen)
    [code] = operator.types("activation-code", "list", *jansen, "--json").json
    assert code["standing"] == "revoked"


def test_a_grant_holds_from_its_first_day_to_the_end_of_its_last(
    operator: Operator, jansen: Named
) -> None:
    operator.types(
        "application", "add", "app", "Applicatie", "--address", "https://app.voorbeeld.nl/inloggen"
    )
    said = operator.types(
        "application", "grant", *jansen, "app", "--role", "indienen", "--role", "inzien",
        "--from", "2027-03-28", "--until", "2027-03-28",
    ).out  # fmt: skip
    assert "as indienen, inzien, from 2027-03-28, up to and including 2027-03-28" in said

    def may_use_at(moment: datetime) -> bool:
        with operator.at_work(), clock.standing_at(moment):
            return grants.may_use(directory.find_account(*jansen).id, "app")

    begin = datetime(2027, 3, 28, tzinfo=clock.HERE)  # a day of 23 hours
    end = datetime(2027, 3, 29, tzinfo=clock.HERE)
    second = timedelta(seconds=1)
    assert [may_use_at(each) for each in (begin - second, begin, end - second, end)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_revoked_grant_is_gone(operator: Operator, jansen: Named) -> None:
    operator.types(
        "application", "add", "app", "Applicatie", "--address", "https://app.voorbeeld.nl/inloggen"
    )
    operator.types("application", "grant", *jansen, "app")
    assert shown(operator, jansen)["applications"] == [{"id": "app", "roles": []}]
    operator.types("application", "revoke", *jansen, "app")
    assert shown(operator, jansen)["applications"] == []
    operator.is_refused("application", "revoke", *jansen, "app")


def test_applications_stand_in_the_portals_order(operator: Operator) -> None:
    for name, more in (("b", ()), ("a", ()), ("eerst", ("--position", "0"))):
        operator.types(
            "application", "add", name, name, "--address", f"https://{name}.voorbeeld.nl/", *more
        )
    assert [each["id"] for each in operator.types("application", "list", "--json").json] == [
        "eerst",
        "b",
        "a",
    ]


HEADER = "relatienummer,gebruikersnaam,naam,email,niveau,wachtwoordhash\n"


def import_file(operator: Operator, text: str) -> str:
    file = operator.folder / "mensen.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_an_import_takes_over_hashes_of_three_kinds(operator: Operator, jansen: Named) -> None:
    hashes = {
        "b": bcrypt.hashpw(b"oud wachtwoord", bcrypt.gensalt(4)).decode(),
        "p": "pbkdf2_sha256$1000$zout$" + _django(b"oud wachtwoord", b"zout"),
        "a": argon2.PasswordHasher(1, 8, 1).hash("oud wachtwoord"),
    }
    lines = "".join(
        f'10023456,{name},Naam {name},,,"{hashed}"\n' for name, hashed in hashes.items()
    )
    said = operator.types("account", "import", import_file(operator, HEADER + lines)).out
    assert said == "Added 3 accounts.\n"
    for name in hashes:
        assert accepts(operator, (jansen[0], name), "oud wachtwoord")
        assert not accepts(operator, (jansen[0], name), "oud Wachtwoord")


def _django(password: bytes, salt: bytes) -> str:
    import base64
    import hashlib

    return base64.b64encode(hashlib.pbkdf2_hmac("sha256", password, salt, 1000, 32)).decode()


def test_an_import_gives_start_passwords_to_those_without_a_hash(
    operator: Operator, jansen: Named
) -> None:
    file = import_file(operator, HEADER + "10023456,nieuw,Nieuw,n@voorbeeld.nl,laag,\n")
    answer = operator.types("account", "import", file, "--json").json
    [made] = answer["start_passwords"]
    assert accepts(operator, (jansen[0], "nieuw"), made["startwachtwoord"])
    whole = shown(operator, (jansen[0], "nieuw"))
    assert (whole["level"], whole["email"]) == ("laag", "n@voorbeeld.nl")


def test_an_import_is_all_or_nothing_and_reports_every_wrong_line(
    operator: Operator, jansen: Named
) -> None:
    text = HEADER + (
        "10023456,goed,Goed,,,\n"
        "404,jan,Onbekende relatie,,,\n"
        "10023456,N.Jansen,Bestaat al,,,\n"
        "10023456,GOED,Dubbel in dit bestand,,,\n"
        "10023456,x,Vreemde hash,,,$5$abc\n"
        "10023456,y,Vreemd niveau,,midden,\n"
        "10023456,z,,,,\n"
    )
    before = operator.everything()
    for more in ((), ("--dry-run",)):
        answer = operator.tries("account", "import", import_file(operator, text), *more)
        assert answer.code == 2
        assert answer.out == ""
        assert re.findall(r"line (\d+):", answer.err) == ["3", "4", "5", "6", "7", "8"]
        assert (
            answer.err.splitlines()[-1]
            == "idp: mensen.csv: 6 lines cannot be used; nothing changed"
        )
        assert operator.everything() == before


def test_a_dry_run_changes_nothing(operator: Operator, jansen: Named) -> None:
    before = operator.everything()
    said = operator.types(
        "account", "import", import_file(operator, HEADER + "10023456,goed,Goed,,,\n"), "--dry-run"
    ).out
    assert said == "Dry run: 1 account can be added; nothing changed.\n"
    assert operator.everything() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gebruikersnaam,relatienummer\n",
        HEADER + "10023456,te,weinig\n",
        HEADER + '10023456,"open,Naam,,,\n',
    ],
    ids=["empty", "another header", "too few fields", "an open quote"],
)
def test_a_file_that_is_no_list_of_people_is_refused(
    operator: Operator, jansen: Named, text: str
) -> None:
    operator.is_refused("account", "import", import_file(operator, text))


def test_a_file_that_is_no_text_is_refused(operator: Operator) -> None:
    file = operator.folder / "mensen.csv"
    file.write_bytes(b"\xff\xfe\x00")
    operator.is_refused("account", "import", str(file))


def test_relations_are_imported_from_what_a_spreadsheet_saves(operator: Operator) -> None:
    file = import_file(
        operator,
        "\ufeffrelatienummer;naam;soort\r\n0001;Een;gemeente\r\n2;Twee; zorgaanbieder \r\n\r\n",
    )
    assert operator.types("relation", "import", file).out == "Added 2 relations.\n"
    rows = operator.types("relation", "list", "--json").json
    assert [(each["relatienummer"], each["kind"]) for each in rows] == [
        ("1", "gemeente"),
        ("2", "zorgaanbieder"),
    ]
    assert "line 2" in operator.tries("relation", "import", file).err


def test_an_application_is_at_laag_substantieel_or_phr(operator: Operator) -> None:
    address = ("--address", "https://app.voorbeeld.nl/inloggen")
    for level in ("laag", "substantieel", "phr"):
        said = operator.types("application", "add", level, level, *address, "--level", level).out
        assert f"level {level}." in said
    listed = operator.types("application", "list", "--json").json
    assert {each["id"]: each["level"] for each in listed} == {
        level: level for level in ("laag", "substantieel", "phr")
    }
    wrong = ("application", "add", "hoger", "Hoger", *address, "--level")
    assert "cannot be reached" in operator.is_refused(*wrong, "hoog")
    assert "laag, substantieel, phr, hoog" in operator.is_refused(*wrong, "high")


def test_a_client_has_the_level_of_its_application_or_more(operator: Operator) -> None:
    operator.types(
        "application", "add", "app", "App", "--address", "https://app.voorbeeld.nl/", "--level", "laag"
    )  # fmt: skip
    made = ("client", "add", "App", "--id", "app-1", "--profile", "basic", "--application", "app")
    operator.types(*made, "--redirect-uri", "https://app.voorbeeld.nl/terug")
    shown_level = lambda: operator.types("client", "show", "app-1", "--json").json["level"]  # noqa: E731
    assert shown_level() == "laag"
    operator.types("client", "update", "app-1", "--level", "phr")
    assert shown_level() == "phr"
    assert "hoog cannot be reached here" in operator.is_refused(
        "client", "update", "app-1", "--level", "hoog"
    )


def test_an_operator_says_of_an_address_that_it_is_the_person_s_own(operator: Operator) -> None:
    operator.types("relation", "add", "10023456", "Gemeente Voorbeeld", "--kind", "gemeente")
    anna = ("10023456", "anna")
    mailed = ("--email", "anna@voorbeeld.nl")
    operator.types("account", "add", *anna, "--name", "Anna", *mailed)
    assert shown(operator, anna)["email_confirmed_at"] is None
    operator.types("account", "update", *anna, "--email-confirmed")
    assert shown(operator, anna)["email_confirmed_at"] is not None
    operator.types("account", "update", *anna, *mailed)  # the same one stays confirmed
    assert shown(operator, anna)["email_confirmed_at"] is not None
    operator.types("account", "update", *anna, "--email", "ander@voorbeeld.nl")
    assert shown(operator, anna)["email_confirmed_at"] is None
    operator.types("account", "update", *anna, "--email", "")
    assert "no mail address" in operator.is_refused("account", "update", *anna, "--email-confirmed")
    operator.types(
        *("account", "add", "10023456", "ben", "--name", "Ben"),
        *("--email", "ben@voorbeeld.nl", "--email-confirmed"),
    )
    assert shown(operator, ("10023456", "ben"))["email_confirmed_at"] is not None


@pytest.mark.parametrize("confirmed", [True, False])
def test_the_addresses_of_an_import_count_as_confirmed_when_the_operator_says_so(
    operator: Operator, confirmed: bool
) -> None:
    operator.types("relation", "add", "10023456", "Gemeente Voorbeeld", "--kind", "gemeente")
    file = import_file(operator, HEADER + "10023456,anna,Anna,anna@voorbeeld.nl,,\n")
    operator.types("account", "import", file, *(["--emails-confirmed"] if confirmed else []))
    known = shown(operator, ("10023456", "anna"))["email_confirmed_at"]
    assert (known is not None) is confirmed
