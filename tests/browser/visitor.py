"""Somebody in front of Chromium: opens addresses, fills in fields, presses buttons by the hooks of docs/contract.

What the browser complains about meanwhile (its console, the Content Security Policy, failing scripts) is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    ViewportSize,
    sync_playwright,
)

from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import Person

SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # Fewer processes: a third less work for the machine.
    "--in-process-gpu", "--renderer-process-limit=1", "--disable-site-isolation-trials",
)  # fmt: skip
PATIENCE_MILLISECONDS = 15_000
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 375, "height": 812}
#: What Chromium says of a page that came with an error's status: we send those on purpose.
STATUS_OF_A_PAGE = re.compile(r"Failed to load resource: the server responded with a status of \d+")


@contextmanager
def chromium_at(path: Path) -> Iterator[Browser]:
    """The distribution's Chromium, for as long as it is needed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield browser
        browser.close()


class Visitor:
    """One browser with cookies of its own, and one window in it."""

    def __init__(self, browser: Browser, demo: RunningDemo, **options: Any) -> None:
        self.demo = demo
        self.complaints: list[str] = []
        self._documents: set[str] = set()
        self.context: BrowserContext = browser.new_context(
            **{"viewport": WIDE, "locale": "nl-NL", "timezone_id": "Europe/Amsterdam"} | options
        )
        self.context.set_default_timeout(PATIENCE_MILLISECONDS)
        self.context.on("response", self._note_document)
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda trouble: self.complaints.append(str(trouble.error)))
        self.page: Page = self.context.new_page()

    def open(self, address: str) -> None:
        """Go to an address; a path is one of the provider's."""
        self.page.goto(urljoin(self.demo.issuer, address))

    def fill(self, **fields: str) -> None:
        """Type into fields by their id."""
        for name, text in fields.items():
            self.page.fill(f"#{name}", text)

    def press(self, button: str, **fields: str) -> None:
        """Fill in fields, press a button (or follow a link) by its id, and wait for the page that comes."""
        self.fill(**fields)
        self.click(f"#{button}")

    def click(self, selector: str) -> None:
        """Click on what leads to another page, and wait for it."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def choose(self, *kinds: str) -> None:
        """Tick these methods, or select the one."""
        for kind in kinds:
            self.page.check(f"[name=methode][value={kind}]")

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
        assert seen == (page, error), (
            f"{self.page.url} shows {seen}: {self.page.title()!r} {self.problem()!r}"
        )

    def hook(self, name: str) -> str | None:
        """`data-page` or `data-error`."""
        found: str | None = self.page.evaluate(
            "name => document.body.getAttribute(`data-${name}`)", name
        )
        return found

    def problem(self) -> str:
        """What `#foutmelding` says; empty when it is absent."""
        found = self.page.locator("#foutmelding")
        return " ".join(found.inner_text().split()) if found.count() else ""

    def text(self) -> str:
        """All text of the page that can be seen."""
        return " ".join(self.page.locator("body").inner_text().split())

    def shows_all_of(self, field: str) -> bool:
        """Whether a field is wide enough for what stands in it."""
        fits: bool = self.page.locator(f"#{field}").evaluate(
            "one => one.scrollWidth <= one.clientWidth"
        )
        return fits

    def focused(self) -> str:
        """The id of what has the focus, or what it says when it has none."""
        found: str = self.page.evaluate(
            "() => { const at = document.activeElement; return at.id || at.textContent.trim().replace(/\\s+/g, ' ') }"
        )
        return found

    def _note_document(self, response: Response) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            self._documents.add(response.url)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"}:
            return
        where = message.location["url"]
        if STATUS_OF_A_PAGE.match(message.text) and where in self._documents:
            return
        self.complaints.append(f"{message.text} ({where})")
