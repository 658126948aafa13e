"""Letters with activation codes: asked for, made in a batch for the print house, dispatched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class LetterBatch(Base):
    """Letters in one document, encrypted to the print house; no key of ours opens it."""

    __tablename__ = "letter_batch"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    made_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, index=True)
    made_by: Mapped[str] = mapped_column(String(100))
    letters: Mapped[int]
    sealed: Mapped[bytes | None]
    """The document as CMS EnvelopedData; gone once it was fetched."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the encrypted document, in hexadecimal."""
    manifest: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Which letter is on which page; no code, no name."""
    fetched_at: Mapped[datetime | None] = mapped_column(Moment)
    fetched_by: Mapped[str | None] = mapped_column(String(100))


class Letter(Base):
    """One letter to one account; its code is made when its batch is."""

    __tablename__ = "letter"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    replaces_methods: Mapped[bool] = mapped_column(default=False)
    asked_at: Mapped[datetime] = mapped_column(Moment, default=clock.now, index=True)
    asked_by: Mapped[str] = mapped_column(String(100))
    taken_until: Mapped[datetime | None] = mapped_column(Moment)
    """While a batch with it is being made; a process that dies lets it go at that moment."""
    batch_id: Mapped[str | None] = mapped_column(String(32), index=True)
    page: Mapped[int | None]
    code_id: Mapped[str | None] = mapped_column(ForeignKey("activation_code.id"))
    """Set when the code was made: from then on the letter no longer waits."""
    dispatched_at: Mapped[datetime | None] = mapped_column(Moment)
    dispatched_by: Mapped[str | None] = mapped_column(String(100))
    voided_at: Mapped[datetime | None] = mapped_column(Moment)
    """A newer letter or code took its place, or nobody may have it any more."""
