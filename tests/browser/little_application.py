"""A little application of a test's own: sends a browser to the provider, takes what comes back, redeems the code.

It answers under every name of loopback (`localhost`, `127.0.0.1`, `rp.localhost`), which are different sites to a
browser, and its `/hop` sends the browser on to another address, as some applications' callbacks do.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from idp.cli.work import at_work, settings_of
from idp.oidc import clients
from tests.browser.demo_of_a_run import RunningDemo

PAGE = (
    '<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Aangekomen</title>'
    '<link rel="icon" href="data:,"></head><body data-page="arrived"><h1>Aangekomen</h1></body></html>'
)


@dataclass(frozen=True)
class Answer:
    """What a browser brought back from the provider."""

    method: str
    host: str
    path: str
    fields: dict[str, str]


@dataclass
class LittleApplication:
    """A public client with PKCE, and the server behind its addresses."""

    demo: RunningDemo
    port: int
    hop_to: str = ""
    answers: list[Answer] = field(default_factory=list)
    client_id: str = ""
    _verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def address(self, path: str, host: str = "localhost") -> str:
        """One of its addresses."""
        return f"http://{host}:{self.port}{path}"

    def register(self, *redirect_uris: str, form_action_origins: tuple[str, ...] = ()) -> None:
        """Become a client of the provider, with these redirect addresses."""
        with at_work(settings_of(self.demo.environment)):
            client, _ = clients.add(
                name="Kleine applicatie",
                profile="basic",
                auth_method="none",
                redirect_uris=redirect_uris,
                form_action_origins=form_action_origins,
                sector=f"klein-{self.port}.voorbeeld",
                is_test=True,
                actor="tests",
            )
            self.client_id = client.client_id

    def request(self, redirect_uri: str, **more: str) -> str:
        """The address at the provider that asks for a sign-in."""
        challenge = hashlib.sha256(self._verifier.encode()).digest()
        asked = {
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": "een-staat",
            "nonce": "een-nonce",
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        } | more
        return f"{self.demo.issuer}/oauth2/authorize?{urlencode(asked)}"

    def redeem(self, code: str, redirect_uri: str) -> dict[str, Any]:
        """The provider's answer to the code."""
        given = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": self._verifier,
        }
        asked = urllib.request.Request(
            f"{self.demo.issuer}/oauth2/token", data=urlencode(given).encode()
        )
        with urllib.request.urlopen(asked, timeout=10) as answer:
            tokens: dict[str, Any] = json.load(answer)
        return tokens


@contextmanager
def little_application(demo: RunningDemo) -> Iterator[LittleApplication]:
    """The application, as long as it is needed."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._take(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._take(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _take(self, given: str) -> None:
            path = urlsplit(self.path).path
            if path == "/hop":
                self.send_response(303)
                self.send_header("Location", f"{application.hop_to}?{given}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            answer = Answer(self.command, self.headers["Host"], path, dict(parse_qsl(given)))
            application.answers.append(answer)
            body = PAGE.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    application = LittleApplication(demo, int(server.server_address[1]))
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
    )
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
