"""`tests.support`'s browser before a real server: what it asks goes over HTTP to whoever listens at that address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from typing import Any

from flask import Flask
from werkzeug.wrappers import Request

from tests.support.house import Visitor

PATIENCE_SECONDS = 30
#: Of one connection and not of the message (RFC 9110 section 7.6.1); the browser at this end reads whole messages.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}
#: What browsers say when somebody opens a page; to others applications may answer 401 in place of a way to sign in.
OPENS_A_PAGE = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}


def browser_at(origin: str) -> Visitor:
    """A browser with no cookies yet, that shows pages of this origin and stops where it would go to another."""
    wire = Flask("wire")
    wire.wsgi_app = _carried  # type: ignore[method-assign]
    return Visitor(wire, origin, headers=OPENS_A_PAGE)


def _carried(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    asked = Request(environ)
    connection = HTTPConnection(asked.host, timeout=PATIENCE_SECONDS)
    try:
        headers = {name: value for name, value in asked.headers if value}
        connection.request(asked.method, environ["REQUEST_URI"], asked.get_data(), headers)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    kept = [pair for pair in answer.getheaders() if pair[0].lower() not in HOP_BY_HOP]
    start_response(f"{answer.status} {answer.reason}", kept)
    return [body]
