"""Somebody in front of Firefox: clicks and types as the browser's own input, not by way of the page's scripts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from tests.browser.any_visitor import PATIENCE_SECONDS, WIDE, AnyVisitor, Cookie, Size
from tests.browser.bidi import Bidi, BidiError, Event
from tests.browser.demo_of_a_run import RunningDemo

#: Where our own functions run: beside the page's scripts, which see nothing of them.
SANDBOX = "tests"
#: How WebDriver writes keys that type no character (WebDriver section 17.4.2).
KEYS = {"Delete": "\ue017", "Tab": "\ue004", "Enter": "\ue007"}

#: Nothing that a page says.
LAST_WORD = "That was all."

#: Two ways to find what is clicked. Input reaches only what is in view.
FIND = """named => {
    const found = [...document.querySelectorAll(%s)]%s;
    if (found.length !== 1) throw new Error(`${found.length} of ${named}`);
    found[0].scrollIntoView({block: 'center', behavior: 'instant'});
    return found[0];
}"""
THE_ONE = FIND % ("named", "")
THE_LINK = FIND % ("'a'", ".filter(one => one.textContent.includes(named))")
SELECT_ALL_OF = "id => { const one = document.getElementById(id); one.focus(); one.select() }"


class FirefoxVisitor(AnyVisitor):
    """A visitor in Firefox, in a *user context*: cookies and storage that no other visitor shares."""

    def __init__(
        self,
        firefox: Bidi,
        demo: RunningDemo,
        *,
        viewport: Size = WIDE,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(demo)
        self._firefox = firefox
        self._patience = patience
        self._loaded: list[str] = []
        self._jar: str = firefox.ask("browser.createUserContext")["userContext"]
        firefox.ask("emulation.setLocaleOverride", locale="nl-NL", userContexts=[self._jar])
        firefox.ask(
            "emulation.setTimezoneOverride", timezone="Europe/Amsterdam", userContexts=[self._jar]
        )
        opened = firefox.ask("browsingContext.create", type="tab", userContext=self._jar)
        self._window: str = opened["context"]
        firefox.listen(self._window, self._listen)
        self.resize(viewport)

    def open(self, address: str) -> None:
        self._firefox.ask(
            "browsingContext.navigate",
            context=self._window,
            url=urljoin(self.demo.issuer, address),
            wait="complete",
        )

    def fill(self, **fields: str) -> None:
        for name, text in fields.items():
            self.evaluate(SELECT_ALL_OF, name)
            self._type(text or KEYS["Delete"])

    def click(self, selector: str) -> None:
        self._click(THE_ONE, selector)

    def follow(self, text: str) -> None:
        self._click(THE_LINK, text)

    def choose(self, *kinds: str) -> None:
        for kind in kinds:
            method = f"[name=methode][value={kind}]"
            if not self.count(f"{method}:checked"):
                self._point_at(THE_ONE, method)

    def key(self, name: str) -> None:
        self._type(KEYS[name])

    def wait_for(self, address: str) -> None:
        self._firefox.wait_until(
            lambda: self._loaded[-1:] == [address],
            f"{address} ({self._loaded})",
            seconds=self._patience,
        )

    def resize(self, size: Size) -> None:
        self._firefox.ask("browsingContext.setViewport", context=self._window, viewport=dict(size))

    def cookies(self) -> Mapping[str, Cookie]:
        whose = {"type": "storageKey", "userContext": self._jar}
        kept = self._firefox.ask(
            "storage.getCookies", partition=whose, filter={"domain": "localhost"}
        )
        return {
            one["name"]: Cookie(one["secure"], one["httpOnly"], one["sameSite"])
            for one in kept["cookies"]
        }

    def evaluate(self, function: str, argument: object = None) -> Any:
        told = self._call(
            f"given => JSON.stringify(({function})(JSON.parse(given)) ?? null)",
            json.dumps(argument),
        )
        return json.loads(told["value"])

    def close(self) -> None:
        self.hear_out()
        self._firefox.stop_listening(self._window)
        self._firefox.ask("browser.removeUserContext", userContext=self._jar)

    def hear_out(self) -> None:
        """Wait for what the page complained about until now: it comes a little later, and in order.

        So a last word of our own is put behind it, in a way that pages without scripts have too.
        """
        self.evaluate(f"() => reportError(new Error('{LAST_WORD}'))")
        self._firefox.wait_until(
            lambda: any(LAST_WORD in one for one in self.complaints), "the last word of the page"
        )
        self.complaints = [one for one in self.complaints if LAST_WORD not in one]

    def _call(self, function: str, argument: str) -> dict[str, Any]:
        """The function's result as a *remote value*: a string, or a node that input can be aimed at."""
        answer = self._firefox.ask(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": argument}],
            target={"context": self._window, "sandbox": SANDBOX},
            awaitPromise=False,
        )
        if answer["type"] == "exception":
            raise BidiError(answer["exceptionDetails"]["text"])
        result: dict[str, Any] = answer["result"]
        return result

    def _click(self, which: str, named: str) -> None:
        self._loaded.clear()
        self._point_at(which, named)
        self._firefox.wait_until(
            lambda: bool(self._loaded),
            f"the page that {named!r} leads to",
            seconds=self._patience,
        )

    def _point_at(self, which: str, named: str) -> None:
        """Click on what `which` finds under this name."""
        found = self._call(which, named)
        element = {"type": "element", "element": {"sharedId": found["sharedId"]}}
        self._act(
            "pointer",
            {"type": "pointerMove", "x": 0, "y": 0, "origin": element},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def _type(self, text: str) -> None:
        self._act(
            "key",
            *({"type": move, "value": sign} for sign in text for move in ("keyDown", "keyUp")),
        )

    def _act(self, device: str, *actions: dict[str, Any]) -> None:
        self._firefox.ask(
            "input.performActions",
            context=self._window,
            actions=[{"type": device, "id": device, "actions": list(actions)}],
        )

    def _listen(self, name: str, told: Event) -> None:
        if name == "browsingContext.load":
            self._loaded.append(told["url"])
        elif told["level"] in {"error", "warn"}:
            self.complaints.append(told["text"] or "")
