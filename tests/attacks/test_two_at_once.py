"""Two at the same moment with one code: exactly one wins, whatever the database and however the threads are scheduled.

A race is many rounds. In each, two tabs or two browsers stand ready on the page that takes the code, and press its
button together. `test_two_processes.py` runs the same races between two servers.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from threading import Barrier
from typing import Any, Final, TypeVar

import pytest
from flask import Flask
from sqlalchemy import func, select

from idp import clock, settings
from idp.accounts import activation_codes, code_symbols, credentials
from idp.assurance import Demands, password_proof
from idp.audit import Event
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import transaction
from idp.flows.cookies import BROWSER
from idp.flows.transaction import Purpose
from idp.mfa import passcode
from idp.mfa.factor import Login, Rejected
from idp.models import (
    ActivationCode,
    AuditEvent,
    Credential,
    LoginTransaction,
    Passcode,
    Session,
    ThrottleCounter,
)
from idp.secret_values import random_token
from tests.support.journeys import (
    ISSUER,
    PHONE,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    totp_code,
)

ROUNDS: Final = 20
PATIENCE: Final = 30  # seconds: a race that hangs is a failure, not a long wait
#: How the second of two is told: taken by another browser, out of turn, or no longer good.
TOLD: Final = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.GONE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
T = TypeVar("T")


@dataclass(frozen=True)
class Contestant:
    """One tab on the page that takes the code; plain values, so that another process can open it too."""

    browser: str
    address: str
    fields: dict[str, str]

    def opens(self, app: Flask) -> Visitor:
        """Open the page: the form with its token."""
        visitor = Visitor(app, ISSUER)
        visitor.plant(BROWSER, self.browser)
        visitor.get(self.address)
        return visitor

    def presses(self, visitor: Visitor) -> tuple[int, str | None]:
        """Press the button; the status and the error of the answer."""
        page = visitor.submit("volgende", follow=False, **self.fields)
        return page.status, page.error


@dataclass(frozen=True)
class Round:
    """Two contestants for one thing, and how often the house gave it away."""

    contestants: tuple[Contestant, Contestant]
    given: Callable[[], int]


def started(house: House, person: Person, **state: Any) -> tuple[str, str]:
    """A sign-in whose password was right; the browser's name and the sign-in's id."""
    name = random_token()
    with house.inside():
        login = transaction.start(
            browser=settings.current().secret.digest("browser", name),
            **{"purpose": Purpose.SIGN_IN} | state,
            demands=Demands(),
            return_to="/mijn/applicaties",
            account_id=person.id,
            earned=(password_proof(clock.now()),),
        )
    return name, login.id


def count(house: House, model: type[Any], *where: Any) -> int:
    """How many rows there are."""
    with house.inside():
        found: int = db.session.execute(
            select(func.count()).select_from(model).where(*where)
        ).scalar_one()
    return found


# --- the four races --------------------------------------------------------------------------------------------------


def for_an_activation_code(house: House, number: int) -> Round:
    """Two browsers that both know name, password and code; the window belongs to one of them."""
    person = add_person(house, f"anna{number}", code=True)
    assert person.code is not None
    here = [started(house, person, purpose=Purpose.ACTIVATION, intro_seen=True) for _ in range(2)]
    one, other = (
        Contestant(name, f"/inloggen/{login}/activatiecode", {"activatiecode": person.code})
        for name, login in here
    )
    accepted = AuditEvent.event == Event.ACTIVATION_CODE_ACCEPTED.value
    return Round(
        (one, other), lambda: count(house, AuditEvent, AuditEvent.account_id == person.id, accepted)
    )


def for_a_passcode(house: House, number: int) -> Round:
    """Two tabs of one sign-in, with the code that was texted for it."""
    person = add_person(house, f"bram{number}", phone=f"06 123456{number:02}")
    name, login = started(house, person)
    place = f"/inloggen/{login}/stap/sms"
    with house.inside():  # every round comes from one place and texts one range of numbers
        db.session.query(ThrottleCounter).delete()
    Contestant(name, place, {}).opens(house.app).submit("volgende")
    sent = next(one for one in house.phone() if one["to"] == f"+316123456{number:02}")
    tab = Contestant(name, place, {"code": sent["code"]})
    return Round((tab, tab), lambda: count(house, Session, Session.account_id == person.id))


def for_a_totp_step(house: House, number: int) -> Round:
    """Two browsers, one of them a thief's, with what the app shows now."""
    person = add_person(house, f"carla{number}", totp=True)
    here = [started(house, person) for _ in range(2)]
    one, other = (
        Contestant(name, f"/inloggen/{login}/stap/totp", {"code": totp_code(person.totp)})
        for name, login in here
    )
    return Round((one, other), lambda: count(house, Session, Session.account_id == person.id))


def for_the_next_move(house: House, number: int) -> Round:
    """Two tabs of one sign-in that choose differently."""
    person = add_person(house, f"dirk{number}", totp=True, phone=PHONE)
    name, login = started(house, person)
    one, other = (
        Contestant(name, f"/inloggen/{login}/methode", {"methode": kind})
        for kind in ("totp", "sms")
    )

    def moves() -> int:
        with house.inside():
            return db.session.get_one(LoginTransaction, login).version - 1

    return Round((one, other), moves)


RACES: Final = {
    race.__name__: race
    for race in (for_an_activation_code, for_a_passcode, for_a_totp_step, for_the_next_move)
}


def one_won(round_: Round, answers: list[tuple[int, str | None]]) -> None:
    """One goes on, the other is told why not, and the house agrees."""
    won = [status for status, _error in answers if status == HTTPStatus.SEE_OTHER]
    told = [(status, error) for status, error in answers if status != HTTPStatus.SEE_OTHER]
    assert len(won) == 1, answers
    assert all(status in TOLD and error for status, error in told), answers
    assert round_.given() == 1


@pytest.mark.parametrize("race", RACES.values(), ids=RACES)
def test_of_two_at_once_exactly_one_wins(
    house: House, database_url: str, race: Callable[[House, int], Round]
) -> None:
    # SQLite takes its write lock when a transaction begins: there, more rounds would show the same.
    for number in range(ROUNDS if database_url.startswith("postgresql") else ROUNDS // 4):
        round_ = race(house, number)
        tabs = [(one, one.opens(house.app)) for one in round_.contestants]
        one_won(round_, at_once(*(partial(one.presses, tab) for one, tab in tabs)))


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make all calls at the same moment, each in a thread of its own; what each gave."""
    line = Barrier(len(calls), timeout=PATIENCE)

    def start(call: Callable[[], T]) -> T:
        line.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [one.result(PATIENCE) for one in [threads.submit(start, call) for call in calls]]


# --- one statement at a time: what the sign-in's own compare-and-set would hide ------------------------------------


def each_in_its_own(house: House, times: int, what: Callable[[], T]) -> list[T]:
    """Do the same in several transactions at the same moment; what each gave, once committed."""

    def apart() -> T:
        with house.app.app_context():
            given = what()
            db.session.commit()
            return given

    return at_once(*[apart] * times)


def login_of(person: Person, login_id: str) -> Login:
    """What a factor knows of a sign-in."""
    return Login(
        id=login_id,
        account_id=person.id,
        username=person.username,
        relation_number=person.relation,
        language="nl",
        reference="TEST-TEST",
    )


@pytest.mark.parametrize("purpose", ["step", "enrol"])
def test_a_passcode_is_claimed_once(house: House, purpose: str) -> None:
    bram = add_person(house, phone=PHONE)
    for number in range(ROUNDS):
        login = login_of(bram, f"{number:032x}")
        with house.inside():
            db.session.add(
                Passcode(
                    login_id=login.id,
                    purpose=purpose,
                    digest=passcode._digest(login, purpose, "123456"),
                    sent_at=clock.now(),
                    expires_at=clock.now() + passcode.LIFETIME,
                    tries_left=passcode.TRIES_PER_CODE,
                )
            )
        answers = each_in_its_own(house, 2, lambda: passcode.check(login, purpose, "123456"))  # noqa: B023
        assert sum(one is None for one in answers) == 1, answers


def test_a_try_is_taken_before_a_code_is_looked_at(house: House) -> None:
    bram = add_person(house, phone=PHONE)
    for number in range(ROUNDS // 4):
        login = login_of(bram, f"{number:032x}")
        with house.inside():
            db.session.add(
                Passcode(
                    login_id=login.id,
                    purpose="enrol",
                    digest=passcode._digest(login, "enrol", "123456"),
                    sent_at=clock.now(),
                    expires_at=clock.now() + passcode.LIFETIME,
                    tries_left=passcode.TRIES_PER_CODE,
                )
            )
        answers = each_in_its_own(house, 6, lambda: passcode.check(login, "enrol", "654321"))  # noqa: B023
        told = sorted((one.error, one.tries_left) for one in answers if isinstance(one, Rejected))
        assert told == [*[("code-attempts", 0)] * 4, ("code-invalid", 1), ("code-invalid", 2)]
        with house.inside():
            assert passcode.check(login, "enrol", "123456") == Rejected(
                "code-attempts", tries_left=0
            )


def test_a_method_is_confirmed_once(house: House) -> None:
    anna = add_person(house)
    for number in range(ROUNDS):
        with house.inside():
            new = credentials.begin(anna.id, "totp", f"{number:032x}", "JBSWY3DPEHPK3PXP").id

        def confirm() -> bool:
            found = db.session.get_one(Credential, new)  # noqa: B023
            db.session.expunge(found)
            db.session.rollback()  # both have seen it unconfirmed
            return credentials.confirm(found, replaces_kind=False)

        assert sorted(each_in_its_own(house, 2, confirm)) == [False, True]


def test_a_sign_in_that_both_have_read_is_moved_by_one(house: House) -> None:
    anna = add_person(house, totp=True)
    for _ in range(ROUNDS):
        name, login_id = started(house, anna)
        with house.inside():
            digest = settings.current().secret.digest("browser", name)
            read = transaction.load(login_id, browser=digest)

        def move() -> str:
            try:
                transaction.save(read.moved(chosen="totp"))  # noqa: B023
            except RefusedOnOurPage as refused:
                return refused.error
            return "moved"

        answers = each_in_its_own(house, 3, move)
        assert sorted(answers) == ["moved", "out-of-turn", "out-of-turn"]


def test_guesses_at_an_activation_code_cannot_outrun_its_tries(house: House) -> None:
    """Fourteen at once are ten tries and four that came too late; and the right code comes too late as well."""
    anna = add_person(house, code=True)
    assert anna.code is not None
    wrong = "0000-0000-0000" + code_symbols.check_symbol("0" * 12)

    def guess(typed: str = wrong) -> str:
        outcome = activation_codes.redeem(
            account_of(anna), typed, browser="b" * 64, reference="TEST-TEST"
        )
        assert isinstance(outcome, activation_codes.Refused)
        return outcome.trouble.value

    answers = each_in_its_own(house, 14, guess)
    assert answers.count("activation-code-invalid") == activation_codes.TRIES - 1
    assert answers.count("activation-code-attempts") == 14 - activation_codes.TRIES + 1
    assert (
        each_in_its_own(house, 2, lambda: guess(anna.code or ""))
        == ["activation-code-attempts"] * 2
    )
    assert count(house, ActivationCode, ActivationCode.tries_left == 0) == 1


def test_guesses_at_a_passcode_cannot_outrun_its_tries(house: House) -> None:
    bram = add_person(house, phone=PHONE)
    name, login_id = started(house, bram)
    place = f"/inloggen/{login_id}/stap/sms"
    Contestant(name, place, {}).opens(house.app).submit("volgende")
    right = house.newest_code()
    login = login_of(bram, login_id)
    with house.inside():
        purpose = db.session.execute(select(Passcode.purpose)).scalar_one()
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(2):
        each_in_its_own(house, 4, lambda: passcode.check(login, purpose, wrong))
    assert each_in_its_own(house, 2, lambda: passcode.check(login, purpose, right)).count(None) == 0
    assert count(house, Passcode, Passcode.tries_left == 0, Passcode.claimed_at.is_(None)) == 1
