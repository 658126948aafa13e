"""How a program is told what is wrong: problem details (RFC 9457), and a challenge where a token would help."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from flask import Response

from idp import metrics
from idp.errors import Refusal

MEDIA_TYPE: Final = "application/problem+json"
_NEVER_KEPT: Final = {"Cache-Control": "no-store"}


class Problem(Refusal):
    """What a program asked and does not get. `fields` are the members that are wrong, each with a Dutch sentence."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fields = fields or {}
        self.headers = headers or {}
        self.more = more


def no_token() -> Problem:
    """RFC 6750 section 3.1: no error code for who brought nothing."""
    challenge = {"WWW-Authenticate": 'Bearer realm="beheer"'}
    return Problem(HTTPStatus.UNAUTHORIZED, "Dit vraagt een access token.", headers=challenge)


def bad_token() -> Problem:
    """One answer for every reason why a token opens nothing here."""
    challenge = {"WWW-Authenticate": 'Bearer realm="beheer", error="invalid_token"'}
    detail = "Het access token is verlopen, ingetrokken, onbekend of niet voor deze API."
    return Problem(HTTPStatus.UNAUTHORIZED, detail, headers=challenge)


def scope_missing(scope: str) -> Problem:
    """RFC 6750 section 3.1: `insufficient_scope`, and which scope would do."""
    challenge = f'Bearer realm="beheer", error="insufficient_scope", scope="{scope}"'
    detail = f"Dit vraagt een access token met scope {scope}."
    return Problem(HTTPStatus.FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})


def answer(problem: Problem) -> Response:
    """The problem, as it goes over the wire."""
    metrics.REFUSALS.count("client", f"beheer-{int(problem.status)}")
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.status.phrase,
        "status": int(problem.status),
        "detail": problem.detail,
    }
    if problem.fields:
        body["velden"] = dict(problem.fields)
    return Response(
        orjson.dumps(body | problem.more),
        status=problem.status,
        mimetype=MEDIA_TYPE,
        headers={**_NEVER_KEPT, **problem.headers},
    )


_SAYS: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.NOT_FOUND: "Dit adres bestaat niet.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Dit adres kent deze methode niet.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Het verzoek is te groot: hoogstens 64 KiB.",
    HTTPStatus.MISDIRECTED_REQUEST: "Dit is een andere host dan die van de issuer.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Er ging bij ons iets mis.",
}


def told(status: HTTPStatus, reference: str) -> Response:
    """What a request is told that no operation gets to read."""
    detail = _SAYS.get(status, "Het verzoek is niet te lezen.")
    return answer(Problem(status, detail, kenmerk=reference))
