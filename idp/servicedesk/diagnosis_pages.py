"""What happened under a reference code, and what to tell the caller."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue

from idp.audit import Event, record
from idp.errors import WrongInput
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.diagnosis import account_under, explain_reference
from idp.servicedesk.forms import sentence
from idp.servicedesk.roles import Right

pages = Blueprint("desk_diagnosis", __name__)

REFERENCE: Final = f"{DESK}kenmerk"


@pages.get(f"{REFERENCE}/<reference>")
@at_the_desk(Right.DIAGNOSE)
def diagnosis(colleague: Colleague, reference: str) -> ResponseReturnValue:
    """As `idp explain` tells it; that somebody looked is recorded, also about whom."""
    try:
        told = explain_reference(reference[:40])
    except WrongInput as unknown:
        return show_at_desk(
            "desk-reference", colleague, status=HTTPStatus.NOT_FOUND, unknown=sentence(unknown.why)
        )
    account_id = account_under(told.kenmerk)
    record(
        Event.DIAGNOSED,
        actor=colleague.actor,
        account_id=account_id,
        of=told.kenmerk,
    )
    return show_at_desk("desk-reference", colleague, told=told, account_id=account_id)
