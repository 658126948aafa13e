"""The demo phone: where texts, calls and mails arrive with the gateway `outbox`. Registered with it only."""

from __future__ import annotations

import time
from typing import Final

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from idp import deliveries, settings
from idp.database import reads_only
from idp.messaging import outgoing
from idp.messaging.gateways.outbox import mails, received
from idp.pages import show

pages = Blueprint("demo_phone", __name__)

#: Seconds that a page waits for what is in the queue.
ARRIVES_WITHIN: Final = 2.0


@pages.get("/demo/telefoon")
def phone() -> ResponseReturnValue:
    """The messages, newest first, and the mails apart; `?format=json` gives scripts the messages.

    What was asked for just now is waited for a moment.
    """
    in_json = request.args.get("format") == "json"
    until = time.monotonic() + ARRIVES_WITHIN
    while (outgoing.under_way() or (not in_json and deliveries.first_tries())) and (
        time.monotonic() < until
    ):
        time.sleep(0.05)
    reads_only()
    messages = received()
    if not in_json:
        mailed = settings.current().mail_gateway == "outbox"
        return show("demo-phone", messages=messages, mails=mails() if mailed else None)
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
