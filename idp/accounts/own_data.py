"""What we hold of a person, for that person (GDPR articles 15 and 20): never a secret, and nobody else by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from idp import clock
from idp.accounts import consents, directory, grants, personal, sessions
from idp.audit import Event
from idp.database import db
from idp.models import Account, Application, AuditEvent, Client

MOST_EVENTS: Final = 1000
"""Most lines of the audit trail in one download, youngest first."""
SHOWN_LOOKS: Final = 10
ONE_LOOK: Final = timedelta(hours=1)
"""Within which what one application or the body reads time after time is shown as one look, at its last moment."""
#: Who reports what became of a text or a call, by the name of the gateway.
_PROVIDERS: Final = frozenset({"cm", "twilio", "http"})
_LOOKS: Final = (Event.ACCOUNT_SHOWN, Event.USERINFO_READ)


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody read the account: an application by its name, or (without one) a colleague of the body."""

    at: datetime
    application: str | None


def looks(account_id: str) -> list[Look]:
    """Who read the account last, youngest first; the pages that a colleague opens during one call are one look."""
    rows = db.session.execute(
        select(AuditEvent.at, func.coalesce(Application.name, Client.name).label("name"))
        .outerjoin(Client, Client.client_id == AuditEvent.client_id)
        .outerjoin(Application, Application.id == Client.application_id)
        .where(
            AuditEvent.account_id == account_id,
            AuditEvent.event.in_([event.value for event in _LOOKS]),
        )
        .order_by(AuditEvent.id.desc())
        .limit(10 * SHOWN_LOOKS)
    )
    found: list[Look] = []
    begun: dict[str | None, datetime] = {}
    for row in rows:
        if row.name in begun and begun[row.name] - row.at < ONE_LOOK:
            continue
        begun[row.name] = row.at
        found.append(Look(row.at, row.name))
    return found[:SHOWN_LOOKS]


def everything(account: Account, methods: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One JSON object; `methods` are the person's own as lists show them, numbers masked."""
    return {
        "made_at": clock.now(),
        "account": {
            "relation_number": account.relation.number,
            "organisation": account.relation.name,
            "username": account.username,
            "name": account.name,
            "email": directory.email_of(account),
            "email_confirmed_at": account.email_confirmed_at,
            **personal.unseal(account.personal_sealed, account.id),
            "enrolment_level": account.level.label,
            "added_at": account.created_at,
            "activated_at": account.activated_at,
        },
        "methods": list(methods),
        "sessions": [
            {"device": each.device, "begun_at": each.created_at, "used_at": each.used_at}
            for each in sessions.of_account(account.id)
        ],
        "applications": [
            {"name": each.name, "roles": list(each.roles)} for each in grants.of_account(account.id)
        ],
        "consents": [
            {"application": each.name, "shared": list(each.kinds), "given_at": each.given_at}
            for each in consents.of_account(account.id)
        ],
        "events": _events(account.id),
    }


def _events(account_id: str) -> list[dict[str, Any]]:
    """What happened, without who of the body did it, from which address, or why: that may say something of others."""
    rows = db.session.execute(
        select(AuditEvent.at, AuditEvent.event, AuditEvent.succeeded, AuditEvent.actor)
        .where(AuditEvent.account_id == account_id)
        .order_by(AuditEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    return [
        {"at": row.at, "event": row.event, "succeeded": row.succeeded, "by": _who(row.actor)}
        for row in rows
    ]


def _who(actor: str) -> str:
    if actor in {"person", "client", "system"}:
        return actor
    return "message provider" if actor in _PROVIDERS else "organisation"
