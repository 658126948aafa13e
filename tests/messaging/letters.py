"""A message to send, and what a refusal may tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import pytest

from idp.messaging import texts
from idp.messaging.addresses import PhoneNumber
from idp.messaging.gateways.carried import Gateway, Message, NotSent
from idp.secret_values import Secret, new_id
from tests.support.house import NOW

CODE: Final = "402913"
SPOKEN: Final = "vier, nul, twee, negen, één, drie"
MOBILE: Final = "+31612345678"
ABOUT: Final = texts.About(
    service="Mijn Voorbeeld", host="inloggen.voorbeeld.nl", minutes=5, language="nl"
)


def message(channel: str = "sms", to: str = MOBILE) -> Message:
    """A passcode for this telephone, which works for five minutes."""
    wording: texts.Wording = texts.passcode_text if channel == "sms" else texts.passcode_call
    return Message(
        id=new_id(),
        channel=channel,
        to=PhoneNumber(to),
        says=wording(Secret(CODE), ABOUT),
        code=Secret(CODE),
        language="nl",
        expires_at=NOW + timedelta(minutes=5),
    )


def refusal_of(gateway: Gateway, sent: Message) -> NotSent:
    """Why the gateway did not take it; never with the code, the number or the words."""
    with pytest.raises(NotSent) as refused:
        gateway.send(sent)
    told = str(refused.value)
    assert CODE not in told
    assert sent.to.e164[1:] not in told
    return refused.value
