"""Letters at the desk: what waits, batches made for the print house and fetched once, and what it posted."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from idp import clock
from idp.database import db
from idp.errors import WrongInput
from idp.servicedesk import letters, print_batches
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.roles import Right

pages = Blueprint("desk_letters", __name__)

LETTERS: Final = f"{DESK}brieven"
_DONE: Final = {
    "gemaakt": "De partij is gemaakt. Haal hem op voor de drukker.",
    "niets": "Er wacht geen brief.",
    "gepost": "Opgeschreven dat de drukker deze partij heeft gepost.",
}


@pages.get(LETTERS)
@at_the_desk(Right.SEND_LETTERS)
def overview(colleague: Colleague) -> ResponseReturnValue:
    """What waits, and the last batches."""
    return _show(colleague)


@pages.post(LETTERS)
@at_the_desk(Right.SEND_LETTERS)
def make(colleague: Colleague) -> ResponseReturnValue:
    """Make a batch of what waits, encrypted to the print house."""
    try:
        made = print_batches.make_for_the_print_house(actor=colleague.actor)
    except WrongInput:
        db.session.rollback()
        return _show(
            colleague,
            "Er kan nu geen partij worden gemaakt: het certificaat van de drukker ontbreekt of is verlopen. Vraag het "
            "aan beheer (IDP_PRINT_CERTIFICATE).",
        )
    return _done("niets" if made is None else "gemaakt")


@pages.post(f"{LETTERS}/<batch_id>/ophalen")
@at_the_desk(Right.SEND_LETTERS)
def fetch(colleague: Colleague, batch_id: str) -> ResponseReturnValue:
    """The encrypted document, once; afterwards we no longer have it."""
    try:
        sealed = print_batches.fetch(batch_id, actor=colleague.actor)
    except WrongInput:
        db.session.rollback()
        return _show(
            colleague,
            "Deze partij is al opgehaald, of bestaat niet. Kwamen de brieven niet aan? Vraag ze dan opnieuw aan.",
        )
    return _file(sealed, f"{batch_id}.p7m", "application/pkcs7-mime")


@pages.get(f"{LETTERS}/<batch_id>/inhoud")
@at_the_desk(Right.SEND_LETTERS)
def manifest(colleague: Colleague, batch_id: str) -> ResponseReturnValue:
    """Which letter is on which page; no code, no name."""
    try:
        batch = letters.find_batch(batch_id)
    except WrongInput:
        return _show(colleague, "Deze partij bestaat niet.")
    return _file(letters.manifest_of(batch), f"{batch.id}.json", "application/json")


@pages.post(f"{LETTERS}/<batch_id>/gepost")
@at_the_desk(Right.SEND_LETTERS)
def posted(colleague: Colleague, batch_id: str) -> ResponseReturnValue:
    """The print house posted the whole batch."""
    try:
        letters.dispatched(batch_id, at=clock.now(), actor=colleague.actor)
    except WrongInput:
        db.session.rollback()
        return _show(colleague, "Deze partij is nog niet opgehaald, of bestaat niet.")
    return _done("gepost")


def _show(colleague: Colleague, wrong: str | None = None) -> Response:
    told = request.args.get("gedaan", "")
    return show_at_desk(
        "desk-letters",
        colleague,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        error="letters" if wrong else None,
        field_errors={"": wrong} if wrong else None,
        notice=None if wrong else _DONE.get(told),
        waiting=letters.waiting(),
        batches=[(batch, len(letters.undispatched(batch.id))) for batch in letters.batches(20)],
    )


def _done(what: str) -> ResponseReturnValue:
    return redirect(f"{LETTERS}?gedaan={what}", code=HTTPStatus.SEE_OTHER)


def _file(content: bytes, name: str, kind: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer
