"""What every request that a client sends us itself has in common: how it is read, and how it is refused."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NoReturn

from flask import Response, request

from idp.audit import Event, record
from idp.database import db
from idp.oidc import answers, credentials, parameters
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient, refuse
from idp.oidc.registered import RegisteredClient
from idp.secret_values import new_reference

FORM: Final = "application/x-www-form-urlencoded"
#: Characters; the longest values that anybody sends are client assertions and signed tokens.
LONGEST: Final = 16 * 1024


def read(names: tuple[str, ...]) -> Parameters:
    """The parameters of the present request, once they can be relied on; else `RefusedToClient`."""
    sent = Parameters.of(request.form, names)
    for check in CHECKS:
        check(sent, names)
    return sent


def by_whom(sent: Parameters) -> RegisteredClient:
    """The client that sends the present request, once its credentials hold."""
    return credentials.authenticate(credentials.presented(request.headers, sent))


def about_a_token() -> tuple[RegisteredClient, str]:
    """Who sends a request about a token, and the token (RFC 7009 section 2.1, RFC 7662 section 2.1)."""
    sent = read(parameters.OF_A_TOKEN)
    client = by_whom(sent)
    token = sent.get("token")
    if token is None:
        _refuse("token is missing")
    return client, token


def credentials_are_needed(client: RegisteredClient) -> NoReturn:
    """Turn away a client that has none."""
    refuse(
        Code.INVALID_CLIENT,
        "a public client where credentials are needed",
        says="client authentication is needed",
        status=HTTPStatus.UNAUTHORIZED,
        client_id=client.client_id,
    )


def refused(refusal: RefusedToClient) -> Response:
    """The answer to a request that was refused; why is written down in the same transaction."""
    if refusal.reference is None:  # whoever knew more wrote it down
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


def nothing_is_in_the_query(_sent: Parameters, names: tuple[str, ...]) -> None:
    """RFC 6749 section 2.3.1: addresses end up in logs."""
    if any(name in request.args for name in names):
        _refuse("parameters belong in the body, not in the address")


def the_body_is_a_form(_sent: Parameters, _names: tuple[str, ...]) -> None:
    """RFC 6749 section 4.1.3."""
    if request.mimetype != FORM:
        _refuse("the body must be application/x-www-form-urlencoded")


def no_parameter_is_repeated(sent: Parameters, _names: tuple[str, ...]) -> None:
    """RFC 6749 section 3.2."""
    if sent.repeated:
        _refuse("a parameter is there more than once")


def every_parameter_is_readable(sent: Parameters, _names: tuple[str, ...]) -> None:
    """No control characters, no absurd length."""
    if sent.unreadable() or any(len(value) > LONGEST for value in sent.sent.values()):
        _refuse("a parameter cannot be read or is too long")


CHECKS: Final[tuple[Callable[[Parameters, tuple[str, ...]], None], ...]] = (
    nothing_is_in_the_query,
    the_body_is_a_form,
    no_parameter_is_repeated,
    every_parameter_is_readable,
)


def _refuse(why: str) -> NoReturn:
    raise RefusedToClient(Code.INVALID_REQUEST, why, says=why)
