"""Recovery codes: a set that somebody keeps on paper, each of which takes the place of the second step once.

Fifteen random Crockford symbols (75 bits, NIST SP 800-63B-4 section 4.2.1.1) and a check symbol, as on activation
codes. A new set voids the one before it; methods that are reset void it too. They are no method: they never count as
one that is left.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, cast

from sqlalchemy import Table, bindparam, delete, func, select, update

from idp import clock, settings
from idp.accounts import code_symbols, notices
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.database import db
from idp.models import Account, RecoveryCode
from idp.secret_values import Secret, random_crockford
from idp.statements import Prepared

PER_SET: Final = 8
SYMBOLS: Final = 16
"""Fifteen that are random and one that checks them."""

_ROWS: Final = cast(Table, RecoveryCode.__table__)
_LEFT: Final = Prepared(
    select(func.count())
    .select_from(_ROWS)
    .where(_ROWS.c.account_id == bindparam("account"), _ROWS.c.spent_at.is_(None))
)
_SPEND: Final = Prepared(
    update(_ROWS)
    .where(
        _ROWS.c.account_id == bindparam("account"),
        _ROWS.c.digest == bindparam("typed"),
        _ROWS.c.spent_at.is_(None),
    )
    .values(spent_at=bindparam("now"))
    .returning(_ROWS.c.id)
)


class Trouble(StrEnum):
    """Why a code was not accepted; the contract's error name."""

    MISSING = "recovery-code-missing"
    TYPO = "recovery-code-typo"
    INVALID = "recovery-code-invalid"


def offered() -> bool:
    """Whether this body lets people have them."""
    return settings.current().recovery_codes


def left(account_id: str) -> int:
    """How many codes of the account can still be used; none where the body does not offer them."""
    if not offered():
        return 0
    return int(_LEFT.value({"account": account_id}) or 0)


def make(account: Account, *, reference: str | None = None) -> list[Secret]:
    """A new set, and the end of the one before it; the readable form is returned here and exists nowhere else.

    Two at once leave one set: the account's row is held until the transaction ends. Does not commit.
    """
    db.session.execute(select(Account.id).where(Account.id == account.id).with_for_update())
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    made = [_random() for _each in range(PER_SET)]
    db.session.add_all(
        RecoveryCode(account_id=account.id, digest=_digest(account.id, symbols)) for symbols in made
    )
    db.session.flush()
    record(
        Event.RECOVERY_CODES_MADE,
        account_id=account.id,
        relation_id=account.relation_id,
        reference=reference,
    )
    notices.tell(account.id, Notice.RECOVERY_CODES_MADE, reference=reference)
    return [
        Secret("-".join(symbols[at : at + 4] for at in range(0, SYMBOLS, 4))) for symbols in made
    ]


def slip(typed: str) -> Trouble | None:
    """Why this is no code of ours at all: nothing, or a typing error. Nobody learns anything by it."""
    if not typed.strip():
        return Trouble.MISSING
    return Trouble.TYPO if code_symbols.read(typed, length=SYMBOLS) is None else None


def spend(account: Account, typed: str, *, reference: str) -> bool:
    """Use the code up, by one statement; `False` when it is not one of this account that is left.

    Records it and tells the holder. Does not commit.
    """
    symbols = code_symbols.read(typed, length=SYMBOLS)
    if symbols is None or not offered():
        return False
    asked = {"account": account.id, "typed": _digest(account.id, symbols), "now": clock.now()}
    if _SPEND.value(asked) is None:
        return False
    remaining = left(account.id)
    record(
        Event.RECOVERY_CODE_USED,
        account_id=account.id,
        relation_id=account.relation_id,
        reference=reference,
        left=remaining,
    )
    notices.tell(account.id, Notice.RECOVERY_CODE_USED, {"times": remaining}, reference=reference)
    return True


def void(account_id: str) -> None:
    """Whoever has the paper has nothing any more: the methods were reset."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))


def _random() -> str:
    symbols = random_crockford(SYMBOLS - 1)
    return symbols + code_symbols.check_symbol(symbols)


def _digest(account_id: str, symbols: str) -> str:
    return settings.current().secret.digest("recovery-code", f"{account_id}:{symbols}")
