"""What can go wrong with a recovery code; each leaves its error on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from tests.journeys.scene import Next, Scene
from tests.support.journeys import add_person, add_recovery_codes, to_the_recovery_code
from tests.support.pages import Page


def _types(scene: Scene, wrong: Callable[[list[str]], str]) -> Next:
    """Somebody with an old list and a new one who types this, and then a code of the new one."""
    anna = add_person(scene.house, totp=True)
    old, new = (add_recovery_codes(scene.house, anna) for _each in range(2))
    to_the_recovery_code(scene.browser, anna)
    scene.press(herstelcode=wrong(old))

    def then() -> Page:
        scene.press(herstelcode=new[0])
        return scene.press("stoppen")  # another method is set up some other time

    return then


def recovery_code_missing(scene: Scene) -> Next:
    return _types(scene, lambda _old: "")


def recovery_code_typo(scene: Scene) -> Next:
    return _types(scene, lambda old: old[0][:-1] + "U")


def recovery_code_invalid(scene: Scene) -> Next:
    return _types(scene, lambda old: old[0])


MISTAKES: Final = (recovery_code_missing, recovery_code_typo, recovery_code_invalid)
