"""The work of the day and the open requests for programs: read only."""

from __future__ import annotations

from typing import Any

from idp.admin_api.door import Answer, Asked, not_found
from idp.admin_api.people import known_relation
from idp.admin_api.shapes import moment
from idp.audit import Event, record
from idp.models import DeskRequest
from idp.servicedesk import changes, queue, relation_actions, requests
from idp.servicedesk.queue import CodeWaiting
from idp.servicedesk.sensitive import RULES, Rule


def today(_asked: Asked) -> Answer:
    """What asks attention now."""
    found = queue.today()
    return Answer(
        {
            "verzoeken": [_request(each) for each in found.requests],
            "codes_verlopen": [_code(each) for each in found.expiring],
            "niet_begonnen": [_code(each) for each in found.not_begun],
            "alarmen": [
                {
                    "moment": moment(each.at),
                    "zin": each.says,
                    "account": each.account_id,
                    "kenmerk": each.reference,
                }
                for each in found.alarms
            ],
        }
    )


def open_requests(_asked: Asked) -> Answer:
    """What waits for a colleague or for time."""
    return Answer({"regels": [_request(each) for each in requests.waiting()]})


def one_request(asked: Asked, *, request_id: str) -> Answer:
    """One request; the account's holder is shown who looked."""
    found = known_request(request_id)
    if found.account_id is not None:
        record(
            Event.ACCOUNT_SHOWN,
            actor=asked.actor,
            client_id=asked.client_id,
            account_id=found.account_id,
            relation_id=found.relation_id,
        )
    return Answer(_request(found), tag=tag_of_request(found))


def known_request(request_id: str) -> DeskRequest:
    """The request of that id; 404 when there is none."""
    found = requests.find(request_id)
    if found is None:
        raise not_found("Dit verzoek")
    return found


def tag_of_request(found: DeskRequest) -> str:
    """Of whom it is about as they are now: who agreed did so to just that."""
    if found.account_id is not None:
        return str(changes.version_of(found.account_id))
    return relation_actions.state_of(known_relation(found.relation_id))


def _request(row: DeskRequest) -> dict[str, Any]:
    return {
        "id": row.id,
        "actie": row.action,
        "relatie": row.relation_id,
        "account": row.account_id,
        "regel": RULES[Rule(row.because)],
        "reden": row.errand["why"],
        "controle": row.errand["check"],
        "ticket": row.errand["ticket"],
        "gevraagd_door": row.asked_by,
        "gevraagd": moment(row.asked_at),
        "klaar": moment(row.ready_at),
        "verloopt": moment(row.expires_at),
        "besloten_door": row.decided_by,
        "stand": requests.standing(row),
    }


def _code(code: CodeWaiting) -> dict[str, Any]:
    return {
        "account": code.account_id,
        "naam": code.name,
        "relatienaam": code.organisation,
        "uitgegeven": moment(code.issued_at),
        "verloopt": moment(code.expires_at),
    }
