"""*Download mijn gegevens*: what we hold of the person, as a file."""

from __future__ import annotations

from typing import Final

import orjson
from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from idp.accounts import credentials, own_data
from idp.accounts.sessions import LiveSession
from idp.audit import Event, record
from idp.flows.enrolment import summaries
from idp.flows.own_methods import SECURITY
from idp.flows.signed_in import freshly
from idp.models import Account

pages = Blueprint("own_data", __name__)

DOWNLOAD: Final = "/mijn/beveiliging/mijn-gegevens"


@pages.post(DOWNLOAD)
@freshly(with_key=False, back=SECURITY)
def download(session: LiveSession, account: Account) -> ResponseReturnValue:
    """One JSON file, of nobody but this person."""
    methods = [
        {
            "kind": each.kind,
            "name": each.label,
            "number": str(each.detail) if each.detail else None,
            "set_up_at": each.created_at,
            "used_at": each.last_used_at,
            "counts_from": each.counts_from,
        }
        for each in summaries(credentials.of_account(account.id))
    ]
    found = own_data.everything(account, methods)
    record(
        Event.OWN_DATA_READ,
        account_id=account.id,
        relation_id=account.relation_id,
        session_id=session.id,
        reference=session.reference,
    )
    response = Response(
        orjson.dumps(found, option=orjson.OPT_INDENT_2), mimetype="application/json"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="mijn-gegevens.json"'
    response.headers["Cache-Control"] = "no-store"
    return response
