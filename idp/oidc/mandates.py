"""What one sign-in allows one client: carried by the code, and after it by refresh tokens; ended as a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, update

from idp import clock
from idp.database import connection
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


_END: Final = tuple(
    update(table)
    .where(table.c.code_digest == bindparam("family"), table.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
    for table in (cast(Table, AccessToken.__table__), cast(Table, RefreshToken.__table__))
)


def end(family: str) -> None:
    """Revoke every token that came of one code."""
    for statement in _END:
        connection().execute(statement, {"family": family, "now": clock.now()})
