"""A link to a new password in the wrong hands: worth nothing without the second step, and telling nobody anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyotp
import pytest
from sqlalchemy import event, select

from idp import throttle
from idp.accounts import directory, mailed_secrets
from idp.cli.deliver import sender_of
from idp.clock import Standing
from idp.database import Base, db
from idp.deliveries.queue import SENDER
from idp.mfa import seeding
from idp.models import AuditEvent, Delivery, MailedSecret, Session
from tests.attacks.key_holders import with_a_key
from tests.attacks.test_two_at_once import ROUNDS, at_once, count, each_in_its_own
from tests.support.journeys import (
    NEW_PASSWORD,
    RELATION,
    House,
    account_of,
    add_person,
    add_recovery_codes,
    open_house,
    sign_in,
    totp_code,
)
from tests.support.mail_server import MailServer, mail_server
from tests.support.mailed import (
    ADDRESS,
    a_link,
    arrived,
    ask_for_a_link,
    codes,
    links,
    with_confirmed_address,
)

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def post() -> Iterator[MailServer]:
    """The mail server of the house."""
    with mail_server() as opened:
        yield opened


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path, post: MailServer) -> House:
    """A house whose body lets people replace a forgotten password themselves, and have recovery codes."""
    return open_house(
        database_url,
        tmp_path,
        password_by_mail=True,
        recovery_codes=True,
        trusted_proxies=("127.0.0.1",),
        **post.settings,
    )


#: What is the matter → the relation and the name that somebody types.
CASES = {
    "gets a link": (RELATION, "active"),
    "address not confirmed": (RELATION, "unconfirmed"),
    "no address": (RELATION, "no-address"),
    "no method": (RELATION, "no-method"),
    "blocked account": (RELATION, "blocked"),
    "blocked relation": ("10034567", "active"),
    "unknown name": (RELATION, "niemand"),
    "unknown relation": ("99999999", "active"),
    "no relatienummer": ("abc", "active"),
    "far too long": ("1" * 5_000, "x" * 5_000),
    "a NUL": (RELATION, "act\x00ive2"),
}


@pytest.fixture
def town(house: House) -> House:
    """Somebody in every situation."""
    for name in ("active", "unconfirmed", "no-address", "no-method", "blocked"):
        person = add_person(house, name, totp=name != "no-method")
        if name != "no-address":
            with_confirmed_address(house, person)
        with house.inside():
            if name == "unconfirmed":
                account_of(person).email_confirmed_at = None
            if name == "blocked":
                directory.block_account(account_of(person), actor="test")
    elsewhere = add_person(house, "active", relation="10034567", totp=True)
    with_confirmed_address(house, elsewhere)
    with house.inside():
        directory.block_relation(account_of(elsewhere).relation, actor="test")
    return house


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """What the database is asked in this block."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_nobody_learns_by_answer_or_work_whether_there_is_such_an_account(
    town: House, post: MailServer
) -> None:
    arrived(town, post)
    answers, work, woken = {}, {}, list[bool]()
    town.app.extensions[SENDER] = SimpleNamespace(wake=lambda: woken.append(True))
    for case, (relation, name) in CASES.items():
        browser = town.browser()
        browser.get("/wachtwoord-vergeten")
        with statements(town) as work[case]:
            page = browser.submit("volgende", relatienummer=relation, gebruikersnaam=name)
        headers = [each for each in page.headers if each[0] != "Content-Length"]
        body = re.sub(r'(name="csrf_token" value=")[^"]+"', r'\1…"', page.html)
        answers[case] = page.status, headers, body
    assert answers["gets a link"][0] == 200
    assert 'data-page="forgotten-password-asked"' in answers["gets a link"][2]
    assert len(work["gets a link"]) >= 5
    for case in CASES:
        assert answers[case] == answers["gets a link"], case
        assert work[case] == work["gets a link"], case
    assert not woken, "nor by how long the next request takes: the sender comes past by itself"
    assert len(links(arrived(town, post))) == 1


def test_a_link_works_once_even_when_two_press_at_once(house: House, post: MailServer) -> None:
    for number in range(ROUNDS // 4):
        anna = with_confirmed_address(house, add_person(house, f"anna{number}", totp=True))
        link = a_link(house, post, anna)
        tabs = [house.browser() for _each in range(2)]
        for tab in tabs:
            tab.get(link)
        calls = [lambda tab=tab: tab.submit("volgende", follow=False) for tab in tabs]
        told = sorted(page.status for page in at_once(*calls))
        assert told == [HTTPStatus.SEE_OTHER, HTTPStatus.GONE]
        spent = (MailedSecret.account_id == anna.id, MailedSecret.spent_at.is_not(None))
        assert count(house, MailedSecret, *spent) == 1


def test_the_statements_that_spend_a_link_and_a_code_are_won_by_one(
    house: House, post: MailServer
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    link = a_link(house, post, anna).rpartition("=")[2]
    won = each_in_its_own(house, 3, lambda: mailed_secrets.use_link(link))
    assert sorted(map(str, won)) == sorted([anna.id, "None", "None"])
    with house.inside():
        mailed_secrets.ask_for_code(account_of(anna), reference="TEST-TEST")
    (code,) = codes(arrived(house, post))

    def confirms() -> bool:
        return mailed_secrets.confirm(account_of(anna), code, reference="TEST-TEST") is None

    assert sorted(each_in_its_own(house, 3, confirms)) == [False, False, True]


@ONE
def test_no_link_and_no_code_lies_readable_in_the_database(house: House, post: MailServer) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    ask_for_a_link(house.browser(), anna)
    with house.inside():
        mailed_secrets.ask_for_code(account_of(anna), reference="TEST-TEST")
        (waiting,) = db.session.query(Delivery).filter_by(kind=mailed_secrets.LINK)
        assert waiting.facts == {}
    mails = arrived(house, post)
    (link,), (code,) = links(mails), codes(mails)
    secret = link.rpartition("=")[2]
    with house.inside():
        for table in Base.metadata.sorted_tables:
            for row in db.session.execute(select(table)):
                assert secret not in str(row), table.name
                assert ADDRESS not in str(row), table.name
        for row in db.session.query(MailedSecret):
            assert code not in row.digest


@ONE
def test_the_link_alone_opens_nothing(house: House, post: MailServer) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    code = add_recovery_codes(house, anna)[0]
    browser = house.browser()
    browser.get(a_link(house, post, anna))
    page = browser.submit("volgende")
    assert page.name == "second-factor"
    assert page.find("herstelcode") is None
    here = page.address.partition("/stap")[0]
    assert browser.get(f"{here}/herstelcode").error == "out-of-turn"
    browser.get(here)
    for place, fields in (
        ("wachtwoord", {"nieuw_wachtwoord": NEW_PASSWORD}),
        ("herstelcode", {"herstelcode": code}),
        ("methoden", {"methode": "totp"}),
        ("ingesteld", {"actie": "afronden"}),
    ):
        page = browser.send("POST", f"{here}/{place}", csrf_token=browser.token(), **fields)
        assert page.error == "out-of-turn", place
        browser.get(here)
    assert browser.get("/mijn/beveiliging").name == "login"
    assert count(house, Session) == 0
    with house.inside():
        assert directory.find_account(anna.relation, anna.username).password_hash


@ONE
def test_even_the_whole_way_opens_no_session(house: House, post: MailServer) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    browser = house.browser()
    browser.get(a_link(house, post, anna))
    browser.submit("volgende")
    address = browser.submit("volgende", code=totp_code(anna.totp)).address
    assert browser.get("/mijn/beveiliging").name == "login"
    browser.get(address)
    browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD)
    assert count(house, Session) == 0
    token = browser.token()
    again = browser.send("POST", address, csrf_token=token, nieuw_wachtwoord="roeispaan " * 4)
    assert again.error == "out-of-turn"


@ONE
def test_who_has_a_key_needs_it_for_another_password(house: House, post: MailServer) -> None:
    anna, _key = with_a_key(house)
    secret = pyotp.random_base32(32)
    with house.inside():
        seeding.add_totp(account_of(anna), secret)
    with_confirmed_address(house, anna)
    browser = house.browser()
    browser.get(a_link(house, post, anna))
    page = browser.submit("volgende")
    assert page.address.endswith("/stap/webauthn")
    here = page.address.partition("/stap")[0]
    page = browser.send(
        "POST", f"{here}/stap/totp", csrf_token=browser.token(), code=totp_code(secret)
    )
    assert page.error == "out-of-turn"


@ONE
def test_a_stranger_who_asks_for_links_makes_only_strangers_wait(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    own = house.browser()
    sign_in(house, own, anna)
    own.get("/uitloggen")
    own.submit("uitloggen")
    for _each in range(throttle.LINKS_PER_NAME.times):
        assert ask_for_a_link(house.browser(), anna).name == "forgotten-password-asked"
    page = ask_for_a_link(house.browser(), anna)
    assert (page.status, page.error) == (429, "password-links-spent")
    assert len(links(arrived(house, post))) == throttle.LINKS_PER_NAME.times
    assert ask_for_a_link(own, anna).name == "forgotten-password-asked"
    time.move(HOUR)
    assert ask_for_a_link(house.browser(), anna).name == "forgotten-password-asked"


@ONE
@pytest.mark.parametrize("of", ["place", "relation"])
def test_no_place_and_no_relation_gets_mails_without_end(
    house: House, post: MailServer, of: str
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    many = throttle.LINKS_PER_ORIGIN if of == "place" else throttle.LINKS_PER_RELATION

    def asks(number: int, **other: str) -> str | None:
        place = "203.0.113.7" if of == "place" else f"203.0.113.{number}"
        relation = f"7{number:05}" if of == "place" else anna.relation
        browser = house.browser(headers={"X-Forwarded-For": place})
        return ask_for_a_link(browser, anna, **{"relatienummer": relation} | other).error

    for number in range(many.times):
        assert asks(number, gebruikersnaam=f"naam{number}") is None
    assert asks(many.times, relatienummer=anna.relation) == "password-links-spent"
    assert links(arrived(house, post)) == []


@ONE
def test_one_place_alone_cannot_spend_what_a_whole_relation_has(house: House) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    told = set()
    for number in range(throttle.LINKS_PER_RELATION.times + 1):
        stranger = house.browser(headers={"X-Forwarded-For": "203.0.113.7"})
        told.add(ask_for_a_link(stranger, anna, gebruikersnaam=f"naam{number}").error)
    assert told == {None, "password-links-spent"}
    elsewhere = house.browser(headers={"X-Forwarded-For": "198.51.100.20"})
    assert ask_for_a_link(elsewhere, anna).name == "forgotten-password-asked"


@ONE
def test_a_form_of_another_site_asks_for_nothing_and_uses_nothing(
    house: House, post: MailServer
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    link = a_link(house, post, anna)
    browser = house.browser()
    browser.get(link)
    secret = link.rpartition("=")[2]
    page = browser.send("POST", "/wachtwoord-vergeten/link", code=secret, csrf_token="geraden")
    assert (page.status, page.error) == (HTTPStatus.BAD_REQUEST, "out-of-turn")
    page = browser.send(
        "POST",
        "/wachtwoord-vergeten",
        relatienummer=anna.relation,
        gebruikersnaam=anna.username,
        csrf_token="geraden",
    )
    assert page.error == "out-of-turn"
    assert links(arrived(house, post)) == []
    assert browser.get(link).name == "password-link"


@ONE
@pytest.mark.parametrize("how", ["own change", "reset", "blocked", "used before"])
def test_a_link_dies_with_what_it_was_for(house: House, post: MailServer, how: str) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    first, link = a_link(house, post, anna), a_link(house, post, anna)
    with house.inside():
        if how == "reset":
            directory.reset_password(account_of(anna), actor="test")
        if how == "blocked":
            directory.block_account(account_of(anna), actor="test")
    if how == "own change":
        browser = house.browser()
        sign_in(house, browser, anna)
        browser.get("/mijn/beveiliging/wachtwoord")
        browser.submit("volgende", huidig_wachtwoord=anna.password, nieuw_wachtwoord=NEW_PASSWORD)
    if how == "used before":
        browser = house.browser()
        browser.get(first)
        browser.submit("volgende")
        browser.submit("volgende", code=totp_code(anna.totp))
        browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD)
    browser = house.browser()
    page = browser.get(link)
    if how == "blocked":
        page = browser.submit("volgende")
    assert page.error == ("account-blocked" if how == "blocked" else "password-link-over")


@ONE
def test_the_mail_of_who_was_blocked_meanwhile_is_not_sent(house: House, post: MailServer) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    ask_for_a_link(house.browser(), anna)
    with house.inside():
        directory.block_account(account_of(anna), actor="test")
    assert links(arrived(house, post)) == []
    with house.inside():
        events = [row.event for row in db.session.query(AuditEvent).filter_by(account_id=anna.id)]
    assert "password-link-not-sent" in events


@ONE
def test_a_code_for_one_address_confirms_no_other(house: House, post: MailServer) -> None:
    anna, ben = (add_person(house, name, totp=True) for name in ("anna", "ben"))
    for person in (anna, ben):
        with house.inside():
            directory.update_account(
                account_of(person), email=f"{person.username}@voorbeeld.nl", actor="test"
            )
            mailed_secrets.ask_for_code(account_of(person), reference="TEST-TEST")
    by_name = {
        to.partition("@")[0]: found
        for to, body in _delivered(house, post)
        for found in codes([body])
    }
    with house.inside():
        for person, other in ((anna, "ben"), (ben, "anna")):
            if by_name["anna"] != by_name["ben"]:
                assert mailed_secrets.confirm(
                    account_of(person), by_name[other], reference="TEST-TEST"
                )
            assert account_of(person).email_confirmed_at is None


def _delivered(house: House, post: MailServer) -> list[tuple[str, str]]:
    sender_of(house.app).deliver_due()
    return [(to, str(message.get_content())) for to, message in post.mails]
