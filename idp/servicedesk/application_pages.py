"""Pages of the desk about applications: the list, one of them, adding, changing, its stewards, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue

from idp import settings
from idp.assurance import REGISTRABLE, Assurance
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application
from idp.servicedesk import application_access, applications, stewards
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, errand_of_form, show_at_desk
from idp.servicedesk.errands import fitting
from idp.servicedesk.roles import Right, Role
from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Stale, Unfit, told

pages = Blueprint("desk_applications", __name__)

HERE: Final = f"{DESK}applicaties"
PART: Final = "desk-applications"
LEVELS: Final[dict[str, str]] = {
    "laag": "Laag: alleen een wachtwoord",
    "substantieel": "Substantieel: twee stappen",
    "phr": "Substantieel, alleen met passkey of beveiligingssleutel",
    "hoog": "Hoog: een sleutel van de lijst",
}
#: What an address of ours says was done.
_DONE: Final[dict[str, str]] = {
    "toegevoegd": "De applicatie is toegevoegd.",
    "gewijzigd": "De wijziging is opgeslagen.",
    "beheerder": "De beheerders zijn gewijzigd.",
    "gegeven": "De toegang is gegeven.",
    "ingetrokken": "De toegang is ingetrokken. De applicatie merkt dat meteen.",
    "iedereen": "Alle gebruikers van deze soort die niet geblokkeerd zijn, hebben nu toegang.",
    "koppeling-weg": "De koppeling is verwijderd. Zij krijgt niets meer van ons.",
    "verwijderd": "De applicatie is verwijderd. Niemand kan er nog in.",
}


def steward_of(colleague: Colleague) -> str | None:
    """Whose applications only a colleague sees; `None` for who sees all of them."""
    return colleague.id if colleague.role is Role.APPLICATIEBEHEERDER else None


def application_for(colleague: Colleague, identifier: str) -> Application:
    """An application that this colleague may see; else the page of an address that does not exist."""
    found = applications.find(identifier, steward=steward_of(colleague))
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def done() -> str | None:
    """What was just done, in a sentence, where the address says so."""
    return _DONE.get(request.args.get("gedaan", ""))


def back_to(application_id: str, did: str) -> ResponseReturnValue:
    """On to the page of an application, which says what was done."""
    return redirect(f"{HERE}/{application_id}?gedaan={did}", HTTPStatus.SEE_OTHER)


@pages.get(HERE)
@at_the_desk(Right.SEE_APPLICATIONS)
def every(colleague: Colleague) -> ResponseReturnValue:
    """The applications, in the portal's order."""
    lines = [
        {"id": each.id, "name": each.name, "about": each.description, "level": level_of(each)}
        for each in applications.listed(steward=steward_of(colleague))
    ]
    return show_at_desk("desk-applications", colleague, applications=lines, notice=done())


@pages.get(f"{HERE}/<identifier>")
@at_the_desk(Right.SEE_APPLICATIONS)
def one(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """One application: what it is, its clients, its stewards, and who may use it."""
    return _show_one(colleague, application_for(colleague, identifier))


def _show_one(colleague: Colleague, application: Application, **wrong: Any) -> ResponseReturnValue:
    sort = request.args.get("sorteer", "relatie")
    try:
        access = application_access.who_may_use(
            application.id, sort=sort, after=request.args.get("na", "")
        )
    except Unfit:  # an address that somebody changed by hand
        sort, access = "relatie", application_access.who_may_use(application.id)
    return show_at_desk(
        "desk-application",
        colleague,
        part_of=PART,
        application=application,
        level=LEVELS[level_of(application)],
        clients=applications.clients_of(application.id),
        stewards=stewards.stewards_of(application.id),
        reasons=fitting(Action.CHANGE_STEWARDS),
        could_be_stewards=stewards.could_be_stewards(application.id),
        access=access,
        count=application_access.how_many(application.id),
        sort=sort,
        **{"notice": done()} | wrong,
    )


@pages.get(f"{HERE}/nieuw")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def new(colleague: Colleague) -> ResponseReturnValue:
    """The form for a new application."""
    return _form(colleague, {"niveau": "substantieel"})


@pages.post(f"{HERE}/nieuw")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def add(colleague: Colleague) -> ResponseReturnValue:
    """Add an application."""
    given = request.form
    try:
        errand_of_form(Action.DESCRIBE_APPLICATION)
        added = applications.add(
            settings.current(),
            identifier=given.get("id", "").strip(),
            position=None,
            actor=colleague.actor,
            **_said(given),
        )
    except WrongInput as wrong:
        return _form(colleague, given, wrong)
    return back_to(added.id, "toegevoegd")


@pages.get(f"{HERE}/<identifier>/wijzigen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def changing(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """The form with what an application is now."""
    application = application_for(colleague, identifier)
    return _form(colleague, _as_form(application), application=application)


@pages.post(f"{HERE}/<identifier>/wijzigen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def change(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """Say anew what an application is, if nobody else did meanwhile."""
    application, given = application_for(colleague, identifier), request.form
    try:
        errand_of_form(Action.DESCRIBE_APPLICATION)
        applications.change(
            settings.current(),
            application,
            seen=number_of(given, "versie"),
            place=number_of(given, "plaats"),
            actor=colleague.actor,
            **_said(given),
        )
    except WrongInput as wrong:
        return _form(colleague, given, wrong, application)
    return back_to(identifier, "gewijzigd")


@pages.post(f"{HERE}/<identifier>/beheerders")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def steward(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """Let a colleague look after an application, or no longer."""
    application, given = application_for(colleague, identifier), request.form
    try:
        errand_of_form(Action.CHANGE_STEWARDS)
        if leaving := given.get("weg", ""):
            stewards.remove_steward(application, leaving, actor=colleague.actor)
        else:
            stewards.add_steward(application, given.get("beheerder", ""), actor=colleague.actor)
    except WrongInput as wrong:
        db.session.rollback()
        return _show_one(
            colleague, application, status=HTTPStatus.BAD_REQUEST, field_errors=told(wrong)
        )
    return back_to(identifier, "beheerder")


@pages.get(f"{HERE}/<identifier>/verwijderen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def removing(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """What removing an application would end, and the form that does it."""
    return _show_removing(colleague, application_for(colleague, identifier))


@pages.post(f"{HERE}/<identifier>/verwijderen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def remove(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """Remove an application; asks again when more people use it than the page said."""
    application, given = application_for(colleague, identifier), request.form
    try:
        errand_of_form(Action.REMOVE_APPLICATION)
        if application_access.how_many(identifier) > number_of(given, "gebruikers"):
            raise Unfit(
                "",
                "more accounts than were shown",
                "Er zijn intussen meer gebruikers. Kijk nog eens of dit klopt.",
            )
        applications.remove(application, seen=number_of(given, "versie"), actor=colleague.actor)
    except WrongInput as wrong:
        db.session.rollback()
        return _show_removing(
            colleague, application, status=HTTPStatus.BAD_REQUEST, field_errors=told(wrong)
        )
    db.session.commit()  # from here on nobody may use it; what follows is the trail of each grant
    while applications.end_grants(identifier, actor=colleague.actor):
        db.session.commit()
    return redirect(f"{HERE}?gedaan=verwijderd", HTTPStatus.SEE_OTHER)


def _show_removing(
    colleague: Colleague, application: Application, **wrong: Any
) -> ResponseReturnValue:
    return show_at_desk(
        "desk-application-removal",
        colleague,
        part_of=PART,
        application=application,
        count=application_access.how_many(application.id),
        clients=applications.clients_of(application.id),
        given=request.form,
        reasons=fitting(Action.REMOVE_APPLICATION),
        **wrong,
    )


def _form(
    colleague: Colleague,
    given: Mapping[str, str],
    wrong: WrongInput | None = None,
    application: Application | None = None,
) -> ResponseReturnValue:
    if wrong is not None:
        db.session.rollback()
    return show_at_desk(
        "desk-application-form",
        colleague,
        part_of=PART,
        application=application,
        version=application.version if application else 0,
        given=given,
        reasons=fitting(Action.DESCRIBE_APPLICATION),
        levels=LEVELS,
        now=wrong.now if isinstance(wrong, Stale) else None,
        field_errors=told(wrong) if wrong else {},
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
    )


def _said(given: Mapping[str, str]) -> dict[str, Any]:
    """What both forms say of an application."""
    level = REGISTRABLE.get(given.get("niveau", ""))
    if level is None:
        raise Unfit("niveau", "there is no such level", "Kies een niveau.")
    return {
        "name": given.get("naam", ""),
        "description": given.get("omschrijving", ""),
        "address": given.get("adres", "").strip(),
        "level": level,
        "roles": given.get("rollen", "").split(),
    }


def _as_form(application: Application) -> dict[str, str]:
    every_one = [each.id for each in applications.listed()]
    return {
        "naam": application.name,
        "omschrijving": application.description,
        "adres": application.address,
        "niveau": level_of(application),
        "rollen": " ".join(application.roles),
        "plaats": str(every_one.index(application.id) + 1),
    }


def level_of(application: Application) -> str:
    """The name of its level."""
    return Assurance.numbered(application.level).label


def number_of(given: Mapping[str, str], name: str) -> int:
    """The number in a field; `Unfit` where there is none."""
    text = given.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unfit(name, f"{name} is no number", "Vul een getal in.")
    return int(text)
