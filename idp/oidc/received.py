"""In which form a request comes: plain, signed, under an address of its client, or pushed; later it is all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from idp.oidc import request_objects, requests_fetched, requests_pushed
from idp.oidc.asked import Asked
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient

#: What chooses the form; a request in which one of them stands twice is taken as it is, and refused by the checks.
_DECIDING: Final = frozenset({"client_id", "request", "request_uri"})


def received(sent: Parameters, *, at: datetime, reference: str, pushed: str | None = None) -> Asked:
    """The request as it counts, or with `wrong` when it cannot be had; nothing of it is checked yet.

    With a form of its own, what stands beside it in the address counts for nothing, `client_id` excepted (RFC 9101
    section 6.3, RFC 9126 section 4).
    """
    beside = Asked(sent, at, reference, pushed)
    if beside.found is None or sent.repeated & _DECIDING:
        return beside
    if "request" in sent.sent and "request_uri" in sent.sent:
        why = "request and request_uri cannot come together"
        return replace(beside, wrong=RefusedToClient(Code.INVALID_REQUEST, why, says=why))
    if requests_pushed.is_handle(sent.get("request_uri")):
        return requests_pushed.opened(beside)
    if "request_uri" in sent.sent:
        return requests_fetched.opened(beside)
    if "request" in sent.sent:
        return request_objects.opened(beside, sent.sent["request"])
    if beside.client.require_signed_request_object:  # RFC 9101 section 10.5
        why = "this client must sign its requests"
        return replace(beside, wrong=RefusedToClient(Code.INVALID_REQUEST, why, says=why))
    return beside
