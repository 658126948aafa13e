"""Blocked at the very moment of signing in: whoever comes first, nobody who is blocked has a session afterwards."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

import pytest

from idp.accounts import credentials, directory, sessions
from idp.database import db
from idp.models import Session
from tests.support.journeys import House, Person, account_of, add_person, identify, totp_code

LONG_ENOUGH: Final = 0.3  # seconds: what does not wait is done long before
PATIENCE: Final = 20


def sessions_in_force(house: House) -> int:
    with house.inside():
        return db.session.query(Session).filter(Session.ended_at.is_(None)).count()


def is_waiting(doing: Future[Any]) -> bool:
    time.sleep(LONG_ENOUGH)
    return not doing.done()


def block(person: Person) -> None:
    directory.block_account(account_of(person), actor="test")


def block_relation(person: Person) -> None:
    directory.block_relation(account_of(person).relation, actor="test")


def reset_methods(person: Person) -> None:
    credentials.remove_all(account_of(person), actor="test")


@pytest.mark.parametrize("what", [block, block_relation])
def test_a_sign_in_that_finishes_while_it_is_blocked_opens_nothing(house: House, what: Any) -> None:
    anna = add_person(house, totp=True)
    browser = house.browser()
    identify(browser, anna)
    code = totp_code(anna.totp)
    with ThreadPoolExecutor(1) as threads:
        with house.inside():
            what(anna)
            db.session.flush()
            finishing = threads.submit(browser.submit, "volgende", code=code)
            assert is_waiting(finishing), "the sign-in did not wait for the block"
        page = finishing.result(PATIENCE)
    assert page.error in {"session-expired", "account-blocked", "relation-blocked"}
    assert sessions_in_force(house) == 0


@pytest.mark.parametrize("what", [block, block_relation, reset_methods])
def test_a_block_waits_for_a_sign_in_that_is_finishing_and_ends_its_session(
    house: House, what: Any
) -> None:
    anna = add_person(house, totp=True)

    def blocks() -> None:
        with house.inside():
            what(anna)

    with ThreadPoolExecutor(1) as threads:
        with house.inside():
            assert directory.still_welcome(anna.id)
            blocking = threads.submit(blocks)
            assert is_waiting(blocking), "nothing held the account while the sign-in finished"
            sessions.open_session(anna.id, (), device="", reference="TEST-TEST")
        blocking.result(PATIENCE)
    assert sessions_in_force(house) == 0
