"""Colleagues at the desk: each signs in with two steps through the pages, as everybody does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from idp import clock
from idp.database import db
from idp.models import Account, AuditEvent
from idp.servicedesk.roles import Role
from tests.support.house import House, Visitor
from tests.support.journeys import Person, account_of, add_person, sign_in

BODY: Final = "10000001"
#: What a form at the desk asks with every action.
ERRAND: Final = {"reden": "caller", "controle": "questions", "ticket": "T-1042"}


@dataclass
class Desk:
    """The Servicedesk of one house."""

    house: House
    time: clock.Standing
    colleagues: dict[str, Person] = field(default_factory=dict)

    def colleague(self, role: Role | str, name: str = "") -> Visitor:
        """Somebody with that role, signed in, in a browser of their own."""
        person = add_person(self.house, name or f"{role}", relation=BODY, totp=True)
        with self.house.inside():
            account_of(person).desk_role = str(role)
        self.colleagues[person.username] = person
        browser = self.house.browser()
        sign_in(self.house, browser, person)
        self.time.move(timedelta(seconds=31))  # the next code of an app is another one
        return browser

    def events(self, event: str, account_id: str | None = None) -> list[dict[str, Any]]:
        """What was recorded of one kind, oldest first: who, why and about whom."""
        with self.house.inside():
            rows = db.session.scalars(
                select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)
            ).all()
            return [
                {
                    "actor": row.actor,
                    "account_id": row.account_id,
                    "reason": row.reason,
                    **row.details,
                }
                for row in rows
                if account_id in (None, row.account_id)
            ]

    def account(self, person: Person) -> Account:
        """The row of somebody as it is now, read apart."""
        with self.house.inside():
            row = account_of(person)
            db.session.refresh(row)
            db.session.expunge(row)
            return row
