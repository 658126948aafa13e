"""CM.com: texts by its Business Messaging API, calls by the app `DTMF` of its Voice API.

Which page of its documentation each detail comes from, and what none of them says: docs/berichten/cm.md.
Its status reports come in at `idp/reports/cm.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from idp import clock, outward, settings
from idp.messaging import texts
from idp.messaging.gateways.carried import Message, NotSent

NAME: Final = "cm"
#: What we can tell the operator; the words that CM.com adds hold the number.
_WHY: Final[Mapping[int, str]] = {
    101: "CM.com does not know the product token",
    102: "the balance at CM.com is too low",
    103: "CM.com does not know the product token",
    301: "CM.com does not accept the sender",
    302: "CM.com cannot use the number",
    303: "CM.com cannot use the number",
    401: "CM.com took the text for spam",
    402: "CM.com has the number or the sender on its black list",
    403: "CM.com rejected the text",
    500: "CM.com had a fault of its own",
}
#: Of the above: the number itself is the matter, so another gateway would say the same.
_NUMBER_REFUSED: Final = frozenset({302, 303})
#: Milliseconds that somebody who picked up has for the key, after the question.
_FOR_THE_KEY: Final = 10_000
_VOICES: Final = {"nl": "nl-NL", "en": "en-GB"}
#: The longest that a prompt may be.
_LONGEST_PROMPT: Final = 750


@dataclass(frozen=True, slots=True)
class Texts:
    """Sends texts by CM.com. Its status reports name our own id, so that is the provider's id of a text."""

    name: str = NAME
    fetches: bool = False

    def send(self, message: Message) -> str | None:
        """Hand one text over; `NotSent` unless CM.com says that it accepted it."""
        here = settings.current()
        assert here.cm_sender is not None, "refused at start"
        said = {
            "from": here.cm_sender if here.cm_sender[0] != "+" else _international(here.cm_sender),
            "to": [{"number": _international(message.to.e164)}],
            "body": {"type": "auto", "content": message.says.reveal()},
            "reference": message.id,
            "allowedChannels": ["SMS"],
            "validity": f"{_minutes_left(message)}m",
        }
        answer = _asked(here.cm_text_address, {"messages": {"msg": [said]}})
        content = _object(answer)
        code = content.get("errorCode")
        match content.get("messages"):
            case [{"status": "Accepted", "messageErrorCode": 0}] if answer.status == HTTPStatus.OK:
                return message.id
            case [{"messageErrorCode": int() as of_the_text}]:
                code = of_the_text
        raise _refused(answer.status, code)


@dataclass(frozen=True, slots=True)
class Calls:
    """Makes calls by CM.com: it asks for a key, and says the code to whoever pressed it.

    The whole of what is said goes to CM.com at once, since its apps ask nothing back.
    """

    name: str = NAME
    fetches: bool = False

    def send(self, message: Message) -> str | None:
        """Have one call made; `NotSent` unless CM.com says that it queued it."""
        here = settings.current()
        script = message.says
        assert isinstance(script, texts.CallScript), "a call has a script"
        said = {
            "instruction-id": message.id,
            "callee": message.to.e164,
            "caller": here.cm_caller,
            "anonymous": False,
            "prompt": script.before_key,
            "prompt-type": "TTS",
            "valid-prompt": script.after_key.reveal(),
            "valid-prompt-type": "TTS",
            "invalid-prompt": texts.WITHOUT_THE_KEY[script.language],
            "invalid-prompt-type": "TTS",
            "min-digits": 1,
            "max-digits": 1,
            "max-attempts": 1,
            "timeout": _FOR_THE_KEY,
            "regex": f"^{texts.KEY}$",
            "voice": {"language": _VOICES[script.language], "gender": "Female", "number": 1},
        }
        if any(
            len(str(said[name])) > _LONGEST_PROMPT
            for name in ("prompt", "valid-prompt", "invalid-prompt")
        ):
            raise NotSent("the service's name is too long for a call by CM.com")
        answer = _asked(f"{here.cm_voice_address}/DTMF", said)
        content = _object(answer)
        call_id = content.get("call-id")
        if (
            answer.status == HTTPStatus.OK
            and content.get("success") is True
            and isinstance(call_id, str)
        ):
            return call_id[:64]
        raise _refused(answer.status, None)


def _asked(address: str, content: Mapping[str, Any]) -> outward.Answer:
    headers = {
        "X-CM-PRODUCTTOKEN": settings.current().cm_token.reveal(),
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    try:
        return outward.post_to_gateway(address, headers, json.dumps(content).encode())
    except outward.CannotReach as why:
        raise NotSent(f"CM.com: {why}") from why


def _object(answer: outward.Answer) -> dict[str, Any]:
    try:
        content = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _refused(status: int, code: object) -> NotSent:
    if isinstance(code, int) and code in _WHY:
        return NotSent(f"{_WHY[code]} ({code})", refused_number=code in _NUMBER_REFUSED)
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return NotSent(f"CM.com does not know the product token (HTTP {status})")
        case HTTPStatus.TOO_MANY_REQUESTS:
            return NotSent("CM.com has too many requests of us (HTTP 429)")
    return NotSent(f"CM.com did not accept it (HTTP {status})")


def _international(e164: str) -> str:
    """As its documentation writes numbers: 0031612345678."""
    return f"00{e164[1:]}"


def _minutes_left(message: Message) -> int:
    """For how long the text is worth delivering, in whole minutes, at least one."""
    return max(1, math.ceil((message.expires_at - clock.now()).total_seconds() / 60))
