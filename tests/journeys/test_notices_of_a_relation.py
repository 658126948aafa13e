"""When a whole organisation is blocked or opened again, each of its people who can be mailed hears it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select

from idp import clock, vault
from idp.accounts import directory, notices
from idp.accounts.notices import Notice
from idp.cli.deliver import sender_of
from idp.clock import Standing
from idp.database import db
from idp.models import Account, Delivery
from idp.secret_values import new_id
from tests.support.house import House
from tests.support.journeys import account_of, add_person, open_house
from tests.support.mail_server import MailServer, mail_server

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MANY = 500


@pytest.fixture
def post() -> Iterator[MailServer]:
    """The mail server of the house."""
    with mail_server() as opened:
        yield opened


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path, post: MailServer) -> House:
    """A house that mails, with four people of one organisation: two are to hear of a block."""
    house = open_house(database_url, tmp_path, **post.settings)
    people = {name: add_person(house, name) for name in ("anna", "bert", "cees", "dora")}
    with house.inside():
        for name in ("anna", "bert", "cees"):
            address = f"{name}@voorbeeld.nl"
            directory.update_account(account_of(people[name]), email=address, actor="test")
        directory.block_account(account_of(people["cees"]), actor="test")
    deliver(house, time)
    post.mails.clear()
    return house


def deliver(house: House, time: Standing) -> None:
    """What the sender of `idp serve` does in the seconds after a commit."""
    sender_of(house.app).deliver_due()
    time.move(timedelta(seconds=10))
    sender_of(house.app).deliver_due()


def relation() -> str:
    """The organisation of everybody here."""
    return db.session.scalars(select(Account.relation_id).limit(1)).one()


def told(post: MailServer) -> list[tuple[str, str]]:
    """Who got which mail since the last look."""
    found = [(to, str(mail["Subject"]).partition(": ")[2]) for to, mail in post.mails]
    post.mails.clear()
    return sorted(found)


def test_a_block_of_the_organisation_and_its_end_are_told_to_who_had_an_open_account(
    house: House, post: MailServer, time: Standing
) -> None:
    """Not to who was blocked already, and stays so when the organisation is open again."""
    for change, subject in (
        (directory.block_relation, "account geblokkeerd"),
        (directory.unblock_relation, "account weer open"),
    ):
        with house.inside():
            found = account_of_anna().relation
            change(found, actor="test")
        assert post.mails == []  # nothing goes out in the transaction
        deliver(house, time)
        assert told(post) == [("anna@voorbeeld.nl", subject), ("bert@voorbeeld.nl", subject)]


def account_of_anna() -> Account:
    """One of them."""
    return db.session.scalars(select(Account).where(Account.username_key == "anna")).one()


def test_many_people_take_one_statement_and_their_mails_are_spread_over_time(
    house: House, time: Standing
) -> None:
    with house.inside():
        whose = relation()
        db.session.execute(
            insert(Account),
            [
                {
                    "id": (row_id := new_id()),
                    "relation_id": whose,
                    "username": f"u{number}",
                    "username_key": f"u{number}",
                    "name": f"U {number}",
                    "password_hash": "x",
                    "password_scheme": "x",
                    "enrolment_level": 2,
                    "email_sealed": vault.seal("u@voorbeeld.nl", place=f"account.email:{row_id}"),
                }
                for number in range(MANY)
            ],
        )
    statements: list[str] = []
    with house.inside():
        event.listen(db.engine, "before_cursor_execute", lambda *said: statements.append(said[2]))
        notices.tell_all_of(whose, Notice.BLOCKED)
    assert len([each for each in statements if "INTO delivery" in each]) == 1
    with house.inside():
        rows = db.session.scalars(
            select(Delivery).where(Delivery.ended_at.is_(None)).order_by(Delivery.due_at)
        ).all()
        assert len({row.id for row in rows}) == len(rows) == MANY + 2
        assert all(len(row.id) == 32 and row.id == row.id.lower() for row in rows)
        assert rows[0].due_at == clock.now()
        assert rows[-1].due_at == clock.now() + (MANY + 1) * notices.EVERY
        lanes = {row.lane for row in rows}
    assert len(lanes) == notices.LANES
    with house.inside():
        notices.tell(account_of_anna().id, Notice.STOPPED)
        [other] = db.session.scalars(select(Delivery).where(Delivery.why == Notice.STOPPED)).all()
        assert other.lane not in lanes  # who is told something else does not wait behind them


@ONE
def test_a_block_that_is_rolled_back_is_told_to_nobody(
    house: House, post: MailServer, time: Standing
) -> None:
    with house.app.app_context():
        directory.block_relation(account_of_anna().relation, actor="test")
        db.session.rollback()
    deliver(house, time)
    assert told(post) == []


@ONE
def test_without_a_mail_server_nothing_waits_for_them(
    database_url: str, tmp_path: Path, time: Standing
) -> None:
    house = open_house(database_url, tmp_path)
    person = add_person(house, "anna")
    with house.inside():
        directory.update_account(account_of(person), email="anna@voorbeeld.nl", actor="test")
        directory.block_relation(account_of(person).relation, actor="test")
        assert db.session.query(Delivery).count() == 0
