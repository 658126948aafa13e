"""`idp explain`: one sign-in from its reference code, as a colleague at the telephone needs it. Answers in Dutch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import click
from babel.dates import format_datetime
from sqlalchemy import select

from idp import clock
from idp.accounts import directory
from idp.audit import Event
from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, say
from idp.cli.explain_events import sentence
from idp.cli.explain_outcomes import Outcome, outcome
from idp.cli.work import at_work
from idp.database import db, reads_only
from idp.errors import WrongInput
from idp.models import Application, AuditEvent, Client
from idp.secret_values import CROCKFORD

#: Events whose sentence tells the reason itself.
_SAID_ALREADY: Final = frozenset(
    {
        Event.SIGN_IN_FAILED,
        Event.SIGN_IN_REFUSED,
        Event.STEP_FAILED,
        Event.ACTIVATION_CODE_REFUSED,
        Event.SESSION_ENDED,
    }
)
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


@click.command()
@click.argument("kenmerk", nargs=-1, required=True, metavar="KENMERK")
@json_option
def explain(kenmerk: tuple[str, ...], as_json: bool) -> None:
    """Tell what happened in one sign-in.

    KENMERK is the reference code that stands on the error page, such as 7F3K-2QXM; it may be pasted as it stands there.
    """
    with at_work(keep=False):
        reads_only()
        explanation = explain_reference(" ".join(kenmerk))
    if as_json:
        show_json(explanation)
    else:
        _tell(explanation)


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


def _who(events: Sequence[AuditEvent]) -> str | None:
    """Relation and user name of the account it was about, and whether the caller ever knew its password."""
    named = [each for each in events if each.account_id]
    account = directory.get(str(named[-1].account_id)) if named else None
    if account is None:
        return None
    proven = any(each.event != Event.SIGN_IN_FAILED for each in named)
    who = f"{account.username}, relatie {account.relation.number} ({account.relation.name})"
    return who if proven else f"{who}; niet bewezen, want het wachtwoord klopte niet"


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


def _tell(explanation: Explanation) -> None:
    first, last = explanation.stappen[0].at, explanation.stappen[-1].at
    facts = {
        "Kenmerk": explanation.kenmerk,
        "Wanneer": f"{_day(first)}, {_time(first)} tot {_time(last)}",
        "Wie": explanation.wie or "onbekend",
        "Waarvoor": explanation.applicatie or "inloggen op de portal zelf",
    }
    for name, value in facts.items():
        say(f"{name.ljust(9)} {value}")
    if explanation.netwerkadressen > 1:
        say(
            f"Let op    de stappen kwamen van {explanation.netwerkadressen} verschillende netwerkadressen"
        )
    click.echo()
    for step in explanation.stappen:
        say(f"  {_time(step.at)}  {'' if step.succeeded else '✗ '}{step.says}{_because(step)}")
    click.echo()
    say(f"Resultaat  {explanation.uitkomst.resultaat}")
    if explanation.uitkomst.oorzaak:
        say(f"Oorzaak    {explanation.uitkomst.oorzaak}")
    say(f"Zeg        {explanation.uitkomst.zeg}")


def _because(step: Step) -> str:
    """Our own note of why, in brackets; left out where the sentence says it already."""
    if step.succeeded or not step.reason or step.event in _SAID_ALREADY:
        return ""
    return f" Reden in ons logboek: {step.reason}."


def _day(moment: datetime) -> str:
    return str(format_datetime(moment, "EEEE d MMMM y", tzinfo=clock.HERE, locale="nl"))


def _time(moment: datetime) -> str:
    return moment.astimezone(clock.HERE).strftime("%H.%M.%S")
