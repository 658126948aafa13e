"""A text to a number that was replaced: its owner hears of the change where a thief of the mail does not read.

One text, without a link and without a code, kept in the transaction of the change and handed over after it. At most
once: whoever was killed in the middle is not followed by another try, because a mail tells the same.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final

from idp import clock, deliveries, settings, vault
from idp.audit import Event
from idp.database import db
from idp.deliveries import Due, Kind, NotDelivered
from idp.messaging import gateways, guard, texts
from idp.messaging.addresses import PhoneNumber, UnusableNumber, mobile_number
from idp.messaging.gateways import Message, NotSent
from idp.secret_values import Secret

NAME: Final = "number-notice"
_LASTS: Final = timedelta(days=1)


def tell(former: str, *, account_id: str, language: str, reference: str | None) -> None:
    """Let the owner of this number (E.164) know that it is the account's no longer; nothing where it gets no texts.

    Does not commit.
    """
    if not gateways.for_channel("sms"):
        return
    try:
        mobile_number(former, settings.current().message_countries)
    except UnusableNumber:
        return  # a landline: the mail has to do
    sealed = vault.seal(former, place=_place(account_id))
    deliveries.put(
        NAME,
        lane=f"{NAME}-{account_id}",
        facts={"to": base64.b64encode(sealed).decode(), "language": language},
        why="the number was changed",
        account_id=account_id,
        reference=reference,
    )


def _send(due: Due) -> None:
    account_id = due.account_id or ""
    if due.tries > 1:
        raise NotDelivered("somebody began and did not say whether it was sent", final=True)
    to = PhoneNumber(vault.unseal(base64.b64decode(due.facts["to"]), place=_place(account_id)))
    held = guard.before_telling(to, account_id=account_id, reference=due.reference or "")
    db.session.commit()  # nothing stays open while a gateway is asked
    if held is not None:
        raise NotDelivered(f"held: {held.why}", final=True)
    current, language = settings.current(), due.facts["language"]
    message = Message(
        id=due.id,
        channel="sms",
        to=to,
        says=texts.number_changed_text(current.service_name, current.servicedesk_phone, language),
        code=Secret(""),
        language=language,
        expires_at=clock.now() + _LASTS,
    )
    last = NotSent("there is no gateway for texts any more")
    for gateway in gateways.for_channel("sms"):
        try:
            gateway.send(message)
        except NotSent as why:
            last = why
            if why.refused_number:
                break
        else:
            return
    raise NotDelivered(str(last), final=True) from last


def _place(account_id: str) -> str:
    return f"{NAME}.to:{account_id}"


KIND: Final = Kind(
    send=_send,
    pauses=(),
    delivered=Event.NUMBER_NOTICE_SENT,
    given_up=Event.NUMBER_NOTICE_NOT_SENT,
)
