"""Signing in: the interrupted login of one browser, and the session that comes of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class LoginTransaction(Base):
    """The stored form of `idp.flows.transaction.LoginTransaction`; moved only by compare-and-set on `version`."""

    __tablename__ = "login_transaction"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    browser: Mapped[str] = mapped_column(String(64))
    """Digest of the browser cookie: the address alone is useless elsewhere."""
    version: Mapped[int] = mapped_column(default=1)
    reference: Mapped[str] = mapped_column(String(12))
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)


class Session(Base):
    """The single sign-on session of one browser; the cookie is stored as a digest."""

    __tablename__ = "session"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    proofs: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    device: Mapped[str] = mapped_column(String(100))
    """Browser and system in words, for the person's own list."""
    reference: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    used_at: Mapped[datetime] = mapped_column(Moment)
    """Last activity of the person; background calls and `prompt=none` do not count."""
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)


class SessionClient(Base):
    """A client to which a session was told; `sid` is what that client knows the session by."""

    __tablename__ = "session_client"
    __table_args__ = (UniqueConstraint("session_id", "client_id"),)

    sid: Mapped[str] = mapped_column(String(43), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"))
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    first_used_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


class DeskEntry(Base):
    """A colleague's way from the issuer's origin to the desk's own: a ticket, claimed once, and the cookie it gave."""

    __tablename__ = "desk_entry"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    ticket: Mapped[str] = mapped_column(String(64), unique=True)
    """Digest of what the address carries."""
    browser: Mapped[str] = mapped_column(String(64))
    """Digest of the cookie that the browser got before it left the desk: nobody else's ticket works in it."""
    cookie: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Digest of the desk's cookie, once the ticket was claimed."""
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"), index=True)
    """What it lasts as long as."""
    expires_at: Mapped[datetime] = mapped_column(Moment)
    """Until when the ticket can be claimed."""
