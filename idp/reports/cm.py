"""Status reports of CM.com on texts, in the JSON form of its documentation.

They are not signed, so the address that an operator gives CM.com holds a secret; and a report names a text by our own
id of 128 random bits, which only CM.com was told.
"""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Flask, Response, request

from idp import settings
from idp.database import db
from idp.messaging import outgoing
from idp.messaging.gateways import cm
from idp.messaging.outgoing import Reported
from idp.reports import received
from idp.secret_values import same

ADDRESS: Final = "/berichten/cm"
SECRET: Final = "sleutel"
"""In the query string, because neither we nor the proxies that we ship write that to a log."""
#: `1` rejected, `2` delivered, `3` failed; `0`, accepted by the operator, is no end.
_ENDS: Final = {"1": Reported.FAILED, "2": Reported.DELIVERED, "3": Reported.FAILED}


def init_app(app: Flask) -> None:
    """Register the address."""
    app.add_url_rule(ADDRESS, "reports.cm_reported", text_reported, methods=["POST"])


def text_reported() -> Response:
    """A text has got further."""
    secret = settings.current().cm_reports_secret
    body = received.body_of(cm.NAME, "application/json")
    if secret is None or not same(request.args.get(SECRET, ""), secret.reveal()):
        return received.refused()
    try:
        report = json.loads(body)
    except (ValueError, RecursionError):
        return received.unreadable()
    match report:
        case {
            "messages": {"msg": {"reference": str() as ours, "status": {"code": code} as status}}
        }:
            if (outcome := _ENDS.get(str(code))) is not None:
                outgoing.reported(cm.NAME, ours, outcome, _why(status))
                db.session.commit()
            return received.taken()
    return received.unreadable()


def _why(status: dict[str, Any]) -> str | None:
    code = str(status.get("errorCode", ""))
    known = code.isascii() and code.isdigit() and len(code) <= 6 and int(code)
    return f"CM.com's error {code}" if known else None
