"""A provider like any other, on loopback: takes what comes, remembers it, and answers as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

PATIENCE: Final = 20
"""Seconds: what hangs is a failure, not a long wait."""


@dataclass(frozen=True)
class Came:
    """One request."""

    headers: dict[str, str]
    body: bytes


@dataclass
class AnyProvider:
    """Where messages arrive."""

    port: int = 0
    came: list[Came] = field(default_factory=list)
    answer: tuple[int, bytes] = (200, b'{"status": "queued", "messages": [{"id": 17}]}')
    opened: threading.Event = field(default_factory=threading.Event)
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def address(self) -> str:
        """What a gateway calls."""
        return f"http://127.0.0.1:{self.port}/send?account=1"

    def described(self, folder: Path, *parts: str, name: str = "gateway.toml") -> Path:
        """The operator's file; texts as JSON unless parts are given."""
        file = folder / name
        usual = f"""
            [sms]
            address = "{self.address}"
            headers = {{ Authorization = "Bearer een-geheim-van-de-test" }}
            accepted_field = "status"
            accepted_value = "queued"
            id_field = "messages.0.id"
            [sms.body]
            from = "Voorbeeld"
            to = ["{{to_digits}}"]
            content = {{ text = "{{text}}", ref = "{{id}}", ttl = "{{seconds}}" }}
            """
        file.write_text("\n".join(parts) or usual, encoding="utf-8")
        file.chmod(0o600)
        return file

    def bodies(self) -> list[dict[str, object]]:
        """What came, as JSON."""
        return [json.loads(each.body) for each in self.came]


@contextmanager
def any_provider() -> Iterator[AnyProvider]:
    """Listen on a free port of loopback, until the end of the block."""
    here = AnyProvider()
    here.opened.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.came.append(Came({k.lower(): v for k, v in self.headers.items()}, body))
            here.arrived.release()
            here.opened.wait(PATIENCE)
            status, content = here.answer
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.opened.set()
        server.shutdown()
        server.server_close()
