"""Pages of the desk that give an application to people and take it away, one by one or by kind of relation."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from idp import clock
from idp.accounts import directory
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Application
from idp.servicedesk import application_access
from idp.servicedesk.actions import may_touch
from idp.servicedesk.application_access import AccessLine, Terms
from idp.servicedesk.application_pages import HERE, PART, application_for, back_to
from idp.servicedesk.applications import STEP
from idp.servicedesk.desk import Colleague, at_the_desk, errand_of_form, show_at_desk
from idp.servicedesk.errands import fitting
from idp.servicedesk.roles import Right
from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Stale, Unfit, told

pages = Blueprint("desk_access", __name__)

#: Grants that one press of the button gives; whoever has more to give presses again.
AT_ONCE: Final = 10 * STEP


@pages.get(f"{HERE}/<identifier>/toegang")
@at_the_desk(Right.GRANT)
def giving(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """The form that gives somebody an application, or changes what somebody has."""
    application = application_for(colleague, identifier)
    account = directory.get(request.args.get("account", "")[:32])
    if account is None:
        return _form(colleague, application, MultiDict())
    there = application_access.of_account(identifier, account.id)
    if there is None and not colleague.may(Right.SEE_ACCOUNT):
        return _form(colleague, application, MultiDict())  # somebody else's user
    record(
        Event.ACCOUNT_SHOWN,
        actor=colleague.actor,
        account_id=account.id,
        relation_id=account.relation_id,
    )
    given = MultiDict(
        {"relatienummer": account.relation.number, "gebruikersnaam": account.username}
    )
    if there is not None:
        given.update(_as_form(there))
    return _form(colleague, application, given, account=account, there=there)


@pages.post(f"{HERE}/<identifier>/toegang")
@at_the_desk(Right.GRANT)
def give(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """Give somebody an application, on new terms where there were others, or take it away."""
    application, given = application_for(colleague, identifier), request.form
    account = None
    try:
        account = application_access.find_account(
            given.get("relatienummer", ""), given.get("gebruikersnaam", "")
        )
        may_touch(account, colleague.worker)
        takes = given.get("actie") == "intrekken"
        errand_of_form(Action.TAKE_ACCESS if takes else Action.GIVE_ACCESS)
        seen = given.get("gezien", "")
        if takes:
            application_access.take(account, application, seen=seen, actor=colleague.actor)
            return back_to(identifier, "ingetrokken")
        wanted = _terms(application, given)
        application_access.give(account, application, wanted, seen=seen, actor=colleague.actor)
    except WrongInput as wrong:
        return _form(colleague, application, given, wrong, account=account)
    return back_to(identifier, "gegeven")


@pages.get(f"{HERE}/<identifier>/toegang/soort")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def giving_to_many(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """The form that gives an application to everybody of a kind of relation."""
    return _many(colleague, application_for(colleague, identifier), MultiDict())


@pages.post(f"{HERE}/<identifier>/toegang/soort")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def give_to_many(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """Say first how many it reaches; give once that was confirmed, and ask again when it would reach more."""
    application, given = application_for(colleague, identifier), request.form
    try:
        kind, wanted = given.get("soort", ""), _terms(application, given)
        if kind not in application_access.kinds():
            raise Unfit("soort", "there is no such kind", "Kies een soort organisatie.")
        errand_of_form(Action.GIVE_TO_A_KIND)
        count = application_access.would_get(identifier, kind)
        confirmed = given.get("telling", "")
        if given.get("actie") != "geven" or confirmed != str(count):
            changed = given.get("actie") == "geven"
            return _many(colleague, application, given, count=count, changed=changed)
        return _give(colleague, application, kind, wanted, given)
    except WrongInput as wrong:
        return _many(colleague, application, given, wrong)


def _give(
    colleague: Colleague,
    application: Application,
    kind: str,
    wanted: Terms,
    given: MultiDict[str, str],
) -> ResponseReturnValue:
    identifier, gone = application.id, 0
    while gone < AT_ONCE:
        some = application_access.give_some(application, kind, wanted, actor=colleague.actor)
        db.session.commit()
        if not some:
            return back_to(identifier, "iedereen")
        gone += some
    left = application_access.would_get(identifier, kind)
    if not left:
        return back_to(identifier, "iedereen")
    return _many(colleague, application, given, count=left, gone=gone)


def _many(
    colleague: Colleague,
    application: Application,
    given: MultiDict[str, str],
    wrong: WrongInput | None = None,
    **more: Any,
) -> ResponseReturnValue:
    if wrong is not None:
        db.session.rollback()
    return show_at_desk(
        "desk-access-of-kind",
        colleague,
        part_of=PART,
        application=application,
        given=given,
        chosen=given.getlist("rol"),
        reasons=fitting(Action.GIVE_TO_A_KIND),
        kinds={kind: kind for kind in application_access.kinds()},
        field_errors=told(wrong) if wrong else {},
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        **more,
    )


def _form(
    colleague: Colleague,
    application: Application,
    given: MultiDict[str, str],
    wrong: WrongInput | None = None,
    *,
    account: Account | None = None,
    there: AccessLine | None = None,
) -> ResponseReturnValue:
    if wrong is not None:
        db.session.rollback()
    if there is None and account is not None:
        there = application_access.of_account(application.id, account.id)
    seen = given.get("gezien", "")
    if wrong is None or isinstance(wrong, Stale):
        seen = there.grant_id if there else ""
    return show_at_desk(
        "desk-access",
        colleague,
        part_of=PART,
        application=application,
        account=account,
        there=there,
        seen=seen,
        given=given,
        chosen=given.getlist("rol"),
        reasons=fitting(Action.GIVE_ACCESS, *((Action.TAKE_ACCESS,) if there else ())),
        now=wrong.now if isinstance(wrong, Stale) else None,
        field_errors=told(wrong) if wrong else {},
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
    )


def _terms(application: Application, given: MultiDict[str, str]) -> Terms:
    roles = given.getlist("rol") if application.roles else given.get("rollen", "").split()
    return application_access.terms(
        application, roles, given.get("vanaf", ""), given.get("tot", "")
    )


def _as_form(there: AccessLine) -> Mapping[str, Any]:
    """What somebody has, as the form says it."""
    ends = "" if there.ends_at is None else f"{clock.last_day(there.ends_at):%d-%m-%Y}"
    return {
        "rol": list(there.roles),
        "rollen": " ".join(there.roles),
        "vanaf": f"{there.starts_at.astimezone(clock.HERE):%d-%m-%Y}",
        "tot": ends,
    }
