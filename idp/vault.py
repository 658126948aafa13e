"""Encryption at rest: AES-256-GCM with a key derived from the root secret, bound to table, column and row.

A value moved to another row, or to another column, no longer opens.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from idp import settings

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Unreadable(Exception):
    """The value was made with another root secret, belongs to another row, or was changed."""


def seal(text: str, *, place: str) -> bytes:
    """Encrypt `text` for one place, written `table.column:row`."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + _cipher().encrypt(nonce, text.encode(), place.encode())


def unseal(sealed: bytes, *, place: str) -> str:
    """Decrypt what `seal` made for the same place; `Unreadable` in every other case."""
    if sealed[:1] != _VERSION:
        raise Unreadable(place)
    nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return _cipher().decrypt(nonce, body, place.encode()).decode()
    except InvalidTag as wrong:
        raise Unreadable(place) from wrong


def _cipher() -> AESGCM:
    return AESGCM(settings.current().secret.derive("vault"))
