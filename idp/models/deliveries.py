"""What has to reach somebody outside, and how far that is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class Delivery(Base):
    """One thing to deliver; written in the transaction of the change that it tells of.

    Names other rows, as the audit trail does, without holding them.
    """

    __tablename__ = "delivery"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(20))
    lane: Mapped[str] = mapped_column(String(60), index=True)
    """To whom: a process has one delivery of a lane under way at a time."""
    party: Mapped[str] = mapped_column(String(255), server_default="")
    """Who answers for that: a process has few deliveries of a party under way at a time, however many lanes it has."""
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What its kind needs to make the message anew at each try; never a secret."""
    account_id: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(String(60))
    session_id: Mapped[str | None] = mapped_column(String(32))
    reference: Mapped[str | None] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, index=True)
    due_at: Mapped[datetime | None] = mapped_column(Moment, index=True)
    """When it may be tried; `None` once it is over. Claiming moves it beyond the time that a try can take."""
    tries: Mapped[int] = mapped_column(default=0)
    """Also names the claim: only who made the latest one may write what came of it."""
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    result: Mapped[str | None] = mapped_column(String(20))
    """`delivered` or `given-up`."""
    problem: Mapped[str | None] = mapped_column(String(200))
    """Why the latest try failed."""
