"""The gateway of the demo and the tests: messages, and mails, lie in a table and appear on the demo phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, select

from idp import clock, vault
from idp.database import db
from idp.models import OutboxMessage
from idp.secret_values import new_id

if TYPE_CHECKING:
    from idp.messaging.gateways.carried import Message

MAIL: Final = "mail"
MOST_SHOWN: Final = 50


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the demo phone shows it."""

    channel: str
    to: str
    text: str
    code: str
    sent_at: datetime

    @property
    def parts(self) -> tuple[str, str]:
        """Of a call: what is said before a key is pressed, and what after. Of a mail: its subject, and the rest."""
        before, _, after = self.text.partition("\n")
        return before, after


@dataclass(frozen=True, slots=True)
class Outbox:
    """Puts the message where the demo phone looks."""

    name: str = "outbox"
    fetches: bool = False

    def send(self, message: Message) -> str | None:
        """Store the message, sealed."""
        _keep(message.channel, message.to.e164, message.says.reveal(), message.code.reveal())
        return None


def keep_mail(to: str, subject: str, body: str) -> None:
    """Store a mail, sealed; of several lines, of which the first is what it is about."""
    _keep(MAIL, to, f"{' '.join(subject.split())}\n{body}", "")


def received() -> list[Received]:
    """The texts and calls on the demo phone, newest first."""
    return _newest(OutboxMessage.channel != MAIL)


def mails() -> list[Received]:
    """The mails on the demo phone, newest first."""
    return _newest(OutboxMessage.channel == MAIL)


def _keep(channel: str, to: str, text: str, code: str) -> None:
    row_id = new_id()
    db.session.add(
        OutboxMessage(
            id=row_id,
            channel=channel,
            to_sealed=vault.seal(to, place=f"outbox_message.to:{row_id}"),
            text_sealed=vault.seal(text, place=f"outbox_message.text:{row_id}"),
            code_sealed=vault.seal(code, place=f"outbox_message.code:{row_id}"),
            sent_at=clock.now(),
        )
    )
    db.session.commit()


def _newest(which: ColumnElement[bool]) -> list[Received]:
    rows = db.session.scalars(
        select(OutboxMessage).where(which).order_by(OutboxMessage.sent_at.desc()).limit(MOST_SHOWN)
    )
    return [
        Received(
            channel=row.channel,
            to=vault.unseal(row.to_sealed, place=f"outbox_message.to:{row.id}"),
            text=vault.unseal(row.text_sealed, place=f"outbox_message.text:{row.id}"),
            code=vault.unseal(row.code_sealed, place=f"outbox_message.code:{row.id}"),
            sent_at=row.sent_at,
        )
        for row in rows
    ]
