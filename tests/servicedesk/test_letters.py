"""Activation codes by letter: readable in the print house's document only, fetched once, void when replaced."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from sqlalchemy import text

from idp import clock
from idp.accounts import activation_codes, directory
from idp.accounts.code_symbols import read
from idp.database import db
from idp.errors import WrongInput
from idp.models import Letter
from idp.servicedesk import letters, print_batches
from idp.servicedesk.letters import Standing
from tests.servicedesk.print_house import PrintHouse, code_on
from tests.support.house import NOW, House
from tests.support.journeys import Person, account_of, add_person, identify, issue_code, set_up_totp
from tests.support.run import Run


@pytest.fixture
def print_house(run: Run) -> PrintHouse:
    """Who prints and posts."""
    return PrintHouse.of(run)


@pytest.fixture
def certificate(print_house: PrintHouse, time: clock.Standing) -> x509.Certificate:
    """What we know of them."""
    return print_batches.print_certificate(print_house.certificate)


@pytest.fixture
def anna(house: House) -> Person:
    """Somebody who never activated, of an organisation whose address is known."""
    person = add_person(house, "a.jansen")
    with house.inside():
        relation = account_of(person).relation
        directory.write_address(relation, ["Postbus 12", "1234 AB Voorbeeldstad"], actor="test")
    return person


def ask(house: House, person: Person) -> None:
    with house.inside():
        letters.request_letter(account_of(person), actor="desk:x")


def make(house: House, certificate: x509.Certificate) -> str:
    """A batch of what waits; its id."""
    with house.inside():
        batch = print_batches.make_batch(certificate, actor="operator:test")
        assert batch is not None
        return batch.id


def fetch(house: House, batch_id: str) -> bytes:
    with house.inside():
        return print_batches.fetch(batch_id, actor="operator:test")


def standings(house: House, person: Person) -> list[Standing]:
    with house.inside():
        return [letter.standing for letter in letters.of_account(person.id)]


def test_a_letter_leads_to_the_portal(
    house: House, anna: Person, print_house: PrintHouse, certificate: x509.Certificate
) -> None:
    """Asked for, made, fetched, opened by the print house with OpenSSL, read, typed in, signed in."""
    ask(house, anna)
    (page,) = print_house.opens(fetch(house, make(house, certificate)))
    assert anna.relation in page
    assert "http://localhost:8400/2fa" in page
    assert "11 december 2026" in page
    assert "088 - 711 4888" in page
    assert "t.a.v. A.Jansen" in page
    assert "Postbus 12" in page
    assert anna.username not in page
    assert anna.password not in page
    browser = house.browser()
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    browser.submit("volgende", activatiecode=code_on(page))
    browser.submit("volgende", methode=["totp"])
    _secret, page_after = set_up_totp(browser)
    assert page_after.name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"


def test_the_code_is_nowhere_but_in_the_encrypted_document(
    house: House,
    anna: Person,
    print_house: PrintHouse,
    certificate: x509.Certificate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ask(house, anna)
    batch_id = make(house, certificate)
    sealed = fetch(house, batch_id)
    code = code_on(print_house.opens(sealed)[0])
    symbols = read(code)
    assert symbols is not None
    with house.inside():
        tables = [
            str(row[0])
            for row in db.session.execute(
                text(
                    "SELECT name FROM sqlite_master WHERE type = 'table'"
                    if db.engine.dialect.name == "sqlite"
                    else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
                )
            )
        ]
        kept = "".join(
            str(tuple(row))
            for table in tables
            for row in db.session.execute(text(f'SELECT * FROM "{table}"'))
        )
        manifest = json.dumps(letters.find_batch(batch_id).manifest)
    for form in (code, symbols):
        assert form not in kept
        assert form not in manifest
        assert form not in caplog.text
        assert form.encode() not in sealed


def test_a_batch_is_fetched_once_also_by_two_at_once(
    house: House, anna: Person, certificate: x509.Certificate
) -> None:
    ask(house, anna)
    batch_id = make(house, certificate)

    def one(_number: int) -> bool:
        try:
            return bool(fetch(house, batch_id))
        except WrongInput:
            return False

    with ThreadPoolExecutor(8) as crowd:
        assert sum(crowd.map(one, range(8))) == 1
    with house.inside():
        assert letters.find_batch(batch_id).sealed is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_other_key_opens_a_batch(
    house: House, anna: Person, certificate: x509.Certificate, run: Run
) -> None:
    ask(house, anna)
    sealed = fetch(house, make(house, certificate))
    with pytest.raises(subprocess.CalledProcessError):
        PrintHouse.of(run, "another-print-house").opens(sealed)


def test_two_batches_at_once_share_the_letters_and_double_none(
    house: House, certificate: x509.Certificate, anna: Person
) -> None:
    people = [anna, *(add_person(house, f"p{number}") for number in range(7))]
    for person in people:
        ask(house, person)

    def one(_number: int) -> int:
        with house.app.app_context():
            batch = print_batches.make_batch(certificate, actor="operator:test", most=5)
            return 0 if batch is None else batch.letters

    with ThreadPoolExecutor(2) as crowd:
        made = list(crowd.map(one, range(2)))
    with house.inside():
        left = letters.waiting()
        pages = db.session.query(Letter).filter(Letter.code_id.is_not(None)).count()
    assert sum(made) + left == len(people) == pages + left
    for person in people:
        with house.inside():
            live = [
                code for code in activation_codes.of_account(person.id) if code.revoked_at is None
            ]
        assert len(live) <= 1


def test_a_newer_letter_or_code_voids_the_one_that_waits(
    house: House, anna: Person, certificate: x509.Certificate, time: clock.Standing
) -> None:
    ask(house, anna)
    time.move(timedelta(minutes=1))
    ask(house, anna)
    assert standings(house, anna) == [Standing.WAITING, Standing.VOID]
    issue_code(house, anna)
    assert standings(house, anna) == [Standing.VOID, Standing.VOID]
    with house.inside():
        assert print_batches.make_batch(certificate, actor="operator:test") is None


def test_a_new_letter_voids_the_code_of_the_old_one(
    house: House,
    anna: Person,
    print_house: PrintHouse,
    certificate: x509.Certificate,
    time: clock.Standing,
) -> None:
    codes = []
    for _ in range(2):
        ask(house, anna)
        codes.append(code_on(print_house.opens(fetch(house, make(house, certificate)))[0]))
        time.move(timedelta(hours=1))
    browser = house.browser()
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    assert browser.submit("volgende", activatiecode=codes[0]).error == "activation-code-revoked"


def test_who_is_blocked_meanwhile_gets_no_letter(
    house: House, anna: Person, certificate: x509.Certificate
) -> None:
    ask(house, anna)
    with house.inside():
        directory.block_account(account_of(anna), actor="test")
        assert print_batches.make_batch(certificate, actor="operator:test") is None
        with pytest.raises(WrongInput):
            letters.request_letter(account_of(anna), actor="test")


def test_a_letter_that_is_voided_while_its_page_is_made_is_not_in_the_batch(
    house: House,
    anna: Person,
    certificate: x509.Certificate,
    print_house: PrintHouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bram = add_person(house, "bram")
    for person in (anna, bram):
        ask(house, person)
    true, seen = print_batches._sealed, []

    def meanwhile(pages: list[letters.Page], to: x509.Certificate) -> bytes:
        if not seen:
            issue_code(house, bram)
        seen.append(len(pages))
        return true(pages, to)

    monkeypatch.setattr(print_batches, "_sealed", meanwhile)
    pages = print_house.opens(fetch(house, make(house, certificate)))
    assert seen == [2, 1]
    assert ["A.Jansen" in page for page in pages] == [True]


def test_a_process_that_dies_half_way_leaves_letters_that_wait_again_and_no_code(
    house: House,
    anna: Person,
    certificate: x509.Certificate,
    time: clock.Standing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(house, anna)
    with monkeypatch.context() as patch:
        patch.setattr(print_batches, "_sealed", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError), house.inside():
            print_batches.make_batch(certificate, actor="operator:test")
    with house.inside():
        assert activation_codes.of_account(anna.id) == []
        assert print_batches.make_batch(certificate, actor="operator:test") is None
    time.move(print_batches.TAKEN_FOR)
    assert make(house, certificate)


def test_what_the_print_house_posted_is_written_down_once(
    house: House, anna: Person, certificate: x509.Certificate, time: clock.Standing
) -> None:
    ask(house, anna)
    batch_id = make(house, certificate)
    with house.inside(), pytest.raises(WrongInput, match="nobody fetched"):
        letters.dispatched(batch_id, at=clock.now(), actor="operator:test")
    fetch(house, batch_id)
    with house.inside():
        assert [letter.page for letter in letters.undispatched(batch_id)] == [1]
    with house.inside(), pytest.raises(WrongInput, match="not in batch"):
        letters.dispatched(batch_id, at=clock.now(), actor="operator:test", only=["x"])
    with house.inside(), pytest.raises(WrongInput, match="future"):
        letters.dispatched(batch_id, at=NOW + timedelta(days=2), actor="operator:test")
    time.move(timedelta(days=1))
    with house.inside():
        assert letters.dispatched(batch_id, at=clock.now(), actor="operator:test") == 1
        assert letters.dispatched(batch_id, at=clock.now(), actor="operator:test") == 0
    assert standings(house, anna) == [Standing.DISPATCHED]


def test_a_letter_goes_nowhere_when_no_address_is_known(house: House) -> None:
    bram = add_person(house, "bram", relation="10099999")
    with house.inside(), pytest.raises(WrongInput, match="no postal address"):
        letters.request_letter(account_of(bram), actor="test")
    with house.inside():
        directory.update_account(
            account_of(bram),
            further={
                "street_address": "Dorpsstraat 1",
                "postal_code": "1234 AB",
                "locality": "Dorp",
            },
            actor="test",
        )
        assert letters.address_of(account_of(bram))[2:] == ("Dorpsstraat 1", "1234 AB Dorp")


@pytest.mark.parametrize(
    "name",
    [
        "x" * 200,
        "Zoë\u202eesrever",
        "Ćosić-Yılmaz Wiśniewska",
        "李 小龙",
        "<b>&amp;",
        "a\u0301\u0308" * 20,
    ],
)
def test_no_name_breaks_a_page(
    house: House, anna: Person, print_house: PrintHouse, certificate: x509.Certificate, name: str
) -> None:
    with house.inside():
        account_of(anna).name = name  # as an earlier release may have kept it
    ask(house, anna)
    (page,) = print_house.opens(fetch(house, make(house, certificate)))
    assert code_on(page)
    assert "\u202e" not in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_signs_that_our_font_lacks_are_seen_to_be_missing_and_not_logged(
    house: House,
    anna: Person,
    print_house: PrintHouse,
    certificate: x509.Certificate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with house.inside():
        directory.update_account(account_of(anna), name="李 Zoe\u0308", actor="test")
    ask(house, anna)
    (page,) = print_house.opens(fetch(house, make(house, certificate)))
    assert "t.a.v. ? Zoë" in page
    assert "李" not in caplog.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("sign", ["W", "i", "Ć"])
def test_a_name_of_any_letters_ends_within_the_window(
    house: House,
    anna: Person,
    print_house: PrintHouse,
    certificate: x509.Certificate,
    sign: str,
) -> None:
    """45 times W is wider than the window; 45 times i is not half of it."""
    with house.inside():
        directory.update_account(account_of(anna), name=sign * 190, actor="test")
    ask(house, anna)
    (page,) = print_house.opens(fetch(house, make(house, certificate)))
    (line,) = [each for each in page.splitlines() if each.startswith("t.a.v.")]
    assert line.endswith("…")
    shown = line.count(sign)
    assert (shown < 30) if sign == "W" else (shown > 60) if sign == "i" else (20 < shown < 45)


@pytest.mark.parametrize("kind", ["small", "old", "text"])
def test_only_a_certificate_that_can_serve_is_taken(
    run: Run, time: clock.Standing, tmp_path: Path, kind: str
) -> None:
    file = PrintHouse.of(run).certificate
    if kind == "small":
        file = PrintHouse.of(run, "small-print-house", bits=2048).certificate
    elif kind == "old":
        time.move(timedelta(days=400))
    else:
        file = tmp_path / "certificate.pem"
        file.write_text("no certificate")
    with pytest.raises(WrongInput):
        print_batches.print_certificate(file)
