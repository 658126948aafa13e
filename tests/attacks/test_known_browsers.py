"""A stranger cannot lock anybody out, and what keeps strangers apart from owners opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp import throttle
from idp.accounts import activation_codes, credentials, directory
from idp.accounts.notices import Notice
from idp.clock import Standing
from idp.database import db
from idp.flows import known_browsers
from idp.flows.known_browsers import COOKIE, LASTS, MOST
from idp.models import Account, AuditEvent, Delivery, ThrottleCounter
from idp.throttle import SECOND_STEP, SIGN_IN
from tests.support.journeys import (
    RELATION,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    identify,
    second_step,
    sign_in,
    totp_code,
    wrong_code,
)

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)


def at_home(house: House, person: Person) -> Visitor:
    """The browser in which somebody always signs in; signed out again."""
    browser = house.browser()
    assert sign_in(house, browser, person).name == "portal"
    browser.forget("__Host-idp_session")
    return browser


def lock(house: House, person: Person, failures: int = SIGN_IN.free) -> None:
    """Strangers fail so often."""
    with house.inside():
        counter = throttle.sign_in_key(person.relation, person.username)
        for _ in range(failures):
            throttle.attempt(counter, SIGN_IN)


def events(house: House, name: str) -> list[AuditEvent]:
    with house.inside():
        rows = list(db.session.query(AuditEvent).filter_by(event=name).order_by(AuditEvent.id))
        db.session.expunge_all()
    return rows


def with_mark(house: House, value: str) -> Visitor:
    """A browser with that cookie, and no other."""
    browser = house.browser()
    browser.plant(COOKIE, value)
    return browser


def test_a_stranger_who_fails_makes_everybody_wait_but_the_owner(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    stranger = house.browser()
    time.move(MINUTE)
    for _ in range(SIGN_IN.free):
        assert identify(stranger, anna, password="fout").error == "login-failed"
    assert identify(stranger, anna).error == "throttled"
    assert identify(house.browser(), anna).error == "throttled"
    assert sign_in(house, home, anna).name == "portal"
    assert identify(stranger, anna).error == "throttled", "nor does the owner help the stranger"


@ONE
def test_not_even_a_stopped_name_stops_its_owner(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    with house.inside():
        counter = throttle.sign_in_key(anna.relation, anna.username)
        for _ in range(SIGN_IN.stop):
            time.move(15 * MINUTE)
            assert throttle.attempt(counter, SIGN_IN) is None
    time.move(timedelta(days=100))
    assert identify(house.browser(), anna).error == "throttled", "waiting does not help"
    assert sign_in(house, home, anna).name == "portal"
    with house.inside():
        directory.reset_password(account_of(anna), actor="operator:test")
    assert identify(house.browser(), anna, password="fout").error == "login-failed"


def test_a_known_browser_waits_for_its_own_failures_and_for_nobody_elses(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    home, office = at_home(house, anna), house.browser()
    time.move(MINUTE)
    assert sign_in(house, office, anna).name == "portal"
    office.forget("__Host-idp_session")
    for _ in range(SIGN_IN.free):
        assert identify(home, anna, password="fout").error == "login-failed"
    assert identify(home, anna).error == "throttled", "the right password during the wait"
    time.move(MINUTE)
    assert sign_in(house, office, anna).name == "portal"
    assert sign_in(house, house.browser(), anna).name != "portal"  # that code is used
    time.move(MINUTE)
    assert sign_in(house, home, anna).name == "portal"


def test_the_second_step_is_counted_apart_too(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    home, thief = at_home(house, anna), house.browser()
    with house.inside():
        for _ in range(SECOND_STEP.free):
            throttle.attempt(throttle.second_step_key(anna.id), SECOND_STEP)
    time.move(MINUTE)
    page = identify(thief, anna)
    assert second_step(house, thief, anna, page).error == "throttled"
    assert sign_in(house, home, anna).name == "portal"
    home.forget("__Host-idp_session")
    for _ in range(SECOND_STEP.free):
        if home.page.name != "second-factor":
            identify(home, anna)
        home.submit("volgende", code=wrong_code(totp_code(anna.totp)))
    time.move(MINUTE)
    assert sign_in(house, home, anna).error == "throttled"


@ONE
def test_a_known_browser_is_no_step_of_signing_in(house: House) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    thief = with_mark(house, home.cookie(COOKIE) or "")
    assert identify(thief, anna, password="fout").error == "login-failed"
    assert identify(thief, anna).name == "second-factor"
    assert thief.get("/mijn/applicaties").name != "portal"


@ONE
def test_a_copied_mark_shares_the_tries_of_the_browser_it_was_copied_from(house: House) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    copies = [with_mark(house, home.cookie(COOKIE) or "") for _ in range(SIGN_IN.free)]
    for copy in copies:
        assert identify(copy, anna, password="fout").error == "login-failed"
    assert identify(with_mark(house, home.cookie(COOKIE) or ""), anna).error == "throttled"
    assert identify(house.browser(), anna).name == "second-factor", "strangers have their own"


@ONE
def test_a_mark_that_is_forged_or_of_another_account_gives_nothing(house: House) -> None:
    anna, ben = add_person(house, totp=True), add_person(house, "b.bakker", totp=True)
    mark = at_home(house, anna).cookie(COOKIE) or ""
    lock(house, anna)
    turned = "A" if mark[-1] != "A" else "B"
    early = "A" if mark[0] != "A" else "B"
    for forged in (
        at_home(house, ben).cookie(COOKIE) or "",
        mark[:-1] + turned,
        early + mark[1:],
        "A" * 52,
        mark[:-1],
        f"{mark[:51]}é",
        ".".join(["A" * 52] * MOST + [mark]),
        "." * 3000,
        "",
    ):
        assert identify(with_mark(house, forged), anna).error == "throttled"
    for good in (mark, ".".join(["A" * 52, mark])):
        assert identify(with_mark(house, good), anna).name == "second-factor"


@ONE
@pytest.mark.parametrize(
    "change",
    [
        lambda account: directory.reset_password(account, actor="test"),
        lambda account: credentials.remove_all(account, actor="test"),
        lambda account: activation_codes.issue(account, channel="letter", actor="test"),
        lambda account: directory.block_account(account, actor="test"),
        lambda account: directory.block_relation(account.relation, actor="test"),
    ],
    ids=["password reset", "methods reset", "new code", "blocked", "relation blocked"],
)
def test_a_mark_dies_when_access_is_reset_or_blocked(
    house: House, change: Callable[[Account], object]
) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    with house.inside():
        change(account_of(anna))
    lock(house, anna)
    assert identify(home, anna).error == "throttled"


@ONE
def test_a_mark_lasts_half_a_year_after_the_last_sign_in(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    for _ in range(2):
        time.move(LASTS - timedelta(days=1))
        lock(house, anna)
        assert sign_in(house, home, anna).name == "portal"
        home.forget("__Host-idp_session")
    time.move(LASTS)
    lock(house, anna)
    assert identify(home, anna).error == "throttled"


@ONE
def test_one_browser_is_known_for_a_few_accounts_the_latest_ones(house: House) -> None:
    people = [add_person(house, f"p{number}", totp=True) for number in range(MOST + 1)]
    shared = house.browser()
    for person in people:
        sign_in(house, shared, person)
        shared.forget("__Host-idp_session")
    assert len((shared.cookie(COOKIE) or "").split(".")) == MOST
    for person in people:
        lock(house, person)
    kept = [identify(shared, person).name == "second-factor" for person in people]
    assert kept == [False, *[True] * MOST]


@ONE
def test_the_mark_names_nobody(house: House) -> None:
    anna = add_person(house, totp=True)
    with house.app.test_request_context():
        fresh = {known_browsers.marked(anna.id, 0, None) for _ in range(3)}
    assert len(fresh) == 3, "nothing in it is the same for two browsers of one person"


@ONE
def test_a_new_browser_is_in_the_trail_and_told_to_the_person(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    home = at_home(house, anna)
    assert len(events(house, "new-device")) == 1
    time.move(MINUTE)
    assert sign_in(house, home, anna).name == "portal"
    assert len(events(house, "new-device")) == 1
    time.move(MINUTE)
    at_home(house, anna)
    assert len(events(house, "new-device")) == 2
    assert events(house, "new-device")[-1].reference is not None


# --- who is told -----------------------------------------------------------------------------------------------------


@pytest.fixture
def told(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The notices that were made since the last look; there is a mail server by name only, and nobody sends."""
    settings = house.app.config["IDP"]
    mailing = settings.model_copy(update={"smtp_host": "localhost", "smtp_from": "a@b.nl"})
    monkeypatch.setitem(house.app.config, "IDP", mailing)

    def waiting() -> list[str]:
        with house.inside():
            rows = db.session.query(Delivery).filter_by(kind="notice")
            found = [row.why for row in rows]
            rows.delete()
            return sorted(found)

    return waiting


def mailed(house: House, person: Person) -> Person:
    with house.inside():
        directory.update_account(account_of(person), email="a@voorbeeld.nl", actor="test")
        db.session.query(Delivery).delete()
    return person


@ONE
def test_the_holder_hears_of_what_strangers_did_and_the_caller_does_not(
    house: House, time: Standing, told: Callable[[], list[str]]
) -> None:
    anna = mailed(house, add_person(house, totp=True))
    lock(house, anna, SIGN_IN.free - 1)
    time.move(MINUTE)
    assert identify(house.browser(), anna, password="fout").error == "login-failed"
    time.move(MINUTE)
    home = house.browser()
    assert sign_in(house, home, anna).name == "portal"
    assert told() == sorted([Notice.FOUND_AFTER_FAILURES, Notice.NEW_DEVICE])
    thief = house.browser()
    identify(thief, anna)
    for _ in range(5):
        time.move(MINUTE)
        thief.submit("volgende", code=wrong_code(totp_code(anna.totp)))
    assert told() == [Notice.STEP_FAILED]
    answers, start = [], time.moment
    for name in (anna.username, "niemand"):
        time.moment = start
        with house.inside():
            counter = throttle.sign_in_key(RELATION, name)
            for _ in range(SIGN_IN.stop - 1):
                time.move(15 * MINUTE)
                assert throttle.attempt(counter, SIGN_IN) is None
        time.move(15 * MINUTE)
        stranger = house.browser()
        stranger.get("/")
        fields = {"relatienummer": RELATION, "gebruikersnaam": name, "wachtwoord": "fout"}
        page = stranger.submit("volgende", **fields)
        again = stranger.get("/").name, stranger.submit("volgende", **fields)
        reference = again[1].text("kenmerk")
        answers.append((page.error, page.status, again[1].html.replace(reference, "")))
    assert answers[0] == answers[1]
    assert told() == [Notice.STOPPED]
    assert [row.account_id for row in events(house, "account-stopped")] == [anna.id, None]


# --- where strangers come from ---------------------------------------------------------------------------------------


def spend(house: House, counter: tuple[str, str], budget: throttle.Budget) -> None:
    with house.inside():
        for _ in range(budget.times):
            throttle.spend(throttle.key(*counter), budget)


@ONE
@pytest.mark.parametrize(
    ("counter", "budget"),
    [
        (("sign-in-origin", "127.0.0.1"), throttle.FAILURES_PER_ORIGIN),
        (("sign-in-network", "127.0.0.0/24"), throttle.FAILURES_PER_NETWORK),
        (("sign-in-relation", RELATION), throttle.FAILURES_PER_RELATION),
    ],
)
def test_a_budget_that_strangers_spent_holds_strangers_only(
    house: House, time: Standing, counter: tuple[str, str], budget: throttle.Budget
) -> None:
    anna, ben = add_person(house, totp=True), add_person(house, "b.bakker", totp=True)
    home = at_home(house, anna)
    time.move(MINUTE)
    spend(house, counter, budget)
    page = identify(house.browser(), ben)
    assert (page.error, page.status, page.headers["Retry-After"]) == ("throttled", 429, "900")
    assert sign_in(house, home, anna).name == "portal"
    time.move(budget.window)
    assert identify(house.browser(), ben).name == "second-factor"


def test_one_password_over_many_names_is_refused_and_others_are_not(house: House) -> None:
    anna = add_person(house, totp=True, password="Welkom bij de gemeente 1")
    ben = add_person(house, "b.bakker", totp=True)
    for number in range(throttle.FAILURES_PER_PASSWORD.times):
        sprayed = house.browser()
        sprayed.get("/")
        page = sprayed.submit(
            "volgende",
            relatienummer=str(10_000_000 + number),
            gebruikersnaam=f"n{number}",
            wachtwoord=anna.password,
        )
        assert page.error == "login-failed"
    assert identify(house.browser(), anna).error == "throttled"
    assert identify(house.browser(), ben).name == "second-factor"
    with house.inside():
        for row in db.session.query(ThrottleCounter):
            assert "Welkom" not in row.key


@ONE
def test_every_failure_in_an_unknown_browser_is_taken_from_every_budget(house: House) -> None:
    identify(house.browser(), add_person(house), password="fout")
    with house.inside():
        found = {row.key: row.count for row in db.session.query(ThrottleCounter)}
        for kind, of in (
            ("sign-in-origin", "127.0.0.1"),
            ("sign-in-network", "127.0.0.0/24"),
            ("sign-in-relation", RELATION),
        ):
            assert found.pop(throttle.key(kind, of)) == 1
    assert sorted(found.values()) == [1, 1], "the name, and the password"
