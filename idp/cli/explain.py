"""`idp explain`: one sign-in from its reference code, as a colleague at the telephone needs it. Answers in Dutch."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click
from babel.dates import format_datetime

from idp import clock
from idp.audit import Event
from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, say
from idp.cli.work import at_work
from idp.database import reads_only
from idp.servicedesk.diagnosis import Explanation, Step, explain_reference

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


def _tell(explanation: Explanation) -> None:
    first, last = explanation.stappen[0].at, explanation.stappen[-1].at
    facts = {
        "Kenmerk": explanation.kenmerk,
        "Wanneer": f"{_day(first)}, {_time(first)} tot {_time(last)} ({_zone(last)})",
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


def _zone(moment: datetime) -> str:
    return moment.astimezone(clock.HERE).strftime("%Z")


def _time(moment: datetime) -> str:
    return moment.astimezone(clock.HERE).strftime("%H.%M.%S")
