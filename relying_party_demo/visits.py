"""What this server remembers about browsers: in memory, bounded in number and in age.

The cookie holds an opaque id and nothing else; the store knows only a keyed digest of that id.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from relying_party_demo.asks import Asks

Kept = TypeVar("Kept")

#: Somebody may set up a second step halfway through a sign-in, so a begun one lasts an hour.
STRANGER_SECONDS = 3600
SIGNED_IN_SECONDS = 8 * 3600
MAX_STRANGERS = 2000
MAX_SIGNED_IN = 1000
MAX_BEGUN = 10


@dataclass(frozen=True, kw_only=True)
class BegunSignIn:
    """A sign-in that left for the provider and has not come back yet."""

    application_id: str
    nonce: str
    code_verifier: str
    return_to: str
    """Path and query of the page, on this origin, that the person goes on to."""
    asks: Asks
    """What the ID Token is held against."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """What one application knows about the person who signed in."""

    id_token: str
    access_token: str
    claims: dict[str, Any]
    userinfo: dict[str, Any]
    csrf_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    until: float = field(default_factory=lambda: time.monotonic() + SIGNED_IN_SECONDS)


@dataclass(kw_only=True)
class Visit:
    """One browser, and per application how it stands."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    begun: dict[str, BegunSignIn] = field(default_factory=dict)
    """Sign-ins under way, by `state`; oldest first."""
    signed_in: dict[str, SignedIn] = field(default_factory=dict)
    """By application id."""
    sign_outs: dict[str, str] = field(default_factory=dict)
    """By application id: the `state` of the sign-out that is at the provider."""

    def begin(self, state: str, sign_in: BegunSignIn) -> None:
        """Remember a sign-in under way; a browser with too many loses its oldest."""
        self.begun[state] = sign_in
        for oldest in list(self.begun)[:-MAX_BEGUN]:
            self.begun.pop(oldest, None)

    def claim(self, state: str, application_id: str) -> BegunSignIn | None:
        """Take the sign-in out of circulation: a `state` works once, for its own application."""
        sign_in = self.begun.pop(state, None)
        return sign_in if sign_in and sign_in.application_id == application_id else None


class BoundedStore(Generic[Kept]):
    """A dictionary that forgets: what is too old, and the oldest when there are too many."""

    def __init__(
        self, *, max_entries: int, max_age: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._max_entries = max_entries
        self._max_age = max_age
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, tuple[float, Kept]] = OrderedDict()

    def put(self, key: str, value: Kept) -> None:
        """Keep the value for `max_age` seconds from now."""
        with self._lock:
            self._entries.pop(key, None)
            self._entries[key] = (self._clock(), value)
            self._forget()

    def put_new(self, key: str, value: Kept) -> bool:
        """Keep the value unless the key is kept already; whether it was new. Of two at once one is."""
        with self._lock:
            self._forget()
            if key in self._entries:
                return False
            self._entries[key] = (self._clock(), value)
            self._forget()
            return True

    def values(self) -> list[Kept]:
        """Return everything that is kept and not too old."""
        with self._lock:
            self._forget()
            return [value for _, value in self._entries.values()]

    def get(self, key: str) -> Kept | None:
        """Return what is kept under the key and not too old."""
        with self._lock:
            self._forget()
            entry = self._entries.get(key)
            return entry[1] if entry else None

    def drop(self, key: str) -> None:
        """Forget the key, if it is there."""
        with self._lock:
            self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)

    def _forget(self) -> None:
        too_old = self._clock() - self._max_age
        while self._entries:
            since, _ = next(iter(self._entries.values()))
            if since >= too_old and len(self._entries) <= self._max_entries:
                return
            self._entries.popitem(last=False)


class Visits:
    """All visits. People who signed in are kept apart, so that a flood of strangers ends none."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._strangers = BoundedStore[Visit](max_entries=MAX_STRANGERS, max_age=STRANGER_SECONDS)
        self._signed_in = BoundedStore[Visit](max_entries=MAX_SIGNED_IN, max_age=SIGNED_IN_SECONDS)

    def find(self, cookie: str | None) -> Visit:
        """Return the visit that the cookie names, or a fresh one that is not kept yet."""
        if not cookie:
            return Visit()
        key = self._key(cookie)
        visit = self._signed_in.get(key) or self._strangers.get(key) or Visit()
        for application_id, signed_in in list(visit.signed_in.items()):
            if signed_in.until < time.monotonic():
                visit.signed_in.pop(application_id, None)
        return visit

    def keep(self, visit: Visit) -> None:
        """Keep the visit; a fresh sign-in needs `sign_in` instead."""
        key = self._key(visit.id)
        kept_in, other = self._strangers, self._signed_in
        if visit.signed_in:
            kept_in, other = other, kept_in
        other.drop(key)
        if kept_in.get(key) is not visit:  # a sign-in is not made to last longer by being used
            kept_in.put(key, visit)

    def sign_in(self, visit: Visit, application_id: str, signed_in: SignedIn) -> Visit:
        """Return the visit under a new id, so that an id known before opens nothing afterwards.

        Under the old id only sign-ins under way remain: another tab may be at the provider.
        """
        renewed = Visit(
            begun=dict(visit.begun),
            signed_in={**visit.signed_in, application_id: signed_in},
            sign_outs=dict(visit.sign_outs),
        )
        self._signed_in.drop(self._key(visit.id))
        if visit.begun:
            self.keep(Visit(id=visit.id, begun=dict(visit.begun)))
        else:
            self._strangers.drop(self._key(visit.id))
        self.keep(renewed)
        return renewed

    def sign_out(self, application_id: str, *, sid: str | None, sub: str | None) -> list[SignedIn]:
        """Forget a person at an application, in every browser: of that session, or in all when no `sid` is named.

        Returns what was known of them.
        """
        ended = []
        for visit in self._signed_in.values():
            signed_in = visit.signed_in.get(application_id)
            if (
                signed_in is not None
                and (sid is None or signed_in.claims.get("sid") == sid)
                and (sub is None or signed_in.claims.get("sub") == sub)
            ):
                visit.signed_in.pop(application_id, None)
                ended.append(signed_in)
        return ended

    def _key(self, visit_id: str) -> str:
        return hmac.new(self._secret, visit_id.encode(), "sha256").hexdigest()
