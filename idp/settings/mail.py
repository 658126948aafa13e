"""Settings of the mail server that carries notices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class MailSettings(BaseModel):
    """Where notices to people go out. Without `smtp_host` nothing is mailed, and nothing waits to be."""

    mail_gateway: Annotated[
        Literal["smtp", "outbox"],
        Field(
            description="What carries mails: a mail server, or `outbox` (the demo phone shows them), in the demo only."
        ),
    ] = "smtp"

    smtp_host: Annotated[
        str | None,
        Field(
            description="Mail server that takes our notices to people (new device, changed method, …). Without it none are made."
        ),
    ] = None
    smtp_port: Annotated[
        int, Field(ge=1, le=65_535, description="Its port: 587 with `starttls`, 465 with `tls`.")
    ] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(
            description="How the line to the mail server is protected; `none` only where that server is this machine itself."
        ),
    ] = "starttls"
    smtp_user: Annotated[
        str | None, Field(description="Name to sign in with at the mail server, if it asks.")
    ] = None
    smtp_password_file: Annotated[
        Path | None, Field(description="File with the password that belongs to it.")
    ] = None
    smtp_from: Annotated[
        str | None, Field(description="Address that notices come from; needed for mailing.")
    ] = None

    @property
    def mails(self) -> bool:
        """Whether mail goes out at all."""
        return self.smtp_host is not None or self.mail_gateway == "outbox"

    def lacking_for_mail(self, loopback: frozenset[str], *, demo: bool) -> list[str]:
        """What keeps us from mailing, one line per setting; empty when nothing does, or mail is not wanted."""
        if self.mail_gateway == "outbox" and not demo:
            return ["IDP_MAIL_GATEWAY: `outbox` shows mails on a web page; use it in the demo only"]
        if self.mail_gateway == "outbox" and self.smtp_host is not None:
            return ["IDP_MAIL_GATEWAY: `outbox` goes alone; leave IDP_SMTP_HOST out"]
        if self.smtp_host is None:
            return []
        wrong = []
        if self.smtp_from is None or not _is_address(self.smtp_from):
            wrong.append("IDP_SMTP_FROM: name the address that notices come from")
        if self.smtp_security == "none" and self.smtp_host not in loopback:
            wrong.append(
                "IDP_SMTP_SECURITY: `none` is for a mail server on this machine only; use starttls or tls"
            )
        if (self.smtp_user is None) != (self.smtp_password_file is None):
            wrong.append("IDP_SMTP_PASSWORD_FILE: goes together with IDP_SMTP_USER")
        elif self.smtp_password_file is not None and not _readable(self.smtp_password_file):
            wrong.append(f"IDP_SMTP_PASSWORD_FILE: {self.smtp_password_file} cannot be read")
        if self.smtp_user is not None and self.smtp_security == "none":
            wrong.append("IDP_SMTP_USER: a password does not travel over an open line")
        return wrong


def _is_address(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and host) and text.isascii() and not any(map(str.isspace, text))


def _readable(file: Path) -> bool:
    try:
        return bool(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return False
