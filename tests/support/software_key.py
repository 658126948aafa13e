"""A security key in software: answers the options of a page as a browser with a key in it would.

    key = SoftwareKey()
    browser.submit("volgende", sleutel=key.make(options_on(browser.page)), sleutelnaam="Laptop")

What it says can be bent for one answer: `key.use(options, origin="https://elders.example", sign_count=1)`.
A key with a `maker` has it vouch for what it makes, when the page asks for that.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.support.house import ISSUER
from tests.support.key_makers import Maker
from tests.support.pages import Page

ES256, ED25519, RS256 = -7, -8, -257
PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
USUAL: Final = PRESENT | VERIFIED
NO_MODEL: Final = UUID(int=0)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey


def options_on(page: Page) -> dict[str, Any]:
    """What the page gives the browser."""
    fields = page.document.descendants("input")
    text = next(one.get("data-options") for one in fields if one.get("name") == "sleutel")
    options: dict[str, Any] = json.loads(text or "")
    return options


def packed(value: bytes) -> str:
    """Bytes in base64url without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def unpacked(text: str) -> bytes:
    """And back."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def new_private_key(algorithm: int) -> PrivateKey:
    """A key pair for one of the three algorithms."""
    if algorithm == ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == RS256:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class SoftwareKey:
    """One key on one device; `counts=False` for those that keep no counter."""

    algorithm: int = ES256
    counts: bool = True
    flags: int = USUAL
    key_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sign_count: int = 0
    handle: str | None = None
    maker: Maker | None = None
    model: UUID = NO_MODEL
    private: PrivateKey = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.private = new_private_key(self.algorithm)

    def make(self, options: dict[str, Any], **bent: Any) -> str:
        """The answer to `navigator.credentials.create()`; remembers for whom it was made."""
        self.handle = options["user"]["id"]
        rp_id = bent.get("rp_id", options["rp"]["id"])
        data = self._client_data("webauthn.create", options, bent)
        key_id = bent.get("key_id", self.key_id)
        attested = self.model.bytes + len(key_id).to_bytes(2, "big") + key_id
        attested += bent["public_key"] if "public_key" in bent else cbor2.dumps(self.cose())
        told = self._told(rp_id, bent, ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": told}
        if self.maker is not None and options["attestation"] == "direct":
            statement |= self._vouched(self.maker, told + hashlib.sha256(data).digest(), bent)
        response = {
            "clientDataJSON": packed(data),
            "attestationObject": packed(cbor2.dumps(statement)),
            "transports": ["usb", "nfc"],
        }
        return self._credential(key_id, response)

    def use(self, options: dict[str, Any], **bent: Any) -> str:
        """The answer to `navigator.credentials.get()`; counts on, unless `sign_count` is given."""
        if self.counts and "sign_count" not in bent:
            self.sign_count += 1
        data = self._client_data("webauthn.get", options, bent)
        told = self._told(bent.get("rp_id", options["rpId"]), bent)
        signature = bent.get("signature", self._signature(told + hashlib.sha256(data).digest()))
        response = {
            "clientDataJSON": packed(data),
            "authenticatorData": packed(told),
            "signature": packed(signature),
        }
        if (handle := bent.get("handle", self.handle)) is not None:
            response["userHandle"] = handle
        return self._credential(bent.get("key_id", self.key_id), response)

    def _vouched(self, maker: Maker, message: bytes, bent: dict[str, Any]) -> dict[str, Any]:
        """The statement of the maker (WebAuthn Level 3 section 8.2)."""
        if bent.get("self_attested"):
            return {"fmt": "packed", "attStmt": {"alg": ES256, "sig": self._signature(message)}}
        batch = ec.generate_private_key(ec.SECP256R1())
        leaf = maker.leaf(batch.public_key(), bent.get("certified", self.model), **bent)
        signature = bent.get("vouched", batch.sign(message, ec.ECDSA(hashes.SHA256())))
        return {"fmt": "packed", "attStmt": {"alg": ES256, "sig": signature, "x5c": [leaf]}}

    def cose(self) -> dict[int, Any]:
        """The public half as COSE writes it (RFC 9053)."""
        public: Any = self.private.public_key()
        if self.algorithm == ED25519:
            return {1: 1, 3: ED25519, -1: 6, -2: public.public_bytes_raw()}
        if self.algorithm == RS256:
            numbers = public.public_numbers()
            size = (public.key_size + 7) // 8
            return {1: 3, 3: RS256, -1: numbers.n.to_bytes(size, "big"), -2: b"\x01\x00\x01"}
        point = public.public_numbers()
        size = (public.curve.key_size + 7) // 8
        x, y = (each.to_bytes(size, "big") for each in (point.x, point.y))
        return {1: 2, 3: ES256, -1: 1, -2: x, -3: y}

    def _client_data(self, kind: str, options: dict[str, Any], bent: dict[str, Any]) -> bytes:
        said = {
            "type": bent.get("kind", kind),
            "challenge": bent.get("challenge", options["challenge"]),
            "origin": bent.get("origin", ISSUER),
            "crossOrigin": False,
        }
        return json.dumps(said | bent.get("client_data", {})).encode()

    def _told(self, rp_id: str, bent: dict[str, Any], more: int = 0) -> bytes:
        flags = bent.get("flags", self.flags) | more
        count: int = bent.get("sign_count", self.sign_count)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _signature(self, message: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(message, ec.ECDSA(hashes.SHA256()))

    def _credential(self, key_id: bytes, response: dict[str, Any]) -> str:
        name = packed(key_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
