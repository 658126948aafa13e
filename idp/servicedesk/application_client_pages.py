"""Pages of the desk about one client of an application: what it is, adding, changing, another secret, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from idp import settings
from idp.assurance import Assurance
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application, Client
from idp.secret_values import Secret
from idp.servicedesk import application_clients
from idp.servicedesk.application_clients import PROOFS, SCOPES, Said
from idp.servicedesk.application_pages import (
    HERE,
    LEVELS,
    PART,
    application_for,
    back_to,
    number_of,
)
from idp.servicedesk.desk import Colleague, at_the_desk, errand_of_form, show_at_desk
from idp.servicedesk.errands import fitting
from idp.servicedesk.roles import Right
from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Stale, told

pages = Blueprint("desk_application_clients", __name__)

ALL: Final = f"{HERE}/<identifier>/koppelingen"
ONE: Final = f"{ALL}/<client_id>"


@pages.get(ONE)
@at_the_desk(Right.SEE_APPLICATIONS)
def one(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """What is registered of a client, and what its supplier needs to know; never a secret."""
    application = application_for(colleague, identifier)
    return _show(colleague, application, _client_of(application, client_id))


@pages.get(f"{ALL}/nieuw")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def new(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """The form for a new client."""
    application = application_for(colleague, identifier)
    usual = application_clients.offered_profiles()[0]
    given = MultiDict(
        {
            "client_id": application_clients.free_id(application),
            "naam": application.name,
            "profiel": usual,
            "bewijs": next(iter(application_clients.proofs_of(usual))),
            "gegevens": "profile",
        }
    )
    return _form(colleague, application, given)


@pages.post(f"{ALL}/nieuw")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def add(colleague: Colleague, identifier: str) -> ResponseReturnValue:
    """Add a client; its secret is shown now and never again."""
    application, given = application_for(colleague, identifier), request.form
    try:
        errand_of_form(Action.CHANGE_CLIENTS)
        client, secret = application_clients.add(
            application,
            given.get("client_id", "").strip(),
            given.get("profiel", ""),
            _said(given),
            actor=colleague.actor,
        )
    except WrongInput as wrong:
        return _form(colleague, application, given, wrong)
    return _kept(colleague, application, client, secret)


@pages.get(f"{ONE}/wijzigen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def changing(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """The form with what a client is now."""
    application = application_for(colleague, identifier)
    client = _changeable(application, client_id)
    return _form(colleague, application, _as_form(client), client=client)


@pages.post(f"{ONE}/wijzigen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def change(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """Say anew what a client is, if nobody else did meanwhile."""
    application, given = application_for(colleague, identifier), request.form
    client, seen = _changeable(application, client_id), number_of(given, "versie")
    try:
        errand_of_form(Action.CHANGE_CLIENTS)
        secret = application_clients.change(
            client, _said(given, client), seen=seen, actor=colleague.actor
        )
    except WrongInput as wrong:
        return _form(colleague, application, given, wrong, client)
    return _kept(colleague, application, client, secret, changed=client.version != seen)


@pages.get(f"{ONE}/geheim")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def renewing(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """What another secret means, and the form that makes it."""
    application = application_for(colleague, identifier)
    return _renewal(colleague, application, _with_a_secret(application, client_id))


@pages.post(f"{ONE}/geheim")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def renew(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """Make another secret, shown now and never again."""
    application, given = application_for(colleague, identifier), request.form
    client = _with_a_secret(application, client_id)
    try:
        errand_of_form(Action.CHANGE_CLIENTS)
        secret = application_clients.renew_secret(
            client,
            seen=number_of(given, "versie"),
            leaked=given.get("uitgelekt") == "ja",
            actor=colleague.actor,
        )
    except WrongInput as wrong:
        db.session.rollback()
        return _renewal(colleague, application, client, wrong)
    return _kept(colleague, application, client, secret, renewed=True)


@pages.get(f"{ONE}/verwijderen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def removing(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """What removing a client would end, and the form that does it."""
    application = application_for(colleague, identifier)
    return _removal(colleague, application, _changeable(application, client_id))


@pages.post(f"{ONE}/verwijderen")
@at_the_desk(Right.CHANGE_APPLICATIONS)
def remove(colleague: Colleague, identifier: str, client_id: str) -> ResponseReturnValue:
    """Remove a client."""
    application, given = application_for(colleague, identifier), request.form
    client = _changeable(application, client_id)
    try:
        errand_of_form(Action.CHANGE_CLIENTS)
        application_clients.remove(client, seen=number_of(given, "versie"), actor=colleague.actor)
    except WrongInput as wrong:
        db.session.rollback()
        return _removal(colleague, application, client, wrong)
    return back_to(identifier, "koppeling-weg")


def _client_of(application: Application, client_id: str) -> Client:
    found = application_clients.find(application, client_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _changeable(application: Application, client_id: str) -> Client:
    client = _client_of(application, client_id)
    if not application_clients.is_ours_to_change(client):
        abort(HTTPStatus.NOT_FOUND)
    return client


def _with_a_secret(application: Application, client_id: str) -> Client:
    client = _changeable(application, client_id)
    if not client.secrets:
        abort(HTTPStatus.NOT_FOUND)
    return client


def _kept(
    colleague: Colleague,
    application: Application,
    client: Client,
    secret: Secret | None,
    *,
    changed: bool = True,
    renewed: bool = False,
) -> ResponseReturnValue:
    """On to the client's page; where it has a new secret that is shown first, in this one answer."""
    if secret is None:
        here = f"{HERE}/{application.id}/koppelingen/{client.client_id}"
        done = "koppeling" if changed else "niets"
        return redirect(f"{here}?gedaan={done}", HTTPStatus.SEE_OTHER)
    made = application_clients.secrets_made(client)
    shown = show_at_desk(
        "desk-client-secret",
        colleague,
        part_of=PART,
        application=application,
        client=client,
        secret=secret.reveal(),
        renewed=renewed,
        old_until=made[1].until if len(made) > 1 else None,
    )
    db.session.commit()  # shown only where it is kept
    return shown


def _show(colleague: Colleague, application: Application, client: Client) -> ResponseReturnValue:
    return show_at_desk(
        "desk-client",
        colleague,
        part_of=PART,
        application=application,
        client=client,
        said=application_clients.said_of(client),
        proofs=PROOFS,
        scopes=SCOPES,
        level=LEVELS[Assurance.numbered(client.level).label],
        ours=application_clients.is_ours_to_change(client),
        secrets_made=application_clients.secrets_made(client),
        missing_keys=application_clients.missing_keys(client),
        discovery=f"{settings.current().issuer}/.well-known/openid-configuration",
        notice=_DONE.get(request.args.get("gedaan", "")),
    )


_DONE: Final = {
    "koppeling": "De koppeling is opgeslagen.",
    "niets": "Er is niets veranderd: alles stond er al zo.",
}


def _form(
    colleague: Colleague,
    application: Application,
    given: MultiDict[str, str],
    wrong: WrongInput | None = None,
    client: Client | None = None,
) -> ResponseReturnValue:
    version = 0 if client is None else client.version
    if wrong is not None:
        db.session.rollback()
    profiles = application_clients.offered_profiles()
    ways = {
        way: word
        for profile in (profiles if client is None else (client.profile,))
        for way, word in application_clients.proofs_of(profile).items()
    }
    return show_at_desk(
        "desk-client-form",
        colleague,
        part_of=PART,
        application=application,
        client=client,
        version=version,
        given=given,
        chosen=given.getlist("gegevens"),
        profiles={name: _PROFILES.get(name, name) for name in profiles},
        proofs=ways,
        scopes=SCOPES,
        reasons=fitting(Action.CHANGE_CLIENTS),
        now=wrong.now if isinstance(wrong, Stale) else None,
        field_errors=told(wrong) if wrong else {},
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
    )


_PROFILES: Final = {
    "basic": "Gewoon (basic): als de applicatie NL GOV niet kan",
    "nlgov": "NL GOV (nlgov): het profiel van de overheid, met een eigen sleutel",
}


def _renewal(
    colleague: Colleague, application: Application, client: Client, wrong: WrongInput | None = None
) -> ResponseReturnValue:
    return _about_one(
        "desk-client-renewal",
        colleague,
        application,
        client,
        wrong,
        days=application_clients.OLD_LASTS.days,
    )


def _removal(
    colleague: Colleague, application: Application, client: Client, wrong: WrongInput | None = None
) -> ResponseReturnValue:
    return _about_one("desk-client-removal", colleague, application, client, wrong)


def _about_one(
    page: str,
    colleague: Colleague,
    application: Application,
    client: Client,
    wrong: WrongInput | None,
    **more: Any,
) -> ResponseReturnValue:
    return show_at_desk(
        page,
        colleague,
        part_of=PART,
        application=application,
        client=client,
        given=request.form,
        reasons=fitting(Action.CHANGE_CLIENTS),
        now=wrong.now if isinstance(wrong, Stale) else None,
        field_errors=told(wrong) if wrong else {},
        status=HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK,
        **more,
    )


def _said(given: MultiDict[str, str], client: Client | None = None) -> Said:
    """What both forms say of a client; who fills in no keys at all leaves those that were pasted before."""
    under = _line(given, "sleuteladres")
    pasted = application_clients.key_set(given.get("sleutels", ""))
    if pasted is None and under is None and client is not None:
        pasted = client.jwks
    return Said(
        name=given.get("naam", ""),
        auth_method=given.get("bewijs", ""),
        redirect_uris=_lines(given, "terugkeeradressen"),
        post_logout_redirect_uris=_lines(given, "uitlogadressen"),
        backchannel_logout_uri=_line(given, "uitlogbericht"),
        initiate_login_uri=_line(given, "startadres"),
        jwks_uri=under,
        jwks=pasted,
        scopes=tuple(given.getlist("gegevens")),
        refreshes=given.get("vernieuwen") == "ja",
    )


def _as_form(client: Client) -> MultiDict[str, str]:
    said = application_clients.said_of(client)
    form = MultiDict(
        {
            "naam": said.name,
            "bewijs": said.auth_method,
            "terugkeeradressen": "\n".join(said.redirect_uris),
            "uitlogadressen": "\n".join(said.post_logout_redirect_uris),
            "uitlogbericht": said.backchannel_logout_uri or "",
            "startadres": said.initiate_login_uri or "",
            "sleuteladres": said.jwks_uri or "",
            "vernieuwen": "ja" if said.refreshes else "",
        }
    )
    form.setlist("gegevens", list(said.scopes))
    return form


def _lines(given: Mapping[str, str], name: str) -> tuple[str, ...]:
    """One address on each line; no address has a space."""
    return tuple(given.get(name, "").split())


def _line(given: Mapping[str, str], name: str) -> str | None:
    return given.get(name, "").strip() or None
