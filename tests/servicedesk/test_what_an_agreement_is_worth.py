"""What a colleague agrees to is done as they saw it or not at all, and nobody works at the desk for themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from idp.accounts import directory
from idp.audit import errand_is
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application, DeskRequest
from idp.servicedesk import relation_actions, requests, stewards
from idp.servicedesk.changes import Outlived
from idp.servicedesk.errands import errand
from idp.servicedesk.roles import Role, Worker
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk, page_of
from tests.servicedesk.test_applications import by_hand
from tests.support.house import House, Visitor
from tests.support.journeys import Person, account_of, add_application, add_person
from tests.support.pages import Page

AT_THE_DESK = ERRAND | {"controle": "desk"}
FRAUD = errand("fraud", "nobody")


@pytest.fixture
def anna(house: House) -> Person:
    anna = add_person(house, "anna", totp=True)
    _mail(house, anna, "een@gemeente.example")
    return anna


def _mail(house: House, person: Person, address: str) -> None:
    with house.inside():
        directory.update_account(account_of(person), email=address, actor="operator:joke")


def worker(desk: Desk, name: str, role: Role) -> Worker:
    account = desk.account(desk.colleagues[name])
    return Worker(account.id, f"desk:{account.id}", role)


def agreed_to(desk: Desk, first: Visitor, anna: Person, channel: str) -> str:
    """A start password that a second colleague agreed to; the address of the request."""
    second = desk.colleague(Role.MEDEWERKER, "tweede")
    first.get(page_of(anna, "startwachtwoord"))
    assert "kan niet alleen" in first.submit("volgende", kanaal=channel, **CALLED_BACK).html
    request = request_of(desk)
    second.get(request)
    second.submit("instemmen")
    return request


def request_of(desk: Desk) -> str:
    with desk.house.inside():
        return f"/servicedesk/verzoeken/{db.session.scalars(select(DeskRequest.id)).one()}"


def carry_out(first: Visitor, request: str) -> Page:
    first.get(request)
    return first.submit("uitvoeren")


def _address(desk: Desk, _first: Visitor, anna: Person) -> None:
    _mail(desk.house, anna, "twee@elders.example")


def _code_seen(_desk: Desk, first: Visitor, anna: Person) -> None:
    first.get(page_of(anna, "activatiecode"))
    assert first.submit("volgende", kanaal="desk", **AT_THE_DESK).name == "desk-supplied"


@pytest.mark.parametrize("change", [_address, _code_seen])
def test_what_was_agreed_is_not_done_when_the_account_changed_since(
    desk: Desk, anna: Person, change: Callable[[Desk, Visitor, Person], None]
) -> None:
    """Neither to another address, nor by who saw the activation code in the meantime; and not later either."""
    first = desk.colleague(Role.BEHEERDER)
    request = agreed_to(desk, first, anna, "mail" if change is _address else "telephone")
    change(desk, first, anna)
    page = carry_out(first, request)
    assert (page.status, page.name) == (409, "desk-request")
    assert page.find("uitvoeren") is None
    assert desk.post(first, f"{request}/uitvoeren").status == 422
    assert not desk.events("password-reset", anna.id)


def test_a_letter_that_was_agreed_to_goes_to_no_address_that_the_organisation_got_since(
    desk: Desk, house: House, anna: Person
) -> None:
    boss, second = desk.colleague(Role.BEHEERDER), desk.colleague(Role.MEDEWERKER, "tweede")
    with house.inside():
        here = f"/servicedesk/relaties/{account_of(anna).relation_id}/gegevens"
    moves = {"adres2": "1234 AB Voorbeeldstad", **ERRAND}
    boss.get(here)
    boss.submit("volgende", adres1="Dorpsstraat 1", **moves)
    boss.get(page_of(anna, "activatiecode"))
    assert "kan niet alleen" in boss.submit("volgende", kanaal="letter", **CALLED_BACK).html
    request = request_of(desk)
    second.get(request)
    second.submit("instemmen")
    boss.get(here)
    boss.submit("volgende", adres1="Elders 9", **moves)
    assert carry_out(boss, request).status == 409
    assert not desk.events("letter-asked", anna.id)


def test_what_was_agreed_is_done_when_nothing_changed(desk: Desk, anna: Person) -> None:
    first = desk.colleague(Role.BEHEERDER)
    request = agreed_to(desk, first, anna, "mail")
    assert carry_out(first, request).name == "desk-supplied"


def test_an_agreement_about_one_block_does_not_end_a_later_one(
    desk: Desk, house: House, anna: Person
) -> None:
    desk.colleague(Role.BEHEERDER, "een")
    desk.colleague(Role.MEDEWERKER, "twee")
    me, other = worker(desk, "een", Role.BEHEERDER), worker(desk, "twee", Role.MEDEWERKER)
    with house.inside():
        relation = account_of(anna).relation
        relation_actions.block(relation.id, by=me, errand=FRAUD)
        asked = relation_actions.unblock(relation.id, by=me, errand=FRAUD).request
        assert asked is not None
        requests.agree(asked.id, by=other)
        directory.unblock_relation(relation, actor="operator:joke")
        relation_actions.block(relation.id, by=me, errand=FRAUD)
        with pytest.raises(Outlived):
            relation_actions.unblock_as_asked(asked.id, by=me)
        db.session.rollback()


def test_a_block_that_says_no_reason_takes_two_to_end(
    desk: Desk, house: House, anna: Person
) -> None:
    with house.inside():
        errand_is(None)
        directory.block_account(account_of(anna), actor="operator:joke")
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "deblokkeren"))
    assert "kan niet alleen" in browser.submit("volgende", **ERRAND).html
    assert desk.account(anna).blocked_at is not None


def test_a_forged_field_is_no_part_of_what_is_asked(desk: Desk, anna: Person) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    first.get(page_of(anna, "methoden-wissen"))
    forged = {"item": "bogus", "email": "lokaas@elders.example", "rol": "beheerder"}
    desk.post(first, page_of(anna, "methoden-wissen"), **forged, **ERRAND)
    page = second.get(request_of(desk))
    assert (page.status, page.name) == (200, "desk-request")
    assert "lokaas" not in page.html


@pytest.mark.parametrize("role", [Role.MEDEWERKER, Role.BEHEERDER, Role.APPLICATIEBEHEERDER])
def test_nobody_gives_themselves_an_application(desk: Desk, house: House, role: Role) -> None:
    add_application(house, "Wmo")
    browser, me = desk.colleague(role), desk.colleagues[role.value]
    if role is Role.APPLICATIEBEHEERDER:
        with house.inside():
            stewards.add_steward(db.session.get_one(Application, "wmo"), me.id, actor="test")
    page = by_hand(
        browser, "/servicedesk/applicaties/wmo/toegang",
        relatienummer=me.relation, gebruikersnaam=me.username, gezien="", **ERRAND,
    )  # fmt: skip
    assert (page.status, page.name) == (400, "desk-access")
    assert "eigen account" in page.html
    assert not desk.events("application-granted", me.id)


def test_a_steward_sees_no_account_without_the_application_and_the_holder_sees_who_looked(
    desk: Desk, house: House, anna: Person
) -> None:
    add_application(house, "Wmo")
    browser = desk.colleague(Role.APPLICATIEBEHEERDER)
    with house.inside():
        me = desk.colleagues["applicatiebeheerder"]
        stewards.add_steward(db.session.get_one(Application, "wmo"), me.id, actor="test")
    here = f"/servicedesk/applicaties/wmo/toegang?account={anna.id}"
    assert anna.username not in browser.get(here).html
    helper = desk.colleague(Role.MEDEWERKER)
    assert "Anna" in helper.get(here).html or anna.username in helper.page.html
    assert len(desk.events("account-shown", anna.id)) == 1


def test_the_desk_does_not_lock_itself_out(desk: Desk, house: House) -> None:
    desk.colleague(Role.BEHEERDER)
    me = worker(desk, "beheerder", Role.BEHEERDER)
    with house.inside():
        relation = account_of(desk.colleagues["beheerder"]).relation
        with pytest.raises(WrongInput, match="beheer"):
            relation_actions.block(relation.id, by=me, errand=FRAUD)
        db.session.rollback()
