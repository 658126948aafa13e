"""Guessing is slow, whoever is guessed, also a name that does not exist; and nobody talks their way out of a wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from idp import throttle
from idp.accounts import activation_codes, directory
from idp.clock import Standing
from idp.database import db
from idp.models import ThrottleCounter
from idp.throttle import SIGN_IN
from tests.support.journeys import (
    PHONE,
    RELATION,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    house_of_this_worker,
    identify,
    open_house,
    second_step,
    sign_in,
    totp_code,
    wrong_code,
)
from tests.support.pages import Page
from tests.support.run import Run

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
T = TypeVar("T")


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


def at_once(count: int, task: Callable[[int], T]) -> list[T]:
    """Do a task in so many threads, all let go at the same moment."""
    barrier, results, troubles = threading.Barrier(count), list[T](), list[BaseException]()

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            results.append(task(number))
        except BaseException as trouble:  # noqa: BLE001 - it is raised below, in the thread of the test
            troubles.append(trouble)

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    if troubles:
        raise troubles[0]
    assert len(results) == count
    return results


def told(page: Page) -> tuple[int, str | None, str | None, str | None]:
    """What an answer lets somebody learn."""
    return page.status, page.name, page.error, page.headers.get("Retry-After")


def try_to_sign_in(browser: Visitor, relation: str, username: str, password: str) -> Page:
    browser.get("/")
    return browser.submit(
        "volgende", relatienummer=relation, gebruikersnaam=username, wachtwoord=password
    )


# --- names and passwords ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("relation", "username"),
    [(RELATION, "j.devries"), (RELATION, "niemand"), ("99999999", "j.devries"), ("abc", "x")],
)
def test_delays_are_the_same_for_names_that_exist_and_names_that_do_not(
    house: House, time: Standing, relation: str, username: str
) -> None:
    add_person(house, totp=True)
    browser = house.browser()
    course = []
    for wait in (0, 0, 0, 0, 0, 29, 1, 59, 1, 119, 1, 239, 1):
        time.move(wait * SECOND)
        course.append(told(try_to_sign_in(browser, relation, username, "fout")))
    wrong = (422, "login", "login-failed", None)

    too_soon = (429, "error", "throttled", "1")

    assert course == [
        *[wrong] * 5,
        too_soon,
        wrong,
        too_soon,
        wrong,
        too_soon,
        wrong,
        too_soon,
        wrong,
    ]


def test_the_right_password_during_the_wait_is_refused_like_a_wrong_one(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    for _ in range(5):
        identify(browser, anna, password="fout")
    answers = [told(identify(browser, anna, password=one)) for one in ("fout", anna.password)]
    assert answers[0] == answers[1] == (429, "error", "throttled", "30")
    time.move(30 * SECOND)
    assert identify(browser, anna).name == "second-factor"


def test_a_wait_holds_for_every_spelling_browser_and_door(house: House) -> None:
    anna = add_person(house, totp=True)
    spellings = [
        (RELATION, "j.devries"),
        ("00" + RELATION, "J.DEVRIES"),
        ("1002.3456", " ｊ.devries"),
    ]
    for number in range(5):
        relation, username = spellings[number % 3]
        try_to_sign_in(house.browser(), relation, username, "fout")
    for relation, username in spellings:
        assert try_to_sign_in(house.browser(), relation, username, "fout").error == "throttled"
    assert identify(house.browser(), anna, at="/2fa").error == "throttled"


def test_one_name_that_waits_leaves_its_neighbours_alone(house: House) -> None:
    anna = add_person(house, totp=True)
    ben = add_person(house, "b.bakker", totp=True)
    namesake = add_person(house, anna.username, relation="10034567", totp=True)
    for _ in range(5):
        identify(house.browser(), anna, password="fout")
    assert identify(house.browser(), anna).error == "throttled"
    for person in (ben, namesake):
        assert identify(house.browser(), person).name == "second-factor"


def test_a_right_password_forgives_what_went_wrong_before(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    for _ in range(3):
        for _ in range(4):
            assert identify(browser, anna, password="fout").error == "login-failed"
        assert identify(browser, anna).name == "second-factor"


def test_a_rush_of_first_tries_does_not_slip_through_between_looking_and_counting(
    house: House,
) -> None:
    def attempt(_number: int) -> bool:
        with house.app.app_context():
            allowed = throttle.attempt("rush", SIGN_IN) is None
            db.session.commit()
            return allowed

    assert sorted(at_once(12, attempt)) == [False] * 7 + [True] * 5


def test_a_rush_of_sign_ins_tries_no_more_than_five_passwords(house: House) -> None:
    anna = add_person(house, totp=True)
    browsers = [house.browser() for _ in range(10)]
    for browser in browsers:
        browser.get("/")
    answers = at_once(
        10, lambda number: identify(browsers[number], anna, at=None, password=f"fout {number}")
    )
    assert sorted(page.error or "" for page in answers) == ["login-failed"] * 5 + ["throttled"] * 5


def test_one_address_has_a_budget_of_failures_over_all_names(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    budget = throttle.FAILURES_PER_ORIGIN
    with house.inside():
        counter = throttle.key("sign-in-origin", "127.0.0.1")
        for _ in range(budget.times - 1):
            throttle.spend(counter, budget)
    assert try_to_sign_in(house.browser(), RELATION, "iemand", "fout").error == "login-failed"
    forged = house.browser(
        headers={"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.8"}
    )
    for browser in (house.browser(), forged):
        assert told(identify(browser, anna)) == (429, "error", "throttled", "900")
    time.move(budget.window)
    assert identify(house.browser(), anna).name == "second-factor"


@pytest.mark.parametrize(
    ("said", "counts_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),  # what the visitor made up stands before it
        ("203.0.113.7, 127.0.0.1", "203.0.113.7"),
        ("", "127.0.0.1"),
        ("x" * 500, ""),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),  # one subscriber has the whole /64
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
    ],
)
def test_only_a_trusted_proxy_says_where_somebody_is(
    database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    time: Standing,
    said: str,
    counts_as: str,
) -> None:
    folder = tmp_path_factory.mktemp("proxied")
    house = open_house(database_url, folder, trusted_proxies=("127.0.0.1",))
    browser = house.browser(headers={"X-Forwarded-For": said})
    try_to_sign_in(browser, RELATION, "iemand", "fout")
    with house.inside():
        kept = db.session.get(ThrottleCounter, throttle.key("sign-in-origin", counts_as))
        assert kept is not None


# --- the second step -------------------------------------------------------------------------------------------------


def wrong_steps(house: House, anna: Person, browser: Visitor, times: int) -> list[str | None]:
    """So many wrong codes from the app, over as many sign-ins as that takes; the errors they got."""
    errors = []
    identify(browser, anna)
    for _ in range(times):
        if browser.page.name != "second-factor":
            identify(browser, anna)
        page = browser.submit("volgende", code=wrong_code(totp_code(anna.totp)))
        errors.append(page.error)
    return errors


def test_wrong_steps_are_counted_over_all_sign_ins_and_then_nobody_may_try(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    again_and_again = [*["code-invalid"] * 4, "code-attempts"] * 2
    assert wrong_steps(house, anna, house.browser(), 10) == again_and_again
    browser = house.browser()
    page = identify(browser, anna)
    assert page.name == "second-factor"
    assert told(second_step(house, browser, anna, page)) == (429, "error", "throttled", "900")
    time.move(15 * MINUTE - SECOND)
    page = identify(browser, anna)
    assert second_step(house, browser, anna, page).error == "throttled"
    time.move(SECOND)
    page = identify(browser, anna)
    assert second_step(house, browser, anna, page).name == "portal"


def test_the_wait_holds_for_every_method_of_the_account(house: House) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    with house.inside():
        counter = throttle.key("second-step", anna.id)
        for _ in range(10):
            throttle.attempt(counter, throttle.SECOND_STEP)
    browser = house.browser()
    for kind in ("totp", "sms"):
        identify(browser, anna)
        browser.submit("volgende", methode=kind)
        if kind == "sms":
            browser.submit("volgende")
        code = house.newest_code() if kind == "sms" else totp_code(anna.totp)
        assert browser.submit("volgende", code=code).error == "throttled"


def test_an_operator_who_spoke_to_the_person_ends_every_wait(house: House) -> None:
    anna = add_person(house, totp=True)
    with house.inside():
        account = account_of(anna)
        name = throttle.sign_in_key(account.relation.number, account.username_key)
        step = throttle.second_step_key(account.id)
        for counter, policy in ((name, throttle.SIGN_IN), (step, throttle.SECOND_STEP)):
            for _ in range(policy.free):
                throttle.attempt(counter, policy)
            assert throttle.attempt(counter, policy) is not None
        activation_codes.issue(account, channel="letter", actor="operator:test")
        assert throttle.attempt(step, throttle.SECOND_STEP) is None
        directory.reset_password(account, actor="operator:test")
        assert throttle.attempt(name, throttle.SIGN_IN) is None


def test_a_right_step_forgives_what_went_wrong_before(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    for _ in range(3):
        wrong_steps(house, anna, house.browser(), 4)
        time.move(MINUTE)
        assert sign_in(house, house.browser(), anna).name == "portal"


def test_giving_up_before_the_fifth_wrong_step_resets_nothing(house: House) -> None:
    anna = add_person(house, totp=True)
    for wrong in (4, 4, 2):
        wrong_steps(house, anna, house.browser(), wrong)
    assert sign_in(house, house.browser(), anna).error == "throttled"


def test_asking_for_a_new_text_brings_no_new_tries(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    identify(browser, anna)
    browser.submit("volgende")
    errors = []
    for number in range(5):
        page = browser.submit("volgende", code=wrong_code(house.newest_code()))
        errors.append((page.name, page.error))
        if number == 2:
            time.move(MINUTE)
            browser.submit("opnieuw")
    form = ("second-factor", "code-invalid")
    assert errors == [
        form,
        form,
        ("second-factor", "code-attempts"),
        form,
        ("error", "code-attempts"),
    ]


def test_a_rush_of_guesses_at_one_sign_in_learns_no_more_than_five(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = identify(browser, anna)
    token, right = browser.token(), totp_code(anna.totp)
    thieves = [house.browser() for _ in range(12)]
    for thief in thieves:
        thief.take_over(browser, "__Host-idp_browser", "__Host-idp_csrf")

    def guess(number: int) -> Page:
        code = f"{(int(right) + number + 1) % 1_000_000:06}"
        return thieves[number].send("POST", page.address, code=code, csrf_token=token)

    answers = [one.error for one in at_once(12, guess)]
    learned = [error for error in answers if error in {"code-invalid", "code-attempts"}]
    assert 1 <= len(learned) <= 5
    assert set(answers) <= {"code-invalid", "code-attempts", "out-of-turn"}
    with house.inside():
        counter = db.session.get(ThrottleCounter, throttle.key("second-step", account_of(anna).id))
        assert counter is not None
        assert counter.count >= len(learned)


def test_a_wrong_password_never_sends_a_text(house: House) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    identify(browser, anna, password="fout")
    assert house.phone() == []


@pytest.mark.parametrize(("minutes_between", "sent"), [(1, 5), (13, 10)])
def test_texts_are_limited_per_hour_and_per_day(
    house: House, time: Standing, minutes_between: int, sent: int
) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    for _ in range(sent + 2):
        identify(browser, anna)
        browser.submit("volgende")
        time.move(minutes_between * MINUTE)
    assert len(house.phone()) == sent


def test_two_taps_at_once_send_one_text(house: House) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    page = identify(browser, anna)
    token = browser.token()
    taps = [house.browser() for _ in range(4)]
    for tap in taps:
        tap.take_over(browser, "__Host-idp_browser", "__Host-idp_csrf")
    at_once(4, lambda number: taps[number].send("POST", page.address, csrf_token=token))
    assert len(house.phone()) == 1
    browser.get(page.address)
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"


def test_nothing_in_a_request_changes_where_a_text_goes(house: House) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    page = identify(browser, anna)
    elsewhere: dict[str, Any] = {
        "telefoonnummer": "0687654321",
        "to": "+31687654321",
        "number": "0687654321",
    }
    browser.send("POST", page.address, csrf_token=browser.token(), **elsewhere)
    assert [message["to"] for message in house.phone()] == ["+31612345678"]
