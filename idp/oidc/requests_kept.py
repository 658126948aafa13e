"""Authorization requests that wait for a sign-in: kept by the server, bound to one browser, answered once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, NoReturn, cast

from sqlalchemy import Table, bindparam, insert, select, update

from idp import clock
from idp.accounts import sessions
from idp.assurance import Demands
from idp.audit import Event, record
from idp.database import connection, db
from idp.errors import RefusedOnOurPage
from idp.models import AuthorizationRequest, Session
from idp.oidc import registered, requests_pushed
from idp.oidc.asked import Asked
from idp.secret_values import new_id
from idp.statements import Prepared

#: As long as the sign-in that it waits for can be taken up again.
LIFETIME: Final = timedelta(hours=8)
#: The browser of a request that was posted from another site, which brings no cookies: whoever opens its address first.
UNBOUND: Final = ""
_ID: Final = re.compile(r"[0-9a-f]{32}")


_ROWS: Final = cast(Table, AuthorizationRequest.__table__)
_KEEP: Final = Prepared(insert(_ROWS))
_LOAD: Final = Prepared(select(_ROWS).where(_ROWS.c.id == bindparam("which")))
_ANSWER: Final = Prepared(
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("which"), _ROWS.c.answered_at.is_(None))
    .values(answered_at=bindparam("now"))
    .returning(_ROWS.c.id)
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One request that waits."""

    id: str
    client_id: str
    browser: str
    parameters: Mapping[str, str]
    reference: str
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    pushed: str | None


def keep(asked: Asked, *, browser: str, demands: Demands | None = None) -> Kept:
    """Store a checked request for the browser with this digest; does not commit."""
    kept = Kept(
        id=new_id(),
        client_id=asked.client.client_id,
        browser=browser,
        parameters=dict(asked.parameters.sent),
        reference=asked.reference,
        created_at=asked.at,
        expires_at=asked.at + LIFETIME,
        answered_at=None,
        pushed=asked.pushed,
    )
    _KEEP.send(
        {
            "id": kept.id,
            "client_id": kept.client_id,
            "browser": browser,
            "parameters": kept.parameters,
            "demands": {} if demands is None else demands.to_json(),
            "reference": kept.reference,
            "created_at": kept.created_at,
            "expires_at": kept.expires_at,
            "answered_at": None,
            "pushed": kept.pushed,
        },
    )
    return kept


def address(kept: Kept) -> str:
    """Where the browser goes on with it."""
    return f"/oauth2/authorize/{kept.id}"


def load(request_id: str, *, browser: str) -> Kept:
    """The request of that address, if it waits for this browser.

    `RefusedOnOurPage` with a way on: `session-expired` when it is over or unknown, `other-browser` when it waits
    elsewhere, `out-of-turn` when it was answered.
    """
    kept = _read(request_id) if _ID.fullmatch(request_id) else None
    if kept is None or kept.expires_at <= clock.now():
        raise RefusedOnOurPage(
            "session-expired",
            HTTPStatus.BAD_REQUEST,
            "the authorization request is over or unknown",
        )
    if kept.browser == UNBOUND:
        kept = _bind(kept, browser)
    if kept.browser != browser:
        _refuse(
            kept,
            Event.FOREIGN_BROWSER,
            "other-browser",
            HTTPStatus.BAD_REQUEST,
            "it waits in another browser",
        )
    if kept.answered_at is not None:
        _refuse(
            kept, Event.OUT_OF_TURN, "out-of-turn", HTTPStatus.CONFLICT, "it was answered already"
        )
    return kept


def answer_once(asked: Asked, kept: Kept | None) -> None:
    """Claim the right to answer, before anything is made: of two tabs at one moment one is told so.

    A pushed request is claimed here too, not when its page opens: it may be opened again until somebody signed in.
    """
    won = kept is None or (  # answered at its first visit, never stored
        _ANSWER.row({"which": kept.id, "now": clock.now()}) is not None
    )
    if not won or (asked.pushed is not None and not requests_pushed.claim(asked.pushed)):
        _refuse(
            asked, Event.OUT_OF_TURN, "out-of-turn", HTTPStatus.CONFLICT, "it was answered already"
        )


def hinted_account(asked: Asked) -> str | None:
    """Whom `id_token_hint` is about, for as long as we remember the session that it tells of."""
    sid = None if asked.hint is None else asked.hint.get("sid")
    if not isinstance(sid, str):
        return None
    session_id = sessions.session_of_sid(sid, asked.client.client_id)
    return db.session.execute(
        select(Session.account_id).where(Session.id == session_id)
    ).scalar_one_or_none()


def _read(request_id: str) -> Kept | None:
    row = _LOAD.row({"which": request_id})
    if row is None:
        return None
    return Kept(
        id=row.id,
        client_id=row.client_id,
        browser=row.browser,
        parameters=row.parameters,
        reference=row.reference,
        created_at=row.created_at,
        expires_at=row.expires_at,
        answered_at=row.answered_at,
        pushed=row.pushed,
    )


def _bind(kept: Kept, browser: str) -> Kept:
    """It is this browser's from now on, unless another was first."""
    connection().execute(
        update(_ROWS)
        .where(_ROWS.c.id == kept.id, _ROWS.c.browser == UNBOUND)
        .values(browser=browser)
    )
    return _read(kept.id) or kept


def _refuse(
    which: Kept | Asked, event: Event, error: str, status: HTTPStatus, why: str
) -> NoReturn:
    reference = which.reference
    client_id = which.client_id if isinstance(which, Kept) else which.client.client_id
    record(
        event,
        succeeded=False,
        reference=reference,
        client_id=client_id,
        reason=f"authorization request: {why}",
    )
    client = registered.load(client_id)
    db.session.commit()
    way_on = None if client is None else client.initiate_login_uri
    raise RefusedOnOurPage(error, status, why, reference=reference, way_on=way_on or "/")
