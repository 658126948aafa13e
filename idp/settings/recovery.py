"""Settings of how people get back in themselves when they lost something."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field


class RecoverySettings(BaseModel):
    """What the body lets people do without the Servicedesk."""

    recovery_codes: Annotated[
        bool,
        Field(
            description="People may make eight recovery codes on *Beveiliging*; each replaces the second step once."
        ),
    ] = False
    password_by_mail: Annotated[
        bool,
        Field(
            description="Who forgot the password may choose another one: with a link to a confirmed mail address, and the own second step. Needs a mail server."
        ),
    ] = False

    def lacking_for_recovery(self, smtp_host: str | None) -> str | None:
        """What keeps this from working, with the way out; `None` when nothing does."""
        if self.password_by_mail and smtp_host is None:
            return "IDP_PASSWORD_BY_MAIL: links go out by mail; name a mail server in IDP_SMTP_HOST"
        return None
