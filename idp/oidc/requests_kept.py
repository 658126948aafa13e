"""Authorization requests that wait for a sign-in: kept by the server, bound to one browser, answered once."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus
from typing import Final, NoReturn, cast

from sqlalchemy import Table, bindparam, select, update

from idp import clock
from idp.accounts import sessions
from idp.assurance import Demands
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.models import AuthorizationRequest, Session
from idp.oidc import registered
from idp.oidc.asked import Asked

#: As long as the sign-in that it waits for can be taken up again.
LIFETIME: Final = timedelta(hours=8)
#: The browser of a request that was posted from another site, which brings no cookies: whoever opens its address first.
UNBOUND: Final = ""
_ID: Final = re.compile(r"[0-9a-f]{32}")


_ROWS: Final = cast(Table, AuthorizationRequest.__table__)
_ANSWER: Final = (
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("which"), _ROWS.c.answered_at.is_(None))
    .values(answered_at=bindparam("now"))
    .returning(_ROWS.c.id)
)


def keep(asked: Asked, *, browser: str, demands: Demands | None = None) -> AuthorizationRequest:
    """Store a checked request for the browser with this digest; does not commit."""
    kept = AuthorizationRequest(
        client_id=asked.client.client_id,
        browser=browser,
        parameters=dict(asked.parameters.sent),
        demands={} if demands is None else demands.to_json(),
        reference=asked.reference,
        created_at=asked.at,
        expires_at=asked.at + LIFETIME,
    )
    db.session.add(kept)
    db.session.flush()
    return kept


def address(kept: AuthorizationRequest) -> str:
    """Where the browser goes on with it."""
    return f"/oauth2/authorize/{kept.id}"


def load(request_id: str, *, browser: str) -> AuthorizationRequest:
    """The request of that address, if it waits for this browser.

    `RefusedOnOurPage` with a way on: `session-expired` when it is over or unknown, `other-browser` when it waits
    elsewhere, `out-of-turn` when it was answered.
    """
    kept = db.session.get(AuthorizationRequest, request_id) if _ID.fullmatch(request_id) else None
    if kept is None or kept.expires_at <= clock.now():
        raise RefusedOnOurPage(
            "session-expired",
            HTTPStatus.BAD_REQUEST,
            "the authorization request is over or unknown",
        )
    if kept.browser == UNBOUND:
        _bind(kept, browser)
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


def answer_once(kept: AuthorizationRequest | None) -> None:
    """Claim the right to answer, before anything is made: of two tabs at one moment one is told so."""
    if kept is None:  # answered at its first visit, never stored
        return
    won = (
        db.session.connection()
        .execute(_ANSWER, {"which": kept.id, "now": clock.now()})
        .one_or_none()
    )
    if won is None:
        _refuse(
            kept, Event.OUT_OF_TURN, "out-of-turn", HTTPStatus.CONFLICT, "it was answered already"
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


def _bind(kept: AuthorizationRequest, browser: str) -> None:
    db.session.execute(
        update(AuthorizationRequest)
        .where(AuthorizationRequest.id == kept.id, AuthorizationRequest.browser == UNBOUND)
        .values(browser=browser)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(kept)


def _refuse(
    kept: AuthorizationRequest, event: Event, error: str, status: HTTPStatus, why: str
) -> NoReturn:
    reference, client_id = kept.reference, kept.client_id
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
