"""Codes on paper: the activation code (by letter, 21 days, opens one enrolment window) and recovery codes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class ActivationCode(Base):
    """One issued code; the readable form exists only in the letter."""

    __tablename__ = "activation_code"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(20))
    """How it reaches the person: letter, desk, secure-mail."""
    issued_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    issued_by: Mapped[str] = mapped_column(String(100))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    tries_left: Mapped[int]
    replaces_methods: Mapped[bool] = mapped_column(default=False)
    """Existing methods go when the first new one is confirmed."""
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    spent_at: Mapped[datetime | None] = mapped_column(Moment)
    window_browser: Mapped[str | None] = mapped_column(String(64))
    """Digest of the browser for which entering the code opened the enrolment window."""
    window_ends_at: Mapped[datetime | None] = mapped_column(Moment)
    method_confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the first method was set up with this code."""
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the person chose *Afronden*, which closes the window."""


class RecoveryCode(Base):
    """One code of the set that somebody printed; its readable form was shown once."""

    __tablename__ = "recovery_code"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    spent_at: Mapped[datetime | None] = mapped_column(Moment)
