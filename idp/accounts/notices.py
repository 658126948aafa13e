"""Telling people by mail what changed about their access, so that they notice what they did not do themselves.

    notices.tell(account.id, Notice.METHOD_ADDED, {"method": "totp"}, reference=login.reference)

Put into the queue in the transaction of the change, by one statement that does nothing for an account without a mail
address; mailed after the commit. Where no mail server is set nothing is kept.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import and_, select

from idp import clock, deliveries, settings, vault
from idp.audit import Event
from idp.database import db
from idp.deliveries import Due, Kind, NotDelivered
from idp.messaging import mail
from idp.messaging.notice_texts import Happened, Notice, written
from idp.models import Account

__all__ = ["KIND", "NAME", "Notice", "tell", "tell_all_of"]

NAME: Final = "notice"
#: Seven tries in eight hours: who was robbed in the night has to read it in the morning.
PAUSES: Final = tuple(timedelta(seconds=each) for each in (30, 300, 1800, 3600, 7200, 14400))
#: Mails under way at once in one process, so that a slow mail server does not hold up what else is delivered.
LANES: Final = 3
#: Between the mails to the people of one organisation, all told at once: 25 a second, whatever their number.
EVERY: Final = timedelta(milliseconds=40)


def tell(
    account_id: str | None,
    notice: Notice,
    facts: Mapping[str, str | int] | None = None,
    *,
    reference: str | None = None,
    to: str | None = None,
) -> None:
    """Let the holder of an account know, after the commit of the present transaction.

    `facts` are `method` (a factor's kind), `device` and `times`; never a secret. `to` is an address that is the
    account's no longer. The same one statement whether there is such an account or not.
    """
    if not settings.current().mails:
        return
    known: dict[str, str | int] = {"notice": notice.value, "at": clock.epoch(clock.now())}
    if to is not None:
        sealed = vault.seal(to, place=f"notice.to:{account_id}")
        known["to"] = base64.b64encode(sealed).decode()
    has_address = select(Account.id).where(
        Account.id == (account_id or ""), Account.email_sealed.is_not(None) | (to is not None)
    )
    deliveries.put(
        NAME,
        lane=f"mail-{sum((account_id or '').encode()) % LANES}",
        facts=known | dict(facts or {}),
        why=notice.value,
        account_id=account_id,
        reference=reference,
        only_if=has_address.exists(),
    )


def tell_all_of(relation_id: str, notice: Notice) -> None:
    """The same to everybody of a relation, by one statement: a block of it, or its end.

    Not to who is blocked apart from that: for them nothing changes.
    """
    if not settings.current().mails:
        return
    deliveries.put_for_each(
        NAME,
        whom=and_(
            Account.relation_id == relation_id,
            Account.email_sealed.is_not(None),
            Account.blocked_at.is_(None),
        ),
        lane="mail-all",
        lanes=LANES,
        every=EVERY,
        facts={"notice": notice.value, "at": clock.epoch(clock.now())},
        why=notice.value,
    )


def send(due: Due) -> None:
    """One try; `NotDelivered` unless the mail server took it."""
    account = db.session.get(Account, due.account_id)
    if account is None:
        raise NotDelivered("there is no such account any more")
    to = _address(due, account)
    language = account.language or "nl"
    happened = Happened(
        notice=Notice(due.facts["notice"]),
        at=datetime.fromtimestamp(due.facts["at"], UTC),
        organisation=account.relation.name,
        **{name: due.facts[name] for name in ("method", "device", "times") if name in due.facts},
    )
    db.session.rollback()  # nothing stays open while we wait for others
    subject, body = written(happened, language, settings.current())
    try:
        mail.post(mail.Mail(id=due.id, to=to, language=language, subject=subject, body=body))
    except mail.NotMailed as why:
        raise NotDelivered(str(why)) from why


def _address(due: Due, account: Account) -> str:
    if (sealed := due.facts.get("to")) is not None:
        return vault.unseal(base64.b64decode(sealed), place=f"notice.to:{account.id}")
    if account.email_sealed is None:
        raise NotDelivered("the account has no mail address any more")
    return vault.unseal(account.email_sealed, place=f"account.email:{account.id}")


KIND: Final = Kind(
    send=send, pauses=PAUSES, delivered=Event.NOTICE_SENT, given_up=Event.NOTICE_NOT_SENT
)
