"""Records of the *Logboek dataverwerkingen*: one line for each processing of somebody's data, without who did it.

They are made from the sealed audit events, so none is missed and none is sampled. `trace_id` leads to the audit trail:
all events of one sign-in share it (`trace_of`). Who worked for the body stands in the audit trail only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from idp import settings
from idp.audit.chain import Checkpoint, Facts, Sealed, canonical
from idp.audit.events import Event

#: What a record may hold, and nothing else.
FIELDS: Final = frozenset(
    {
        "number",
        "trace_id",
        "span_id",
        "status",
        "name",
        "start_time",
        "end_time",
        "resource",
        "attributes",
    }
)
ATTRIBUTES: Final = frozenset(
    {
        "dpl.core.processing_activity_id",
        "dpl.core.data_subject_id",
        "dpl.core.data_subject_id_type",
    }
)

_ACTIVITIES: Final[Mapping[str, tuple[Event, ...]]] = {
    "gegevens-verstrekken": (Event.TOKEN_ISSUED, Event.TOKEN_REFRESHED, Event.USERINFO_READ),
    "inzage": (
        Event.OWN_DATA_READ,
        Event.ACCOUNT_SHOWN,
        Event.DIAGNOSED,
        Event.AUDIT_READ,
    ),
    "beheer-van-accounts": (
        Event.ACCOUNT_ADDED,
        Event.ACCOUNT_UPDATED,
        Event.ACCOUNT_BLOCKED,
        Event.ACCOUNT_UNBLOCKED,
        Event.PASSWORD_RESET,
        Event.ACTIVATION_CODE_ISSUED,
        Event.ACTIVATION_CODE_REVOKED,
        Event.APPLICATION_GRANTED,
        Event.APPLICATION_REVOKED,
        Event.DESK_SUPPLIED,
        Event.DESK_ROLE_CHANGED,
        Event.LETTER_ASKED,
        Event.LETTER_DISPATCHED,
        Event.HELP_ASKED,
        Event.HELP_AGREED,
        Event.HELP_REFUSED,
    ),
    "berichten": (
        Event.PASSCODE_SENT,
        Event.PASSCODE_HANDED_OVER,
        Event.PASSCODE_NOT_SENT,
        Event.PASSCODE_NOT_DELIVERED,
        Event.NOTICE_SENT,
        Event.NOTICE_NOT_SENT,
    ),
}
_ACTIVITY_OF: Final = {
    event.value: activity for activity, events in _ACTIVITIES.items() for event in events
}
_SIGNING_IN: Final = "inloggen"


def line_of(item: Sealed | Checkpoint) -> bytes | None:
    """The record of an event, as a line; `None` where nobody's data were processed."""
    if isinstance(item, Checkpoint) or item.event is None or item.event["account_id"] is None:
        return None
    return canonical(record_of(item.number, item.event)) + b"\n"


def record_of(number: int, event: Facts) -> dict[str, Any]:
    """The record of one event about an account. The numbers in it are milliseconds since 1970."""
    chosen = settings.current()
    at = int(datetime.fromisoformat(event["at"]).timestamp() * 1000 + 0.5)
    activity = _ACTIVITY_OF.get(event["event"], _SIGNING_IN)
    return {
        "number": number,
        "trace_id": trace_of(event["reference"], event["id"]),
        "span_id": hashlib.sha256(f"span {event['id']}".encode()).hexdigest()[:16],
        "status": "Ok" if event["succeeded"] else "Error",
        "name": event["event"],
        "start_time": at,
        "end_time": at,
        "resource": {"service.name": "idp", "service.instance.id": chosen.issuer},
        "attributes": {
            "dpl.core.processing_activity_id": f"{chosen.logboek_register}/{activity}",
            "dpl.core.data_subject_id": chosen.secret.digest(
                "logboek subject", event["account_id"]
            ),
            "dpl.core.data_subject_id_type": "pseudoniem",
        },
    }


def trace_of(reference: str | None, event_id: int) -> str:
    """16 bytes, in hexadecimal, that all events under one reference code share; without one, each has its own."""
    of_what = f"event {event_id}" if reference is None else f"reference {reference}"
    return settings.current().secret.digest("logboek trace", of_what)[:32]
