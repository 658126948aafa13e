"""Who of the body has a role at the desk: given and taken by a colleague who may, never one's own."""

from __future__ import annotations

from sqlalchemy import select

from idp import settings
from idp.accounts import directory, notices
from idp.accounts.notices import Notice
from idp.audit import Event, errand_is, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account
from idp.servicedesk import changes
from idp.servicedesk.actions import Outcome
from idp.servicedesk.errands import Errand
from idp.servicedesk.roles import Right, Role, Worker

MOST = 200


def all_of_them() -> list[Account]:
    """Everybody with a role, by name."""
    statement = select(Account).where(Account.desk_role.is_not(None))
    return list(db.session.scalars(statement.order_by(Account.name).limit(MOST)))


def found(number: str, username: str, *, by: Worker) -> Account:
    """The account that may get a role: one of the body's own; `WrongInput` for another, and for none."""
    account = directory.lookup(directory.normal_number(number), directory.username_key(username))
    if account is None:
        raise WrongInput("er is geen account met dit relatienummer en deze gebruikersnaam")
    if account.relation.number != _body(by):
        raise WrongInput("alleen accounts van de eigen organisatie krijgen een rol")
    return account


def change_role(account_id: str, role: str, *, by: Worker, version: int, errand: Errand) -> Outcome:
    """Give this role, or none (empty); holds from the next page that they open.

    `WrongInput` for one's own account, `ChangedMeanwhile` when the account is not as the form showed it.
    """
    if not by.may(Right.CHANGE_COLLEAGUES):
        raise WrongInput("dit hoort niet bij uw rol")
    if account_id == by.id:
        raise WrongInput("uw eigen rol wijzigt een ander")
    errand_is(errand.details)
    account = changes.hold(account_id, version)
    if role and account.relation.number != _body(by):
        raise WrongInput("alleen accounts van de eigen organisatie krijgen een rol")
    if role and role not in set(Role):
        raise WrongInput("kies een rol")
    before = account.desk_role
    if (role or None) == before:
        raise WrongInput("dat is de rol al")
    account.desk_role = role or None
    db.session.flush()
    record(
        Event.DESK_ROLE_CHANGED,
        actor=by.actor,
        account_id=account.id,
        relation_id=account.relation_id,
        role=role or None,
        before=before,
    )
    notices.tell(account.id, Notice.DESK_ROLE_CHANGED)
    return Outcome("rol")


def _body(by: Worker) -> str | None:
    """The relatienummer of the body itself: as set, or else that of who gives the role."""
    if number := settings.current().desk_relation:
        return number
    own = directory.get(by.id) if by.id is not None else None
    return own.relation.number if own is not None else None
