"""The second steps of an account: set up, confirmed by one who may, used, removed."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final, cast

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, select, update
from sqlalchemy.orm import aliased

from idp import clock, vault
from idp.accounts import activation_codes, notices, recovery_codes, sessions
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.database import db
from idp.messaging import number_notices
from idp.models import Account, Credential
from idp.secret_values import new_id
from idp.statements import Prepared

#: Built once, because every page of a sign-in asks it.
_CONFIRMED: Final = (
    select(Credential)
    .where(Credential.account_id == bindparam("account"), Credential.confirmed_at.is_not(None))
    .order_by(Credential.confirmed_at)
)


_ROWS: Final = cast(Table, Credential.__table__)
_USED: Final = Prepared(
    update(_ROWS).where(_ROWS.c.id == bindparam("which")).values(last_used_at=bindparam("now"))
)


def of_account(account_id: str) -> list[Credential]:
    """The confirmed ones, oldest first."""
    return list(db.session.scalars(_CONFIRMED, {"account": account_id}))


def being_set_up(account_id: str, kind: str, login_id: str) -> Credential | None:
    """The one that this login is setting up, if any."""
    return db.session.scalars(
        select(Credential).where(
            Credential.account_id == account_id,
            Credential.kind == kind,
            Credential.set_up_in == login_id,
            Credential.confirmed_at.is_(None),
        )
    ).first()


def begin(account_id: str, kind: str, login_id: str, secret: str, *, label: str = "") -> Credential:
    """Keep what is being set up in this login; an earlier start of the same kind there is forgotten."""
    db.session.execute(
        delete(Credential).where(
            Credential.account_id == account_id,
            Credential.kind == kind,
            Credential.set_up_in == login_id,
            Credential.confirmed_at.is_(None),
        )
    )
    row_id = new_id()
    credential = Credential(
        id=row_id,
        account_id=account_id,
        kind=kind,
        label=label,
        set_up_in=login_id,
        secret_sealed=vault.seal(secret, place=f"credential.secret:{row_id}"),
    )
    db.session.add(credential)
    db.session.flush()
    return credential


def forget(credential: Credential) -> None:
    """Drop one that was being set up."""
    db.session.delete(credential)
    db.session.flush()


def secret_of(credential: Credential) -> str:
    """What the factor kept: a seed, a number."""
    return vault.unseal(credential.secret_sealed, place=f"credential.secret:{credential.id}")


def confirm(
    credential: Credential,
    *,
    replaces_kind: bool,
    counts_from: datetime | None = None,
    actor: str = "person",
    reference: str | None = None,
) -> bool:
    """Make it one of the account's methods; `False` when another request did so first.

    With `replaces_kind` the account's other credentials of that kind go (one number for texts, one for calls).
    Before `counts_from` its proofs are worth *laag* at most.
    """
    now = clock.now()
    confirmed = db.session.execute(
        update(Credential)
        .where(Credential.id == credential.id, Credential.confirmed_at.is_(None))
        .values(confirmed_at=now, last_used_at=now, counts_from=counts_from)
        .returning(Credential.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if confirmed is None:
        return False
    db.session.execute(
        update(Account)
        .where(Account.id == credential.account_id, Account.activated_at.is_(None))
        .values(activated_at=now)
        .execution_options(synchronize_session=False)
    )
    record(
        Event.METHOD_ADDED,
        actor=actor,
        account_id=credential.account_id,
        reference=reference,
        kind=credential.kind,
        credential=credential.id,
    )
    replaced = 0
    if replaces_kind:
        others = (Credential.kind == credential.kind) & (Credential.id != credential.id)
        _tell_former_numbers(credential, others, reference=reference)
        replaced = _remove(
            credential.account_id, others, actor=actor, why="replaced", reference=reference
        )
    notices.tell(
        credential.account_id,
        Notice.NUMBER_CHANGED if replaced else Notice.METHOD_ADDED,
        {"method": credential.kind},
        reference=reference,
    )
    return True


def _tell_former_numbers(
    now: Credential, others: ColumnElement[bool], *, reference: str | None
) -> None:
    """A text to each number that goes, because another one comes in its place; not where the number stays the same."""
    former = db.session.scalars(
        select(Credential).where(
            Credential.account_id == now.account_id, Credential.confirmed_at.is_not(None), others
        )
    ).all()
    account, number = db.session.get(Account, now.account_id), secret_of(now)
    for gone in {secret_of(each) for each in former} - {number}:
        number_notices.tell(
            gone,
            account_id=now.account_id,
            language=(account.language if account else None) or "nl",
            reference=reference,
        )


def mark_used(credential_id: str) -> None:
    """Remember when it last served."""
    _USED.send({"which": credential_id, "now": clock.now()})


def remove_all_but(account_id: str, keep: str, *, why: str, reference: str | None = None) -> int:
    """Remove the account's other methods: the code that was issued says so."""
    _forget_browsers(account_id)
    recovery_codes.void(account_id)
    removed = _remove(
        account_id, Credential.id != keep, actor="person", why=why, reference=reference
    )
    if removed:
        notices.tell(account_id, Notice.METHODS_RESET, reference=reference)
    return removed


def rename(credential: Credential, label: str, *, reference: str | None = None) -> bool:
    """Give a method another name; `False` when it is gone meanwhile."""
    renamed = db.session.execute(
        update(Credential)
        .where(Credential.id == credential.id, Credential.confirmed_at.is_not(None))
        .values(label=label)
        .returning(Credential.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if renamed is None:
        return False
    record(
        Event.METHOD_RENAMED,
        account_id=credential.account_id,
        reference=reference,
        kind=credential.kind,
        credential=credential.id,
    )
    return True


def remove(
    credential: Credential,
    *,
    beside: Collection[str],
    actor: str = "person",
    reference: str | None = None,
) -> bool:
    """Remove one method, as long as another one of the kinds `beside` stays; `False` when it may not, or is gone.

    Of two at once that would leave nothing, one stays: the account's row is held until the transaction ends (on SQLite
    the whole database is), so the statement that decides sees what the other did. A sign-in that is under way starts
    again, because it may rest on what is gone.
    """
    account_id, credential_id, kind = credential.account_id, credential.id, credential.kind
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update())
    other = aliased(Credential)
    stays = exists().where(
        other.account_id == account_id,
        other.confirmed_at.is_not(None),
        other.id != credential_id,
        other.kind.in_(beside),
    )
    which = (Credential.id == credential_id) & stays
    removed = _remove(account_id, which, actor=actor, why="removed", reference=reference)
    if removed:
        sessions.forget_unfinished(account_id)
        notices.tell(account_id, Notice.METHOD_REMOVED, {"method": kind}, reference=reference)
    return removed > 0


def remove_all(account: Account, *, actor: str) -> int:
    """Remove every method and end every session; the account needs a new activation code."""
    removed = _remove(
        account.id, Credential.id.is_not(None), actor=actor, why="reset", reference=None
    )
    recovery_codes.void(account.id)
    account.activated_at = None
    account.browsers_epoch += 1
    db.session.flush()  # waits for a sign-in that is finishing: see `directory.still_welcome`
    activation_codes.shut_windows(account.id)
    sessions.forget_unfinished(account.id)
    sessions.end_all_of(account.id, why="the methods were reset", actor=actor)
    notices.tell(account.id, Notice.METHODS_RESET)
    return removed


def _forget_browsers(account_id: str) -> None:
    """Methods were reset: no browser counts as the person's own any more."""
    db.session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(browsers_epoch=Account.browsers_epoch + 1)
    )


def _remove(account_id: str, which: object, *, actor: str, why: str, reference: str | None) -> int:
    removed = db.session.execute(
        delete(Credential)
        .where(Credential.account_id == account_id, Credential.confirmed_at.is_not(None), which)  # type: ignore[arg-type]
        .returning(Credential.id, Credential.kind)
        .execution_options(synchronize_session=False)
    ).all()
    sessions.forget_proofs(account_id, {row.id for row in removed})
    for row in removed:
        record(
            Event.METHOD_REMOVED,
            actor=actor,
            account_id=account_id,
            reference=reference,
            kind=row.kind,
            credential=row.id,
            reason=why,
        )
    return len(removed)
