"""No colleague gets what opens an account by themselves: not by halves, and not by a clock that went on."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

import pytest

from idp import clock
from idp.accounts import directory
from idp.audit import errand_is
from idp.servicedesk import sensitive
from idp.servicedesk.roles import Role
from idp.servicedesk.sensitive import Rule
from tests.servicedesk.scene import CALLED_BACK, Desk, page_of
from tests.support.house import NOW, House, Visitor
from tests.support.journeys import Person, account_of, add_person
from tests.support.pages import Page

AT_THE_COUNTER = CALLED_BACK | {"controle": "desk", "kanaal": "desk"}
BY_TELEPHONE = CALLED_BACK | {"kanaal": "telephone"}


@pytest.fixture
def anna(house: House, desk: Desk) -> Person:
    person = add_person(house, "anna", totp=True)
    desk.time.move(timedelta(days=30))
    return person


def supply(browser: Visitor, person: Person, what: str, **filled: str) -> Page:
    browser.get(page_of(person, what))
    return browser.submit("volgende", **filled)


@pytest.mark.parametrize("first", ["startwachtwoord", "activatiecode"])
def test_who_saw_one_of_password_and_code_sees_the_other_only_with_a_colleague(
    desk: Desk, anna: Person, first: str
) -> None:
    """Both open every account: one signs in at first set-up and adds a method of one's own."""
    second = {"startwachtwoord": "activatiecode", "activatiecode": "startwachtwoord"}[first]
    boss = desk.colleague(Role.BEHEERDER)
    assert supply(boss, anna, first, **BY_TELEPHONE).name == "desk-supplied"
    page = supply(boss, anna, second, **AT_THE_COUNTER)
    assert page.name != "desk-supplied"
    assert "kan niet alleen" in page.html
    other = desk.colleague(Role.BEHEERDER, "ander")
    assert supply(other, anna, second, **AT_THE_COUNTER).name == "desk-supplied"


def test_a_code_by_letter_is_seen_by_nobody_and_takes_no_second_colleague(
    desk: Desk, house: House, anna: Person
) -> None:
    with house.inside():
        lines = ["Postbus 12", "1234 AB Voorbeeldstad"]
        directory.write_address(account_of(anna).relation, lines, actor="test")
    boss = desk.colleague(Role.BEHEERDER)
    assert supply(boss, anna, "startwachtwoord", **BY_TELEPHONE).name == "desk-supplied"
    page = supply(boss, anna, "activatiecode", **CALLED_BACK | {"kanaal": "letter"})
    assert "kan niet alleen" not in page.html
    assert "Er gaat een brief" in page.html


def test_after_three_weeks_what_was_seen_counts_no_more(desk: Desk, anna: Person) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    supply(boss, anna, "startwachtwoord", **BY_TELEPHONE)
    desk.time.move(timedelta(days=22))
    again = desk.colleague(Role.BEHEERDER, "later")
    assert supply(again, anna, "activatiecode", **BY_TELEPHONE).name == "desk-supplied"


@pytest.fixture
def ticking(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock as in life: it never says the same twice."""
    ticks = count()

    def now() -> datetime:
        return NOW + next(ticks) * timedelta(milliseconds=3)

    monkeypatch.setattr(clock, "now", now)


def test_a_relation_blocked_for_fraud_takes_two_also_while_time_goes_on(
    house: House, ticking: None
) -> None:
    anna = add_person(house, "anna")
    with house.inside():
        relation = account_of(anna).relation
        errand_is({"why": "fraud", "check": "nobody", "ticket": None})
        directory.block_relation(relation, actor="desk:x")
        assert sensitive.relation_needs_two(relation) is Rule.FRAUD
        errand_is({"why": "left", "check": "nobody", "ticket": None})
        directory.unblock_relation(relation, actor="desk:x")
        directory.block_relation(relation, actor="desk:x")
        assert sensitive.relation_needs_two(relation) is None


@pytest.mark.parametrize("written", ["10000001", "0010000001", "10 000 001"])
def test_the_bodys_own_number_may_be_set_as_people_write_it(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    known = house.app.config["IDP"]
    changed = type(known)(**known.model_dump() | {"desk_relation": written})
    monkeypatch.setitem(house.app.config, "IDP", changed)
    assert desk.colleague(Role.BEHEERDER).get("/servicedesk/").name == "desk"
