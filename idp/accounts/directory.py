"""The directory: relations and accounts, found by what people type and changed by operators."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError

from idp import clock, throttle, vault
from idp.accounts import mailed_secrets, notices, passwords, personal, search_words, sessions
from idp.accounts.fields import checked_email, checked_username, is_name
from idp.accounts.notices import Notice
from idp.assurance import Level
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Relation
from idp.secret_values import Secret
from idp.statements import Prepared

MOST_ADDRESS_LINES: Final = 4
LONGEST_ADDRESS_LINE: Final = 45


def normal_number(typed: str) -> str:
    """A relatienummer as it is stored: digits only, no leading zeros; empty when it cannot be one.

    People type it with spaces, dots, dashes and zeros in front.
    """
    digits = re.sub(r"[\s.\-\u2010-\u2015]", "", typed)
    return digits.lstrip("0") if digits.isascii() and digits.isdigit() and len(digits) <= 20 else ""


def username_key(typed: str) -> str:
    """A user name as it is compared: normalised, case-folded, without space around it.

    No name has a NUL, which PostgreSQL does not even take in a question.
    """
    return unicodedata.normalize("NFKC", typed.replace("\0", "")).strip().casefold()[:100]


#: The relation is joined once more for the condition; the mapped one only brings its columns along.
_NAMED: Final = (
    select(Account)
    .join(Relation, Relation.id == Account.relation_id)
    .where(Relation.number == bindparam("number"), Account.username_key == bindparam("name"))
)

_PASSWORD: Final = Prepared(
    select(Account.password_hash, Account.password_scheme, Account.id, Account.browsers_epoch)
    .select_from(Account.__table__)
    .join(Relation.__table__, Relation.id == Account.relation_id)
    .where(Relation.number == bindparam("number"), Account.username_key == bindparam("name"))
)

_WELCOME: Final = Prepared(
    select(Account.blocked_at, Relation.blocked_at.label("relation_blocked_at"))
    .select_from(Account.__table__)
    .join(Relation.__table__, Relation.id == Account.relation_id)
    .where(Account.id == bindparam("account"))
    .with_for_update(read=True)
)


def lookup(number: str, key: str) -> Account | None:
    """The account that a normalised number and user name name; always one and the same statement."""
    return db.session.scalars(_NAMED, {"number": number, "name": key}).one_or_none()


@dataclass(frozen=True, slots=True)
class Stored:
    """What a sign-in looks up before it tries a password; all of it `None` where there is no such account."""

    password_hash: str | None = None
    password_scheme: str | None = None
    account_id: str | None = None
    browsers_epoch: int | None = None


def stored(number: str, key: str) -> Stored:
    """Of the account that they name; always one and the same statement."""
    row = _PASSWORD.row({"number": number, "name": key})
    return Stored() if row is None else Stored(*row)


def find_relation(number: str) -> Relation:
    """The relation with this number; `WrongInput` when there is none."""
    found = db.session.scalars(
        select(Relation).where(Relation.number == normal_number(number))
    ).one_or_none()
    if found is None:
        raise WrongInput(f"there is no relation {number}")
    return found


def find_account(number: str, username: str) -> Account:
    """The account of that name under that relation; `WrongInput` when there is none."""
    relation = find_relation(number)
    found = lookup(relation.number, username_key(username))
    if found is None:
        raise WrongInput(f"relation {relation.number} has no account {username}")
    return found


def get(account_id: str) -> Account | None:
    """The account with this id."""
    return db.session.get(Account, account_id)


def still_welcome(account_id: str) -> bool:
    """Whether neither account nor relation is blocked, held so until this transaction ends.

    Who blocks or resets at the same moment waits for us, and then finds the session that we opened.
    """
    row = _WELCOME.row({"account": account_id})
    return row is not None and row.blocked_at is None and row.relation_blocked_at is None


def relations(kind: str | None = None) -> list[Relation]:
    """All relations, or those of one kind, by number."""
    statement = select(Relation).order_by(Relation.number)
    return list(db.session.scalars(statement.where(Relation.kind == kind) if kind else statement))


def accounts(relation: Relation | None = None) -> list[Account]:
    """All accounts, or those of one relation, by user name."""
    statement = select(Account).order_by(Account.username_key)
    return list(
        db.session.scalars(
            statement.where(Account.relation_id == relation.id) if relation else statement
        )
    )


def add_relation(*, number: str, name: str, kind: str, actor: str) -> Relation:
    """A new relation; `WrongInput` when the number is none, or is taken."""
    if not (normal := normal_number(number)):
        raise WrongInput(f"{number!r} is not a relatienummer: it has digits only, at most 20")
    if not is_name(name.strip()) or not kind.strip():
        raise WrongInput("a relation needs a name, of one line and without a link, and a kind")
    relation = Relation(number=normal, name=name.strip(), kind=kind.strip())
    _add(relation, f"relation {normal} exists already")
    search_words.relation_is_called(relation.id, relation.name)
    record(Event.RELATION_ADDED, actor=actor, relation_id=relation.id, number=normal)
    return relation


def update_relation(
    relation: Relation, *, name: str | None = None, kind: str | None = None, actor: str
) -> None:
    """Give it another name or kind; what is left out stays."""
    changed = {what: text for what, text in (("name", name), ("kind", kind)) if text is not None}
    for what, text in changed.items():
        setattr(relation, what, text)
    search_words.relation_is_called(relation.id, relation.name)
    record(Event.RELATION_UPDATED, actor=actor, relation_id=relation.id, changed=list(changed))


def write_address(relation: Relation, lines: Sequence[str], *, actor: str) -> None:
    """Where letters to an organisation go, line by line and without its name; no line takes it away."""
    kept = [line.strip() for line in lines if line.strip()]
    if len(kept) > MOST_ADDRESS_LINES or any(
        len(line) > LONGEST_ADDRESS_LINE or not line.isprintable() for line in kept
    ):
        raise WrongInput(
            f"an address has at most {MOST_ADDRESS_LINES} lines of {LONGEST_ADDRESS_LINE} characters"
        )
    relation.address = "\n".join(kept) or None
    record(Event.RELATION_UPDATED, actor=actor, relation_id=relation.id, changed=["address"])


def add_account(
    *,
    relation: Relation,
    username: str,
    name: str,
    email: str | None = None,
    email_confirmed: bool = False,
    further: Mapping[str, str] | None = None,
    level: Level = Level.SUBSTANTIEEL,
    desk_role: str | None = None,
    imported_hash: str | None = None,
    actor: str,
) -> tuple[Account, Secret | None]:
    """A new account, with a generated start password (returned, shown once) unless a hash is taken over.

    `email_confirmed`: the operator knows that the address is the person's own. `WrongInput` when the user name cannot
    be one or is taken under this relation, or the hash is unknown.
    """
    username = checked_username(username)
    if not is_name(name.strip()):
        raise WrongInput("an account needs the person's name: one line, without a link")
    kept = personal.checked(further or {})
    account = Account(
        relation_id=relation.id,
        relation=relation,
        username=username,
        username_key=username_key(username),
        name=name.strip(),
        enrolment_level=int(level),
        desk_role=desk_role,
    )
    start: Secret | None = None
    if imported_hash is None:
        start = passwords.start_password()
        passwords.set_password(account, start.reveal(), temporary=True)
    else:
        passwords.take_over(account, imported_hash)
    _add(account, f"relation {relation.number} has an account {username} already")
    search_words.account_is_called(account.id, account.name, account.username)
    if email:
        account.email_sealed = vault.seal(checked_email(email), place=f"account.email:{account.id}")
        account.email_confirmed_at = clock.now() if email_confirmed else None
    account.personal_sealed = personal.seal(kept, account.id)
    record(
        Event.ACCOUNT_ADDED,
        actor=actor,
        account_id=account.id,
        relation_id=relation.id,
        level=level.label,
        desk_role=desk_role,
    )
    return account, start


def update_account(
    account: Account,
    *,
    name: str | None = None,
    email: str | None = None,
    email_confirmed: bool = False,
    further: Mapping[str, str] | None = None,
    actor: str,
) -> list[str]:
    """Change what applications hear of a person, and return the names of what was changed.

    What is left out stays, what is empty goes. `further` is of `personal.FIELDS`. `email_confirmed`: the operator knows
    that the address is the person's own; another address is not confirmed otherwise. `WrongInput` for what cannot be.
    """
    further = further or {}
    changed = [what for what, given in (("name", name), ("email", email)) if given is not None]
    changed += sorted(further) + ["email_confirmed"] * email_confirmed
    if not changed:
        raise WrongInput("nothing to change was named")
    if name is not None:
        if not is_name(name.strip()):
            raise WrongInput("an account needs the person's name: one line, without a link")
        account.name = name.strip()
        search_words.account_is_called(account.id, account.name, account.username)
    if email is not None:
        _change_email(account, email.strip())
    if email_confirmed:
        if account.email_sealed is None:
            raise WrongInput("there is no mail address to confirm")
        account.email_confirmed_at = clock.now()
    if further:
        before = personal.unseal(account.personal_sealed, account.id)
        account.personal_sealed = personal.seal(personal.checked({**before, **further}), account.id)
    account.updated_at = clock.now()
    db.session.flush()
    record(
        Event.ACCOUNT_UPDATED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        changed=changed,
    )
    return changed


def _change_email(account: Account, email: str) -> None:
    """Another address is not confirmed; what was mailed to the old one is void. Both addresses are told."""
    before = email_of(account)
    account.email_sealed = (
        vault.seal(checked_email(email), place=f"account.email:{account.id}") if email else None
    )
    if email != (before or ""):
        account.email_confirmed_at = None
    db.session.flush()
    mailed_secrets.void(account.id)
    if before is not None and before != email:
        notices.tell(account.id, Notice.MAIL_CHANGED, to=before)
    if email != (before or ""):
        notices.tell(account.id, Notice.MAIL_CHANGED)


def email_of(account: Account) -> str | None:
    """The account's mail address."""
    if account.email_sealed is None:
        return None
    return vault.unseal(account.email_sealed, place=f"account.email:{account.id}")


def block_account(account: Account, *, actor: str) -> int:
    """Block an account and end its sessions at once; returns how many ended. `WrongInput` when it was blocked."""
    if account.blocked_at is not None:
        raise WrongInput(f"{account.username} is blocked already")
    account.blocked_at = clock.now()
    account.browsers_epoch += 1
    db.session.flush()
    record(
        Event.ACCOUNT_BLOCKED, actor=actor, account_id=account.id, relation_id=account.relation_id
    )
    notices.tell(account.id, Notice.BLOCKED)
    return sessions.end_all_of(account.id, why="the account was blocked", actor=actor)


def unblock_account(account: Account, *, actor: str) -> None:
    """Let a blocked account sign in again; `WrongInput` when it was not blocked."""
    if account.blocked_at is None:
        raise WrongInput(f"{account.username} is not blocked")
    _let_try_again(account)
    sessions.forget_unfinished(account.id)  # what was half done before the block
    mailed_secrets.void(account.id)
    account.blocked_at = None
    record(
        Event.ACCOUNT_UNBLOCKED, actor=actor, account_id=account.id, relation_id=account.relation_id
    )
    notices.tell(account.id, Notice.UNBLOCKED)


def let_try_again(account: Account, *, actor: str) -> None:
    """Somebody spoke to the person: wrong tries of before no longer make anybody wait, nor keep a name shut."""
    _let_try_again(account)
    record(
        Event.ACCOUNT_UNBLOCKED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        only_tries=True,
    )


def block_relation(relation: Relation, *, actor: str) -> int:
    """Block a relation and end the sessions of all its accounts; returns how many ended."""
    if relation.blocked_at is not None:
        raise WrongInput(f"relation {relation.number} is blocked already")
    relation.blocked_at = clock.now()
    db.session.flush()
    db.session.execute(
        update(Account)
        .where(Account.relation_id == relation.id)
        .values(browsers_epoch=Account.browsers_epoch + 1)
    )
    record(Event.RELATION_BLOCKED, actor=actor, relation_id=relation.id)
    notices.tell_all_of(relation.id, Notice.BLOCKED)
    return sessions.end_all_of_relation(relation.id, why="the relation was blocked", actor=actor)


def unblock_relation(relation: Relation, *, actor: str) -> None:
    """Let a blocked relation's accounts sign in again; `WrongInput` when it was not blocked."""
    if relation.blocked_at is None:
        raise WrongInput(f"relation {relation.number} is not blocked")
    sessions.forget_unfinished_of_relation(relation.id)  # what was half done before the block
    mailed_secrets.void_of_relation(relation.id)
    relation.blocked_at = None
    record(Event.RELATION_UNBLOCKED, actor=actor, relation_id=relation.id)
    notices.tell_all_of(relation.id, Notice.UNBLOCKED)


def reset_password(account: Account, *, actor: str) -> Secret:
    """Give a generated start password, to be shown once; every session ends."""
    start = passwords.start_password()
    _let_try_again(account)
    passwords.set_password(account, start.reveal(), temporary=True)
    db.session.flush()
    record(
        Event.PASSWORD_RESET, actor=actor, account_id=account.id, relation_id=account.relation_id
    )
    notices.tell(account.id, Notice.PASSWORD_RESET)
    mailed_secrets.void(account.id, mailed_secrets.LINK)
    sessions.forget_unfinished(account.id)
    sessions.end_all_of(account.id, why="the password was reset", actor=actor)
    return start


def _let_try_again(account: Account) -> None:
    """Somebody spoke to the person: wrong tries of before, also a stranger's, no longer make anybody wait."""
    forget_wrong_passwords(account)
    throttle.forgive(throttle.second_step_key(account.id))


def forget_wrong_passwords(account: Account) -> None:
    """The password is another one: what was guessed at the old one makes nobody wait any more."""
    throttle.forgive(throttle.sign_in_key(account.relation.number, account.username_key))
    throttle.forgive(throttle.own_password_key(account.id))


def _add(row: Relation | Account, taken: str) -> None:
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError as clash:
        db.session.rollback()
        raise WrongInput(taken) from clash
