"""Giving and taking an application: one account at a time, or everybody of a kind of relation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import clock
from idp.accounts import directory
from idp.database import db
from idp.models import Application, ApplicationGrant
from idp.servicedesk import access_pages, application_access
from idp.servicedesk.application_access import cursor
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import ERRAND, Desk
from tests.servicedesk.test_applications import HERE, ONE, by_hand, may_use
from tests.support.house import House, Visitor
from tests.support.journeys import Person, account_of, add_application, add_person, grant
from tests.support.pages import Page


def give(browser: Visitor, person: Person, **said: str) -> Page:
    who = {"relatienummer": person.relation, "gebruikersnaam": person.username, "gezien": ""}
    return by_hand(browser, f"{HERE}/wmo/toegang", **(who | ERRAND | said))


def day(days: int) -> str:
    return f"{(clock.now() + timedelta(days=days)).astimezone(clock.HERE):%Y-%m-%d}"


@pytest.fixture
def helper(desk: Desk, house: House) -> Visitor:
    add_application(house, "Wmo")
    return desk.colleague(Role.MEDEWERKER)


def test_what_is_given_works_at_once_with_roles_dates_and_its_reason(
    helper: Visitor, desk: Desk, house: House
) -> None:
    anna = add_person(house)
    page = give(helper, anna, rollen="inzien indienen", tot=day(3))
    assert (page.name, page.status) == ("desk-application", 200)
    assert may_use(house, anna.id, "wmo")
    [event] = desk.events("application-granted", anna.id)
    assert (event["roles"], event["errand"]["why"]) == (["inzien", "indienen"], "caller")
    desk.time.move(timedelta(days=4))
    assert not may_use(house, anna.id, "wmo")


@ONE
@pytest.mark.parametrize("written", ["31-12-2031", "2031-12-31"])
def test_a_day_is_taken_as_the_page_says_it_and_as_a_browser_sends_it(
    helper: Visitor, house: House, written: str
) -> None:
    anna = add_person(house)
    assert give(helper, anna, tot=written).name == "desk-application"
    page = helper.get(f"{HERE}/wmo/toegang?account={anna.id}")
    assert page.value("tot") == "31-12-2031"


@ONE
@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"vanaf": "2027-03-02", "tot": "2027-03-01"}, "tot"),
        ({"tot": "2020-01-01"}, "tot"),
        ({"tot": "31 december"}, "tot"),
        ({"vanaf": "2027-02-30"}, "vanaf"),
        ({"vanaf": "9999-12-31"}, "vanaf"),
        ({"rollen": "a\x00b"}, "rollen"),
        ({"gebruikersnaam": "niemand"}, "gebruikersnaam"),
        ({"relatienummer": "%"}, "gebruikersnaam"),
        ({"reden": ""}, "reden"),
    ],
)
def test_what_cannot_be_given_is_said_at_its_field(
    helper: Visitor, desk: Desk, house: House, said: dict[str, str], field: str
) -> None:
    page = give(helper, add_person(house), **said)
    assert (page.status, page.name) == (400, "desk-access")
    assert page.field_error(field)
    assert not desk.events("application-granted")


@ONE
def test_only_roles_that_the_application_has_are_given(helper: Visitor, house: House) -> None:
    with house.inside():
        db.session.get_one(Application, "wmo").roles = ["inzien"]
    anna = add_person(house)
    page = give(helper, anna, rol="inzien")
    assert page.name == "desk-application"
    helper.get(f"{HERE}/wmo/toegang?account={anna.id}")
    assert helper.page.choices("rol") == {"inzien": True}


def test_of_two_colleagues_the_second_sees_what_the_first_gave(
    helper: Visitor, desk: Desk, house: House
) -> None:
    anna = add_person(house)
    other = desk.colleague(Role.MEDEWERKER, "tweede")
    other.get(f"{HERE}/wmo/toegang?account={anna.id}")
    give(helper, anna, rollen="inzien")
    page = other.submit("volgende", rollen="indienen", **ERRAND)
    assert (page.status, page.name) == (400, "desk-access")
    assert "inzien" in page.text("nu")
    assert other.submit("volgende").name == "desk-application"
    assert len(desk.events("application-granted", anna.id)) == 2


def test_what_is_taken_ends_at_once(helper: Visitor, desk: Desk, house: House) -> None:
    anna = add_person(house)
    grant(house, anna, "wmo")
    helper.get(f"{HERE}/wmo/toegang?account={anna.id}")
    assert helper.submit("intrekken", **ERRAND).name == "desk-application"
    assert not may_use(house, anna.id, "wmo")
    [event] = desk.events("application-revoked", anna.id)
    assert event["errand"]["ticket"] == "T-1042"
    # the page of before, sent once more
    helper.get(f"{HERE}/wmo/toegang?account={anna.id}")
    assert helper.page.find("intrekken") is None


def test_the_table_shows_everybody_once_page_by_page_in_either_order(
    helper: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application_access, "PAGE", 2)
    people = [add_person(house, f"p{n}", relation=f"1002345{n % 3}") for n in range(5)]
    for each in people:
        grant(house, each, "wmo")
    for order in ("relatie", "naam"):
        seen: list[str] = []
        page = helper.get(f"{HERE}/wmo?sorteer={order}")
        while True:
            cells = list(page.at("toegang").descendants("span"))
            seen += [one.text for one in cells if one.text in {each.username for each in people}]
            if page.find("verder") is None:
                break
            page = helper.get(page.links["Volgende gebruikers"])
        assert sorted(seen) == [f"p{n}" for n in range(5)]


@ONE
@pytest.mark.parametrize("address", ["na=x", "na=W10", f"na={cursor(['a', 'b'])}", "sorteer=kleur"])
def test_a_place_in_the_table_that_nobody_made_shows_the_beginning(
    helper: Visitor, house: House, address: str
) -> None:
    grant(house, add_person(house), "wmo")
    page = helper.get(f"{HERE}/wmo?{address}")
    assert page.status == 200
    assert page.find("toegang")


def test_a_kind_of_relation_gets_an_application_once_the_number_is_confirmed(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application_access, "STEP", 2)
    add_application(house, "Wmo")
    people = [add_person(house, f"p{n}") for n in range(5)]
    had, blocked = people[0], people[1]
    grant(house, had, "wmo")
    with house.inside():
        directory.block_account(account_of(blocked), actor="test")
        directory.add_relation(number="555", name="Zorg", kind="zorgaanbieder", actor="test")
    boss = desk.colleague(Role.BEHEERDER)
    # of a gemeente too, as every relation of these tests; nobody gives themselves an application
    boss.get(f"{HERE}/wmo/toegang/soort")
    page = boss.submit("volgende", soort="gemeente", rollen="inzien", **ERRAND)
    assert "Dit geeft 3 gebruikers toegang" in page.text("telling")
    assert not desk.events("application-granted", people[2].id)
    page = boss.submit("geven")
    assert (page.name, page.status) == ("desk-application", 200)
    assert [may_use(house, each.id, "wmo") for each in people] == [True, False, True, True, True]
    assert not may_use(house, desk.colleagues["beheerder"].id, "wmo")
    assert len(desk.events("application-granted", had.id)) == 1
    [event] = desk.events("application-granted", people[2].id)
    assert event["errand"]["why"] == "caller"


def test_more_than_one_press_can_give_goes_on_where_it_stopped(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_pages, "AT_ONCE", 1)
    monkeypatch.setattr(application_access, "give_some", _one_by_one(application_access.give_some))
    add_application(house, "Wmo")
    people = [add_person(house, f"p{n}") for n in range(3)]
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(f"{HERE}/wmo/toegang/soort")
    boss.submit("volgende", soort="gemeente", **ERRAND)
    page = boss.submit("geven")
    assert "1 gebruikers hebben nu toegang. Er zijn er nog 2" in page.text("telling")
    boss.submit("geven")
    assert boss.submit("geven").name == "desk-application"
    assert all(may_use(house, each.id, "wmo") for each in people)


def _one_by_one(give_some):  # type: ignore[no-untyped-def]
    return lambda *args, **said: give_some(*args, **said, most=1)


def test_who_confirms_another_number_than_there_is_now_is_asked_again(
    desk: Desk, house: House
) -> None:
    add_application(house, "Wmo")
    boss = desk.colleague(Role.BEHEERDER)
    add_person(house, "bob")
    boss.get(f"{HERE}/wmo/toegang/soort")
    boss.submit("volgende", soort="gemeente", **ERRAND)
    anna = add_person(house)
    page = boss.submit("geven")
    assert "Er is intussen iets veranderd" in page.text("telling")
    assert not may_use(house, anna.id, "wmo")


def test_a_kind_that_does_not_exist_gets_nothing(desk: Desk, house: House) -> None:
    add_application(house, "Wmo")
    boss = desk.colleague(Role.BEHEERDER)
    page = by_hand(boss, f"{HERE}/wmo/toegang/soort", soort="planeet", **ERRAND)
    assert page.field_error("soort")
    with house.inside():
        assert db.session.query(ApplicationGrant).count() == 0
