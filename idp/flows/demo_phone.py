"""The demo phone: where texts and calls arrive when the gateway is `outbox`. Registered with that gateway only."""

from __future__ import annotations

import time
from typing import Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from idp.database import reads_only
from idp.messaging import outgoing
from idp.messaging.gateways.outbox import received
from idp.pages import show

pages = Blueprint("demo_phone", __name__)

#: Seconds that a page waits for what is in the queue.
ARRIVES_WITHIN: Final = 2.0


@pages.get("/demo/telefoon")
def phone() -> ResponseReturnValue:
    """The messages, newest first; `?format=json` for scripts. What was asked for just now is waited for a moment."""
    until = time.monotonic() + ARRIVES_WITHIN
    while outgoing.under_way() and time.monotonic() < until:
        time.sleep(0.05)
    reads_only()
    messages = received()
    if request.args.get("format") != "json":
        return show("demo-phone", messages=messages)
    return jsonify(
        [
            {
                "channel": message.channel,
                "to": message.to,
                "text": message.text,
                "code": message.code,
                "sent_at": message.sent_at.isoformat(),
            }
            for message in messages
        ]
    )
