"""The front door: under which name somebody came, and from where."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from ipaddress import ip_address, ip_network
from typing import Any, Final
from urllib.parse import quote

from flask import Flask, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from idp import audit, settings
from idp.errors import RefusedOnOurPage

#: For who watches us, under whatever name: a load balancer knows our address only.
_WATCHED: Final = ("/health/live", "/health/ready", "/metrics")
#: Where a colleague is signed in and leaves for the desk, when that has an origin of its own.
LEAVE_FOR_THE_DESK: Final = "/servicedesk/overstap"


def init_app(app: Flask) -> None:
    """Look at every request before any room does."""
    app.before_request(come_in)


def come_in() -> ResponseReturnValue | None:
    """Remember where the request comes from, and send those who used another host name to the issuer's.

    `localhost` and `127.0.0.1` are different sites with different cookies, so a form under another name cannot work.
    """
    audit.origin_is(origin())
    here = settings.current()
    if request.host == here.host and here.desk_host and _belongs_to_the_desk():
        return _elsewhere(f"{here.desk_origin}")
    if (
        request.host == here.host
        or request.path in _WATCHED
        or (request.host == here.desk_host and (_belongs_to_the_desk() or _is_a_file()))
    ):
        if "CONTENT_LENGTH" not in request.environ and request.environ.get("wsgi.input_terminated"):
            _gather(request.environ)
        return None
    return _elsewhere(here.issuer)


def _elsewhere(origin: str) -> ResponseReturnValue:
    """Lead to the same address at another origin of ours; what was posted belongs to the page that it came from."""
    if request.method not in {"GET", "HEAD"}:
        raise RefusedOnOurPage(
            "client-request",
            HTTPStatus.MISDIRECTED_REQUEST,
            f"posted to another host than {origin}",
        )
    # quoted anew: the path comes decoded, and what was a %0d%0a must not end up in a header as itself
    path = "/" + quote(request.path.lstrip("/\\"), safe="/@:!$&'()*+,;=")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(origin + path + query, code=HTTPStatus.FOUND)


def _belongs_to_the_desk() -> bool:
    return request.path.startswith("/servicedesk/") and request.path != LEAVE_FOR_THE_DESK


def _is_a_file() -> bool:
    return request.path.startswith("/static/")


def _gather(environ: dict[str, Any]) -> None:
    """Put together a body that came in pieces, and so without a length: 413 for one too large, 400 for a broken one.

    Werkzeug would read as much as it may hold, and take that for the whole.
    """
    most: int = current_app.config["MAX_CONTENT_LENGTH"]
    body = bytearray()
    try:
        while len(body) <= most and (piece := environ["wsgi.input"].read(most + 1 - len(body))):
            body += piece
    except Exception as wrong:  # each server has words of its own for pieces that are none
        raise BadRequest from wrong
    if len(body) > most:
        raise RequestEntityTooLarge
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = BytesIO(body), str(len(body))


def origin() -> str | None:
    """The network address of the browser; what a proxy says of it counts only when we trust that proxy."""
    address = request.remote_addr
    trusted = settings.current().trusted_proxies
    for hop in reversed(
        [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    ):
        if address not in trusted or not hop:
            break
        address = hop[:45]
    return address


def subnet(address: str | None) -> str:
    """What one site or small provider has: the /24 of an IPv4 address, or the /56 of an IPv6 one."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    size = 24 if parsed.version == 4 else 56
    return str(ip_network((parsed, size), strict=False))


def network(address: str | None) -> str:
    """What one subscriber has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address or "")
    except ValueError:  # only a proxy that we trust can say such a thing; they all count together
        return ""
    if parsed.version == 4:
        return str(parsed)
    return str(ip_network((parsed, 64), strict=False).network_address)
