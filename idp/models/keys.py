"""What WebAuthn needs beside a credential: the public half of a key, and the challenges that keys answer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base, Moment


class SecurityKey(Base):
    """The credential record of a passkey or security key (WebAuthn Level 3 section 4); goes with its credential."""

    __tablename__ = "security_key"

    credential_id: Mapped[str] = mapped_column(
        ForeignKey("credential.id", ondelete="CASCADE"), primary_key=True
    )
    key_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    """The credential ID that the authenticator chose; no two accounts share one."""
    public_key: Mapped[bytes]
    """As COSE wrote it (RFC 9052); no secret, the private half never leaves the device."""
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """The last counter seen; zero for ever on devices that keep none."""
    transports: Mapped[list[str]] = mapped_column(JSON)
    backup_eligible: Mapped[bool]
    """Whether it can be copied to other devices; never changes."""
    backed_up: Mapped[bool]
    aaguid: Mapped[str] = mapped_column(String(36))
    """The model, as the device says itself."""
    attested: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its maker vouched for that when it was set up, and the model was on the operator's list."""


class KeyChallenge(Base):
    """What a key has to sign: for one account, in one login, for one purpose, once."""

    __tablename__ = "key_challenge"
    __table_args__ = (Index("ix_key_challenge_login_purpose", "login_id", "purpose"),)

    challenge: Mapped[str] = mapped_column(String(43), primary_key=True)
    """32 random bytes in base64url; the page shows them, so they are no secret."""
    login_id: Mapped[str] = mapped_column(String(32))
    account_id: Mapped[str] = mapped_column(String(32))
    purpose: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
