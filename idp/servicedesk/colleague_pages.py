"""The colleagues: who has which role at the desk, given and taken by who may."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from idp.accounts import directory
from idp.errors import WrongInput
from idp.models import Account
from idp.servicedesk import changes, colleagues
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, role_of, show_at_desk
from idp.servicedesk.forms import (
    notice_of_address,
    onward,
    sentence,
    show_form,
    submitted,
    version_of_form,
)
from idp.servicedesk.roles import CALLED, Right, may
from idp.servicedesk.sensitive import Action

pages = Blueprint("desk_colleagues", __name__)

COLLEAGUES: Final = f"{DESK}collegas"

_GIVING: Final = "Een rol geven vraagt een tweede beheerder, die instemt bij Verzoeken. Een rol wegnemen kan meteen."
_NOBODY: Final = (
    " Let op: er is nu geen tweede beheerder. Vraag uw technisch beheer om er een toe te voegen."
)


@pages.get(COLLEAGUES)
@at_the_desk(Right.CHANGE_COLLEAGUES)
def everybody(colleague: Colleague) -> ResponseReturnValue:
    """Who has a role, and a form to find somebody who gets one."""
    return _show(colleague)


@pages.post(COLLEAGUES)
@at_the_desk(Right.CHANGE_COLLEAGUES)
def find(colleague: Colleague) -> ResponseReturnValue:
    """To the form for one account of the body's own."""
    number, username = (
        request.form.get(field, "")[:300] for field in ("relatienummer", "gebruikersnaam")
    )
    try:
        found = colleagues.found(number, username, by=colleague.worker)
    except WrongInput as none:
        return _show(
            colleague,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            field_errors={"gebruikersnaam": sentence(none.why)},
            number=number,
            username=username,
        )
    return redirect(f"{COLLEAGUES}/{found.id}", code=HTTPStatus.SEE_OTHER)


@pages.route(f"{COLLEAGUES}/<account_id>", methods=["GET", "POST"])
@at_the_desk(Right.CHANGE_COLLEAGUES)
def role(colleague: Colleague, account_id: str) -> ResponseReturnValue:
    """Give somebody another role, or none."""
    if request.method == "GET":
        return _ask(colleague, _found(account_id))
    person = _found(account_id).username
    return submitted(
        lambda why: colleagues.change_role(
            account_id,
            request.form.get("rol", "").replace("geen", ""),
            by=colleague.worker,
            version=version_of_form(),
            errand=why,
        ),
        lambda **wrong: _ask(colleague, _found(account_id), **wrong),
        lambda outcome: onward(COLLEAGUES, outcome),
        action=Action.GIVE_ROLE,
        person=person,
    )


def _show(colleague: Colleague, **context: Any) -> Response:
    return show_at_desk(
        "desk-colleagues",
        colleague,
        notice=notice_of_address(),
        own_number=colleague.account.relation.number,
        everybody=[
            {
                "id": one.id,
                "name": one.name,
                "username": one.username,
                "number": one.relation.number,
                "role": CALLED[known]
                if (known := role_of(one))
                else f"{one.desk_role} (geldt niet)",
                "is_own": one.id == colleague.id,
            }
            for one in colleagues.all_of_them()
        ],
        **context,
    )


def _ask(colleague: Colleague, found: Account, **wrong: Any) -> Response:
    return show_form(
        colleague,
        Action.GIVE_ROLE,
        part_of="desk-colleagues",
        here=f"{COLLEAGUES}/{found.id}",
        form_back=COLLEAGUES,
        form_title="Rol wijzigen",
        form_says=_GIVING + ("" if _another_agrees(colleague, found) else _NOBODY),
        form_icon="user",
        fields="role",
        who=found,
        version=changes.version_of(found.id),
        roles={**{each.value: called for each, called in CALLED.items()}, "geen": "Geen rol"},
        role=found.desk_role or "geen",
        **wrong,
    )


def _another_agrees(colleague: Colleague, about: Account) -> bool:
    """Whether somebody may agree to a role, beside who asks and whom it is about."""
    return any(
        one.id not in {colleague.id, about.id}
        and one.blocked_at is None
        and (known := role_of(one)) is not None
        and may(known, Right.CHANGE_COLLEAGUES)
        for one in colleagues.all_of_them()
    )


def _found(account_id: str) -> Account:
    found = directory.get(account_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found
