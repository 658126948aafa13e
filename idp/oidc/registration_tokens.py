"""Initial access tokens (RFC 7591 section 3): the operator's leave to register, for so many clients and so long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, cast

from sqlalchemy import Table, select, update

from idp import clock, settings
from idp.assurance import REGISTRABLE, Assurance
from idp.audit import Event, record
from idp.database import connection, db
from idp.errors import WrongInput
from idp.models import Application, RegistrationToken
from idp.oidc import acr, profiles
from idp.secret_values import Secret, new_id, random_token

USUAL_LIFE: Final = timedelta(days=7)
LONGEST_LIFE: Final = timedelta(days=90)
MOST_CLIENTS: Final = 1_000

_ROWS: Final = cast(Table, RegistrationToken.__table__)


def issue(
    *,
    remark: str,
    profile: str,
    level: Assurance | None = None,
    scopes: Sequence[str] = (),
    application_id: str | None = None,
    is_test: bool = False,
    is_third_party: bool = True,
    most: int = 1,
    lasts: timedelta = USUAL_LIFE,
    actor: str,
) -> tuple[RegistrationToken, Secret]:
    """Make a token, shown once; what clients get with it is decided here. The caller commits.

    `WrongInput` for what no client could be registered with.
    """
    here = settings.current()
    policy = profiles.known().get(profile)
    if policy is None or profile not in here.enabled_profiles:
        raise WrongInput(
            f"{profile} is no profile of this deployment; it offers {', '.join(here.enabled_profiles)}"
        )
    if not 0 < len(remark) <= 100 or not remark.isprintable():
        raise WrongInput("say for whom the token is, in at most 100 characters")
    if not 1 <= most <= MOST_CLIENTS or not timedelta(0) < lasts <= LONGEST_LIFE:
        raise WrongInput(
            f"a token is for 1 to {MOST_CLIENTS} clients, and lasts {LONGEST_LIFE.days} days at most"
        )
    chosen = tuple(dict.fromkeys(scopes)) or policy.default_scopes
    if "openid" not in chosen or not set(chosen) <= set(policy.scopes):
        raise WrongInput(f"the scopes are some of {', '.join(policy.scopes)}, openid among them")
    application = None if application_id is None else db.session.get(Application, application_id)
    if application_id is not None and application is None:
        raise WrongInput(f"there is no application {application_id}")
    needed = None if application is None else Assurance.numbered(application.level)
    asked = level or needed or REGISTRABLE["substantieel"]
    if asked.level > acr.highest() or (needed is not None and not asked.covers(needed)):
        raise WrongInput(
            f"no client can be registered at {asked.label}, or its application asks more"
        )
    secret = Secret(random_token())
    row = RegistrationToken(
        id=new_id()[:12],
        digest=digest_of(secret.reveal()),
        remark=remark,
        profile=profile,
        level=asked.number,
        scopes=list(chosen),
        application_id=application_id,
        is_test=is_test,
        is_third_party=is_third_party,
        most=most,
        used=0,
        issued_by=actor,
        expires_at=clock.now() + lasts,
    )
    db.session.add(row)
    db.session.flush()
    record(
        Event.REGISTRATION_TOKEN_ISSUED,
        actor=actor,
        token=row.id,
        profile=profile,
        level=asked.label,
        most=most,
    )
    return row, secret


def withdraw(token_id: str, *, actor: str) -> RegistrationToken:
    """Nobody registers with it any more; the clients that did stay. `WrongInput` when there is none in force."""
    row = db.session.get(RegistrationToken, token_id)
    if row is None or row.withdrawn_at is not None:
        raise WrongInput(f"there is no token {token_id} in force")
    row.withdrawn_at = clock.now()
    record(Event.REGISTRATION_TOKEN_WITHDRAWN, actor=actor, token=token_id)
    return row


def listing() -> list[RegistrationToken]:
    """Every token ever issued, the youngest first."""
    return list(
        db.session.scalars(select(RegistrationToken).order_by(RegistrationToken.issued_at.desc()))
    )


def standing(row: RegistrationToken) -> str:
    """`open`, `withdrawn`, `expired` or `used`."""
    if row.withdrawn_at is not None:
        return "withdrawn"
    if row.expires_at <= clock.now():
        return "expired"
    return "used" if row.used >= row.most else "open"


def find(given: str) -> RegistrationToken | None:
    """The token in force with this text."""
    row = db.session.execute(
        select(RegistrationToken).where(RegistrationToken.digest == digest_of(given))
    ).scalar_one_or_none()
    return row if row is not None and standing(row) == "open" else None


def claim(token_id: str) -> bool:
    """Take one of its uses, before a client is made: of two at once for the last one, exactly one has it."""
    now = clock.now()
    won = connection().execute(
        update(_ROWS)
        .where(
            _ROWS.c.id == token_id,
            _ROWS.c.used < _ROWS.c.most,
            _ROWS.c.expires_at > now,
            _ROWS.c.withdrawn_at.is_(None),
        )
        .values(used=_ROWS.c.used + 1)
        .returning(_ROWS.c.id)
    )
    return won.one_or_none() is not None


def digest_of(given: str) -> str:
    """How a token lies in the database."""
    return settings.current().secret.digest("registration-token", given)
