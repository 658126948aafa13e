"""What can be wrong with an activation code: each trouble by its own name, with what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from idp import clock
from idp.accounts import activation_codes
from idp.accounts.code_symbols import check_symbol
from idp.clock import Standing
from idp.secret_values import CROCKFORD
from tests.support.journeys import (
    NOW,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    identify,
    issue_code,
    set_up_totp,
    sign_in,
    to_the_methods,
)
from tests.support.pages import Page

MINUTE, DAY, SECOND = timedelta(minutes=1), timedelta(days=1), timedelta(seconds=1)
VALID_FOR = timedelta(seconds=1_814_400)  # 21 days


def symbols_of(code: str | None) -> str:
    assert code is not None
    return code.replace("-", "")


def wrong_but_well_formed(code: str | None) -> str:
    """Another code than this one, with a check symbol that fits: not a typing error."""
    symbols = symbols_of(code)[:-1]
    other = CROCKFORD[(CROCKFORD.index(symbols[0]) + 1) % 32] + symbols[1:]
    return other + check_symbol(other)


def mistyped(code: str | None) -> str:
    symbols = symbols_of(code)
    return CROCKFORD[(CROCKFORD.index(symbols[0]) + 1) % 32] + symbols[1:]


def at_the_code(house: House, person: Person) -> Visitor:
    """A browser on the page that asks for the code."""
    browser = house.browser()
    identify(browser, person, at="/2fa")
    assert browser.submit("volgende").name == "activation-code"
    return browser


def fill_in(browser: Visitor, code: str | None) -> Page:
    assert code is not None
    return browser.submit("volgende", activatiecode=code)


def on_the_form(page: Page, error: str) -> str:
    """The same page again, with this error; returns what the field says."""
    assert (page.name, page.status, page.error) == ("activation-code", 422, error)
    assert page.at("foutmelding").get("role") == "alert"
    said = page.field_error("activatiecode")
    assert said
    return said


def on_a_page(page: Page, error: str, status: int) -> None:
    """A page of its own: what happened, whom to call, a reference and no dead end."""
    assert (page.name, page.status, page.error) == ("error", status, error)
    assert page.text("foutmelding")
    assert len(page.text("kenmerk")) == 9
    assert "088 - 711 4888" in page.document.text


def tries_left(house: House, person: Person) -> int:
    with house.inside():
        return activation_codes.of_account(person.id)[0].tries_left


@pytest.mark.parametrize("typed", ["", "   ", "\t"])
def test_nothing_filled_in_costs_no_try(house: House, typed: str) -> None:
    anna = add_person(house, code=True)
    page = fill_in(at_the_code(house, anna), typed)
    on_the_form(page, "activation-code-missing")
    assert tries_left(house, anna) == 10


def test_a_typing_error_costs_no_try_and_is_told_apart(house: House) -> None:
    anna = add_person(house, code=True)
    browser = at_the_code(house, anna)
    for typed in (mistyped(anna.code), symbols_of(anna.code)[:-1], "hallo", "U" * 13):
        said = on_the_form(fill_in(browser, typed), "activation-code-typo")
        assert "typefout" in said
        assert "10 keer" in said
    assert tries_left(house, anna) == 10
    assert fill_in(browser, anna.code).name == "choose-methods"


def test_a_wrong_code_costs_a_try_and_tells_how_many_are_left(house: House) -> None:
    anna = add_person(house, code=True)
    browser = at_the_code(house, anna)
    for left in (9, 8, 7):
        said = on_the_form(
            fill_in(browser, wrong_but_well_formed(anna.code)), "activation-code-invalid"
        )
        assert f"{left} keer" in said
        assert tries_left(house, anna) == left
    assert fill_in(browser, anna.code).name == "choose-methods"


def test_after_ten_wrong_tries_the_right_code_no_longer_works(house: House, time: Standing) -> None:
    anna = add_person(house, code=True)
    browser = at_the_code(house, anna)
    form = browser.page.address
    for _ in range(9):
        assert fill_in(browser, wrong_but_well_formed(anna.code)).name == "activation-code"
    on_a_page(fill_in(browser, wrong_but_well_formed(anna.code)), "activation-code-attempts", 429)
    for again in (anna.code, wrong_but_well_formed(anna.code), mistyped(anna.code)):
        browser.get(form)
        on_a_page(fill_in(browser, again), "activation-code-attempts", 429)
    time.move(SECOND)
    new = issue_code(house, anna)
    browser.get(form)
    assert fill_in(browser, new).name == "choose-methods"


def test_tries_are_counted_over_all_sign_ins_and_browsers(house: House) -> None:
    anna = add_person(house, code=True)
    for left in (9, 8):
        fill_in(at_the_code(house, anna), wrong_but_well_formed(anna.code))
        assert tries_left(house, anna) == left


def test_the_code_of_somebody_else_is_a_wrong_code(house: House) -> None:
    anna = add_person(house, code=True)
    ben = add_person(house, "b.bakker", code=True)
    page = fill_in(at_the_code(house, anna), ben.code)
    on_the_form(page, "activation-code-invalid")
    assert fill_in(at_the_code(house, ben), ben.code).name == "choose-methods"


def test_a_newer_code_voids_the_older(house: House, time: Standing) -> None:
    anna = add_person(house, code=True)
    time.move(SECOND)
    new = issue_code(house, anna)
    browser = at_the_code(house, anna)
    form = browser.page.address
    on_a_page(fill_in(browser, anna.code), "activation-code-revoked", 410)
    browser.get(form)
    assert fill_in(browser, new).name == "choose-methods"


def test_a_code_that_was_taken_back_says_so(house: House) -> None:
    anna = add_person(house, code=True)
    with house.inside():
        activation_codes.revoke(account_of(anna), actor="desk")
    on_a_page(fill_in(at_the_code(house, anna), anna.code), "activation-code-revoked", 410)


def test_a_used_code_says_so_even_in_the_browser_that_used_it(house: House) -> None:
    anna = add_person(house, code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp"])
    set_up_totp(browser)
    browser.submit("afronden")
    for again in (browser, house.browser()):
        identify(again, anna, at="/2fa")
        again.submit("volgende")
        page = fill_in(again, anna.code)
        on_a_page(page, "activation-code-used", 410)
        assert again.go_on().name in {"login", "portal"}


def test_a_code_spent_in_another_browser_is_not_for_this_one(house: House) -> None:
    anna = add_person(house, code=True)
    to_the_methods(house.browser(), anna)
    page = fill_in(at_the_code(house, anna), anna.code)
    on_a_page(page, "other-browser", 400)
    assert page.text("foutmelding").startswith("Deze code is al ingevuld in een andere browser")
    assert (page.text("volgende"), page.at("volgende").get("href")) == (
        "Opnieuw beginnen",
        "/2fa",
    )


@pytest.mark.parametrize("seen", ["choose-methods", "enrol-totp"])
def test_a_window_that_closed_without_a_method_asks_for_a_new_code(
    house: House, time: Standing, seen: str
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    page = to_the_methods(browser, anna)
    if seen == "enrol-totp":
        page = browser.submit("volgende", methode=["totp"])
    assert page.name == seen
    time.move(20 * MINUTE)
    assert identify(browser, anna, at="/2fa").name == "choose-methods"
    other_tab = browser.page.address
    time.move(10 * MINUTE)
    on_a_page(browser.get(other_tab), "activation-window-closed", 410)
    on_a_page(fill_in(at_the_code(house, anna), anna.code), "activation-window-closed", 410)
    with house.inside():
        (code,) = activation_codes.of_account(anna.id)
        assert activation_codes.standing(code) == "window-closed"


def test_the_window_is_open_for_thirty_minutes_to_the_second(house: House, time: Standing) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    time.move(30 * MINUTE - SECOND)
    assert identify(browser, anna, at="/2fa").name == "choose-methods"
    time.move(SECOND)
    on_a_page(browser.get(browser.page.address), "activation-window-closed", 410)


@pytest.mark.parametrize(
    "issued",
    [
        NOW,
        datetime(2027, 3, 10, 10, 30, tzinfo=UTC),  # summer time begins within the 21 days
        datetime(2027, 3, 7, 0, 30, tzinfo=UTC),  # and on the very night
        datetime(2026, 10, 20, 10, 30, tzinfo=UTC),  # summer time ends
        datetime(2026, 10, 4, 0, 30, tzinfo=UTC),
        datetime(2028, 2, 10, 12, 0, tzinfo=UTC),  # a leap day
    ],
    ids=str,
)
def test_a_code_works_exactly_21_days_whatever_the_clocks_do(
    house: House, time: Standing, issued: datetime
) -> None:
    time.moment = issued
    anna = add_person(house, code=True)
    ben = add_person(house, "b.bakker", code=True)
    time.moment = issued + VALID_FOR - SECOND
    assert fill_in(at_the_code(house, anna), anna.code).name == "choose-methods"
    time.moment = issued + VALID_FOR
    page = fill_in(at_the_code(house, ben), ben.code)
    on_a_page(page, "activation-code-expired", 410)
    day = time.moment.astimezone(clock.HERE).day
    assert "21 dagen" in page.document.text
    assert f"sinds {day} " in page.document.text


def test_at_the_front_door_only_a_live_code_leads_to_activation(
    house: House, time: Standing
) -> None:
    anna = add_person(house, code=True)
    assert identify(house.browser(), anna).name == "activation-intro"
    time.move(VALID_FOR)
    page = identify(house.browser(), anna)
    on_a_page(page, "no-method", 403)


def test_without_any_code_a_wrong_one_has_no_tries_to_tell(house: House) -> None:
    anna = add_person(house)
    said = on_the_form(fill_in(at_the_code(house, anna), "0" * 13), "activation-code-invalid")
    assert "keer" not in said


def test_nothing_about_a_code_is_told_before_the_password(house: House, time: Standing) -> None:
    anna = add_person(house, code=True)
    time.move(VALID_FOR + DAY)
    page = identify(house.browser(), anna, at="/2fa", password="fout")
    assert (page.name, page.error) == ("login", "login-failed")


def test_who_activated_signs_in_the_next_day_with_what_was_set_up(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["totp"])
    secret, _page = set_up_totp(browser)
    browser.submit("afronden")
    time.move(DAY)
    known = Person(**(vars(anna) | {"totp": secret}))
    assert sign_in(house, house.browser(), known).name == "portal"
