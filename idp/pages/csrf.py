"""Forms that only our own pages can post: a random cookie, and a token that binds it to what the page is about.

The token is HMAC(key, cookie | scope). So two tabs with sign-ins of their own do not disturb one another, and a token
from before the sign-in opens nothing afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from idp import settings
from idp.secret_values import random_token, same

COOKIE: Final = "__Host-idp_csrf"
FIELD: Final = "csrf_token"
ANONYMOUS: Final = "anonymous"
SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def init_app(app: Flask) -> None:
    """Make `csrf_token()` known to templates and send the cookie with the page that needs it."""
    app.add_template_global(csrf_token)
    app.after_request(_send_cookie)


def csrf_scope(scope: str) -> None:
    """Bind the token on this page to `scope`, say `tx:<id>` or `session:<id>`; without a call it is `anonymous`."""
    g.csrf_scope = scope


def csrf_token() -> str:
    """The token for the forms of this page."""
    g.has_form = True
    return _token(_cookie(), getattr(g, "csrf_scope", ANONYMOUS))


def csrf_token_of(scope: str) -> str:
    """The token for what a script of this page posts elsewhere than its forms do."""
    g.has_form = True
    return _token(_cookie(), scope)


def csrf_holds(scope: str) -> bool:
    """Whether this post comes from a page of ours with the same scope, in the same browser.

    `Origin` and `Sec-Fetch-Site` of elsewhere are refused when a browser sends them; a script may leave them out.
    """
    cookie = request.cookies.get(COOKIE, "")
    if not SHAPE.fullmatch(cookie) or _comes_from_elsewhere():
        return False
    return same(request.form.get(FIELD, ""), _token(cookie, scope))


def _cookie() -> str:
    """The browser's own random value; a new one when it has none."""
    if "csrf_cookie" not in g:
        sent = request.cookies.get(COOKIE, "")
        g.csrf_cookie = sent if SHAPE.fullmatch(sent) else random_token()
    value: str = g.csrf_cookie
    return value


def _token(cookie: str, scope: str) -> str:
    key = settings.current().secret.derive("csrf")
    mac = hmac.new(key, f"{cookie}|{scope}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(mac.digest()).rstrip(b"=").decode()


def _comes_from_elsewhere() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site not in {None, "same-origin", "none"}:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    here, ours = urlsplit(request.host_url), settings.current()
    known = ours.desk_origin if request.host == ours.desk_host else ours.issuer
    return origin not in {known, f"{here.scheme}://{here.netloc}"}


def _send_cookie(response: Response) -> Response:
    value = g.get("csrf_cookie")
    if value and value != request.cookies.get(COOKIE):
        response.set_cookie(COOKIE, value, secure=True, httponly=True, samesite="Lax", path="/")
    return response
