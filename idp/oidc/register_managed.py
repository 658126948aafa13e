"""The client configuration endpoint (RFC 7592): an application that registered itself reads, changes, ends that.

Its token is not replaced by using it: an answer that got lost would lock the application out. It ends with the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, cast

from flask import Response, request

from idp.accounts import consents
from idp.database import db
from idp.errors import WrongInput
from idp.models import Client
from idp.oidc import addresses, answers, clients, metadata, profiles, register, registered, sectors
from idp.oidc.clients import CannotBeRegistered
from idp.oidc.refusals import Code, RefusedToClient
from idp.secret_values import Secret, same

#: What only we say (section 2.2).
_OURS: Final = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


_DEMANDS: Final = ("require_signed_request_object", "require_pushed_authorization_requests")


def manage(client_id: str) -> Response:
    """Read (section 2.1), replace (2.2) or end (2.3) the registration of that client."""
    try:
        register.within_budget()
        access = register.bearer()
        client = _client(client_id, access)
        match request.method:
            case "DELETE":
                clients.remove(client_id, actor="client")
                answer = Response(status=HTTPStatus.NO_CONTENT, headers=answers.NEVER_KEPT)
            case "PUT":
                changed, secret = _replaced(client, register.body())
                answer = answers.json(register.told(changed, secret, access))
            case _:
                answer = answers.json(register.told(client, None, access))
    except WrongInput:  # somebody else ended the client at this very moment
        return register.refused(_not_its_token(), None)
    except RefusedToClient as refusal:
        return register.refused(
            refusal, client_id if registered.CLIENT_ID.fullmatch(client_id) else None
        )
    db.session.commit()
    return answer


def _client(client_id: str, access: str) -> Client:
    """The client whose token this is: one answer for a wrong token and for an unknown client."""
    found = db.session.get(Client, client_id) if registered.CLIENT_ID.fullmatch(client_id) else None
    digest = register.digest_of(access)
    known = None if found is None or found.removed_at else found.registration_access_digest
    if not same(known or "", digest) or found is None or registered.load(client_id) is None:
        raise _not_its_token()
    return found


def _not_its_token() -> RefusedToClient:
    return RefusedToClient(
        Code.INVALID_TOKEN,
        "registration managed with a token of nobody, or of another client",
        says="the token is not that of this client",
        status=HTTPStatus.UNAUTHORIZED,
    )


def _replaced(client: Client, sent: Mapping[str, Any]) -> tuple[Client, Secret | None]:
    """Everything as it is said now; what is left out is as usual again, and never more than it had (RFC7591-01)."""
    client_id = client.client_id
    if any(sent.get(name) is not None for name in _OURS):
        metadata.turn_down("client_id", f"{', '.join(_OURS)} must not be sent")
    if sent.get("client_id") != client_id:
        metadata.turn_down("client_id", "client_id must be that of the client")
    _it_knows_its_secret(client_id, sent.get("client_secret"))
    sector = _sector(client, _said(client, sent))
    # a list was perhaps fetched, and the operator may have narrowed the client meanwhile: from here on nobody does
    db.session.refresh(client, with_for_update=True)
    said = _said(client, sent)
    if not _is_who_people_agreed_to(client, said):
        consents.forget(client_id)
    try:
        return clients.update(
            client_id, actor="client", **cast("clients.Changes", said | {"sector": sector})
        )
    except CannotBeRegistered as wrong:
        raise metadata.broken(wrong.problem) from wrong


def _is_who_people_agreed_to(client: Client, said: Mapping[str, Any]) -> bool:
    """Whether the consent page would show the same: its name, and no host that was not among its own."""
    hosts = {addresses.host_of(address) for address in client.redirect_uris}
    new = {addresses.host_of(address) for address in said["redirect_uris"]} - hosts
    return said["name"] == client.name and not new


def _said(client: Client, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that this says, within what the client has now."""
    said = metadata.read(sent, profiles.known()[client.profile], scopes=list(client.scopes))
    _no_more_than_before(client, sent, said)
    if (said["auth_method"] == "none") != (client.auth_method == "none"):  # NLG-OIDC-42
        metadata.turn_down(
            "token_endpoint_auth_method",
            "token_endpoint_auth_method: a client with credentials stays one, and one without them too",
        )
    for demand in _DEMANDS:  # perhaps the operator's; an application does not lift those
        said[demand] = said[demand] or getattr(client, demand)
    return said


def _no_more_than_before(client: Client, sent: Mapping[str, Any], said: dict[str, Any]) -> None:
    """What it had less of is perhaps the operator's doing; what is left out is as it was."""
    for column in ("grant_types", "subject_type"):
        if sent.get(column) is None:
            said[column] = getattr(client, column)
    if not set(said["grant_types"]) <= set(client.grant_types):
        metadata.turn_down("grant_types", "grant_types can hold what the client has now")
    if said["subject_type"] == "public" and client.subject_type != "public":
        metadata.turn_down(
            "subject_type", "subject_type: a client with pairwise subjects keeps them"
        )


def _sector(client: Client, said: Mapping[str, Any]) -> str | None:
    """As it was while the addresses are: the pseudonyms of its people hang on it, and the operator may have chosen.

    Not when it only now gets pseudonyms: for several hosts that were `public` nobody proved that they are one sector.
    """
    uri = said["sector_identifier_uri"]
    same_hosts = set(said["redirect_uris"]) <= set(client.redirect_uris)
    same_subjects = said["subject_type"] == client.subject_type
    if same_hosts and same_subjects and uri == client.sector_identifier_uri:
        return client.sector
    return sectors.of(
        said["redirect_uris"],
        uri,
        subject_type=said["subject_type"],
        native=said["application_type"] == "native",
        now=client.sector,
    )


def _it_knows_its_secret(client_id: str, given: object) -> None:
    """Section 2.2: a secret may be sent to show that it is known, never to choose one."""
    if given is None:
        return
    client = registered.load(client_id)
    if not isinstance(given, str) or client is None or not client.knows(given):
        metadata.turn_down("client_secret", "client_secret is not the present one")
