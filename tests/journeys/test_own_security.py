"""Beveiliging: one's own methods and sessions, changed by who proved themselves a moment ago, and by nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts import credentials
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    identify,
    second_step,
    set_up_totp,
    sign_in,
)
from tests.support.pages import Page

MINUTE = timedelta(minutes=1)
SECURITY = "/mijn/beveiliging"


def own(house: House, person: Person) -> dict[str, str]:
    """The ids of somebody's methods, by kind."""
    with house.inside():
        return {each.kind: each.id for each in credentials.of_account(person.id)}


def events(house: House, person: Person, *names: str) -> list[AuditEvent]:
    with house.inside():
        rows = db.session.scalars(
            select(AuditEvent)
            .where(AuditEvent.account_id == person.id, AuditEvent.event.in_(names))
            .order_by(AuditEvent.id)
        )
        found = list(rows)
        db.session.expunge_all()
        return found


def proves_again(house: House, browser: Visitor, person: Person) -> Page:
    """Both steps, on the sign-in page that shows."""
    assert browser.page.name == "login"
    return second_step(house, browser, person, identify(browser, person, at=None))


# --- names -----------------------------------------------------------------------------------------------------------


def test_an_app_gets_a_name_of_its_own(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    page = browser.get(SECURITY)
    page = browser.get(page.at(f"naam-{own(house, anna)['totp']}").attributes["href"])
    assert page.name == "rename-method"
    page = browser.submit("volgende", methodenaam="  Telefoon \u200b van\nhet werk ")
    assert page.name == "security"
    assert "De methode heeft een andere naam." in page.document.text
    assert "‘Telefoon van het werk’" in page.document.text
    assert [each.details["kind"] for each in events(house, anna, "method-renamed")] == ["totp"]


def test_a_name_is_needed_and_a_long_one_is_cut_where_the_field_ends(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    address = f"{SECURITY}/methoden/{own(house, anna)['totp']}/naam"
    assert browser.get(address).at("methodenaam").get("maxlength") == "40"
    page = browser.submit("volgende", methodenaam=" \u200b ")
    assert (page.status, page.error) == (422, "fields-missing")
    assert (page.field_error("methodenaam") or "").endswith("Vul een naam in")
    assert "‘" + "n" * 40 + "’" in browser.submit("volgende", methodenaam="n" * 41).document.text


def test_two_apps_never_have_one_name(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    first = own(house, anna)["totp"]
    browser.get(f"{SECURITY}/methoden/{first}/naam")
    browser.submit("volgende", methodenaam="Werk")
    browser.submit("methode-toevoegen")
    browser.submit("volgende", methode=["totp"])
    set_up_totp(browser)
    browser.submit("afronden")
    with house.inside():
        (second,) = {each.id for each in credentials.of_account(anna.id)} - {first}
    browser.get(f"{SECURITY}/methoden/{second}/naam")
    assert "‘werk 2’" in browser.submit("volgende", methodenaam="werk").document.text


def test_a_number_is_told_apart_by_itself_and_gets_no_name(house: House) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    sign_in(house, browser, anna)
    number = own(house, anna)["sms"]
    assert browser.get(SECURITY).find(f"naam-{number}") is None
    assert browser.get(f"{SECURITY}/methoden/{number}/naam").status == 404


# --- removing --------------------------------------------------------------------------------------------------------


def test_a_method_is_removed_after_a_question(house: House) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    sign_in(house, browser, anna)
    number = own(house, anna)["sms"]
    page = browser.get(SECURITY)
    page = browser.get(page.at(f"verwijderen-{number}").attributes["href"])
    assert page.name == "remove-method"
    assert "06 •• •• •• 78" in page.document.text
    assert set(own(house, anna)) == {"totp", "sms"}
    page = browser.submit("verwijderen")
    assert page.name == "security"
    assert "De methode is verwijderd." in page.document.text
    assert set(own(house, anna)) == {"totp"}
    (event,) = events(house, anna, "method-removed")
    assert (event.details["kind"], event.actor, event.reason) == ("sms", "person", "removed")
    assert identify(house.browser(), anna).name == "second-factor"


def test_the_last_method_stays_and_the_page_says_what_to_do(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    page = browser.get(f"{SECURITY}/methoden/{own(house, anna)['totp']}/verwijderen")
    assert "Dit is uw enige methode. Stel eerst een andere methode in." in page.document.text
    assert page.find("verwijderen") is None
    assert browser.submit("methode-toevoegen").name == "choose-methods"


def test_who_removes_what_this_session_rests_on_is_asked_for_another_method(
    house: House, time: Standing
) -> None:
    anna, browser, elsewhere = (
        add_person(house, totp=True, phone=PHONE),
        house.browser(),
        house.browser(),
    )
    sign_in(house, elsewhere, anna)
    time.move(MINUTE)
    sign_in(house, browser, anna)
    browser.get(f"{SECURITY}/methoden/{own(house, anna)['totp']}/verwijderen")
    assert "Wij vragen u daarna om een andere methode." in browser.page.document.text
    page = browser.submit("verwijderen")
    assert page.name == "second-factor"
    browser.submit("volgende")
    assert browser.submit("volgende", code=house.newest_code()).name == "security"
    assert elsewhere.get("/mijn/applicaties").name == "second-factor"


# --- fresh proofs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("methoden/{totp}/naam", "rename-method"),
        ("methoden/{sms}/verwijderen", "remove-method"),
        ("overal-uitloggen", "end-sessions"),
    ],
)
def test_who_proved_nothing_for_five_minutes_does_so_and_comes_back_to_the_same_page(
    house: House, time: Standing, what: str, name: str
) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    sign_in(house, browser, anna)
    address = f"{SECURITY}/{what.format(**own(house, anna))}"
    time.move(5 * MINUTE)
    assert browser.get(address).name == name
    time.move(timedelta(seconds=1))
    assert browser.get(address).name == "login"
    page = proves_again(house, browser, anna)
    assert (page.name, page.address.endswith(address)) == (name, True)


def test_a_page_that_lay_open_too_long_changes_nothing_before_new_proofs(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    sign_in(house, browser, anna)
    browser.get(f"{SECURITY}/methoden/{own(house, anna)['sms']}/verwijderen")
    time.move(6 * MINUTE)
    browser.submit("verwijderen")
    assert set(own(house, anna)) == {"totp", "sms"}
    assert proves_again(house, browser, anna).name == "remove-method"
    assert browser.submit("verwijderen").name == "security"
    assert set(own(house, anna)) == {"totp"}


# --- sessions --------------------------------------------------------------------------------------------------------


def test_one_device_is_signed_out_from_another(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    browsers = house.browser(), house.browser(), house.browser()
    for browser in browsers:
        sign_in(house, browser, anna)
        time.move(MINUTE)
    here, lost, other = browsers
    page = here.get(SECURITY)
    buttons = [
        one.attributes["id"]
        for one in page.document.descendants("button")
        if (one.get("id") or "").startswith("uitloggen-")
    ]
    assert len(buttons) == 2  # not this one
    page = here.submit(buttons[1])  # youngest first
    assert "Dat apparaat is uitgelogd." in page.document.text
    assert lost.get("/mijn/applicaties").name == "login"
    assert other.get("/mijn/applicaties").name == "portal"
    assert here.get("/mijn/applicaties").name == "portal"


@pytest.mark.parametrize("here_too", [False, True])
def test_all_devices_are_signed_out_at_once(house: House, time: Standing, here_too: bool) -> None:
    anna, ben = add_person(house, totp=True), add_person(house, "b.bakker", totp=True)
    here, lost, of_ben, half = house.browser(), house.browser(), house.browser(), house.browser()
    sign_in(house, lost, anna)
    sign_in(house, of_ben, ben)
    time.move(MINUTE)
    identify(half, anna)
    sign_in(house, here, anna)
    here.get(f"{SECURITY}/overal-uitloggen")
    assert "U bent op nog 1 ander apparaat ingelogd." in here.page.document.text
    page = here.submit("ook-hier" if here_too else "uitloggen-elders")
    assert page.name == ("logged-out" if here_too else "security")
    assert here.get("/mijn/applicaties").name == ("login" if here_too else "portal")
    assert lost.get("/mijn/applicaties").name == "login"
    assert half.get(half.page.address).error == "session-expired"
    assert of_ben.get("/mijn/applicaties").name == "portal"
    assert len(events(house, anna, "session-ended")) == 1 + here_too
