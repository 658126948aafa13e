"""How answers leave: to a client over its redirect_uri (query or form_post), or as JSON that nobody may keep."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from flask import Response

from idp import metrics, pages, settings
from idp.oidc.asked import Asked
from idp.oidc.parameters import is_clean
from idp.oidc.refusals import RefusedToClient

#: RFC 6749 section 5.1; `Pragma` for older relying parties.
NEVER_KEPT: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def to_client(asked: Asked, fields: Mapping[str, str]) -> Response:
    """Send the browser back with an answer, `state` and `iss` (RFC 9207 section 2)."""
    state = asked.parameters.get("state")
    sent = dict(fields)
    if state is not None and is_clean(state):
        sent["state"] = state
    sent["iss"] = settings.current().issuer
    if asked.response_mode == "form_post":
        response = pages.show(
            "form-post",
            form_action=asked.client.form_action(asked.redirect_uri),
            action=asked.redirect_uri,
            fields=sent,
        )
        response.headers["Cache-Control"] = "no-store"
        return response
    return see_other(with_query(asked.redirect_uri, sent))


def refused(asked: Asked, refusal: RefusedToClient) -> Response:
    """Tell the client what went wrong (RFC 6749 section 4.1.2.1)."""
    metrics.REFUSALS.count("client", refusal.code.value)
    fields = {"error": refusal.code.value}
    if (description := refusal.description(asked.reference)) is not None:
        fields["error_description"] = description
    return to_client(asked, fields)


def with_query(address: str, fields: Mapping[str, str]) -> str:
    """A registered address, whose own query stays, with more parameters."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(fields, quote_via=quote)}"


def see_other(address: str) -> Response:
    """303: whatever the request was, the next one is a GET (RFC 9700 section 4.12)."""
    return Response(
        status=HTTPStatus.SEE_OTHER, headers={"Location": address, "Cache-Control": "no-store"}
    )


def json(
    body: Mapping[str, Any],
    *,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A JSON object that no cache keeps."""
    return Response(
        orjson.dumps(body),
        status=status,
        mimetype="application/json",
        headers={**NEVER_KEPT, **(headers or {})},
    )


def nothing(*, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Response:
    """An answer without a body, and so of no kind, that no cache keeps."""
    response = Response(status=status, headers={**NEVER_KEPT, **(headers or {})})
    del response.headers["Content-Type"]
    return response


def jwt(token: str) -> Response:
    """A JWT that no cache keeps (OpenID Connect Core section 5.3.2)."""
    return Response(token, mimetype="application/jwt", headers=NEVER_KEPT)


def refused_as_json(refusal: RefusedToClient) -> Response:
    """The error of an endpoint that clients call themselves (RFC 6749 section 5.2)."""
    metrics.REFUSALS.count("client", refusal.code.value)
    body = {"error": refusal.code.value}
    if (description := refusal.description(refusal.reference)) is not None:
        body["error_description"] = description
    headers = {}
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Basic realm="oauth2"'
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(refusal.retry_after)
    return json(body, status=refusal.status, headers=headers)
