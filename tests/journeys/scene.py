"""One house, one browser and a clock: where somebody makes a mistake and finds the way all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.clock import Standing
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    identify,
    issue_code,
    second_step,
    set_up_totp,
)
from tests.support.pages import Page

MINUTE = timedelta(minutes=1)
Next = Callable[[], Page]


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
            self.browser.go_on()
            return self._sets_up(person)

        return then

    def _sets_up(self, person: Person) -> Page:
        self.time.move(MINUTE)
        code = issue_code(self.house, person)
        page = self.browser.page
        if page.name == "login":
            page = identify(self.browser, person, at=None)
        if page.name == "activation-intro":
            self.press()
        self.press(activatiecode=code)
        self.press(methode="totp")
        set_up_totp(self.browser)
        return self.press("afronden")

    def set_up_by_the_desk(self, person: Person) -> Next:
        """The page has no way on but the Servicedesk, whose new code begins at `/2fa`."""

        def then() -> Page:
            self.browser = self.house.browser()
            self.browser.get("/2fa")
            return self._sets_up(person)

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
