"""Many: 20,000 relations, 200,000 accounts, 2,000,000 grants, written as files and imported, or straight into tables.

python -m bench.scale                 everything, on SQLite and on PostgreSQL; prints the table of docs/scale.md
python -m bench.scale --tenth         a tenth of it
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import insert

from idp import clock
from idp.accounts import search_words
from idp.database import connection, db
from idp.models import Account, Application, ApplicationGrant, Relation, SearchWord
from idp.secret_values import new_id

KINDS: Final = ("gemeente", "zorgaanbieder", "zorgkantoor", "verzekeraar")
_FIRST: Final = (
    "Anna", "Bram", "Cees", "Daan", "Eva", "Femke", "Gijs", "Hanna", "Ilse", "Joris", "Kees", "Lotte", "Maud", "Noor",
    "Olaf", "Pim", "Quinty", "Roos", "Sanne", "Teun", "Umut", "Vera", "Wout", "Xander", "Yara", "Zoë",
)  # fmt: skip
_BETWEEN: Final = ("", "", "de ", "van ", "van der ", "van den ", "ter ")
_LAST: Final = (
    "Bakker", "Berg", "Boer", "Bos", "Brouwer", "Dekker", "Dijk", "Dijkstra", "Graaf", "Haan", "Heuvel", "Jansen",
    "Jong", "Kaya", "Koning", "Kuipers", "Leeuw", "Linden", "Meer", "Meijer", "Mulder", "Peters", "Prins", "Smit",
    "Visser", "Vliet", "Vries", "Wal", "Wit", "Yılmaz",
)  # fmt: skip
_PLACES: Final = (
    "Linde",
    "Beuk",
    "Eik",
    "Wilg",
    "Esdoorn",
    "Populier",
    "Kastanje",
    "Berk",
    "Iep",
    "Els",
)
_BATCH: Final = 5000


@dataclass(frozen=True, slots=True)
class Size:
    """How many there are."""

    relations: int = 20_000
    accounts: int = 200_000
    grants: int = 2_000_000
    applications: int = 40


def fill(size: Size, nobody_knows: str, scheme: str) -> None:
    """Write them into the tables of the application at work; commits. The same crowd every time."""
    chance = random.Random(20_26)  # the same crowd every time
    now = clock.now()
    db.session.execute(
        insert(Application.__table__),  # type: ignore[arg-type]
        [
            {
                "id": f"applicatie-{number}",
                "name": f"Applicatie {number}",
                "description": "",
                "address": f"https://app{number}.voorbeeld.nl/inloggen",
                "level": 2,
                "position": number,
                "created_at": now,
            }
            for number in range(size.applications)
        ],
    )
    relations = [new_id() for _ in range(size.relations)]
    names = [f"Zorggroep {chance.choice(_PLACES)} {number}" for number in range(size.relations)]
    _write(
        Relation,
        (
            {
                "id": relation,
                "number": str(10_000_000 + number),
                "name": names[number],
                "kind": KINDS[number % len(KINDS)],
                "created_at": now,
            }
            for number, relation in enumerate(relations)
        ),
    )
    _write(SearchWord, _words("r", zip(relations, names, strict=True)))
    people: list[tuple[str, str, str]] = []
    for _number in range(size.accounts):
        name = f"{chance.choice(_FIRST)} {chance.choice(_BETWEEN)}{chance.choice(_LAST)}"
        people.append((new_id(), name, f"{name[0].lower()}.{len(people)}"))
    _write(
        Account,
        (
            {
                "id": account,
                "relation_id": relations[number % size.relations],
                "username": username,
                "username_key": username,
                "name": name,
                "password_hash": nobody_knows,
                "password_scheme": scheme,
                "enrolment_level": 2,
                "activated_at": now,
                "created_at": now,
            }
            for number, (account, name, username) in enumerate(people)
        ),
    )
    _write(SearchWord, _words("a", ((one, f"{name} {user}") for one, name, user in people)))
    each = size.grants // size.accounts
    _write(
        ApplicationGrant,
        (
            {
                "id": new_id(),
                "account_id": account,
                "application_id": f"applicatie-{(number + place * 7) % size.applications}",
                "roles": ["inzien"],
                "starts_at": now - timedelta(days=30),
                "ends_at": now - timedelta(days=1) if place % 5 == 4 else None,
                "granted_by": "operator:bench",
                "created_at": now,
            }
            for number, (account, _name, _username) in enumerate(people)
            for place in range(each)
        ),
    )
    db.session.commit()


def _words(subject: str, named: Any) -> Iterator[dict[str, Any]]:
    for subject_id, name in named:
        yield from search_words.rows(subject, subject_id, name)


def _write(table: Any, rows: Iterator[dict[str, Any]]) -> None:
    statement, kept = insert(table.__table__), []
    for row in rows:
        kept.append(row)
        if len(kept) == _BATCH:
            connection().execute(statement, kept)
            db.session.commit()
            kept = []
    if kept:
        connection().execute(statement, kept)
        db.session.commit()
