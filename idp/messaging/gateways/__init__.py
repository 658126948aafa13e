"""What carries a message away: one file per gateway, chosen by the settings.

A gateway is called with no database transaction open, because it may talk to a network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from idp import settings
from idp.messaging.gateways import cm, twilio
from idp.messaging.gateways.carried import Gateway, Message, NotSent
from idp.messaging.gateways.http import Http
from idp.messaging.gateways.outbox import Outbox

__all__ = ["Gateway", "Message", "NotSent", "for_channel"]

_MADE_BY: Final[Mapping[tuple[str, str], Callable[[], Gateway]]] = {
    ("http", "sms"): partial(Http, "sms"),
    ("http", "voice"): partial(Http, "voice"),
    ("outbox", "sms"): Outbox,
    ("outbox", "voice"): Outbox,
    ("cm", "sms"): cm.Texts,
    ("cm", "voice"): cm.Calls,
    ("twilio", "sms"): twilio.Texts,
    ("twilio", "voice"): twilio.Calls,
}


def for_channel(channel: str) -> tuple[Gateway, ...]:
    """The gateways that the settings name for a channel, in that order; none where the channel is not offered."""
    here = settings.current()
    chosen = {"sms": here.sms_gateway, "voice": here.voice_gateway}.get(channel, ())
    return tuple(_MADE_BY[name, channel]() for name in chosen)
