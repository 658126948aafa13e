"""The challenges that keys answer: for one account or nobody yet, in one login, for one purpose, five minutes, once.

A page that is loaded again shows the challenge it showed before, as long as that leaves time enough to answer it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from sqlalchemy import select, update

from idp import clock
from idp.database import db
from idp.models import KeyChallenge
from idp.secret_values import random_token

LIFETIME: Final = timedelta(minutes=5)
"""WebAuthn Level 3 section 15.1 recommends five to ten minutes where user verification is preferred."""

ENROLMENT: Final = "enrolment"
STEP: Final = "step"
SIGN_IN: Final = "sign-in"
"""Instead of the password; whose key it is tells the answer."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the key has to sign, in base64url without padding, and how long it counts."""

    text: str
    milliseconds: int


class Asker(Protocol):
    """The login that asks, and for whom: `account_id` is empty where nobody has been named yet."""

    @property
    def id(self) -> str:
        """Of the login."""

    @property
    def account_id(self) -> str:
        """Of the account, or empty."""


def present(login: Asker, purpose: str) -> Challenge:
    """The challenge for a page that is shown now; commits, because it must be known before anybody answers it."""
    now = clock.now()
    row = db.session.scalars(
        select(KeyChallenge)
        .where(
            KeyChallenge.login_id == login.id,
            KeyChallenge.account_id == login.account_id,
            KeyChallenge.purpose == purpose,
            KeyChallenge.claimed_at.is_(None),
            KeyChallenge.expires_at > now + LIFETIME / 2,
        )
        .order_by(KeyChallenge.expires_at.desc())
        .limit(1)
    ).first()
    if row is None:
        row = KeyChallenge(
            challenge=random_token(),
            login_id=login.id,
            account_id=login.account_id,
            purpose=purpose,
            expires_at=now + LIFETIME,
        )
        db.session.add(row)
        db.session.flush()
    challenge = Challenge(row.challenge, int((row.expires_at - now).total_seconds() * 1000))
    db.session.commit()
    return challenge


def claim(login: Asker, purpose: str, text: str) -> bool:
    """Spend it by one statement: false when it is unknown, somebody else's, for something else, too old or spent."""
    now = clock.now()
    claimed = db.session.execute(
        update(KeyChallenge)
        .where(
            KeyChallenge.challenge == text,
            KeyChallenge.login_id == login.id,
            KeyChallenge.account_id == login.account_id,
            KeyChallenge.purpose == purpose,
            KeyChallenge.claimed_at.is_(None),
            KeyChallenge.expires_at > now,
        )
        .values(claimed_at=now)
        .returning(KeyChallenge.challenge)
        .execution_options(synchronize_session=False)
    )
    return claimed.scalar_one_or_none() is not None
