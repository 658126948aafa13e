"""The person behind a code or a token, as long as account, relation and session stand; one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, func, select

from idp import clock
from idp.assurance import Level
from idp.models import Account, Relation, Session
from idp.statements import Prepared


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, as far as tokens tell of people."""

    account_id: str
    relation_id: str
    username: str
    name: str
    email_sealed: bytes | None
    personal_sealed: bytes | None
    updated_at: datetime
    relation_number: str
    relation_name: str
    enrolled_at: Level


COLUMNS: Final = (
    Account.id.label("account_id"),
    Account.relation_id,
    Account.username,
    Account.name,
    Account.email_sealed,
    Account.personal_sealed,
    func.coalesce(Account.updated_at, Account.created_at).label("updated_at"),
    Relation.number.label("relation_number"),
    Relation.name.label("relation_name"),
    Account.enrolment_level,
)


def in_force() -> tuple[ColumnElement[bool], ...]:
    """The conditions under which somebody counts as signed in; binds `now`."""
    return (
        Session.ended_at.is_(None),
        Session.expires_at > bindparam("now"),
        Account.blocked_at.is_(None),
        Relation.blocked_at.is_(None),
    )


_OF_SESSION: Final = Prepared(
    select(*COLUMNS)
    .select_from(Session.__table__)
    .join(Account.__table__, Account.id == Session.account_id)
    .join(Relation.__table__, Relation.id == Account.relation_id)
    .where(Session.id == bindparam("session"), *in_force())
)


def of_session(session_id: str) -> Person | None:
    """Whose session it is; `None` once it ended or account or relation is blocked."""
    row = _OF_SESSION.row({"session": session_id, "now": clock.now()})
    return None if row is None else from_row(row)


def from_row(row: Any) -> Person:
    """A person from the columns above."""
    return Person(
        account_id=row.account_id,
        relation_id=row.relation_id,
        username=row.username,
        name=row.name,
        email_sealed=row.email_sealed,
        personal_sealed=row.personal_sealed,
        updated_at=row.updated_at,
        relation_number=row.relation_number,
        relation_name=row.relation_name,
        enrolled_at=Level(row.enrolment_level),
    )
