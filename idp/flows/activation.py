"""First set-up: the introduction and the activation code, which opens the enrolment window of this browser."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from idp.accounts import activation_codes, code_symbols
from idp.accounts.activation_codes import Accepted, Trouble
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.steps import Step
from idp.flows.walk import Visit, at_step, onward, show_here, stop
from idp.pages import form_copy

pages = Blueprint("activation", __name__)

#: Troubles that show the same page again; every other one is a page of its own, with a way on.
_ON_THE_FORM = {Trouble.MISSING, Trouble.TYPO, Trouble.INVALID}
_STATUS = {
    Trouble.ATTEMPTS: HTTPStatus.TOO_MANY_REQUESTS,
    Trouble.OTHER_BROWSER: HTTPStatus.BAD_REQUEST,
}


@pages.get("/inloggen/<login_id>/activeren")
@at_step(Step.ACTIVATION_INTRO)
def intro(here: Visit) -> ResponseReturnValue:
    """What somebody needs before starting."""
    return show_here(here, "activation-intro")


@pages.post("/inloggen/<login_id>/activeren")
@at_step(Step.ACTIVATION_INTRO)
def begin(here: Visit) -> ResponseReturnValue:
    """*Volgende*."""
    return (
        stop(here)
        if request.form.get("actie") == "stoppen"
        else onward(here.login.moved(intro_seen=True))
    )


@pages.get("/inloggen/<login_id>/activatiecode")
@at_step(Step.ACTIVATION_CODE)
def ask(here: Visit) -> ResponseReturnValue:
    """The field for the code."""
    return show_here(here, "activation-code", length=code_symbols.SYMBOLS)


@pages.post("/inloggen/<login_id>/activatiecode")
@at_step(Step.ACTIVATION_CODE)
def redeem(here: Visit) -> ResponseReturnValue:
    """Spend the code; the window it opens belongs to this browser."""
    if request.form.get("actie") == "stoppen":
        return stop(here)
    outcome = activation_codes.redeem(
        here.person,
        request.form.get("activatiecode", ""),
        browser=here.login.browser,
        reference=here.login.reference,
    )
    if isinstance(outcome, Accepted):
        return onward(here.login)
    db.session.commit()
    if outcome.trouble not in _ON_THE_FORM:
        raise RefusedOnOurPage(
            outcome.trouble.value,
            _STATUS.get(outcome.trouble, HTTPStatus.GONE),
            outcome.trouble.value,
            reference=here.login.reference,
            expired_on=outcome.expired_on,
            days=activation_codes.VALID_FOR.days,
            code=True,
        )
    return show_here(
        here,
        "activation-code",
        length=code_symbols.SYMBOLS,
        status=422,
        error=outcome.trouble.value,
        field_errors={
            "activatiecode": form_copy.sentence(
                outcome.trouble.value, {"tries_left": outcome.tries_left}
            )
        },
    )
