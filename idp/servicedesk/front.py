"""The first page of the desk: search, and what asks attention today."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from idp import settings
from idp.audit import Event, record
from idp.servicedesk import queue, requests, supplies
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.request_pages import as_shown
from idp.servicedesk.roles import Right
from idp.servicedesk.search import search

pages = Blueprint("desk_front", __name__)


@pages.get(DESK)
@at_the_desk(Right.SEARCH)
def front(colleague: Colleague) -> ResponseReturnValue:
    """Search by relatienummer, name, user name, application or reference code."""
    asked = " ".join(request.args.get("zoek", "").split())[:200]
    found = search(asked) if asked else None
    if found is not None:
        record(
            Event.DESK_SEARCHED,
            actor=colleague.actor,
            relations=len(found.relations),
            accounts=len(found.accounts),
        )
    today = queue.today() if found is None else None
    return show_at_desk(
        "desk",
        colleague,
        zoek=asked,
        found=found,
        queue=today,
        waiting=as_shown(today.requests, colleague) if today else [],
    )


@pages.get(f"{DESK}handleiding")
@at_the_desk(Right.SEARCH)
def manual(colleague: Colleague) -> ResponseReturnValue:
    """How to work here, with the numbers of this deployment."""
    here = settings.current()
    return show_at_desk(
        "desk-manual",
        colleague,
        days=supplies.COUNTS_FOR.days,
        request_days=requests.LASTS.days,
        fourteen=queue.NOT_BEGUN_AFTER.days,
        waits=here.desk_sensitive == "wait",
        wait_hours=here.desk_wait_hours,
    )
