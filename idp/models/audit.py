"""The record of every event of access and change; rows are added, never changed. And the chain that holds them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, ColumnElement, Index, Integer, String, bindparam, text
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
        Index(
            "ix_audit_event_relation_id",
            "relation_id",
            "id",
            sqlite_where=text("relation_id IS NOT NULL"),
            postgresql_where=text("relation_id IS NOT NULL"),
        ),
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


#: The application that an event names. Its key is literal, as in the index over these few rows.
_NAMED: Final = AuditEvent.details[
    bindparam(None, "application", type_=JSON.JSONStrIndexType(), literal_execute=True)
].as_string()
Index(
    "ix_audit_event_application",
    _NAMED,
    AuditEvent.id,
    sqlite_where=_NAMED.is_not(None),
    postgresql_where=_NAMED.is_not(None),
)


def names_application(application_id: str) -> ColumnElement[bool]:
    """Whether an event names this application, as the index over these events knows it."""
    named: ColumnElement[str] = _NAMED
    return named == application_id


class AuditSeal(Base):
    """One link of the chain. It outlives its event, of which it keeps a digest that nobody can guess back."""

    __tablename__ = "audit_seal"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """The order of sealing, without gaps. Not the order of `AuditEvent.id`, which may commit out of turn."""
    event_id: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """No foreign key: that would lock the event's row. `None` once the event was deleted after its time."""
    at: Mapped[datetime] = mapped_column(Moment)
    retention: Mapped[str] = mapped_column(String(20))
    salt: Mapped[str | None] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(String(64))
    link: Mapped[str] = mapped_column(String(64))


class AuditCheckpoint(Base):
    """A signature over the chain up to a number."""

    __tablename__ = "audit_checkpoint"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    link: Mapped[str] = mapped_column(String(64))
    settled: Mapped[int] = mapped_column(BigInteger)
    """Every event with this id or a lower one is in the chain, or was never committed."""
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    key: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(128))


class AuditMark(Base):
    """A signed statement about what is not there any more: where the chain begins, what was deleted after its time."""

    __tablename__ = "audit_mark"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str] = mapped_column(String(16))
    signature: Mapped[str] = mapped_column(String(128))


class AuditStream(Base):
    """How far a stream to elsewhere is, and which process writes it now."""

    __tablename__ = "audit_stream"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last number of the chain that arrived."""
    holder: Mapped[str | None] = mapped_column(String(32))
    held_until: Mapped[datetime | None] = mapped_column(Moment)
