"""People who have a key, or are about to; and what their pages show when an answer is refused."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import func, select

from idp.database import db
from idp.models import AuditEvent, SecurityKey
from tests.support.journeys import House, Person, Visitor, add_person, identify, to_the_methods
from tests.support.pages import Page
from tests.support.software_key import SoftwareKey, options_on

Options = dict[str, Any]
ELSEWHERE: Final = "https://elders.example"


def setting_up(house: House, username: str = "anna") -> tuple[Person, Visitor]:
    """Somebody on the page that sets up a key."""
    person = add_person(house, username, code=True)
    browser = house.browser()
    to_the_methods(browser, person)
    assert browser.submit("volgende", methode=["webauthn"]).name == "enrol-webauthn"
    return person, browser


def with_a_key(house: House, username: str = "anna", **kind: Any) -> tuple[Person, SoftwareKey]:
    """Somebody who has a key."""
    person, browser = setting_up(house, username)
    key = SoftwareKey(**kind)
    made = key.make(options_on(browser.page))
    assert browser.submit("volgende", sleutel=made).name == "enrolment-done"
    return person, key


def asked(house: House, person: Person) -> tuple[Visitor, Options]:
    """A sign-in at which a key is asked for, and what the page asks."""
    browser = house.browser()
    assert identify(browser, person).name == "second-factor"
    return browser, options_on(browser.page)


def refused(page: Page, error: str = "key-failed") -> None:
    """The page again, and nobody signed in."""
    assert (page.name, page.error, page.status) == ("second-factor", error, 422), page


def not_made(page: Page) -> None:
    """The page again, and no key kept."""
    assert (page.name, page.error, page.status) == ("enrol-webauthn", "key-not-made", 422), page


def keys_kept(house: House) -> int:
    with house.inside():
        return db.session.execute(select(func.count()).select_from(SecurityKey)).scalar_one()


def reasons(house: House, event: str) -> list[str | None]:
    with house.inside():
        rows = db.session.scalars(
            select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)
        )
        return [row.reason for row in rows]
