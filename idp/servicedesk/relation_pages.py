"""A relation: its data, accounts and applications; blocked and opened again here, and given an account."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from idp.accounts import grants
from idp.audit import Event, record
from idp.database import db
from idp.models import Relation
from idp.servicedesk import relation_actions, requests
from idp.servicedesk.actions import Outcome
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.errands import Errand
from idp.servicedesk.forms import notice_of_address, onward, show_form, submitted
from idp.servicedesk.request_pages import as_shown
from idp.servicedesk.roles import Right, Worker
from idp.servicedesk.sensitive import Action

pages = Blueprint("desk_relation", __name__)

RELATIONS: Final = f"{DESK}relaties"
_MOST_APPLICATIONS: Final = 50
_MOST_PAGES: Final = 4000
_ADD: Final = "account-toevoegen"


@pages.get(f"{RELATIONS}/<relation_id>")
@at_the_desk(Right.SEARCH)
def relation(colleague: Colleague, relation_id: str) -> ResponseReturnValue:
    """One relation; that somebody looked is recorded."""
    found = _found(relation_id)
    record(Event.RELATION_SHOWN, actor=colleague.actor, relation_id=found.id)
    said = request.args.get("bladzijde", "")
    page = int(said) if said.isascii() and said.isdigit() and len(said) <= 4 else 1
    page = min(max(page, 1), _MOST_PAGES)
    accounts, more = relation_actions.accounts_of(found, page)
    return show_at_desk(
        "desk-relation",
        colleague,
        notice=notice_of_address(),
        relation=found,
        accounts=accounts,
        page_number=page,
        more=more,
        applications=grants.of_relation(found.id, most=_MOST_APPLICATIONS),
        waiting=as_shown(requests.waiting(relation_id=found.id), colleague),
    )


Do = Callable[..., Outcome]
_BLOCKING: Final[dict[str, tuple[Action, str, str, str, Do]]] = {
    "blokkeren": (
        Action.BLOCK_RELATION,
        "Organisatie blokkeren",
        "Niemand van deze organisatie kan nog inloggen, en alles wat open is eindigt.",
        "lock",
        relation_actions.block,
    ),
    "deblokkeren": (
        Action.UNBLOCK_RELATION,
        "Organisatie deblokkeren",
        "De gebruikers van deze organisatie kunnen weer inloggen.",
        "lock-open",
        relation_actions.unblock,
    ),
}


def _page_of(slug: str) -> Callable[..., ResponseReturnValue]:
    action, title, says, icon, do = _BLOCKING[slug]

    def ask(colleague: Colleague, found: Relation, **wrong: Any) -> Response:
        return show_form(
            colleague,
            action,
            here=f"{RELATIONS}/{found.id}/{slug}",
            form_back=f"{RELATIONS}/{found.id}",
            form_title=title,
            form_says=says,
            form_icon=icon,
            negative=slug == "blokkeren",
            organisation=found,
            **wrong,
        )

    @at_the_desk(Right.CHANGE_RELATIONS)
    def page(colleague: Colleague, relation_id: str) -> ResponseReturnValue:
        found = _found(relation_id)
        if request.method == "GET":
            return ask(colleague, found)
        return submitted(
            lambda why: do(relation_id, by=colleague.worker, errand=why),
            lambda **wrong: ask(colleague, _found(relation_id), **wrong),
            lambda outcome: onward(f"{RELATIONS}/{relation_id}", outcome),
            action=action,
            person="",
        )

    return page


for _slug in _BLOCKING:
    pages.add_url_rule(
        f"{RELATIONS}/<relation_id>/{_slug}",
        endpoint=_slug,
        view_func=_page_of(_slug),
        methods=["GET", "POST"],
    )


@pages.route(f"{RELATIONS}/<relation_id>/{_ADD}", methods=["GET", "POST"])
@at_the_desk(Right.CHANGE_RELATIONS)
def add_account(colleague: Colleague, relation_id: str) -> ResponseReturnValue:
    """A new account; without a user name in it, the form comes back with one suggested."""
    found = _found(relation_id)
    if request.method == "GET":
        return _ask_to_add(colleague, found)
    name, username = (request.form.get(field, "")[:300] for field in ("naam", "gebruikersnaam"))
    if name.strip() and not username.strip():
        return _ask_to_add(
            colleague, found, suggested=relation_actions.suggested_username(found, name)
        )
    made: list[str] = []
    return submitted(
        lambda why: _add(colleague.worker, relation_id, why, made),
        lambda **wrong: _ask_to_add(colleague, _found(relation_id), **wrong),
        lambda outcome: onward(f"{DESK}accounts/{made[0]}", outcome),
        action=Action.ADD_ACCOUNT,
        person="",
    )


def _add(by: Worker, relation_id: str, why: Errand, made: list[str]) -> Outcome:
    account = relation_actions.add_account(
        relation_id,
        by=by,
        errand=why,
        name=request.form.get("naam", "")[:300],
        username=request.form.get("gebruikersnaam", "")[:300],
        email=request.form.get("email", "")[:300],
        level=request.form.get("niveau", ""),
    )
    made.append(account.id)
    return Outcome("toegevoegd")


def _ask_to_add(
    colleague: Colleague, found: Relation, *, suggested: str | None = None, **wrong: Any
) -> Response:
    return show_form(
        colleague,
        Action.ADD_ACCOUNT,
        here=f"{RELATIONS}/{found.id}/{_ADD}",
        form_back=f"{RELATIONS}/{found.id}",
        form_title="Account toevoegen",
        form_says="Daarna geeft u het startwachtwoord en een activatiecode, langs twee wegen.",
        form_icon="plus",
        fields="account",
        organisation=found,
        suggested=suggested,
        levels=relation_actions.levels(),
        **wrong,
    )


def _found(relation_id: str) -> Relation:
    found = db.session.get(Relation, relation_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found
