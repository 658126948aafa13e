"""The access tokens that this server obtained, and what each was worth; in memory, bounded, by digest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relying_party_demo.visits import BoundedStore

TOKEN_SECONDS: Final = 3600
MAX_TOKENS: Final = 1000


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


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
