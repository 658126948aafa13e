"""Introspection (RFC 7662): whether an access token is in force, for the client that holds it and the API it is for."""

from __future__ import annotations

from typing import Any

from flask import Response

from idp import clock, settings
from idp.accounts import grants
from idp.database import db
from idp.oidc import access_tokens, answers, calls, registered
from idp.oidc.refusals import RefusedToClient
from idp.oidc.registered import RegisteredClient


def introspect() -> Response:
    """Tell a confidential client about a token; every reason to know nothing has the same answer (section 2.2)."""
    try:
        asking, token = calls.about_a_token()
        if asking.is_public:
            calls.credentials_are_needed(asking)
    except RefusedToClient as refusal:
        return calls.refused(refusal)
    body = _known(token, asking)
    db.session.commit()
    return answers.json({"active": False} if body is None else {"active": True, **body})


def _known(token: str, asking: RegisteredClient) -> dict[str, Any] | None:
    """What there is to tell; `None` for a token that is not in force, or not this client's to know."""
    row = access_tokens.inspect(token)
    client = None if row is None else registered.load(row.client_id)
    if row is None or client is None:
        return None
    holds_it = row.client_id == asking.client_id
    audience = tuple((row.audience or "").split())
    is_its_audience = asking.resource in audience
    if not (holds_it or is_its_audience):
        return None
    of_person = row.account_id is not None
    told: dict[str, Any] = {
        "iss": settings.current().issuer,
        "aud": access_tokens.stated_audience(audience, of_person=of_person),
        "client_id": client.client_id,
        "token_type": "Bearer",
        "iat": clock.epoch(row.issued_at),
        "exp": clock.epoch(row.expires_at),
    }
    if row.scope:
        told["scope"] = row.scope
    if not of_person:
        return told | access_tokens.of_client(client)
    told |= access_tokens.of_person(client, row.account_id, acr=row.acr, auth_time=row.auth_time)
    # an API hears the roles in its own application, whoever else the token is for
    application_id = asking.application_id if is_its_audience else client.application_of(audience)
    if application_id is None:
        return told
    return told | access_tokens.entitlements(application_id, grants.of_account(row.account_id))
