"""Finding relations, accounts and applications by what a caller says: numbers, and beginnings of words.

Each word that is asked must begin a word of the name (or of the user name). The longest one is looked up in the index,
the others are asked of what it finds; so an answer costs what the rarest word costs, not what the table is long.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Select, Table, exists, select

from idp.accounts import directory
from idp.accounts.search_words import ACCOUNT, RELATION
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Application, AuditEvent, Relation, SearchWord, words_of
from idp.servicedesk.diagnosis import normal_reference

_WORDS: Final = cast(Table, SearchWord.__table__)
#: Too common to look up when there is another word.
_EVERYWHERE: Final = frozenset(
    {"de", "den", "der", "het", "van", "von", "ten", "ter", "te", "in", "op", "en"}
)
#: From so many digits on, a number among other words names a relation.
_A_NUMBER: Final = 5
#: So many beginnings of one word are looked at, and so many of them sorted by name: who types one letter gets an
#: answer at once, and types on.
LOOKED_AT: Final = 5000
SORTED: Final = 200
#: The last character there is: every word that begins with `x` is smaller than `x` and this.
_LAST: Final = "\U0010ffff"


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
    unknown_reference: str | None = None
    """What was typed, where it can be a reference code (names can, too) and nothing is known under it."""


def search(text: str, *, limit: int = 20) -> Found:
    """At most `limit` of each kind; a text without a letter or digit finds nothing.

    A number finds the relations that begin with it, and with one whole number their accounts; a number and words
    find the accounts so called under it.
    """
    words = words_of(text)
    numbers = [word for word in words if word.isascii() and word.isdigit()]
    under = [number for number in numbers if len(number) >= _A_NUMBER]
    called = [word for word in words if word not in under]
    if number := directory.normal_number(text):  # however its digits are grouped
        under, called = [number], []
    if not words:
        return Found((), (), (), None)
    reference = _reference(text)
    known = None if reference is None else _is_known(reference)
    return Found(
        _relations(under, called, words, limit),
        _accounts(under, called, limit),
        _applications(words, limit),
        reference if known else None,
        reference if known is False else None,
    )


def _relations(
    under: list[str], called: list[str], words: list[str], limit: int
) -> tuple[FoundRelation, ...]:
    which: Select[Any] = select(Relation).limit(limit)
    if under and not called:
        which = which.where(_begins_with_digits(under[0])).order_by(Relation.number)
    else:
        which = which.where(Relation.id.in_(_called(RELATION, words))).order_by(Relation.name)
    return tuple(
        FoundRelation(one.id, one.number, one.name, one.kind, one.blocked_at is not None)
        for one in db.session.scalars(which)
    )


def _accounts(under: list[str], called: list[str], limit: int) -> tuple[FoundAccount, ...]:
    which: Select[Any] = select(Account).limit(limit).order_by(Account.name, Account.id)
    if under:
        number = directory.normal_number(under[0])
        relation = select(Relation.id).where(Relation.number == number).scalar_subquery()
        which = which.where(
            Account.relation_id == relation,
            *(_has_word(ACCOUNT, Account.id, word) for word in called),
        )
    else:
        which = which.where(Account.id.in_(_called(ACCOUNT, called)))
    return tuple(
        FoundAccount(
            one.id, one.relation.number, one.relation.name, one.username, one.name, one.standing
        )
        for one in db.session.scalars(which)
    )


def _applications(words: list[str], limit: int) -> tuple[FoundApplication, ...]:
    """There are dozens, not thousands."""
    rows = db.session.execute(
        select(Application.id, Application.name)
        .where(Application.removed_at.is_(None))
        .order_by(Application.name)
    )
    found = [
        FoundApplication(row.id, row.name)
        for row in rows
        if all(any(own.startswith(word) for own in words_of(row.id, row.name)) for word in words)
    ]
    return tuple(found[:limit])


def _called(subject: str, words: list[str]) -> Select[Any]:
    """Subjects with a word that begins with each of these."""
    rarest = max(words, key=lambda word: (word not in _EVERYWHERE, len(word)))
    begun = (
        select(_WORDS.c.subject_id)
        .where(_WORDS.c.subject == subject, _begins(_WORDS.c.word, rarest))
        .order_by(_WORDS.c.word, _WORDS.c.subject_id)
        .limit(LOOKED_AT)
        .subquery()
    )
    others = (_has_word(subject, begun.c.subject_id, word) for word in words if word != rarest)
    chosen = select(begun.c.subject_id).where(*others).limit(SORTED).subquery()
    return select(chosen.c.subject_id)


def _has_word(subject: str, subject_id: Any, word: str) -> ColumnElement[bool]:
    other = _WORDS.alias()
    return exists().where(
        other.c.subject_id == subject_id,
        other.c.subject == subject,
        _begins(other.c.word, word),
    )


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    """A range of the index, on both databases; no pattern, so that no sign means more than itself."""
    return cast("ColumnElement[bool]", (column >= text) & (column < text + _LAST))


def _begins_with_digits(digits: str) -> ColumnElement[bool]:
    """The same for relatienummers, whose column has the database's own order: digits only are compared."""
    begins: ColumnElement[bool] = Relation.number >= digits
    if kept := digits.rstrip("9"):
        begins &= Relation.number < kept[:-1] + str(int(kept[-1]) + 1)
    return begins


def _reference(text: str) -> str | None:
    try:
        return normal_reference(text)
    except WrongInput:
        return None


def _is_known(reference: str) -> bool:
    known = select(AuditEvent.id).where(AuditEvent.reference == reference).limit(1)
    return db.session.execute(known).first() is not None
