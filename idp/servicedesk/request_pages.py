"""What takes two, and the queue of the day: asked, agreed to, refused, done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, redirect
from flask.typing import ResponseReturnValue

from idp.accounts import directory
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, DeskRequest, Relation
from idp.servicedesk import actions, changes, colleagues, logbook, queue, relation_actions, requests
from idp.servicedesk.changes import ChangedMeanwhile, Outlived
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.errands import CHECKS, REASONS
from idp.servicedesk.explain_events import ACTIONS
from idp.servicedesk.forms import notice_of_address, onward, sentence, version_of_form
from idp.servicedesk.roles import CALLED, Right, Role
from idp.servicedesk.sensitive import RULES, Action, Rule
from idp.servicedesk.supplies import CHANNELS, ITEMS, Channel, Item

pages = Blueprint("desk_requests", __name__)

REQUESTS: Final = f"{DESK}verzoeken"
_CALLED: Final = {
    "name": "Naam",
    "email": "E-mailadres",
    "street_address": "Straat en huisnummer",
    "postal_code": "Postcode",
    "locality": "Plaats",
    "country": "Land",
}


@dataclass(frozen=True, slots=True)
class RequestShown:
    """A request, as pages show it."""

    id: str
    what: str
    who: str
    organisation: str
    href: str
    because: str
    why: str
    asked_by: str
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime
    standing: str
    decided_by: str | None
    is_own: bool


def as_shown(rows: Sequence[DeskRequest], colleague: Colleague) -> list[RequestShown]:
    """Requests with the names of whom they are about, who asked and who agreed."""
    names = logbook.names_of(
        actor for row in rows for actor in (row.asked_by, row.decided_by) if actor
    )
    return [_as_shown(row, colleague, names) for row in rows]


def _as_shown(row: DeskRequest, colleague: Colleague, names: dict[str, str]) -> RequestShown:
    account = directory.get(row.account_id) if row.account_id else None
    relation = db.session.get_one(Relation, row.relation_id)
    kept = (REASONS.get(row.errand["why"]), CHECKS.get(row.errand["check"]), row.errand["ticket"])
    return RequestShown(
        id=row.id,
        what=ACTIONS.get(row.action, row.action),
        who=account.name if account else relation.name,
        organisation=relation.name,
        href=f"{DESK}accounts/{account.id}" if account else f"{DESK}relaties/{relation.id}",
        because=RULES[Rule(row.because)],
        why=" · ".join(filter(None, kept)),
        asked_by=names.get(row.asked_by, row.asked_by),
        asked_at=row.asked_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
        standing=requests.standing(row),
        decided_by=names.get(row.decided_by or "", row.decided_by),
        is_own=row.asked_by == colleague.actor,
    )


@pages.get(REQUESTS)
@at_the_desk(Right.SEE_ACCOUNT)
def waiting(colleague: Colleague) -> ResponseReturnValue:
    """The queue of the day, in full."""
    today = queue.today()
    return show_at_desk(
        "desk-requests",
        colleague,
        notice=notice_of_address(),
        queue=today,
        waiting=as_shown(today.requests, colleague),
    )


@pages.get(f"{REQUESTS}/<request_id>")
@at_the_desk(Right.SEE_ACCOUNT)
def one(colleague: Colleague, request_id: str) -> ResponseReturnValue:
    """One request, with what it would do; its holder sees that somebody looked."""
    return _show(colleague, request_id)


@pages.post(f"{REQUESTS}/<request_id>/instemmen")
@at_the_desk(Right.APPROVE)
def agree(colleague: Colleague, request_id: str) -> ResponseReturnValue:
    """A second colleague agrees to what the page showed."""

    def decide() -> ResponseReturnValue:
        _held(request_id)
        requests.agree(request_id, by=colleague.worker)
        return redirect(f"{REQUESTS}/{request_id}", code=HTTPStatus.SEE_OTHER)

    return _tried(colleague, request_id, decide)


@pages.post(f"{REQUESTS}/<request_id>/weigeren")
@at_the_desk(Right.APPROVE)
def refuse(colleague: Colleague, request_id: str) -> ResponseReturnValue:
    """A colleague refuses, the person objected, or who asked takes it back."""

    def decide() -> ResponseReturnValue:
        requests.refuse(request_id, by=colleague.worker)
        return redirect(f"{REQUESTS}/{request_id}", code=HTTPStatus.SEE_OTHER)

    return _tried(colleague, request_id, decide)


@pages.post(f"{REQUESTS}/<request_id>/uitvoeren")
@at_the_desk(Right.APPROVE)
def carry_out(colleague: Colleague, request_id: str) -> ResponseReturnValue:
    """Who asked does it now, once."""
    # Only here: the forms of accounts show what is asked of them, and so look at this page.
    from idp.servicedesk.account_forms import finished

    def decide() -> ResponseReturnValue:
        asked = _known(request_id)
        if asked.account_id is None:
            outcome = relation_actions.unblock_as_asked(request_id, by=colleague.worker)
            return onward(f"{DESK}relaties/{asked.relation_id}", outcome)
        if asked.action == Action.GIVE_ROLE:
            outcome = colleagues.give_role_as_asked(
                request_id, by=colleague.worker, version=version_of_form()
            )
            return onward(f"{DESK}collegas", outcome)
        given = requests.given(asked)
        outcome = actions.do_what_was_asked(
            request_id, by=colleague.worker, version=version_of_form()
        )
        return finished(colleague, asked.account_id, outcome, given)

    return _tried(colleague, request_id, decide)


def _tried(
    colleague: Colleague, request_id: str, decide: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    """What came of a decision, or the page again with why it cannot be."""
    _known(request_id)
    try:
        return decide()
    except ChangedMeanwhile as changed:
        told = logbook.lines(changed.events, person="de gebruiker")
        db.session.rollback()
        if isinstance(changed, Outlived):
            requests.lapse(request_id)
        return _show(colleague, request_id, status=HTTPStatus.CONFLICT, changed=told)
    except WrongInput as cannot:
        db.session.rollback()
        return _show(
            colleague,
            request_id,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            field_errors={"": sentence(cannot.why)},
        )


def _held(request_id: str) -> None:
    """Who agrees does so to what the page showed: the account may not have changed since."""
    asked = _known(request_id)
    if asked.account_id is not None:
        changes.hold(asked.account_id, version_of_form())


def _show(colleague: Colleague, request_id: str, **wrong: Any) -> Response:
    asked = _known(request_id)
    account = directory.get(asked.account_id) if asked.account_id else None
    if account is not None:
        record(
            Event.ACCOUNT_SHOWN,
            actor=colleague.actor,
            account_id=account.id,
            relation_id=account.relation_id,
        )
    return show_at_desk(
        "desk-request",
        colleague,
        part_of="desk-requests",
        asked=as_shown([asked], colleague)[0],
        here=f"{REQUESTS}/{asked.id}",
        version=changes.version_of(account.id) if account else 0,
        besides=_besides(requests.given(asked)),
        may_decide=_may_decide(colleague, asked, account),
        **wrong,
    )


def _besides(given: dict[str, str]) -> dict[str, str]:
    """What exactly was asked, in words: a colleague agrees to nothing unseen."""
    told = {_CALLED[name]: value for name, value in given.items() if name in _CALLED}
    if "item" in given:
        what = ITEMS[Item(given["item"])]
        told["Wat"] = f"{what[:1].upper()}{what[1:]}"
        told["Hoe"] = CHANNELS[Channel(given["kanaal"])]
    if "rol" in given:
        told["Rol"] = CALLED[Role(given["rol"])]
    return told


def _may_decide(colleague: Colleague, asked: DeskRequest, account: Account | None) -> bool:
    if not colleague.may(Right.APPROVE):
        return False
    if asked.action == Action.GIVE_ROLE and not colleague.may(Right.CHANGE_COLLEAGUES):
        return False
    if account is None:
        return True
    try:
        actions.may_touch(account, colleague.worker)
    except WrongInput:
        return False
    return True


def _known(request_id: str) -> DeskRequest:
    asked = requests.find(request_id)
    if asked is None:
        abort(HTTPStatus.NOT_FOUND)
    return asked
