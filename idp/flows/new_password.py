"""A new password in the place of a start password or a forgotten one: right after the second step is confirmed."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from idp.accounts import directory, new_passwords, passwords
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import transaction
from idp.flows.cookies import current_session
from idp.flows.steps import Step
from idp.flows.transaction import Purpose
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
    forgotten = here.login.purpose is Purpose.NEW_PASSWORD
    if weakness is None and not forgotten:  # nobody tries here whether an old one was right
        weakness = "same" if passwords.verify(stored, account.password_scheme, password) else None
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
    if forgotten:
        return _renewed(here)
    new_passwords.end_what_the_old_one_opened(
        account.id, session_id=session.id if session else None, login_id=here.login.id
    )
    return onward(here.login)


def _renewed(here: Visit) -> ResponseReturnValue:
    """It ends here: with the new password and the second step the person signs in, as ever."""
    account = here.person
    new_passwords.end_what_the_old_one_opened(account.id, session_id=None, login_id=here.login.id)
    directory.forget_wrong_passwords(account)
    transaction.save(here.login.moved(ended=True))
    db.session.commit()
    return redirect("/?gedaan=wachtwoord", code=HTTPStatus.SEE_OTHER)


def _form(here: Visit, **context: object) -> Response:
    return show_here(
        here,
        "set-password",
        minimum=new_passwords.minimum(),
        gebruikersnaam=here.person.username,
        **context,
    )
