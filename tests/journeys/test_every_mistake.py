"""Somebody who makes every mistake still finds the way: from each error on to the portal, by what its page offers.

A mistake leaves a browser in front of its error and says what the person does next. Where the page sends people to
the Servicedesk, the Servicedesk does its part in between; every page shows how to reach it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import pytest

from idp.accounts import directory
from idp.assurance import Level
from idp.clock import Standing
from idp.pages import error_copy, form_copy
from tests.journeys.test_activation_errors import mistyped, wrong_but_well_formed
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    account_of,
    add_application,
    add_person,
    identify,
    issue_code,
    second_step,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
    wrong_code,
)
from tests.support.pages import Page
from tests.support.run import Run

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
Next = Callable[[], Page]
CALL: Final = "088 - 711 4888"


@dataclass
class Scene:
    """One house, one browser, and a clock."""

    house: House
    time: Standing
    provider: Provider

    def __post_init__(self) -> None:
        self.browser: Visitor = self.house.browser()

    def press(self, button: str = "volgende", **fields: Any) -> Page:
        """Press a button of the page that shows."""
        return self.browser.submit(button, **fields)

    def signs_in(self, person: Person) -> Next:
        """Follow the page's way on, wherever that leads, and sign in from there."""

        def then() -> Page:
            self.time.move(MINUTE)  # the app shows another code
            page = self.browser.go_on()
            assert page.name == "login", page
            return second_step(
                self.house, self.browser, person, identify(self.browser, person, at=None)
            )

        return then

    def set_up(self, person: Person) -> Next:
        """The Servicedesk sends a new code, and first set-up begins again from the button of the page."""

        def then() -> Page:
            self.time.move(MINUTE)
            code = issue_code(self.house, person)
            page = self.browser.go_on()
            if page.name == "login":
                page = identify(self.browser, person, at=None)
            if page.name == "activation-intro":
                self.press()
            self.press(activatiecode=code)
            self.press(methode="totp")
            set_up_totp(self.browser)
            return self.press("afronden")

        return then

    def at_the_code(self, **state: Any) -> Person:
        """Somebody on the page that asks for the activation code."""
        person = add_person(self.house, code=True, **state)
        identify(self.browser, person, at="/2fa")
        self.press()
        return person

    def fills_in(self, code: str | None) -> Next:
        """The right activation code after all, and a method with it."""

        def then() -> Page:
            self.press(activatiecode=code)
            self.press(methode="totp")
            set_up_totp(self.browser)
            return self.press("afronden")

        return then

    def at_the_step(self, kind: str) -> Person:
        """Somebody in front of the second step; a text was sent."""
        person = add_person(self.house, totp=kind == "totp", phone=PHONE if kind == "sms" else None)
        identify(self.browser, person)
        if kind == "sms":
            self.press()
        return person


# --- the three fields ------------------------------------------------------------------------------------------------


def fields_missing(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    scene.browser.get("/")
    scene.press()
    return lambda: second_step(
        scene.house, scene.browser, anna, identify(scene.browser, anna, at=None)
    )


def login_failed(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    identify(scene.browser, anna, password="het oude")
    return lambda: second_step(
        scene.house, scene.browser, anna, scene.press(wachtwoord=anna.password)
    )


def throttled(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    for _ in range(6):
        identify(scene.browser, anna, password="het oude")
    return scene.signs_in(anna)


def account_blocked(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    scene.provider.block(anna)
    identify(scene.browser, anna)

    def then() -> Page:
        with scene.house.inside():
            directory.unblock_account(account_of(anna), actor="desk")
        return sign_in(scene.house, scene.browser, anna)

    return then


def relation_blocked(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    with scene.house.inside():
        directory.block_relation(account_of(anna).relation, actor="desk")
    identify(scene.browser, anna)

    def then() -> Page:
        with scene.house.inside():
            directory.unblock_relation(account_of(anna).relation, actor="desk")
        return sign_in(scene.house, scene.browser, anna)

    return then


def no_method(scene: Scene) -> Next:
    anna = add_person(scene.house)
    identify(scene.browser, anna)
    return scene.set_up(anna)


def other_account(scene: Scene) -> Next:
    anna, bram = add_person(scene.house, totp=True), add_person(scene.house, "bram", totp=True)
    identify(scene.browser, anna)
    scene.time.move(11 * MINUTE)  # the password no longer counts, the sign-in is still Anna's
    scene.browser.get(scene.browser.page.address)
    scene.browser.go_on()
    sign_in(scene.house, scene.browser, anna)
    scene.browser.get("/mijn/beveiliging")
    scene.time.move(6 * MINUTE)
    scene.press("methode-toevoegen")
    identify(scene.browser, bram, at=None)

    def then() -> Page:
        scene.time.move(MINUTE)
        page = identify(scene.browser, anna, at=None)
        assert second_step(scene.house, scene.browser, anna, page).name == "choose-methods"
        return scene.browser.get("/mijn/applicaties")

    return then


# --- the activation code ---------------------------------------------------------------------------------------------


def activation_code_missing(scene: Scene) -> Next:
    anna = scene.at_the_code()
    scene.press()
    return scene.fills_in(anna.code)


def activation_code_typo(scene: Scene) -> Next:
    anna = scene.at_the_code()
    scene.press(activatiecode=mistyped(anna.code))
    return scene.fills_in(anna.code)


def activation_code_invalid(scene: Scene) -> Next:
    anna = scene.at_the_code()
    scene.press(activatiecode=wrong_but_well_formed(anna.code))
    return scene.fills_in(anna.code)


def activation_code_attempts(scene: Scene) -> Next:
    anna = scene.at_the_code()
    for _ in range(10):
        scene.press(activatiecode=wrong_but_well_formed(anna.code))
    return scene.set_up(anna)


def activation_code_expired(scene: Scene) -> Next:
    anna = add_person(scene.house, code=True)
    scene.time.move(22 * DAY)
    identify(scene.browser, anna, at="/2fa")
    scene.press()
    scene.press(activatiecode=anna.code)
    return scene.set_up(anna)


def activation_code_revoked(scene: Scene) -> Next:
    anna = scene.at_the_code()
    issue_code(scene.house, anna)
    scene.press(activatiecode=anna.code)
    return scene.set_up(anna)


def activation_code_used(scene: Scene) -> Next:
    anna = add_person(scene.house, code=True)
    to_the_methods(scene.browser, anna)
    scene.press(methode="totp")
    secret, _page = set_up_totp(scene.browser)
    scene.press("afronden")
    scene.browser = scene.house.browser()
    scene.time.move(DAY)
    identify(scene.browser, anna, at="/2fa")
    scene.press()
    scene.press(activatiecode=anna.code)

    def then() -> Page:
        assert scene.browser.go_on().name == "login"
        identify(scene.browser, anna, at=None)
        return scene.press(code=totp_code(secret))

    return then


def activation_window_closed(scene: Scene) -> Next:
    anna = add_person(scene.house, code=True)
    to_the_methods(scene.browser, anna)
    scene.time.move(31 * MINUTE)
    identify(scene.browser, anna, at="/2fa")
    if scene.browser.page.name == "activation-intro":
        scene.press()
        scene.press(activatiecode=anna.code)
    return scene.set_up(anna)


# --- setting up ------------------------------------------------------------------------------------------------------


def method_missing(scene: Scene) -> Next:
    anna = add_person(scene.house, code=True)
    to_the_methods(scene.browser, anna)
    scene.press()

    def then() -> Page:
        scene.press(methode="totp")
        set_up_totp(scene.browser)
        return scene.press("afronden")

    return then


def _at_the_number(scene: Scene, kind: str = "sms") -> None:
    anna = add_person(scene.house, code=True)
    to_the_methods(scene.browser, anna)
    scene.press(methode=kind)


def _gives(scene: Scene, number: str) -> Next:
    def then() -> Page:
        scene.press(telefoonnummer=number)
        scene.press(code=scene.house.newest_code())
        return scene.press("afronden")

    return then


def number_missing(scene: Scene) -> Next:
    _at_the_number(scene)
    scene.press(telefoonnummer=" ")
    return _gives(scene, "0031 (0)6 12 34 56 78")


def number_invalid(scene: Scene) -> Next:
    _at_the_number(scene, "voice")
    scene.press(telefoonnummer="0900 8844")
    return _gives(scene, "020-123 45 67")


def number_not_mobile(scene: Scene) -> Next:
    _at_the_number(scene)
    scene.press(telefoonnummer="020 1234567")

    def then() -> Page:
        assert scene.press("bel-mij").name == "enrol-voice"
        scene.press(code=scene.house.newest_code())
        return scene.press("afronden")

    return then


def password_weak(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True, password=None)
    sign_in(scene.house, scene.browser, anna)
    scene.press(nieuw_wachtwoord="kort")
    return lambda: scene.press(nieuw_wachtwoord="lantaarn kwartel roeispaan")


# --- the second step -------------------------------------------------------------------------------------------------


def code_missing(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.press()
    return lambda: scene.press(code=totp_code(anna.totp))


def code_invalid(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.press(code=wrong_code(totp_code(anna.totp)))
    return lambda: scene.press(code=f" {totp_code(anna.totp)[:3]} {totp_code(anna.totp)[3:]} ")


def code_expired(scene: Scene) -> Next:
    scene.at_the_step("sms")
    scene.time.move(6 * MINUTE)
    scene.press(code=scene.house.newest_code())

    def then() -> Page:
        scene.press("opnieuw")
        return scene.press(code=scene.house.newest_code())

    return then


def code_attempts(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    for _ in range(5):
        scene.press(code=wrong_code(totp_code(anna.totp)))
    return scene.signs_in(anna)


def too_soon(scene: Scene) -> Next:
    scene.at_the_step("sms")
    scene.press("opnieuw")
    return lambda: scene.press(code=scene.house.newest_code())


# --- tabs, time, other browsers, applications ------------------------------------------------------------------------


def session_expired(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.time.move(60 * MINUTE)
    scene.press(code=totp_code(anna.totp))
    return scene.signs_in(anna)


def out_of_turn(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    old = scene.browser.page
    scene.press(code=totp_code(anna.totp))
    scene.browser.send("POST", old.address, code="123456")
    return scene.browser.go_on


def other_browser(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    address = scene.browser.page.address
    scene.browser = scene.house.browser()
    scene.browser.get(address)
    return scene.signs_in(anna)


def no_access(scene: Scene) -> Next:
    shop = scene.provider.application()
    anna = scene.provider.person("j.devries", totp=True)
    add_application(scene.house, "Andere")
    other = scene.provider.application("andere")
    assert shop.client_id != other.client_id
    other.visit(scene.browser)
    second_step(scene.house, scene.browser, anna, identify(scene.browser, anna, at=None))
    return scene.browser.go_on


def level_unreachable(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True, level=Level.LAAG)
    sign_in(scene.house, scene.browser, anna)

    def then() -> Page:
        with scene.house.inside():
            account_of(anna).enrolment_level = int(Level.SUBSTANTIEEL)
        return scene.browser.get("/")

    return then


def client_request(scene: Scene) -> Next:
    shop = scene.provider.application()
    anna = scene.provider.person(totp=True)
    shop.visit(scene.browser, redirect_uri="https://elders.example/")

    def then() -> Page:  # back to the application, as the page says
        shop.visit(scene.browser)
        page = second_step(scene.house, scene.browser, anna, identify(scene.browser, anna, at=None))
        assert "code" in shop.answer(page)
        return scene.browser.get("/")

    return then


def not_found(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    scene.browser.get("/inlogen")
    return scene.signs_in(anna)


MISTAKES: Final = {
    mistake.__name__.replace("_", "-"): mistake
    for mistake in (
        fields_missing, login_failed, throttled, account_blocked, relation_blocked, no_method, other_account,
        activation_code_missing, activation_code_typo, activation_code_invalid, activation_code_attempts,
        activation_code_expired, activation_code_revoked, activation_code_used, activation_window_closed,
        method_missing, number_missing, number_invalid, number_not_mobile, password_weak,
        code_missing, code_invalid, code_expired, code_attempts, too_soon,
        session_expired, out_of_turn, other_browser, no_access, level_unreachable, client_request, not_found,
    )
}  # fmt: skip
#: Nothing here to press that helps: the Servicedesk has to unblock, or the application has to be opened anew.
NO_BUTTON: Final = {"account-blocked", "relation-blocked", "client-request"}
#: A failure of ours; `tests/attacks/test_hostile_input.py` looks at its page.
NOBODYS_MISTAKE: Final = {"server-error"}


@pytest.mark.parametrize("error", MISTAKES)
def test_from_every_mistake_there_is_a_way_to_the_portal(
    house: House, time: Standing, run: Run, error: str
) -> None:
    scene = Scene(house, time, Provider.of(house, run))
    then = MISTAKES[error](scene)
    page = scene.browser.page
    assert (page.error, page.name is not None) == (error, True), page
    assert page.text("foutmelding")
    assert CALL in page.document.text
    assert page.name != "error" or page.text("kenmerk")
    assert (page.find("volgende") is not None) == (error not in NO_BUTTON)
    arrived = then()
    assert arrived.name == "portal", arrived


def test_no_mistake_is_left_out() -> None:
    assert set(MISTAKES) == (set(error_copy.PAGES) | set(form_copy.SENTENCES)) - NOBODYS_MISTAKE
