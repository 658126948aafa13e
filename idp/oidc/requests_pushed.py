"""Pushed authorization requests (RFC 9126) that wait for their browser: by digest, for one client, for one answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final, cast

from sqlalchemy import Table, bindparam, insert, select, update

from idp import clock, settings
from idp.errors import RefusedOnOurPage
from idp.models import PushedRequest
from idp.oidc.asked import Asked
from idp.oidc.parameters import Parameters
from idp.secret_values import random_token
from idp.statements import Prepared

#: From the push until its page is opened first; signing in may take longer (RFC 9126 section 2.2: 5 to 600 seconds).
LIFETIME: Final = timedelta(seconds=90)
_URN: Final = "urn:ietf:params:oauth:request_uri:"

_ROWS: Final = cast(Table, PushedRequest.__table__)
_PUSH: Final = Prepared(insert(_ROWS))
_OPEN: Final = Prepared(
    select(_ROWS).where(
        _ROWS.c.digest == bindparam("which"), _ROWS.c.client_id == bindparam("whose")
    )
)
_CLAIM: Final = Prepared(
    update(_ROWS)
    .where(_ROWS.c.digest == bindparam("which"), _ROWS.c.claimed_at.is_(None))
    .values(claimed_at=bindparam("now"))
    .returning(_ROWS.c.digest)
)


def new_handle() -> str:
    """A `request_uri` of 256 random bits."""
    return f"{_URN}{random_token()}"


def is_handle(request_uri: str | None) -> bool:
    """Whether it has the form of one of ours."""
    return request_uri is not None and request_uri.startswith(_URN)


def digest_of(handle: str) -> str:
    """How a handle lies in the database."""
    return settings.current().secret.digest("pushed-request", handle)


def keep(asked: Asked) -> None:
    """Store a checked request under the digest that it carries; does not commit."""
    assert asked.pushed is not None
    _PUSH.send(
        {
            "digest": asked.pushed,
            "client_id": asked.client.client_id,
            "parameters": dict(asked.parameters.sent),
            "reference": asked.reference,
            "expires_at": asked.at + LIFETIME,
            "claimed_at": None,
        },
    )


def opened(beside: Asked) -> Asked:
    """The request of the handle that came; `wrong` when it is unknown, another client's, over, or answered.

    Opening takes nothing away: a browser that fetches an address twice, or a person who reloads, is no thief.
    """
    which = digest_of(beside.parameters.sent["request_uri"])
    row = _OPEN.row({"which": which, "whose": beside.client.client_id})
    if row is None:
        return _wrong(beside, "client-request", "no such pushed request of this client")
    if row.claimed_at is not None:
        return _wrong(beside, "out-of-turn", "the pushed request was answered already")
    if row.expires_at <= clock.now():
        return _wrong(beside, "session-expired", "the pushed request was opened too late")
    return Asked(Parameters(row.parameters), beside.at, row.reference, which)


def claim(which: str) -> bool:
    """Take the right to answer: of two at once exactly one has it."""
    won = _CLAIM.row({"which": which, "now": clock.now()})
    return won is not None


def _wrong(beside: Asked, error: str, why: str) -> Asked:
    status = HTTPStatus.CONFLICT if error == "out-of-turn" else HTTPStatus.BAD_REQUEST
    page = RefusedOnOurPage(
        error,
        status,
        why,
        reference=beside.reference,
        detail_code="request_uri",
        way_on=beside.client.initiate_login_uri or "/",
        here="/",
    )
    return replace(beside, wrong=page)
