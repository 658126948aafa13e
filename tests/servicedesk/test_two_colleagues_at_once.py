"""Two colleagues at one account: the second sees what changed, nothing is lost, and their choices stay."""

from __future__ import annotations

import pytest

from idp.servicedesk.roles import Role
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk, page_of
from tests.support.house import House
from tests.support.journeys import Person, add_person


@pytest.fixture
def anna(house: House) -> Person:
    return add_person(house, "anna", totp=True)


def test_the_second_sees_what_the_first_did_and_loses_nothing(desk: Desk, anna: Person) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    first.get(page_of(anna, "gegevens"))
    second.get(page_of(anna, "gegevens"))
    first.submit("volgende", naam="Anna de Wit", **ERRAND)
    page = second.submit("volgende", plaats="Elders", **ERRAND | {"ticket": "T-2000"})
    assert page.status == 409
    assert "De gegevens van de persoon zijn gewijzigd" in page.text("gewijzigd")
    assert "Medewerker" in page.text("gewijzigd")
    assert (page.value("plaats"), page.value("ticket")) == ("Elders", "T-2000")
    assert 'value="caller" selected' in page.html
    assert desk.account(anna).name == "Anna de Wit"
    page = second.submit("volgende", naam="Anna de Wit")
    assert page.name == "desk-account"
    assert desk.account(anna).name == "Anna de Wit"
    assert "Elders" in page.html


@pytest.mark.parametrize("action", ["blokkeren", "uitloggen", "methoden-wissen", "startwachtwoord"])
def test_no_action_is_done_from_an_old_form(desk: Desk, anna: Person, action: str) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.MEDEWERKER, "tweede")
    second.get(page_of(anna, action))
    first.get(page_of(anna, "gegevens"))
    first.submit("volgende", naam="Anna de Wit", **ERRAND)
    before = desk.everything_about(anna)
    fields = {"kanaal": "telephone"} if action == "startwachtwoord" else {}
    assert second.submit("volgende", **fields, **CALLED_BACK).status == 409
    assert desk.everything_about(anna) == before


@pytest.mark.parametrize("version", ["", "0", "-1", "99999999999999999999999", "x", "²"])
def test_a_form_that_does_not_say_from_when_it_is_does_nothing(
    desk: Desk, anna: Person, version: str
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "blokkeren"))
    page = desk.post(browser, page_of(anna, "blokkeren"), versie=version, **ERRAND)
    assert page.status == 409
    assert desk.account(anna).blocked_at is None


def test_a_sign_in_or_a_look_in_between_makes_no_form_old(
    desk: Desk, house: House, anna: Person
) -> None:
    browser, other = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.AUDITOR)
    browser.get(page_of(anna, "blokkeren"))
    other.get(page_of(anna))
    assert browser.submit("volgende", **ERRAND).name == "desk-account"
    assert desk.account(anna).blocked_at is not None


def test_a_form_from_before_signing_out_does_nothing(desk: Desk, anna: Person) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "blokkeren"))
    token = browser.token()
    browser.submit("uitloggen")
    headers = {"Origin": browser.origin, "Sec-Fetch-Site": "same-origin"}
    page = browser.send(
        "POST", page_of(anna, "blokkeren"), headers=headers, csrf_token=token, versie="1", **ERRAND
    )
    assert page.error == "session-expired"
    desk.sign_in_again(browser, desk.colleagues["medewerker"])
    page = browser.send(
        "POST", page_of(anna, "blokkeren"), headers=headers, csrf_token=token, versie="1", **ERRAND
    )
    assert page.error == "out-of-turn"
    assert desk.account(anna).blocked_at is None
