"""What a program is told of a request that no endpoint gets to read: another method, too large, another host."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Response

from idp.oidc import answers
from idp.oidc.refusals import Code, RefusedToClient

_SAYS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.METHOD_NOT_ALLOWED: "this endpoint has no such method",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request is too large",
    HTTPStatus.MISDIRECTED_REQUEST: "this is another host than that of the issuer",
    HTTPStatus.INTERNAL_SERVER_ERROR: "something went wrong on our side",
}


def told(status: HTTPStatus, reference: str) -> Response:
    """The same form as every other refusal of an endpoint (RFC 6749 section 5.2), with the status of HTTP."""
    code = Code.SERVER_ERROR if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Code.INVALID_REQUEST
    says = _SAYS.get(status, "the request cannot be read")
    return answers.refused_as_json(
        RefusedToClient(code, says, says=says, status=status, reference=reference)
    )
