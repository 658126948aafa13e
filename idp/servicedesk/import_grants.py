"""Lists of grants: who may use which application."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, or_, select, update

from idp import clock
from idp.accounts import directory
from idp.audit import Event, record_many
from idp.database import connection
from idp.errors import WrongInput
from idp.models import Account, Application, ApplicationGrant
from idp.secret_values import new_id
from idp.servicedesk.import_files import Line
from idp.servicedesk.import_kinds import account_ids, relation_ids, write
from idp.servicedesk.importing import Result, Told

_GRANTS: Final = cast(Table, ApplicationGrant.__table__)
_ROLE: Final = re.compile(r"[\w][\w.:/-]{0,59}")


@dataclass(slots=True)
class Grants:
    """Who may use which application: roles with spaces between them, first and last day as YYYY-MM-DD."""

    wanted: tuple[str, ...] = ("relatienummer", "gebruikersnaam", "applicatie")
    further: tuple[str, ...] = ("rollen", "van", "tot")
    of_colleagues: bool = True
    """Whether accounts with a role at the desk get them too; the operator says so, no program does."""

    def add(self, lines: list[Line], *, actor: str) -> Iterable[Told]:
        """New ones; one that is there with other roles or another end is replaced."""
        now = clock.now()
        relations = relation_ids(lines)
        accounts = account_ids(lines, relations)
        known = {
            row.id: frozenset(row.roles)
            for row in connection().execute(
                select(Application.id, Application.roles).where(Application.removed_at.is_(None))
            )
        }
        if not self.of_colleagues:
            hands_off = _colleagues(accounts.values())
            accounts = {key: each for key, each in accounts.items() if each not in hands_off}
        held = _held(accounts.values(), now)
        rows: list[dict[str, Any]] = []
        gone: dict[str, tuple[str, str]] = {}
        for line in lines:
            try:
                row = self._row(line.fields, relations, accounts, known, now)
            except WrongInput as wrong:
                yield Told(line.number, Result.WRONG, wrong.why)
                continue
            pair = (row["account_id"], row["application_id"])
            if (before := held.get(pair)) is not None:
                if before[1:] == (row["roles"], row["ends_at"]):
                    yield Told(line.number, Result.THERE)
                    continue
                if why := _cannot_replace(before[0], row["starts_at"], now):
                    yield Told(line.number, Result.WRONG, why)
                    continue
                gone[before[0]] = pair
            held[pair] = ("", row["roles"], row["ends_at"])
            rows.append(row | {"granted_by": actor})
            yield Told(line.number, Result.ADDED)
        if gone:
            connection().execute(
                update(_GRANTS).where(_GRANTS.c.id.in_(gone)).values(revoked_at=now)
            )
        write(_GRANTS, rows)
        by_account = {account_id: key[0] for key, account_id in accounts.items()}
        record_many(
            Event.APPLICATION_REVOKED,
            (
                {
                    "account_id": account_id,
                    "relation_id": by_account[account_id],
                    "application": application_id,
                }
                for account_id, application_id in gone.values()
            ),
            actor=actor,
        )
        record_many(
            Event.APPLICATION_GRANTED,
            (
                {
                    "account_id": row["account_id"],
                    "relation_id": by_account[row["account_id"]],
                    "application": row["application_id"],
                    "roles": row["roles"],
                }
                for row in rows
            ),
            actor=actor,
        )

    def _row(
        self,
        fields: dict[str, str],
        relations: Mapping[str, str],
        accounts: Mapping[tuple[str, str], str],
        known: Mapping[str, frozenset[str]],
        now: datetime,
    ) -> dict[str, Any]:
        relation_id = relations.get(directory.normal_number(fields["relatienummer"]), "")
        key = (relation_id, directory.username_key(fields["gebruikersnaam"]))
        if (account_id := accounts.get(key)) is None:
            raise WrongInput("there is no such account")
        if fields["applicatie"] not in known:
            raise WrongInput("there is no such application")
        roles = list(dict.fromkeys(fields.get("rollen", "").split()))
        if any(not _ROLE.fullmatch(role) for role in roles):
            raise WrongInput("a role has letters, digits and . : / - _ only")
        if (has := known[fields["applicatie"]]) and not has.issuperset(roles):
            raise WrongInput("the application has no such role")
        starts = _day(fields.get("van", "")) or now
        ends = _day(fields.get("tot", ""), ends=True)
        if ends is not None and ends <= max(starts, now):
            raise WrongInput("the grant would end before it starts, or has ended")
        return {
            "id": new_id(),
            "account_id": account_id,
            "application_id": fields["applicatie"],
            "roles": roles,
            "starts_at": starts,
            "ends_at": ends,
            "created_at": now,
        }


def _cannot_replace(before: str, starts_at: datetime, now: datetime) -> str | None:
    if not before:
        return "an earlier line grants the same otherwise"
    if starts_at > now:  # access would end now, and with it what applications hold
        return "one that is in force would be replaced by one that begins later; withdraw it first"
    return None


def _held(
    accounts: Iterable[str], now: datetime
) -> dict[tuple[str, str], tuple[str, list[str], datetime | None]]:
    """Grants that were not withdrawn and have not ended, by account and application."""
    rows = connection().execute(
        select(
            _GRANTS.c.id,
            _GRANTS.c.account_id,
            _GRANTS.c.application_id,
            _GRANTS.c.roles,
            _GRANTS.c.ends_at,
        ).where(
            _GRANTS.c.account_id.in_(list(accounts)),
            _GRANTS.c.revoked_at.is_(None),
            or_(_GRANTS.c.ends_at.is_(None), _GRANTS.c.ends_at > now),
        )
    )
    return {
        (row.account_id, row.application_id): (row.id, list(row.roles), row.ends_at) for row in rows
    }


def _day(text: str, *, ends: bool = False) -> datetime | None:
    if not text:
        return None
    try:
        return clock.day(text, ends=ends)
    except ValueError:
        raise WrongInput("a day is written as 2026-12-31") from None


def _colleagues(account_ids: Iterable[str]) -> set[str]:
    """Those of them that have a role at the desk."""
    rows = connection().execute(
        select(Account.id).where(Account.id.in_(list(account_ids)), Account.desk_role.is_not(None))
    )
    return {row.id for row in rows}
