"""What one colleague has of an account counts as long as it works: no waiting makes it the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.accounts import directory
from idp.database import db
from idp.models import Account
from idp.servicedesk.import_files import Line
from idp.servicedesk.import_kinds import Relations
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk, page_of
from tests.servicedesk.test_no_taking_over import BY_TELEPHONE, supply
from tests.servicedesk.test_what_an_agreement_is_worth import (
    AT_THE_DESK,
    agreed_to,
    carry_out,
    request_of,
)
from tests.support.house import House, Visitor
from tests.support.journeys import Person, account_of, add_person, block_and_open_again, identify
from tests.support.pages import Page

BY_LETTER = CALLED_BACK | {"kanaal": "letter"}


@pytest.fixture
def anna(house: House, desk: Desk) -> Person:
    """Somebody who has to be activated."""
    person = add_person(house, "anna")
    desk.has_an_address(person)
    desk.time.move(timedelta(days=30))
    return person


def later(desk: Desk, browser: Visitor, days: int, name: str = "beheerder") -> None:
    desk.time.move(timedelta(days=days, minutes=1))
    desk.sign_in_again(browser, desk.colleagues[name])


def takes_two(page: Page) -> bool:
    return page.name != "desk-supplied" and "kan niet alleen" in page.html


def moves(browser: Visitor, house: House, anna: Person) -> None:
    """Write down another address for Anna's organisation."""
    with house.inside():
        relation_id = account_of(anna).relation_id
    browser.get(f"/servicedesk/relaties/{relation_id}/gegevens")
    page = browser.submit("volgende", adres1="Elders 9", adres2="9999 ZZ Thuis", **ERRAND)
    assert page.name == "desk-relation"


def test_a_start_password_that_was_seen_counts_until_its_holder_replaces_it(
    desk: Desk, house: House, anna: Person
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    assert supply(boss, anna, "startwachtwoord", **BY_TELEPHONE).name == "desk-supplied"
    later(desk, boss, 40)
    assert takes_two(supply(boss, anna, "activatiecode", **BY_TELEPHONE))
    with house.inside():
        account_of(anna).password_is_temporary = False
    again = desk.colleague(Role.BEHEERDER, "ander")
    assert supply(again, anna, "activatiecode", **BY_TELEPHONE).name == "desk-supplied"


def test_who_wrote_the_address_and_saw_the_password_lets_a_colleague_send_the_letter(
    desk: Desk, house: House, anna: Person
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    moves(boss, house, anna)
    later(desk, boss, 15)
    assert supply(boss, anna, "startwachtwoord", **BY_TELEPHONE).name == "desk-supplied"
    assert takes_two(supply(boss, anna, "activatiecode", **BY_LETTER))
    other = desk.colleague(Role.BEHEERDER, "ander")
    assert "Er gaat een brief" in supply(other, anna, "activatiecode", **BY_LETTER).html


def test_who_wrote_the_address_of_a_letter_under_way_sees_no_start_password(
    desk: Desk, house: House, anna: Person
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    moves(boss, house, anna)
    later(desk, boss, 15)
    assert "Er gaat een brief" in supply(boss, anna, "activatiecode", **BY_LETTER).html
    assert takes_two(supply(boss, anna, "startwachtwoord", **BY_TELEPHONE))


BY_MAIL = CALLED_BACK | {"kanaal": "mail"}


def writes_the_mail_address(browser: Visitor, anna: Person, address: str) -> None:
    browser.get(page_of(anna, "gegevens"))
    assert browser.submit("volgende", **CALLED_BACK | {"email": address}).name == "desk-account"


def test_who_wrote_the_mail_address_counts_as_who_reads_what_a_colleague_mails_there(
    desk: Desk, anna: Person
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    other = desk.colleague(Role.BEHEERDER, "ander")
    writes_the_mail_address(boss, anna, "anna@elders.example")
    later(desk, other, 15, "ander")
    assert supply(other, anna, "activatiecode", **BY_MAIL).name == "desk-supplied"
    desk.time.move(timedelta(minutes=1))
    writes_the_mail_address(other, anna, "anna@werk.example")
    later(desk, boss, 15)
    assert takes_two(supply(boss, anna, "startwachtwoord", **BY_TELEPHONE)), "it went to theirs"
    later(desk, boss, 7)
    assert supply(boss, anna, "startwachtwoord", **BY_TELEPHONE).name == "desk-supplied"


def test_who_added_an_account_with_its_mail_address_reads_what_goes_there(
    desk: Desk, house: House, anna: Person
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    with house.inside():
        account, _start = directory.add_account(
            relation=account_of(anna).relation,
            username="piet",
            name="Piet",
            email="piet@elders.example",
            actor=f"desk:{desk.colleagues['beheerder'].id}",
        )
        piet = replace(anna, id=account.id, username="piet")
    other = desk.colleague(Role.BEHEERDER, "ander")
    assert supply(other, piet, "activatiecode", **BY_MAIL).name == "desk-supplied"
    assert takes_two(supply(boss, piet, "startwachtwoord", **BY_TELEPHONE))


def test_an_address_that_a_program_brought_with_a_relation_is_a_new_one(
    desk: Desk, house: House
) -> None:
    fields = {"relatienummer": "777", "naam": "Zorg", "soort": "zorgaanbieder"}
    with house.inside():
        line = Line(1, fields | {"adres": "Elders 9|9999 ZZ Thuis"})
        list(Relations().add([line], actor="client:programma"))
        db.session.commit()
    jo = add_person(house, "jo", relation="777")
    boss = desk.colleague(Role.BEHEERDER)
    assert takes_two(supply(boss, jo, "activatiecode", **BY_LETTER))


def _is_blocked(account: Account) -> None:
    directory.block_account(account, actor="operator:joke")


def _has_no_role(account: Account) -> None:
    account.desk_role = None


def _only_looks(account: Account) -> None:
    account.desk_role = Role.AUDITOR.value


@pytest.mark.parametrize("since", [_is_blocked, _has_no_role, _only_looks])
def test_an_agreement_ends_with_who_gave_it(
    desk: Desk, house: House, anna: Person, since: Callable[[Account], None]
) -> None:
    with house.inside():
        directory.update_account(account_of(anna), email="a@b.example", actor="operator:joke")
    first = desk.colleague(Role.MEDEWERKER, "eerste")
    request = agreed_to(desk, first, anna, "telephone")
    with house.inside():
        since(account_of(desk.colleagues["tweede"]))
    page = carry_out(first, request)
    assert (page.status, page.name) == (422, "desk-request")
    assert not desk.events("desk-supplied", anna.id)


def test_nobody_agrees_to_a_password_for_who_saw_the_code_meanwhile(
    desk: Desk, house: House, anna: Person
) -> None:
    with house.inside():
        directory.update_account(account_of(anna), email="a@b.example", actor="operator:joke")
    first = desk.colleague(Role.BEHEERDER)
    assert takes_two(supply(first, anna, "startwachtwoord", **BY_TELEPHONE))
    assert (
        supply(first, anna, "activatiecode", kanaal="desk", **AT_THE_DESK).name == "desk-supplied"
    )
    second = desk.colleague(Role.MEDEWERKER, "tweede")
    second.get(request_of(desk))
    page = second.submit("instemmen")
    assert (page.status, page.name) == (422, "desk-request")
    assert "intussen ook het andere gezien" in page.html
    assert not desk.events("help-agreed")


@pytest.mark.parametrize("whose", ["account", "relation"])
def test_a_sign_in_that_was_half_done_before_a_block_begins_anew_after_it(
    desk: Desk, house: House, whose: str
) -> None:
    jo = add_person(house, "jo", totp=True)
    browser = house.browser()
    page = identify(browser, jo)
    assert page.name == "second-factor"
    block_and_open_again(house, jo, whose)
    assert browser.get(page.address).error == "session-expired"
