"""Messages on their way, and those of the `outbox` gateway, which the demo phone reads."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Moment
from idp.secret_values import new_id


class OutgoingMessage(Base):
    """One text message or call, from the transaction that makes its passcode until a day after."""

    __tablename__ = "outgoing_message"
    __table_args__ = (Index("ix_outgoing_message_provider", "gateway", "provider_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    """Also what providers are told as our reference."""
    passcode_id: Mapped[str] = mapped_column(String(32), index=True)
    account_id: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(10))
    content_sealed: Mapped[bytes | None]
    """To whom and what; empty as soon as nobody has to read it any more."""
    state: Mapped[str] = mapped_column(String(12))
    gateway: Mapped[str | None] = mapped_column(String(20))
    """The one that was asked last, written down before it is asked."""
    asked: Mapped[str] = mapped_column(String(100), default="", server_default="")
    """All that were asked so far, each followed by a comma: none of them is asked again, also after a crash."""
    provider_id: Mapped[str | None] = mapped_column(String(64))
    """By which name its provider reports on it."""
    told_at: Mapped[datetime | None] = mapped_column(Moment)
    """When a call said the code: once."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class OutboxMessage(Base):
    """One text message or call, sealed like everything that opens a door."""

    __tablename__ = "outbox_message"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(10))
    to_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    code_sealed: Mapped[bytes]
    sent_at: Mapped[datetime] = mapped_column(Moment, index=True)
