"""An account: how it stands, what its holder has, what happened, and what can be done about it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from idp.accounts import directory
from idp.audit import Event, record
from idp.errors import WrongInput
from idp.models import Account
from idp.servicedesk import account_shown, actions, logbook
from idp.servicedesk.account_forms import ACTIONS, ADDRESS
from idp.servicedesk.desk import Colleague, at_the_desk, show_at_desk
from idp.servicedesk.forms import notice_of_address
from idp.servicedesk.request_pages import as_shown
from idp.servicedesk.roles import Right
from idp.servicedesk.supplies import CHANNELS, ITEMS

pages = Blueprint("desk_account", __name__)

_MOST_DIGITS: Final = 18


@pages.get(f"{ADDRESS}/<account_id>")
@at_the_desk(Right.SEE_ACCOUNT)
def account(colleague: Colleague, account_id: str) -> ResponseReturnValue:
    """Everything on one page; its holder sees that somebody looked."""
    found = _looked_at(colleague, account_id)
    shown = account_shown.shown(found)
    return show_at_desk(
        "desk-account",
        colleague,
        notice=notice_of_address(),
        shown=shown,
        hands_off=_hands_off(found, colleague),
        actions=ACTIONS,
        items=ITEMS,
        channels=CHANNELS,
        waiting=as_shown(shown.waiting, colleague),
    )


@pages.get(f"{ADDRESS}/<account_id>/logboek")
@at_the_desk(Right.SEE_ACCOUNT)
def log(colleague: Colleague, account_id: str) -> ResponseReturnValue:
    """All that happened, page by page."""
    found = _looked_at(colleague, account_id)
    said = request.args.get("voor", "")
    before = int(said) if said.isascii() and said.isdigit() and len(said) <= _MOST_DIGITS else None
    lines = logbook.of_account(found, before=before, limit=logbook.PAGE + 1)
    return show_at_desk(
        "desk-log-of-account",
        colleague,
        account=found,
        lines=lines[: logbook.PAGE],
        older=lines[logbook.PAGE - 1].number if len(lines) > logbook.PAGE else None,
        is_first=before is None,
    )


def _looked_at(colleague: Colleague, account_id: str) -> Account:
    found = directory.get(account_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    record(
        Event.ACCOUNT_SHOWN,
        actor=colleague.actor,
        account_id=found.id,
        relation_id=found.relation_id,
    )
    return found


def _hands_off(found: Account, colleague: Colleague) -> str | None:
    """Why this colleague may only look; `None` when they may act."""
    if not colleague.may(Right.HELP):
        return "U kijkt alleen mee: acties horen niet bij uw rol."
    try:
        actions.may_touch(found, colleague.worker)
    except WrongInput as why:
        return f"{why.why[:1].upper()}{why.why[1:]}."
    return None
