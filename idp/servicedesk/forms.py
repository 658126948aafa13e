"""A form at the desk that changes something: why, how the caller was checked, and what to say when it cannot be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, redirect, request
from flask.typing import ResponseReturnValue

from idp.database import db
from idp.errors import WrongInput
from idp.servicedesk import logbook
from idp.servicedesk.actions import Outcome, says
from idp.servicedesk.changes import ChangedMeanwhile
from idp.servicedesk.desk import Colleague, show_at_desk
from idp.servicedesk.errands import Errand, errand, fitting
from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Unsaid

VERSION: Final = "versie"
_MOST_DIGITS: Final = 18


def version_of_form() -> int:
    """From which version the form was made; of a form that does not say, from none."""
    said = request.form.get(VERSION, "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS else 0


def submitted(
    do: Callable[[Errand], Outcome],
    again: Callable[..., Response],
    done: Callable[[Outcome], ResponseReturnValue],
    *,
    action: Action,
    person: str,
) -> ResponseReturnValue:
    """Do what the form asks, or show it `again` with what is wrong and everything that was chosen in it.

    A reason that does not fit the action is refused, as one that is not on the list.

    When the account changed since the form was made, it shows what changed, and the next try counts from there.
    """
    if wrong := _errand_errors(request.form, action):
        return again(status=HTTPStatus.UNPROCESSABLE_ENTITY, field_errors=wrong)
    try:
        given = request.form
        outcome = do(errand(given["reden"], given["controle"], given.get("ticket", "")))
        db.session.flush()
    except ChangedMeanwhile as changed:
        told = logbook.lines(changed.events, person=person)
        db.session.rollback()
        return again(status=HTTPStatus.CONFLICT, changed=told)
    except WrongInput as cannot:
        db.session.rollback()
        return again(
            status=HTTPStatus.UNPROCESSABLE_ENTITY, field_errors={"": sentence(cannot.why)}
        )
    return done(outcome)


def onward(address: str, outcome: Outcome) -> ResponseReturnValue:
    """To a page that says what came of it."""
    told = {"gedaan": outcome.done} | ({"aantal": str(outcome.count)} if outcome.count else {})
    return redirect(f"{address}?{urlencode(told)}", code=HTTPStatus.SEE_OTHER)


def notice_of_address() -> str | None:
    """What the address of this page says was just done; nothing for words that are not ours."""
    count = request.args.get("aantal", "")
    known = count.isascii() and count.isdigit() and len(count) <= 6
    return says(request.args.get("gedaan", ""), int(count) if known else 0) or None


def show_form(colleague: Colleague, action: Action, **context: Any) -> Response:
    """The one page for every form of the desk; `fields` names the template with what the form asks besides."""
    return show_at_desk(
        "desk-form", colleague, given=request.values, reasons=fitting(action), **context
    )


def sentence(why: str) -> str:
    """A refusal of our functions as a sentence."""
    return f"{why[:1].upper()}{why[1:].rstrip('.')}."


def _errand_errors(given: Mapping[str, str], action: Action) -> dict[str, str]:
    said = (given.get(field, "") for field in ("reden", "controle", "ticket"))
    try:
        errand(*said, action=action)
    except Unsaid as wrong:
        return {field: sentence(says).rstrip(".") for field, says in wrong.wrong.items()}
    return {}
