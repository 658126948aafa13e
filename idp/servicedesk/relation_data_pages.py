"""A relation added, and its name, kind and postal address corrected."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from idp.database import db
from idp.errors import WrongInput
from idp.models import Relation
from idp.servicedesk import changes, relation_actions
from idp.servicedesk.actions import Outcome
from idp.servicedesk.application_access import kinds
from idp.servicedesk.desk import DESK, Colleague, at_the_desk
from idp.servicedesk.errands import Errand
from idp.servicedesk.forms import VERSION, onward, show_form, submitted
from idp.servicedesk.relation_pages import RELATIONS
from idp.servicedesk.roles import Right, Worker
from idp.servicedesk.sensitive import Action

pages = Blueprint("desk_relation_data", __name__)

_CORRECT: Final = "gegevens"
_NEW: Final = f"{RELATIONS}/nieuw"
_LONGEST: Final = 300


@pages.route(f"{RELATIONS}/<relation_id>/{_CORRECT}", methods=["GET", "POST"])
@at_the_desk(Right.CHANGE_RELATIONS)
def correct(colleague: Colleague, relation_id: str) -> ResponseReturnValue:
    """Another name, kind or postal address; who comes second sees what it is now, with what they typed still there."""
    if request.method == "GET":
        return _ask_to_correct(colleague, _found(relation_id))
    return submitted(
        lambda why: _correct(colleague.worker, relation_id, why),
        lambda **wrong: _ask_to_correct(colleague, _found(relation_id), **wrong),
        lambda outcome: onward(f"{RELATIONS}/{relation_id}", outcome),
        action=Action.DESCRIBE_RELATION,
        person="",
    )


@pages.route(_NEW, methods=["GET", "POST"])
@at_the_desk(Right.CHANGE_RELATIONS)
def add(colleague: Colleague) -> ResponseReturnValue:
    """A new organisation."""
    if request.method == "GET":
        return _ask_to_add(colleague)
    made: list[str] = []
    return submitted(
        lambda why: _add(colleague.worker, why, made),
        lambda **wrong: _ask_to_add(colleague, **wrong),
        lambda outcome: onward(f"{RELATIONS}/{made[0]}", outcome),
        action=Action.DESCRIBE_RELATION,
        person="",
    )


def _correct(by: Worker, relation_id: str, why: Errand) -> Outcome:
    found = changes.hold_relation(relation_id)
    if request.form.get(VERSION) != relation_actions.state_of(found):
        raise WrongInput(
            "deze organisatie is intussen gewijzigd. Nu: "
            + ", ".join([found.name, found.kind, *(found.address or "geen postadres").splitlines()])
        )
    relation_actions.correct(
        found,
        by=by,
        errand=why,
        name=_said("naam"),
        kind=_said("soort"),
        address=_address(),
    )
    return Outcome("organisatie-gewijzigd")


def _add(by: Worker, why: Errand, made: list[str]) -> Outcome:
    added = relation_actions.add(
        by=by, errand=why, number=_said("relatienummer"), name=_said("naam"), kind=_said("soort")
    )
    if address := _address():
        relation_actions.correct(added, by=by, errand=why, address=address)
    made.append(added.id)
    return Outcome("organisatie-toegevoegd")


def _said(field: str) -> str:
    return request.form.get(field, "")[:_LONGEST]


def _address() -> list[str]:
    said = (_said(f"adres{number}").strip() for number in range(1, 5))
    lines = [line for line in said if line]
    if len(lines) == 1:
        raise WrongInput("vul bij het postadres ook de regel met postcode en plaats in")
    return lines


def _ask_to_correct(colleague: Colleague, found: Relation, **wrong: Any) -> Response:
    return show_form(
        colleague,
        Action.DESCRIBE_RELATION,
        here=f"{RELATIONS}/{found.id}/{_CORRECT}",
        form_back=f"{RELATIONS}/{found.id}",
        form_title="Gegevens wijzigen",
        form_says="Brieven gaan naar dit postadres. Is het pas gewijzigd, dan vraagt een brief twee collega’s.",
        form_icon="pencil",
        fields="relation",
        organisation=found,
        known=found,
        kinds=kinds(),
        version=relation_actions.state_of(found),
        **wrong,
    )


def _ask_to_add(colleague: Colleague, **wrong: Any) -> Response:
    return show_form(
        colleague,
        Action.DESCRIBE_RELATION,
        here=_NEW,
        form_back=DESK,
        form_title="Organisatie toevoegen",
        form_says="Daarna geeft u haar mensen een account.",
        form_icon="plus",
        fields="relation",
        known=None,
        kinds=kinds(),
        **wrong,
    )


def _found(relation_id: str) -> Relation:
    found = db.session.get(Relation, relation_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found
