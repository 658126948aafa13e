"""Messages of the `outbox` gateway: the demo phone reads them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Moment
from idp.secret_values import new_id


class OutboxMessage(Base):
    """One text message or call, sealed like everything that opens a door."""

    __tablename__ = "outbox_message"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(10))
    to_sealed: Mapped[bytes]
    text_sealed: Mapped[bytes]
    code_sealed: Mapped[bytes]
    sent_at: Mapped[datetime] = mapped_column(Moment, index=True)
