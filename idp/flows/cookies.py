"""The two cookies of the walk: one names the browser, one the session. Only their digests are stored."""

from __future__ import annotations

import re
from typing import Final

from flask import Response, after_this_request, g, request

from idp import settings
from idp.accounts import sessions
from idp.accounts.sessions import LiveSession
from idp.secret_values import random_token

BROWSER: Final = "__Host-idp_browser"
SESSION: Final = "__Host-idp_session"
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def browser_digest() -> str:
    """The digest of this browser's name; a browser that has none gets one with the response."""
    if "browser" not in g:
        value = request.cookies.get(BROWSER, "")
        if not _SHAPE.fullmatch(value):
            value = random_token()
            _send(BROWSER, value)
        g.browser = settings.current().secret.digest("browser", value)
    digest: str = g.browser
    return digest


def current_session() -> LiveSession | None:
    """The session of this browser, read once per request; `None` when there is none in force."""
    if "live_session" not in g:
        value = request.cookies.get(SESSION, "")
        g.live_session = sessions.live(value) if _SHAPE.fullmatch(value) else None
    session: LiveSession | None = g.live_session
    return session


def remember_session(value: str) -> None:
    """Give the browser its (new) session cookie with this response."""
    _send(SESSION, value)


def renew_session(session: LiveSession) -> None:
    """Give this browser's session another cookie: a copy of the old one, wherever it is, opens nothing any more."""
    if (cookie := sessions.raise_session(session, ())) is not None:
        remember_session(cookie)


def forget_session() -> None:
    """Take the session cookie away with this response, and what the browser kept of our pages."""
    g.live_session = None

    @after_this_request
    def clear(response: Response) -> Response:
        response.delete_cookie(SESSION, path="/", secure=True, httponly=True, samesite="Lax")
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response


def _send(name: str, value: str) -> None:
    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(name, value, secure=True, httponly=True, samesite="Lax", path="/")
        return response
