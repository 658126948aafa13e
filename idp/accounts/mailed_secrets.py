"""A code that confirms a mail address, and a link to a new password: asked for, made when they are mailed, used once.

What is asked for is put into the queue by one statement that does nothing for who may not have it. The code or link is
made by the sender, right before the mail: only its digest is stored, and nothing readable waits anywhere. A mail that
is tried again carries another one.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final, cast

from sqlalchemy import ColumnElement, Table, and_, exists, select, update

from idp import clock, deliveries, settings, vault
from idp.audit import Event, record
from idp.database import connection, db
from idp.deliveries import Due, Kind, NotDelivered
from idp.messaging import mail
from idp.messaging.mail_texts import confirming, renewing
from idp.models import Account, Credential, MailedSecret, Relation
from idp.secret_values import random_digits, random_token, same

LINK: Final = "password-link"
CODE: Final = "mail-code"
LASTS: Final = timedelta(minutes=30)
"""Since it was mailed."""
CODE_DIGITS: Final = 6
TRIES: Final = 5
#: Who waits for a mail looks for it now: after a quarter of an hour it is asked for again.
_PAUSES: Final = tuple(timedelta(seconds=each) for each in (20, 120, 600))
_LANES: Final = 2
_ROWS: Final = cast(Table, MailedSecret.__table__)


class Trouble(StrEnum):
    """Why a code was not accepted; the contract's error name."""

    EXPIRED = "code-expired"
    INVALID = "code-invalid"
    ATTEMPTS = "code-attempts"


def link_offered() -> bool:
    """Whether this body lets people replace a forgotten password with a link in a mail."""
    return settings.current().password_by_mail


def ask_for_link(account_id: str | None, *, reference: str) -> None:
    """Mail a link to a new password, if this account may have one. Does not commit.

    The same statements whether there is such an account or not, and whether it may have one or not.
    """
    record(Event.PASSWORD_LINK_ASKED, account_id=account_id, reference=reference)
    _put(LINK, account_id, _may_have_link(account_id), reference=reference)


def ask_for_code(account: Account, *, reference: str) -> None:
    """Mail a code that confirms the address of the account, if it has one. Does not commit."""
    has_address = exists().where(Account.id == account.id, Account.email_sealed.is_not(None))
    _put(CODE, account.id, has_address, reference=reference)


def link_works(link: str) -> bool:
    """Whether this link could be used now; only looks."""
    live = select(_ROWS.c.id).where(*_live(LINK), _ROWS.c.digest == _digest(LINK, "", link))
    return connection().execute(live).first() is not None


def use_link(link: str) -> str | None:
    """Use the link up, by one statement; whose it is, or `None` when it works no more. Does not commit."""
    used = (
        update(_ROWS)
        .where(*_live(LINK), _ROWS.c.digest == _digest(LINK, "", link))
        .values(spent_at=clock.now())
        .returning(_ROWS.c.account_id)
    )
    account_id: str | None = connection().execute(used).scalar_one_or_none()
    return account_id


def confirm(account: Account, typed: str, *, reference: str) -> tuple[Trouble, int] | None:
    """Take the code from the mail, once: from then on the address is confirmed. Else why not, and the tries left.

    The try is taken before it is made. Does not commit.
    """
    taken = (
        connection()
        .execute(
            update(_ROWS)
            .where(*_live(CODE), _ROWS.c.account_id == account.id, _ROWS.c.tries_left > 0)
            .values(tries_left=_ROWS.c.tries_left - 1)
            .returning(_ROWS.c.id, _ROWS.c.digest, _ROWS.c.tries_left)
        )
        .one_or_none()
    )
    if taken is None:
        return Trouble.EXPIRED, 0
    if not same(taken.digest, _digest(CODE, account.id, typed)):
        _note(Event.MAIL_CODE_REFUSED, account, reference, succeeded=False)
        return (Trouble.INVALID if taken.tries_left else Trouble.ATTEMPTS), taken.tries_left
    spent = update(_ROWS).where(*_live(CODE), _ROWS.c.id == taken.id).values(spent_at=clock.now())
    if connection().execute(spent.returning(_ROWS.c.id)).scalar_one_or_none() is None:
        return Trouble.EXPIRED, 0  # two requests typed the right one; the other was first
    account.email_confirmed_at = clock.now()
    db.session.flush()
    _note(Event.MAIL_CONFIRMED, account, reference)
    return None


def code_waits(account_id: str) -> bool:
    """Whether a code was mailed that can still be typed."""
    live = select(_ROWS.c.id).where(
        *_live(CODE), _ROWS.c.account_id == account_id, _ROWS.c.tries_left > 0
    )
    return connection().execute(live.limit(1)).first() is not None


def void(account_id: str, *kinds: str) -> None:
    """The address or the password is another one: whoever has such a mail has nothing any more."""
    _void(_ROWS.c.account_id == account_id, _ROWS.c.purpose.in_(kinds or (LINK, CODE)))


def void_of_relation(relation_id: str) -> None:
    """As `void`, for every account of a relation."""
    theirs = select(Account.id).where(Account.relation_id == relation_id)
    _void(_ROWS.c.account_id.in_(theirs))


def _void(*which: ColumnElement[bool]) -> None:
    connection().execute(
        update(_ROWS).where(*which, _ROWS.c.spent_at.is_(None)).values(spent_at=clock.now())
    )


def _note(event: Event, account: Account, reference: str, *, succeeded: bool = True) -> None:
    record(
        event,
        succeeded=succeeded,
        account_id=account.id,
        relation_id=account.relation_id,
        reference=reference,
    )


def _put(
    kind: str, account_id: str | None, allowed: ColumnElement[bool], *, reference: str
) -> None:
    deliveries.put(
        kind,
        lane=f"{kind}-{sum((account_id or '').encode()) % _LANES}",
        facts={},
        why="asked for",
        account_id=account_id,
        reference=reference,
        only_if=allowed,
        quietly=kind == LINK,  # whoever asks for a link may be anybody; for a code somebody waits
    )


def _may_have_link(account_id: str | None) -> ColumnElement[bool]:
    """A confirmed address, a second step of one's own, and nothing that is blocked."""
    return exists().where(
        and_(
            Account.id == (account_id or ""),
            Account.email_sealed.is_not(None),
            Account.email_confirmed_at.is_not(None),
            Account.blocked_at.is_(None),
            Relation.id == Account.relation_id,
            Relation.blocked_at.is_(None),
            exists().where(
                Credential.account_id == Account.id, Credential.confirmed_at.is_not(None)
            ),
        )
    )


def _live(kind: str) -> tuple[ColumnElement[bool], ...]:
    return (_ROWS.c.purpose == kind, _ROWS.c.spent_at.is_(None), _ROWS.c.expires_at > clock.now())


def _digest(kind: str, account_id: str, secret: str) -> str:
    return settings.current().secret.digest(kind, f"{account_id}:{secret}")


# --- what the sender does --------------------------------------------------------------------------------------------


def _send_link(due: Due) -> None:
    account, to = _whom(due)
    if not db.session.execute(select(_may_have_link(account.id))).scalar_one():
        raise NotDelivered("the account may not have a link any more", final=True)
    link = random_token()
    _keep(account, LINK, _digest(LINK, "", link))
    address = f"{settings.current().issuer}/wachtwoord-vergeten/link?code={link}"
    _post(due, account, to, renewing(address))


def _send_code(due: Due) -> None:
    account, to = _whom(due)
    void(account.id, CODE)
    code = random_digits(CODE_DIGITS)
    _keep(account, CODE, _digest(CODE, account.id, code))
    _post(due, account, to, confirming(code))


def _whom(due: Due) -> tuple[Account, str]:
    """The account and its address, held until we have committed: who changes the address then finds what to void."""
    account = db.session.scalars(
        select(Account).where(Account.id == due.account_id).with_for_update(of=Account)
    ).one_or_none()
    if account is None or account.email_sealed is None:
        raise NotDelivered("the account has no mail address any more", final=True)
    return account, vault.unseal(account.email_sealed, place=f"account.email:{account.id}")


def _keep(account: Account, kind: str, digest: str) -> None:
    now = clock.now()
    db.session.add(
        MailedSecret(
            account_id=account.id,
            purpose=kind,
            digest=digest,
            tries_left=TRIES,
            made_at=now,
            expires_at=now + LASTS,
        )
    )


def _post(due: Due, account: Account, to: str, words: mail.Words) -> None:
    language = account.language or "nl"
    subject, body = words(language, account.relation.name, settings.current())
    db.session.commit()  # nothing stays open while we wait for others
    try:
        mail.post(mail.Mail(id=due.id, to=to, language=language, subject=subject, body=body))
    except mail.NotMailed as why:
        raise NotDelivered(str(why)) from why


KINDS: Final = {
    LINK: Kind(
        send=_send_link,
        pauses=_PAUSES,
        delivered=Event.PASSWORD_LINK_SENT,
        given_up=Event.PASSWORD_LINK_NOT_SENT,
    ),
    CODE: Kind(
        send=_send_code,
        pauses=_PAUSES,
        delivered=Event.MAIL_CODE_SENT,
        given_up=Event.MAIL_CODE_NOT_SENT,
    ),
}
