"""What can be imported, and how: each looks up a thousand lines at once and writes what is new in a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from sqlalchemy import Table, insert, select, tuple_

from idp import clock, settings, vault
from idp.accounts import directory, passwords, personal, search_words
from idp.accounts.fields import checked_email, checked_username, is_name
from idp.accounts.personal import FURTHER
from idp.assurance import Level
from idp.audit import Event, record_many
from idp.database import connection
from idp.errors import WrongInput
from idp.models import Account, Relation, SearchWord
from idp.secret_values import new_id, random_token
from idp.servicedesk.import_files import Line
from idp.servicedesk.importing import Result, Told

_RELATIONS: Final = cast(Table, Relation.__table__)
_ACCOUNTS: Final = cast(Table, Account.__table__)
_WORDS: Final = cast(Table, SearchWord.__table__)
_OF_PEOPLE: Final = (
    "relatienummer",
    "gebruikersnaam",
    "naam",
    "email",
    "niveau",
    "wachtwoordhash",
)


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
        write(_RELATIONS, rows)
        write(
            _WORDS,
            [
                word
                for row in rows
                for word in search_words.rows(search_words.RELATION, row["id"], row["name"])
            ],
        )
        record_many(
            Event.RELATION_ADDED,
            (
                {
                    "relation_id": row["id"],
                    "number": row["number"],
                    "changed": ["address"] if row["address"] else [],
                }
                for row in rows
            ),
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
        relations = relation_ids(lines)
        there = set(account_ids(lines, relations))
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
        write(_ACCOUNTS, rows)
        write(
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
        if not is_name(fields["naam"]):
            raise WrongInput("an account needs the person's name: at most 200 characters, no link")
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


def write(table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert them all, by one statement."""
    if rows:
        connection().execute(insert(table), rows)


def relation_ids(lines: list[Line]) -> dict[str, str]:
    """By number."""
    numbers = {directory.normal_number(line.fields["relatienummer"]) for line in lines} - {""}
    rows = connection().execute(
        select(_RELATIONS.c.number, _RELATIONS.c.id).where(_RELATIONS.c.number.in_(numbers))
    )
    return {row.number: row.id for row in rows}


def account_ids(lines: list[Line], relations: Mapping[str, str]) -> dict[tuple[str, str], str]:
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


def _wrong_relation(number: str, name: str, kind: str, address: str) -> str | None:
    if not number:
        return "that is no relatienummer: digits only, at most 20"
    if not is_name(name) or not 0 < len(kind) <= 40:
        return "a relation needs a name of at most 200 characters, without a link, and a kind of at most 40"
    lines = list(_address(address))
    if len(lines) > directory.MOST_ADDRESS_LINES or any(
        len(line) > directory.LONGEST_ADDRESS_LINE or not line.isprintable() for line in lines
    ):
        return "the address has too many lines, or one that is too long"
    return None


def _address(text: str) -> Iterator[str]:
    return (line.strip() for line in text.split("|") if line.strip())


def without_passwords() -> Accounts:
    """What imports people for who may know no password: a line that brings a hash names a field that is not asked."""
    wanted = tuple(name for name in _OF_PEOPLE if name != "wachtwoordhash")
    return Accounts(usual_level(), wanted=wanted)


def usual_level() -> Level:
    """At which level people are enrolled whose line says nothing."""
    return Level.named(settings.current().enrolment_level)
