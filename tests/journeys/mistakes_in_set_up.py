"""What can go wrong between the letter and the first method; each leaves its error on the screen."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tests.journeys.scene import MINUTE, Next, Scene
from tests.journeys.test_activation_errors import mistyped, wrong_but_well_formed
from tests.support.journeys import (
    add_person,
    identify,
    issue_code,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)
from tests.support.pages import Page

DAY = timedelta(days=1)

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


MISTAKES: Final = (
    activation_code_missing, activation_code_typo, activation_code_invalid, activation_code_attempts,
    activation_code_expired, activation_code_revoked, activation_code_used, activation_window_closed,
    method_missing, number_missing, number_invalid, number_not_mobile, password_weak,
)  # fmt: skip
