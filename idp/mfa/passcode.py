"""The passcode: six digits to one telephone, for one login and one purpose, with few tries.

Text and voice share it; only the channel differs. A newer code voids the older, and brings no new tries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from idp import clock, settings, throttle
from idp.audit import Event, record
from idp.database import db
from idp.messaging import gateways, guard, outgoing, sending, texts
from idp.messaging.addresses import PhoneNumber
from idp.messaging.outgoing import State
from idp.mfa.factor import CODE_DIGITS, Continue, Exhausted, Login, Outcome, Rejected, slip
from idp.models import Account, Passcode
from idp.secret_values import Secret, new_id, random_digits, same

LIFETIME = timedelta(minutes=5)
TRIES_PER_CODE = 3
SENDS_PER_LOGIN = 3
#: How long after the first, second, … message another may be asked.
WAITS = (timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120))
_BUDGETS = (("sends-hour", throttle.SENDS_PER_HOUR), ("sends-day", throttle.SENDS_PER_DAY))


@dataclass(frozen=True, slots=True)
class Channel:
    """How a code gets there: which gateway carries it, and what it says."""

    name: str
    wording: texts.Wording


@dataclass(frozen=True, slots=True)
class SentCode:
    """The code that waits to be typed."""

    id: str
    sent_at: datetime
    expires_at: datetime
    next_at: datetime
    """When another may be asked."""


def waiting(login: Login, purpose: str) -> SentCode | None:
    """The youngest code sent for this login and purpose, also when it has expired; `None` when none was."""
    rows = _sent(login, purpose)
    if not rows:
        return None
    newest = rows[0]
    wait = WAITS[min(len(rows), len(WAITS)) - 1]
    return SentCode(newest.id, newest.sent_at, newest.expires_at, newest.sent_at + wait)


def view(login: Login, purpose: str) -> dict[str, object]:
    """What a page says of the code that was sent; empty when none was."""
    code = waiting(login, purpose)
    if code is None:
        return {}
    progress = outgoing.state_of(code.id)
    seconds = (code.next_at - clock.now()).total_seconds()
    if progress is State.FAILED:
        seconds = 0  # nobody has to wait for what will not come
    return {
        "progress": progress,
        "sent_at": code.sent_at,
        "lifetime_minutes": int(LIFETIME.total_seconds() // 60),
        "resend_in": max(0, round(seconds)),
        "spent": _spent(login),
    }


def send(login: Login, purpose: str, to: PhoneNumber, channel: Channel, *, own: bool) -> Outcome:
    """Make a new code and put its message in the queue, within the limits; `own`: the account confirmed this number.

    `Exhausted("sends-spent")` when this login or this account had enough messages, `Rejected("too-soon")` before the
    waiting time is over; else `Continue`, and `view` tells how far the message is.
    """
    now = clock.now()
    _one_at_a_time(login.account_id)
    no_more = _spent(login)
    before = waiting(login, purpose)
    if no_more is None and before is not None and _has_to_wait(before, now):
        return Rejected(
            "too-soon",
            field="",
            seconds=round((before.next_at - now).total_seconds()),
            costs_a_try=False,
        )
    if (no_more := no_more or _held(login, to, channel, own=own) or _spend(login)) is not None:
        record(
            Event.PASSCODE_NOT_SENT,
            succeeded=False,
            account_id=login.account_id,
            reference=login.reference,
            channel=channel.name,
            reason=no_more.why,
        )
        return no_more
    code = Secret(random_digits(CODE_DIGITS))
    _void_earlier(login, purpose)
    passcode_id = new_id()
    message = _message(login, to, channel, code, now + LIFETIME, own=own)
    db.session.add(
        Passcode(
            id=passcode_id,
            login_id=login.id,
            purpose=purpose,
            digest=_digest(login, purpose, code.reveal()),
            sent_at=now,
            expires_at=now + LIFETIME,
            tries_left=TRIES_PER_CODE,
        )
    )
    record(
        Event.PASSCODE_SENT,
        account_id=login.account_id,
        reference=login.reference,
        channel=channel.name,
    )
    sending.put(
        message, passcode_id=passcode_id, account_id=login.account_id, reference=login.reference
    )
    db.session.commit()  # from here on it goes out by itself, and nobody waits for the gateway
    return Continue()


def _has_to_wait(before: SentCode, now: datetime) -> bool:
    """Before the next message can be asked; one that failed is not waited for."""
    return before.next_at > now and outgoing.state_of(before.id) is not State.FAILED


def _message(
    login: Login,
    to: PhoneNumber,
    channel: Channel,
    code: Secret,
    expires_at: datetime,
    *,
    own: bool,
) -> gateways.Message:
    return gateways.Message(
        id=new_id(),
        channel=channel.name,
        to=to,
        says=channel.wording(code, _about(login)),
        code=code,
        language=login.language,
        expires_at=expires_at,
        own=own,
    )


def _spent(login: Login) -> Exhausted | None:
    """Whether no message may go out any more, and until when; what time gives back comes before what it does not."""
    for kind, budget in reversed(_BUDGETS):
        if (until := throttle.spent(throttle.key(kind, login.account_id), budget)) is not None:
            return Exhausted("sends-spent", until, why=kind, asked=budget.times)
    if _count_sent(login) >= SENDS_PER_LOGIN:
        return Exhausted("sends-spent", why="sends-login", asked=SENDS_PER_LOGIN)
    return None


def _held(login: Login, to: PhoneNumber, channel: Channel, *, own: bool) -> Exhausted | None:
    """What the guard of the whole deployment says of this message."""
    because = guard.Because(
        account_id=login.account_id,
        reference=login.reference,
        origin=login.origin,
        known_browser=login.known_browser,
        own=own,
    )
    held = guard.before_sending(to, channel.name, because)
    return None if held is None else Exhausted("sends-spent", held.until, why=held.why)


def _spend(login: Login) -> Exhausted | None:
    """Count this message for the account; each budget decides by one statement, whoever else asks meanwhile."""
    for kind, budget in _BUDGETS:
        if (until := throttle.spend(throttle.key(kind, login.account_id), budget)) is not None:
            return Exhausted("sends-spent", until, why=kind, asked=budget.times)
    return None


def _one_at_a_time(account_id: str) -> None:
    """Let sends to one account wait for one another, so that two taps at once cannot both come before the limits."""
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())


def check(login: Login, purpose: str, code: str) -> Outcome | None:
    """Check a typed code; `None` when it is right, and then it is spent: of two at once, one wins."""
    if (slipped := slip(code)) is not None:
        return slipped
    rows = _sent(login, purpose)
    if not rows:
        return Rejected("code-expired", costs_a_try=False)
    newest, now = rows[0], clock.now()
    # The try is taken before the code is looked at: however many come at once, three are looked at.
    left = db.session.execute(
        update(Passcode)
        .where(
            Passcode.id == newest.id,
            Passcode.claimed_at.is_(None),
            Passcode.tries_left > 0,
            Passcode.expires_at > now,
        )
        .values(tries_left=Passcode.tries_left - 1)
        .returning(Passcode.tries_left)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if left is None:
        over = newest.claimed_at is not None or newest.expires_at <= now
        return Rejected("code-expired", costs_a_try=False) if over else _no_tries_left()
    if same(newest.digest, _digest(login, purpose, code)):
        return None if _claim(newest, now) else Rejected("code-expired", costs_a_try=False)
    return Rejected("code-invalid", tries_left=left) if left else _no_tries_left()


def _no_tries_left() -> Rejected:
    return Rejected("code-attempts", tries_left=0)


def _claim(code: Passcode, now: datetime) -> bool:
    """Spend it: of two right answers at once, one wins."""
    claimed = db.session.execute(
        update(Passcode)
        .where(Passcode.id == code.id, Passcode.claimed_at.is_(None))
        .values(claimed_at=now)
        .returning(Passcode.id)
        .execution_options(synchronize_session=False)
    )
    return claimed.scalar_one_or_none() is not None


def forget(login: Login, purpose: str) -> None:
    """The number was changed: a code sent to the old one is void."""
    _void_earlier(login, purpose)


def _sent(login: Login, purpose: str) -> list[Passcode]:
    statement = select(Passcode).where(Passcode.login_id == login.id, Passcode.purpose == purpose)
    return list(db.session.scalars(statement.order_by(Passcode.sent_at.desc())))


def _count_sent(login: Login) -> int:
    """The messages of this sign-in, whatever their number or channel; signing in again begins a new count."""
    statement = (
        select(func.count())
        .select_from(Passcode)
        .where(Passcode.login_id == login.id, ~outgoing.never_left(Passcode.id))
    )
    if login.since is not None:
        statement = statement.where(Passcode.sent_at >= login.since)
    return db.session.execute(statement).scalar_one()


def _void_earlier(login: Login, purpose: str) -> None:
    db.session.execute(
        update(Passcode)
        .where(
            Passcode.login_id == login.id,
            Passcode.purpose == purpose,
            Passcode.claimed_at.is_(None),
        )
        .values(claimed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _digest(login: Login, purpose: str, code: str) -> str:
    return settings.current().secret.digest("passcode", f"{login.id}:{purpose}:{code}")


def _about(login: Login) -> texts.About:
    current = settings.current()
    return texts.About(
        service=current.service_name,
        host=current.host.partition(":")[0],
        minutes=int(LIFETIME.total_seconds() // 60),
        language=login.language,
    )
