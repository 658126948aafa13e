"""The access tokens that this server obtained, and the logout tokens that it took; in memory, bounded."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relying_party_demo.visits import BoundedStore

TOKEN_SECONDS: Final = 3600
MAX_TOKENS: Final = 1000
#: How old a logout token may be, and how long it may last.
LONGEST_LOGOUT_SECONDS: Final = 300
MAX_LOGOUTS: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What one access token stands for."""

    application_id: str
    claims: Mapping[str, Any]
    """Of the ID Token that came with it."""


class KnownTokens:
    """The access tokens that this server obtained, by digest."""

    def __init__(self) -> None:
        self._grants = BoundedStore[Grant](max_entries=MAX_TOKENS, max_age=TOKEN_SECONDS)

    def put(self, token: str, grant: Grant) -> None:
        """Remember what a token that was just obtained stands for."""
        self._grants.put(_digest(token), grant)

    def find(self, token: str) -> Grant | None:
        """Return what a token stands for; None for one that is not of ours."""
        return self._grants.get(_digest(token))

    def drop(self, token: str) -> None:
        """Forget a token: the person signed out."""
        self._grants.drop(_digest(token))


class LogoutTokens:
    """Which logout tokens were taken already, for as long as one could come again."""

    def __init__(self) -> None:
        # as old as it may be, and as long as it may last, with room for clocks that differ
        self._seen = BoundedStore[bool](max_entries=MAX_LOGOUTS, max_age=3 * LONGEST_LOGOUT_SECONDS)

    def is_new(self, issuer: str, jti: str) -> bool:
        """Whether this one was never taken; from now on it was."""
        return self._seen.put_new(_digest(f"{issuer} {jti}"), True)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
