"""What the Servicedesk keeps: which of the four things went by which channel, and what waits for a second colleague."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class DeskSupply(Base):
    """One of the four things that signing in takes went to somebody; never what it was."""

    __tablename__ = "desk_supply"
    __table_args__ = (Index("ix_desk_supply_account_at", "account_id", "at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    item: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    supplied_by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


class DeskRequest(Base):
    """One action that could open an account to somebody else, asked by one and not yet done."""

    __tablename__ = "desk_request"
    __table_args__ = (
        Index("ix_desk_request_account_state", "account_id", "state"),
        Index("ix_desk_request_state_expires_at", "state", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    relation_id: Mapped[str] = mapped_column(ForeignKey("relation.id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"))
    """Empty where it is about the whole relation."""
    action: Mapped[str] = mapped_column(String(30))
    because: Mapped[str] = mapped_column(String(30))
    """The rule that asks for two."""
    given_sealed: Mapped[bytes | None]
    """What the form said besides (a channel, an address), as JSON sealed for `desk_request.given:<id>`."""
    errand: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    asked_by: Mapped[str] = mapped_column(String(100))
    asked_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)
    """From when it may be done: when a colleague agreed, or when the waiting time ends; empty until then."""
    expires_at: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(12), default="open")
    """`open`, then exactly one of `done`, `refused`, `withdrawn` and `void`."""
    decided_by: Mapped[str | None] = mapped_column(String(100))
    decided_at: Mapped[datetime | None] = mapped_column(Moment)
