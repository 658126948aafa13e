"""Twilio: texts by its resource Messages, calls by its resource Calls.

A call carries no words of ours: Twilio asks `idp/reports/twilio.py` for them when somebody picked up, and for the
code once a key was pressed. Which page of its documentation each detail comes from: docs/berichten/twilio.md.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from idp import clock, outward, settings
from idp.messaging import texts
from idp.messaging.gateways.carried import Message, NotSent

NAME: Final = "twilio"
#: Where Twilio comes back to, below the issuer.
TEXT_REPORTS: Final = "/berichten/twilio/bericht"
CALL_REPORTS: Final = "/berichten/twilio/gesprek"
CALL_ANSWERED: Final = "/berichten/twilio/opgenomen"
CALL_KEY: Final = "/berichten/twilio/toets"
#: What we can tell the operator; the words that Twilio adds hold the number.
_WHY: Final[Mapping[int, str]] = {
    20003: "Twilio does not know the account or the token",
    20429: "Twilio has too many requests of us",
    21211: "Twilio cannot use the number",
    21217: "Twilio cannot use the number",
    21408: "Twilio has no permission of yours for this country",
    21610: "the number told Twilio to send nothing more",
    21612: "Twilio has no way to this number from this sender",
    21614: "the number cannot receive texts",
}
#: Of the above: the number itself is the matter, so another gateway would say the same.
_NUMBER_REFUSED: Final = frozenset({21211, 21217, 21614})
#: Characters of a name that Twilio gives; no sender's name is as long.
_SID: Final = 34
#: How long it rings, and how long a call may last, in seconds.
RINGS: Final = 25
LASTS: Final = 60


@dataclass(frozen=True, slots=True)
class Texts:
    """Sends texts by Twilio."""

    name: str = NAME
    fetches: bool = False

    def send(self, message: Message) -> str | None:
        """Hand one text over; `NotSent` unless Twilio says that it created it."""
        here = settings.current()
        sender = here.twilio_sender or ""
        left = math.ceil((message.expires_at - clock.now()).total_seconds())
        return _created(
            "Messages",
            {
                "To": message.to.e164,
                ("MessagingServiceSid" if len(sender) == _SID else "From"): sender,
                "Body": message.says.reveal(),
                "ValidityPeriod": str(max(1, left)),
                "StatusCallback": here.issuer + TEXT_REPORTS,
            },
        )


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes calls by Twilio, which end after a minute whatever happens."""

    name: str = NAME
    fetches: bool = True

    def send(self, message: Message) -> str | None:
        """Have one call made; `NotSent` unless Twilio says that it created it."""
        here = settings.current()
        assert isinstance(message.says, texts.CallScript), "a call has a script"
        return _created(
            "Calls",
            {
                "To": message.to.e164,
                "From": here.twilio_caller or "",
                "Url": f"{here.issuer}{CALL_ANSWERED}/{message.id}",
                "Method": "POST",
                "StatusCallback": here.issuer + CALL_REPORTS,
                "StatusCallbackEvent": "completed",
                "StatusCallbackMethod": "POST",
                "Timeout": str(RINGS),
                "TimeLimit": str(LASTS),
            },
        )


def _created(resource: str, fields: Mapping[str, str]) -> str:
    """The SID of what was created; `NotSent` when nothing was."""
    here = settings.current()
    account = here.twilio_account or ""
    credentials = base64.b64encode(f"{account}:{here.twilio_token.reveal()}".encode()).decode()
    headers = {
        "Authorization": f"Basic {credentials}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    address = f"{here.twilio_address}/2010-04-01/Accounts/{account}/{resource}.json"
    try:
        answer = outward.post_to_gateway(address, headers, urlencode(fields).encode())
    except outward.CannotReach as why:
        raise NotSent(f"Twilio: {why}") from why
    match _content(answer):
        case {"sid": str() as sid} if answer.status == HTTPStatus.CREATED:
            return sid[:64]
        case {"code": int() as code} if code in _WHY:
            raise NotSent(f"{_WHY[code]} ({code})", refused_number=code in _NUMBER_REFUSED)
        case {"code": int() as code}:
            raise NotSent(f"Twilio did not accept it (HTTP {answer.status}, {code})")
    raise NotSent(f"Twilio did not accept it (HTTP {answer.status})")


def _content(answer: outward.Answer) -> object:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
