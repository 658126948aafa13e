"""The registration endpoint (RFC 7591, OpenID Connect Registration 1.0): an application makes itself known.

Off unless `IDP_DYNAMIC_REGISTRATION` is on, and never open: a token of the operator says what a client may become.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, NoReturn

import orjson
from flask import Response, request

from idp import clock, settings, throttle
from idp.assurance import Assurance
from idp.audit import Event, record
from idp.database import db
from idp.flows.front_door import network, origin
from idp.models import Client, RegistrationToken
from idp.oidc import answers, clients, metadata, profiles, registration_tokens, sectors
from idp.oidc.clients import CannotBeRegistered
from idp.oidc.refusals import Code, RefusedToClient
from idp.secret_values import Secret, new_reference, random_token


def register() -> Response:
    """One client more, or the reason why not (section 3.2)."""
    try:
        within_budget()
        token = _token()
        client, secret, access = _made(token, body())
    except RefusedToClient as refusal:
        return refused(refusal, None)
    whole = {
        "client_id_issued_at": int(client.created_at.timestamp()),
        **told(client, secret, access),
    }
    db.session.commit()
    return answers.json(whole, status=HTTPStatus.CREATED)


def told(client: Client, secret: Secret | None, access: str) -> dict[str, Any]:
    """The answer of sections 3.2.1 and of RFC 7592 section 3: what counts, and how to manage it; secrets only now."""
    shown = (
        {} if secret is None else {"client_secret": secret.reveal(), "client_secret_expires_at": 0}
    )
    here = settings.current().issuer
    return {
        "client_id": client.client_id,
        **shown,
        "registration_client_uri": f"{here}/oauth2/register/{client.client_id}",
        "registration_access_token": access,
        **metadata.told(client),
    }


def body() -> Mapping[str, Any]:
    """The JSON object that was sent; the house takes no more than 64 KiB."""
    if request.mimetype != "application/json":
        _invalid("the body must be application/json")
    try:
        said = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError:  # brackets without end are one, too
        _invalid("the body cannot be read as JSON")
    if not isinstance(said, dict):
        _invalid("the body must be a JSON object")
    return said


def bearer() -> str:
    """The token of the present request (RFC 6750 section 2.1); `RefusedToClient` when there is none."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise RefusedToClient(
            Code.INVALID_TOKEN,
            "registration without a token",
            says="a token is needed",
            status=HTTPStatus.UNAUTHORIZED,
        )
    return given.strip()


def within_budget() -> None:
    """A flood is refused before anything is read; counted at once, whatever becomes of the request."""
    counter = throttle.key("register", network(origin()))
    until = throttle.spend(counter, throttle.REGISTRATIONS)
    db.session.commit()
    if until is not None:
        raise RefusedToClient(
            Code.INVALID_REQUEST,
            "too many registrations",
            says="too many registrations",
            status=HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=max(1, ceil((until - clock.now()).total_seconds())),
        )


def refused(refusal: RefusedToClient, client_id: str | None) -> Response:
    """Nothing was changed; the reason is written down, and told as far as it is a fixed sentence."""
    db.session.rollback()
    refusal.reference = new_reference()
    record(
        Event.REGISTRATION_REFUSED,
        succeeded=False,
        actor="client",
        reference=refusal.reference,
        client_id=client_id,
        reason=refusal.why,
        error=refusal.code.value,
    )
    db.session.commit()
    answer = answers.refused_as_json(refusal)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = f'Bearer realm="oauth2", error="{refusal.code.value}"'
    return answer


def new_access(client: Client) -> str:
    """What the client manages its registration with from now on; stored by digest. The caller commits."""
    access = random_token()
    client.registration_access_digest = digest_of(access)
    return access


def digest_of(access: str) -> str:
    """How that lies in the database."""
    return settings.current().secret.digest("registration-access", access)


def _token() -> RegistrationToken:
    token = registration_tokens.find(bearer())
    if token is None or token.profile not in settings.current().enabled_profiles:
        _token_is_over()
    return token


def _made(token: RegistrationToken, sent: Mapping[str, Any]) -> tuple[Client, Secret | None, str]:
    """The client; what it may become was said with the token, the rest it says itself."""
    said = metadata.read(sent, profiles.known()[token.profile], scopes=token.scopes)
    inherited: dict[str, Any] = {
        "profile": token.profile,
        "level": Assurance.numbered(token.level),
        "application_id": token.application_id,
        "is_test": token.is_test,
        "is_third_party": token.is_third_party,
    }
    token_id = token.id
    sector = sectors.of(
        said["redirect_uris"],
        said["sector_identifier_uri"],
        subject_type=said["subject_type"],
        native=said["application_type"] == "native",
    )
    if not registration_tokens.claim(token_id):
        _token_is_over()
    try:
        client, secret = clients.add(
            **said, **inherited, sector=sector, actor=f"registration:{token_id}"
        )
    except CannotBeRegistered as wrong:
        raise metadata.broken(wrong.problem) from wrong
    client.registration_token_id = token_id
    return client, secret, new_access(client)


def _token_is_over() -> NoReturn:
    raise RefusedToClient(
        Code.INVALID_TOKEN,
        "registration with a token that is unknown, over, used up or withdrawn",
        says="the token is unknown, over, used up or withdrawn",
        status=HTTPStatus.UNAUTHORIZED,
    )


def _invalid(why: str) -> NoReturn:
    raise RefusedToClient(Code.INVALID_CLIENT_METADATA, f"registration: {why}", says=why)
