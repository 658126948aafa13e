"""The auditor's pages: the log with its questions, and who had access on a date. Looking is written down too."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp import clock
from idp.audit import Event, record
from idp.database import db
from idp.models import Application
from idp.servicedesk import log
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.event_names import NAMES
from idp.servicedesk.roles import Right
from idp.servicedesk.unfit import Unfit, told

pages = Blueprint("desk_log", __name__)

HERE: Final = f"{DESK}logboek"
PART: Final = "desk-log"
_FIELDS: Final = (
    "relatienummer",
    "gebruikersnaam",
    "gebeurtenis",
    "wie",
    "applicatie",
    "vanaf",
    "tot",
)
_CHOICES: Final = {
    "bekeken": "Wie keek (alles)",
    "toegang": "Wie veranderde toegang (alles)",
} | {each.value: NAMES[each] for each in sorted(Event, key=lambda one: NAMES[one].casefold())}


@pages.get(HERE)
@at_the_desk(Right.READ_AUDIT)
def trail(colleague: Colleague) -> ResponseReturnValue:
    """The log, by account, relation, event, application, who did it, and period."""
    given = {name: request.args.get(name, "").strip()[:100] for name in _FIELDS}
    before = request.args.get("voor", "")
    found, wrong = None, {}
    if any(given.values()) or "vanaf" in request.args:
        try:
            asked = log.question(
                number=given["relatienummer"],
                username=given["gebruikersnaam"],
                event=given["gebeurtenis"],
                actor=given["wie"],
                application_id=given["applicatie"],
                first_day=given["vanaf"],
                last_day=given["tot"],
            )
            found = log.lines(asked, before=_id(before))
        except Unfit as unfit:
            wrong = told(unfit)
        else:
            record(
                Event.AUDIT_READ,
                actor=colleague.actor,
                account_id=asked.account_id,
                relation_id=asked.relation_id,
                lines=len(found.lines),
                asked=[name for name, value in given.items() if value],
            )
    return show_at_desk(
        "desk-log",
        colleague,
        given=given,
        found=found,
        events=_CHOICES,
        applications=_applications(),
        further=_further(given, found.following) if found and found.following else None,
        field_errors=wrong,
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
    )


@pages.get(f"{HERE}/toegang")
@at_the_desk(Right.READ_AUDIT)
def had_access(colleague: Colleague) -> ResponseReturnValue:
    """Who could use an application on a date."""
    applications = _applications()
    chosen = request.args.get("applicatie", "")
    day = request.args.get("dag", "") or f"{clock.now().astimezone(clock.HERE):%d-%m-%Y}"
    found, wrong = None, {}
    if chosen:
        try:
            if chosen not in applications:
                raise Unfit("applicatie", "there is no such application", "Kies een applicatie.")
            found = log.had_access(chosen, day, after=request.args.get("na", ""))
        except Unfit as unfit:
            wrong = told(unfit)
        else:
            record(
                Event.AUDIT_READ,
                actor=colleague.actor,
                application=chosen,
                lines=len(found.lines),
                asked=["applicatie", "dag"],
            )
    further = None
    if found and found.following:
        further = urlencode({"applicatie": chosen, "dag": day, "na": found.following})
    return show_at_desk(
        "desk-had-access",
        colleague,
        part_of=PART,
        applications=applications,
        chosen=chosen,
        day=day,
        found=found,
        further=further,
        field_errors=wrong,
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
    )


def _applications() -> dict[str, str]:
    """Every application that there ever was, by name."""
    rows = db.session.execute(
        select(Application.id, Application.name, Application.removed_at).order_by(Application.name)
    )
    return {row.id: row.name + (" (verwijderd)" if row.removed_at else "") for row in rows}


def _id(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unfit("voor", "no id of a line", "Deze plek in het logboek bestaat niet.")
    return int(text)


def _further(given: dict[str, str], before: int) -> str:
    return urlencode({name: value for name, value in given.items() if value} | {"voor": before})
