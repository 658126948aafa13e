"""What `idp account import` reads and adds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from idp.accounts import directory, passwords, personal
from idp.accounts.personal import FURTHER
from idp.assurance import Level
from idp.cli.csv_files import WrongLines, read
from idp.errors import WrongInput
from idp.models import Relation
from idp.settings import Settings

HEADER = ("relatienummer", "gebruikersnaam", "naam", "email", "niveau", "wachtwoordhash")

#: While start passwords are hashed (20 ms each), SQLite lets nobody else write; sign-ins wait 10 s at most.
MOST_START_PASSWORDS_ON_SQLITE = 250


@dataclass(frozen=True, kw_only=True)
class Person:
    """One checked line."""

    relation: Relation
    username: str
    name: str
    email: str | None
    further: dict[str, str]
    level: Level
    imported_hash: str | None


def read_people(file: Path, usual_level: Level) -> list[Person]:
    """Every line as a person; `WrongInput`, after a report per wrong line, unless all can be added."""
    wrong = WrongLines(file)
    people: list[Person] = []
    seen: dict[tuple[str, str], int] = {}
    relations: dict[str, Relation] = {}
    for line, row in read(file, HEADER, tuple(FURTHER)):
        try:
            person = _person(row, usual_level, relations)
            key = (person.relation.number, directory.username_key(person.username))
            if key in seen:
                raise WrongInput(f"the same account as line {seen[key]}")
            if directory.lookup(*key) is not None:
                raise WrongInput(f"relation {key[0]} has an account {person.username} already")
        except (WrongInput, ValueError) as problem:
            wrong.add(line, str(problem))
            continue
        seen[key] = line
        people.append(person)
    wrong.refuse_if_any()
    return people


def _person(row: dict[str, str], usual_level: Level, relations: dict[str, Relation]) -> Person:
    number = row["relatienummer"]
    relation = relations.get(number) or relations.setdefault(
        number, directory.find_relation(number)
    )
    if not row["gebruikersnaam"] or len(row["gebruikersnaam"].split()) != 1:
        raise WrongInput("gebruikersnaam is empty or has a space")
    if not row["naam"]:
        raise WrongInput("naam is empty")
    if row["email"] and row["email"].count("@") != 1:
        raise WrongInput("email is not a mail address")
    if row["wachtwoordhash"]:
        passwords.recognise(row["wachtwoordhash"])
    return Person(
        relation=relation,
        username=row["gebruikersnaam"],
        name=row["naam"],
        email=row["email"] or None,
        further=personal.checked(
            {claim: row[field] for field, claim in FURTHER.items() if field in row}
        ),
        level=Level.named(row["niveau"].lower()) if row["niveau"] else usual_level,
        imported_hash=row["wachtwoordhash"] or None,
    )


def add_all(
    people: list[Person], settings: Settings, *, actor: str, emails_confirmed: bool = False
) -> list[dict[str, str]]:
    """Add them; return the start passwords of those who came without a hash."""
    without = sum(person.imported_hash is None for person in people)
    if settings.database_url.startswith("sqlite") and without > MOST_START_PASSWORDS_ON_SQLITE:
        raise WrongInput(
            f"{without} accounts need a start password; on SQLite, import at most "
            f"{MOST_START_PASSWORDS_ON_SQLITE} of those at once, so that others can go on signing in"
        )
    made = []
    for person in people:
        added, start = directory.add_account(
            relation=person.relation,
            username=person.username,
            name=person.name,
            email=person.email,
            email_confirmed=emails_confirmed,
            further=person.further,
            level=person.level,
            imported_hash=person.imported_hash,
            actor=actor,
        )
        if start is not None:
            made.append(
                {
                    "relatienummer": person.relation.number,
                    "gebruikersnaam": added.username,
                    "startwachtwoord": start.reveal(),
                }
            )
    return made
