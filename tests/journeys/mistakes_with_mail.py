"""What can go wrong with a forgotten password and with a mail address; each leaves its error on the screen."""

from __future__ import annotations

from typing import Final

from idp import throttle
from tests.journeys.scene import Next, Scene
from tests.support.journeys import add_person, identify, second_step, sign_in
from tests.support.mailed import ask_for_a_link, with_confirmed_address
from tests.support.pages import Page


def password_link_over(scene: Scene) -> Next:
    anna = with_confirmed_address(scene.house, add_person(scene.house, totp=True))
    scene.browser.get("/wachtwoord-vergeten/link?code=een-oude")

    def then() -> Page:
        assert scene.browser.go_on().name == "forgotten-password"
        ask_for_a_link(scene.browser, anna)
        page = identify(scene.browser, anna)  # it came to mind again
        return second_step(scene.house, scene.browser, anna, page)

    return then


def password_links_spent(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    for _each in range(throttle.LINKS_PER_NAME.times + 1):
        ask_for_a_link(scene.browser, anna)
    return scene.signs_in(anna)


def mail_codes_spent(scene: Scene) -> Next:
    anna = with_confirmed_address(scene.house, add_person(scene.house, totp=True))
    sign_in(scene.house, scene.browser, anna)
    scene.browser.get("/mijn/beveiliging/mailadres")
    for _each in range(throttle.MAIL_CODES.times + 1):
        scene.press("opnieuw")

    def then() -> Page:
        assert scene.browser.go_on().name == "security"
        return scene.browser.get("/mijn/applicaties")

    return then


MISTAKES: Final = (password_link_over, password_links_spent, mail_codes_spent)
