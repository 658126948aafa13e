"""What the person does: the pages of the provider, without a browser."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.browser.people import Person
from tests.counterparts.wire import browser_at
from tests.support.house import Visitor
from tests.support.pages import Page


@dataclass
class Door:
    """The provider, and somebody with an authenticator app before it."""

    issuer: str
    person: Person
    browser: Visitor = field(init=False)

    def __post_init__(self) -> None:
        self.browser = browser_at(self.issuer)

    def come(self, address: str) -> str:
        """Come from an application, sign in with both steps; the address at which the application gets its answer."""
        page = self.browser.get(address)
        if page.left_for is None:
            page = self._sign_in(page)
        assert page.left_for is not None, f"no answer came: {page}"
        return page.left_for

    def leave(self, address: str) -> str:
        """Come from an application that signs out; the address at which it goes on."""
        page = self.browser.get(address)
        assert page.left_for is not None, f"nobody was sent on: {page}"
        return page.left_for

    def is_open(self) -> bool:
        """Whether the person is signed in here."""
        return self.browser.get("/").name == "portal"

    def _sign_in(self, page: Page) -> Page:
        assert page.name == "login", page
        page = self.browser.submit(
            "volgende",
            relatienummer=self.person.relatienummer,
            gebruikersnaam=self.person.gebruikersnaam,
            wachtwoord=self.person.wachtwoord,
        )
        assert page.name == "second-factor", page
        return self.browser.submit("volgende", code=self.person.code_from_the_app())
