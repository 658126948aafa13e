"""What is half done: answers that would spare themselves a try, windows left open, sign-ins left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import activation_codes, credentials, directory, passwords
from idp.clock import Standing
from idp.errors import WrongInput
from idp.flows.front_door import network
from tests.support.journeys import (
    PHONE,
    House,
    Visitor,
    account_of,
    add_person,
    identify,
    second_step,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
    wrong_code,
)

MINUTE = timedelta(minutes=1)
METHODS = "/mijn/beveiliging"


@pytest.mark.parametrize("button", ["volgende", "x", "", "VOLGENDE", "afronden"])
def test_whatever_the_button_is_called_an_answer_costs_a_try(house: House, button: str) -> None:
    anna = add_person(house, totp=True)
    browser = house.browser()
    identify(browser, anna)
    for _ in range(10):
        if browser.page.name != "second-factor":
            identify(browser, anna)
        post(browser, actie=button, code=wrong_code(totp_code(anna.totp)))
    identify(browser, anna)
    assert post(browser, actie=button, code=totp_code(anna.totp)) == (429, "throttled")


@pytest.mark.parametrize("button", ["opnieuw", "ander-nummer", "andere-methode"])
def test_a_button_beside_the_answer_checks_no_code(house: House, button: str) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="totp")
    post(browser, actie=button, code=totp_code(anna.totp))
    assert browser.page.name != "portal"
    assert browser.get("/mijn/applicaties").name == "login"


def test_an_open_window_shuts_when_an_operator_resets_the_methods(house: House) -> None:
    anna = add_person(house, code=True)
    thief = house.browser()
    to_the_methods(thief, anna)
    thief.submit("volgende", methode="totp")
    _secret, page = set_up_totp(thief)
    assert page.name == "enrolment-done"
    with house.inside():
        credentials.remove_all(account_of(anna), actor="operator:test")
    assert thief.submit("nog-een-methode").error == "session-expired"
    page = identify(thief, anna, at="/2fa")
    assert page.name == "activation-intro"


def test_an_open_window_shuts_when_a_new_code_is_issued_or_the_old_one_revoked(
    house: House,
) -> None:
    for done in ("issue", "revoke"):
        anna = add_person(house, f"anna.{done}", code=True)
        thief = house.browser()
        to_the_methods(thief, anna)
        thief.submit("volgende", methode="totp")
        set_up_totp(thief)
        with house.inside():
            if done == "issue":
                activation_codes.issue(account_of(anna), channel="letter", actor="operator:test")
            else:
                activation_codes.revoke(account_of(anna), actor="operator:test")
        page = thief.submit("nog-een-methode")
        assert page.name != "choose-methods"


def test_a_window_that_was_finished_is_no_longer_there_to_revoke(house: House) -> None:
    anna = add_person(house, code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode="totp")
    set_up_totp(browser)
    assert browser.submit("afronden").name == "portal"
    with house.inside(), pytest.raises(WrongInput):
        activation_codes.revoke(account_of(anna), actor="operator:test")


def test_a_half_done_addition_of_a_method_ends_with_the_session(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    browser = house.browser()
    sign_in(house, browser, anna)
    time.move(6 * MINUTE)
    browser.get(METHODS)
    page = browser.submit("methode-toevoegen")
    identify(browser, anna, at=None)
    page = second_step(house, browser, anna, browser.page)
    assert page.name == "choose-methods"
    left_behind = page.address
    browser.get("/uitloggen")
    browser.submit("uitloggen")
    assert browser.get(left_behind).error == "session-expired"


def test_a_half_done_addition_of_a_method_ends_when_the_methods_are_replaced(house: House) -> None:
    anna = add_person(house, totp=True)
    thief = house.browser()
    sign_in(house, thief, anna)
    thief.get(METHODS)
    waiting = thief.submit("methode-toevoegen").address
    with house.inside():
        _code, readable = activation_codes.issue(
            account_of(anna), channel="letter", actor="operator:test", replaces_methods=True
        )
    owner = house.browser()
    identify(owner, anna, at="/2fa")
    owner.submit("volgende")
    owner.submit("volgende", activatiecode=readable.reveal())
    owner.submit("volgende", methode="totp")
    set_up_totp(owner)
    assert thief.get(waiting).name in {"login", "error"}


def test_an_old_password_counts_no_more_when_a_reset_falls_inside_its_hash(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = add_person(house, totp=True)
    true_verify = passwords.verify

    def verify_while_an_operator_resets(stored: str | None, scheme: str | None, text: str) -> bool:
        right = true_verify(stored, scheme, text)
        with house.inside():
            directory.reset_password(account_of(anna), actor="operator:test")
        return right

    monkeypatch.setattr(passwords, "verify", verify_while_an_operator_resets)
    assert identify(house.browser(), anna).error == "login-failed"


def test_what_one_person_set_up_in_a_sign_in_is_not_the_next_persons(
    house: House, time: Standing
) -> None:
    anna, bert = add_person(house, code=True), add_person(house, "b.bakker", code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode="totp")
    _secret, page = set_up_totp(browser)
    place = page.address.rpartition("/")[0]
    time.move(31 * MINUTE)
    assert browser.get(page.address).error == "session-expired"
    assert identify(browser, bert, at=place).name == "activation-intro"


def test_a_post_from_another_site_takes_no_cookie_away(house: House) -> None:
    stranger = house.browser()
    stranger.send("POST", "/uitloggen")
    assert not house.answers[-1].all("Set-Cookie")
    assert house.answers[-1].one("Clear-Site-Data") is None


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("nonsense", ""),
        (None, ""),
    ],
)
def test_an_ipv6_subscriber_counts_as_one_address(address: str | None, counts_as: str) -> None:
    assert network(address) == counts_as


def post(browser: Visitor, **fields: str) -> tuple[int, str | None]:
    """The answer to a post by hand on the page that shows, with its own token."""
    page = browser.send(
        "POST", browser.page.address, csrf_token=browser.token(), follow=True, **fields
    )
    return page.status, page.error
