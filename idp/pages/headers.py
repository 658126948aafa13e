"""The security headers of every response; a view may set a stricter value of its own, which then stays."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, g

from idp import settings

#: For whatever is no page: nothing may be loaded from it and nobody may frame it.
NO_PAGE: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

PAGE: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action {targets};{frames} base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)

#: Passkeys and copying the key of an authenticator app are ours; nothing else is wanted.
PERMISSIONS: Final = ", ".join(
    [
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        "clipboard-write=(self)",
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer",
                "autoplay",
                "camera",
                "clipboard-read",
                "display-capture",
                "encrypted-media",
                "fullscreen",
                "geolocation",
                "gyroscope",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "picture-in-picture",
                "screen-wake-lock",
                "usb",
                "xr-spatial-tracking",
            )
        ),
    ]
)

HSTS: Final = "max-age=31536000; includeSubDomains"

#: On every response, unless a page needs another value. Written as `str.title` writes them.
ALWAYS: Final = {
    "Content-Security-Policy": NO_PAGE,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
}

#: An origin (https://app.example.nl:8443) or the scheme of a native application (nl.example.app:).
FORM_TARGET: Final = re.compile(r"[a-z][a-z0-9+.-]*:(//(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:[0-9]+)?)?")


def init_app(app: Flask) -> None:
    """Put the headers on every response, errors and static files included."""
    app.after_request(_protect)


def allow_form_targets(origins: Iterable[str]) -> None:
    """Let a post from this page end, after redirects, at these origins too.

    Chromium holds redirects after a post against `form-action`: without this the sign-in form never returns to the
    application. `ValueError` for anything that is no origin, because it could widen the policy.
    """
    targets = list(origins)
    for origin in targets:
        if not FORM_TARGET.fullmatch(origin):
            raise ValueError(f"no origin to post to: {origin!r}")
    g.form_targets = targets


def allow_frames(addresses: Iterable[str]) -> None:
    """Let this page, and no other, load pages of these addresses in frames: their origins, exactly.

    `ValueError` as for `allow_form_targets`.
    """
    origins = [f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" for each in addresses]
    for origin in origins:
        if not FORM_TARGET.fullmatch(origin):
            raise ValueError(f"no origin to frame: {origin!r}")
    g.framed = origins


def _protect(response: Response) -> Response:
    is_page = response.mimetype == "text/html"
    wanted = dict(ALWAYS)
    if is_page:
        framed: list[str] = g.get("framed", [])
        targets = dict.fromkeys(["'self'", *g.get("form_targets", ())])
        wanted["Content-Security-Policy"] = PAGE.format(
            targets=" ".join(targets),
            frames=f" frame-src {' '.join(dict.fromkeys(framed))};" if framed else "",
        )
        wanted["Cache-Control"] = "no-store"
        wanted["Cross-Origin-Resource-Policy"] = "same-origin"
        # With `no-referrer` browsers send `Origin: null` along with a form, which csrf refuses.
        if g.get("has_form"):
            wanted["Referrer-Policy"] = "same-origin"
    if settings.current().issuer.startswith("https:"):
        wanted["Strict-Transport-Security"] = HSTS
    set_already = {name.title() for name, _ in response.headers}
    for name, value in wanted.items():
        if name not in set_already:  # a view's own, stricter value stays
            response.headers.add(name, value)
    return response
