"""Attacks from within the desk: other people's ids, forged forms, two at once, and what was decided played again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from idp import clock
from idp.accounts import credentials
from idp.database import db
from idp.errors import Refusal
from idp.models import AuditEvent
from idp.servicedesk import actions, changes, requests
from idp.servicedesk.actions import Work
from idp.servicedesk.errands import errand
from idp.servicedesk.roles import Role, Worker
from idp.servicedesk.sensitive import Action
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk, page_of
from tests.support.house import House
from tests.support.journeys import Person, account_of, add_person

ROUNDS = 5
WHY = errand("lost", "called-back")
#: By their names here, the ids of their accounts.
COLLEAGUES: dict[str, str] = {}


@pytest.fixture
def desk(house: House, time: clock.Standing) -> Desk:
    return Desk(house, time)


@pytest.fixture
def anna(house: House) -> Person:
    for name in ("een", "twee", "drie"):
        made = add_person(house, name, relation="10000009")
        COLLEAGUES[name] = made.id
        with house.inside():
            account_of(made).desk_role = Role.MEDEWERKER.value
    return add_person(house, "anna", totp=True, phone="06 12345678")


def worker(name: str) -> Worker:
    """One of the colleagues who are there beside Anna."""
    return Worker(None, f"desk:{COLLEAGUES[name]}", Role.MEDEWERKER)


def at_once(house: House, *tries: Callable[[], Any]) -> list[bool]:
    """Run them at the same moment, each in a transaction of its own; which of them were not refused."""
    ready = Barrier(len(tries))

    def run(one: Callable[[], Any]) -> bool:
        with house.app.app_context():
            ready.wait(30)
            try:
                one()
                db.session.commit()
            except Refusal:
                db.session.rollback()
                return False
            return True

    with ThreadPoolExecutor(len(tries)) as pool:
        return [each.result(60) for each in [pool.submit(run, one) for one in tries]]


def asked(house: House, person: Person) -> str:
    """A request of the first worker to remove all methods."""
    with house.inside():
        work = Work(worker("een"), person.id, changes.version_of(person.id), WHY)
        request = actions.do(Action.RESET_METHODS, work, {}).request
        assert request is not None
        return request.id


def test_of_two_who_decide_at_once_exactly_one_wins(house: House, anna: Person) -> None:
    for _round in range(ROUNDS):
        request = asked(house, anna)
        won = at_once(
            house,
            lambda which=request: requests.agree(which, by=worker("twee")),  # type: ignore[misc]
            lambda which=request: requests.agree(which, by=worker("drie")),  # type: ignore[misc]
        )
        assert sorted(won) == [False, True]
        with house.inside():
            requests.refuse(request, by=worker("een"))


def test_what_was_agreed_to_is_done_once_even_when_two_tabs_press_at_once(
    house: House, anna: Person
) -> None:
    request = asked(house, anna)
    with house.inside():
        requests.agree(request, by=worker("twee"))
        version = changes.version_of(anna.id)
    press = lambda: actions.do_what_was_asked(request, by=worker("een"), version=version)  # noqa: E731
    assert sorted(at_once(house, press, press)) == [False, True]
    with house.inside():
        assert credentials.of_account(anna.id) == []
        removed = select(func.count()).where(
            AuditEvent.event == "method-removed", AuditEvent.account_id == anna.id
        )
        assert db.session.execute(removed).scalar_one() == 2


def test_two_passwords_given_at_once_from_one_form_are_one(house: House, anna: Person) -> None:
    with house.inside():
        version = changes.version_of(anna.id)
    given = {"item": "password", "kanaal": "telephone"}

    def give(name: str) -> Callable[[], Any]:
        work = Work(worker(name), anna.id, version, WHY)
        return lambda: actions.do(Action.SUPPLY, work, given)

    assert sorted(at_once(house, give("een"), give("twee"))) == [False, True]


def test_the_method_of_somebody_else_is_not_removed(desk: Desk, house: House, anna: Person) -> None:
    bert = add_person(house, "bert", totp=True, phone="06 87654321")
    with house.inside():
        theirs = credentials.of_account(bert.id)[0].id
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna))
    page = desk.post(browser, page_of(anna, "methode-verwijderen"), methode=theirs, **ERRAND)
    assert page.status == 422
    with house.inside():
        assert len(credentials.of_account(bert.id)) == 2


@pytest.mark.parametrize("which", ["0" * 32, "x", "%00", "a" * 500, "'--", "é"])
@pytest.mark.parametrize("room", ["accounts", "relaties", "verzoeken", "collegas"])
def test_an_id_that_is_none_is_an_unknown_page(desk: Desk, room: str, which: str) -> None:
    page = desk.colleague(Role.BEHEERDER).get(f"/servicedesk/{room}/{which}")
    assert (page.status, page.error) == (404, "not-found")


@pytest.mark.parametrize("token", ["", "van-elders"])
def test_a_forged_form_does_nothing(desk: Desk, anna: Person, token: str) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna, "blokkeren"))
    before = desk.everything_about(anna)
    for action in ("blokkeren", "startwachtwoord", "methoden-wissen", "gegevens"):
        page = browser.send(
            "POST",
            page_of(anna, action),
            headers={"Origin": browser.origin},
            csrf_token=token,
            kanaal="telephone",
            versie="1",
            **CALLED_BACK,
        )
        assert page.error == "out-of-turn"
    assert desk.everything_about(anna) == before


def test_a_form_of_another_colleague_does_not_hold(desk: Desk, anna: Person) -> None:
    boss, other = desk.colleague(Role.BEHEERDER), desk.colleague(Role.AUDITOR)
    boss.get(page_of(anna, "blokkeren"))
    other.get(page_of(anna))
    page = boss.send(
        "POST",
        page_of(anna, "blokkeren"),
        headers={"Origin": boss.origin},
        csrf_token=other.token(),
        versie="1",
        **ERRAND,
    )
    assert page.error == "out-of-turn"


@pytest.mark.parametrize(
    "fields",
    [
        {"reden": "omdat"},
        {"controle": "vertrouw mij"},
        {"ticket": "x" * 41},
        {"ticket": "<script>"},
        {"kanaal": "duif"},
        {"kanaal": ""},
    ],
    ids=str,
)
def test_words_that_are_not_on_a_list_do_nothing(
    desk: Desk, anna: Person, fields: dict[str, str]
) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna))
    given = CALLED_BACK | {"kanaal": "telephone"} | fields
    page = desk.post(browser, page_of(anna, "startwachtwoord"), **given)
    assert page.status == 422
    assert "<script>" not in page.html
    assert not desk.events("password-reset", anna.id)


def test_a_form_cannot_ask_for_another_thing_than_its_address_says(
    desk: Desk, anna: Person
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna))
    page = desk.post(
        browser,
        page_of(anna, "gebruikersnaam"),
        item="password",
        desk_role="beheerder",
        kanaal="telephone",
        **CALLED_BACK,
    )
    assert page.text("doorgeven") == "anna"
    assert not desk.events("password-reset", anna.id)
    assert desk.account(anna).desk_role is None


@pytest.mark.parametrize("text", ["nul\0", "regel\nregel", "x" * 301])
@pytest.mark.parametrize("field", ["naam", "plaats", "email", "straat"])
def test_no_text_gets_further_than_a_sentence(
    desk: Desk, anna: Person, field: str, text: str
) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna))
    page = desk.post(browser, page_of(anna, "gegevens"), **ERRAND | {field: text})
    assert page.status == 422
    assert not desk.events("account-updated", anna.id)


@pytest.mark.parametrize("query", ["aantal=999999999999", "aantal=x", "gedaan=%3Cb%3E", "aantal=²"])
def test_an_address_says_nothing_of_its_own(desk: Desk, anna: Person, query: str) -> None:
    page = desk.colleague(Role.MEDEWERKER).get(f"{page_of(anna)}?gedaan=niets&{query}")
    assert page.status == 200
    assert "<b>&" not in page.html
    assert "999999999999" not in page.html


def test_an_account_that_became_a_colleagues_meanwhile_is_left_alone(
    desk: Desk, house: House, anna: Person
) -> None:
    """Asked when it was nobody's, done when it is a colleague's: what holds is what it is now."""
    with house.inside():
        request = asked(house, anna)
        requests.agree(request, by=worker("twee"))
    with house.inside():
        account_of(anna).desk_role = "beheerder"
    with house.inside(), pytest.raises(Refusal):
        actions.do_what_was_asked(request, by=worker("een"), version=changes.version_of(anna.id))
    with house.inside():
        db.session.rollback()
        assert len(credentials.of_account(anna.id)) == 2
