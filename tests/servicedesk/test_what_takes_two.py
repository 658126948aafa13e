"""What could open an account to somebody else takes a second colleague, or a wait in which the person can object."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp import clock
from idp.accounts import credentials, directory
from idp.database import db
from idp.models import Delivery
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk, page_of
from tests.support.house import House, Visitor, house_of_this_worker
from tests.support.journeys import Person, account_of, add_person
from tests.support.pages import Page
from tests.support.run import Run


@pytest.fixture
def anna(house: House) -> Person:
    anna = add_person(house, "anna", totp=True)
    _mail(house, anna, "anna@gemeente.example")
    return anna


def _mail(house: House, person: Person, address: str) -> None:
    with house.inside():
        directory.update_account(account_of(person), email=address, actor="test")


def _old(desk: Desk) -> None:
    """What happened so far lies more than fourteen days back."""
    desk.time.move(timedelta(days=15))


def ask_to_reset(browser: Visitor, person: Person) -> str:
    """Ask for the removal of all methods; the address of the request."""
    form = browser.get(page_of(person, "methoden-wissen"))
    assert "kan niet alleen" in form.text("niet-alleen")
    page = browser.submit("volgende", **ERRAND | {"reden": "lost"})
    assert "kan niet alleen" in page.html
    return page.links["Alle methoden wissen: Anna"]


def methods_of(house: House, person: Person) -> int:
    with house.inside():
        return len(credentials.of_account(person.id))


def test_all_methods_go_only_when_a_second_colleague_agreed_and_only_once(
    desk: Desk, house: House, anna: Person
) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    request = ask_to_reset(first, anna)
    assert methods_of(house, anna) == 1
    assert first.get(request).find("instemmen") is None
    assert second.get(request).find("uitvoeren") is None
    assert "Kan nu" in second.submit("instemmen").html
    assert methods_of(house, anna) == 1
    first.get(request)
    page = first.submit("uitvoeren")
    assert "De methoden zijn gewist" in page.html
    assert methods_of(house, anna) == 0
    assert "Uitgevoerd" in first.get(request).html
    assert [each["actor"] for each in desk.events("help-agreed")] != [
        each["actor"] for each in desk.events("help-asked")
    ]


def _own(desk: Desk, first: Visitor, _second: Visitor, request: str) -> Page:
    first.get(request)
    return desk.post(first, f"{request}/instemmen")


def _undecided(desk: Desk, first: Visitor, _second: Visitor, request: str) -> Page:
    first.get(request)
    return desk.post(first, f"{request}/uitvoeren")


def _by_the_second(desk: Desk, _first: Visitor, second: Visitor, request: str) -> Page:
    second.get(request)
    second.submit("instemmen")
    return desk.post(second, f"{request}/uitvoeren")


def _refused(desk: Desk, first: Visitor, second: Visitor, request: str) -> Page:
    second.get(request)
    second.submit("weigeren")
    first.get(request)
    return desk.post(first, f"{request}/uitvoeren")


def _refused_then_agreed(desk: Desk, _first: Visitor, second: Visitor, request: str) -> Page:
    second.get(request)
    second.submit("weigeren")
    return desk.post(second, f"{request}/instemmen")


def _expired(desk: Desk, first: Visitor, second: Visitor, request: str) -> Page:
    second.get(request)
    second.submit("instemmen")
    first.get(request)
    return _after(desk, first, request, timedelta(days=8))


def _after(desk: Desk, first: Visitor, request: str, later: timedelta) -> Page:
    person = desk.colleagues["medewerker"]
    desk.time.move(later)
    desk.sign_in_again(first, person)
    first.get(request)
    return desk.post(first, f"{request}/uitvoeren")


def _twice(desk: Desk, first: Visitor, second: Visitor, request: str) -> Page:
    second.get(request)
    second.submit("instemmen")
    first.get(request)
    first.submit("weigeren")
    return desk.post(first, f"{request}/uitvoeren")


WAYS_AROUND = [_own, _undecided, _by_the_second, _refused, _refused_then_agreed, _expired, _twice]


@pytest.mark.parametrize("way", WAYS_AROUND, ids=lambda way: way.__name__.strip("_"))
def test_no_way_leads_around_the_second_colleague(
    desk: Desk,
    house: House,
    anna: Person,
    way: Callable[[Desk, Visitor, Visitor, str], Page],
) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    page = way(desk, first, second, ask_to_reset(first, anna))
    assert page.status == 422
    assert methods_of(house, anna) == 1


def test_a_request_that_was_done_is_not_done_again(desk: Desk, house: House, anna: Person) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    request = ask_to_reset(first, anna)
    second.get(request)
    second.submit("instemmen")
    first.get(request)
    first.submit("uitvoeren")
    first.get(request)
    assert desk.post(first, f"{request}/uitvoeren").status == 422
    assert len(desk.events("method-removed", anna.id)) == 1


def test_the_same_is_asked_once_at_a_time(desk: Desk, anna: Person) -> None:
    first = desk.colleague(Role.MEDEWERKER)
    ask_to_reset(first, anna)
    first.get(page_of(anna, "methoden-wissen"))
    page = first.submit("volgende", **ERRAND)
    assert page.status == 422
    assert "al gevraagd" in page.html


def test_unblocking_after_suspected_fraud_takes_two_and_after_another_block_one(
    desk: Desk, house: House, anna: Person
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    for reason, blocked in (("left", False), ("fraud", True)):
        browser.get(page_of(anna, "blokkeren"))
        browser.submit("volgende", **ERRAND | {"reden": reason})
        browser.get(page_of(anna, "deblokkeren"))
        browser.submit("volgende", **ERRAND | {"reden": "fraud-over"})
        assert (desk.account(anna).blocked_at is not None) is blocked


@pytest.mark.parametrize(
    ("changed", "channel", "item"),
    [
        ({"further": {"locality": "Elders"}}, "letter", "activatiecode"),
        ({"email": "elders@gemeente.example"}, "mail", "activatiecode"),
        ({"email": "elders@gemeente.example"}, "telephone", "startwachtwoord"),
    ],
)
def test_a_code_or_password_after_a_new_address_takes_two(
    desk: Desk, house: House, anna: Person, changed: dict[str, object], channel: str, item: str
) -> None:
    desk.has_an_address(anna)
    _old(desk)
    with house.inside():
        directory.update_account(account_of(anna), actor="test", **changed)  # type: ignore[arg-type]
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna, item))
    page = browser.submit("volgende", kanaal=channel, **CALLED_BACK)
    assert "kan niet alleen" in page.html
    assert not desk.events("activation-code-issued", anna.id)
    assert not desk.events("letter-asked", anna.id)
    assert not desk.events("password-reset", anna.id)


def test_fourteen_days_after_a_new_address_one_colleague_is_enough(
    desk: Desk, anna: Person
) -> None:
    desk.has_an_address(anna)
    _old(desk)
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna, "activatiecode"))
    assert "brief" in browser.submit("volgende", kanaal="letter", **ERRAND).html
    assert desk.events("letter-asked", anna.id)


def test_another_postal_address_while_a_letter_is_asked_for_takes_two(
    desk: Desk, house: House, anna: Person
) -> None:
    desk.has_an_address(anna)
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "activatiecode"))
    browser.submit("volgende", kanaal="letter", **ERRAND)
    browser.get(page_of(anna, "gegevens"))
    page = browser.submit("volgende", straat="Elders 1", **ERRAND)
    assert "kan niet alleen" in page.html
    assert not [
        each for each in desk.events("account-updated", anna.id) if "desk:" in each["actor"]
    ]


def test_another_mail_address_soon_after_a_new_password_takes_two(
    desk: Desk, house: House, anna: Person
) -> None:
    _old(desk)
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "startwachtwoord"))
    assert browser.submit("volgende", kanaal="telephone", **CALLED_BACK).name == "desk-supplied"
    browser.get(page_of(anna, "gegevens"))
    page = browser.submit("volgende", email="elders@gemeente.example", **ERRAND)
    assert "kan niet alleen" in page.html
    with house.inside():
        assert directory.email_of(account_of(anna)) == "anna@gemeente.example"
    request = page.links["Gegevens wijzigen: Anna"]
    second = desk.colleague(Role.MEDEWERKER, "tweede")
    assert "elders@gemeente.example" in second.get(request).html
    second.submit("instemmen")
    browser.get(request)
    browser.submit("uitvoeren")
    with house.inside():
        assert directory.email_of(account_of(anna)) == "elders@gemeente.example"


def test_another_address_voids_what_was_agreed_about_the_one_before(
    desk: Desk, house: House, anna: Person
) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    desk.has_an_address(anna)
    with house.inside():
        directory.update_account(account_of(anna), further={"locality": "Elders"}, actor="test")
    first.get(page_of(anna, "activatiecode"))
    request = first.submit("volgende", kanaal="letter", **ERRAND).links[
        "Wachtwoord of activatiecode geven: Anna"
    ]
    second.get(request)
    second.submit("instemmen")
    first.get(page_of(anna, "gegevens"))
    first.submit("volgende", plaats="Nog verder weg", **ERRAND)
    assert desk.post(first, f"{request}/uitvoeren").status == 422
    assert not desk.events("activation-code-issued", anna.id)


def test_what_changed_after_a_colleague_looked_is_shown_before_agreeing(
    desk: Desk, house: House, anna: Person
) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    request = ask_to_reset(first, anna)
    second.get(request)
    with house.inside():
        directory.block_account(account_of(anna), actor="operator:test")
    page = second.submit("instemmen")
    assert page.status == 409
    assert "geblokkeerd" in page.text("gewijzigd")
    assert not desk.events("help-agreed")


def test_a_colleague_about_a_colleague_takes_a_beheerder_and_nobody_helps_themselves(
    desk: Desk, house: House
) -> None:
    member = desk.colleague(Role.MEDEWERKER)
    boss = desk.colleague(Role.BEHEERDER, "baas")
    person = desk.colleagues["baas"]
    page = member.get(page_of(person))
    assert "dat doet een beheerder" in page.text("alleen-kijken")
    assert desk.post(member, page_of(person, "blokkeren"), **ERRAND).status == 422
    own = boss.get(page_of(person))
    assert "uw eigen account" in own.text("alleen-kijken")
    assert desk.post(boss, page_of(person, "uitloggen"), **ERRAND).status == 422
    other = desk.colleagues["medewerker"]
    boss.get(page_of(other, "startwachtwoord"))
    assert "kan niet alleen" in boss.submit("volgende", kanaal="telephone", **CALLED_BACK).html
    assert not desk.events("password-reset")


def test_a_password_that_takes_two_is_shown_to_who_asked_and_to_nobody_else(
    desk: Desk, house: House, anna: Person
) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    first.get(page_of(anna, "startwachtwoord"))
    request = first.submit("volgende", kanaal="telephone", **CALLED_BACK).links[
        "Wachtwoord of activatiecode geven: Anna"
    ]
    second.get(request)
    agreed = second.submit("instemmen")
    first.get(request)
    page = first.submit("uitvoeren")
    assert page.name == "desk-supplied"
    assert page.text("doorgeven") not in agreed.html


@pytest.fixture
def waiting_house(time: clock.Standing, database_url: str, run: Run) -> House:
    return house_of_this_worker(
        database_url,
        run,
        desk_sensitive="wait",
        desk_wait_hours=24,
        smtp_host="localhost",
        smtp_from="a@b.example",
    )


def known_for_long(desk: Desk) -> Person:
    """Somebody whose mail address we have had for more than fourteen days."""
    anna = add_person(desk.house, "anna", totp=True)
    _mail(desk.house, anna, "anna@gemeente.example")
    _old(desk)
    return anna


@pytest.mark.parametrize("address", [None, "net.gewijzigd@gemeente.example"])
def test_where_nobody_would_object_waiting_is_not_enough(
    waiting_house: House, time: clock.Standing, address: str | None
) -> None:
    desk, house = Desk(waiting_house, time), waiting_house
    anna = add_person(house, "anna", totp=True)
    if address:
        _mail(house, anna, address)
    browser = desk.colleague(Role.MEDEWERKER)
    request = ask_to_reset(browser, anna)
    assert "Wacht op een collega" in browser.get(request).html
    assert _after(desk, browser, request, timedelta(hours=25)).status == 422
    assert methods_of(house, anna) == 1


def test_with_a_waiting_time_it_is_done_after_it_and_not_before(
    waiting_house: House, time: clock.Standing
) -> None:
    desk, house = Desk(waiting_house, time), waiting_house
    anna = known_for_long(desk)
    browser = desk.colleague(Role.MEDEWERKER)
    request = ask_to_reset(browser, anna)
    assert "Wachttijd loopt" in browser.get(request).html
    with house.inside():
        told = db.session.scalars(select(Delivery.why).where(Delivery.account_id == anna.id)).all()
    assert "help-asked" in told
    assert desk.post(browser, f"{request}/uitvoeren").status == 422
    assert _after(desk, browser, request, timedelta(hours=24)).left_for is None
    assert methods_of(house, anna) == 0


def test_while_it_waits_any_colleague_can_stop_it(
    waiting_house: House, time: clock.Standing
) -> None:
    desk, house = Desk(waiting_house, time), waiting_house
    anna = known_for_long(desk)
    browser, other = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.BEHEERDER)
    request = ask_to_reset(browser, anna)
    other.get(request)
    assert "Tegengehouden" in other.submit("weigeren").html
    assert _after(desk, browser, request, timedelta(hours=25)).status == 422
    assert methods_of(house, anna) == 1
