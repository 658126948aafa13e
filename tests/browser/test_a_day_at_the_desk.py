"""A day at the desk: two colleagues, a few callers, and nobody who gets in without being helped properly."""

from __future__ import annotations

from tests.browser import walks
from tests.browser.conftest import Arrive
from tests.browser.people import People
from tests.browser.tours_of_the_desk import DESK, at_work, find, why


def test_a_forgotten_password_from_the_call_to_signing_in(arrive: Arrive, people: People) -> None:
    caller = people.make(totp=True)
    desk, theirs = arrive(), arrive(java_script_enabled=False)
    at_work(desk, people, "medewerker")
    find(desk, caller)
    desk.click("#actie-startwachtwoord")
    why(desk, kanaal="telephone")
    desk.click("#volgende")
    desk.is_at("desk-supplied")
    caller.wachtwoord = desk.text("#doorgeven")
    theirs.open("/")
    theirs.sign_in(caller)
    walks.take_the_step(theirs, caller, "totp")
    theirs.is_at("set-password")
    theirs.press("volgende", nieuw_wachtwoord="vier losse woorden fietsen")
    theirs.is_at("portal")


def test_a_lost_telephone_takes_two_colleagues_and_a_code_at_the_counter(
    arrive: Arrive, people: People
) -> None:
    caller = people.make(totp=True)
    desk, second, theirs = arrive(), arrive(), arrive()
    at_work(desk, people)
    at_work(second, people, "medewerker")
    find(desk, caller)
    account = desk.url
    desk.click("#actie-methoden-wissen")
    why(desk, check="desk")
    desk.click("#volgende")
    desk.follow("Alle methoden wissen")
    request = desk.url
    second.open(request)
    second.click("#instemmen")
    desk.open(request)
    desk.click("#uitvoeren")
    desk.is_at("desk-account")
    desk.open(f"{account}/activatiecode")
    why(desk, check="desk", kanaal="desk")
    desk.click("#volgende")
    desk.is_at("desk-supplied")
    caller.activatiecode = desk.text("#doorgeven")
    walks.up_to_the_methods(theirs, caller)
    theirs.choose("totp")
    theirs.press("volgende")
    walks.set_up(theirs, caller, "totp")
    theirs.is_at("enrolment-done")


def test_an_error_page_is_explained_from_the_code_that_the_caller_reads_out(
    arrive: Arrive, people: People
) -> None:
    caller = people.make(totp=True, blocked=True)
    desk, theirs = arrive(), arrive()
    at_work(desk, people, "medewerker")
    theirs.open("/")
    theirs.sign_in(caller)
    theirs.is_at("error", "account-blocked")
    desk.open(DESK)
    desk.press("volgende", zoek=theirs.text("#kenmerk"))
    desk.click("a[href*='/kenmerk/']")
    desk.is_at("desk-reference")
    assert "geblokkeerd" in desk.text("#resultaat")


def test_a_blocked_account_is_out_at_once_and_in_again_after_help(
    arrive: Arrive, people: People
) -> None:
    caller = people.make(totp=True)
    desk, theirs = arrive(), arrive()
    walks.sign_in_here(theirs, caller, "totp")
    at_work(desk, people, "medewerker")
    find(desk, caller)
    desk.click("#actie-blokkeren")
    why(desk)
    desk.click("#volgende")
    assert "1 sessie is beëindigd" in desk.text("main")
    theirs.open("/mijn/applicaties")
    theirs.is_at("login")
    desk.click("#actie-deblokkeren")
    why(desk)
    desk.click("#volgende")
    theirs.sign_in(caller)
    walks.take_the_step(theirs, caller, "totp")
    theirs.is_at("portal")
