"""An application's end of a call by us: a real HTTP server on loopback that remembers what came and answers as told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl

PATIENCE: Final = 20  # seconds: what hangs is a failure, not a long wait


@dataclass(frozen=True)
class Post:
    """One call that arrived."""

    path: str
    content_type: str
    fields: tuple[tuple[str, str], ...]

    @property
    def token(self) -> str:
        """The `logout_token`, which is all that a call brings."""
        [(name, value)] = self.fields
        assert name == "logout_token"
        return value


@dataclass
class Receiver:
    """Where calls arrive, and how they are answered."""

    port: int = 0
    posts: list[Post] = field(default_factory=list)
    status: int = 200
    location: str | None = None
    opened: threading.Event = field(default_factory=threading.Event)
    """Calls are answered once this is set; it is, unless a test clears it."""
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    """One for each call that came, answered or not."""

    @property
    def address(self) -> str:
        """Where an application is told of a sign-out."""
        return f"http://127.0.0.1:{self.port}/afgemeld"

    def wait_for_one(self) -> Post:
        """The next call that arrives."""
        assert self.arrived.acquire(timeout=PATIENCE), "nothing came"
        return self.posts[-1]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Listen on a free port of loopback, until the end of the block."""
    here = Receiver()
    here.opened.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            content_type = self.headers.get("Content-Type", "")
            pairs = tuple(parse_qsl(body, keep_blank_values=True))
            here.posts.append(Post(self.path, content_type, pairs))
            here.arrived.release()
            here.opened.wait(PATIENCE)
            self.send_response(here.status)
            if here.location is not None:
                self.send_header("Location", here.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_said: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.port = server.server_address[1]
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield here
    finally:
        here.opened.set()
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
