"""A small HTTP client that behaves like one browser: cookies, redirects, forms. Its own cost is not measured."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from email.message import Message
from typing import Final, Protocol
from urllib.parse import urlencode, urlsplit

_CSRF: Final = re.compile(r'name="csrf_token" value="([^"]*)"')
_PAGE: Final = re.compile(r'data-page="([^"]*)"')
_ERROR: Final = re.compile(r'data-error="([^"]*)"')
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: Message
    body: bytes


class Line(Protocol):
    """Carries requests to the server: over a socket, or straight into the application."""

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One request and its answer."""


class Wire:
    """A kept-alive connection over loopback, under the issuer's host name."""

    def __init__(self, issuer: str) -> None:
        parts = urlsplit(issuer)
        self._host = parts.netloc
        self._connection = http.client.HTTPConnection("127.0.0.1", parts.port or 80, timeout=30)

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One request and its answer; a connection that the server closed while idle is opened again."""
        headers = {"Host": self._host, **headers}
        try:
            return self._send(method, path, headers, body)
        except (http.client.RemoteDisconnected, ConnectionError):
            self._connection.close()
            return self._send(method, path, headers, body)

    def _send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        self._connection.request(method, path, body=body or None, headers=headers)
        response = self._connection.getresponse()
        return Answer(response.status, response.headers, response.read())


@dataclass(frozen=True, slots=True)
class Page:
    """Where the browser stands: a page of ours, or an address elsewhere that it was sent to."""

    status: int
    address: str
    text: str

    @property
    def name(self) -> str:
        """The page's name, with its error when it shows one; the status where it has none."""
        found, error = _PAGE.search(self.text), _ERROR.search(self.text)
        return f"{found[1] if found else self.status}{f' ({error[1]})' if error else ''}"


class Browser:
    """One browser, new in the world."""

    def __init__(self, issuer: str, line: Line) -> None:
        self._issuer = issuer
        self._line = line
        self._cookies: dict[str, str] = {}

    def open(self, path: str) -> Page:
        """Go to a local address, along redirects."""
        return self._go("GET", path, {}, b"")

    def post(self, page: Page, *, origin: str | None = None, **fields: str) -> Page:
        """Send the form of a page to the page's own address; `origin` is where a proxy says that we are."""
        token = _CSRF.search(page.text)
        body = urlencode({"csrf_token": token[1] if token else "", **fields}).encode()
        headers = {"Content-Type": FORM} | ({"X-Forwarded-For": origin} if origin else {})
        return self._go("POST", page.address, headers, body)

    def forget(self, name: str) -> None:
        """Delete a cookie."""
        self._cookies.pop(name, None)

    def _go(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Page:
        while True:
            if self._cookies:
                headers["Cookie"] = "; ".join(
                    f"{name}={value}" for name, value in self._cookies.items()
                )
            answer = self._line.send(method, path, headers, body)
            self._remember(answer)
            target = answer.headers.get("Location", "").removeprefix(self._issuer)
            if answer.status not in {302, 303}:
                return Page(answer.status, path, answer.body.decode())
            if not target.startswith("/"):
                return Page(answer.status, target, "")
            method, path, headers, body = "GET", target, {}, b""

    def _remember(self, answer: Answer) -> None:
        for line in answer.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            if value:
                self._cookies[name] = value
            else:
                self._cookies.pop(name, None)
