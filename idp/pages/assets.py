"""Styles, script, icons and fonts: served from memory under names that hold their content's hash, so kept for ever.

`ui/build.py` writes them to `static/` with `manifest.json`, which says under which name each lies.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, current_app, request

from idp.settings import Settings

STATIC: Final = Path(__file__).parent / "static"
#: Packed already, by what they are.
DENSE: Final = frozenset({".png", ".woff2"})
FOR_EVER: Final = "public, max-age=31536000, immutable"
TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asset:
    """One file as it goes over the wire."""

    body: bytes
    mimetype: str
    packed: bytes | None

    @classmethod
    def of(cls, path: Path) -> Asset:
        """Read a file; what is text is packed, once per process and content."""
        return _packed(path.read_bytes(), path.suffix)


@cache
def _packed(body: bytes, suffix: str) -> Asset:
    packed = None if suffix in DENSE else gzip.compress(body, mtime=0)
    return Asset(body, TYPES[suffix], packed)


@dataclass
class Shelf:
    """Every file we serve, by the name in its address."""

    addresses: dict[str, str] = field(default_factory=dict)
    files: dict[str, Asset] = field(default_factory=dict)

    def add(self, name: str, path: Path, served_as: str) -> None:
        """Serve a file as `/static/<served_as>`; templates call it `name`."""
        self.files[served_as] = Asset.of(path)
        self.addresses[name] = f"/static/{served_as}"


def init_app(app: Flask) -> None:
    """Serve `/static/` and make `asset()` known to templates."""
    app.extensions["idp.assets"] = _fill(app.config["IDP"])
    app.add_template_global(asset)
    if "static" in app.view_functions:  # Flask's own, made for a folder that we do not have
        app.view_functions["static"] = _serve
    else:
        app.add_url_rule("/static/<path:filename>", "static", _serve)


def asset(name: str) -> str:
    """The address of a file, `ui.css` or `brand-theme`; empty when this deployment has no such file."""
    shelf: Shelf = current_app.extensions["idp.assets"]
    return shelf.addresses.get(name, "")


def _fill(settings: Settings) -> Shelf:
    shelf = Shelf()
    try:
        manifest: dict[str, str] = json.loads(
            (STATIC / "manifest.json").read_text(encoding="utf-8")
        )
    except FileNotFoundError:
        log.warning("pages have no styles yet: run `python ui/build.py`")
        manifest = {}
    for name, served_as in manifest.items():
        shelf.add(name, STATIC / served_as, served_as)
    for name, path, suffix in (
        ("brand-logo", settings.brand_logo, ".svg"),
        ("brand-theme", settings.brand_theme, ".css"),
    ):
        if path:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            shelf.add(name, path, f"{name}.{digest}{suffix}")
    return shelf


def _serve(filename: str) -> Response:
    shelf: Shelf = current_app.extensions["idp.assets"]
    if (found := shelf.files.get(filename)) is None:
        abort(404)
    packed = found.packed if request.accept_encodings["gzip"] else None
    response = Response(found.body if packed is None else packed, mimetype=found.mimetype)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if found.packed is not None:
        response.headers["Vary"] = "Accept-Encoding"
        if packed is not None:
            response.headers["Content-Encoding"] = "gzip"
    return response
