"""Clients of an application for programs: registered, changed, given another secret and ended, as at the desk."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from idp.admin_api.applications import known
from idp.admin_api.door import Answer, Asked, Operation, not_found
from idp.admin_api.shapes import ClientSent, SecretSent, moment
from idp.assurance import Assurance
from idp.models import Application, Client
from idp.secret_values import Secret
from idp.servicedesk import application_clients, applications
from idp.servicedesk.application_clients import Said
from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Unfit

_ALL: Final = "/applicaties/<application_id>/koppelingen"
_ONE: Final = f"{_ALL}/<client_id>"


def every(_asked: Asked, *, application_id: str) -> Answer:
    """The clients of an application, by their id."""
    found = applications.clients_of(known(application_id).id)
    return Answer({"regels": [_client(each) for each in found]})


def one(_asked: Asked, *, application_id: str, client_id: str) -> Answer:
    """One client."""
    return _whole(_known(known(application_id), client_id))


def put(asked: Asked, *, application_id: str, client_id: str) -> Answer:
    """Register a client under this id, or say anew what it is."""
    application, sent = known(application_id), asked.body
    found = application_clients.find(application, client_id)
    said = _said(sent)
    same = found is not None and application_clients.said_of(found) == said
    asked.expects(None if found is None else _tag(found), same=same)
    if found is None:
        made, secret = application_clients.add(
            application, client_id, sent.profiel, said, actor=asked.actor
        )
        return _whole(made, secret, HTTPStatus.CREATED)
    if found.profile != sent.profiel:
        raise Unfit(
            "profiel",
            "the profile of a client stays",
            "Het profiel van een koppeling verandert niet. Maak een nieuwe koppeling.",
        )
    secret = None
    if not same:
        secret = application_clients.change(found, said, seen=found.version, actor=asked.actor)
    return _whole(found, secret)


def renew_secret(asked: Asked, *, application_id: str, client_id: str) -> Answer:
    """Another secret; one that leaked stops now, another one works on for a week."""
    found = _known(known(application_id), client_id)
    asked.expects(_tag(found))
    secret = application_clients.renew_secret(
        found, seen=found.version, leaked=asked.body.uitgelekt, actor=asked.actor
    )
    return _whole(found, secret)


def remove(asked: Asked, *, application_id: str, client_id: str) -> Answer:
    """End a client: it gets nothing more, and what it holds stops working."""
    found = _known(known(application_id), client_id)
    asked.expects(_tag(found))
    application_clients.remove(found, seen=found.version, actor=asked.actor)
    return Answer(status=HTTPStatus.NO_CONTENT)


def _known(application: Application, client_id: str) -> Client:
    found = application_clients.find(application, client_id)
    if found is None:
        raise not_found("Deze koppeling")
    return found


def _said(sent: ClientSent) -> Said:
    return Said(
        name=sent.naam,
        auth_method=sent.bewijs,
        redirect_uris=tuple(sent.terugkeeradressen),
        post_logout_redirect_uris=tuple(sent.uitlogadressen),
        backchannel_logout_uri=sent.uitlogbericht,
        initiate_login_uri=sent.startadres,
        jwks_uri=sent.sleuteladres,
        jwks=sent.sleutels,
        scopes=application_clients.in_order(sent.gegevens),
        refreshes=sent.vernieuwen,
    )


def _tag(row: Client) -> str:
    return str(row.version)


def _client(row: Client) -> dict[str, Any]:
    return {"client_id": row.client_id, "naam": row.name, "profiel": row.profile}


def _whole(row: Client, secret: Secret | None = None, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    said = application_clients.said_of(row)
    told = _client(row) | {
        "applicatie": row.application_id,
        "bewijs": said.auth_method,
        "niveau": Assurance.numbered(row.level).label,
        "terugkeeradressen": list(said.redirect_uris),
        "uitlogadressen": list(said.post_logout_redirect_uris),
        "uitlogbericht": said.backchannel_logout_uri,
        "startadres": said.initiate_login_uri,
        "sleuteladres": said.jwks_uri,
        "sleutels": said.jwks,
        "gegevens": list(said.scopes),
        "vernieuwen": said.refreshes,
        "hier_te_wijzigen": application_clients.is_ours_to_change(row),
        "geheimen": [
            {"gemaakt": moment(each.at), "tot": moment(each.until)}
            for each in application_clients.secrets_made(row)
        ],
        "geheim": None if secret is None else secret.reveal(),
    }
    return Answer(told, status, _tag(row))


CLIENT_OPERATIONS: Final = (
    Operation(
        name="koppelingen",
        method="GET",
        path=_ALL,
        scope="beheer:lezen",
        summary="The clients of an application, by their id",
        view=every,
        answer="Clients",
    ),
    Operation(
        name="koppeling",
        method="GET",
        path=_ONE,
        scope="beheer:lezen",
        summary="One client; never its secret",
        view=one,
        answer="WholeClient",
        tagged=True,
    ),
    Operation(
        name="koppeling-zetten",
        method="PUT",
        path=_ONE,
        scope="beheer:koppelingen",
        summary="Register a client under this id, or say anew what it is; a new secret is told in this answer only",
        view=put,
        action=Action.CHANGE_CLIENTS,
        body=ClientSent,
        answer="WholeClient",
        makes=True,
        tagged=True,
    ),
    Operation(
        name="koppeling-geheim",
        method="POST",
        path=f"{_ONE}/geheim",
        scope="beheer:koppelingen",
        summary="Another secret, told in this answer only; one that leaked stops now, another works on for a week",
        view=renew_secret,
        action=Action.CHANGE_CLIENTS,
        body=SecretSent,
        answer="WholeClient",
        tagged=True,
    ),
    Operation(
        name="koppeling-verwijderen",
        method="DELETE",
        path=_ONE,
        scope="beheer:koppelingen",
        summary="End a client: it gets nothing more, and what it holds stops working",
        view=remove,
        action=Action.CHANGE_CLIENTS,
        tagged=True,
    ),
)
