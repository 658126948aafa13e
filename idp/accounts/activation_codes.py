"""The activation code: issued for a letter, checked with few tries, spent once, and what it opens.

A typing error, which its check symbol tells, costs no try; a wrong code does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, cast

from sqlalchemy import ColumnElement, Table, and_, bindparam, or_, select, update

from idp import clock, settings, throttle
from idp.accounts import notices
from idp.accounts.code_symbols import new_code, read
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, ActivationCode, Letter
from idp.secret_values import Secret
from idp.statements import Prepared

VALID_FOR = timedelta(days=21)
TRIES = 10
WINDOW = timedelta(minutes=30)
CHANNELS = ("letter", "desk", "secure-mail", "telephone")


class Trouble(StrEnum):
    """Why a code was not accepted; the contract's error name."""

    MISSING = "activation-code-missing"
    TYPO = "activation-code-typo"
    INVALID = "activation-code-invalid"
    EXPIRED = "activation-code-expired"
    USED = "activation-code-used"
    REVOKED = "activation-code-revoked"
    ATTEMPTS = "activation-code-attempts"
    WINDOW_CLOSED = "activation-window-closed"
    OTHER_BROWSER = "other-browser"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The enrolment window is open for this browser."""

    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The code was not accepted; `tries_left` where a try was spent, `expired_on` where that is why."""

    trouble: Trouble
    tries_left: int | None = None
    expired_on: datetime | None = None


#: What the codes of an account come to, youngest first; built once, because every page of a sign-in asks it.
_CODES: Final = cast(Table, ActivationCode.__table__)
_ALL: Final = Prepared(
    select(
        _CODES.c.spent_at,
        _CODES.c.revoked_at,
        _CODES.c.tries_left,
        _CODES.c.expires_at,
        _CODES.c.window_browser,
        _CODES.c.window_ends_at,
        _CODES.c.finished_at,
    )
    .where(_CODES.c.account_id == bindparam("account"))
    .order_by(_CODES.c.issued_at.desc())
)


def issue(
    account: Account,
    *,
    channel: str,
    actor: str,
    replaces_methods: bool = False,
    code: Secret | None = None,
) -> tuple[ActivationCode, Secret]:
    """Make a code (or take this new one) and void the ones before it; the readable form is returned here only."""
    if channel not in CHANNELS:
        raise WrongInput(f"a code goes out by {', '.join(CHANNELS)}, not by {channel}")
    if code is None:  # else it is the one of a letter, which waits no longer
        void_waiting_letters(account.id)
    now = clock.now()
    db.session.execute(
        update(ActivationCode)
        .where(
            ActivationCode.account_id == account.id,
            ActivationCode.revoked_at.is_(None),
            _unfinished(),
        )
        .values(revoked_at=now)
    )
    readable = code or new_code()
    row = ActivationCode(
        account_id=account.id,
        digest=_digest(account.id, readable.reveal().replace("-", "")),
        channel=channel,
        issued_at=now,
        issued_by=actor,
        expires_at=now + VALID_FOR,
        tries_left=TRIES,
        replaces_methods=replaces_methods,
    )
    db.session.add(row)
    db.session.flush()
    throttle.forgive(throttle.second_step_key(account.id))  # somebody spoke to the person
    account.browsers_epoch += 1  # and nor do wrong tries in a known browser count any more
    record(
        Event.ACTIVATION_CODE_ISSUED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        channel=channel,
        replaces_methods=replaces_methods,
    )
    notices.tell(account.id, Notice.CODE_ISSUED)
    return row, readable


def void_waiting_letters(account_id: str) -> int:
    """A newer code, or none at all, takes the place of letters that wait for a batch; how many there were."""
    voided = db.session.execute(
        update(Letter)
        .where(
            Letter.account_id == account_id, Letter.code_id.is_(None), Letter.voided_at.is_(None)
        )
        .values(voided_at=clock.now())
        .returning(Letter.id)
        .execution_options(synchronize_session=False)
    ).all()
    return len(voided)


def _unfinished() -> ColumnElement[bool]:
    """Codes that could still do something: no method was set up with it so far, or its window is open."""
    still_open = and_(
        ActivationCode.finished_at.is_(None), ActivationCode.window_ends_at > clock.now()
    )
    return or_(ActivationCode.method_confirmed_at.is_(None), still_open)


def redeem(account: Account, typed: str, *, browser: str, reference: str) -> Accepted | Refused:
    """Spend the code that was typed and open the enrolment window for this browser (a digest).

    Exactly one of several redemptions at once wins. Entering it again in the browser whose window is
    still open is harmless. Records what happened; does not commit.
    """
    outcome = _redeem(account, typed, browser)
    if isinstance(outcome, Accepted):
        record(
            Event.ACTIVATION_CODE_ACCEPTED,
            account_id=account.id,
            relation_id=account.relation_id,
            reference=reference,
        )
        notices.tell(account.id, Notice.CODE_USED, reference=reference)
    else:
        record(
            Event.ACTIVATION_CODE_REFUSED,
            succeeded=False,
            account_id=account.id,
            relation_id=account.relation_id,
            reference=reference,
            reason=outcome.trouble.value,
        )
    return outcome


def _redeem(account: Account, typed: str, browser: str) -> Accepted | Refused:
    if not typed.strip():
        return Refused(Trouble.MISSING)
    latest = _latest(account.id)
    if latest is not None and latest.tries_left == 0 and latest.spent_at is None:
        return Refused(Trouble.ATTEMPTS)
    if (symbols := read(typed)) is None:
        return Refused(
            Trouble.TYPO, tries_left=latest.tries_left if latest and is_live(latest) else None
        )
    code = db.session.scalars(
        select(ActivationCode).where(
            ActivationCode.account_id == account.id,
            ActivationCode.digest == _digest(account.id, symbols),
        )
    ).first()
    if code is None:
        return _one_try_less(latest)
    now = clock.now()
    claimed = db.session.execute(
        update(ActivationCode)
        .where(
            ActivationCode.id == code.id,
            ActivationCode.spent_at.is_(None),
            ActivationCode.revoked_at.is_(None),
            ActivationCode.tries_left > 0,
            ActivationCode.expires_at > now,
        )
        .values(spent_at=now, window_browser=browser, window_ends_at=now + WINDOW)
        .returning(ActivationCode.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if claimed is not None:
        return Accepted(now + WINDOW)
    db.session.refresh(code)
    return _why_not(code, browser, now)


def _why_not(code: ActivationCode, browser: str, now: datetime) -> Accepted | Refused:
    """What became of a code that exists but could not be claimed."""
    if code.method_confirmed_at is not None:
        return Refused(Trouble.USED)
    if code.revoked_at is not None:
        return Refused(Trouble.REVOKED)
    if code.spent_at is not None:
        if code.window_ends_at is None or code.window_ends_at <= now:
            return Refused(Trouble.WINDOW_CLOSED)
        return (
            Accepted(code.window_ends_at)
            if code.window_browser == browser
            else Refused(Trouble.OTHER_BROWSER)
        )
    if code.tries_left == 0:
        return Refused(Trouble.ATTEMPTS)
    return Refused(Trouble.EXPIRED, expired_on=code.expires_at)


def _one_try_less(latest: ActivationCode | None) -> Refused:
    """A wrong code costs the live one a try; without a live one there is nothing to guess."""
    if latest is None or not is_live(latest):
        return Refused(Trouble.INVALID)
    left = db.session.execute(
        update(ActivationCode)
        .where(ActivationCode.id == latest.id, ActivationCode.tries_left > 0)
        .values(tries_left=ActivationCode.tries_left - 1)
        .returning(ActivationCode.tries_left)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return Refused(Trouble.INVALID, tries_left=left) if left else Refused(Trouble.ATTEMPTS)


def is_live(code: ActivationCode) -> bool:
    """Whether entering it could still open a window."""
    return (
        code.spent_at is None
        and code.revoked_at is None
        and code.tries_left > 0
        and code.expires_at > clock.now()
    )


def has_live(account_id: str) -> bool:
    """Whether the account has a code that waits to be entered."""
    latest = _latest(account_id)
    return latest is not None and is_live(latest)


def waiting_and_open(account_id: str, browser: str) -> tuple[bool, bool]:
    """Whether the account's latest code waits to be entered, and whether a window is open in this browser."""
    db.session.flush()
    rows = _ALL.rows({"account": account_id})
    if not rows:
        return False, False
    now, latest = clock.now(), rows[0]
    waits = (
        latest.spent_at is None
        and latest.revoked_at is None
        and latest.tries_left > 0
        and latest.expires_at > now
    )
    is_open = any(
        row.window_browser == browser
        and row.window_ends_at > now
        and row.finished_at is None
        and row.revoked_at is None
        for row in rows
    )
    return waits, is_open


def open_window(account_id: str, browser: str) -> ActivationCode | None:
    """The code whose enrolment window is open now, for this account in this browser."""
    return db.session.scalars(
        select(ActivationCode)
        .where(
            ActivationCode.account_id == account_id,
            ActivationCode.window_browser == browser,
            ActivationCode.window_ends_at > clock.now(),
            ActivationCode.finished_at.is_(None),
            ActivationCode.revoked_at.is_(None),
        )
        .order_by(ActivationCode.issued_at.desc())
    ).first()


def method_was_confirmed(window: ActivationCode) -> bool:
    """Note that a method was set up; `True` for the first one in this window."""
    if window.method_confirmed_at is not None:
        return False
    window.method_confirmed_at = clock.now()
    return True


def was_used_here(account_id: str, browser: str) -> bool:
    """Whether a method was set up in the latest window of this browser."""
    opened = (code for code in of_account(account_id) if code.window_browser == browser)
    latest = next(opened, None)
    return latest is not None and latest.method_confirmed_at is not None


def shut_windows(account_id: str) -> None:
    """An operator reset the methods: whoever has a window open sets up nothing more with it."""
    db.session.execute(
        update(ActivationCode)
        .where(
            ActivationCode.account_id == account_id,
            ActivationCode.spent_at.is_not(None),
            ActivationCode.revoked_at.is_(None),
            _unfinished(),
        )
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def close_window(account_id: str, browser: str) -> None:
    """The person is done: *Afronden*."""
    if (window := open_window(account_id, browser)) is not None:
        window.finished_at = clock.now()


def of_account(account_id: str) -> list[ActivationCode]:
    """Every code ever issued, youngest first."""
    statement = select(ActivationCode).where(ActivationCode.account_id == account_id)
    return list(db.session.scalars(statement.order_by(ActivationCode.issued_at.desc())))


def _latest(account_id: str) -> ActivationCode | None:
    return next(iter(of_account(account_id)), None)


def standing(code: ActivationCode) -> str:
    """In one word what a code is: `live`, `used`, `window-open`, `window-closed`, `revoked`, `attempts`, `expired`."""
    if is_live(code):
        return "live"
    if code.method_confirmed_at is not None:
        return "used"
    if code.revoked_at is not None:
        return "revoked"
    if code.spent_at is not None:
        still_open = code.window_ends_at is not None and code.window_ends_at > clock.now()
        return "window-open" if still_open else "window-closed"
    return "attempts" if code.tries_left == 0 else "expired"


def revoke(account: Account, *, actor: str) -> int:
    """Void every code of the account that could still do something, and letters that wait for one.

    `WrongInput` when there was nothing.
    """
    letters = void_waiting_letters(account.id)
    revoked = db.session.execute(
        update(ActivationCode)
        .where(
            ActivationCode.account_id == account.id,
            ActivationCode.revoked_at.is_(None),
            _unfinished(),
        )
        .values(revoked_at=clock.now())
        .returning(ActivationCode.id)
    ).all()
    if not revoked and not letters:
        raise WrongInput(f"{account.username} has no activation code to revoke")
    record(
        Event.ACTIVATION_CODE_REVOKED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
    )
    return len(revoked) + letters


def _digest(account_id: str, symbols: str) -> str:
    return settings.current().secret.digest("activation-code", f"{account_id}:{symbols}")
