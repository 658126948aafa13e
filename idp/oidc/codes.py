"""Authorization codes: stored by digest, claimed by one statement, and what happens when one comes twice."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NoReturn, cast

from sqlalchemy import Table, bindparam, insert, select, update

from idp import clock, settings
from idp.audit import Event, record
from idp.models import AuthorizationCode
from idp.oidc import mandates
from idp.oidc.mandates import Mandate
from idp.oidc.refusals import Code, RefusedToClient
from idp.secret_values import new_reference, same
from idp.statements import Prepared

LIFETIME: Final = timedelta(seconds=60)
#: Why a right second use is refused.
REPLAYED: Final = "the code was used before; what it gave no longer works"
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")

_CODES: Final = cast(Table, AuthorizationCode.__table__)

_SAVE: Final = Prepared(insert(_CODES))
#: Everything that makes a code good stands in the condition: whoever gets the row is the only one who ever will.
_CLAIM: Final = Prepared(
    update(_CODES)
    .where(
        _CODES.c.digest == bindparam("given"),
        _CODES.c.client_id == bindparam("client"),
        _CODES.c.redirect_uri == bindparam("address"),
        _CODES.c.code_challenge.is_not_distinct_from(bindparam("challenge")),  # both may be absent
        _CODES.c.claimed_at.is_(None),
        _CODES.c.revoked_at.is_(None),
        _CODES.c.expires_at > bindparam("now"),
    )
    .values(claimed_at=bindparam("now"))
    .returning(*_CODES.c)
)
_GIVE_BACK: Final = Prepared(
    update(_CODES).where(_CODES.c.digest == bindparam("given")).values(claimed_at=None)
)
_LOOK: Final = Prepared(select(_CODES).where(_CODES.c.digest == bindparam("given")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCode(Mandate):
    """A code that this request alone may redeem; the getters are how Authlib asks."""

    redirect_uri: str
    code_challenge: str | None
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """The address that the code was asked for."""
        return self.redirect_uri


def save(code: str, **columns: Any) -> None:
    """Store a code that was just made, by its digest, for a minute."""
    now = clock.now()
    _SAVE.send(
        {
            "digest": digest_of(code),
            "issued_at": now,
            "expires_at": now + LIFETIME,
            "claimed_at": None,
            "revoked_at": None,
            "amr": [],
            **columns,
        },
    )


def digest_of(code: str) -> str:
    """How a code lies in the database."""
    return settings.current().secret.digest("authorization-code", code)


def claim(code: str, *, client_id: str, redirect_uri: str, verifier: str | None) -> ClaimedCode:
    """Take a code out of circulation (RFC 6749 section 4.1.2); `RefusedToClient` when it is not this client's now.

    Client, redirect_uri and verifier (RFC 7636 section 4.6) are part of the claim, so a wrong guess spends nothing. A
    refusal of a code that exists is written to the audit trail under the reference of its sign-in, and a right request
    for a code that was used before ends what it gave.
    """
    given = digest_of(code)
    challenge = None if verifier is None else challenge_of(verifier)
    row = _CLAIM.row(
        {
            "given": given,
            "client": client_id,
            "address": redirect_uri,
            "challenge": challenge,
            "now": clock.now(),
        },
    )
    if row is None:
        _refuse(given, client_id, redirect_uri, challenge)
    return ClaimedCode(
        family=row.digest,
        client_id=row.client_id,
        account_id=row.account_id,
        session_id=row.session_id,
        redirect_uri=row.redirect_uri,
        code_challenge=row.code_challenge,
        nonce=row.nonce,
        scope=row.scope,
        claims=row.claims,
        acr=row.acr,
        auth_time=row.auth_time,
        sid=row.sid,
        reference=row.reference,
        audience=tuple((row.audience or "").split()),
    )


def give_back(code: ClaimedCode) -> None:
    """Undo a claim within the transaction that made it: the request was refused for something beside the code."""
    _GIVE_BACK.send({"given": code.family})


def challenge_of(verifier: str) -> str:
    """S256 of a verifier; for one of the wrong form (RFC 7636 section 4.1) a text that is nobody's challenge."""
    if not _VERIFIER.fullmatch(verifier):
        return "no verifier"
    return (
        base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    )


def _refuse(given: str, client_id: str, redirect_uri: str, challenge: str | None) -> NoReturn:
    """Write down why, and refuse: under the reference of the sign-in where the code is this client's own.

    Who holds the code of another application learns nothing about that sign-in, its reference neither; the one whose
    code it is reads why.
    """
    row = _LOOK.row({"given": given})
    why = "unknown code" if row is None else _why(row, client_id, redirect_uri, challenge)
    replayed = why == REPLAYED
    if row is not None:
        if replayed:
            # somebody else holds the code: end what came of it (RFC 9700 section 2.1.1)
            mandates.end(row.digest)
        record(
            Event.CODE_REPLAYED if replayed else Event.TOKEN_REFUSED,
            succeeded=False,
            actor="client",
            reference=row.reference,
            account_id=row.account_id,
            client_id=client_id,
            session_id=row.session_id,
            reason=why,
        )
    if row is not None and row.client_id == client_id:
        reference, says = row.reference, why
    else:
        reference, says = new_reference(), "there is no such code for this client"
        record(
            Event.TOKEN_REFUSED,
            succeeded=False,
            actor="client",
            reference=reference,
            client_id=client_id,
            reason=why,
        )
    raise RefusedToClient(Code.INVALID_GRANT, why, says=says, reference=reference)


def _why(row: Any, client_id: str, redirect_uri: str, challenge: str | None) -> str:
    if row.client_id != client_id:
        return "a code of another client"
    if row.redirect_uri != redirect_uri:
        return "another redirect_uri than the code was asked for"
    if not same(row.code_challenge or "", challenge or ""):
        return "the code_verifier does not fit"
    if row.claimed_at is not None:
        return REPLAYED
    if row.revoked_at is not None:
        return "the session of the code has ended"
    return "the code is too old"
