"""What may be a new password, and putting it in the place of the old one.

NIST SP 800-63B-4 section 3.1.1.2: long enough, not on a list of what leaked or is guessed first, and no rules about
kinds of characters. Nothing leaves this machine for it.
"""

from __future__ import annotations

import threading
from functools import cache, lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from sqlalchemy import exists, select, update

from idp import settings
from idp.accounts import mailed_secrets, notices, passwords, sessions
from idp.accounts.notices import Notice
from idp.assurance import Level
from idp.audit import Event, record
from idp.breach_list import BreachList, UnusableList
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.logs import LOG
from idp.models import Account, Client

LONGEST: Final = 128
"""Most characters of a password; longer ones are refused, never cut."""
ALONE: Final = 15
"""Fewest characters where a password can open an application by itself (SP 800-63B-4 section 3.1.1.2)."""
_LOOKED_AT: Final = 72
"""How much of a password the guesser looks at; a longer one is as hard to guess as its beginning at least."""
_SAFE: Final = 3
"""The guesser's score from which it takes more than a hundred million guesses."""
_WORDS: Final = Path(__file__).with_name("dutch_words.txt")
#: The guesser keeps the words of the one person in a place that all its callers share.
_one_at_a_time = threading.Lock()


class CannotBeChecked(Exception):
    """The list of breached passwords does not answer: no password is taken until it does."""


def minimum() -> int:
    """Fewest characters of a new password, now."""
    alone = exists().where(Client.level == int(Level.LAAG), Client.removed_at.is_(None))
    least = settings.current().password_minimum
    return max(least, ALONE) if db.session.execute(select(alone)).scalar_one() else least


def weakness(password: str, account: Account) -> str | None:
    """Why this cannot be a new password: `short`, `long`, `context`, `simple`, `breached`; `None` when it can.

    Counted in code points. `CannotBeChecked` when the list of breached passwords does not answer.
    """
    if len(password) < minimum():
        return "short"
    if len(password) > LONGEST:
        return "long"
    words = _context_words(account)
    plain = _plain(password)
    for word in words:
        plain = plain.replace(word, "")
    if len(plain) < 6:
        return "context"
    if len(set(plain)) < 5 or not _hard_to_guess(password, words):
        return "simple"
    return "breached" if _has_leaked(password) else None


def replace(account: Account, password: str, *, stored: str, reference: str | None) -> bool:
    """Put a new password in the place of `stored`; `False` when another request was first. Commits what came before.

    The hash is computed while no transaction is open. The caller ends what else the old password opened, and commits.
    """
    account_id, relation_id = account.id, account.relation_id
    db.session.commit()
    hashed = passwords.hashed(password)
    replaced = db.session.execute(
        update(Account)
        .where(Account.id == account_id, Account.password_hash == stored)
        .values(
            password_hash=hashed,
            password_scheme=passwords.OURS,
            password_is_temporary=False,
            browsers_epoch=Account.browsers_epoch + 1,
        )
        .returning(Account.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if replaced is None:
        return False
    record(
        Event.PASSWORD_CHANGED,
        account_id=account_id,
        relation_id=relation_id,
        reference=reference,
    )
    notices.tell(account_id, Notice.PASSWORD_CHANGED, reference=reference)
    mailed_secrets.void(account_id, mailed_secrets.LINK)
    db.session.expire_all()
    return True


def end_what_the_old_one_opened(
    account_id: str, *, session_id: str | None, login_id: str | None = None
) -> None:
    """Everything of the account but this session and this sign-in ends, refresh tokens too."""
    sessions.forget_unfinished(account_id, except_for=login_id)
    sessions.end_all_of(
        account_id, why="the password was changed", actor="person", except_for=session_id
    )


def breach_list() -> BreachList | None:
    """The list that the settings name, opened once; `UnusableList` when it cannot be."""
    file = settings.current().breached_passwords
    return None if file is None else _opened(file)


@lru_cache(maxsize=1)
def _opened(file: Path) -> BreachList:
    return BreachList(file)


def _has_leaked(password: str) -> bool:
    try:
        known = breach_list()
        if known is None:
            return False
        return any(each in known for each in {password, passwords.normal(password)})
    except UnusableList as away:
        LOG.error("the list of breached passwords does not answer: %s", away)
        raise CannotBeChecked from away


def cannot_be_checked(reference: str | None, way_on: str) -> RefusedOnOurPage:
    """What the person hears then: nothing changed, and later it can."""
    return RefusedOnOurPage(
        "password-check-away",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "the list of breached passwords does not answer",
        reference=reference,
        way_on=way_on,
    )


def _hard_to_guess(password: str, context: tuple[str, ...]) -> bool:
    from zxcvbn import zxcvbn  # here: its word lists take a tenth of a second and 10 MB

    looked_at = passwords.normal(password)[:_LOOKED_AT]
    with _one_at_a_time:
        found = zxcvbn(looked_at, user_inputs=[*context, *_dutch_words()])
    return int(found["score"]) >= _SAFE


@cache
def _dutch_words() -> tuple[str, ...]:
    """What Dutch people build passwords of, likeliest first: the guesser itself knows English only."""
    lines = _WORDS.read_text(encoding="utf-8").splitlines()
    return tuple(
        dict.fromkeys(word for line in lines if not line.startswith("#") for word in line.split())
    )


def _context_words(account: Account) -> tuple[str, ...]:
    """What an attacker who knows the person tries first, longest first; as letters and digits alone."""
    current = settings.current()
    words = [
        account.username,
        account.name,
        account.relation.number,
        account.relation.name,
        current.org_name,
        current.service_name,
    ]
    parts = {_plain(part) for text in words for part in (text, *text.split())}
    known = {
        "wachtwoord",
        "password",
        "welkom",
        "geheim",
        "qwerty",
        "123456789",
        "12345678",
        "123456",
    }
    return tuple(sorted((word for word in parts | known if len(word) >= 3), key=len, reverse=True))


def _plain(text: str) -> str:
    return "".join(letter for letter in passwords.normal(text).casefold() if letter.isalnum())
