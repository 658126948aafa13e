"""Signing in at the front door: three fields, one of one's own methods, the step, the portal; and out again."""

from __future__ import annotations

import re
from datetime import timedelta

import bcrypt
import pytest

from idp.accounts import activation_codes, credentials, directory, passwords
from idp.assurance import Level
from idp.clock import Standing
from idp.database import db
from idp.models import Account
from tests.support.journeys import (
    ISSUER,
    PASSWORD,
    PHONE,
    House,
    account_of,
    add_person,
    identify,
    second_step,
    sign_in,
    totp_code,
    wrong_code,
)

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def test_with_one_method_there_is_no_choice_page(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    assert identify(browser, anna).name == "second-factor"
    assert browser.page.find("andere-methode") is None
    page = browser.submit("volgende", code=totp_code(anna.totp))
    assert page.name == "portal"
    assert page.address.endswith("/mijn/applicaties")


def test_with_two_methods_the_last_used_one_is_preselected(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    for kind in ("sms", "totp", "sms"):
        time.move(MINUTE)
        browser = house.browser()
        assert identify(browser, anna).name == "choose-method"
        assert set(browser.page.choices("methode")) == {"totp", "sms"}
        assert browser.submit("volgende", methode=kind).name == "second-factor"
        if kind == "sms":
            browser.submit("volgende")
        code = house.newest_code() if kind == "sms" else totp_code(anna.totp)
        assert browser.submit("volgende", code=code).name == "portal"
        page = identify(house.browser(), anna)
        assert [value for value, ticked in page.choices("methode").items() if ticked] == [kind]


def test_the_method_can_be_changed_before_the_step_is_taken(house: House) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="sms")
    assert browser.submit("andere-methode").name == "choose-method"
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"
    assert house.phone() == []


def test_nothing_is_sent_before_it_is_asked(house: House) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    page = identify(browser, anna)
    assert (page.name, page.find("code"), page.find("opnieuw")) == ("second-factor", None, None)
    assert "06 •• •• •• 78" in page.document.text
    assert "12345678" not in page.html
    browser.get(page.address)
    assert house.phone() == []
    page = browser.submit("volgende")
    assert [page.find(one) is not None for one in ("code", "volgende", "opnieuw")] == [True] * 3
    assert len(house.phone()) == 1
    browser.get(page.address)
    assert len(house.phone()) == 1
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def test_a_new_text_may_be_asked_after_a_while_and_voids_the_old_code(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    identify(browser, anna)
    browser.submit("volgende")
    first = house.newest_code()
    time.move(29 * SECOND)
    page = browser.submit("opnieuw")
    assert (page.status, page.error, len(house.phone())) == (429, "too-soon", 1)
    time.move(SECOND)
    assert browser.submit("opnieuw").error is None
    assert len(house.phone()) == 2
    if first != house.newest_code():
        assert browser.submit("volgende", code=first).error == "code-invalid"
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


@pytest.mark.parametrize(("seconds", "opens"), [(299, True), (300, False)])
def test_a_texted_code_works_five_minutes_to_the_second(
    house: House, time: Standing, seconds: int, opens: bool
) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    identify(browser, anna)
    browser.submit("volgende")
    time.move(seconds * SECOND)
    page = browser.submit("volgende", code=house.newest_code())
    assert (page.name, page.error) == (
        ("portal", None) if opens else ("second-factor", "code-expired")
    )


@pytest.mark.parametrize(
    ("relation", "username"),
    [
        ("10023456", "j.devries"),
        ("0010023456", "J.DeVries"),
        ("10.02.34.56", "  j.devries "),
        ("1002 3456", "J.DEVRIES"),
        ("100-23456", "ｊ.devries"),
    ],
)
def test_number_and_name_may_be_typed_in_many_ways(
    house: House, relation: str, username: str
) -> None:
    add_person(house, totp=True)
    browser = house.browser()
    browser.get("/")
    page = browser.submit(
        "volgende", relatienummer=relation, gebruikersnaam=username, wachtwoord=PASSWORD
    )
    assert page.name == "second-factor"


def test_two_relations_may_both_have_an_info(house: House, time: Standing) -> None:
    one = add_person(house, "info", relation="10023456", totp=True)
    other = add_person(
        house, "info", relation="10034567", totp=True, password="een heel ander wachtwoord"
    )
    browser = house.browser()
    assert identify(browser, one, password=other.password).error == "login-failed"
    for person in (one, other):
        browser = house.browser()
        page = sign_in(house, browser, person)
        assert page.name == "portal"
        assert person.relation in page.document.text


def test_an_imported_hash_signs_in_and_becomes_ours(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    with house.inside():
        passwords.take_over(account_of(anna), hashed)
    browser = house.browser()
    assert identify(browser, anna, password="fout").error == "login-failed"
    for _ in range(2):
        time.move(MINUTE)
        assert sign_in(house, house.browser(), anna).name == "portal"
        with house.inside():
            assert account_of(anna).password_scheme == passwords.OURS


def test_the_front_page_is_the_portal_for_who_is_signed_in(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    assert browser.get("/").name == "portal"


def test_signing_out_ends_the_session_and_the_way_back_shows_nothing(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    cookie = browser.cookie("__Host-idp_session")
    assert cookie is not None
    page = browser.submit("uitloggen")
    assert page.name == "logged-out"
    assert browser.cookie("__Host-idp_session") is None
    (answer,) = [one for one in house.answers if (one.method, one.path) == ("POST", "/uitloggen")]
    assert answer.one("Clear-Site-Data") == '"cache", "storage"'
    assert browser.get("/mijn/applicaties").name == "login"
    browser.plant("__Host-idp_session", cookie)
    assert browser.get("/mijn/applicaties").name == "login"


def test_the_page_that_asks_about_signing_out_can_be_answered_either_way(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    assert browser.get("/uitloggen").name == "logout"
    assert browser.submit("blijven").name == "portal"
    browser.get("/uitloggen")
    assert browser.submit("uitloggen").name == "logged-out"
    assert browser.get("/uitloggen").name == "logged-out"


def test_five_tabs_sign_in_each_for_itself(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    tabs = [identify(browser, anna) for _ in range(5)]
    assert len({tab.address for tab in tabs}) == 5
    for tab in tabs:
        time.move(MINUTE)
        assert browser.get(tab.address).name == "second-factor"
        assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"


def test_stopping_leads_back_to_the_sign_in_page(house: House) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    for choose in (None, "totp"):
        identify(browser, anna)
        if choose:
            browser.submit("volgende", methode=choose)
        left = browser.page.address
        assert browser.submit("stoppen").name == "login"
        assert browser.get(left).name == "login"


def test_the_language_switch_keeps_the_sign_in(house: House) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    identify(browser, anna)
    page = browser.click("English")
    assert (page.name, page.language) == ("second-factor", "en")
    browser.submit("volgende")
    assert "is your code for" in house.phone()[0]["text"]
    page = browser.submit("volgende", code=house.newest_code())
    assert (page.name, page.language) == ("portal", "en")
    assert browser.click("Nederlands").language == "nl"


@pytest.mark.parametrize(("level", "name"), [(Level.HOOG, "portal"), (Level.LAAG, "error")])
def test_the_portal_needs_an_enrolment_at_substantieel(
    house: House, level: Level, name: str
) -> None:
    anna, browser = add_person(house, totp=True, level=level), house.browser()
    page = sign_in(house, browser, anna)
    assert page.name == name
    if level is Level.LAAG:
        assert (page.status, page.error) == (403, "level-unreachable")
        assert browser.get("/").error == "level-unreachable"


def test_blocked_in_the_middle_means_no_further(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    identify(browser, anna)
    with house.inside():
        directory.block_account(account_of(anna), actor="desk")
    page = browser.submit("volgende", code=totp_code(anna.totp))
    assert (page.status, page.error) == (403, "account-blocked")
    assert browser.get("/mijn/applicaties").name == "login"


@pytest.mark.parametrize("what", ["password", "methods"])
def test_a_reset_in_the_middle_undoes_what_was_proved(house: House, what: str) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="totp")
    with house.inside():
        if what == "password":
            directory.reset_password(account_of(anna), actor="desk")
        else:
            credentials.remove_all(account_of(anna), actor="desk")
            activation_codes.issue(account_of(anna), channel="desk", actor="desk")
    page = browser.submit("volgende", code=totp_code(anna.totp))
    assert (page.status, page.error) == (400, "session-expired")
    assert browser.go_on().name == "login"


@pytest.mark.parametrize("address", ["/", "/2fa", "/inloggen/" + "0" * 32, "/mijn/applicaties?x=1"])
def test_another_host_name_leads_to_the_issuer(house: House, address: str) -> None:
    browser = house.browser()
    page = browser.send("GET", f"http://127.0.0.1:8400{address}")
    assert page.left_for is None
    assert page.status == 302
    assert page.headers["Location"] == f"{ISSUER}{address}"


@pytest.mark.parametrize("host", ["127.0.0.1:8400", "localhost", "localhost:8401", "evil.example"])
def test_a_post_under_another_host_name_is_misdirected(house: House, host: str) -> None:
    page = house.browser().send("POST", f"http://{host}/", relatienummer="1")
    assert (page.status, page.name, page.error) == (421, "error", "client-request")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", page.text("kenmerk"))


def test_a_wrong_second_step_can_be_tried_again(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = identify(browser, anna)
    page = browser.submit("volgende", code=wrong_code(totp_code(anna.totp)))
    assert (page.status, page.name, page.error) == (422, "second-factor", "code-invalid")
    assert second_step(house, browser, anna, page).name == "portal"


def test_a_fresh_house_has_nobody_in_it(house: House) -> None:
    with house.inside():
        assert db.session.query(Account).count() == 0
