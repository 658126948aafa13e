"""The ring of keys: which one signs now, which are published, whether a token is ours, what is encrypted to us.

What a key is (next, active, retired) follows from the clock and the files alone, so every node switches by itself.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from flask import current_app
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OctKey, OKPKey, RSAKey

from idp import clock, settings
from idp.keyring.source import (
    ALWAYS_NEEDED,
    ENCRYPTION,
    SIGNING,
    FileSource,
    OneAlgorithm,
    Opener,
    Signer,
    Source,
    StoredKey,
)

#: A new key is published a week (how long others may cache the set) and a day before it signs.
PUBLISHED_BEFORE: Final = timedelta(days=8)
#: And stays published after its last use, for whoever still holds a token of it.
PUBLISHED_AFTER: Final = timedelta(days=30)
#: What reading a token can end in: no base64, no text, brackets without end; and, because joserfc believes that each
#: member of a header is of the type that it should be, what Python says where one is not.
_UNREADABLE: Final = (
    JoseError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RecursionError,
)
#: For how long a key signs; the next one is made in time to be published before that.
SIGNS_FOR: Final = timedelta(days=90)
#: How late that may be before we complain.
GRACE: Final = timedelta(days=7)
#: How often, in seconds, a process looks whether another one changed the keys.
LOOK_EVERY: Final = 2.0
MAX_TOKEN_LENGTH: Final = 16 * 1024


class NoActiveKey(Exception):
    """There is nothing to sign with: an operator has to run `idp keys rotate`."""


class Unopenable(Exception):
    """What came is not encrypted to a key of ours. Says nothing about why, and neither may who tells of it."""


class Unverifiable(Exception):
    """The token is not one that we signed for this purpose. Says nothing about its age."""


@dataclass(frozen=True, slots=True)
class KeyLine:
    """One key as an operator sees it."""

    kid: str
    alg: str
    state: str
    """`next`, `active`, `retired` (a next one took over) or `withdrawn`."""
    published: bool
    created_at: datetime
    active_from: datetime
    published_until: datetime | None
    """When it leaves the published set; `None` while nothing follows it."""


class Ring:
    """Every key of a deployment, parsed once per process."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._keys: tuple[StoredKey, ...] = ()
        self._signers: dict[str, Signer] = {}
        self._openers: dict[str, Opener] = {}
        self._verifiers: dict[str, RSAKey | ECKey | OctKey | OKPKey] = {}
        self._stamp = -1
        self._looked_at = float("-inf")
        self._looking = threading.Lock()

    def refresh(self, *, at_once: bool = False) -> None:
        """Notice what another process did; looks at the folder every few seconds unless told to do so now."""
        if not at_once and self._looked_just_now():
            return
        with self._looking:  # whoever comes while another looks waits for what it finds
            if not at_once and self._looked_just_now():
                return
            moment = time.monotonic()
            if (stamp := self.source.stamp()) != self._stamp:
                self._keys = tuple(sorted(self.source.load(), key=_turn))
                self._stamp = stamp
            self._looked_at = moment

    def _looked_just_now(self) -> bool:
        return time.monotonic() - self._looked_at < LOOK_EVERY

    def sign(self, claims: Mapping[str, Any], *, alg: str, typ: str | None) -> str:
        """The claims as a JWT signed by the active key of `alg`; `NoActiveKey` when there is none.

        `typ` says what kind of token it is (RFC 8725 section 3.11), `None` that it counts as none of ours when it
        comes back; the header names the key.
        """
        self.refresh()
        key = self.active(alg, clock.now())
        if key is not None and not self.source.is_as_loaded(key):  # perhaps withdrawn elsewhere
            self.refresh(at_once=True)
            key = self.active(alg, clock.now())
        if key is None:
            raise NoActiveKey(f"there is no active {alg} key: run `idp keys rotate`")
        if (signer := self._signers.get(key.kid)) is None:
            signer = self._signers[key.kid] = self.source.signer(key)
        kind = {} if typ is None else {"typ": typ}
        return signer.sign({**kind, "alg": alg, "kid": key.kid}, claims)

    def verify(self, token: str, *, typ: str) -> dict[str, Any]:
        """The claims of a token that one of our keys signed, retired ones included; else `Unverifiable`.

        The algorithm is the key's, never the token's (RFC 8725 section 3.1). Times are not looked at.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unverifiable("too long")
        self.refresh()
        try:
            header = jws.extract_compact(token.encode()).headers()
            key = next((key for key in self._keys if key.kid == header.get("kid")), None)
            if (
                key is None
                or key.retired_at is not None
                or key.alg not in SIGNING
                or header.get("typ") != typ
            ):
                raise Unverifiable("another key or another kind of token")
            rules = OneAlgorithm(key.alg)
            payload = jws.deserialize_compact(token, self._public(key), registry=rules).payload
            claims = orjson.loads(payload or b"")
        except _UNREADABLE as wrong:
            raise Unverifiable(type(wrong).__name__) from wrong
        if not isinstance(claims, dict):
            raise Unverifiable("no claims")
        return claims

    def opened(self, token: str) -> bytes:
        """What was encrypted to one of our keys, those that a next one followed included; else `Unopenable`.

        The algorithm is the key's, never the token's (RFC 8725 section 3.1).
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise Unopenable
        self.refresh()
        try:
            header = orjson.loads(urlsafe_b64decode(token.partition(".")[0] + "=="))
            kid = header.get("kid") if isinstance(header, dict) else None
            key = next((key for key in self._keys if key.kid == kid), None)
            if key is None or key.retired_at is not None or key.alg not in ENCRYPTION:
                raise Unopenable
            if (opener := self._openers.get(key.kid)) is None:
                opener = self._openers[key.kid] = self.source.opener(key)
            return opener.open(token)
        except _UNREADABLE as wrong:
            raise Unopenable from wrong

    def active(self, alg: str, now: datetime) -> StoredKey | None:
        """The key that signs now: the one whose turn came last."""
        turns = [
            key
            for key in self._keys
            if key.alg == alg and key.retired_at is None and key.active_from <= now
        ]
        return turns[-1] if turns else None

    def signs(self) -> tuple[str, ...]:
        """The algorithms for which a key is active now."""
        self.refresh()
        now = clock.now()
        return tuple(alg for alg in SIGNING if self.active(alg, now) is not None)

    def waiting(self, alg: str, now: datetime) -> StoredKey | None:
        """The key whose turn is still to come."""
        return next(
            (
                key
                for key in self._keys
                if key.alg == alg and key.retired_at is None and key.active_from > now
            ),
            None,
        )

    def due_at(self, alg: str, now: datetime) -> datetime | None:
        """When the next key should be made, long ago if none is at work; `None` while one waits for its turn.

        `None` too where nobody ever made one, of an algorithm that only some clients ask.
        """
        if self.waiting(alg, now) is not None:
            return None
        if alg not in ALWAYS_NEEDED and not any(key.alg == alg for key in self._keys):
            return None
        at_work = self.active(alg, now)
        since = datetime.min.replace(tzinfo=UTC) if at_work is None else at_work.active_from
        return since + SIGNS_FOR - PUBLISHED_BEFORE

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public set (RFC 7517 section 5): the keys to come, those at work, and those just followed."""
        self.refresh(at_once=True)
        now = clock.now()
        return {"keys": [dict(key.public) for key in self._keys if self._is_published(key, now)]}

    def lines(self) -> list[KeyLine]:
        """Every key, in the order of its turn."""
        self.refresh(at_once=True)
        now = clock.now()
        return [
            KeyLine(
                kid=key.kid,
                alg=key.alg,
                state=self._state(key, now),
                published=self._is_published(key, now),
                created_at=key.created_at,
                active_from=key.active_from,
                published_until=self._published_until(key),
            )
            for key in self._keys
        ]

    def find(self, kid: str) -> StoredKey | None:
        """The key of that name, or the only one whose name begins so."""
        self.refresh(at_once=True)
        found = [key for key in self._keys if kid and key.kid.startswith(kid)]
        return found[0] if len(found) == 1 else None

    def _public(self, key: StoredKey) -> RSAKey | ECKey | OctKey | OKPKey:
        if (parsed := self._verifiers.get(key.kid)) is None:
            parsed = self._verifiers[key.kid] = JWKRegistry.import_key(dict(key.public))
        return parsed

    def _state(self, key: StoredKey, now: datetime) -> str:
        if key.retired_at is not None:
            return "withdrawn"
        if key.active_from > now:
            return "next"
        return "active" if key == self.active(key.alg, now) else "retired"

    def _published_until(self, key: StoredKey) -> datetime | None:
        if key.retired_at is not None:
            return key.retired_at
        after = [
            each
            for each in self._keys
            if each.alg == key.alg and each.retired_at is None and _turn(each) > _turn(key)
        ]
        return after[0].active_from + PUBLISHED_AFTER if after else None

    def _is_published(self, key: StoredKey, now: datetime) -> bool:
        until = self._published_until(key)
        return until is None or now < until


def _turn(key: StoredKey) -> tuple[datetime, str]:
    """The order in which keys take over; the name decides between two of one moment, the same way everywhere."""
    return key.active_from, key.kid


def current() -> Ring:
    """The ring of the application at work."""
    ring: Ring | None = current_app.extensions.get("idp-keyring")
    if ring is None:
        here = settings.current()
        ring = current_app.extensions["idp-keyring"] = Ring(
            FileSource(here.key_folder, here.secret)
        )
    return ring
