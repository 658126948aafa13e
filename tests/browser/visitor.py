"""Somebody in front of Chromium: opens addresses, fills in fields, presses buttons by the hooks of docs/contract."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
    sync_playwright,
)

from tests.browser.any_visitor import NARROW, PATIENCE_SECONDS, WIDE, AnyVisitor, Cookie, Size
from tests.browser.demo_of_a_run import RunningDemo

__all__ = ["NARROW", "WIDE", "Visitor", "chromium_at"]

SWITCHES = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
    # Fewer processes: a third less work for the machine.
    "--in-process-gpu", "--renderer-process-limit=1", "--disable-site-isolation-trials",
)  # fmt: skip
#: What Chromium says of a page that came with an error's status: we send those on purpose.
STATUS_OF_A_PAGE = re.compile(r"Failed to load resource: the server responded with a status of \d+")


@contextmanager
def chromium_at(path: Path) -> Iterator[Browser]:
    """The distribution's Chromium, for as long as it is needed."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield browser
        browser.close()


class Visitor(AnyVisitor):
    """A visitor in Chromium; Playwright's `page` and `context` are there for what only Chromium is asked."""

    def __init__(self, browser: Browser, demo: RunningDemo, **options: Any) -> None:
        super().__init__(demo)
        self._documents: set[str] = set()
        self.context: BrowserContext = browser.new_context(
            **{"viewport": WIDE, "locale": "nl-NL", "timezone_id": "Europe/Amsterdam"} | options
        )
        self.context.set_default_timeout(PATIENCE_SECONDS * 1000)
        self.context.on("response", self._note_document)
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda trouble: self.complaints.append(str(trouble.error)))
        self.page: Page = self.context.new_page()

    def open(self, address: str) -> None:
        self.page.goto(urljoin(self.demo.issuer, address))

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.fill(f"#{name}", text)

    def click(self, selector: str) -> None:
        with self.page.expect_navigation():
            self.page.click(selector)

    def follow(self, text: str) -> None:
        self.click(f"a:has-text('{text}')")

    def choose(self, *kinds: str) -> None:
        for kind in kinds:
            self.page.check(f"[name=methode][value={kind}]")

    def key(self, name: str) -> None:
        self.page.keyboard.press(name)

    def wait_for(self, address: str) -> None:
        self.page.wait_for_url(address)

    def resize(self, size: Size) -> None:
        self.page.set_viewport_size({"width": size["width"], "height": size["height"]})

    def cookies(self) -> Mapping[str, Cookie]:
        return {
            one["name"]: Cookie(one["secure"], one["httpOnly"], one["sameSite"].lower())
            for one in self.context.cookies(self.demo.issuer)
        }

    def evaluate(self, function: str, argument: object = None) -> Any:
        return self.page.evaluate(function, argument)

    def close(self) -> None:
        self.context.close()

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
