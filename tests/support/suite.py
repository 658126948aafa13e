"""An outside conformance suite as we meet it: a web server with https on loopback, and a browser without script.

The browser does literally what the suite's configuration file says: `text`, `click` and `wait`, and nothing else.
"""

from __future__ import annotations

import re
import ssl
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from werkzeug.datastructures import Headers

from tests.support.html import Element
from tests.support.pages import Page, filled_in

PATIENCE: Final = 20  # seconds: what hangs is a failure, not a long wait
_PAGE: Final = b'<!doctype html><html><body><p id="submission_complete">done</p></body></html>'


@dataclass
class SuiteServer:
    """Everything that came, as (method, path, parameters)."""

    origin: str
    visits: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    told: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """One for each POST."""

    def came(self, method: str, page: str) -> list[dict[str, str]]:
        """Parameters of the visits to one page."""
        return [sent for by, path, sent in self.visits if by == method and path.endswith(page)]

    def wait_for_a_post(self) -> None:
        """Until we called."""
        assert self.told.acquire(timeout=PATIENCE), "nothing came"


@contextmanager
def suite_server(certificate: Path, key: Path, port: int) -> Iterator[SuiteServer]:
    """A suite that answers while this lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
            here.told.release()

        def _answer(self, sent: str) -> None:
            path = urlsplit(self.path).path
            here.visits.append((self.command, path, dict(parse_qsl(sent, keep_blank_values=True))))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(_PAGE)

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    here = SuiteServer(f"https://localhost:{port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


class PlainBrowser:
    """Reads HTML and keeps cookies; runs no script. One person, one cookie jar."""

    def __init__(self, *authorities: Path) -> None:
        trust = ssl.create_default_context()
        for each in authorities:
            trust.load_verify_locations(each)
        self.opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=trust),
            urllib.request.HTTPCookieProcessor(CookieJar()),
            _ErrorPagesToo(),
        )
        self.pictures: list[str] = []
        """Names of the pages that were kept for who reviews."""
        self._typed: dict[str, str] = {}

    def get(self, address: str, form: Mapping[str, Any] | None = None) -> Page:
        """Open an address, or send a form there; redirects are followed."""
        data = None if form is None else urlencode(form, doseq=True).encode()
        with self.opener.open(address, data, timeout=PATIENCE) as answer:
            headers = Headers(list(answer.headers.items()))
            self.page = Page(answer.url, answer.status, headers, answer.read().decode())
        self._typed = {}
        return self.page

    def does(self, browser: list[dict[str, Any]], address: str) -> Page:
        """Open an address and do what the first entry that matches it says, task by task."""
        [entry, *_] = [each for each in browser if matches(each["match"], address)]
        self.get(address)
        for task in entry["tasks"]:
            if matches(task["match"], self.page.address):
                for command in task["commands"]:
                    self._do(*command)
            else:
                assert task.get("optional"), f"{task['task']}: the browser is at {self.page}"
        return self.page

    def _do(self, verb: str, by: str, target: str, *rest: Any) -> None:
        if verb == "text":
            self.page.at(target)
            self._typed[target] = rest[0]
        elif verb == "click":
            if self.page.find(target) is not None or "optional" not in rest:
                self._click(self.page.at(target))
        elif (verb, by) == ("wait", "contains"):
            self._go_on(target)
        elif (verb, by) == ("wait", "id"):
            self.page.at(target)
        elif (verb, by) == ("wait", "xpath"):
            [name] = re.findall(r"^//body\[@data-page='([a-z-]+)'\]$", target)
            if self.page.name != name:
                raise AssertionError(f"{self.page} is not {name}")
            self.pictures.append(name)
        else:
            raise AssertionError(f"no command of ours: {verb} {by}")

    def _click(self, button: Element) -> None:
        form = button.closest("form")
        assert form is not None, "a button of a form"
        sent = filled_in(self.page, form, self._typed)
        if name := button.get("name"):
            sent[name] = [button.get("value") or ""]
        self.get(urljoin(self.page.address, form.get("action") or ""), sent)

    def _go_on(self, part: str) -> None:
        """Frames load, then the page goes on by itself (`<meta http-equiv="refresh">`)."""
        if part in self.page.address:
            return
        for frame in self.page.document.descendants("iframe"):
            with self.opener.open(frame.get("src") or "", timeout=PATIENCE) as answer:
                answer.read()
        [where] = [
            meta.attributes["content"].partition("url=")[2]
            for meta in self.page.document.descendants("meta")
            if meta.get("http-equiv") == "refresh"
        ]
        assert part in self.get(where).address


class _ErrorPagesToo(urllib.request.HTTPErrorProcessor):
    """Shows a page whatever its status; redirects stay redirects."""

    def http_response(self, request: Any, response: Any) -> Any:
        if response.status in {301, 302, 303}:
            return super().http_response(request, response)
        return response

    https_response = http_response


def matches(pattern: str, address: str) -> bool:
    """As the suite compares: `*` is anything, and nothing else is special."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), address) is not None
