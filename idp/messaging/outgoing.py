"""A message on its way: stored sealed with the passcode it carries, handed to a gateway, told of by its provider.

One row for each message. Its contents are there only as long as somebody has to read them; how far it is stays a day.
"""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, SQLColumnExpression, Table, exists, insert, select, update

from idp import clock, deliveries, metrics, vault
from idp.audit import Event, record
from idp.database import connection, db, reads_only
from idp.logs import LOG
from idp.messaging import gateways, guard
from idp.messaging.addresses import PhoneNumber
from idp.messaging.gateways import Gateway, Message, NotSent
from idp.messaging.texts import CallScript, Said
from idp.models import OutgoingMessage, Passcode
from idp.secret_values import Secret

_ROWS: Final = cast(Table, OutgoingMessage.__table__)
_CODES: Final = cast(Table, Passcode.__table__)
#: The delivery that erases what nobody asked for in time.
OVER: Final = "message-over"


class State(StrEnum):
    """How far a message is."""

    WAITING = "waiting"
    CALLING = "calling"
    """A gateway is being asked to take it."""
    HANDED = "handed"
    DELIVERED = "delivered"
    FAILED = "failed"


class Reported(StrEnum):
    """What a provider says of a message that it took."""

    DELIVERED = "delivered"
    FAILED = "failed"


def put(message: Message, *, passcode_id: str, account_id: str, reference: str) -> None:
    """Add a message to the present transaction, which also makes the passcode that it carries."""
    connection().execute(
        insert(_ROWS),
        {
            "id": message.id,
            "passcode_id": passcode_id,
            "account_id": account_id,
            "reference": reference,
            "channel": message.channel,
            "content_sealed": vault.seal(_written(message), place=_place(message.id)),
            "state": State.WAITING,
            "created_at": clock.now(),
            "expires_at": message.expires_at,
        },
    )


def hand_over(message_id: str) -> None:
    """Ask one gateway after the other to take it, each once; `NotSent` when none did.

    Which gateway is asked is committed before the call: whoever goes on after a crash goes on with the next one, and
    of two who hand over the same message only one asks each gateway. A message whose code no longer works stays here.
    """
    last = NotSent("its code no longer works, or no gateway is left")
    channel, asked = _where_it_is(message_id)
    for gateway in gateways.for_channel(channel):
        if gateway.name in asked.split(","):
            continue
        message = _claim(message_id, gateway, asked)
        if message is None:
            break
        asked += f"{gateway.name},"
        try:
            provider_id = _answer_of(gateway, message)
        except NotSent as why:
            metrics.MESSAGES.count(message.channel, "not-taken")
            last = why
            if why.refused_number:
                break
            continue
        _taken(message, gateway, provider_id)
        return
    if _given_up(message_id, asked, last):
        raise last


def erase(message_id: str) -> None:
    """Its code is over, so nobody has to read it any more. The caller commits."""
    _settle(message_id, _ROWS.c.content_sealed.is_not(None), content_sealed=None)


def call_of(message_id: str, gateway: str) -> CallScript | None:
    """What a call by this gateway says that somebody picks up now; `None` when there is nothing to say any more."""
    sealed = (
        connection()
        .execute(
            select(_ROWS.c.content_sealed).where(
                _ROWS.c.id == message_id, _ROWS.c.gateway == gateway, *_SPEAKS, _works()
            )
        )
        .scalar_one_or_none()
    )
    return None if sealed is None else _script(message_id, sealed)


def tell(message_id: str, gateway: str, provider_id: str) -> CallScript | None:
    """The same, with the code, for this one call of the provider; once: whoever asks again gets `None`."""
    now = clock.now()
    sealed = (
        connection()
        .execute(
            update(_ROWS)
            .where(
                _ROWS.c.id == message_id,
                _ROWS.c.gateway == gateway,
                _ROWS.c.provider_id == provider_id,
                *_SPEAKS,
                _works(),
            )
            .values(told_at=now)
            .returning(_ROWS.c.content_sealed)
        )
        .scalar_one_or_none()
    )
    if sealed is None:
        return None
    _settle(message_id, _ROWS.c.told_at.is_not(None), content_sealed=None)
    return _script(message_id, sealed)


def reported(
    gateway: str,
    provider_id: str,
    outcome: Reported,
    why: str | None,
    *,
    channel: str | None = None,
) -> bool:
    """What the provider says became of a message (of this `channel` only); `False` when that changes nothing.

    The first end counts: a report that comes again, later, or of a message that we do not know is only counted.
    """
    newest = (  # should a provider ever give a name twice
        select(_ROWS.c.id)
        .where(_ROWS.c.gateway == gateway, _ROWS.c.provider_id == provider_id)
        .where(*(() if channel is None else (_ROWS.c.channel == channel,)))
        .order_by(_ROWS.c.created_at.desc())
        .limit(1)
    )
    row = (
        connection()
        .execute(
            update(_ROWS)
            .where(_ROWS.c.id == newest.scalar_subquery(), _ROWS.c.state == State.HANDED)
            .values(state=State(outcome), content_sealed=None)
            .returning(_ROWS.c.channel, _ROWS.c.account_id, _ROWS.c.reference)
        )
        .one_or_none()
    )
    if row is None:
        metrics.MESSAGES.count("report", "unknown")
        return False
    metrics.MESSAGES.count(row.channel, outcome)
    if outcome is Reported.FAILED:
        reason = why or "the provider does not say why"
        # no verdict on the sign-in, which may have gone on meanwhile
        _note(Event.PASSCODE_NOT_DELIVERED, row.channel, row, actor=gateway, reason=reason)
    return True


def state_of(passcode_id: str) -> State | None:
    """How far the message with this passcode is; `None` when there is none any more."""
    statement = select(_ROWS.c.state).where(_ROWS.c.passcode_id == passcode_id)
    state = connection().execute(statement).scalar_one_or_none()
    return None if state is None else State(state)


def under_way() -> bool:
    """Whether any message is on its way now; ends the transaction, so that the next question sees what came since."""
    reads_only()
    asked = select(_ROWS.c.id).where(_UNDER_WAY, _ROWS.c.expires_at > clock.now())
    found = connection().execute(asked.limit(1)).first()
    db.session.rollback()
    return found is not None


def never_left(passcode_id: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """No gateway took the message with this passcode: nobody was sent anything."""
    return exists().where(
        _ROWS.c.passcode_id == passcode_id,
        _ROWS.c.state == State.FAILED,
        _ROWS.c.provider_id.is_(None),
    )


#: The provider may still ask for the words of this call.
_SPEAKS: Final = (
    _ROWS.c.channel == "voice",
    _ROWS.c.state.in_((State.CALLING, State.HANDED)),
    _ROWS.c.content_sealed.is_not(None),
    _ROWS.c.told_at.is_(None),
)
_CALLED: Final = _ROWS.c.state == State.CALLING
_UNDER_WAY: Final = _ROWS.c.state.in_((State.WAITING, State.CALLING))


def _works() -> ColumnElement[bool]:
    """The code of the message can still be typed."""
    return exists().where(
        _CODES.c.id == _ROWS.c.passcode_id,
        _CODES.c.claimed_at.is_(None),
        _CODES.c.tries_left > 0,
        _CODES.c.expires_at > clock.now(),
    )


def _where_it_is(message_id: str) -> tuple[str, str]:
    """Its channel, and the gateways that were asked, by whomever, each followed by a comma."""
    statement = select(_ROWS.c.channel, _ROWS.c.asked).where(_ROWS.c.id == message_id)
    row = connection().execute(statement).one_or_none()
    db.session.rollback()
    return ("", "") if row is None else (row.channel, row.asked)


def _answer_of(gateway: Gateway, message: Message) -> str | None:
    """What a gateway says of a message that it took; a fault of ours in one must not keep the next from being asked."""
    try:
        return gateway.send(message)
    except NotSent:
        raise
    except Exception as wrong:
        LOG.exception("a gateway failed by a fault of our own")
        db.session.rollback()
        raise NotSent(f"a fault of our own ({type(wrong).__name__}); the log tells more") from wrong


def _claim(message_id: str, gateway: Gateway, asked: str) -> Message | None:
    """Write down that this gateway is asked now, and commit; the message, or `None` when it is not ours to send."""
    sealed = (
        connection()
        .execute(
            update(_ROWS)
            .where(
                _ROWS.c.id == message_id,
                _UNDER_WAY,
                _ROWS.c.asked == asked,
                _works(),
            )
            .values(
                state=State.CALLING,
                gateway=gateway.name,
                asked=f"{asked}{gateway.name},",
                provider_id=None,
            )
            .returning(_ROWS.c.content_sealed)
        )
        .scalar_one_or_none()
    )
    db.session.commit()
    return None if sealed is None else _read(message_id, sealed)


def _taken(message: Message, gateway: Gateway, provider_id: str | None) -> None:
    """Where the words are not asked for later, nobody has to read them any more."""
    values = {} if gateway.fetches else {"content_sealed": None}
    row = (
        connection()
        .execute(
            update(_ROWS)
            .where(_ROWS.c.id == message.id, _CALLED, _ROWS.c.gateway == gateway.name)
            .values(state=State.HANDED, provider_id=_kept(provider_id) or message.id, **values)
            .returning(_ROWS.c.account_id, _ROWS.c.reference)
        )
        .one_or_none()
    )
    if row is not None:
        _note(Event.PASSCODE_HANDED_OVER, message.channel, row, gateway=gateway.name)
        if gateway.fetches:  # and when nobody ever asks for the words, they go with the code
            deliveries.put(
                OVER,
                lane=message.id,
                facts={"message": message.id},
                why="its code is over",
                due_at=message.expires_at,
            )
    db.session.commit()
    metrics.MESSAGES.count(message.channel, "taken")


def _kept(provider_id: str | None) -> str | None:
    """A name that can be kept and compared; a provider may answer anything."""
    if provider_id is None or not (provider_id.isascii() and provider_id.isprintable()):
        return None
    return provider_id[:64] or None


def _given_up(message_id: str, asked: str, why: NotSent) -> bool:
    """No gateway took it; `False` when somebody else goes on with it, or was done with it before."""
    ours = (_ROWS.c.id == message_id, _UNDER_WAY, _ROWS.c.asked == asked)
    sealed = connection().execute(select(_ROWS.c.content_sealed).where(*ours)).scalar_one_or_none()
    row = (
        connection()
        .execute(
            update(_ROWS)
            .where(*ours)
            .values(state=State.FAILED, content_sealed=None)
            .returning(_ROWS.c.channel, _ROWS.c.account_id, _ROWS.c.reference)
        )
        .one_or_none()
    )
    if row is not None:
        _note(Event.PASSCODE_NOT_SENT, row.channel, row, reason=str(why))
        if sealed is not None:
            message = _read(message_id, sealed)
            guard.never_left(message.to, own=message.own)
    db.session.commit()
    return row is not None


def _note(event: Event, channel: str, row: Any, *, actor: str = "system", **told: Any) -> None:
    record(
        event,
        succeeded=event is Event.PASSCODE_HANDED_OVER,
        actor=actor,
        account_id=row.account_id,
        reference=row.reference,
        channel=channel,
        **told,
    )


def _settle(message_id: str, when: ColumnElement[bool], **values: Any) -> None:
    connection().execute(update(_ROWS).where(_ROWS.c.id == message_id, when).values(**values))


# --- what lies sealed in a row ---------------------------------------------------------------------------------------


def _place(message_id: str) -> str:
    return f"outgoing_message.content:{message_id}"


def _written(message: Message) -> str:
    says = message.says
    before, words = (
        (says.before_key, says.after_key) if isinstance(says, CallScript) else (None, says)
    )
    return json.dumps(
        {
            "channel": message.channel,
            "to": message.to.e164,
            "before_key": before,
            "words": words.reveal(),
            "code": message.code.reveal(),
            "language": message.language,
            "expires_at": message.expires_at.isoformat(),
            "own": message.own,
        }
    )


def _read(message_id: str, sealed: bytes) -> Message:
    known = json.loads(vault.unseal(sealed, place=_place(message_id)))
    words = Secret(known["words"])
    says: Said = words
    if known["before_key"] is not None:
        says = CallScript(known["language"], known["before_key"], words)
    return Message(
        id=message_id,
        channel=known["channel"],
        to=PhoneNumber(known["to"]),
        says=says,
        code=Secret(known["code"]),
        language=known["language"],
        expires_at=datetime.fromisoformat(known["expires_at"]),
        own=known.get("own", True),  # written by an older release, whose messages live for minutes
    )


def _script(message_id: str, sealed: bytes) -> CallScript | None:
    says = _read(message_id, sealed).says
    return says if isinstance(says, CallScript) else None
