"""WebDriver BiDi as far as a visitor needs it: commands out, their answers and the browser's events in.

The protocol is the W3C's, and a browser that speaks it needs no driver beside it: messages are JSON on a WebSocket.
Everything happens in the caller's thread. Events come in while an answer is awaited, and go to whoever asked for those
of that window.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

from websockets.sync.client import connect

from tests.browser.any_visitor import PATIENCE_SECONDS

LARGEST_MESSAGE_BYTES = 16 * 2**20

Event = dict[str, Any]
Listener = Callable[[str, Event], None]


class BidiError(AssertionError):
    """The browser refused a command, or said nothing for too long. An assertion: it tells what a journey met."""


class Bidi:
    """One session with one browser."""

    def __init__(self, address: str, *events: str) -> None:
        """Open a session at a WebSocket address, and have the browser tell of these events."""
        self._numbers = itertools.count(1)
        self._listeners: dict[str, Listener] = {}
        self._socket = connect(
            address, compression=None, proxy=None, max_size=LARGEST_MESSAGE_BYTES, open_timeout=10
        )
        self.ask("session.new", capabilities={"alwaysMatch": {"unhandledPromptBehavior": "ignore"}})
        self.ask("session.subscribe", events=list(events))

    def ask(self, command: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": command, "params": parameters}))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            message = self._next_message(deadline, f"an answer to {command}")
            if message.get("id") != number:
                continue  # an event, or an answer that came after its patience ended
            if message["type"] == "error":
                raise BidiError(f"{command}: {message['error']}: {message['message']}")
            result: dict[str, Any] = message["result"]
            return result

    def wait_until(
        self, seen: Callable[[], bool], awaited: str, *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Take in events until `seen` holds. `awaited` says in the error what did not come."""
        deadline = time.monotonic() + seconds
        while not seen():
            self._next_message(deadline, awaited)

    def listen(self, window: str, listener: Listener) -> None:
        """From now on give the events of this window (a *browsing context*) to `listener`."""
        self._listeners[window] = listener

    def stop_listening(self, window: str) -> None:
        """Drop what is still told about a window."""
        del self._listeners[window]

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _next_message(self, deadline: float, awaited: str) -> dict[str, Any]:
        try:
            received = self._socket.recv(timeout=max(deadline - time.monotonic(), 0))
        except TimeoutError:
            raise BidiError(f"waited in vain for {awaited}") from None
        message: dict[str, Any] = json.loads(received)
        if message["type"] == "event":
            self._hand_on(message["method"], message["params"])
        return message

    def _hand_on(self, name: str, told: Event) -> None:
        window = told.get("context") or told.get("source", {}).get("context")
        if listener := self._listeners.get(window or ""):
            listener(name, told)
