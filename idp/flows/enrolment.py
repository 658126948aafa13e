"""Setting up second steps: choose one or more, set each up, and be done. The catalogue knows which there are."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp.accounts import activation_codes, credentials, sessions
from idp.database import db
from idp.flows import transaction
from idp.flows.answers import answer, not_sent, rejected
from idp.flows.no_more import no_more
from idp.flows.steps import Step
from idp.flows.transaction import LoginTransaction
from idp.flows.walk import Visit, at_step, onward, show_here, stop, visit
from idp.mfa import catalogue
from idp.mfa.factor import Answer, Continue, Exhausted, Factor, Instead, Proven, Rejected, Summary
from idp.models import Credential
from idp.pages import translate as _

pages = Blueprint("enrolment", __name__)


@pages.get("/inloggen/<login_id>/methoden")
@at_step(Step.CHOOSE_METHODS)
def choose(here: Visit) -> ResponseReturnValue:
    """The methods, each with its explanation."""
    return _choices(here)


@pages.post("/inloggen/<login_id>/methoden")
@at_step(Step.CHOOSE_METHODS)
def chosen(here: Visit) -> ResponseReturnValue:
    """One or more of them, to be set up one after another."""
    if request.form.get("actie") == "stoppen":
        return _no_more(here)
    asked = set(request.form.getlist("methode"))
    kinds = tuple(factor.kind for factor in _possible(here) if factor.kind in asked)
    if not kinds:
        return _choices(
            here,
            status=422,
            error="method-missing",
            field_errors={"methode": _("Kies minstens één methode")},
        )
    return onward(here.login.moved(to_enrol=kinds, choosing=False))


def _no_more(here: Visit) -> ResponseReturnValue:
    """Back to what was set up here, or on without a new method after a recovery code, or out."""
    if here.login.enrolled:
        return onward(here.login.moved(choosing=False))
    return onward(here.login.moved(finished=True)) if here.login.recovered else stop(here)


def _possible(here: Visit) -> list[Factor]:
    """What can be set up here. After a recovery code no key beside a key: that takes the key itself, or a letter."""
    without_keys = here.login.recovered and bool(here.standing.phishing_resistant)
    return [each for each in catalogue.factors() if not (without_keys and each.phishing_resistant)]


def _choices(here: Visit, **context: object) -> Response:
    set_up = {credential.kind for credential in here.own}
    methods = [
        {
            "kind": factor.kind,
            "recommended": factor.recommended,
            "set_up": factor.kind in set_up,
            "chosen": False,
        }
        for factor in _possible(here)
    ]
    recovered = here.login.recovered
    return show_here(
        here, "choose-methods", methods=methods, may_stop=True, recovered=recovered, **context
    )


@pages.get("/inloggen/<login_id>/instellen/<kind>")
@at_step(Step.ENROL)
def set_up(here: Visit) -> ResponseReturnValue:
    """The page on which one method is set up."""
    return _enrolment(here)


@pages.post("/inloggen/<login_id>/instellen/<kind>")
@at_step(Step.ENROL)
def confirm(here: Visit) -> ResponseReturnValue:
    """One answer; the right one confirms the method, which is a fresh proof of it."""
    given = answer()
    if given.action == "andere-methode":
        return onward(_choosing_again(here))
    if given.action == "opnieuw-inloggen":
        return onward(here.login.again())
    return _answered(here, given)


def _choosing_again(here: Visit) -> LoginTransaction:
    return here.login.moved(to_enrol=(), choosing=True)


def _answered(here: Visit, given: Answer) -> ResponseReturnValue:
    match here.factor().enrol(here.for_factor(), given):
        case Proven(proof):
            _method_confirmed(here, proof.credential_id or "")
            login = here.login.earn(proof)
            return onward(
                login.moved(enrolled=(*login.enrolled, here.kind), to_enrol=login.to_enrol[1:])
            )
        case Continue():
            return onward(here.login)
        case Instead(kind):
            return _answered(_with(kind, here), Answer("volgende", given.fields))
        case Rejected() as wrong:
            db.session.commit()
            return _enrolment(here, **rejected(wrong))
        case Exhausted() as end:
            raise no_more(here, end, _choosing_again(here))


def _with(kind: str, here: Visit) -> Visit:
    """The same sign-in, in which this kind of method is set up in place of the present one."""
    later = tuple(each for each in here.login.to_enrol[1:] if each != kind)
    there = visit(transaction.save(here.login.moved(to_enrol=(kind, *later))))
    there.factor().prepare(there.for_factor())
    return there


def _method_confirmed(here: Visit, credential_id: str) -> None:
    """What the first method of an activation brings about."""
    window = activation_codes.open_window(here.person.id, here.login.browser)
    if window is None or not activation_codes.method_was_confirmed(window):
        return
    if window.replaces_methods:
        credentials.remove_all_but(
            here.person.id,
            credential_id,
            why="replaced by the activation",
            reference=here.login.reference,
        )
        sessions.forget_unfinished(here.person.id, except_for=here.login.id)
        sessions.end_all_of(here.person.id, why="the methods were replaced", actor="person")


def _enrolment(here: Visit, **context: object) -> Response:
    done, ahead = len(here.login.enrolled), len(here.login.to_enrol)
    view = here.factor().enrolment_view(here.for_factor())
    for shown, field in (("number", "telefoonnummer"), ("name", "sleutelnaam")):
        view.setdefault(shown, request.form.get(field, "")[:40])  # nothing typed is lost
    return show_here(
        here,
        f"enrol-{here.kind}",
        kind=here.kind,
        index=done + 1,
        total=done + ahead,
        view=view,
        can_choose_other=True,
        other_way=here.other_way,
        **(context or not_sent(view)),
    )


@pages.get("/inloggen/<login_id>/ingesteld")
@at_step(Step.ENROLMENT_DONE)
def done(here: Visit) -> ResponseReturnValue:
    """*Instellen afgerond*."""
    return show_here(here, "enrolment-done", methods=summaries(here.own), next_kind=None)


@pages.post("/inloggen/<login_id>/ingesteld")
@at_step(Step.ENROLMENT_DONE)
def afterwards(here: Visit) -> ResponseReturnValue:
    """*Afronden* finishes; *Nog een methode instellen* adds another."""
    if request.form.get("actie") == "nog-een-methode":
        return onward(here.login.moved(choosing=True))
    return onward(here.login.moved(finished=True))


def summaries(own: list[Credential]) -> list[Summary]:
    """One line per method that the person has, in our order."""
    return [
        factor.summary(credential) for factor, mine in catalogue.usable(own) for credential in mine
    ]
