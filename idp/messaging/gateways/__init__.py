"""What carries a message away: one file per gateway, chosen by the settings.

A gateway is called with no database transaction open, because it may talk to a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from idp import settings
from idp.messaging.addresses import PhoneNumber
from idp.messaging.gateways.outbox import Outbox
from idp.messaging.texts import Said
from idp.secret_values import Secret


class NotSent(Exception):
    """The gateway did not take the message; the person is offered another method."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one telephone; what it says holds the code, which the demo phone also shows apart."""

    channel: str
    to: PhoneNumber
    says: Said
    code: Secret


class Gateway(Protocol):
    """Sends messages of one channel."""

    def send(self, message: Message) -> None:
        """Hand the message over within 5 seconds, once; `NotSent` when it was not taken."""


def for_channel(channel: str) -> Gateway | None:
    """The gateway that the settings name for a channel; `None` when there is none."""
    here = settings.current()
    chosen = {"sms": here.sms_gateway, "voice": here.voice_gateway}.get(channel)
    return Outbox() if chosen == "outbox" else None
