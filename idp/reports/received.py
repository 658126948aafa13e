"""The body of a provider's request, before anybody knows whose it is: few bytes, of one type."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response, abort, request

from idp import settings

#: Most bytes of a request; what they send is a tenth of it.
LONGEST: Final = 16 * 1024


def body_of(gateway: str, content_type: str) -> bytes:
    """The bytes of this request; 404 unless the gateway is configured, 413 and 415 for what no provider sends."""
    here = settings.current()
    if gateway not in {*here.sms_gateway, *here.voice_gateway}:
        abort(Response(status=HTTPStatus.NOT_FOUND))
    if request.mimetype != content_type:
        abort(Response(status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE))
    if request.content_length is None or request.content_length > LONGEST:
        abort(Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
    return request.get_data(cache=False)


def refused() -> Response:
    """For who cannot show to be the provider: 403, and not why."""
    return Response(status=HTTPStatus.FORBIDDEN)


def unreadable() -> Response:
    """For a provider that sends what its documentation does not promise."""
    return Response(status=HTTPStatus.BAD_REQUEST)


def taken() -> Response:
    """Heard; the same for what changed nothing, so that nobody sends it again."""
    return Response(status=HTTPStatus.NO_CONTENT)
