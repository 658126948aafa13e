"""The token endpoint (RFC 6749 section 3.2): a code becomes an access token and an ID Token, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Response, request

from idp.audit import Event, record
from idp.database import db
from idp.oidc import answers, credentials, parameters, server
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient
from idp.secret_values import new_reference

FORM: Final = "application/x-www-form-urlencoded"
#: Characters; the longest value that anybody sends is a client assertion.
LONGEST: Final = 16 * 1024


def token() -> Response:
    """Answer a token request; what happened is audited in the same transaction, refusals too."""
    try:
        sent = Parameters.of(request.form, parameters.TOKEN)
        for check in CHECKS:
            check(sent)
        body, code = server.redeemed(sent, credentials.presented(request.headers, sent))
    except RefusedToClient as refusal:
        if refusal.reference is None:  # client and code write down themselves what they know
            refusal.reference = new_reference()
            record(
                Event.TOKEN_REFUSED,
                succeeded=False,
                actor="client",
                reference=refusal.reference,
                reason=refusal.why,
            )
        db.session.commit()
        return answers.refused_as_json(refusal)
    record(
        Event.TOKEN_ISSUED,
        actor="client",
        reference=code.reference,
        account_id=code.account_id,
        client_id=code.client_id,
        session_id=code.session_id,
    )
    db.session.commit()
    return answers.json(body)


def nothing_is_in_the_query(_sent: Parameters) -> None:
    """RFC 6749 section 2.3.1: addresses end up in logs."""
    if any(name in request.args for name in parameters.TOKEN):
        _refuse("parameters belong in the body, not in the address")


def the_body_is_a_form(_sent: Parameters) -> None:
    """RFC 6749 section 4.1.3."""
    if request.mimetype != FORM:
        _refuse("the body must be application/x-www-form-urlencoded")


def no_parameter_is_repeated(sent: Parameters) -> None:
    """RFC 6749 section 3.2."""
    if sent.repeated:
        _refuse("a parameter is there more than once")


def every_parameter_is_readable(sent: Parameters) -> None:
    """No control characters, no absurd length."""
    if sent.unreadable() or any(len(value) > LONGEST for value in sent.sent.values()):
        _refuse("a parameter cannot be read or is too long")


def grant_type_is_authorization_code(sent: Parameters) -> None:
    """RFC 6749 section 4.1.3. Whatever credentials another grant brought along are not even looked at."""
    if sent.get("grant_type") is None:
        _refuse("grant_type is missing")
    if sent.get("grant_type") != "authorization_code":
        raise RefusedToClient(
            Code.UNSUPPORTED_GRANT_TYPE,
            "another grant_type",
            says="grant_type can only be authorization_code",
        )


def the_code_is_there(sent: Parameters) -> None:
    """RFC 6749 section 4.1.3: redirect_uri too, because every authorization request had one."""
    for name in ("code", "redirect_uri"):
        if sent.get(name) is None:
            _refuse(f"{name} is missing")


CHECKS: Final[tuple[Callable[[Parameters], None], ...]] = (
    nothing_is_in_the_query,
    the_body_is_a_form,
    no_parameter_is_repeated,
    every_parameter_is_readable,
    grant_type_is_authorization_code,
    the_code_is_there,
)


def _refuse(why: str) -> None:
    raise RefusedToClient(Code.INVALID_REQUEST, why, says=why)
