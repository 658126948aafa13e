"""A web server of an application, on loopback, for a test: what lies where, and who came."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class WebServer:
    """Pages by path; `visits` tells which were asked for, in their order."""

    origin: str
    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)
    meanwhile: Callable[[], None] = lambda: None
    """What happens elsewhere while somebody waits for an answer."""

    def put(
        self, path: str, body: Any, *, status: int = 200, kind: str = "", **headers: str
    ) -> str:
        """Let something lie there: bytes and text as they are, everything else as JSON. Returns its address."""
        raw = isinstance(body, bytes | str)
        content = (
            (body if isinstance(body, bytes) else body.encode())
            if raw
            else json.dumps(body).encode()
        )
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        usual = "text/plain" if raw else "application/json"
        self.pages[path] = (status, {"Content-Type": kind or usual, **named}, content)
        return self.origin + path


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A server that answers while this lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here.visits.append(self.path)
            here.meanwhile()
            status, headers, body = here.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here = WebServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
