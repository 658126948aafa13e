"""What people may use: applications and the grants behind "Uw applicaties"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class Application(Base):
    """An entry of "Uw applicaties"."""

    __tablename__ = "application"

    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    """A short name in lower case, as tokens carry it: `wmo-berichten`."""
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(500))
    """Where the portal sends people: the client's third-party initiated login address."""
    level: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    """The portal's order."""
    roles: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """Which roles can be given in it at the desk; any word when there are none."""
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    """From then on nobody may use it; its name stays for the trail."""
    version: Mapped[int] = mapped_column(default=0, server_default="0")
    """Goes up with every change at the desk, so that who has an old form before them is told."""
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


class ApplicationSteward(Base):
    """Somebody at the desk who looks after an application: an *applicatiebeheerder* sees only those."""

    __tablename__ = "application_steward"

    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True, index=True)
    given_by: Mapped[str] = mapped_column(String(100))
    given_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


class Consent(Base):
    """What an account agreed to share with a client that is not the body's own; withdrawn, the row is gone."""

    __tablename__ = "consent"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), primary_key=True)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    """Names of scopes whose claims may be told, however they were asked."""
    given_at: Mapped[datetime] = mapped_column(Moment)


class ApplicationGrant(Base):
    """An account's right to an application, with roles and dates."""

    __tablename__ = "application_grant"
    __table_args__ = (
        Index("ix_application_grant_account_application", "account_id", "application_id"),
        Index("ix_application_grant_application_account", "application_id", "account_id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    application_id: Mapped[str] = mapped_column(ForeignKey("application.id"))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    starts_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    granted_by: Mapped[str] = mapped_column(String(100))
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    application: Mapped[Application] = relationship(lazy="joined", innerjoin=True)
