"""Texts and calls as deliveries: put in the queue with the message, handed over after the commit, by whichever process.

Each kind has places of its own in a sender, so that a gateway that is slow with calls holds up no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from idp import deliveries
from idp.database import db
from idp.deliveries import Due, Kind, NotDelivered
from idp.messaging import outgoing
from idp.messaging.gateways import Message, NotSent


def put(message: Message, *, passcode_id: str, account_id: str, reference: str) -> None:
    """Add a message to the present transaction; after its commit a sender hands it over."""
    outgoing.put(message, passcode_id=passcode_id, account_id=account_id, reference=reference)
    deliveries.put(
        message.channel,
        lane=message.id,
        facts={"message": message.id},
        why="a code was asked for",
        account_id=account_id,
        reference=reference,
    )


def _send(due: Due) -> None:
    try:
        outgoing.hand_over(due.facts["message"])
    except NotSent as why:
        raise NotDelivered(str(why), final=True) from why


def _erase(due: Due) -> None:
    outgoing.erase(due.facts["message"])
    db.session.commit()


#: Going from gateway to gateway, each asked once, is the message's own affair, which also writes down what came of it.
#: The pauses are for faults of our own, such as a database that is away.
_PAUSES: Final = tuple(timedelta(seconds=each) for each in (2, 10, 30))
_HANDED: Final = Kind(send=_send, pauses=_PAUSES, delivered=None, given_up=None)
_OVER: Final = Kind(send=_erase, pauses=_PAUSES, delivered=None, given_up=None)
KINDS: Final[Mapping[str, Kind]] = {"sms": _HANDED, "voice": _HANDED, outgoing.OVER: _OVER}
