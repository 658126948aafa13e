"""Who at the desk looks after which application: an *applicatiebeheerder* sees and gives only those."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, delete, select

from idp import clock
from idp.audit import Event, record
from idp.database import db, insert
from idp.models import Account, Application, ApplicationSteward
from idp.servicedesk.roles import Role
from idp.servicedesk.unfit import Unfit

_MANAGES: Final[ColumnElement[bool]] = (
    Account.desk_role == Role.APPLICATIEBEHEERDER.value
) & Account.blocked_at.is_(None)


def stewards_of(application_id: str) -> tuple[Account, ...]:
    """Who looks after an application, by user name."""
    return tuple(
        db.session.scalars(
            select(Account)
            .join(ApplicationSteward, ApplicationSteward.account_id == Account.id)
            .where(ApplicationSteward.application_id == application_id)
            .order_by(Account.username_key)
        )
    )


def could_be_stewards(application_id: str) -> tuple[Account, ...]:
    """*Applicatiebeheerders* who do not look after it yet, two hundred at most."""
    already = select(ApplicationSteward.account_id).where(
        ApplicationSteward.application_id == application_id
    )
    return tuple(
        db.session.scalars(
            select(Account)
            .where(_MANAGES, Account.id.not_in(already))
            .order_by(Account.username_key)
            .limit(200)
        )
    )


def add_steward(application: Application, account_id: str, *, actor: str) -> None:
    """Let an *applicatiebeheerder* look after an application; `Unfit` for anybody else."""
    account = db.session.scalars(
        select(Account).where(Account.id == account_id, _MANAGES)
    ).one_or_none()
    if account is None:
        raise Unfit(
            "beheerder",
            "only an account with the role applicatiebeheerder can be steward",
            "Kies iemand met de rol applicatiebeheerder.",
        )
    added = db.session.execute(
        insert(ApplicationSteward)
        .values(
            application_id=application.id,
            account_id=account_id,
            given_by=actor,
            given_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(ApplicationSteward.account_id)
    ).first()
    if added is not None:
        _steward_changed(Event.STEWARD_ADDED, application, account, actor)


def remove_steward(application: Application, account_id: str, *, actor: str) -> None:
    """Somebody looks after an application no more; nothing happens when nobody of that id did."""
    removed = db.session.execute(
        delete(ApplicationSteward)
        .where(
            ApplicationSteward.application_id == application.id,
            ApplicationSteward.account_id == account_id,
        )
        .returning(ApplicationSteward.account_id)
    ).first()
    if removed is not None:
        account = db.session.get_one(Account, account_id)
        _steward_changed(Event.STEWARD_REMOVED, application, account, actor)


def _steward_changed(event: Event, application: Application, account: Account, actor: str) -> None:
    record(
        event,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        application=application.id,
    )
