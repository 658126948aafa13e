"""UserInfo (OpenID Connect Core section 5.3): what the access token may know of the person."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request

from idp import settings
from idp.accounts import grants
from idp.audit import Event, record
from idp.database import db
from idp.oidc import access_tokens, answers, claims, registered, responses, subjects
from idp.oidc.access_tokens import LiveToken
from idp.oidc.calls import FORM
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.registered import RegisteredClient


def userinfo() -> Response:
    """Answer with the claims, as JSON or as the client registered it; or refuse as RFC 6750 section 3 has it."""
    try:
        response = _answer_to(bearer_token())
    except RefusedToClient as refusal:
        if refusal.reference is None:  # what is written down stays so
            db.session.rollback()
        else:
            db.session.commit()
        return _refused(refusal)
    db.session.commit()
    return response


def bearer_token() -> str:
    """The access token, from the header or the body of a POST, never from the address (RFC 9700 section 4.3.2)."""
    if "access_token" in request.args:
        raise RefusedToClient(
            Code.INVALID_REQUEST,
            "in the address",
            says="the access token never goes in the address",
        )
    scheme, _, in_header = request.headers.get("Authorization", "").partition(" ")
    found = [in_header.strip()] if scheme.lower() == "bearer" else []
    if request.method == "POST" and request.mimetype == FORM:
        found += request.form.getlist("access_token")
    if len(found) > 1:
        raise RefusedToClient(
            Code.INVALID_REQUEST, "more than one token", says="send the access token once"
        )
    if not found:
        raise NoToken
    return found[0]


def _answer_to(given: str) -> Response:
    token, client = _found(given)
    responses.prepare(client, client.userinfo_encryption)
    if client.userinfo_encryption is not None and client.jwks_uri is not None:
        token, client = _found(given)  # its keys were perhaps fetched, and meanwhile much can end
    names = claims.wanted_at_userinfo(client, token.scope, token.requested)
    person = token.person
    granted = grants.of_account(person.account_id) if claims.tell_grants(names) else ()
    told = {
        "sub": subjects.of_account(client, person.account_id),
        **claims.about(person, client, names, granted),
    }
    signed = responses.userinfo(client, told, issuer=settings.current().issuer)
    record(
        Event.USERINFO_READ,
        actor="client",
        reference=token.reference,
        account_id=person.account_id,
        relation_id=person.relation_id,
        client_id=client.client_id,
        session_id=token.session_id,
    )
    return answers.json(told) if signed is None else answers.jwt(signed)


def _found(given: str) -> tuple[LiveToken, RegisteredClient]:
    token = access_tokens.find(given)
    client = None if token is None else registered.load(token.client_id)
    if token is None or client is None:
        raise RefusedToClient(
            Code.INVALID_TOKEN, "expired, revoked or unknown", status=HTTPStatus.UNAUTHORIZED
        )
    return token, client


class NoToken(RefusedToClient):
    """No token at all: RFC 6750 section 3.1 wants no error code then."""

    def __init__(self) -> None:
        super().__init__(Code.INVALID_TOKEN, "no token", status=HTTPStatus.UNAUTHORIZED)


def _refused(refusal: RefusedToClient) -> Response:
    if isinstance(refusal, NoToken):
        challenge = {"WWW-Authenticate": 'Bearer realm="oauth2"'}
        return answers.nothing(status=HTTPStatus.UNAUTHORIZED, headers=challenge)
    response = answers.refused_as_json(refusal)
    if (
        refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR
    ):  # no challenge: no other token would help
        return response
    response.headers["WWW-Authenticate"] = f'Bearer realm="oauth2", error="{refusal.code.value}"'
    return response
