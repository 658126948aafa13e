"""What can be imported, and how: each looks up a thousand lines at once and writes what is new in a few statements."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, cast

from sqlalchemy import Table, insert, or_, select, tuple_, update

from idp import clock, settings, vault
from idp.accounts import directory, passwords, personal, search_words
from idp.accounts.fields import checked_email, checked_username
from idp.accounts.personal import FURTHER
from idp.assurance import Level
from idp.audit import Event, record_many
from idp.database import connection
from idp.errors import WrongInput
from idp.models import Account, Application, ApplicationGrant, Relation, SearchWord
from idp.secret_values import new_id, random_token
from idp.servicedesk.import_files import Line
from idp.servicedesk.importing import Result, Told

_RELATIONS: Final = cast(Table, Relation.__table__)
_ACCOUNTS: Final = cast(Table, Account.__table__)
_GRANTS: Final = cast(Table, ApplicationGrant.__table__)
_WORDS: Final = cast(Table, SearchWord.__table__)
_OF_PEOPLE: Final = (
    "relatienummer",
    "gebruikersnaam",
    "naam",
    "email",
    "niveau",
    "wachtwoordhash",
)
_ROLE: Final = re.compile(r"[\w][\w.:/-]{0,59}")


@dataclass(slots=True)
class Relations:
    """Organisations: number, name, kind, and perhaps where letters go (lines with | between them)."""

    wanted: tuple[str, ...] = ("relatienummer", "naam", "soort")
    further: tuple[str, ...] = ("adres",)

    def add(self, lines: list[Line], *, actor: str) -> Iterable[Told]:
        """Those whose number is new; one that is there with another name or kind is wrong."""
        numbers = {
            line.number: directory.normal_number(line.fields["relatienummer"]) for line in lines
        }
        there = {
            row.number: (row.name, row.kind)
            for row in connection().execute(
                select(_RELATIONS.c.number, _RELATIONS.c.name, _RELATIONS.c.kind).where(
                    _RELATIONS.c.number.in_([number for number in numbers.values() if number])
                )
            )
        }
        rows: list[dict[str, Any]] = []
        for line in lines:
            number, name, kind = numbers[line.number], line.fields["naam"], line.fields["soort"]
            if why := _wrong_relation(number, name, kind, line.fields.get("adres", "")):
                yield Told(line.number, Result.WRONG, why)
            elif number in there:
                same = there[number] == (name, kind)
                yield (
                    Told(line.number, Result.THERE)
                    if same
                    else Told(
                        line.number, Result.WRONG, "this number is there with another name or kind"
                    )
                )
            else:
                there[number] = (name, kind)
                rows.append(
                    {
                        "id": new_id(),
                        "number": number,
                        "name": name,
                        "kind": kind,
                        "address": "\n".join(_address(line.fields.get("adres", ""))) or None,
                        "created_at": clock.now(),
                    }
                )
                yield Told(line.number, Result.ADDED)
        _write(_RELATIONS, rows)
        _write(
            _WORDS,
            [
                word
                for row in rows
                for word in search_words.rows(search_words.RELATION, row["id"], row["name"])
            ],
        )
        record_many(
            Event.RELATION_ADDED,
            ({"relation_id": row["id"], "number": row["number"]} for row in rows),
            actor=actor,
        )


@dataclass(slots=True)
class Accounts:
    """People. Without a hash an account has a password that nobody knows: the Servicedesk supplies a start password."""

    usual_level: Level
    wanted: tuple[str, ...] = _OF_PEOPLE
    further: tuple[str, ...] = tuple(FURTHER)
    _nobody_knows: str = field(default="", init=False)

    def add(self, lines: list[Line], *, actor: str) -> Iterable[Told]:
        """Those whose name is new under their relation."""
        relations = _relation_ids(lines)
        there = set(_account_ids(lines, relations))
        rows: list[dict[str, Any]] = []
        for line in lines:
            relation_id = relations.get(directory.normal_number(line.fields["relatienummer"]))
            if relation_id is None:
                number = line.fields["relatienummer"][:20]
                yield Told(line.number, Result.WRONG, f"there is no relation {number}")
                continue
            key = (relation_id, directory.username_key(line.fields["gebruikersnaam"]))
            if key in there:
                yield Told(line.number, Result.THERE)
                continue
            try:
                rows.append(self._row(line.fields, *key))
            except WrongInput as wrong:
                yield Told(line.number, Result.WRONG, wrong.why)
                continue
            there.add(key)
            yield Told(line.number, Result.ADDED)
        _write(_ACCOUNTS, rows)
        _write(
            _WORDS,
            [
                word
                for row in rows
                for word in search_words.rows(
                    search_words.ACCOUNT, row["id"], row["name"], row["username"]
                )
            ],
        )
        record_many(
            Event.ACCOUNT_ADDED,
            (
                {
                    "account_id": row["id"],
                    "relation_id": row["relation_id"],
                    "level": Level(row["enrolment_level"]).label,
                    "desk_role": None,
                }
                for row in rows
            ),
            actor=actor,
        )

    def _row(self, fields: dict[str, str], relation_id: str, key: str) -> dict[str, Any]:
        username = checked_username(fields["gebruikersnaam"])
        if not 0 < len(fields["naam"]) <= 200:
            raise WrongInput("an account needs the person's name, of at most 200 characters")
        try:
            level = Level.named(fields["niveau"].lower()) if fields["niveau"] else self.usual_level
        except ValueError:
            raise WrongInput("niveau is laag, substantieel or hoog") from None
        account_id, given = new_id(), fields.get("wachtwoordhash", "")
        if given:
            try:
                scheme = passwords.recognise(given)
            except WrongInput:
                raise WrongInput("wachtwoordhash is of no kind that we can check") from None
        else:
            self._nobody_knows = self._nobody_knows or passwords.hashed(random_token())
            given, scheme = self._nobody_knows, passwords.OURS
        email = checked_email(fields["email"]) if fields["email"] else None
        kept = personal.checked({FURTHER[name]: fields[name] for name in FURTHER if name in fields})
        return {
            "id": account_id,
            "relation_id": relation_id,
            "username": username,
            "username_key": key,
            "name": fields["naam"],
            "email_sealed": email and vault.seal(email, place=f"account.email:{account_id}"),
            "personal_sealed": personal.seal(kept, account_id),
            "password_hash": given,
            "password_scheme": scheme,
            "password_is_temporary": not fields.get("wachtwoordhash"),
            "enrolment_level": int(level),
            "created_at": clock.now(),
        }


@dataclass(slots=True)
class Grants:
    """Who may use which application: roles with spaces between them, first and last day as YYYY-MM-DD."""

    wanted: tuple[str, ...] = ("relatienummer", "gebruikersnaam", "applicatie")
    further: tuple[str, ...] = ("rollen", "van", "tot")

    def add(self, lines: list[Line], *, actor: str) -> Iterable[Told]:
        """New ones; one that is there with other roles or another end is replaced."""
        now = clock.now()
        relations = _relation_ids(lines)
        accounts = _account_ids(lines, relations)
        known = {
            row.id: frozenset(row.roles)
            for row in connection().execute(
                select(Application.id, Application.roles).where(Application.removed_at.is_(None))
            )
        }
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
        _write(_GRANTS, rows)
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


def _write(table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection().execute(insert(table), rows)


def _relation_ids(lines: list[Line]) -> dict[str, str]:
    """By number."""
    numbers = {directory.normal_number(line.fields["relatienummer"]) for line in lines} - {""}
    rows = connection().execute(
        select(_RELATIONS.c.number, _RELATIONS.c.id).where(_RELATIONS.c.number.in_(numbers))
    )
    return {row.number: row.id for row in rows}


def _account_ids(lines: list[Line], relations: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """By relation and name as it is compared."""
    named = {
        (relation_id, directory.username_key(line.fields["gebruikersnaam"]))
        for line in lines
        if (relation_id := relations.get(directory.normal_number(line.fields["relatienummer"])))
    }
    rows = connection().execute(
        select(_ACCOUNTS.c.relation_id, _ACCOUNTS.c.username_key, _ACCOUNTS.c.id).where(
            tuple_(_ACCOUNTS.c.relation_id, _ACCOUNTS.c.username_key).in_(named)
        )
    )
    return {(row.relation_id, row.username_key): row.id for row in rows}


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


def _wrong_relation(number: str, name: str, kind: str, address: str) -> str | None:
    if not number:
        return "that is no relatienummer: digits only, at most 20"
    if not 0 < len(name) <= 200 or not 0 < len(kind) <= 40:
        return "a relation needs a name of at most 200 characters and a kind of at most 40"
    lines = list(_address(address))
    if len(lines) > directory.MOST_ADDRESS_LINES or any(
        len(line) > directory.LONGEST_ADDRESS_LINE or not line.isprintable() for line in lines
    ):
        return "the address has too many lines, or one that is too long"
    return None


def _address(text: str) -> Iterator[str]:
    return (line.strip() for line in text.split("|") if line.strip())


def _day(text: str, *, ends: bool = False) -> datetime | None:
    if not text:
        return None
    try:
        return clock.day(text, ends=ends)
    except ValueError:
        raise WrongInput("a day is written as 2026-12-31") from None


def without_passwords() -> Accounts:
    """What imports people for who may know no password: a line that brings a hash names a field that is not asked."""
    wanted = tuple(name for name in _OF_PEOPLE if name != "wachtwoordhash")
    return Accounts(usual_level(), wanted=wanted)


def usual_level() -> Level:
    """At which level people are enrolled whose line says nothing."""
    return Level.named(settings.current().enrolment_level)
