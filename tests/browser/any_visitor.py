"""Somebody in front of a browser, whichever it is: what the journeys may ask of both Chromium and Firefox."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import Person

PATIENCE_SECONDS = 15


class Size(TypedDict):
    """What a page has of the screen, in CSS pixels."""

    width: int
    height: int


WIDE: Size = {"width": 1280, "height": 900}
NARROW: Size = {"width": 375, "height": 812}


@dataclass(frozen=True)
class Cookie:
    """A cookie as the browser keeps it."""

    secure: bool
    http_only: bool
    same_site: str


class AnyVisitor(ABC):
    """One browser with cookies of its own, and one window in it.

    What the browser complains about meanwhile (its console, the Content Security Policy, failing scripts) is kept.
    """

    def __init__(self, demo: RunningDemo) -> None:
        self.demo = demo
        self.complaints: list[str] = []

    @abstractmethod
    def open(self, address: str) -> None:
        """Go to an address; a path is one of the provider's."""

    @abstractmethod
    def fill(self, **fields: str) -> None:
        """Type into fields by their id, in place of what stands there."""

    @abstractmethod
    def click(self, selector: str) -> None:
        """Click on what leads to another page, and wait for it."""

    @abstractmethod
    def follow(self, text: str) -> None:
        """Click on the one link that says this, and wait for the page."""

    @abstractmethod
    def choose(self, *kinds: str) -> None:
        """Tick these methods, or select the one."""

    @abstractmethod
    def key(self, name: str) -> None:
        """Press one key, by its name: Tab, Enter."""

    @abstractmethod
    def wait_for(self, address: str) -> None:
        """Wait until the page at this address is there, when more than one follows a press."""

    @abstractmethod
    def resize(self, size: Size) -> None:
        """Make the window so large."""

    @abstractmethod
    def cookies(self) -> Mapping[str, Cookie]:
        """The cookies that the provider would get, by name."""

    @abstractmethod
    def evaluate(self, function: str, argument: object = None) -> Any:
        """What a function in JavaScript says of the page, at once. Works where the page's own scripts are off."""

    @abstractmethod
    def close(self) -> None:
        """Leave, and let the browser forget the visit."""

    def press(self, button: str, **fields: str) -> None:
        """Fill in fields, press a button (or follow a link) by its id, and wait for the page that comes."""
        self.fill(**fields)
        self.click(f"#{button}")

    def sign_in(self, person: Person) -> None:
        """The three fields."""
        self.press(
            "volgende",
            relatienummer=person.relatienummer,
            gebruikersnaam=person.gebruikersnaam,
            wachtwoord=person.wachtwoord,
        )

    def is_at(self, page: str, error: str | None = None) -> None:
        """Assert which page is shown, and which error on it (none unless it is named)."""
        seen = (self.hook("page"), self.hook("error"))
        assert seen == (page, error), f"{self.url} shows {seen}: {self.title!r} {self.problem()!r}"

    @property
    def url(self) -> str:
        """Where the page says that it is."""
        found: str = self.evaluate("() => location.href")
        return found

    @property
    def title(self) -> str:
        """What the tab is called."""
        found: str = self.evaluate("() => document.title")
        return found

    def hook(self, name: str) -> str | None:
        """`data-page` or `data-error`."""
        return self.attribute("body", f"data-{name}")

    def problem(self) -> str:
        """What `#foutmelding` says; empty when it is absent."""
        return self.text("#foutmelding") if self.count("#foutmelding") else ""

    def text(self, selector: str = "body") -> str:
        """All text of the page, or of the one element, that can be seen; spaces and line breaks made one space."""
        found: str = self.evaluate("at => document.querySelector(at).innerText", selector)
        return " ".join(found.split())

    def count(self, selector: str) -> int:
        """How many of these the page has."""
        found: int = self.evaluate("at => document.querySelectorAll(at).length", selector)
        return found

    def attribute(self, selector: str, name: str) -> str | None:
        """An attribute of the one element; None where it has none of that name."""
        found: str | None = self.evaluate(
            "([at, name]) => document.querySelector(at).getAttribute(name)", [selector, name]
        )
        return found

    def shows_all_of(self, field: str) -> bool:
        """Whether a field is wide enough for what stands in it."""
        fits: bool = self.evaluate(
            "id => { const one = document.getElementById(id); return one.scrollWidth <= one.clientWidth }",
            field,
        )
        return fits

    def focused(self) -> str:
        """The id of what has the focus, or what it says when it has none."""
        found: str = self.evaluate(
            "() => { const at = document.activeElement; return at.id || at.textContent.trim().replace(/\\s+/g, ' ') }"
        )
        return found
