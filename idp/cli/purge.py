"""`idp purge`: what has expired goes. Run it every night."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

import click
from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, or_, select
from sqlalchemy.orm import aliased

from idp import clock
from idp.audit import Event, expiry, record
from idp.cli.answers import json_option, listing
from idp.cli.work import at_work, operator
from idp.database import Base, db
from idp.models import (
    AccessToken,
    Account,
    AuthorizationCode,
    AuthorizationRequest,
    Credential,
    Delivery,
    DeskEntry,
    DeskRequest,
    DeskSupply,
    KeyChallenge,
    Letter,
    LetterBatch,
    LoginTransaction,
    MailedSecret,
    OutboxMessage,
    OutgoingMessage,
    Passcode,
    PushedRequest,
    RefreshToken,
    Session,
    SessionClient,
    SpentAssertion,
    ThrottleCounter,
)
from idp.servicedesk import supplies

#: A day longer than needed, so that a replay or a late visitor still gets the true reason.
GRACE = timedelta(days=1)
#: Ended sessions stay this long, because `sid` in a late sign-out names one.
SESSIONS_STAY = timedelta(days=30)
#: Proof of what was posted: as long as security events (BIO 8.15.04), counted as days.
LETTERS_STAY = timedelta(days=548)
#: What was asked of two holds addresses; that it was asked, and by whom, stands in the audit trail.
REQUESTS_STAY = timedelta(days=30)


@click.command()
@json_option
def purge(as_json: bool) -> None:
    """Delete what has expired; run it every night.

    Sign-ins, requests, codes, tokens, sessions, counters, and audit events after the months of their class.
    """
    now = clock.now()
    with at_work():
        rows = []
        for table, which in _expired(now):
            # `synchronize_session`: no object of these tables is in memory
            statement = delete(table).where(which).execution_options(synchronize_session=False)
            gone = cast("CursorResult[Any]", db.session.execute(statement)).rowcount
            db.session.commit()  # table by table: a long lock would make sign-ins wait
            rows.append({"what": table.__tablename__, "deleted": gone})
        rows.append({"what": "audit_event", "deleted": expiry.expire()})
        record(
            Event.PURGED, actor=operator(), deleted={row["what"]: row["deleted"] for row in rows}
        )
        db.session.commit()
    listing(rows, {"what": "TABLE", "deleted": "DELETED"}, in_json=as_json, none="")


def _expired(now: datetime) -> list[tuple[type[Base], ColumnElement[bool]]]:
    """Each table with its condition, in an order that foreign keys allow."""
    long_ago = now - GRACE
    return [
        (LoginTransaction, LoginTransaction.expires_at < long_ago),
        (AuthorizationRequest, AuthorizationRequest.expires_at < long_ago),
        (PushedRequest, PushedRequest.expires_at < long_ago),
        (AuthorizationCode, AuthorizationCode.expires_at < long_ago),
        (AccessToken, AccessToken.expires_at < long_ago),
        (RefreshToken, RefreshToken.expires_at < long_ago),
        (SpentAssertion, SpentAssertion.expires_at < now),
        (Passcode, Passcode.expires_at < long_ago),
        (MailedSecret, MailedSecret.expires_at < long_ago),
        (KeyChallenge, KeyChallenge.expires_at < long_ago),
        (Credential, and_(Credential.confirmed_at.is_(None), Credential.created_at < long_ago)),
        (ThrottleCounter, ThrottleCounter.expires_at < now),
        (OutboxMessage, OutboxMessage.sent_at < long_ago),
        (OutgoingMessage, OutgoingMessage.expires_at < long_ago),
        (Delivery, Delivery.ended_at < now - SESSIONS_STAY),
        (DeskEntry, _left(long_ago)),
        (SessionClient, SessionClient.session_id.in_(select(Session.id).where(_over(now)))),
        (Session, _over(now)),
        (DeskSupply, and_(DeskSupply.at < long_ago - supplies.COUNTS_FOR, ~_works_still())),
        (DeskRequest, DeskRequest.expires_at < now - REQUESTS_STAY),
        (Letter, Letter.asked_at < now - LETTERS_STAY),
        (LetterBatch, LetterBatch.made_at < now - LETTERS_STAY),
    ]


def _works_still() -> ColumnElement[bool]:
    """Start passwords that were passed on and not replaced: who saw one is asked about for as long."""
    waits = select(Account.id).where(
        Account.id == DeskSupply.account_id, Account.password_is_temporary.is_(True)
    )
    return and_(DeskSupply.item == supplies.Item.PASSWORD.value, waits.exists())


def _left(long_ago: datetime) -> ColumnElement[bool]:
    """Entries of the desk that were never used, or whose session is over."""
    over = select(Session.id).where(or_(Session.expires_at < long_ago, Session.ended_at < long_ago))
    return and_(
        DeskEntry.expires_at < long_ago,
        or_(DeskEntry.cookie.is_(None), DeskEntry.session_id.in_(over)),
    )


def _over(now: datetime) -> ColumnElement[bool]:
    """Sessions long over, but the last one of each account: the portal tells when somebody was here before."""
    cutoff, later = now - SESSIONS_STAY, aliased(Session)
    given = (AuthorizationCode, AccessToken, RefreshToken)
    return and_(
        or_(Session.expires_at < cutoff, Session.ended_at < cutoff),
        exists().where(
            later.account_id == Session.account_id, later.created_at > Session.created_at
        ),
        *(~exists().where(each.session_id == Session.id) for each in given),
    )
