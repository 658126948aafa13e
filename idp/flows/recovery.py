"""A recovery code in place of the second step, for who cannot take it; then another method is set up."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp import clock, throttle
from idp.accounts import recovery_codes
from idp.accounts.recovery_codes import Trouble
from idp.assurance import RECOVERY, recovery_proof
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.second_factor import count_wrong, counter_of, take_a_try
from idp.flows.steps import Step
from idp.flows.walk import Visit, at_step, onward, recovery_address, show_here, stop
from idp.pages import form_copy

pages = Blueprint("recovery", __name__)

_FIELD = "herstelcode"


@pages.get("/inloggen/<login_id>/herstelcode")
@at_step(Step.CHOOSE_METHOD, Step.SECOND_FACTOR, Step.NUMBER_TOO_NEW)
def ask(here: Visit) -> ResponseReturnValue:
    """The field for one code of the set."""
    return _form(here, _address(here))


@pages.post("/inloggen/<login_id>/herstelcode")
@at_step(Step.CHOOSE_METHOD, Step.SECOND_FACTOR, Step.NUMBER_TOO_NEW)
def use(here: Visit) -> ResponseReturnValue:
    """Spend it. Counted and throttled with every other second step of the account."""
    if request.form.get("actie") == "stoppen":
        return stop(here)
    address, typed = _address(here), request.form.get(_FIELD, "")
    if (slipped := recovery_codes.slip(typed)) is not None:
        return _form(here, address, slipped)
    counter = counter_of(here)
    failures = take_a_try(here, counter)
    if not recovery_codes.spend(here.person, typed, reference=here.login.reference):
        count_wrong(here, RECOVERY, Trouble.INVALID, failures)
        db.session.commit()
        return _form(here, address, Trouble.INVALID)
    throttle.forgive(counter)
    record(
        Event.STEP_ACCEPTED,
        account_id=here.person.id,
        relation_id=here.person.relation_id,
        reference=here.login.reference,
        kind=RECOVERY,
    )
    return onward(here.login.earn(recovery_proof(clock.now())).moved(failures=0), here)


def _address(here: Visit) -> str:
    """Of this page, for who has a code that would do."""
    if (address := recovery_address(here)) is None:
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.CONFLICT,
            "a recovery code is not possible here",
            reference=here.login.reference,
            way_on=f"/inloggen/{here.login.id}",
        )
    return address


def _form(here: Visit, address: str, trouble: Trouble | None = None) -> Response:
    wrong = {} if trouble is None else {_FIELD: form_copy.sentence(trouble, {})}
    return show_here(
        here,
        "recovery-code",
        at=address,
        status=HTTPStatus.OK if trouble is None else HTTPStatus.UNPROCESSABLE_ENTITY,
        error=None if trouble is None else trouble.value,
        field_errors=wrong,
        back=f"/inloggen/{here.login.id}",
    )
