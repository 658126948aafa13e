"""First set-up at /2fa: relatienummer to *Afronden*, as section 1 of the manual says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import activation_codes, credentials
from idp.clock import Standing
from tests.support.journeys import (
    NEW_PASSWORD,
    House,
    account_of,
    add_person,
    identify,
    issue_code,
    set_up_sms,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)

MINUTE = timedelta(minutes=1)


def test_the_pages_come_in_the_order_of_the_manual(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    pages = [browser.get("/2fa"), identify(browser, anna, at=None), browser.submit("volgende")]
    assert anna.code is not None
    pages.append(browser.submit("volgende", activatiecode=anna.code))
    pages.append(browser.submit("volgende", methode=["totp"]))
    pages.append(set_up_totp(browser)[1])
    pages.append(browser.submit("afronden"))
    assert [(page.name, page.status, page.error) for page in pages] == [
        ("login", 200, None),
        ("activation-intro", 200, None),
        ("activation-code", 200, None),
        ("choose-methods", 200, None),
        ("enrol-totp", 200, None),
        ("enrolment-done", 200, None),
        ("portal", 200, None),
    ]
    assert pages[0].links["Naar de inlogpagina"].endswith("/")
    assert "foutmelding" not in {
        one.get("id") for page in pages for one in page.document.descendants()
    }


@pytest.mark.parametrize("at", ["/2fa", "/"])
def test_a_live_code_leads_to_the_same_set_up_from_either_door(house: House, at: str) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    assert to_the_methods(browser, anna, at=at).name == "choose-methods"
    browser.submit("volgende", methode=["totp"])
    _secret, page = set_up_totp(browser)
    assert page.name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"


@pytest.mark.parametrize("at", ["/2fa", "/"])
def test_two_methods_are_set_up_one_after_the_other(house: House, at: str) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna, at=at)
    assert browser.submit("volgende", methode=["sms", "totp"]).name == "enrol-totp"
    _secret, page = set_up_totp(browser)
    assert page.name == "enrol-sms"
    assert set_up_sms(house, browser).name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"


def test_text_messages_alone_will_do_and_nothing_is_sent_before_a_number_is_given(
    house: House,
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    page = browser.submit("volgende", methode=["sms"])
    assert page.name == "enrol-sms"
    assert page.find("code") is None
    assert house.phone() == []
    page = browser.submit("volgende", telefoonnummer="06-12 34 56 78")
    assert page.find("telefoonnummer") is None
    (message,) = house.phone()
    assert (message["channel"], message["to"]) == ("sms", "+31612345678")
    assert message["code"] in message["text"]
    assert browser.submit("volgende", code=message["code"]).name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"


@pytest.mark.parametrize("at", ["/2fa", "/"])
def test_another_method_is_added_from_instellen_afgerond(house: House, at: str) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna, at=at)
    browser.submit("volgende", methode=["sms"])
    set_up_sms(house, browser)
    assert browser.submit("nog-een-methode").name == "choose-methods"
    browser.submit("volgende", methode=["totp"])
    _secret, page = set_up_totp(browser)
    assert page.name == "enrolment-done"
    assert [word in page.document.text for word in ("Authenticator-app", "Sms")] == [True, True]
    assert browser.submit("afronden").name == "portal"


def test_a_reload_keeps_the_secret_of_the_app(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp"])
    secret = browser.page.text("totp-geheim")
    assert browser.get(browser.page.address).text("totp-geheim") == secret
    page = browser.submit("volgende", code="000000")
    assert (page.error, page.text("totp-geheim")) == ("code-invalid", secret)
    assert browser.submit("volgende", code=totp_code(secret)).name == "enrolment-done"


def test_another_method_can_be_chosen_on_the_page_that_sets_one_up(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp"])
    assert browser.submit("andere-methode").name == "choose-methods"
    browser.submit("volgende", methode=["sms"])
    assert set_up_sms(house, browser).name == "enrolment-done"
    with house.inside():
        assert [own.kind for own in credentials.of_account(anna.id)] == ["sms"]


def test_a_number_can_be_corrected_and_the_code_sent_to_the_old_one_is_void(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms"])
    browser.submit("volgende", telefoonnummer="06 11111111")
    old_code = house.newest_code()
    assert browser.submit("ander-nummer").find("telefoonnummer") is not None
    time.move(timedelta(seconds=1))
    page = browser.submit("volgende", telefoonnummer="06 22222222")
    assert "22" in page.document.text
    if house.newest_code() != old_code:
        assert browser.submit("volgende", code=old_code).error == "code-invalid"
    assert browser.submit("volgende", code=house.newest_code()).name == "enrolment-done"
    assert "06 •• •• •• 22" in browser.page.document.text


def test_a_start_password_is_replaced_right_after_the_second_step(house: House) -> None:
    anna, browser = add_person(house, code=True, password=None), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp", "sms"])
    secret, page = set_up_totp(browser)
    assert page.name == "set-password"
    assert browser.get("/mijn/applicaties").name == "login"
    browser.get(page.address)
    assert browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD).name == "enrol-sms"
    set_up_sms(house, browser)
    assert browser.submit("afronden").name == "portal"
    again = house.browser()
    assert identify(again, anna).error == "login-failed"
    assert identify(again, anna, password=NEW_PASSWORD).name == "choose-method"
    assert secret


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("", "fields-missing"),
        ("elf tekens!", "password-weak"),
        ("x" * 129, "password-weak"),
        ("j.devries123", "password-weak"),
        ("aaaaaaaaaaaaaaaa", "password-weak"),
        (None, "password-weak"),  # the start password itself
    ],
)
def test_a_weak_new_password_is_refused_with_the_reason(
    house: House, password: str | None, error: str
) -> None:
    anna, browser = add_person(house, totp=True, password=None), house.browser()
    assert sign_in(house, browser, anna).name == "set-password"
    page = browser.submit(
        "volgende", nieuw_wachtwoord=anna.password if password is None else password
    )
    assert (page.name, page.status, page.error) == ("set-password", 422, error)
    assert page.field_error("nieuw_wachtwoord")
    assert page.value("nieuw_wachtwoord") in {None, ""}
    assert browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD).name == "portal"


def test_who_stops_at_the_new_password_is_asked_for_it_next_time(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True, password=None), house.browser()
    sign_in(house, browser, anna)
    assert browser.submit("stoppen").name == "login"
    assert browser.get("/mijn/applicaties").name == "login"
    time.move(MINUTE)
    assert sign_in(house, browser, anna).name == "set-password"


def test_nothing_opens_before_a_method_is_confirmed(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    for address in ("/mijn/applicaties", "/mijn/beveiliging", "/mijn/handleidingen", "/"):
        assert browser.get(address).name == "login"
    assert browser.cookie("__Host-idp_session") is None


def test_the_window_survives_a_second_sign_in_in_the_same_browser(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    time.move(20 * MINUTE)
    assert identify(browser, anna, at="/2fa").name == "choose-methods"
    browser.submit("volgende", methode=["totp"])
    assert set_up_totp(browser)[1].name == "enrolment-done"


def test_who_typed_the_code_again_in_the_same_window_goes_on(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    page = browser.page
    assert anna.code is not None
    assert browser.submit("volgende", activatiecode=anna.code).name == "choose-methods"
    browser.get(page.address)
    assert browser.page.name == "choose-methods"


def test_signing_in_with_an_older_method_leaves_the_window_open(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True, code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    time.move(MINUTE)
    assert sign_in(house, browser, anna, at="/").name == "portal"
    time.move(MINUTE)
    assert identify(browser, anna, at="/2fa").name == "choose-methods"
    browser.submit("volgende", methode=["sms"])
    assert set_up_sms(house, browser).name == "enrolment-done"


@pytest.mark.parametrize("replaces", [False, True])
def test_a_new_code_adds_a_method_and_replaces_the_others_only_when_the_operator_said_so(
    house: House, time: Standing, replaces: bool
) -> None:
    anna = add_person(house, totp=True, phone="06 87654321")
    elsewhere = house.browser()
    assert sign_in(house, elsewhere, anna).name == "portal"
    time.move(MINUTE)
    code = issue_code(house, anna, replaces_methods=replaces)
    browser = house.browser()
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    assert browser.submit("volgende", activatiecode=code).name == "choose-methods"
    browser.submit("volgende", methode=["totp"])
    assert set_up_totp(browser)[1].name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"
    with house.inside():
        kinds = sorted(own.kind for own in credentials.of_account(anna.id))
    assert kinds == (["totp"] if replaces else ["sms", "totp", "totp"])
    assert elsewhere.get("/mijn/applicaties").name == ("login" if replaces else "portal")


def test_a_second_number_replaces_the_first(house: House) -> None:
    anna = add_person(house, phone="06 87654321", code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms"])
    page = set_up_sms(house, browser, "06 11111111")
    assert "06 •• •• •• 11" in page.document.text
    assert "06 •• •• •• 21" not in page.document.text
    with house.inside():
        assert len(credentials.of_account(anna.id)) == 1


def test_stopping_leaves_the_window_open_and_no_method_behind(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    assert browser.submit("stoppen").name == "login"
    with house.inside():
        assert credentials.of_account(anna.id) == []
        (code,) = activation_codes.of_account(anna.id)
        assert activation_codes.standing(code) == "window-open"
        assert account_of(anna).standing == "new"
    assert identify(browser, anna, at="/2fa").name == "choose-methods"


def test_who_takes_too_long_over_the_last_page_proves_the_new_method_and_goes_on(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp"])
    secret, page = set_up_totp(browser)
    time.move(31 * MINUTE)
    page = browser.submit("afronden")
    assert (page.name, page.error) == ("error", "session-expired")
    assert browser.go_on().name == "login"
    assert identify(browser, anna, at=None).name == "second-factor"
    assert browser.submit("volgende", code=totp_code(secret)).name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"
