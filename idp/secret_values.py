"""Secret values: made here, wrapped here so that no log shows them, and reduced to digests here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

#: Crockford's base 32: no I, L, O or U, so that a letter can be read aloud and typed over.
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Secret:
    """A text that must not appear in a log, a trace or a page by accident; `reveal()` is the only way in."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and same(self._text, other._text)

    def __hash__(self) -> int:
        return hash(self._text)


def same(one: str, other: str) -> bool:
    """Compare in constant time, so that the answer's speed tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def random_token() -> str:
    """256 random bits as 43 URL-safe characters: cookies, codes, tokens, client secrets."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """A row's name: 128 random bits in hexadecimal, never used twice."""
    return secrets.token_hex(16)


def random_digits(count: int) -> str:
    """Uniform decimal digits, leading zeros kept (NIST SP 800-63B-4 section 3.1.3)."""
    return str(secrets.randbelow(10**count)).zfill(count)


def random_crockford(count: int) -> str:
    """Uniform Crockford symbols, five bits each."""
    return "".join(secrets.choice(CROCKFORD) for _ in range(count))


def new_reference() -> str:
    """A reference code for people: eight Crockford symbols in two groups, say `7F3K-2QXM`."""
    symbols = random_crockford(8)
    return f"{symbols[:4]}-{symbols[4:]}"


@dataclass(frozen=True, slots=True)
class RootSecret:
    """The one secret from which every other key of this deployment derives (RFC 5869, HKDF-SHA-256)."""

    _material: bytes
    _derived: dict[str, bytes]

    @classmethod
    def from_text(cls, text: str) -> RootSecret:
        """Read at least 32 bytes written as base64url or hexadecimal; `ValueError` when it is less."""
        text = text.strip()
        try:
            material = bytes.fromhex(text)
        except ValueError:
            material = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        if len(material) < 32:
            raise ValueError("the root secret must be at least 32 bytes long")
        return cls(material, {})

    @classmethod
    def from_file(cls, path: Path) -> RootSecret:
        """Read the file that `IDP_SECRET_FILE` names; `OSError` or `ValueError` when it cannot serve."""
        return cls.from_text(path.read_text(encoding="ascii"))

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose; two purposes never share a key."""
        if (key := self._derived.get(purpose)) is None:
            hkdf = HKDF(hashes.SHA256(), 32, salt=None, info=f"idp {purpose}".encode())
            key = self._derived[purpose] = hkdf.derive(self._material)
        return key

    def digest(self, purpose: str, value: str) -> str:
        """A keyed digest (HMAC-SHA-256, 64 hexadecimal characters): how codes and tokens lie in the database."""
        return hmac.new(
            self.derive(f"digest {purpose}"), value.encode(), hashlib.sha256
        ).hexdigest()

    def __repr__(self) -> str:
        return "RootSecret(…)"
