"""The gateway of the demo and the tests: messages lie in a table and appear on the demo phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from idp import clock, vault
from idp.database import db
from idp.models import OutboxMessage
from idp.secret_values import new_id

if TYPE_CHECKING:
    from idp.messaging.gateways.carried import Message


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the demo phone shows it."""

    channel: str
    to: str
    text: str
    code: str
    sent_at: datetime

    @property
    def spoken(self) -> tuple[str, str]:
        """Of a call: what is said before a key is pressed, and what after."""
        before, _, after = self.text.partition("\n")
        return before, after


@dataclass(frozen=True, slots=True)
class Outbox:
    """Puts the message where the demo phone looks."""

    name: str = "outbox"
    fetches: bool = False

    def send(self, message: Message) -> str | None:
        """Store the message, sealed."""
        row_id = new_id()
        db.session.add(
            OutboxMessage(
                id=row_id,
                channel=message.channel,
                to_sealed=vault.seal(message.to.e164, place=f"outbox_message.to:{row_id}"),
                text_sealed=vault.seal(
                    message.says.reveal(), place=f"outbox_message.text:{row_id}"
                ),
                code_sealed=vault.seal(
                    message.code.reveal(), place=f"outbox_message.code:{row_id}"
                ),
                sent_at=clock.now(),
            )
        )
        db.session.commit()
        return None


def received(limit: int = 50) -> list[Received]:
    """The messages on the demo phone, newest first."""
    rows = db.session.scalars(
        select(OutboxMessage).order_by(OutboxMessage.sent_at.desc()).limit(limit)
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
