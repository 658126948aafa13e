"""Replacing a start password: right after the second step is confirmed, by a password that only the person knows."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.accounts import new_passwords, passwords
from idp.errors import RefusedOnOurPage
from idp.flows.cookies import current_session
from idp.flows.steps import Step
from idp.flows.walk import Visit, at_step, onward, show_here, stop
from idp.flows.weak_password import new_password, shown

pages = Blueprint("new_password", __name__)


@pages.get("/inloggen/<login_id>/wachtwoord")
@at_step(Step.SET_PASSWORD)
def ask(here: Visit) -> ResponseReturnValue:
    """The field for a new password."""
    return _form(here)


@pages.post("/inloggen/<login_id>/wachtwoord")
@at_step(Step.SET_PASSWORD)
def replace(here: Visit) -> ResponseReturnValue:
    """Take the new password, if it can be one; every other session ends."""
    if request.form.get("actie") == "stoppen":
        return stop(here)
    account, session = here.person, current_session()
    password, weakness = new_password(account, here.login.reference, here.here)
    stored = account.password_hash
    if weakness is None and passwords.verify(stored, account.password_scheme, password):
        weakness = "same"
    if weakness is not None:
        return _form(here, **shown(weakness))
    if not new_passwords.replace(account, password, stored=stored, reference=here.login.reference):
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.CONFLICT,
            "two requests replaced one password",
            reference=here.login.reference,
            way_on=here.here,
        )
    new_passwords.end_what_the_old_one_opened(
        account.id, session_id=session.id if session else None, login_id=here.login.id
    )
    return onward(here.login)


def _form(here: Visit, **context: object) -> Response:
    return show_here(
        here,
        "set-password",
        minimum=new_passwords.minimum(),
        gebruikersnaam=here.person.username,
        **context,
    )
