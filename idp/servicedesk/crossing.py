"""From the issuer's origin to the desk's own: one signed-in browser crosses with a ticket that works once.

At an origin of its own (`IDP_DESK_ORIGIN`) the desk has a cookie of its own, so that no page of the sign-in ever sends
the cookie that opens the desk, nor the other way round. It lasts as long as the session that it came from. Where the
desk is at the issuer's origin there is nothing to cross.
"""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, after_this_request, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import insert, select, update

from idp import clock, settings
from idp.accounts import sessions
from idp.accounts.sessions import LiveSession
from idp.assurance import Demands, satisfies
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.cookies import current_session
from idp.flows.front_door import LEAVE_FOR_THE_DESK
from idp.flows.sign_in import step_up
from idp.models import DeskEntry
from idp.secret_values import new_id, random_token

pages = Blueprint("desk_crossing", __name__)

COOKIE: Final = "__Host-idp_desk"
LEAVING: Final = "__Host-idp_desk_leaving"
ARRIVE: Final = "/servicedesk/binnen"
#: How long a ticket waits to be claimed: a redirect takes a second.
TICKET_LASTS: Final = timedelta(seconds=60)
_SHAPE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
#: An address of the desk itself, and nothing that browsers read as another host.
_ADDRESS: Final = re.compile(r"/servicedesk/[A-Za-z0-9/._~%?=&+-]{0,500}")


def at_own_origin() -> bool:
    """Whether this request came to the desk's own origin."""
    return request.host == settings.current().desk_host


def session_here() -> LiveSession | None:
    """The session of this browser at this origin; `None` when there is none in force."""
    if not at_own_origin():
        return current_session()
    value = request.cookies.get(COOKIE, "")
    if not _SHAPE.fullmatch(value):
        return None
    entry = db.session.execute(
        select(DeskEntry.session_id).where(DeskEntry.cookie == _digest("cookie", value))
    ).scalar_one_or_none()
    return None if entry is None else sessions.live_by_id(entry)


def leave() -> ResponseReturnValue:
    """Send a browser without a session here to the issuer, to come back with a ticket."""
    browser = random_token()
    _send(LEAVING, browser)
    asked = {"staat": _digest("browser", browser), "naar": _back(request.full_path.rstrip("?"))}
    return redirect(
        f"{settings.current().issuer}{LEAVE_FOR_THE_DESK}?{urlencode(asked)}",
        code=HTTPStatus.SEE_OTHER,
    )


@pages.get(LEAVE_FOR_THE_DESK)
def give_ticket() -> ResponseReturnValue:
    """At the issuer: who is signed in goes on to the desk with a ticket, who is not signs in first.

    The ticket opens nothing that the session would not: whether somebody may come in, the desk asks again.
    """
    origin, browser = settings.current().desk_origin, request.args.get("staat", "")
    if origin is None or not re.fullmatch(r"[0-9a-f]{64}", browser):
        raise RefusedOnOurPage("not-found", HTTPStatus.NOT_FOUND, "nobody left the desk like this")
    session = current_session()
    if session is None or not satisfies(
        session.proofs, Demands(), enrolled_at=session.enrolled_at, now=clock.now()
    ):
        return step_up(request.full_path, form_action=(origin,))
    ticket = random_token()
    db.session.execute(
        insert(DeskEntry).values(
            id=new_id(),
            ticket=_digest("ticket", ticket),
            browser=browser,
            session_id=session.id,
            expires_at=clock.now() + TICKET_LASTS,
        )
    )
    db.session.commit()
    asked = {"bewijs": ticket, "naar": _back(request.args.get("naar", ""))}
    return redirect(f"{origin}{ARRIVE}?{urlencode(asked)}", code=HTTPStatus.SEE_OTHER)


@pages.get(ARRIVE)
def arrive() -> ResponseReturnValue:
    """At the desk: the ticket is claimed once, by the browser that left for it."""
    if not at_own_origin():
        raise RefusedOnOurPage("not-found", HTTPStatus.NOT_FOUND, "the desk has no other origin")
    cookie = random_token()
    claimed = db.session.execute(
        update(DeskEntry)
        .where(
            DeskEntry.ticket == _digest("ticket", request.args.get("bewijs", "")[:100]),
            DeskEntry.browser == _digest("browser", request.cookies.get(LEAVING, "")[:100]),
            DeskEntry.cookie.is_(None),
            DeskEntry.expires_at > clock.now(),
        )
        .values(cookie=_digest("cookie", cookie))
        .returning(DeskEntry.id)
    ).one_or_none()
    db.session.commit()
    if claimed is None:
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.BAD_REQUEST,
            "a ticket of another browser, an old one, or a used one",
            way_on="/servicedesk/",
        )
    _send(COOKIE, cookie)
    _forget(LEAVING)
    return redirect(_back(request.args.get("naar", "")), code=HTTPStatus.SEE_OTHER)


def _back(asked: str) -> str:
    """Where to go on: an address of the desk, or its first page."""
    return asked if _ADDRESS.fullmatch(asked) and asked != ARRIVE else "/servicedesk/"


def _digest(what: str, value: str) -> str:
    return settings.current().secret.digest(f"desk-{what}", value)


def _send(name: str, value: str) -> None:
    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(name, value, secure=True, httponly=True, samesite="Lax", path="/")
        return response


def _forget(name: str) -> None:
    @after_this_request
    def clear(response: Response) -> Response:
        response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")
        return response
