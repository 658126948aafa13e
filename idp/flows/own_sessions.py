"""Where somebody is signed in, ended from the portal: one device, or every other one, with what applications hold."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from idp.accounts import logouts, notices, sessions
from idp.accounts.notices import Notice
from idp.accounts.sessions import LiveSession
from idp.flows.cookies import forget_session, renew_session
from idp.flows.own_methods import SECURITY
from idp.flows.signed_in import freshly, show_in_portal
from idp.models import Account
from idp.pages import show

pages = Blueprint("own_sessions", __name__)

END: Final = "/mijn/beveiliging/sessies/uitloggen"
END_ALL: Final = "/mijn/beveiliging/overal-uitloggen"


@pages.post(END)
@freshly(with_key=False, back=SECURITY)
def end_one(session: LiveSession, account: Account) -> ResponseReturnValue:
    """End one other session of this account; its applications hear of it. Another account's is as unknown as none."""
    which = request.form.get("id", "")
    own = {each.id for each in sessions.of_account(account.id)} - {session.id}
    if which in own:
        sessions.end(which, why="signed out from another device", reference=session.reference)
        notices.tell(account.id, Notice.SESSIONS_ENDED, reference=session.reference)
    return redirect(f"{SECURITY}?gedaan=uitgelogd", code=HTTPStatus.SEE_OTHER)


@pages.get(END_ALL)
@freshly(with_key=False)
def ask_to_end_all(session: LiveSession, account: Account) -> ResponseReturnValue:
    """*Wilt u overal uitloggen?*; looking ends nothing."""
    others = [each for each in sessions.of_account(account.id) if each.id != session.id]
    return show_in_portal(
        "end-sessions", session, account, here=END_ALL, others=len(others), back=SECURITY
    )


@pages.post(END_ALL)
@freshly(with_key=False, back=END_ALL)
def end_all(session: LiveSession, account: Account) -> ResponseReturnValue:
    """End every session but this one, or this one too; sign-ins that are under way elsewhere are forgotten."""
    sessions.forget_unfinished(account.id)
    notices.tell(account.id, Notice.SESSIONS_ENDED, reference=session.reference)
    if request.form.get("actie") == "ook-hier":
        elsewhere = logouts.elsewhere(session.id)
        sessions.end_all_of(account.id, why="signed out everywhere", actor="person")
        forget_session()
        return show("logged-out", here="/uitgelogd", frames=elsewhere.frames, elsewhere=elsewhere)
    sessions.end_all_of(
        account.id, why="signed out everywhere else", actor="person", except_for=session.id
    )
    renew_session(session)
    return redirect(f"{SECURITY}?gedaan=overal-uitgelogd", code=HTTPStatus.SEE_OTHER)
