"""Finding relations, accounts and applications by what a caller says."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from idp.accounts import directory
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Application, AuditEvent, Relation
from idp.servicedesk.diagnosis import normal_reference


@dataclass(frozen=True, slots=True)
class FoundRelation:
    """A relation, as the list shows it."""

    id: str
    number: str
    name: str
    kind: str
    blocked: bool


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account, as the list shows it."""

    id: str
    relation_number: str
    relation_name: str
    username: str
    name: str
    standing: str


@dataclass(frozen=True, slots=True)
class FoundApplication:
    """An application, as the list shows it."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a search finds."""

    relations: tuple[FoundRelation, ...]
    accounts: tuple[FoundAccount, ...]
    applications: tuple[FoundApplication, ...]
    reference: str | None


def search(text: str, *, limit: int = 20) -> Found:
    """What has this number, or a name that holds this text; at most `limit` of each kind."""
    number = directory.normal_number(text)
    relations = db.session.scalars(
        select(Relation)
        .where(or_(Relation.number == number, Relation.name.icontains(text, autoescape=True)))
        .limit(limit)
    )
    accounts = db.session.scalars(
        select(Account)
        .where(
            or_(
                Account.username_key == directory.username_key(text),
                Account.name.icontains(text, autoescape=True),
            )
        )
        .limit(limit)
    )
    applications = db.session.scalars(
        select(Application).where(Application.name.icontains(text, autoescape=True)).limit(limit)
    )
    return Found(
        tuple(
            FoundRelation(one.id, one.number, one.name, one.kind, one.blocked_at is not None)
            for one in relations
        ),
        tuple(
            FoundAccount(
                one.id, one.relation.number, one.relation.name, one.username, one.name, one.standing
            )
            for one in accounts
        ),
        tuple(FoundApplication(one.id, one.name) for one in applications),
        _reference(text),
    )


def _reference(text: str) -> str | None:
    try:
        reference = normal_reference(text)
    except WrongInput:
        return None
    known = select(AuditEvent.id).where(AuditEvent.reference == reference).limit(1)
    return reference if db.session.execute(known).first() else None
