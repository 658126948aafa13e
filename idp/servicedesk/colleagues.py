"""Who of the body has a role at the desk: given by two colleagues who may, taken by one; never one's own."""

from __future__ import annotations

from sqlalchemy import select

from idp import settings
from idp.accounts import directory, notices
from idp.accounts.notices import Notice
from idp.audit import Event, errand_is, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account
from idp.servicedesk import changes, requests
from idp.servicedesk.actions import Outcome
from idp.servicedesk.errands import Errand
from idp.servicedesk.requests import errand_of
from idp.servicedesk.roles import Right, Role, Worker
from idp.servicedesk.sensitive import Action, Rule

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


def change_role(
    account_id: str,
    role: str,
    *,
    by: Worker,
    version: int,
    errand: Errand,
    agreed: bool = False,
) -> Outcome:
    """Take the role away (empty) at once, or ask a second colleague to agree to another one.

    Who could give roles alone would agree with themselves, as somebody else, to everything that takes two.
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
    if (role or None) == account.desk_role:
        raise WrongInput("dat is de rol al")
    if role and not agreed:
        asked = requests.ask(
            Action.GIVE_ROLE,
            Rule.ROLE,
            by=by,
            relation=account.relation,
            account=account,
            errand=errand,
            given={"rol": role},
        )
        return Outcome("gevraagd", request=asked)
    write_role(account, Role(role) if role else None, actor=by.actor)
    return Outcome("rol")


def give_role_as_asked(request_id: str, *, by: Worker, version: int) -> Outcome:
    """One's own request that a colleague agreed to; it works once."""
    asked = requests.take(request_id, by=by)
    if asked.account_id is None or asked.action != Action.GIVE_ROLE:
        raise WrongInput("dit verzoek gaat niet over een rol")
    return change_role(
        asked.account_id,
        requests.given(asked)["rol"],
        by=by,
        version=version,
        errand=errand_of(asked),
        agreed=True,
    )


def write_role(account: Account, role: Role | None, *, actor: str) -> None:
    """Give this role, or none; holds from the next page that they open, and the person is told."""
    before, account.desk_role = account.desk_role, role and role.value
    db.session.flush()
    record(
        Event.DESK_ROLE_CHANGED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        role=account.desk_role,
        before=before,
    )
    notices.tell(account.id, Notice.DESK_ROLE_CHANGED)


def _body(by: Worker) -> str | None:
    """The relatienummer of the body itself: as set, or else that of who gives the role."""
    if number := settings.current().desk_relation:
        return number
    own = directory.get(by.id) if by.id is not None else None
    return own.relation.number if own is not None else None
