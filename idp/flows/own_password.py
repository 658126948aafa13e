"""Another password, chosen on Beveiliging by who knows the present one and took both steps a moment ago."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, request
from flask.typing import ResponseReturnValue

from idp import throttle
from idp.accounts import new_passwords, passwords
from idp.accounts.sessions import LiveSession
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.cookies import renew_session
from idp.flows.own_methods import SECURITY
from idp.flows.signed_in import freshly, show_in_portal
from idp.flows.weak_password import new_password, shown
from idp.models import Account
from idp.pages import translate as _

pages = Blueprint("own_password", __name__)

CHANGE: Final = "/mijn/beveiliging/wachtwoord"
_PRESENT: Final = "huidig_wachtwoord"


@pages.get(CHANGE)
@freshly(with_key=True)
def ask(session: LiveSession, account: Account) -> ResponseReturnValue:
    """The fields for the present password and the new one."""
    return _form(session, account)


@pages.post(CHANGE)
@freshly(with_key=True)
def change(session: LiveSession, account: Account) -> ResponseReturnValue:
    """Take the new password, if the present one is right and the new one can be one; every other session ends."""
    typed = request.form.get(_PRESENT, "")
    if not typed:
        missing = {_PRESENT: _("Vul uw huidige wachtwoord in")}
        return _form(session, account, status=422, error="fields-missing", field_errors=missing)
    password, weakness = new_password(account, session.reference, CHANGE)
    if weakness is not None:
        return _form(session, account, **shown(weakness))
    stored, scheme = account.password_hash, account.password_scheme
    _take_a_try(account.id, session)
    if not passwords.verify(stored, scheme, typed):
        wrong = {_PRESENT: _("Dit is niet uw huidige wachtwoord")}
        return _form(session, account, status=422, error="password-wrong", field_errors=wrong)
    throttle.forgive(_counter(account.id))
    if passwords.normal(password) == passwords.normal(typed):
        return _form(session, account, **shown("same"))
    if not new_passwords.replace(account, password, stored=stored, reference=session.reference):
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.CONFLICT,
            "two requests changed one password",
            reference=session.reference,
            way_on=CHANGE,
        )
    new_passwords.end_what_the_old_one_opened(account.id, session_id=session.id)
    renew_session(session)
    return redirect(f"{SECURITY}?gedaan=wachtwoord", code=HTTPStatus.SEE_OTHER)


def _counter(account_id: str) -> str:
    """Wrong guesses here are counted apart, so that who guesses in a session left open cannot shut the front door."""
    return throttle.own_password_key(account_id)


def _take_a_try(account_id: str, session: LiveSession) -> None:
    """Count the try before it is made, and let go of the database before the hash is computed."""
    until = throttle.attempt(_counter(account_id), throttle.SIGN_IN)
    db.session.commit()
    if until is not None:
        raise RefusedOnOurPage(
            "throttled",
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many tries at the present password",
            reference=session.reference,
            until=until,
        )


def _form(session: LiveSession, account: Account, **context: object) -> Response:
    return show_in_portal(
        "change-password",
        session,
        account,
        here=CHANGE,
        minimum=new_passwords.minimum(),
        gebruikersnaam=account.username,
        back=SECURITY,
        **context,
    )
