"""The record of every event of access and change; rows are added, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment

#: What asks a colleague's attention. Literal, as the index over these few rows is: neither database would use that for
#: values that are bound.
ALARM: Final = text(
    "event IN ('account-stopped', 'key-counter-went-back', 'message-budget-low', 'message-budget-spent', "
    "'range-paused')"
)


class AuditEvent(Base):
    """One event: what, about whom, from where, with which result."""

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_alarm", "at", sqlite_where=ALARM, postgresql_where=ALARM),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now, index=True)
    event: Mapped[str] = mapped_column(String(60))
    succeeded: Mapped[bool]
    reference: Mapped[str | None] = mapped_column(String(12), index=True)
    """The reference code that ties the events of one sign-in together."""
    actor: Mapped[str] = mapped_column(String(100))
    account_id: Mapped[str | None] = mapped_column(String(32), index=True)
    relation_id: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(String(60))
    session_id: Mapped[str | None] = mapped_column(String(32))
    origin: Mapped[str | None] = mapped_column(String(45))
    """The network address of the browser or client."""
    reason: Mapped[str | None] = mapped_column(String(300))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
