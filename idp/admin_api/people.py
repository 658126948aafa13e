"""Relations and accounts for programs: found, shown and blocked; and a reference code in words."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from sqlalchemy import select, tuple_

from idp.accounts import credentials, directory, grants
from idp.admin_api.door import Answer, Asked, not_found
from idp.admin_api.problems import Problem
from idp.admin_api.shapes import moment
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Relation
from idp.servicedesk import actions, changes, diagnosis, relation_actions, requests
from idp.servicedesk.application_access import cursor, place
from idp.servicedesk.roles import Role
from idp.servicedesk.search import search

#: Lines of one page.
PAGE: Final = 100


def find(asked: Asked) -> Answer:
    """What a search finds, at most twenty of each kind."""
    found = search(" ".join(asked.query["zoek"].split())[:200])
    record(
        Event.DESK_SEARCHED,
        actor=asked.actor,
        client_id=asked.client_id,
        relations=len(found.relations),
        accounts=len(found.accounts),
    )
    accounts = db.session.scalars(
        select(Account)
        .where(Account.id.in_([each.id for each in found.accounts]))
        .order_by(Account.username_key)
    )
    return Answer(
        {
            "relaties": [
                {
                    "id": each.id,
                    "relatienummer": each.number,
                    "naam": each.name,
                    "soort": each.kind,
                    "geblokkeerd": each.blocked,
                }
                for each in found.relations
            ],
            "accounts": [account_in_short(each) for each in accounts],
            "applicaties": [{"id": each.id, "naam": each.name} for each in found.applications],
            "kenmerk": found.reference,
        }
    )


def relations(asked: Asked) -> Answer:
    """Relations by number, all or of one kind."""
    order = (Relation.number, Relation.id)
    chosen = select(Relation).order_by(*order).limit(PAGE + 1)
    if kind := asked.query.get("soort"):
        chosen = chosen.where(Relation.kind == kind)
    if after := asked.query.get("cursor"):
        chosen = chosen.where(tuple_(*order) > tuple_(*place(after, 2)))
    rows = db.session.scalars(chosen).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Answer(
        {
            "regels": [_relation(each) for each in rows[:PAGE]],
            "volgende": None if last is None else cursor([last.number, last.id]),
        }
    )


def relation(asked: Asked, *, relation_id: str) -> Answer:
    """One relation; that it was looked at is written down."""
    found = known_relation(relation_id)
    record(Event.RELATION_SHOWN, actor=asked.actor, client_id=asked.client_id, relation_id=found.id)
    return whole_relation(found)


def accounts(asked: Asked, *, relation_id: str) -> Answer:
    """The accounts of a relation, by user name."""
    found = known_relation(relation_id)
    order = (Account.username_key, Account.id)
    chosen = select(Account).where(Account.relation_id == found.id).order_by(*order)
    if after := asked.query.get("cursor"):
        chosen = chosen.where(tuple_(*order) > tuple_(*place(after, 2)))
    rows = db.session.scalars(chosen.limit(PAGE + 1)).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    record(Event.RELATION_SHOWN, actor=asked.actor, client_id=asked.client_id, relation_id=found.id)
    return Answer(
        {
            "regels": [account_in_short(each) for each in rows[:PAGE]],
            "volgende": None if last is None else cursor([last.username_key, last.id]),
        }
    )


def account(asked: Asked, *, account_id: str) -> Answer:
    """One account: standing, kinds of methods, applications; its holder is shown who looked."""
    found = known_account(account_id)
    record(
        Event.ACCOUNT_SHOWN,
        actor=asked.actor,
        account_id=found.id,
        relation_id=found.relation_id,
        client_id=asked.client_id,
    )
    whole = account_in_short(found) | {
        "niveau": found.level.label,
        "geactiveerd": moment(found.activated_at),
        "methoden": [
            {"id": each.id, "soort": each.kind, "sinds": moment(each.confirmed_at)}
            for each in credentials.of_account(found.id)
        ],
        "applicaties": [
            {"id": each.id, "naam": each.name, "rollen": list(each.roles)}
            for each in grants.of_account(found.id)
        ],
    }
    return Answer(whole, tag=str(changes.version_of(found.id)))


def block_account(asked: Asked, *, account_id: str) -> Answer:
    """Block an account, which ends everything at once; a second time changes nothing."""
    found = known_account(account_id)
    if found.desk_role is not None:
        raise Problem(
            HTTPStatus.FORBIDDEN, "Dit is een account van een collega: dat doet een beheerder."
        )
    if found.blocked_at is not None:
        return Answer({"sessies": 0})
    requests.void(found.id)  # what colleagues agreed to was about somebody who was let in
    return Answer({"sessies": directory.block_account(found, actor=asked.actor)})


def block_relation(asked: Asked, *, relation_id: str) -> Answer:
    """Block a relation, which ends everything of its accounts at once; a second time changes nothing."""
    found = known_relation(relation_id)
    if found.blocked_at is not None:
        return Answer({"sessies": 0})
    try:
        relation_actions.refuse_colleagues(found)
    except WrongInput as own:
        raise Problem(HTTPStatus.FORBIDDEN, "Hier werken collega’s van de Servicedesk.") from own
    return Answer({"sessies": directory.block_relation(found, actor=asked.actor)})


def explain(asked: Asked, *, reference: str) -> Answer:
    """What happened under a reference code, and what to tell the caller."""
    try:
        told = diagnosis.explain_reference(reference)
    except WrongInput:
        raise not_found("Dit kenmerk") from None
    record(Event.DIAGNOSED, actor=asked.actor, client_id=asked.client_id, reference=told.kenmerk)
    steps: list[dict[str, Any]] = [
        {
            "moment": moment(each.at),
            "gebeurtenis": each.event,
            "gelukt": each.succeeded,
            "zin": each.says,
            "reden": each.reason,
        }
        for each in told.stappen
    ]
    return Answer(asdict(told) | {"stappen": steps})


def known_account(account_id: str) -> Account:
    """The account of that id; 404 when there is none."""
    found = directory.get(account_id)
    if found is None:
        raise not_found("Dit account")
    return found


def hands_off(asked: Asked, account: Account) -> None:
    """403 for a colleague's account, which only a colleague may change."""
    try:
        actions.may_touch(account, asked.worker(Role.MEDEWERKER))
    except WrongInput as refused:
        told = f"{refused.why[:1].upper()}{refused.why[1:].rstrip('.')}."
        raise Problem(HTTPStatus.FORBIDDEN, told) from None


def known_relation(relation_id: str) -> Relation:
    """The relation of that id; 404 when there is none."""
    found = db.session.get(Relation, relation_id)
    if found is None:
        raise not_found("Deze relatie")
    return found


def whole_relation(row: Relation, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    """A relation with its address, and the tag to change it by."""
    told = _relation(row) | {"adres": (row.address or "").splitlines()}
    return Answer(told, status, relation_actions.state_of(row))


def _relation(row: Relation) -> dict[str, Any]:
    return {
        "id": row.id,
        "relatienummer": row.number,
        "naam": row.name,
        "soort": row.kind,
        "geblokkeerd": row.blocked_at is not None,
    }


def account_in_short(row: Account) -> dict[str, Any]:
    """An account as lists show it."""
    return {
        "id": row.id,
        "relatie": row.relation_id,
        "relatienummer": row.relation.number,
        "gebruikersnaam": row.username,
        "naam": row.name,
        "stand": row.standing,
    }
