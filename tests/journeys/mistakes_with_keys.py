"""What can go wrong with a passkey or security key; each leaves its error on the screen."""

from __future__ import annotations

from typing import Final

from idp.mfa.webauthn import MOST_KEYS
from tests.attacks.key_holders import asked, setting_up, with_a_key
from tests.journeys.scene import Next, Scene
from tests.support.journeys import sign_in
from tests.support.pages import Page
from tests.support.software_key import SoftwareKey, options_on


def _makes(scene: Scene, key: SoftwareKey) -> Page:
    return scene.press(sleutel=key.make(options_on(scene.browser.page)))


def _finishes(scene: Scene) -> Next:
    def then() -> Page:
        assert _makes(scene, SoftwareKey()).name == "enrolment-done"
        return scene.press("afronden")

    return then


def key_not_made(scene: Scene) -> Next:
    _anna, scene.browser = setting_up(scene.house)
    scene.press(sleutelfout="NotAllowedError")
    return _finishes(scene)


def key_known(scene: Scene) -> Next:
    _anna, scene.browser = setting_up(scene.house)
    _makes(scene, SoftwareKey())
    scene.press("nog-een-methode")
    scene.press(methode="webauthn")
    scene.press(sleutelfout="InvalidStateError")
    return _finishes(scene)


def key_too_many(scene: Scene) -> Next:
    _anna, scene.browser = setting_up(scene.house)
    for _ in range(MOST_KEYS):
        _makes(scene, SoftwareKey())
        scene.press("nog-een-methode")
        scene.press(methode="webauthn")
    _makes(scene, SoftwareKey())

    def then() -> Page:
        assert scene.press("andere-methode").name == "choose-methods"
        scene.press("stoppen")  # back to what was set up already
        return scene.press("afronden")

    return then


def key_failed(scene: Scene) -> Next:
    anna, key = with_a_key(scene.house)
    scene.browser, _options = asked(scene.house, anna)
    scene.press()
    return lambda: scene.press(sleutel=key.use(options_on(scene.browser.page)))


def key_suspect(scene: Scene) -> Next:
    anna, key = with_a_key(scene.house)
    scene.browser, options = asked(scene.house, anna)
    scene.press(sleutel=key.use(options))
    scene.browser, options = asked(scene.house, anna)
    key.sign_count = 0
    scene.press(sleutel=key.use(options))
    return scene.set_up_by_the_desk(anna)


def key_needed(scene: Scene) -> Next:
    shop = scene.provider.application()
    anna = scene.provider.person(totp=True)
    sign_in(scene.house, scene.browser, anna)
    shop.visit(scene.browser, acr_values="phr", claims=ESSENTIAL)

    def then() -> Page:
        assert scene.browser.go_on().name == "choose-methods"
        scene.press(methode="webauthn")
        _makes(scene, SoftwareKey())
        assert "code" in shop.answer(scene.press("afronden"))  # making it proved it
        return scene.browser.get("/")

    return then


ESSENTIAL: Final = '{"id_token":{"acr":{"essential":true,"value":"phr"}}}'
MISTAKES: Final = (key_not_made, key_known, key_too_many, key_failed, key_suspect, key_needed)
