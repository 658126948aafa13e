"""Counters of failures and of spent budgets, shared by all nodes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Moment


class ThrottleCounter(Base):
    """How often something happened to one key since `since`, and until when it must wait."""

    __tablename__ = "throttle_counter"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """A keyed digest: the table tells nobody who was tried."""
    count: Mapped[int]
    since: Mapped[datetime] = mapped_column(Moment)
    not_before: Mapped[datetime | None] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
