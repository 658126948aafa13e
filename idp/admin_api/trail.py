"""The audit trail for programs: what happened, who changed access, who looked, who had access on a date."""

from __future__ import annotations

from typing import Any

from idp.admin_api.door import Answer, Asked
from idp.admin_api.shapes import moment
from idp.audit import Event, record
from idp.servicedesk import log
from idp.servicedesk.log import Had, LogLine
from idp.servicedesk.unfit import Unfit


def lines(asked: Asked) -> Answer:
    """What the trail says to a question, latest first."""
    given = asked.query
    question = log.question(
        number=given.get("relatienummer", ""),
        username=given.get("gebruikersnaam", ""),
        event=given.get("gebeurtenis", ""),
        actor=given.get("wie", ""),
        application_id=given.get("applicatie", ""),
        first_day=given.get("vanaf", ""),
        last_day=given.get("tot", ""),
    )
    found = log.lines(question, before=_before(given.get("cursor", "")))
    record(
        Event.AUDIT_READ,
        actor=asked.actor,
        client_id=asked.client_id,
        account_id=question.account_id,
        relation_id=question.relation_id,
        lines=len(found.lines),
        asked=sorted(given),
    )
    following = None if found.following is None else str(found.following)
    return Answer({"regels": [_line(each) for each in found.lines], "volgende": following})


def had_access(asked: Asked) -> Answer:
    """Who could use an application on a date; also one that was removed since."""
    given = asked.query
    found = log.had_access(given["applicatie"], given["dag"], after=given.get("cursor", ""))
    record(
        Event.AUDIT_READ,
        actor=asked.actor,
        client_id=asked.client_id,
        application=given["applicatie"][:60],
        lines=len(found.lines),
        asked=sorted(given),
    )
    return Answer({"regels": [_had(each) for each in found.lines], "volgende": found.following})


def _before(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unfit("cursor", "the cursor is none of ours", "Deze plek in de lijst bestaat niet.")
    return int(text)


def _line(line: LogLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "moment": moment(line.at),
        "gebeurtenis": line.event,
        "gelukt": line.succeeded,
        "zin": line.says,
        "door": line.actor_id,
        "door_wie": line.actor,
        "account": line.account_id,
        "over": line.whom,
        "applicatie": line.application,
        "waarom": line.why,
        "reden": line.reason,
        "kenmerk": line.reference,
    }


def _had(line: Had) -> dict[str, Any]:
    return {
        "account": line.account_id,
        "gebruikersnaam": line.username,
        "naam": line.name,
        "relatienummer": line.relation_number,
        "relatienaam": line.relation_name,
        "rollen": list(line.roles),
        "sinds": moment(line.since),
        "gegeven_door": line.given_by,
        "tot": moment(line.ends_at),
        "ingetrokken": moment(line.revoked_at),
    }
