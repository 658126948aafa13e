"""May this account use this application? One question, asked here by portal, token and desk alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, or_, select, update

from idp import clock
from idp.accounts import logouts
from idp.assurance import Level
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Application, ApplicationGrant
from idp.statements import Prepared


@dataclass(frozen=True, slots=True)
class GrantedApplication:
    """One entry of "Uw applicaties"."""

    id: str
    name: str
    description: str
    address: str
    roles: tuple[str, ...]


_IN_FORCE: Final = and_(
    ApplicationGrant.revoked_at.is_(None),
    ApplicationGrant.starts_at <= bindparam("now"),
    or_(ApplicationGrant.ends_at.is_(None), ApplicationGrant.ends_at > bindparam("now")),
)
_OF_ACCOUNT: Final = Prepared(
    select(
        Application.id,
        Application.name,
        Application.description,
        Application.address,
        ApplicationGrant.roles,
    )
    .select_from(ApplicationGrant.__table__)
    .join(Application.__table__, Application.id == ApplicationGrant.application_id)
    .where(
        ApplicationGrant.account_id == bindparam("account"),
        _IN_FORCE,
        Application.removed_at.is_(None),
    )
    .order_by(Application.position, Application.name, ApplicationGrant.created_at)
)
_OF_RELATION: Final = Prepared(
    select(Application.id, Application.name)
    .distinct()
    .select_from(Account.__table__)
    .join(ApplicationGrant.__table__, ApplicationGrant.account_id == Account.id)
    .join(Application.__table__, Application.id == ApplicationGrant.application_id)
    .where(Account.relation_id == bindparam("relation"), _IN_FORCE)
    .order_by(Application.name)
    .limit(bindparam("most"))
)
_LEVELS_OF_HOLDERS: Final = Prepared(
    select(Account.enrolment_level)
    .distinct()
    .select_from(ApplicationGrant.__table__)
    .join(Account.__table__, Account.id == ApplicationGrant.account_id)
    .where(ApplicationGrant.application_id == bindparam("application"), _IN_FORCE)
)
_MAY_USE: Final = Prepared(
    select(ApplicationGrant.id)
    .select_from(ApplicationGrant.__table__)
    .join(Application.__table__, Application.id == ApplicationGrant.application_id)
    .where(
        ApplicationGrant.account_id == bindparam("account"),
        ApplicationGrant.application_id == bindparam("application"),
        _IN_FORCE,
        Application.removed_at.is_(None),
    )
    .limit(1)
)


def of_account(account_id: str) -> tuple[GrantedApplication, ...]:
    """The applications that the account may use now, in the portal's order, roles of several grants joined."""
    rows = _OF_ACCOUNT.rows({"account": account_id, "now": clock.now()})
    found: dict[str, GrantedApplication] = {}
    for row in rows:
        roles = found[row.id].roles if row.id in found else ()
        roles += tuple(role for role in row.roles if role not in roles)
        found[row.id] = GrantedApplication(row.id, row.name, row.description, row.address, roles)
    return tuple(found.values())


def of_relation(relation_id: str, *, most: int) -> dict[str, str]:
    """Names of the applications that somebody of a relation may use now, by id; at most so many."""
    asked = {"relation": relation_id, "now": clock.now(), "most": most}
    return {row.id: row.name for row in _OF_RELATION.rows(asked)}


def levels_of_holders(application_id: str) -> frozenset[Level]:
    """At which levels the accounts are enrolled that may use an application now; empty when nobody may."""
    asked = {"application": application_id, "now": clock.now()}
    return frozenset(Level(row[0]) for row in _LEVELS_OF_HOLDERS.rows(asked))


def may_use(account_id: str, application_id: str) -> bool:
    """Whether a grant is in force now."""
    asked = {"account": account_id, "application": application_id, "now": clock.now()}
    return _MAY_USE.row(asked) is not None


def grant(
    account: Account,
    application: Application,
    *,
    roles: tuple[str, ...],
    starts_at: datetime | None,
    ends_at: datetime | None,
    actor: str,
) -> ApplicationGrant:
    """Give an account an application; a grant in force for the same pair is replaced."""
    now = clock.now()
    if ends_at is not None and ends_at <= (starts_at or now):
        raise WrongInput("the grant would end before it starts")
    if application.removed_at is not None:
        raise WrongInput(f"application {application.id} was removed")
    _withdraw(account, application, actor=actor)
    row = ApplicationGrant(
        account_id=account.id,
        application_id=application.id,
        roles=list(roles),
        starts_at=starts_at or now,
        ends_at=ends_at,
        granted_by=actor,
    )
    db.session.add(row)
    record(
        Event.APPLICATION_GRANTED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        application=application.id,
        roles=list(roles),
    )
    db.session.flush()
    if not may_use(account.id, application.id):  # it begins later than the one that it replaces
        logouts.leave_application(account.id, application.id, why="the grant was withdrawn")
    return row


def revoke(account: Account, application: Application, *, actor: str) -> None:
    """Take an application away, at once: what its clients hold for the account ends, and so do its sign-ins there.

    `WrongInput` when there was nothing to take.
    """
    if not _withdraw(account, application, actor=actor):
        raise WrongInput(f"{account.username} has no grant for {application.id}")
    logouts.leave_application(account.id, application.id, why="the grant was withdrawn")


def _withdraw(account: Account, application: Application, *, actor: str) -> bool:
    revoked = db.session.execute(
        update(ApplicationGrant)
        .where(
            ApplicationGrant.account_id == account.id,
            ApplicationGrant.application_id == application.id,
            ApplicationGrant.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
        .returning(ApplicationGrant.id)
    ).all()
    if not revoked:
        return False
    record(
        Event.APPLICATION_REVOKED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        application=application.id,
    )
    return True
