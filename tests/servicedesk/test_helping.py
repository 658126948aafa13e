"""What a caller misses is supplied after a check, each thing by a way of its own, and all of it is told and kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp import throttle
from idp.accounts import directory
from idp.database import db
from idp.models import Credential, DeskSupply, Session
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk, page_of, version_on, ways_on
from tests.support.house import House
from tests.support.journeys import Person, account_of, add_person, issue_code, sign_in


@pytest.fixture
def anna(house: House) -> Person:
    return add_person(house, "anna", totp=True, phone="06 12345678")


def test_the_account_shows_kinds_and_dates_and_never_a_secret_or_a_whole_number(
    desk: Desk, house: House, anna: Person
) -> None:
    code = issue_code(house, anna)
    page = desk.colleague(Role.MEDEWERKER).get(page_of(anna))
    assert page.name == "desk-account"
    assert "Authenticator-app" in page.html
    for secret in (anna.totp or "-", code, "612345678", "12345678"):
        assert secret not in page.html
    assert desk.events("account-shown", anna.id)


def test_its_holder_sees_that_somebody_looked(desk: Desk, house: House, anna: Person) -> None:
    desk.colleague(Role.MEDEWERKER).get(page_of(anna))
    browser = house.browser()
    sign_in(house, browser, anna)
    assert "medewerker" in browser.get("/mijn/beveiliging").html.lower()


def test_a_start_password_is_shown_once_and_a_reload_makes_no_other(
    desk: Desk, house: House, anna: Person
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    form = browser.get(page_of(anna, "startwachtwoord"))
    token, version = browser.token(), version_on(form)
    page = browser.submit("volgende", kanaal="telephone", **CALLED_BACK)
    assert page.name == "desk-supplied"
    assert page.headers["Cache-Control"] == "no-store"
    shown = page.text("doorgeven")
    again = browser.send(
        "POST",
        page_of(anna, "startwachtwoord"),
        headers={"Origin": browser.origin, "Sec-Fetch-Site": "same-origin"},
        csrf_token=token,
        versie=version,
        kanaal="telephone",
        **CALLED_BACK,
    )
    assert again.status == 409
    assert shown not in again.html
    assert len(desk.events("password-reset", anna.id)) == 1
    assert sign_in(house, house.browser(), replace(anna, password=shown)).name == "set-password"


def test_two_of_the_four_never_go_by_the_same_channel(desk: Desk, anna: Person) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna, "gebruikersnaam"))
    assert browser.submit("volgende", kanaal="telephone", **CALLED_BACK).name == "desk-supplied"
    form = browser.get(page_of(anna, "startwachtwoord"))
    assert "telephone" not in ways_on(form)
    refused = desk.post(
        browser, page_of(anna, "startwachtwoord"), kanaal="telephone", **CALLED_BACK
    )
    assert refused.status == 422
    assert "Per telefoon ging in de laatste 21 dagen al de gebruikersnaam" in refused.html
    assert "aan de balie" in refused.html
    assert not desk.events("password-reset", anna.id)


def test_after_twenty_one_days_a_channel_is_free_again(
    desk: Desk, house: House, anna: Person
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "gebruikersnaam"))
    browser.submit("volgende", kanaal="telephone", **CALLED_BACK)
    with house.inside():
        for row in db.session.scalars(select(DeskSupply)):
            row.at -= timedelta(days=22)
    assert "telephone" in ways_on(browser.get(page_of(anna, "startwachtwoord")))


def test_the_same_thing_may_go_by_the_same_channel_again(desk: Desk, anna: Person) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    for _time in range(2):
        browser.get(page_of(anna, "relatienummer"))
        assert browser.submit("volgende", kanaal="telephone", **CALLED_BACK).name == "desk-supplied"


def test_a_code_of_the_operators_line_counts_as_gone_by_letter(
    desk: Desk, house: House, anna: Person
) -> None:
    issue_code(house, anna)
    browser = desk.colleague(Role.MEDEWERKER)
    assert "letter" not in ways_on(browser.get(page_of(anna, "gebruikersnaam")))


@pytest.mark.parametrize(
    ("channel", "check"), [("telephone", "questions"), ("desk", "called-back"), ("mail", "nobody")]
)
def test_nothing_is_passed_on_without_the_check_that_belongs_to_the_channel(
    desk: Desk, house: House, anna: Person, channel: str, check: str
) -> None:
    with house.inside():
        directory.update_account(account_of(anna), email="anna@gemeente.example", actor="test")
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(page_of(anna, "gebruikersnaam"))
    page = browser.submit("volgende", kanaal=channel, **ERRAND | {"controle": check})
    assert page.status == 422
    assert not desk.events("desk-supplied", anna.id)


def test_a_code_by_letter_is_seen_by_nobody_at_the_desk(desk: Desk, anna: Person) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    form = browser.get(page_of(anna, "activatiecode"))
    assert "geen postadres" in form.text("geen-postadres")
    assert form.find("kanaal") is None
    desk.has_an_address(anna)
    form = browser.get(page_of(anna, "activatiecode"))
    assert form.find("geen-postadres") is None
    assert set(ways_on(form)) == {"letter"}
    page = browser.submit("volgende", kanaal="letter", **ERRAND)
    assert page.name == "desk-account"
    assert "Wacht op de drukker" in page.html
    assert desk.events("letter-asked", anna.id)
    assert not desk.events("activation-code-issued", anna.id)


def test_only_a_role_that_may_sees_a_code_on_the_screen(desk: Desk, anna: Person) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(page_of(anna, "activatiecode"))
    page = boss.submit("volgende", kanaal="desk", **ERRAND | {"controle": "desk"})
    assert page.name == "desk-supplied"
    assert len(page.text("doorgeven")) == 15
    other = desk.colleague(Role.MEDEWERKER)
    refused = desk.post(
        other, page_of(anna, "activatiecode"), kanaal="desk", **ERRAND | {"controle": "desk"}
    )
    assert refused.status == 422
    assert len(desk.events("activation-code-issued", anna.id)) == 1


def test_blocking_ends_everything_and_says_what_it_ended(
    desk: Desk, house: House, anna: Person
) -> None:
    sign_in(house, house.browser(), anna)
    desk.time.move(timedelta(seconds=31))
    sign_in(house, house.browser(), anna)
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "blokkeren"))
    page = browser.submit("volgende", **ERRAND)
    assert page.name == "desk-account"
    assert "2 sessies zijn beëindigd" in page.html
    with house.inside():
        rows = db.session.scalars(select(Session).where(Session.account_id == anna.id))
        assert all(row.ended_at is not None for row in rows)
    assert desk.events("account-blocked", anna.id)[0]["errand"]["why"] == "caller"


def test_unblocking_after_wrong_tries_lets_a_person_try_again(
    desk: Desk, house: House, anna: Person
) -> None:
    with house.inside():
        counter = throttle.sign_in_key(anna.relation, "anna")
        for _try in range(60):
            throttle.count_try(counter, throttle.SIGN_IN)
            desk.time.move(timedelta(minutes=16))
    browser = desk.colleague(Role.MEDEWERKER)
    page = browser.get(page_of(anna))
    assert "Gestopt na te veel verkeerde pogingen" in page.html
    assert "nl-button--primary" in (page.at("actie-deblokkeren").get("class") or "")
    browser.get(page_of(anna, "deblokkeren"))
    assert "direct weer proberen" in browser.submit("volgende", **ERRAND).html
    assert sign_in(house, house.browser(), anna).name == "portal"


def test_one_method_can_be_removed_and_the_last_one_cannot(
    desk: Desk, house: House, anna: Person
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    form = browser.get(page_of(anna, "methode-verwijderen"))
    first, second = form.choices("methode")
    assert browser.submit("volgende", methode=first, **ERRAND).name == "desk-account"
    browser.get(page_of(anna, "methode-verwijderen"))
    page = browser.submit("volgende", methode=second, **ERRAND)
    assert page.status == 422
    assert "Methoden wissen" in page.html
    with house.inside():
        left = db.session.scalars(select(Credential).where(Credential.account_id == anna.id)).all()
        assert [one.id for one in left] == [second]


def test_name_and_address_are_corrected_and_what_stays_stays(
    desk: Desk, house: House, anna: Person
) -> None:
    with house.inside():
        directory.update_account(
            account_of(anna),
            email="anna@gemeente.example",
            further={"locality": "Voorbeeldstad"},
            actor="test",
        )
    browser = desk.colleague(Role.MEDEWERKER)
    form = browser.get(page_of(anna, "gegevens"))
    assert form.value("plaats") == "Voorbeeldstad"
    assert "anna@gemeente.example" not in form.html
    page = browser.submit("volgende", naam="Anna de Wit", straat="Dorpsstraat 1", **ERRAND)
    assert "Anna de Wit" in page.text("inhoud")
    assert "Dorpsstraat 1, Voorbeeldstad" in page.html
    with house.inside():
        assert directory.email_of(account_of(anna)) == "anna@gemeente.example"
    assert desk.events("account-updated", anna.id)[-1]["changed"] == ["name", "street_address"]


def test_signing_out_everywhere_ends_the_sessions_and_nothing_else(
    desk: Desk, house: House, anna: Person
) -> None:
    sign_in(house, house.browser(), anna)
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "uitloggen"))
    assert "1 sessie is beëindigd" in browser.submit("volgende", **ERRAND).html
    desk.time.move(timedelta(seconds=31))
    assert sign_in(house, house.browser(), anna).name == "portal"


def test_without_a_reason_or_a_check_nothing_happens_and_the_choices_stay(
    desk: Desk, anna: Person
) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    browser.get(page_of(anna, "blokkeren"))
    page = browser.submit("volgende", controle="questions", ticket="nee: <b>")
    assert page.status == 422
    assert page.field_error("reden")
    assert page.field_error("ticket")
    assert page.field_error("controle") is None
    assert 'value="questions" selected' in page.html
    assert not desk.events("account-blocked", anna.id)
