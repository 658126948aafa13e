"""The ways through the house that several tests go: the manual's steps, by the page hooks."""

from __future__ import annotations

import re

from tests.browser.people import Person
from tests.browser.visitor import Visitor


def up_to_the_methods(visitor: Visitor, person: Person) -> None:
    """Section 1 of the manual, steps 1 to 4: from `/2fa` to the page with the methods."""
    visitor.open("/2fa")
    visitor.is_at("login")
    visitor.sign_in(person)
    from_the_introduction_to_the_methods(visitor, person)


def from_the_introduction_to_the_methods(visitor: Visitor, person: Person) -> None:
    """Section 1 of the manual, steps 3 and 4."""
    visitor.is_at("activation-intro")
    visitor.press("volgende")
    visitor.is_at("activation-code")
    visitor.press("volgende", activatiecode=person.activatiecode)
    visitor.is_at("choose-methods")


def set_up(visitor: Visitor, person: Person, kind: str) -> None:
    """Step 5 for one method, from its own page."""
    visitor.is_at(f"enrol-{kind}")
    if kind == "totp":
        person.totp_secret = secret_on(visitor)
        visitor.press("volgende", code=person.code_from_the_app())
    else:
        set_up_number(visitor, person, kind)


def set_up_number(visitor: Visitor, person: Person, kind: str) -> None:
    """Step 5 for a telephone, from the page that asks for its number."""
    visitor.press("volgende", telefoonnummer=person.number_for(kind))
    visitor.is_at(f"enrol-{kind}")
    visitor.press("volgende", code=person.code_from_the_text())


def secret_on(visitor: Visitor) -> str:
    """The secret that stands beside the QR code."""
    return re.sub(r"\s", "", visitor.page.locator("#totp-geheim").text_content() or "")


def take_the_step(visitor: Visitor, person: Person, kind: str, *, error: str | None = None) -> None:
    """The second step of signing in, from its own page, which may show an error of a former try."""
    visitor.is_at("second-factor", error)
    if kind == "totp":
        visitor.press("volgende", code=person.code_from_the_app())
    else:
        visitor.press("volgende")
        visitor.is_at("second-factor")
        visitor.press("volgende", code=person.code_from_the_text())


def sign_in(visitor: Visitor, person: Person, kind: str, *, several: bool = False) -> None:
    """Section 2 of the manual from the three fields on; `several`: a method has to be chosen."""
    visitor.is_at("login")
    visitor.sign_in(person)
    if several:
        visitor.is_at("choose-method")
        visitor.choose(kind)
        visitor.press("volgende")
    take_the_step(visitor, person, kind)


def sign_in_here(visitor: Visitor, person: Person, kind: str) -> None:
    """Section 2 of the manual, whole: from `/` to the portal."""
    visitor.open("/")
    sign_in(visitor, person, kind)
    visitor.is_at("portal")
