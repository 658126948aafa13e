"""Who may sign in: relations, their accounts, and the second steps that an account has set up."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from idp import clock
from idp.assurance import Level
from idp.database import Base, Moment
from idp.secret_values import new_id


class Relation(Base):
    """An organisation that does business with the body, known by its relatienummer."""

    __tablename__ = "relation"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    """Digits only, without leading zeros: how people type it differs, this does not."""
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    address: Mapped[str | None] = mapped_column(String(250))
    """Where letters go, line by line as on an envelope, without the name."""
    blocked_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


class Account(Base):
    """One person's access under one relation."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("relation_id", "username_key"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    relation_id: Mapped[str] = mapped_column(ForeignKey("relation.id"))
    username: Mapped[str] = mapped_column(String(100))
    username_key: Mapped[str] = mapped_column(String(100))
    """The user name as it is compared: normalised and case-folded."""
    name: Mapped[str] = mapped_column(String(200))
    email_sealed: Mapped[bytes | None]
    email_confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the holder typed a code that came there, or an operator said that it is theirs."""
    personal_sealed: Mapped[bytes | None]
    """What else applications may hear (`accounts/personal.py`), as one JSON text sealed for `account.personal:<id>`."""
    updated_at: Mapped[datetime | None] = mapped_column(Moment)
    """When an operator last changed what applications hear of this person; empty until then."""
    password_hash: Mapped[str] = mapped_column(String(500))
    password_scheme: Mapped[str] = mapped_column(String(60), index=True)
    """Which kind of hash it is; an imported one is replaced at the next sign-in."""
    language: Mapped[str | None] = mapped_column(String(5))
    """In which language the person last signed in, for notices; empty for Dutch."""
    browsers_epoch: Mapped[int] = mapped_column(default=0, server_default="0")
    """Goes up when password or methods are reset or access is blocked: browsers known until then are strangers."""
    password_is_temporary: Mapped[bool] = mapped_column(default=False)
    """A start password that the person replaces right after the second step is confirmed."""
    enrolment_level: Mapped[int]
    desk_role: Mapped[str | None] = mapped_column(String(40))
    activated_at: Mapped[datetime | None] = mapped_column(Moment)
    """When the first method was confirmed; empty again when the methods are reset."""
    blocked_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)

    relation: Mapped[Relation] = relationship(lazy="joined", innerjoin=True)

    @property
    def standing(self) -> str:
        """`blocked`, else `active` once a method was confirmed, else `new`."""
        if self.blocked_at is not None:
            return "blocked"
        return "active" if self.activated_at is not None else "new"

    @property
    def level(self) -> Level:
        """The level at which person and organisation were identified."""
        return Level(self.enrolment_level)


class Credential(Base):
    """One enrolled instance of a factor, or one being set up (`confirmed_at` empty)."""

    __tablename__ = "credential"
    __table_args__ = (Index("ix_credential_account_kind", "account_id", "kind"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(20))
    """The factor's `kind`; never renamed."""
    label: Mapped[str] = mapped_column(String(100), default="")
    secret_sealed: Mapped[bytes]
    """What the factor keeps (a seed, a number), sealed for `credential.secret:<id>`."""
    number_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    """Of a telephone number: a keyed digest that tells how many accounts have it."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The last time step that was accepted; only a later one counts (RFC 6238 section 5.2)."""
    set_up_in: Mapped[str] = mapped_column(String(32))
    """The login transaction in which it is (or was) set up; nobody else may confirm it."""
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    counts_from: Mapped[datetime | None] = mapped_column(Moment)
    """Until then its proofs are worth *laag* at most; empty when it counted at once."""

    @property
    def is_too_new(self) -> bool:
        """Whether it was set up so recently that it is worth *laag* at most."""
        return self.counts_from is not None and self.counts_from > clock.now()


class Passcode(Base):
    """A short code sent by text or voice, for one login and one purpose."""

    __tablename__ = "passcode"
    __table_args__ = (Index("ix_passcode_login_purpose", "login_id", "purpose"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    login_id: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[str] = mapped_column(String(60))
    """What the code is for: a second step or an enrolment, of which credential."""
    digest: Mapped[str] = mapped_column(String(64))
    sent_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    tries_left: Mapped[int]
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    """When it was used, or voided by a newer one."""
