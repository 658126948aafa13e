"""What asks attention today, what a reference code tells, and who has which role."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import clock
from idp.accounts import directory
from idp.audit import Event, record
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import BODY, ERRAND, Desk, page_of
from tests.support.house import House, Visitor, house_of_this_worker
from tests.support.journeys import Person, account_of, add_person, identify, issue_code
from tests.support.run import Run


@pytest.fixture
def anna(house: House) -> Person:
    return add_person(house, "anna", code=True)


@pytest.mark.parametrize(
    ("days", "heading"),
    [(13, None), (14, "niet-begonnen"), (17, "niet-begonnen"), (18, "verlopen-bijna"), (22, None)],
)
def test_a_code_that_waits_is_told_of_on_day_fourteen_and_when_it_expires(
    desk: Desk, anna: Person, days: int, heading: str | None
) -> None:
    desk.time.move(timedelta(days=days, minutes=-5))
    page = desk.colleague(Role.MEDEWERKER).get("/servicedesk/")
    desk.time.move(timedelta(minutes=5))
    page = desk.colleague(Role.MEDEWERKER, "tweede").get("/servicedesk/verzoeken")
    told = [each for each in ("niet-begonnen", "verlopen-bijna") if page.find(each)]
    assert told == ([heading] if heading else [])
    assert ("Anna" in page.links) == bool(heading)


def test_a_code_that_was_used_or_replaced_is_not_told_of(
    desk: Desk, house: House, anna: Person
) -> None:
    desk.time.move(timedelta(days=15))
    issue_code(house, anna)
    assert "Er wacht niets op u" in desk.colleague(Role.MEDEWERKER).get("/servicedesk/").html


@pytest.mark.parametrize(
    "event",
    [
        Event.ACCOUNT_STOPPED,
        Event.KEY_COUNTER_WENT_BACK,
        Event.MESSAGE_BUDGET_LOW,
        Event.MESSAGE_BUDGET_SPENT,
        Event.RANGE_PAUSED,
    ],
)
def test_an_alarm_stands_there_for_a_day(
    desk: Desk, house: House, anna: Person, event: Event
) -> None:
    with house.inside():
        record(event, actor="system", account_id=anna.id, succeeded=False)
    browser = desk.colleague(Role.MEDEWERKER)
    assert browser.get("/servicedesk/verzoeken").find("alarmen")
    desk.time.move(timedelta(days=1))
    desk.sign_in_again(browser, desk.colleagues["medewerker"])
    assert browser.get("/servicedesk/verzoeken").find("alarmen") is None


def test_a_reference_code_tells_what_happened_and_what_to_say(
    desk: Desk, house: House, anna: Person
) -> None:
    caller = house.browser()
    identify(caller, anna, password="verkeerd wachtwoord")
    [failed] = desk.events("sign-in-failed", anna.id)
    reference = str(failed["reference"])
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get("/servicedesk/")
    page = browser.get(f"/servicedesk/kenmerk/{reference}")
    assert "het wachtwoord klopte niet" in page.html
    assert "Niet gelukt" in page.text("resultaat")
    assert page.text("advies")
    assert any(link.endswith(anna.id) for link in page.links.values())
    [looked] = desk.events("diagnosed")
    assert (looked["of"], looked["account_id"]) == (reference, anna.id)


@pytest.mark.parametrize("typed", ["0000-0000", "x", "%25", "7F3K-2QX", "a" * 300])
def test_a_reference_code_that_is_none_is_answered_in_a_sentence(desk: Desk, typed: str) -> None:
    page = desk.colleague(Role.MEDEWERKER).get(f"/servicedesk/kenmerk/{typed}")
    assert page.status == 404


def test_a_role_is_given_told_and_taken_and_holds_at_once(desk: Desk, house: House) -> None:
    boss, other = desk.colleague(Role.BEHEERDER), desk.colleague(Role.BEHEERDER, "ander")
    new = add_person(house, "nieuw", relation=BODY, totp=True)
    request = ask_for_a_role(boss, "nieuw", "medewerker")
    assert desk.account(new).desk_role is None
    assert "Medewerker" in other.get(request).html
    other.submit("instemmen")
    boss.get(request)
    assert boss.submit("uitvoeren").name == "desk-colleagues"
    desk.colleagues["nieuw"] = new
    browser = house.browser()
    desk.sign_in_again(browser, new)
    assert browser.get("/servicedesk/").name == "desk"
    boss.get(f"/servicedesk/collegas/{new.id}")
    boss.submit("volgende", rol="geen", **ERRAND)
    assert browser.get("/servicedesk/").status == 404
    assert [each["role"] for each in desk.events("desk-role-changed", new.id)] == [
        "medewerker",
        None,
    ]


def test_who_gives_a_role_reads_whether_there_is_somebody_to_agree(
    desk: Desk, house: House
) -> None:
    boss, one = desk.colleague(Role.BEHEERDER), add_person(house, "een", relation=BODY, totp=True)
    form = f"/servicedesk/collegas/{one.id}"
    assert "er is nu geen tweede beheerder" in boss.get(form).html
    desk.colleague(Role.MEDEWERKER)
    assert "er is nu geen tweede beheerder" in boss.get(form).html
    desk.colleague(Role.BEHEERDER, "ander")
    assert "er is nu geen tweede beheerder" not in boss.get(form).html
    other = desk.colleagues["ander"]
    about_the_other = boss.get(f"/servicedesk/collegas/{other.id}").html
    assert "er is nu geen tweede beheerder" in about_the_other
    with house.inside():
        directory.block_account(account_of(other), actor="test")
    assert "er is nu geen tweede beheerder" in boss.get(form).html


def ask_for_a_role(boss: Visitor, username: str, role: str) -> str:
    """Ask for it; the address of the request."""
    boss.get("/servicedesk/collegas")
    boss.submit("volgende", gebruikersnaam=username)
    page = boss.submit("volgende", rol=role, **ERRAND)
    assert page.name == "desk-colleagues"
    assert "kan niet alleen" in page.html
    page = boss.get("/servicedesk/verzoeken")
    return next(address for text, address in page.links.items() if "rol bij de" in text)


@pytest.mark.parametrize("way", ["colleague", "wait"])
def test_who_gives_roles_cannot_make_a_second_colleague_of_their_own(
    time: clock.Standing, database_url: str, run: Run, way: str
) -> None:
    """Neither alone nor with a medewerker, nor by waiting: nobody would object."""
    house = house_of_this_worker(
        database_url, run, desk_sensitive=way, smtp_host="localhost", smtp_from="a@b.example"
    )
    desk = Desk(house, time)
    boss, helper = desk.colleague(Role.BEHEERDER), desk.colleague(Role.MEDEWERKER)
    puppet = add_person(house, "pop", relation=BODY, totp=True)
    with house.inside():
        directory.update_account(account_of(puppet), email="pop@body.example", actor="test")
    desk.time.move(timedelta(days=15))
    for browser, person in ((boss, "beheerder"), (helper, "medewerker")):
        desk.sign_in_again(browser, desk.colleagues[person])
    request = ask_for_a_role(boss, "pop", "beheerder")
    desk.time.move(timedelta(days=4))
    for browser, person in ((boss, "beheerder"), (helper, "medewerker")):
        desk.sign_in_again(browser, desk.colleagues[person])
    assert helper.get(request).find("instemmen") is None
    for browser, does in ((boss, "instemmen"), (helper, "instemmen"), (boss, "uitvoeren")):
        browser.get(request)
        assert desk.post(browser, f"{request}/{does}").status in {404, 422}
    assert desk.account(puppet).desk_role is None


def test_nobody_changes_their_own_role(desk: Desk) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    own = desk.colleagues["beheerder"]
    boss.get("/servicedesk/collegas")
    page = desk.post(boss, f"/servicedesk/collegas/{own.id}", rol="auditor", **ERRAND)
    assert (page.status, "uw eigen rol" in page.html.lower()) == (422, True)
    assert desk.account(own).desk_role == "beheerder"


def test_a_partner_gets_no_role(desk: Desk, house: House, anna: Person) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    boss.get("/servicedesk/collegas")
    page = boss.submit("volgende", relatienummer=anna.relation, gebruikersnaam="anna")
    assert page.status == 422
    page = desk.post(boss, f"/servicedesk/collegas/{anna.id}", rol="beheerder", **ERRAND)
    assert page.status == 422
    assert desk.account(anna).desk_role is None


def test_two_beheerders_who_take_each_others_role_at_once_do_not_both_win(
    desk: Desk, house: House
) -> None:
    first, second = desk.colleague(Role.BEHEERDER, "een"), desk.colleague(Role.BEHEERDER, "twee")
    one, two = desk.colleagues["een"], desk.colleagues["twee"]
    first.get(f"/servicedesk/collegas/{two.id}")
    second.get(f"/servicedesk/collegas/{one.id}")
    assert first.submit("volgende", rol="geen", **ERRAND).name == "desk-colleagues"
    assert second.submit("volgende", rol="geen", **ERRAND).status == 404
    assert desk.account(one).desk_role == "beheerder"


def test_the_log_goes_back_page_by_page(desk: Desk, house: House, anna: Person) -> None:
    with house.inside():
        for _number in range(120):
            record(Event.USERINFO_READ, account_id=anna.id)
    browser = desk.colleague(Role.AUDITOR)
    page, pages = browser.get(page_of(anna, "logboek")), 1
    while page.find("ouder"):
        page, pages = browser.click("Ouder"), pages + 1
    assert pages == 3
    assert "Het account is toegevoegd" in page.html
    for nonsense in ("x", "-1", "²", "9" * 40):
        assert browser.get(f"{page_of(anna, 'logboek')}?voor={nonsense}").status == 200
