"""Keeping what relations and accounts are found by in step with their names, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from sqlalchemy import Table, delete, insert

from idp.database import connection
from idp.models import SearchWord, words_of

_WORDS: Final = cast(Table, SearchWord.__table__)
RELATION: Final = "r"
ACCOUNT: Final = "a"


def relation_is_called(relation_id: str, name: str) -> None:
    """A relation got this name."""
    _replace(RELATION, relation_id, name)


def account_is_called(account_id: str, name: str, username: str) -> None:
    """A person got this name, under this user name."""
    _replace(ACCOUNT, account_id, name, username)


def rows(subject: str, subject_id: str, *names: str) -> Iterable[dict[str, Any]]:
    """The rows of a subject, for who adds many at once."""
    return (
        {"subject": subject, "subject_id": subject_id, "word": word} for word in words_of(*names)
    )


def _replace(subject: str, subject_id: str, *names: str) -> None:
    connection().execute(
        delete(_WORDS).where(_WORDS.c.subject_id == subject_id, _WORDS.c.subject == subject)
    )
    if added := list(rows(subject, subject_id, *names)):
        connection().execute(insert(_WORDS), added)
