"""The token endpoint (RFC 6749 section 3.2): a code or a refresh token becomes tokens, a client gets one of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NoReturn

from flask import Response, request

from idp import metrics
from idp.audit import Event, record
from idp.database import db
from idp.oidc import answers, calls, credentials, parameters, server
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient

#: The grants there are, and what a request of each must have: `redirect_uri` too, because every authorization request
#: had one (RFC 6749 section 4.1.3).
GRANTS: Final[Mapping[str, tuple[str, ...]]] = {
    "authorization_code": ("code", "redirect_uri"),
    "refresh_token": ("refresh_token",),
    "client_credentials": (),
}


def token() -> Response:
    """Answer a token request; what happened is audited in the same transaction, refusals too."""
    grant_type = "unknown"
    try:
        sent = calls.read(parameters.TOKEN)
        grant_type = _grant_type(sent)
        given = server.redeemed(sent, credentials.presented(request.headers, sent))
    except RefusedToClient as refusal:
        metrics.TOKENS.count(grant_type, "refused")
        return calls.refused(refusal)
    record(
        Event.TOKEN_REFRESHED if grant_type == "refresh_token" else Event.TOKEN_ISSUED,
        actor="client",
        **given.facts,
    )
    db.session.commit()
    metrics.TOKENS.count(grant_type, "issued")
    return answers.json(given.body)


def _grant_type(sent: Parameters) -> str:
    """One that exists, with what it needs. Whatever credentials another one brought along are not even looked at."""
    grant_type = sent.get("grant_type")
    if grant_type is None:
        _refuse("grant_type is missing")
    if grant_type not in GRANTS:
        raise RefusedToClient(
            Code.UNSUPPORTED_GRANT_TYPE, "another grant_type", says="there is no such grant_type"
        )
    for name in GRANTS[grant_type]:
        if sent.get(name) is None:
            _refuse(f"{name} is missing")
    return grant_type


def _refuse(why: str) -> NoReturn:
    raise RefusedToClient(Code.INVALID_REQUEST, why, says=why)
