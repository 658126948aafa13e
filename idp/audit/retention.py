"""How long which events stay (BIO2 8.15.04, 5.28.01, 8.18.02). Each event is of one class, which its seal keeps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

from idp import settings
from idp.audit.events import Event

_DAYS_A_MONTH: Final = 30.4375


class Retention(StrEnum):
    """The classes. A name is in every seal, so it is never renamed."""

    SECURITY = "security"
    """Signing in and what applications get: the rule, unless an event is named below."""
    INCIDENT = "incident"
    """What an investigation of misuse rests on."""
    ADMINISTRATION = "administration"
    """Who may do what, who changed that, and who looked."""


_NAMED: Final[Mapping[Retention, frozenset[Event]]] = {
    Retention.INCIDENT: frozenset(
        {
            Event.SIGN_IN_STOPPED,
            Event.ACCOUNT_STOPPED,
            Event.STEP_ATTEMPTS_SPENT,
            Event.KEY_COUNTER_WENT_BACK,
            Event.CODE_REPLAYED,
            Event.REFRESH_REPLAYED,
            Event.RANGE_PAUSED,
            Event.MESSAGE_BUDGET_SPENT,
            Event.RELATION_BLOCKED,
            Event.ACCOUNT_BLOCKED,
        }
    ),
    Retention.ADMINISTRATION: frozenset(
        {
            Event.RELATION_ADDED,
            Event.RELATION_UNBLOCKED,
            Event.ACCOUNT_ADDED,
            Event.ACCOUNT_UPDATED,
            Event.ACCOUNT_SHOWN,
            Event.ACCOUNT_UNBLOCKED,
            Event.PASSWORD_RESET,
            Event.ACTIVATION_CODE_ISSUED,
            Event.ACTIVATION_CODE_REVOKED,
            Event.APPLICATION_ADDED,
            Event.APPLICATION_GRANTED,
            Event.APPLICATION_REVOKED,
            Event.CLIENT_ADDED,
            Event.CLIENT_UPDATED,
            Event.CLIENT_REMOVED,
            Event.CLIENT_SECRET_ROTATED,
            Event.REGISTRATION_TOKEN_ISSUED,
            Event.REGISTRATION_TOKEN_WITHDRAWN,
            Event.KEY_ADDED,
            Event.KEY_RETIRED,
            Event.APPLICATION_UPDATED,
            Event.APPLICATION_REMOVED,
            Event.STEWARD_ADDED,
            Event.STEWARD_REMOVED,
            Event.RELATION_UPDATED,
            Event.RELATION_SHOWN,
            Event.LETTER_ASKED,
            Event.LETTERS_MADE,
            Event.LETTERS_FETCHED,
            Event.LETTER_DISPATCHED,
            Event.DESK_SEARCHED,
            Event.DESK_REFUSED,
            Event.DESK_SUPPLIED,
            Event.DESK_ROLE_CHANGED,
            Event.HELP_ASKED,
            Event.HELP_AGREED,
            Event.HELP_REFUSED,
            Event.DIAGNOSED,
            Event.AUDIT_READ,
            Event.PURGED,
        }
    ),
}
_CLASS_OF: Final = {event.value: each for each, events in _NAMED.items() for event in events}


def class_of(event: str) -> Retention:
    """The class of an event by its name; one that only a newer release knows is of the common one."""
    return _CLASS_OF.get(event, Retention.SECURITY)


def stays(retention: Retention) -> timedelta:
    """How long events of this class stay in this deployment."""
    chosen = settings.current()
    months = {
        Retention.SECURITY: chosen.audit_security_months,
        Retention.INCIDENT: chosen.audit_incident_months,
        Retention.ADMINISTRATION: chosen.audit_administration_months,
    }[retention]
    return timedelta(days=round(months * _DAYS_A_MONTH))
