"""Password hashes that another system made: bcrypt, PBKDF2 (as passlib and Django write it) and Argon2.

Kept only until the person signs in; then our own hash takes its place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

import argon2
import bcrypt

from idp.errors import WrongInput

_BCRYPT = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_PASSLIB = re.compile(r"\$pbkdf2-(sha256|sha512)\$(\d{1,8})\$([./A-Za-z0-9]+)\$([./A-Za-z0-9]+)")
_DJANGO = re.compile(r"pbkdf2_(sha256|sha512)\$(\d{1,8})\$([^$]+)\$([A-Za-z0-9+/=]+)")
_ARGON2 = re.compile(
    r"\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
)

#: Costs above these would let an import slow every sign-in down; costs below them do not exist in their scheme.
_BCRYPT_ROUNDS = range(4, 14 + 1)
_PBKDF2_ROUNDS = range(1, 2_000_000 + 1)
_ARGON2_KIB = range(8, 262_144 + 1)
_ARGON2_PASSES = range(1, 10 + 1)
_SHORTEST_DIGEST = 16
"""In bytes: a shorter one would be matched by chance."""


@dataclass(frozen=True, slots=True)
class ImportedHash:
    """A recognised hash: its text, and the scheme with its cost (`bcrypt-12`, `pbkdf2-sha256-600000`, …)."""

    text: str
    scheme: str

    def matches(self, attempt: str) -> bool:
        """Whether this is the hash of `attempt`, byte for byte as it was typed."""
        if self.scheme.startswith("bcrypt"):
            return bcrypt.checkpw(attempt.encode()[:72], self.text.encode())
        if self.scheme.startswith("argon2"):
            try:
                return argon2.PasswordHasher().verify(self.text, attempt)
            except argon2.exceptions.VerificationError:
                return False
        kind, rounds, salt, expected = _pbkdf2_parts(self.text)
        made = hashlib.pbkdf2_hmac(kind, attempt.encode(), salt, rounds, len(expected))
        return hmac.compare_digest(made, expected)

    @classmethod
    def like(cls, scheme: str) -> ImportedHash:
        """A hash of the same scheme and cost that nothing matches."""
        kind, *cost = scheme.split("-")
        unknown = secrets.token_bytes(16)
        if kind == "bcrypt":
            return recognise(
                bcrypt.hashpw(unknown.hex().encode(), bcrypt.gensalt(int(cost[0]))).decode()
            )
        if kind == "argon2":
            memory, passes, lanes = map(int, cost)
            hasher = argon2.PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=lanes)
            return recognise(hasher.hash(unknown.hex()))
        digest = base64.b64encode(secrets.token_bytes(hashlib.new(cost[0]).digest_size)).decode()
        return recognise(f"pbkdf2_{cost[0]}${cost[1]}${unknown.hex()}${digest}")


def recognise(text: str) -> ImportedHash:
    """Read a hash; `WrongInput` when its kind or cost is none that we take over."""
    if (found := _BCRYPT.fullmatch(text)) and int(found[1]) in _BCRYPT_ROUNDS:
        return ImportedHash(text, f"bcrypt-{int(found[1])}")
    if (found := _ARGON2.fullmatch(text)) and _is_argon2(*map(int, found.groups())):
        return ImportedHash(text, f"argon2-{int(found[1])}-{int(found[2])}-{int(found[3])}")
    found = _PASSLIB.fullmatch(text) or _DJANGO.fullmatch(text)
    if found and int(found[2]) in _PBKDF2_ROUNDS:
        try:
            _kind, _rounds, _salt, expected = _pbkdf2_parts(text)
        except binascii.Error as wrong:
            raise WrongInput("the password hash is damaged") from wrong
        if len(expected) < _SHORTEST_DIGEST:
            raise WrongInput("the password hash is damaged")
        return ImportedHash(text, f"pbkdf2-{found[1]}-{int(found[2])}")
    raise WrongInput(
        "the password hash is not bcrypt, PBKDF2 (SHA-256 or SHA-512) or Argon2, or its cost is out of bounds"
    )


def _is_argon2(memory: int, passes: int, lanes: int) -> bool:
    """RFC 9106 section 3.1: at least one lane and eight KiB for each."""
    return memory in _ARGON2_KIB and passes in _ARGON2_PASSES and 1 <= lanes <= memory // 8


def _pbkdf2_parts(text: str) -> tuple[str, int, bytes, bytes]:
    """Hash name, rounds, salt and expected digest."""
    if found := _PASSLIB.fullmatch(text):
        return found[1], int(found[2]), _passlib_base64(found[3]), _passlib_base64(found[4])
    found = _DJANGO.fullmatch(text)
    if found is None:
        raise WrongInput("not a PBKDF2 hash")
    return found[1], int(found[2]), found[3].encode(), base64.b64decode(found[4], validate=True)


def _passlib_base64(text: str) -> bytes:
    """Passlib's base64: a dot for the plus, no padding."""
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4), validate=True)
