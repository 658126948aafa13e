"""Who does not know the password learns nothing: one answer, one amount of work, whatever is the matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import argon2
import bcrypt
import pytest
from sqlalchemy import event

from idp.accounts import directory, passwords
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent
from tests.support.journeys import (
    NOW,
    PASSWORD,
    PHONE,
    RELATION,
    House,
    account_of,
    add_person,
    house_of_this_worker,
    issue_code,
)
from tests.support.run import Run

OTHER_RELATION = "10034567"
UNKNOWN = "99999999"

#: What is the matter → the relation and the name that somebody types, always with a wrong password.
CASES = {
    "wrong password": (RELATION, "active"),
    "wrong password, two methods": (RELATION, "two-methods"),
    "blocked account": (RELATION, "blocked"),
    "blocked relation": (OTHER_RELATION, "active"),
    "no method": (RELATION, "no-method"),
    "code waiting": (RELATION, "new"),
    "code expired": (RELATION, "expired"),
    "start password": (RELATION, "start"),
    "imported hash": (RELATION, "imported"),
    "unknown name": (RELATION, "niemand"),
    "unknown relation": (UNKNOWN, "active"),
    "no relatienummer": ("abc", "active"),
    "far too long": ("1" * 5_000, "x" * 5_000),
    "a NUL": (RELATION, "act\x00ive2"),
}


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


@pytest.fixture
def town(house: House, time: Standing, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house with somebody in every situation; what is kept for a while is there already."""
    time.moment = NOW - timedelta(days=30)
    expired = add_person(house, "expired")
    issue_code(house, expired)
    time.moment = NOW
    add_person(house, "active", totp=True)
    add_person(house, "two-methods", totp=True, phone=PHONE)
    blocked = add_person(house, "blocked", totp=True)
    add_person(house, "no-method")
    add_person(house, "new", code=True)
    add_person(house, "start", password=None, totp=True)
    imported = add_person(house, "imported", totp=True)
    elsewhere = add_person(house, "active", relation=OTHER_RELATION, totp=True)
    with house.inside():
        directory.block_account(account_of(blocked), actor="desk")
        directory.block_relation(account_of(elsewhere).relation, actor="desk")
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        passwords.take_over(account_of(imported), hashed)
    monkeypatch.setattr(passwords, "_known_schemes", {})
    monkeypatch.setattr(passwords, "_SCHEMES_KNOWN_FOR_SECONDS", 3_600)
    fail(house, "/", RELATION, "opwarmen")
    return house


def fail(
    house: House, at: str, relation: str, username: str
) -> tuple[int, list[tuple[str, str]], str]:
    """A wrong password; the answer without what differs by chance or was typed by the visitor."""
    browser = house.browser()
    browser.get(at)
    page = browser.submit(
        "volgende", relatienummer=relation, gebruikersnaam=username, wachtwoord="fout"
    )
    fields = ("relatienummer", "gebruikersnaam")
    typed = "|".join(re.escape(value) for one in fields if (value := page.value(one)))
    body = re.sub(rf'(value=")(?:{typed})"', r'\1…"', page.html)
    body = re.sub(r'(name="csrf_token" value=")[^"]+"', r'\1…"', body)
    headers = [(name, value) for name, value in page.headers if name != "Content-Length"]
    return page.status, headers, body


@pytest.mark.parametrize("at", ["/", "/2fa"])
def test_every_reason_gives_the_same_answer_byte_for_byte(town: House, at: str) -> None:
    answers = {case: fail(town, at, *typed) for case, typed in CASES.items()}
    status, headers, body = answers["wrong password"]
    assert status == 422
    assert 'data-error="login-failed"' in body
    for case, answer in answers.items():
        assert answer == (status, headers, body), case


@dataclass
class Work:
    """What one request cost: hashes, and statements in order."""

    hashes: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)


class CountedHasher:
    """Argon2 as it is, and a count of how often it was asked."""

    def __init__(self, inner: argon2.PasswordHasher, work: Work) -> None:
        self._inner = inner
        self._work = work

    def verify(self, *given: Any) -> bool:
        """Check, and count."""
        self._work.hashes.append("argon2")
        return self._inner.verify(*given)

    def hash(self, *given: Any) -> str:
        """Make, and count."""
        self._work.hashes.append("argon2 new")
        return self._inner.hash(*given)


@contextmanager
def watched(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Count the work of what happens in this block."""
    work = Work()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        work.statements.append(statement)

    def checked(attempt: bytes, known: bytes) -> bool:
        work.hashes.append("bcrypt")
        return real(attempt, known)

    real = bcrypt.checkpw
    with house.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    with monkeypatch.context() as patch:
        patch.setattr(passwords, "_hasher", CountedHasher(passwords._hasher, work))
        patch.setattr(bcrypt, "checkpw", checked)
        yield work
    event.remove(engine, "before_cursor_execute", note)


def test_every_reason_costs_the_same_hashes_and_the_same_statements(
    town: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = {}
    for case, typed in CASES.items():
        with watched(town, monkeypatch) as work[case]:
            fail(town, "/", *typed)
    expected = work["wrong password"]
    assert sorted(expected.hashes) == ["argon2", "bcrypt"]  # one of each scheme in use
    assert len(expected.statements) >= 5
    for case, done in work.items():
        assert sorted(done.hashes) == sorted(expected.hashes), case
        assert done.statements == expected.statements, case


def test_the_audit_knows_the_reason_that_the_visitor_is_not_told(town: House) -> None:
    for typed in (CASES["wrong password"], CASES["unknown name"]):
        fail(town, "/", *typed)
    with town.inside():
        rows = (
            db.session.query(AuditEvent).filter_by(event="sign-in-failed").order_by(AuditEvent.id)
        )
        kept = [(row.reason, row.account_id is not None) for row in rows][-2:]
        assert kept == [("wrong password", True), ("unknown account", False)]
        assert "fout" not in str([row.details for row in rows])


def test_waiting_is_the_same_answer_too(town: House) -> None:
    answers = {}
    for case in ("wrong password", "blocked account", "unknown name", "unknown relation"):
        for _ in range(6):
            browser = town.browser()
            browser.get("/")
            relation, username = CASES[case]
            page = browser.submit(
                "volgende", relatienummer=relation, gebruikersnaam=username, wachtwoord="fout"
            )
        reference = page.text("kenmerk")
        answers[case] = page.status, list(page.headers), page.html.replace(reference, "…")
    assert answers["wrong password"][0] == 429
    assert all(answer == answers["wrong password"] for answer in answers.values())


def test_the_sign_in_page_itself_knows_nobody(town: House) -> None:
    pages = []
    for _ in range(2):
        page = town.browser().get("/")
        pages.append(re.sub(r'(name="csrf_token" value=")[^"]+"', r'\1…"', page.html))
    assert pages[0] == pages[1]
    assert "@" not in pages[0].replace("wmoservicedesk@hetcak.nl", "")
    assert "06 ••" not in pages[0]
