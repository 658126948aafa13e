"""Another password: by who knows the present one, none that is guessed or leaked; the old one opens nothing more."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp import breach_list, clock
from idp.accounts import directory
from idp.assurance import Level
from idp.clock import Standing
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    NEW_PASSWORD,
    NOW,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    identify,
    open_house,
    sign_in,
    totp_code,
)
from tests.support.pages import Page
from tests.support.run import Run

MINUTE = timedelta(minutes=1)
CHANGE = "/mijn/beveiliging/wachtwoord"
LEAKED = "lantaarn roeispaan gelekt"


def changes(browser: Visitor, person: Person, to: str = NEW_PASSWORD, **fields: str) -> Page:
    browser.get(CHANGE)
    return browser.submit(
        "volgende", **({"huidig_wachtwoord": person.password, "nieuw_wachtwoord": to} | fields)
    )


def test_a_password_is_changed_and_the_old_one_opens_nothing_more(
    house: House, run: Run, time: Standing
) -> None:
    provider = Provider.of(house, run)
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    anna = provider.person(totp=True)
    elsewhere, half, browser = house.browser(), house.browser(), house.browser()
    sign_in(house, elsewhere, anna)
    time.move(MINUTE)
    identify(half, anna)
    shop.visit(browser)
    identify(browser, anna, at=None)
    page = browser.submit("volgende", code=totp_code(anna.totp))
    tokens = shop.redeem(shop.answer(page)["code"]).json
    page = browser.get("/mijn/beveiliging")
    assert browser.get(page.at("wachtwoord-wijzigen").attributes["href"]).name == "change-password"
    page = changes(browser, anna)
    assert page.name == "security"
    assert "U hebt een nieuw wachtwoord." in page.document.text
    assert elsewhere.get("/mijn/applicaties").name == "login"
    assert half.get(half.page.address).error == "session-expired"
    assert shop.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert identify(house.browser(), anna).error == "login-failed"
    page = identify(house.browser(), anna, password=NEW_PASSWORD)
    assert page.name == "second-factor"


@pytest.mark.parametrize(
    ("fields", "error", "field", "sentence"),
    [
        ({"huidig_wachtwoord": ""}, "fields-missing", "huidig", "Vul uw huidige wachtwoord in"),
        ({"nieuw_wachtwoord": ""}, "fields-missing", "nieuw", "Vul een nieuw wachtwoord in"),
        ({"huidig_wachtwoord": "mis"}, "password-wrong", "huidig", "niet uw huidige wachtwoord"),
        ({"nieuw_wachtwoord": "elf tekens!"}, "password-weak", "nieuw", "minstens 12 tekens"),
        ({"nieuw_wachtwoord": "x" * 129}, "password-weak", "nieuw", "hoogstens 128 tekens"),
        ({"nieuw_wachtwoord": "fietsenmaker2024"}, "password-weak", "nieuw", "te raden"),
        ({"nieuw_wachtwoord": "vier losse woorden fietsen"}, "password-weak", "nieuw", "oude"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_changes_nothing(
    house: House, fields: dict[str, str], error: str, field: str, sentence: str
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    page = changes(browser, anna, **fields)
    assert (page.status, page.name, page.error) == (422, "change-password", error)
    assert sentence in (page.field_error(f"{field}_wachtwoord") or "")
    assert anna.password not in page.html
    with house.inside():
        assert account_of(anna).password_is_temporary is False
    assert identify(house.browser(), anna).name == "second-factor"


def test_five_wrong_guesses_at_the_present_password_make_waiting_needed_there_alone(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    for _ in range(5):
        assert changes(browser, anna, huidig_wachtwoord="mis").error == "password-wrong"
    page = changes(browser, anna)
    assert (page.status, page.error) == (429, "throttled")
    assert identify(house.browser(), anna).name == "second-factor"
    time.move(MINUTE)
    assert changes(browser, anna).name == "security"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_spoke_to_the_servicedesk_need_not_wait(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    for _ in range(5):
        changes(browser, anna, huidig_wachtwoord="mis")
    assert changes(browser, anna).error == "throttled"
    with house.inside():
        directory.block_account(account_of(anna), actor="a test")
        directory.unblock_account(account_of(anna), actor="a test")
    time.move(MINUTE / 2)  # a time step of the app is good once
    again = house.browser()
    sign_in(house, again, anna)
    assert changes(again, anna).name == "security"


def test_steps_of_six_minutes_ago_are_taken_again_before_a_password_is_changed(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    browser.get(CHANGE)
    time.move(6 * MINUTE)
    page = browser.submit(
        "volgende", huidig_wachtwoord=anna.password, nieuw_wachtwoord=NEW_PASSWORD
    )
    assert page.name == "login"
    assert identify(browser, anna, at=None).name == "second-factor"  # the old one still opens
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "change-password"


def test_where_a_password_opens_an_application_by_itself_it_has_fifteen_characters(
    house: House, run: Run
) -> None:
    provider = Provider.of(house, run)
    anna, browser = provider.person(totp=True), house.browser()
    sign_in(house, browser, anna)
    fourteen, fifteen = "uil pet kano q", "uil pet kano qz"
    assert (len(fourteen), len(fifteen)) == (14, 15)
    provider.application("laag", level=Level.LAAG)
    page = changes(browser, anna, fourteen)
    assert "minstens 15 tekens" in (page.field_error("nieuw_wachtwoord") or "")
    assert changes(browser, anna, fifteen).name == "security"


# --- leaked passwords ------------------------------------------------------------------------------------------------


@pytest.fixture
def leaks(tmp_path: Path) -> Path:
    """A list with one password."""
    digest = hashlib.sha1(LEAKED.encode(), usedforsecurity=False).hexdigest()
    breach_list.make([digest.encode()], tmp_path / "leaks")
    return tmp_path / "leaks"


@pytest.fixture
def careful(database_url: str, leaks: Path, tmp_path: Path) -> Iterator[House]:
    """A house that knows what leaked."""
    with clock.standing_at(NOW):
        yield open_house(database_url, tmp_path, breached_passwords=leaks)


def test_a_password_that_leaked_elsewhere_is_not_taken(careful: House) -> None:
    anna, browser = add_person(careful, totp=True), careful.browser()
    sign_in(careful, browser, anna)
    page = changes(browser, anna, LEAKED)
    assert (page.status, page.error) == (422, "password-weak")
    assert "lijst van gelekte wachtwoorden" in (page.field_error("nieuw_wachtwoord") or "")
    assert changes(browser, anna, f"{LEAKED}!").name == "security"


def test_nor_in_the_place_of_a_start_password(careful: House) -> None:
    anna, browser = add_person(careful, totp=True, password=None), careful.browser()
    assert sign_in(careful, browser, anna).name == "set-password"
    assert browser.submit("volgende", nieuw_wachtwoord=LEAKED).error == "password-weak"
    assert browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD).name == "portal"


def test_while_the_list_gives_no_answer_no_password_is_taken(careful: House, leaks: Path) -> None:
    anna, browser = add_person(careful, totp=True), careful.browser()
    ben, other = add_person(careful, "ben", totp=True, password=None), careful.browser()
    sign_in(careful, browser, anna)
    assert changes(browser, anna, LEAKED).error == "password-weak"  # by now it is open
    whole = leaks.read_bytes()
    os.truncate(leaks, 100)
    page = changes(browser, anna)
    assert (page.status, page.error) == (503, "password-check-away")
    assert "Uw oude wachtwoord werkt nog." in page.document.text
    sign_in(careful, other, ben)
    assert other.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD).error == "password-check-away"
    assert identify(careful.browser(), anna).name == "second-factor"
    leaks.write_bytes(whole)
    assert browser.go_on().name == "change-password"
    assert changes(browser, anna).name == "security"
    assert other.go_on().name == "set-password"
