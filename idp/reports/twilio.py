"""What Twilio tells us of texts and calls, and what we let it say in a call.

Who picks up hears who calls and which key to press. Only who presses it hears the code: once, while it works, and in
the call that we had made. A voicemail presses nothing, and a request that comes twice gets no code.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Flask, Response, request

from idp import settings
from idp.database import db
from idp.messaging import outgoing, texts
from idp.messaging.gateways import twilio
from idp.messaging.outgoing import Reported
from idp.reports import received
from idp.reports.twilio_signature import HEADER, signed

_FORM: Final = "application/x-www-form-urlencoded"
#: Seconds that somebody who picked up has for the key, after the question.
_FOR_THE_KEY: Final = 10
_VOICES: Final = {"nl": "nl-NL", "en": "en-GB"}
#: How a text can end; all its other states come before these.
_OF_TEXTS: Final = {
    "delivered": Reported.DELIVERED,
    "undelivered": Reported.FAILED,
    "failed": Reported.FAILED,
}
#: How a call can end. `completed` only says that somebody, or something, picked up: who pressed the key had the code,
#: and was reported then.
_OF_CALLS: Final = {
    "completed": "picked up, and the key was not pressed",
    "busy": "the number was busy",
    "no-answer": "nobody picked up",
    "canceled": "the call was cancelled",
    "failed": "the call could not be made",
}


def init_app(app: Flask) -> None:
    """Register the four addresses."""
    one = "/<message_id>"
    for address, view in (
        (twilio.TEXT_REPORTS, text_reported),
        (twilio.CALL_REPORTS, call_reported),
        (twilio.CALL_ANSWERED + one, call_answered),
        (twilio.CALL_KEY + one, key_pressed),
    ):
        app.add_url_rule(address, f"reports.{view.__name__}", view, methods=["POST"])


def text_reported() -> Response:
    """A text has got further."""
    fields = _fields()
    if isinstance(fields, Response):
        return fields
    if (outcome := _OF_TEXTS.get(fields.get("MessageStatus", ""))) is not None:
        why = fields.get("ErrorCode", "")
        known = f"Twilio's error {why}" if why.isascii() and why.isdigit() else None
        outgoing.reported(twilio.NAME, fields.get("MessageSid", ""), outcome, known)
        db.session.commit()
    return received.taken()


def call_reported() -> Response:
    """A call is over."""
    fields = _fields()
    if isinstance(fields, Response):
        return fields
    if (why := _OF_CALLS.get(fields.get("CallStatus", ""))) is not None:
        outgoing.reported(twilio.NAME, fields.get("CallSid", ""), Reported.FAILED, why)
        db.session.commit()
    return received.taken()


def call_answered(message_id: str) -> Response:
    """Somebody picked up, or a voicemail did: who calls and which key to press; nothing secret."""
    fields = _fields()
    if isinstance(fields, Response):
        return fields
    script = outgoing.call_of(message_id, twilio.NAME)
    db.session.rollback()
    says = Element("Response")
    if script is not None:
        key = {"input": "dtmf", "numDigits": "1", "timeout": str(_FOR_THE_KEY), "method": "POST"}
        action = f"{settings.current().issuer}{twilio.CALL_KEY}/{message_id}"
        _say(SubElement(says, "Gather", key | {"action": action}), script, script.before_key)
        _say(says, script, texts.WITHOUT_THE_KEY[script.language])
    return _twiml(says)


def key_pressed(message_id: str) -> Response:
    """A key was pressed in this call: the code for the right one."""
    fields = _fields()
    if isinstance(fields, Response):
        return fields
    says = Element("Response")
    if fields.get("Digits") != texts.KEY:
        if (script := outgoing.call_of(message_id, twilio.NAME)) is not None:
            _say(says, script, texts.WITHOUT_THE_KEY[script.language])
        db.session.rollback()
        return _twiml(says)
    call = fields.get("CallSid", "")
    script = outgoing.tell(message_id, twilio.NAME, call)
    if script is not None:
        outgoing.reported(twilio.NAME, call, Reported.DELIVERED, None)
    db.session.commit()  # before the words leave us: who asks again gets none
    if script is not None:
        for part in script.after_key.reveal().split(texts.BETWEEN_DIGITS):
            _say(says, script, part)
            SubElement(says, "Pause", {"length": "1"})
    return _twiml(says)


def _fields() -> dict[str, str] | Response:
    """The fields of a request that Twilio signed for our public address, or the answer to another."""
    body = received.body_of(twilio.NAME, _FORM)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=100, errors="strict"
        )
    except ValueError:
        return received.refused()  # nothing that anybody signed
    here = settings.current()
    # the address that we gave, never the one under which a proxy or a forger brings it
    address = here.issuer + request.path
    if request.query_string or not signed(
        request.headers.get(HEADER, ""), address, pairs, here.twilio_token
    ):
        return received.refused()
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else received.unreadable()


def _say(where: Element, script: texts.CallScript, words: str) -> None:
    SubElement(where, "Say", {"language": _VOICES[script.language]}).text = words


def _twiml(says: Element) -> Response:
    """What is said, and then the end of the call."""
    SubElement(says, "Hangup")
    content = tostring(says, encoding="utf-8", xml_declaration=True)
    return Response(
        content, HTTPStatus.OK, {"Cache-Control": "no-store"}, mimetype="application/xml"
    )
