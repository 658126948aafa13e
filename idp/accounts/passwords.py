"""Passwords: hashed with Argon2id and a pepper, imported hashes replaced at the next sign-in, every failure alike.

RFC 9106 for Argon2. What may be a new password: `new_passwords.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus

import argon2
from sqlalchemy import select

from idp import clock, settings
from idp.accounts import imported_hashes
from idp.accounts.imported_hashes import ImportedHash
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.models import Account
from idp.secret_values import Secret, random_crockford, random_token

#: Our own scheme; every other one was imported and is replaced at the next sign-in.
OURS = "argon2id-pepper1"
_BUSY_AFTER_SECONDS = 10
_SCHEMES_KNOWN_FOR_SECONDS = 30

_hasher = argon2.PasswordHasher(
    time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16
)


class _Turnstile:
    """Lets so many hashes at once through per process, so that a rush cannot exhaust memory."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gate: threading.BoundedSemaphore | None = None

    @contextmanager
    def passage(self) -> Iterator[None]:
        with self._lock:
            gate = self._gate = self._gate or threading.BoundedSemaphore(
                settings.current().parallel_hashes
            )
        if not gate.acquire(timeout=_BUSY_AFTER_SECONDS):
            until = clock.now() + timedelta(seconds=30)
            raise RefusedOnOurPage(
                "throttled", HTTPStatus.SERVICE_UNAVAILABLE, "too many hashes at once", until=until
            )
        try:
            yield
        finally:
            gate.release()


_turnstile = _Turnstile()
_known_schemes: dict[str, tuple[float, frozenset[str]]] = {}


def set_password(account: Account, password: str, *, temporary: bool) -> None:
    """Store a new password; the caller ends sessions and records why."""
    account.password_hash = hashed(password)
    account.password_scheme = OURS
    account.password_is_temporary = temporary
    account.browsers_epoch = (account.browsers_epoch or 0) + 1


def take_over(account: Account, made_elsewhere: str) -> None:
    """Store a hash that another system made; `WrongInput` when it is of no kind we can check."""
    account.password_scheme = imported_hashes.recognise(made_elsewhere).scheme
    account.password_hash = made_elsewhere
    account.password_is_temporary = False


def recognise(made_elsewhere: str) -> str:
    """The scheme of an imported hash; `WrongInput` when it is of no kind we can check."""
    return imported_hashes.recognise(made_elsewhere).scheme


def start_password() -> Secret:
    """A generated password of 80 random bits, easy to read out: four groups of four."""
    symbols = random_crockford(16)
    return Secret("-".join(symbols[place : place + 4] for place in range(0, 16, 4)))


def verify(stored: str | None, scheme: str | None, attempt: str) -> bool:
    """Whether `attempt` is the password; `stored` is None when there is no such account.

    One hash is computed for every scheme in use, a true one or a dummy, so that the time tells neither
    whether the account exists nor whether its hash was imported.
    """
    right = False
    for each in sorted(_schemes_in_use() | {scheme or OURS}):
        with _turnstile.passage():
            if stored is not None and each == scheme:
                right = _matches(stored, each, attempt)
            else:
                _matches(_dummy(each), each, attempt)
    return right


def improve(account: Account, password: str) -> None:
    """After a right password: replace an imported or outdated hash by one of ours."""
    if account.password_scheme == OURS and not _hasher.check_needs_rehash(account.password_hash):
        return
    before = account.password_scheme
    account.password_hash, account.password_scheme = hashed(password), OURS
    record(
        Event.PASSWORD_REHASHED,
        account_id=account.id,
        relation_id=account.relation_id,
        before=before,
    )


def normal(password: str) -> str:
    """As it is hashed and compared: one text for every way in which keyboards make it (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def _peppered(password: str) -> bytes:
    pepper = settings.current().secret.derive("pepper 1")
    return base64.b64encode(hmac.new(pepper, normal(password).encode(), hashlib.sha256).digest())


def hashed(password: str) -> str:
    """The hash of a new password, by our own scheme; takes a while, so that no transaction should be open."""
    with _turnstile.passage():
        return _hasher.hash(_peppered(password))


def _matches(stored: str, scheme: str, attempt: str) -> bool:
    if scheme != OURS:
        return imported_hashes.recognise(stored).matches(attempt[:4096])
    try:
        return _hasher.verify(stored, _peppered(attempt[:4096]))
    except argon2.exceptions.VerificationError:
        return False


def be_ready() -> None:
    """Make the dummy now, so that not even the first sign-in of this process tells who exists."""
    _dummy(OURS)


@lru_cache(maxsize=32)
def _dummy(scheme: str) -> str:
    """A hash of the same cost that nothing matches."""
    if scheme == OURS:
        return _hasher.hash(random_token())
    return ImportedHash.like(scheme).text


def _schemes_in_use() -> frozenset[str]:
    """The schemes of all accounts, looked up every so often; ours is always among them."""
    known = _known_schemes.get("all")
    if known is None or time.monotonic() - known[0] > _SCHEMES_KNOWN_FOR_SECONDS:
        with (
            db.engine.connect() as beside
        ):  # what the caller's own transaction holds is not ours to end
            beside = beside.execution_options(reads_only=True)
            found = beside.scalars(select(Account.password_scheme).distinct()).all()
        known = _known_schemes["all"] = (time.monotonic(), frozenset(found) | {OURS})
    return known[1]
