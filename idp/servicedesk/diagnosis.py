"""One sign-in from its reference code, in words: what happened, how it ended, what helps. In Dutch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from idp.accounts import directory
from idp.audit import Event
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application, AuditEvent, Client
from idp.secret_values import CROCKFORD
from idp.servicedesk.explain_events import sentence
from idp.servicedesk.explain_outcomes import Outcome, outcome

_MISREAD = str.maketrans("OIL", "011")
#: What stands before it on the error page, in either language.
_LABEL: Final = re.compile(r"\s*(kenmerk|reference)\b\s*:?", re.IGNORECASE)
_DECORATION = str.maketrans("", "", " -.\u00a0\u2010\u2011\u2012\u2013\u2014")


@dataclass(frozen=True, slots=True)
class Step:
    """One event, in words."""

    at: datetime
    event: str
    succeeded: bool
    says: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sign-in: who, where to, what happened, how it ended and what helps. Holds no secret and no number to call."""

    kenmerk: str
    wie: str | None
    applicatie: str | None
    netwerkadressen: int
    stappen: list[Step]
    uitkomst: Outcome


def normal_reference(typed: str) -> str:
    """A reference code as it is stored, from how somebody read it out or pasted it; else `WrongInput`."""
    said = _LABEL.sub("", typed, count=1).partition("·")[0]  # behind the dot stands when it was
    symbols = said.translate(_DECORATION).upper().translate(_MISREAD)
    if len(symbols) != 8 or any(symbol not in CROCKFORD for symbol in symbols):
        raise WrongInput(
            "dat is geen kenmerk: het heeft acht letters en cijfers, bijvoorbeeld 7F3K-2QXM"
        )
    return f"{symbols[:4]}-{symbols[4:]}"


def explain_reference(typed: str) -> Explanation:
    """Everything recorded under a reference code, in words; `WrongInput` when nothing was."""
    reference = normal_reference(typed)
    events = db.session.scalars(
        select(AuditEvent).where(AuditEvent.reference == reference).order_by(AuditEvent.id)
    ).all()
    if not events:
        raise WrongInput(
            f"kenmerk {reference} is niet bekend: controleer het, of het is ouder dan wat wij bewaren"
        )
    return Explanation(
        kenmerk=reference,
        wie=_who(events),
        applicatie=_application(events),
        netwerkadressen=len({each.origin for each in events if each.origin}),
        stappen=[
            Step(each.at, each.event, each.succeeded, sentence(each), each.reason)
            for each in events
        ],
        uitkomst=outcome(events),
    )


def account_under(reference: str) -> str | None:
    """The account that a stored reference code is about last, if it is about any."""
    return db.session.execute(
        select(AuditEvent.account_id)
        .where(AuditEvent.reference == reference, AuditEvent.account_id.is_not(None))
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _who(events: Sequence[AuditEvent]) -> str | None:
    """Relation and user name of the account it was about, and whether the caller ever knew its password."""
    named = [each for each in events if each.account_id]
    account = directory.get(str(named[-1].account_id)) if named else None
    if account is None:
        return None
    proven = any(each.event != Event.SIGN_IN_FAILED for each in named)
    who = f"{account.username}, relatie {account.relation.number} ({account.relation.name})"
    if proven:
        return who
    by_passkey = named[-1].details.get("kind") == "webauthn"
    said = "de passkey telde niet" if by_passkey else "het wachtwoord klopte niet"
    return f"{who}; niet bewezen, want {said}"


def _application(events: Sequence[AuditEvent]) -> str | None:
    clients = [each.client_id for each in events if each.client_id]
    client = db.session.get(Client, clients[-1]) if clients else None
    if client is None:
        told = [each.details["what"] for each in events if each.details.get("what")]
        return str(told[-1]) if told else None
    application = (
        db.session.get(Application, client.application_id) if client.application_id else None
    )
    return application.name if application else client.name
