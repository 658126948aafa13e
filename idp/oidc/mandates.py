"""What one sign-in allows one client: carried by the code, and after it by refresh tokens; ended as a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idp.accounts import logouts
from idp.models import AccessToken, RefreshToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """The facts of the sign-in; nothing here changes for as long as tokens come of it."""

    family: str
    """Digest of the code from which everything came."""
    client_id: str
    account_id: str
    session_id: str
    scope: str
    claims: Mapping[str, Sequence[str]]
    acr: str
    auth_time: int
    sid: str
    reference: str
    nonce: str | None = None
    audience: tuple[str, ...] = ()
    """The APIs that were asked for (RFC 8707); none asked is everything that the client registered."""

    @property
    def facts(self) -> dict[str, Any]:
        """Whose it is, as the audit trail writes it."""
        return {
            "reference": self.reference,
            "account_id": self.account_id,
            "client_id": self.client_id,
            "session_id": self.session_id,
        }

    def get_scope(self) -> str:
        """What the tokens may do; how Authlib asks."""
        return self.scope


def end(family: str) -> None:
    """Revoke every token that came of one code."""
    logouts.end_held(lambda held: (held.code_digest == family,), RefreshToken, AccessToken)
