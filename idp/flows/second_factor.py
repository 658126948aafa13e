"""The second step of signing in: one of one's own methods, and the answer to it. Nothing is sent before it is asked."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final, NoReturn

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from idp import throttle
from idp.accounts import credentials, notices
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import known_browsers, transaction
from idp.flows.answers import answer, not_sent, rejected
from idp.flows.device import device_in_words
from idp.flows.enrolment import summaries
from idp.flows.no_more import no_more
from idp.flows.sign_in_tries import tell_of_the_stop
from idp.flows.steps import Step
from idp.flows.walk import Visit, at_step, onward, recovery_address, show_here, stop
from idp.mfa.factor import Continue, Exhausted, Proven, Rejected, Summary
from idp.models import Credential
from idp.pages import translate as _

pages = Blueprint("second_factor", __name__)

WRONG_PER_SIGN_IN: Final = 5
"""After so many wrong second steps the sign-in starts again from the password."""


@pages.get("/inloggen/<login_id>/methode")
@at_step(Step.CHOOSE_METHOD)
def choose(here: Visit) -> ResponseReturnValue:
    """One's own methods, the last used one preselected."""
    return _choices(here)


@pages.post("/inloggen/<login_id>/methode")
@at_step(Step.CHOOSE_METHOD)
def chosen(here: Visit) -> ResponseReturnValue:
    """One of them."""
    if request.form.get("actie") == "stoppen":
        return stop(here)
    kind = request.form.get("methode", "")
    if kind not in here.offered:
        return _choices(
            here,
            status=422,
            error="method-missing",
            field_errors={"methode": _("Kies een methode")},
        )
    return onward(here.login.moved(chosen=kind), here)


def _choices(here: Visit, **context: object) -> Response:
    usable = [line for line in summaries(here.own) if line.kind in here.offered]
    last = max(
        usable, key=lambda line: (line.last_used_at is not None, line.last_used_at), default=None
    )
    first_of_kind = {line.kind: line for line in reversed(usable)}
    methods = [
        {
            "kind": line.kind,
            "value": line.kind,
            "line": replace(line, label=_labels(usable, line.kind)),
            "detail": line.detail,
            "last_used": last is not None and last.kind == line.kind,
        }
        for line in usable
        if first_of_kind[line.kind] is line
    ]
    return show_here(
        here, "choose-method", methods=methods, recovery_here=recovery_address(here), **context
    )


def _labels(usable: list[Summary], kind: str) -> str:
    """What the person's methods of one kind are called: choosing the kind is choosing any of them."""
    return ", ".join(line.label for line in usable if line.kind == kind and line.label)


@pages.get("/inloggen/<login_id>/stap/<kind>")
@at_step(Step.SECOND_FACTOR)
def challenge(here: Visit) -> ResponseReturnValue:
    """The page that asks for the step."""
    return _challenge(here)


@pages.post("/inloggen/<login_id>/stap/<kind>")
@at_step(Step.SECOND_FACTOR)
def verify(here: Visit) -> ResponseReturnValue:
    """One answer to it."""
    given = answer()
    if given.action == "stoppen":
        return stop(here)
    if given.action == "andere-methode":
        return onward(here.login.moved(chosen=None), here)
    if given.action == "opnieuw-inloggen":
        return onward(here.login.again())
    login, counter = here.login, counter_of(here)
    failures = 0
    if given.is_a_try:
        failures = take_a_try(here, counter)
    match here.factor().verify(here.for_factor(), _of_kind(here), given):
        case Proven(proof):
            throttle.forgive(counter)
            credentials.mark_used(proof.credential_id or "")
            record(
                Event.STEP_ACCEPTED,
                account_id=here.person.id,
                relation_id=here.person.relation_id,
                reference=login.reference,
                kind=here.kind,
            )
            return onward(login.earn(proof).moved(failures=0), here)
        case Continue():
            return onward(login, here)
        case Rejected() as wrong:
            return _rejected(here, wrong, failures)
        case Exhausted() as end:
            raise no_more(here, end, login.moved(chosen=None))


def counter_of(here: Visit) -> str:
    """Of the account's wrong second steps, over all sign-ins and channels; a browser that is known has its own."""
    person = here.person
    browser = known_browsers.known_as(person.id, person.browsers_epoch)
    if browser is not None:
        return throttle.key("second-step-known", person.id, browser)
    return throttle.second_step_key(person.id)


def take_a_try(here: Visit, counter: str) -> int:
    """Count the try before it is made; how many in a row there are with it."""
    taken = throttle.count_try(counter, throttle.SECOND_STEP)
    if taken.until is not None:
        db.session.commit()
        raise RefusedOnOurPage(
            "throttled",
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many wrong second steps of this account",
            reference=here.login.reference,
            until=taken.until,
        )
    return taken.failures


def _rejected(here: Visit, wrong: Rejected, failures: int) -> ResponseReturnValue:
    if wrong.costs_a_try:
        count_wrong(here, here.kind, wrong.error, failures)
    elif failures:
        throttle.give_back(counter_of(here), failures)
    db.session.commit()
    return _again(here, wrong)


def count_wrong(here: Visit, kind: str, error: str, failures: int) -> None:
    """Record a wrong second step, and what so many of them bring about; the last one of a sign-in ends it.

    Commits only where it raises (`RefusedOnOurPage`).
    """
    login = here.login
    record(
        Event.STEP_FAILED,
        succeeded=False,
        account_id=here.person.id,
        relation_id=here.person.relation_id,
        reference=login.reference,
        kind=kind,
        reason=error,
        device=device_in_words(),
    )
    strangers = throttle.second_step_key(here.person.id)
    if failures == throttle.SECOND_STEP.stop and counter_of(here) == strangers:
        tell_of_the_stop(here.person, login.reference, failures)
    if login.failures + 1 >= WRONG_PER_SIGN_IN:
        _spent(here)
    transaction.save(login.moved(failures=login.failures + 1))


def _again(here: Visit, wrong: Rejected) -> Response:
    return _challenge(here, **rejected(wrong, several=_several(here)))


def _spent(here: Visit) -> NoReturn:
    """Too many wrong answers in one sign-in: it starts again from the password and keeps the application's request."""
    record(
        Event.STEP_ATTEMPTS_SPENT,
        succeeded=False,
        account_id=here.person.id,
        reference=here.login.reference,
    )
    notices.tell(
        here.person.id,
        Notice.STEP_FAILED,
        {"device": device_in_words()},
        reference=here.login.reference,
    )
    transaction.save(here.login.again())
    db.session.commit()
    raise RefusedOnOurPage(
        "code-attempts",
        HTTPStatus.TOO_MANY_REQUESTS,
        "too many wrong second steps in one sign-in",
        reference=here.login.reference,
        way_on=f"/inloggen/{here.login.id}",
    )


def _of_kind(here: Visit) -> list[Credential]:
    return [credential for credential in here.own if credential.kind == here.kind]


def _challenge(here: Visit, **context: object) -> Response:
    view = here.factor().challenge_view(here.for_factor(), _of_kind(here))
    return show_here(
        here,
        "second-factor",
        kind=here.kind,
        view=view,
        several=_several(here),
        others_will_not_do=len(here.standing.kinds) > len(here.offered),
        other_way=here.other_way,
        recovery_here=recovery_address(here),
        stop=True,
        **(context or not_sent(view, several=_several(here))),
    )


def _several(here: Visit) -> bool:
    """Whether there is a choice of methods to go back to."""
    return len(here.offered) > 1
