"""In which form an authorization request comes: plain, or pushed before. From here on that makes no difference."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from idp.oidc import requests_pushed
from idp.oidc.asked import Asked
from idp.oidc.parameters import Parameters

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
    if requests_pushed.is_handle(sent.get("request_uri")):
        return requests_pushed.opened(beside)
    return beside
