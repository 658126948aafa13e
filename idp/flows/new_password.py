"""Replacing a start password: right after the second step is confirmed, by a password that only the person knows."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from idp import settings
from idp.accounts import notices, passwords, sessions
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.flows.cookies import current_session
from idp.flows.steps import Step
from idp.flows.walk import Visit, at_step, onward, show_here, stop
from idp.pages import translate as _

pages = Blueprint("new_password", __name__)


@pages.get("/inloggen/<login_id>/wachtwoord")
@at_step(Step.SET_PASSWORD)
def ask(here: Visit) -> ResponseReturnValue:
    """The field for a new password."""
    return show_here(
        here,
        "set-password",
        minimum=settings.current().password_minimum,
        gebruikersnaam=here.person.username,
    )


@pages.post("/inloggen/<login_id>/wachtwoord")
@at_step(Step.SET_PASSWORD)
def replace(here: Visit) -> ResponseReturnValue:
    """Take the new password, if it can be one; every other session ends."""
    if request.form.get("actie") == "stoppen":
        return stop(here)
    account, password = here.person, request.form.get("nieuw_wachtwoord", "")
    weakness = passwords.weakness(password, account) if password else "missing"
    if weakness is None and passwords.verify(
        account.password_hash, account.password_scheme, password
    ):
        weakness = "same"
    if weakness is not None:
        return show_here(
            here,
            "set-password",
            minimum=settings.current().password_minimum,
            gebruikersnaam=account.username,
            status=422,
            error="fields-missing" if weakness == "missing" else "password-weak",
            field_errors={"nieuw_wachtwoord": _sentence(weakness)},
        )
    passwords.set_password(account, password, temporary=False)
    record(
        Event.PASSWORD_CHANGED,
        account_id=account.id,
        relation_id=account.relation_id,
        reference=here.login.reference,
    )
    notices.tell(account.id, Notice.PASSWORD_CHANGED, reference=here.login.reference)
    session = current_session()
    sessions.forget_unfinished(account.id, except_for=here.login.id)
    sessions.end_all_of(
        account.id,
        why="the password was changed",
        actor="person",
        except_for=session.id if session else None,
    )
    return onward(here.login)


def _sentence(weakness: str) -> str:
    return {
        "missing": _("Vul een nieuw wachtwoord in"),
        "short": _(
            "Uw wachtwoord is te kort. Gebruik minstens %(minimum)s tekens",
            minimum=settings.current().password_minimum,
        ),
        "long": _(
            "Uw wachtwoord is te lang. Gebruik hoogstens %(maximum)s tekens",
            maximum=passwords.LONGEST,
        ),
        "context": _(
            "Uw wachtwoord lijkt te veel op uw naam, uw organisatie of een bekend woord. Kies iets anders"
        ),
        "simple": _(
            "Uw wachtwoord is te makkelijk te raden. Gebruik bijvoorbeeld vier losse woorden"
        ),
        "same": _("Dit is uw oude wachtwoord. Kies een nieuw wachtwoord"),
    }[weakness]
