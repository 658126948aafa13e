"""Signing out here: a form of our own page, so that no other site can do it."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from idp.accounts import logouts, sessions
from idp.accounts.logouts import Elsewhere
from idp.database import db
from idp.flows.cookies import SESSION, browser_digest, current_session, forget_session
from idp.flows.walk import refuse_foreign_post
from idp.pages import csrf_scope, show

pages = Blueprint("sign_out", __name__)


@pages.get("/uitloggen")
def ask() -> ResponseReturnValue:
    """*Wilt u uitloggen?*; looking signs nobody out."""
    session = current_session()
    if session is None:
        return redirect("/uitgelogd", code=HTTPStatus.SEE_OTHER)
    csrf_scope(f"session:{session.id}")
    return show("logout", here="/uitloggen", fields={})


@pages.post("/uitloggen")
def sign_out() -> ResponseReturnValue:
    """End the session, with the codes and tokens it gave; say where somebody may still be signed in."""
    session, elsewhere = current_session(), Elsewhere()
    if session is not None:
        refuse_foreign_post(f"session:{session.id}")
        if request.form.get("actie") == "blijven":
            return redirect("/", code=HTTPStatus.SEE_OTHER)
        elsewhere = logouts.elsewhere(session.id)
        sessions.forget_unfinished(session.account_id, browser=browser_digest())
        sessions.end(session.id, why="signed out", reference=session.reference)
        db.session.commit()
    if SESSION in request.cookies:  # a post from another site brings none, and must take none away
        forget_session()
    return show("logged-out", here="/uitgelogd", frames=elsewhere.frames, elsewhere=elsewhere)


@pages.get("/uitgelogd")
def signed_out() -> ResponseReturnValue:
    """*U bent uitgelogd*."""
    return show("logged-out")
