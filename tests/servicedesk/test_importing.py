"""Importing by the thousand: line by line, all or nothing, again after a stop, and nothing hostile gets further."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from idp import clock
from idp.accounts import directory, grants, passwords, personal
from idp.assurance import Level
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Application, ApplicationGrant, AuditEvent, Relation
from idp.servicedesk import importing
from idp.servicedesk.import_files import harmless, lines_of
from idp.servicedesk.import_grants import Grants
from idp.servicedesk.import_kinds import Accounts, Relations
from idp.servicedesk.importing import Keep, Kind, Outcome, Result, Told, run
from idp.servicedesk.search import search
from tests.support.house import House
from tests.support.journeys import account_of, add_application, add_person, identify

RELATIONS = "relatienummer,naam,soort\n"
ACCOUNTS = "relatienummer,gebruikersnaam,naam,email,niveau,wachtwoordhash\n"
GRANTS = "relatienummer,gebruikersnaam,applicatie,rollen,van,tot\n"


def bring(
    house: House, folder: Path, kind: Kind, content: str | bytes, keep: Keep = Keep.LINES
) -> tuple[Outcome, list[Told]]:
    """Import a file; how it went, and what was told of each line."""
    file, told = folder / "lijst", list[Told]()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with house.app.app_context():
        lines = lines_of(file, kind.wanted, kind.further)
        outcome = run(kind, lines, actor="operator:test", keep=keep, report=told.append)
    return outcome, told


def results(told: list[Told]) -> list[tuple[int, str]]:
    return [(each.number, each.result.value) for each in told]


def count(house: House, table: type) -> int:
    with house.inside():
        return db.session.query(table).count()


@pytest.fixture
def people() -> Accounts:
    """What imports people."""
    return Accounts(Level.SUBSTANTIEEL)


def test_relations_accounts_and_grants_lead_to_somebody_who_can_be_found_and_let_in(
    house: House, tmp_path: Path, people: Accounts
) -> None:
    add_application(house, "Wmo")
    bring(house, tmp_path, Relations(), RELATIONS + "0010.000 001,Gemeente Één,gemeente\n")
    hashed = "$2b$04$abcdefghijklmnopqrstuuM3V1dX7Q3kXkQ4Q7Qe0g0y0x0w0v0u0"
    bring(
        house,
        tmp_path,
        people,
        ACCOUNTS + f"10000001,zoe,Zoë Ørsted,z@voorbeeld.nl,hoog,{hashed}\n",
    )
    outcome, _ = bring(
        house,
        tmp_path,
        Grants(),
        GRANTS + "10000001,ZOE,wmo,inzien indienen,2026-01-01,2026-12-31\n",
    )
    assert outcome.counts == {Result.ADDED: 1, Result.THERE: 0, Result.WRONG: 0}
    with house.inside():
        (found,) = search("orsted").accounts
        (granted,) = grants.of_account(found.id)
        account = directory.get(found.id)
        assert account is not None
        assert (account.level, directory.email_of(account)) == (Level.HOOG, "z@voorbeeld.nl")
        assert granted.roles == ("inzien", "indienen")
        events = [row.event for row in db.session.query(AuditEvent).order_by(AuditEvent.id)]
    assert events[-3:] == ["relation-added", "account-added", "application-granted"]


def test_an_account_without_a_hash_has_a_password_that_nobody_knows(
    house: House, tmp_path: Path, people: Accounts
) -> None:
    add_person(house, "anna")
    bring(house, tmp_path, people, ACCOUNTS + "10023456,nieuw,Nieuw,,,\n10023456,ook,Ook,,,\n")
    with house.inside():
        account = directory.find_account("10023456", "nieuw")
        assert account.password_is_temporary
        start = directory.reset_password(account, actor="desk")
        assert passwords.verify(account.password_hash, account.password_scheme, start.reveal())


@pytest.mark.parametrize("keep", list(Keep))
def test_wrong_lines_are_told_and_what_stays_is_as_asked(
    house: House, tmp_path: Path, keep: Keep
) -> None:
    text = RELATIONS + "1,Een,gemeente\nx,Geen nummer,gemeente\n2,,gemeente\n3,Drie,gemeente\n"
    outcome, told = bring(house, tmp_path, Relations(), text, keep)
    assert results(told) == [(2, "added"), (3, "wrong"), (4, "wrong"), (5, "added")]
    assert count(house, Relation) == (2 if keep is Keep.LINES else 0)
    assert count(house, AuditEvent) == count(house, Relation)
    assert outcome.kept == (keep is Keep.LINES)


def test_all_right_lines_are_kept_all(house: House, tmp_path: Path) -> None:
    outcome, _ = bring(house, tmp_path, Relations(), RELATIONS + "1,Een,gemeente\n", Keep.ALL)
    assert outcome.kept
    assert count(house, Relation) == 1


def test_a_file_that_stopped_half_way_is_run_again_and_doubles_nothing(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    text = RELATIONS + "".join(f"{number},R {number},gemeente\n" for number in range(1, 36))

    def stop(lines: int) -> None:
        if lines == 20:
            raise KeyboardInterrupt

    file = tmp_path / "lijst"
    file.write_text(text, encoding="utf-8")
    lines = lines_of(file, Relations().wanted, ("adres",))
    with house.app.app_context(), pytest.raises(KeyboardInterrupt):
        run(Relations(), lines, actor="operator:test", keep=Keep.LINES, progress=stop)
    lines.close()
    assert count(house, Relation) == 20
    outcome, _ = bring(house, tmp_path, Relations(), text)
    assert outcome.counts == {Result.ADDED: 15, Result.THERE: 20, Result.WRONG: 0}
    assert count(house, Relation) == count(house, AuditEvent) == 35


def test_a_line_that_stands_twice_counts_once(
    house: House, tmp_path: Path, people: Accounts
) -> None:
    text = RELATIONS + "1,Een,gemeente\n01,Een,gemeente\n1,Anders,gemeente\n"
    _, told = bring(house, tmp_path, Relations(), text)
    assert results(told) == [(2, "added"), (3, "there"), (4, "wrong")]
    _, told = bring(house, tmp_path, people, ACCOUNTS + "1,a,A,,,\n1,A,A,,,\n404,a,A,,,\n")
    assert results(told) == [(2, "added"), (3, "there"), (4, "wrong")]


def test_a_grant_that_is_there_otherwise_is_replaced(
    house: House, tmp_path: Path, time: clock.Standing
) -> None:
    anna = add_person(house, "anna")
    add_application(house, "Wmo")
    line = "10023456,anna,wmo,{},{},{}\n"
    for roles, begins, ends, expected in (
        ("inzien", "", "", "added"),
        ("inzien", "", "", "there"),
        ("indienen", "", "", "added"),
        ("indienen", "", "2027-01-31", "added"),
        ("indienen", "", "2026-01-31", "wrong"),
        ("indienen", "2027-02-01", "2027-01-31", "wrong"),
        ("anders", "2027-02-01", "", "wrong"),
        ("a b<c", "", "", "wrong"),
        ("", "31-12-2026", "", "wrong"),
    ):
        _, told = bring(house, tmp_path, Grants(), GRANTS + line.format(roles, begins, ends))
        assert [each.result.value for each in told] == [expected], (roles, begins, ends)
        time.move(timedelta(minutes=1))
    with house.inside():
        (granted,) = grants.of_account(anna.id)
        assert granted.roles == ("indienen",)
        in_force = db.session.query(ApplicationGrant).filter_by(revoked_at=None).one()
        assert in_force.ends_at is not None
        assert in_force.ends_at.astimezone(clock.HERE).isoformat()[:10] == "2027-02-01"
        trail = select(AuditEvent.event).where(AuditEvent.account_id == anna.id)
        events = db.session.scalars(trail.order_by(AuditEvent.id)).all()
        given, taken = "application-granted", "application-revoked"
        assert [each for each in events if each in {given, taken}] == [
            given, taken, given, taken, given,
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "told_of"),
    [
        (RELATIONS.encode() + b"1,E\xe9n,gemeente\n2,Twee,gemeente\n", [(2, "wrong"), (3, "added")]),
        (RELATIONS.encode() + b"1," + b"x" * 1_000_000 + b",g\n2,Twee,g\n", [(2, "wrong"), (3, "added")]),
        (RELATIONS.encode() + b"1,a\0b,g\n2,Twee,g\n", [(2, "wrong"), (3, "added")]),
        (RELATIONS.encode() + b"1,Een\n2,Twee,g\n", [(2, "wrong"), (3, "added")]),
        (b"\xef\xbb\xbf" + RELATIONS.replace(",", ";").encode() + b"1;Een;g\r\n\r\n", [(2, "added")]),
        (RELATIONS.encode() + b'1,"Een, of ""twee""",g\n', [(2, "added")]),
        (b'{"relatienummer":"1","naam":"Een","soort":"g"}\n[1]\n{"relatienummer":2}\n',
         [(1, "added"), (2, "wrong"), (3, "wrong")]),
        (b'[{"relatienummer":"1","naam":"Een","soort":"g"},\n {"naam":"x"}, 7]',
         [(1, "added"), (2, "wrong"), (3, "wrong")]),
    ],
    ids=["latin-1", "megabyte", "nul", "fields", "spreadsheet", "quotes", "json-lines", "json"],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_its_line_and_the_rest_is_read(
    house: House, tmp_path: Path, content: bytes, told_of: list[tuple[int, str]]
) -> None:
    _, told = bring(house, tmp_path, Relations(), content)
    assert sorted(results(told)) == told_of


@pytest.mark.parametrize(
    "content",
    [b"", b"naam,soort\n", b"relatienummer,naam,soort,geheim\n", b"relatienummer,naam,naam,soort\n",
     b"\xff\xfe\x00", b"naam\rsoort\n", b'[{"relatienummer": "1"', b"[" + b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_list_at_all_is_refused(house: House, tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WrongInput):
        bring(house, tmp_path, Relations(), content)
    assert count(house, Relation) == 0


def test_a_formula_is_kept_as_a_name_and_never_written_as_one(
    house: House, tmp_path: Path, people: Accounts
) -> None:
    add_person(house, "anna")
    link, formula = '=HYPERLINK(""http://evil.example"")', "=SOM(A1:A9)"
    lines = f'10023456,link,"{link}",,,\n10023456,formule,{formula},,,\n'
    _, told = bring(house, tmp_path, people, ACCOUNTS + lines)
    assert results(told) == [(2, "wrong"), (3, "added")], "no name brings a link into our mails"
    with house.inside():
        assert directory.find_account("10023456", "formule").name == formula
    assert [harmless(cell)[0] for cell in ("=1", "+1", "-1", "@x", "\t=", "\r=")] == ["'"] * 6
    assert harmless("gewoon") == "gewoon"


def test_on_sqlite_a_long_file_is_not_kept_in_one_transaction(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    monkeypatch.setattr(importing, "MOST_AT_ONCE_ON_SQLITE", 20)
    text = RELATIONS + "".join(f"{number},R,gemeente\n" for number in range(1, 42))
    with house.inside():
        sqlite = db.engine.dialect.name == "sqlite"
    if sqlite:
        with pytest.raises(WrongInput, match="line by line"):
            bring(house, tmp_path, Relations(), text, Keep.ALL)
        assert count(house, Relation) == 0
    outcome, _ = bring(house, tmp_path, Relations(), text, Keep.LINES if sqlite else Keep.ALL)
    assert outcome.kept
    assert count(house, Relation) == 41


def test_what_is_kept_of_a_person_is_sealed(house: House, tmp_path: Path, people: Accounts) -> None:
    add_person(house, "anna")
    header = ACCOUNTS.strip() + ",straat,postcode,plaats\n"
    bring(
        house,
        tmp_path,
        people,
        header + "10023456,b,Bram,b@voorbeeld.nl,,,Dorpsstraat 1,1234 AB,Dorp\n",
    )
    with house.inside():
        row = directory.find_account("10023456", "b")
        assert personal.unseal(row.personal_sealed, row.id)["street_address"] == "Dorpsstraat 1"
        kept = db.session.query(Account).filter_by(id=row.id).one()
        assert b"Dorpsstraat" not in (kept.personal_sealed or b"")
        assert b"voorbeeld.nl" not in (kept.email_sealed or b"")


def test_who_was_imported_signs_in_after_the_servicedesk_helped(
    house: House, tmp_path: Path, people: Accounts
) -> None:
    anna = add_person(house, "anna")
    bring(house, tmp_path, people, ACCOUNTS + "10023456,nieuw,Nieuw,,,\n")
    with house.inside():
        assert account_of(anna).relation.number == "10023456"
    browser = house.browser()
    assert identify(browser, anna, password="wat dan ook").error == "login-failed"


def test_a_batch_may_be_of_as_many_organisations_as_it_has_lines(
    house: House, tmp_path: Path, people: Accounts
) -> None:
    numbers = range(1, importing.AT_ONCE + 200)
    text = RELATIONS + "".join(f"{number},R {number},gemeente\n" for number in numbers)
    bring(house, tmp_path, Relations(), text)
    text = ACCOUNTS + "".join(f"{number},info,Info,,,\n" for number in numbers)
    outcome, _ = bring(house, tmp_path, people, text)
    assert outcome.counts[Result.ADDED] == len(numbers)
    outcome, _ = bring(house, tmp_path, people, text)
    assert outcome.counts[Result.THERE] == len(numbers)


def test_nobody_is_given_an_application_that_was_removed_or_a_role_that_it_has_not(
    house: House, tmp_path: Path
) -> None:
    add_person(house, "anna")
    for name in ("Weg", "Wmo"):
        add_application(house, name)
    with house.inside():
        db.session.get_one(Application, "weg").removed_at = clock.now()
        db.session.get_one(Application, "wmo").roles = ["inzien"]
    lines = "10023456,anna,weg,,,\n10023456,anna,wmo,indienen,,\n10023456,anna,wmo,inzien,,\n"
    _, told = bring(house, tmp_path, Grants(), GRANTS + lines)
    assert results(told) == [(2, "wrong"), (3, "wrong"), (4, "added")]
