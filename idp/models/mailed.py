"""What was mailed to show that an address is somebody's own: a code that confirms it, a link to a new password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Moment
from idp.secret_values import new_id


class MailedSecret(Base):
    """One code or link, by its digest; the readable form is in the mail and nowhere else."""

    __tablename__ = "mailed_secret"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64), index=True)
    tries_left: Mapped[int]
    """Of a code; nobody guesses a link."""
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    spent_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was used, or voided by a newer one or another address."""
