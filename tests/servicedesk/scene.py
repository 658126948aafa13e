"""Colleagues at the desk: each signs in with two steps through the pages, as everybody does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from idp import clock
from idp.accounts import directory
from idp.database import db
from idp.models import (
    Account,
    ActivationCode,
    AuditEvent,
    Credential,
    DeskRequest,
    DeskSupply,
    Session,
)
from idp.servicedesk import changes
from idp.servicedesk.roles import Role
from tests.support.house import House, Visitor
from tests.support.journeys import Person, account_of, add_person, sign_in
from tests.support.pages import Page

BODY: Final = "10000001"
#: What a form at the desk asks with every action.
ERRAND: Final = {"reden": "caller", "controle": "questions", "ticket": "T-1042"}
CALLED_BACK: Final = ERRAND | {"controle": "called-back"}


def page_of(person: Person, action: str = "") -> str:
    """The address of somebody's account, or of an action there."""
    return f"/servicedesk/accounts/{person.id}{'/' + action if action else ''}"


def ways_on(page: Page) -> list[str]:
    """The channels that a form offers."""
    choice = page.find("kanaal")
    options = [] if choice is None else choice.descendants("option")
    return [value for one in options if (value := one.get("value"))]


def version_on(page: Page) -> str:
    """From which version a form was made."""
    fields = page.document.descendants("input")
    return next(one.get("value") or "" for one in fields if one.get("name") == "versie")


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

    def sign_in_again(self, browser: Visitor, person: Person) -> None:
        """The next day at work, in the same browser."""
        sign_in(self.house, browser, person)
        self.time.move(timedelta(seconds=31))

    def has_an_address(self, person: Person) -> None:
        """The organisation of somebody gets letters."""
        with self.house.inside():
            lines = ("Dorpsstraat 1", "1234 AB Voorbeeldstad")
            directory.write_address(account_of(person).relation, lines, actor="test")

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
                    "reference": row.reference,
                    **row.details,
                }
                for row in rows
                if account_id in (None, row.account_id)
            ]

    def post(self, browser: Visitor, address: str, **fields: str) -> Page:
        """A post by address, as somebody sends it who knows every field; from the account as it is now."""
        if "versie" not in fields:
            fields["versie"] = str(self._version(address.split("/servicedesk/", 1)[1].split("/")))
        return browser.send(
            "POST",
            address,
            headers={"Origin": browser.origin, "Sec-Fetch-Site": "same-origin"},
            csrf_token=browser.token(),
            **fields,
        )

    def everything_about(self, person: Person) -> list[object]:
        """Every row that an action could have touched, to tell whether one did."""
        tables = (Account, Credential, ActivationCode, Session, DeskRequest, DeskSupply)
        with self.house.inside():
            rows: list[object] = []
            for table in tables:
                own = table.id if table is Account else table.account_id
                statement = select(table.__table__).where(own == person.id).order_by(table.id)
                rows += [tuple(row) for row in db.session.execute(statement)]
            return rows

    def _version(self, parts: list[str]) -> int:
        room, which = parts[:2]
        with self.house.inside():
            if room == "verzoeken":
                asked = db.session.get(DeskRequest, which)
                which = (asked and asked.account_id) or ""
            return changes.version_of(which)

    def account(self, person: Person) -> Account:
        """The row of somebody as it is now, read apart."""
        with self.house.inside():
            row = account_of(person)
            db.session.refresh(row)
            db.session.expunge(row)
            return row
