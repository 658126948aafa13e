"""Time: every page says how much there is of it, more can be had, and who runs out of it types nothing twice.

WCAG 2.2 success criteria 2.2.1 and 2.2.6. What is bounded for safety (half a sign-in, the enrolment window) says so.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import clock
from idp.clock import Standing
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    NOW,
    PHONE,
    RELATION,
    House,
    Visitor,
    add_person,
    identify,
    issue_code,
    second_step,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)
from tests.support.pages import Page
from tests.support.run import Run

#: Time passes alike over every database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START_PASSWORD = None  # generated, to be replaced
TIME_IS_UP = (400, "session-expired")


def says_until(page: Page) -> str:
    """The time on the page's own clock, `10.30`, until which it can be finished."""
    times = [one.text for one in page.at("tijd").descendants("time")]
    assert len(times) == 1, page
    return times[0].removesuffix(" uur")


def on_the_wall(ahead: timedelta) -> str:
    """What the clock on the wall shows so much later than the start of the test."""
    return f"{(NOW + ahead).astimezone(clock.HERE):%H.%M}"


def signs_out_at(page: Page) -> str:
    """The time at which the portal says that it signs out."""
    warning = next(
        one for one in page.document.descendants("p") if "data-warning" in one.attributes
    )
    return next(one.text for one in warning.descendants("time")).removesuffix(" uur")


# --- the session -----------------------------------------------------------------------------------------------------


def test_one_press_keeps_somebody_signed_in_and_it_helps_more_than_ten_times(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = sign_in(house, browser, anna)
    assert signs_out_at(page) == on_the_wall(30 * MINUTE)
    for times in range(1, 17):
        time.move(28 * MINUTE)
        page = browser.submit("blijven")
        assert page.name == "portal"
        assert signs_out_at(page) == on_the_wall(times * 28 * MINUTE + 30 * MINUTE)


@pytest.mark.parametrize("address", ["/mijn/beveiliging", "/mijn/handleidingen/inloggen"])
def test_staying_signed_in_leaves_people_where_they_were(
    house: House, time: Standing, address: str
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    name = browser.get(address).name
    time.move(29 * MINUTE)
    assert browser.submit("blijven").name == name
    time.move(29 * MINUTE)
    assert browser.get(address).name == name


def test_the_time_left_is_told_in_seconds_so_that_a_wrong_clock_of_the_computer_is_no_matter(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = sign_in(house, browser, anna)
    (left,) = [one.get("data-session-left") for one in page.document.descendants("div")
               if one.get("data-session-left")]  # fmt: skip
    assert left == "1800"


def test_when_eight_hours_are_nearly_over_no_button_promises_more(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    for _ in range(15):
        time.move(29 * MINUTE)
        browser.get("/mijn/applicaties")
    time.moment = NOW + 7.6 * HOUR
    page = browser.get("/mijn/applicaties")
    assert signs_out_at(page) == on_the_wall(8 * HOUR)
    assert "Daarna kunt u opnieuw inloggen." in page.document.text
    assert page.find("blijven") is None


# --- half a sign-in --------------------------------------------------------------------------------------------------


def test_every_page_after_the_password_says_until_when_signing_in_can_be_finished(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    assert browser.get("/").find("tijd") is None  # nothing has begun yet: a night is no matter
    ends = on_the_wall(10 * MINUTE)
    assert says_until(identify(browser, anna)) == ends
    time.move(4 * MINUTE)
    assert says_until(browser.submit("volgende", methode="sms")) == ends
    assert says_until(browser.submit("volgende")) == ends
    assert says_until(browser.submit("volgende", code="")) == ends
    time.moment = NOW + 10 * MINUTE
    browser.submit("opnieuw")
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def test_every_page_of_first_set_up_says_until_when(house: House, time: Standing) -> None:
    anna, browser = add_person(house, code=True, password=START_PASSWORD), house.browser()
    ends = on_the_wall(30 * MINUTE)
    assert says_until(identify(browser, anna, at="/2fa")) == ends
    time.move(2 * MINUTE)
    assert says_until(browser.submit("volgende")) == ends
    assert says_until(browser.submit("volgende", activatiecode="")) == ends
    assert says_until(browser.submit("volgende", activatiecode=anna.code or "")) == ends
    assert says_until(browser.submit("volgende", methode=["totp", "sms"])) == ends
    _secret, page = set_up_totp(browser)
    assert (page.name, says_until(page)) == ("set-password", ends)


def test_a_window_that_ends_sooner_than_the_sign_in_is_what_the_page_tells(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    time.move(20 * MINUTE)
    page = identify(browser, anna, at="/2fa")  # in another tab: this password counts till 50
    assert (page.name, says_until(page)) == ("choose-methods", on_the_wall(30 * MINUTE))


def test_adding_a_method_says_until_when_too(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    assert says_until(browser.submit("methode-toevoegen")) == on_the_wall(30 * MINUTE)


@pytest.mark.parametrize(("kind", "minutes"), [("second-factor", 10), ("activation-code", 30)])
def test_number_and_name_need_not_be_typed_again_by_who_took_too_long(
    house: House, time: Standing, kind: str, minutes: int
) -> None:
    setting_up = kind == "activation-code"
    anna, browser = add_person(house, totp=not setting_up, code=setting_up), house.browser()
    identify(browser, anna, at="/2fa" if setting_up else "/")
    if setting_up:
        browser.submit("volgende")
    assert browser.page.name == kind
    time.move(minutes * MINUTE + timedelta(seconds=1))
    page = browser.get(browser.page.address)
    assert (page.status, page.error) == TIME_IS_UP
    page = browser.go_on()
    assert (page.value("relatienummer"), page.value("gebruikersnaam")) == (RELATION, anna.username)
    assert not page.value("wachtwoord")
    page = browser.submit("volgende", wachtwoord=anna.password)
    assert page.name == kind


def test_somebody_elses_browser_learns_no_name_from_a_sign_in_that_took_too_long(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    address = identify(browser, anna).address
    time.move(11 * MINUTE)
    browser.get(address)
    for where in (address, address.rpartition("/stap")[0]):
        page = house.browser().get(where)
        assert page.error == "other-browser"
        assert anna.username not in page.html


# --- time runs out in the middle -------------------------------------------------------------------------------------


def test_a_sign_in_page_typed_into_for_an_hour_loses_nothing(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    browser.get("/")
    time.move(HOUR)
    page = identify(browser, anna, at=None, password="een typefout")
    assert (page.error, page.value("gebruikersnaam")) == ("login-failed", anna.username)
    page = browser.submit("volgende", wachtwoord=anna.password)
    assert second_step(house, browser, anna, page).name == "portal"


@pytest.mark.parametrize("left_at", ["activation-intro", "activation-code"])
def test_first_set_up_left_open_for_an_hour_goes_on_with_the_same_code(
    house: House, time: Standing, left_at: str
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    page = identify(browser, anna, at="/2fa")
    if left_at == "activation-code":
        page = browser.submit("volgende")
    assert page.name == left_at
    time.move(HOUR)
    fields = {"activatiecode": anna.code or ""} if left_at == "activation-code" else {}
    page = browser.submit("volgende", **fields)
    assert (page.status, page.error) == TIME_IS_UP
    browser.go_on()
    page = browser.submit("volgende", wachtwoord=anna.password)
    if page.name == "activation-intro":
        browser.submit("volgende")
    assert browser.submit("volgende", activatiecode=anna.code or "").name == "choose-methods"


def test_a_method_page_left_open_for_an_hour_says_that_a_new_code_is_needed(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode="totp")
    secret = browser.page.text("totp-geheim")
    time.move(HOUR)
    page = browser.submit("volgende", code=totp_code(secret))
    assert (page.status, page.error) == TIME_IS_UP
    browser.go_on()
    page = browser.submit("volgende", wachtwoord=anna.password)
    assert page.error == "activation-window-closed"
    code = issue_code(house, anna)
    browser.get("/2fa")
    identify(browser, anna, at=None)
    if browser.page.name == "activation-intro":
        browser.submit("volgende")
    browser.submit("volgende", activatiecode=code)
    browser.submit("volgende", methode="totp")
    assert set_up_totp(browser)[1].name == "enrolment-done"


def test_a_session_that_ends_while_a_method_is_added_asks_to_sign_in_and_goes_on(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    browser.submit("methode-toevoegen")
    time.move(31 * MINUTE)
    page = browser.submit("volgende", methode="sms")
    assert page.name == "error"
    assert browser.go_on().name == "login"
    page = second_step(house, browser, anna, identify(browser, anna, at=None))
    assert page.name == "choose-methods"


def test_a_session_that_ends_while_an_application_waits_for_the_second_step_goes_back_to_it(
    house: House, time: Standing, run: Run
) -> None:
    provider = Provider.of(house, run)
    shop, anna = provider.application(), provider.person(totp=True)
    browser = house.browser()
    assert sign_in(house, browser, anna).name == "portal"
    time.move(6 * MINUTE)
    shop.visit(browser, max_age="60")
    assert browser.page.name == "login"
    time.move(HOUR)  # the session is over, and the page is still open
    page = identify(browser, anna, at=None)
    assert "code" in shop.answer(second_step(house, browser, anna, page))


def test_a_question_about_signing_out_that_was_left_open_still_ends_signed_out(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    browser.get("/uitloggen")
    time.move(HOUR)
    assert browser.submit("uitloggen").name == "logged-out"
    assert signed_out(browser)


def signed_out(browser: Visitor) -> bool:
    """Whether the portal is closed."""
    return browser.get("/mijn/applicaties").name == "login"
