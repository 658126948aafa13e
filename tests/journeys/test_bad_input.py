"""What bad input gets: a page that says what happened and what to do, with a status, a reference and a way on."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from idp.accounts import directory
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent
from tests.support.journeys import (
    PASSWORD,
    PHONE,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    identify,
    second_step,
    sign_in,
    to_the_methods,
    totp_code,
    wrong_code,
)
from tests.support.pages import Page

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def on_the_form(page: Page, name: str, error: str, status: int = 422) -> None:
    """The same page again: an alert above the form, and the form can be sent again."""
    assert (page.name, page.status, page.error) == (name, status, error)
    assert page.at("foutmelding").get("role") == "alert"
    assert page.text("foutmelding")
    assert page.at("volgende").closest("form") is not None
    assert any(title.text.startswith("Fout:") for title in page.document.descendants("title"))
    assert "088 - 711 4888" in page.document.text


def on_a_page(house: House, page: Page, error: str, status: int) -> None:
    """A page of its own, with the Servicedesk, a way on, and a reference that the audit knows."""
    assert (page.name, page.status, page.error) == ("error", status, error)
    assert page.at("foutmelding").get("role") == "alert"
    assert page.find("volgende") is not None or error in {"account-blocked", "relation-blocked"}
    assert "088 - 711 4888" in page.document.text
    reference = page.text("kenmerk")
    assert REFERENCE.fullmatch(reference)
    with house.inside():
        rows = db.session.query(AuditEvent).filter_by(reference=reference).all()
        assert error in {row.details.get("error") for row in rows}


# --- the three fields ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, ["relatienummer", "gebruikersnaam", "wachtwoord"]),
        ({"relatienummer": "10023456"}, ["gebruikersnaam", "wachtwoord"]),
        ({"relatienummer": " ", "gebruikersnaam": "x", "wachtwoord": "x"}, ["relatienummer"]),
        ({"relatienummer": "1", "gebruikersnaam": "\t", "wachtwoord": "x"}, ["gebruikersnaam"]),
        ({"relatienummer": "1", "gebruikersnaam": "x", "wachtwoord": ""}, ["wachtwoord"]),
    ],
)
@pytest.mark.parametrize("at", ["/", "/2fa"])
def test_a_missing_field_is_named(
    house: House, at: str, given: dict[str, Any], missing: list[str]
) -> None:
    browser = house.browser()
    browser.get(at)
    page = browser.submit("volgende", **given)
    on_the_form(page, "login", "fields-missing")
    fields = ("relatienummer", "gebruikersnaam", "wachtwoord")
    assert [name for name in fields if page.field_error(name)] == missing


@pytest.mark.parametrize("at", ["/", "/2fa"])
def test_wrong_data_keep_what_was_typed_but_the_password(house: House, at: str) -> None:
    add_person(house, totp=True)
    browser = house.browser()
    browser.get(at)
    page = browser.submit(
        "volgende", relatienummer="0100.23456", gebruikersnaam="J.deVries", wachtwoord="fout-ding"
    )
    on_the_form(page, "login", "login-failed")
    assert (page.value("relatienummer"), page.value("gebruikersnaam")) == (
        "0100.23456",
        "J.deVries",
    )
    assert not page.value("wachtwoord")
    assert "fout-ding" not in page.html
    assert [page.field_error(one) for one in ("relatienummer", "gebruikersnaam", "wachtwoord")] == [
        None
    ] * 3
    assert browser.submit("volgende", wachtwoord=PASSWORD).status == 200


@pytest.mark.parametrize("at", ["/", "/2fa"])
@pytest.mark.parametrize("what", ["account", "relation"])
def test_that_somebody_is_blocked_is_told_after_the_right_password_only(
    house: House, what: str, at: str
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    with house.inside():
        if what == "account":
            directory.block_account(account_of(anna), actor="desk")
        else:
            directory.block_relation(account_of(anna).relation, actor="desk")
    on_the_form(identify(browser, anna, at=at, password="fout"), "login", "login-failed")
    on_a_page(house, identify(browser, anna, at=at), f"{what}-blocked", 403)
    with house.inside():
        if what == "account":
            directory.unblock_account(account_of(anna), actor="desk")
        else:
            directory.unblock_relation(account_of(anna).relation, actor="desk")
    assert identify(browser, anna).name == "second-factor"


def test_who_has_no_method_and_no_code_is_told_where_to_get_one(house: House) -> None:
    anna, browser = add_person(house), house.browser()
    on_a_page(house, identify(browser, anna), "no-method", 403)
    assert browser.go_on().address.endswith("/2fa")


def test_too_many_failures_say_until_when(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    for _ in range(5):
        on_the_form(identify(browser, anna, password="fout"), "login", "login-failed")
    page = identify(browser, anna)
    on_a_page(house, page, "throttled", 429)
    assert page.headers["Retry-After"] == "30"
    time.move(30 * SECOND)
    assert identify(browser, anna).name == "second-factor"


# --- the second step -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["choose-method", "choose-methods"])
def test_a_choice_must_be_made(house: House, step: str) -> None:
    anna = add_person(
        house,
        totp=step == "choose-method",
        phone=PHONE if step == "choose-method" else None,
        code=True,
    )
    browser = house.browser()
    page = identify(browser, anna) if step == "choose-method" else to_the_methods(browser, anna)
    fields: dict[str, Any] = {"csrf_token": browser.token()}
    on_the_form(browser.send("POST", page.address, **fields), step, "method-missing")
    on_the_form(browser.send("POST", page.address, methode="fax", **fields), step, "method-missing")


def at_the_step(house: House, kind: str) -> tuple[Person, Visitor]:
    anna = add_person(house, totp=kind == "totp", phone=PHONE if kind == "sms" else None)
    browser = house.browser()
    identify(browser, anna)
    if kind == "sms":
        browser.submit("volgende")
    return anna, browser


@pytest.mark.parametrize("kind", ["totp", "sms"])
@pytest.mark.parametrize(
    ("typed", "error"), [(" ", "code-missing"), ("12", "code-length"), ("1234567", "code-length")]
)
def test_a_slip_costs_no_try(house: House, kind: str, typed: str, error: str) -> None:
    anna, browser = at_the_step(house, kind)
    for _ in range(12):
        on_the_form(browser.submit("volgende", code=typed), "second-factor", error)
    code = house.newest_code() if kind == "sms" else totp_code(anna.totp)
    assert browser.submit("volgende", code=code).name == "portal"


def test_a_wrong_texted_code_tells_the_tries_left_and_then_stops(
    house: House, time: Standing
) -> None:
    _anna, browser = at_the_step(house, "sms")
    wrong = wrong_code(house.newest_code())
    for left in (2, 1):
        page = browser.submit("volgende", code=wrong)
        on_the_form(page, "second-factor", "code-invalid")
        assert f"{left} keer" in (page.field_error("code") or "")
    on_the_form(browser.submit("volgende", code=wrong), "second-factor", "code-attempts", 429)
    page = browser.submit("volgende", code=house.newest_code())  # right, but spent
    assert page.error == "code-attempts"
    time.move(30 * SECOND)
    browser.submit("opnieuw")
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def test_an_expired_code_leads_to_a_new_one(house: House, time: Standing) -> None:
    _anna, browser = at_the_step(house, "sms")
    time.move(5 * MINUTE)
    on_the_form(
        browser.submit("volgende", code=house.newest_code()), "second-factor", "code-expired"
    )
    browser.submit("opnieuw")
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


@pytest.mark.parametrize("kind", ["totp", "sms"])
def test_five_wrong_steps_start_again_from_the_password(
    house: House, time: Standing, kind: str
) -> None:
    anna, browser = at_the_step(house, kind)
    for tries in range(1, 5):
        right = house.newest_code() if kind == "sms" else totp_code(anna.totp)
        assert browser.submit("volgende", code=wrong_code(right)).name == "second-factor"
        if kind == "sms" and tries == 3:
            time.move(MINUTE)
            browser.submit("opnieuw")
    right = house.newest_code() if kind == "sms" else totp_code(anna.totp)
    on_a_page(house, browser.submit("volgende", code=wrong_code(right)), "code-attempts", 429)
    assert browser.go_on().name == "login"
    time.move(MINUTE)
    page = identify(browser, anna, at=None)
    assert second_step(house, browser, anna, page).name == "portal"


def test_too_many_texts_to_one_account_say_until_when_and_leave_the_other_method(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    for _ in range(5):
        identify(browser, anna)
        browser.submit("volgende", methode="sms")
        assert browser.submit("volgende").find("code") is not None
        time.move(MINUTE)
    identify(browser, anna)
    browser.submit("volgende", methode="sms")
    page = browser.submit("volgende")
    on_a_page(house, page, "sends-spent", 429)
    assert page.headers["Retry-After"] == str(55 * 60)
    assert "5 codes gevraagd" in page.text("foutmelding")
    assert len(house.phone()) == 5
    assert browser.go_on().name == "choose-method"
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"


def test_one_sign_in_gets_three_texts_with_growing_waits(house: House, time: Standing) -> None:
    _anna, browser = at_the_step(house, "sms")
    for sent, wait in ((1, 30), (2, 60)):
        time.move((wait - 1) * SECOND)
        on_the_form(browser.submit("opnieuw"), "second-factor", "too-soon", 429)
        time.move(SECOND)
        assert browser.submit("opnieuw").error is None
        assert len(house.phone()) == sent + 1
    assert browser.page.find("opnieuw") is None, "a fourth would not go out"
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("", "number-missing"),
        ("020 1234567", "number-not-mobile"),
        ("0900 1234567", "number-not-mobile"),
        ("hallo", "number-invalid"),
        ("097 012345678", "number-invalid"),
        ("+44 7911 123456", "number-invalid"),
    ],
)
def test_a_number_that_gets_no_texts_is_refused_with_the_reason(
    house: House, typed: str, error: str
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms"])
    page = browser.submit("volgende", telefoonnummer=typed)
    on_the_form(page, "enrol-sms", error)
    assert page.field_error("telefoonnummer")
    assert (page.value("telefoonnummer") or "") == typed
    assert house.phone() == []


# --- pages that came too late ----------------------------------------------------------------------------------------


def test_a_page_left_open_for_an_hour_leads_back_to_the_same_sign_in(
    house: House, time: Standing
) -> None:
    anna, browser = at_the_step(house, "totp")
    time.move(60 * MINUTE)
    page = browser.submit("volgende", code=totp_code(anna.totp))
    on_a_page(house, page, "session-expired", 400)
    assert browser.go_on().name == "login"
    assert sign_in(house, browser, anna, at=None).name == "portal"


@pytest.mark.parametrize(("minutes", "name"), [(10, "second-factor"), (10.02, "error")])
def test_a_password_counts_ten_minutes_until_the_second_step(
    house: House, time: Standing, minutes: float, name: str
) -> None:
    _anna, browser = at_the_step(house, "totp")
    time.move(timedelta(minutes=minutes))
    assert browser.get(browser.page.address).name == name


def test_the_sign_in_page_left_open_for_a_night_still_works(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    browser.get("/")
    time.move(timedelta(hours=12))
    assert sign_in(house, browser, anna, at=None).name == "portal"


def test_an_interrupted_sign_in_is_over_after_eight_hours(house: House, time: Standing) -> None:
    _anna, browser = at_the_step(house, "totp")
    time.move(timedelta(hours=8))
    on_a_page(house, browser.get(browser.page.address), "session-expired", 400)
    assert browser.go_on().name == "login"


def test_an_old_page_that_is_posted_again_says_so_and_leads_on(house: House) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    old = identify(browser, anna)
    token = browser.token()
    browser.submit("volgende", methode="totp")
    page = browser.send("POST", old.address, methode="sms", csrf_token=token)
    on_a_page(house, page, "out-of-turn", 409)
    assert browser.go_on().name == "second-factor"
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"


def test_an_old_page_that_is_looked_at_again_leads_on(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    seen = [identify(browser, anna, at="/2fa"), browser.submit("volgende")]
    assert anna.code is not None
    browser.submit("volgende", activatiecode=anna.code)
    seen.append(browser.submit("volgende", methode=["totp"]))
    for page in seen:
        assert browser.get(page.address).name == "enrol-totp"


def test_a_sign_in_that_is_over_leads_to_the_portal_or_says_so(house: House) -> None:
    anna, browser = at_the_step(house, "totp")
    step, token = browser.page, browser.token()
    browser.submit("volgende", code=totp_code(anna.totp))
    assert browser.get(step.address).name == "portal"
    page = browser.send("POST", step.address, code="123456", csrf_token=token)
    on_a_page(house, page, "out-of-turn", 409)
    assert browser.go_on().name == "portal"


def test_an_address_that_does_not_exist_is_a_page_too(house: House) -> None:
    browser = house.browser()
    for method, address, status in (
        ("GET", "/nergens", 404),
        ("GET", "/inloggen/" + "0" * 32 + "/nergens", 404),
        ("PUT", "/", 405),
        ("DELETE", "/mijn/applicaties", 405),
    ):
        page = browser.send(method, address)
        assert (page.status, page.name, page.error) == (status, "error", "not-found")
        assert browser.go_on().status == 200


def test_who_is_signed_in_and_gets_lost_is_led_to_the_portal(house: House) -> None:
    person, browser = add_person(house, totp=True), house.browser()
    assert "inlogpagina" in browser.get("/nergens").html
    sign_in(house, browser, person)
    page = browser.get("/nergens")
    assert (page.status, page.error) == (404, "not-found")
    assert "inlogpagina" not in page.html
    assert browser.go_on().name == "portal"
