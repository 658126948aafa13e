"""Reports of any other provider, as the operator's file describes them (docs/berichten/http.md).

Signed with a secret of that file, or, where the provider signs nothing, with the secret in the address that the
operator gave it. What comes again changes nothing, so no time stands in the signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Flask, Response, abort, request

from idp import settings
from idp.database import db
from idp.messaging import outgoing
from idp.messaging.gateways import http
from idp.messaging.outgoing import Reported
from idp.reports import received
from idp.secret_values import same
from idp.settings.http_gateway import Reports

ADDRESS: Final = "/berichten/http"
SECRET: Final = "sleutel"
"""In the query string, where the provider signs nothing; no log of ours or of the shipped proxies holds that."""
_TYPES: Final = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
#: What the log may say of why: a code, never a sentence, which may hold the number.
_REASON: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}", re.ASCII)


def init_app(app: Flask) -> None:
    """Register the address of each channel."""
    for channel in ("sms", "voice"):
        app.add_url_rule(
            f"{ADDRESS}/{channel}",
            f"reports.http_{channel}",
            message_reported,
            methods=["POST"],
            defaults={"channel": channel},
        )


def message_reported(channel: str) -> Response:
    """A message has got further."""
    here = settings.current()
    chosen = here.sms_gateway if channel == "sms" else here.voice_gateway
    gateway = here.http_gateways.get(channel) if http.NAME in chosen else None
    reports = None if gateway is None else gateway.reports
    if reports is None:
        abort(Response(status=HTTPStatus.NOT_FOUND))
    body = received.body_of(http.NAME, _TYPES[reports.form])
    if not _is_theirs(reports, body):
        return received.refused()
    try:
        told = _read(reports, body)
    except (ValueError, RecursionError):
        return received.unreadable()
    name, state = http.name_of(http.at(told, reports.id_field)), http.at(told, reports.state_field)
    if name is None or not isinstance(state, str | int):
        return received.unreadable()
    if (outcome := _end(reports, str(state))) is not None:
        outgoing.reported(http.NAME, name, outcome, _why(reports, told), channel=channel)
        db.session.commit()
    return received.taken()


def _is_theirs(reports: Reports, body: bytes) -> bool:
    """Whether who sent this knows the secret."""
    if reports.signature_header is None:
        return same(request.args.get(SECRET, ""), reports.secret)
    given = request.headers.get(reports.signature_header, "").strip().removeprefix("sha256=")
    made = hmac.new(reports.secret.encode(), body, hashlib.sha256)
    in_base64 = base64.b64encode(made.digest()).decode()
    return same(given.lower(), made.hexdigest()) or same(given, in_base64)


def _read(reports: Reports, body: bytes) -> Any:
    if reports.form == "json":
        return json.loads(body)
    pairs = parse_qsl(
        body.decode("utf-8"), keep_blank_values=True, max_num_fields=100, errors="strict"
    )
    return dict(pairs)


def _end(reports: Reports, state: str) -> Reported | None:
    if state in reports.delivered:
        return Reported.DELIVERED
    return Reported.FAILED if state in reports.failed else None


def _why(reports: Reports, told: Any) -> str | None:
    found = None if reports.reason_field is None else http.at(told, reports.reason_field)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    known = _REASON.fullmatch(str(found))
    return f"the provider's reason {known[0]}" if known else None
