"""Asking for a letter, and what became of it. A letter waits for the next batch; only there its code is made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson
from sqlalchemy import ColumnElement, and_, func, or_, select, update

from idp import clock
from idp.accounts import activation_codes, personal
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Letter, LetterBatch, Relation
from idp.secret_values import Secret

#: Lines of an address that fit behind the window, names included.
MOST_LINES = 6


class Standing(StrEnum):
    """How far a letter is."""

    WAITING = "waiting"
    MADE = "made"
    """It lies in a batch."""
    DISPATCHED = "dispatched"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class SeenLetter:
    """A letter, as lists show it; never its code."""

    id: str
    standing: Standing
    asked_at: datetime
    asked_by: str
    batch_id: str | None
    page: int | None
    dispatched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """What one letter says, on one page."""

    id: str
    """Ours, printed small: by it the print house and we speak of this letter."""
    to: tuple[str, ...]
    """The address as it stands behind the window, line by line."""
    relation_number: str
    code: Secret
    valid_until: datetime
    made_at: datetime


def request_letter(account: Account, *, actor: str, replaces_methods: bool = False) -> Letter:
    """Let a code go to an account by letter; a letter that still waits for it is void.

    `WrongInput` when nobody knows where a letter would go, or the account or relation is blocked.
    """
    if account.blocked_at is not None or account.relation.blocked_at is not None:
        raise WrongInput("a blocked account gets no letter; unblock it first")
    address_of(account)
    activation_codes.void_waiting_letters(account.id)
    letter = Letter(account_id=account.id, asked_by=actor, replaces_methods=replaces_methods)
    db.session.add(letter)
    db.session.flush()
    record(
        Event.LETTER_ASKED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        letter=letter.id,
        replaces_methods=replaces_methods,
    )
    return letter


def knows_address(account: Account) -> bool:
    """Whether a letter to this person has somewhere to go."""
    try:
        address_of(account)
    except WrongInput:
        return False
    return True


def address_of(account: Account) -> tuple[str, ...]:
    """The lines behind the window: organisation, person, and where; `WrongInput` when that is not known.

    The organisation's own address, else the one that is kept of the person.
    """
    lines = (account.relation.address or "").splitlines()
    if not lines:
        kept = personal.unseal(account.personal_sealed, account.id)
        town = " ".join(kept[name] for name in ("postal_code", "locality") if name in kept)
        if "street_address" in kept and town:
            lines = [kept["street_address"], town]
            lines += [kept["country"]] if "country" in kept else []
    if not lines:
        raise WrongInput(
            f"no postal address is known of relation {account.relation.number}; "
            "`idp relation address` writes one down"
        )
    return (account.relation.name, f"t.a.v. {account.name}", *lines)[:MOST_LINES]


def of_account(account_id: str) -> list[SeenLetter]:
    """Every letter that was asked for an account, youngest first."""
    rows = db.session.scalars(
        select(Letter).where(Letter.account_id == account_id).order_by(Letter.asked_at.desc())
    )
    return [seen(row) for row in rows]


def waiting() -> int:
    """How many letters wait for a batch."""
    return db.session.scalar(select(func.count()).select_from(Letter).where(_unmade())) or 0


def wait_for_relation(relation_id: str) -> bool:
    """Whether letters to an organisation still wait for a batch, and so for its address."""
    own = select(Account.id).where(Account.relation_id == relation_id)
    waits = select(Letter.id).where(_unmade(), Letter.account_id.in_(own))
    return db.session.execute(waits.limit(1)).first() is not None


def batches(limit: int = 50) -> list[LetterBatch]:
    """The last batches, youngest first."""
    return list(
        db.session.scalars(select(LetterBatch).order_by(LetterBatch.made_at.desc()).limit(limit))
    )


def undispatched(batch_id: str) -> list[SeenLetter]:
    """The letters of a batch of which nobody said that they were posted, in the order of their pages."""
    rows = db.session.scalars(
        select(Letter)
        .where(Letter.batch_id == batch_id, Letter.code_id.is_not(None))
        .where(Letter.dispatched_at.is_(None), Letter.voided_at.is_(None))
        .order_by(Letter.page)
    )
    return [seen(row) for row in rows]


def dispatched(
    batch_id: str, *, at: datetime, actor: str, only: Iterable[str] | None = None
) -> int:
    """The print house posted a batch, or these letters of it; how many that were. Saying it twice changes nothing.

    A letter goes by its number in full or as it stands on its page.
    `WrongInput` for a batch that nobody fetched, a letter that is not in it, or a moment that is still to come.
    """
    batch = find_batch(batch_id)
    if batch.fetched_at is None:
        raise WrongInput("nobody fetched this batch, so it cannot be posted")
    if not batch.fetched_at <= at <= clock.now():
        raise WrongInput("a batch is posted after it was fetched, and not in the future")
    chosen = None if only is None else set(only)
    own = {each["letter"] for each in batch.manifest["letters"]}
    if chosen is not None:
        in_full = {each["printed"]: each["letter"] for each in batch.manifest["letters"]}
        chosen = {in_full.get(name, name) for name in chosen}
        if strange := sorted(chosen - own):
            raise WrongInput(f"letter {strange[0]} is not in batch {batch_id}")
    posted = db.session.execute(
        update(Letter)
        .where(
            Letter.batch_id == batch_id,
            Letter.dispatched_at.is_(None),
            Letter.id.in_(own if chosen is None else chosen),
        )
        .values(dispatched_at=at, dispatched_by=actor)
        .returning(Letter.id, Letter.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    for row in posted:
        record(Event.LETTER_DISPATCHED, actor=actor, account_id=row.account_id, letter=row.id)
    return len(posted)


def find_batch(batch_id: str) -> LetterBatch:
    """The batch of that id; `WrongInput` when there is none."""
    if (batch := db.session.get(LetterBatch, batch_id)) is None:
        raise WrongInput(f"there is no batch {batch_id}")
    return batch


def manifest_of(batch: LetterBatch) -> bytes:
    """What goes with the document, as JSON: which letter is on which page, and by what the document is known."""
    told = batch.manifest | {"made_at": batch.made_at.isoformat(), "sha256": batch.digest}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def seen(row: Letter) -> SeenLetter:
    """A row as lists show it."""
    if row.dispatched_at is not None:
        standing = Standing.DISPATCHED
    elif row.voided_at is not None:
        standing = Standing.VOID
    else:
        standing = Standing.WAITING if row.code_id is None else Standing.MADE
    return SeenLetter(
        row.id, standing, row.asked_at, row.asked_by, row.batch_id, row.page, row.dispatched_at
    )


def waits_now() -> ColumnElement[bool]:
    """Letters that a batch may take: not void, not made, in no batch that is being made, of nobody who is blocked."""
    blocked = (
        select(Account.id)
        .join(Relation, Relation.id == Account.relation_id)
        .where(or_(Account.blocked_at.is_not(None), Relation.blocked_at.is_not(None)))
    )
    free = or_(Letter.taken_until.is_(None), Letter.taken_until <= clock.now())
    return and_(_unmade(), free, Letter.account_id.not_in(blocked))


def _unmade() -> ColumnElement[bool]:
    return and_(Letter.code_id.is_(None), Letter.voided_at.is_(None))
