"""A framework that is not here, by its requests in tests/counterparts/recorded/: byte for byte as it sends them."""

from __future__ import annotations

import base64
import re
import secrets
import tomllib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

from werkzeug.test import TestResponse

from tests.protocol.relying_party import RelyingParty, challenge_of
from tests.support.house import ISSUER, Visitor
from tests.support.pages import Page
from tests.support.source import ROOT

RECORDED = ROOT / "tests" / "counterparts" / "recorded"
ALPHABETS: dict[str, Callable[[int], str]] = {
    "base64url": secrets.token_urlsafe,
    "base64url with =": lambda n: base64.urlsafe_b64encode(secrets.token_bytes(n)).decode(),
    "base64 of hexadecimal": lambda n: base64.b64encode(
        secrets.token_hex(n // 2).encode()
    ).decode(),
}


class Framework:
    """One sign-in of an application that is built with it: what it keeps between its requests."""

    def __init__(self, name: str, shop: RelyingParty, metadata: dict[str, Any], scope: str) -> None:
        self._recorded = tomllib.loads((RECORDED / f"{name}.toml").read_text(encoding="utf-8"))
        self._metadata = metadata
        self._house = shop.house
        self.knows = {
            "client_id": shop.client_id,
            "client_secret": shop.secret or "",
            "redirect_uri": shop.redirect_uri,
            "scope": scope,
        }
        self.knows |= {name: _made(*parts) for name, parts in self._recorded["values"].items()}
        self.knows["code_challenge"] = challenge_of(self.knows["code_verifier"])
        pair = f"{quote_plus(shop.client_id)}:{quote_plus(shop.secret or '')}"
        self.knows["basic"] = base64.b64encode(pair.encode()).decode()

    def sends(self, browser: Visitor, request: str) -> Page:
        """Send the browser with a request of its own."""
        recorded = self._recorded[request]
        assert recorded["method"] == "GET"
        query = self._filled(recorded["query"], lambda text: quote(text, recorded["leaves"]))
        return browser.get(f"{self._metadata[recorded['endpoint']]}?{query}")

    def asks(self, request: str) -> TestResponse:
        """Ask the provider from its own server."""
        recorded = self._recorded[request]
        return self._house.app.test_client().open(
            self._metadata[recorded["endpoint"]].removeprefix(ISSUER),
            base_url=ISSUER,
            method=recorded["method"],
            data=self._filled(recorded.get("body", ""), quote_plus) or None,
            headers={name: self._filled(text, str) for name, text in recorded["headers"].items()},
        )

    def _filled(self, line: str, written: Callable[[str], str]) -> str:
        return re.sub(r"{(\w+)}", lambda name: written(self.knows[name[1]]), line)


def _made(*parts: Any) -> str:
    """A value of the recorded form: what it begins with, an alphabet, and how many bytes."""
    *begins, alphabet, count = parts
    return "".join(begins) + ALPHABETS[alphabet](count)
