"""Settings of how people sign in without the password, or without the Servicedesk."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from idp.settings.mail import MailSettings


class RecoverySettings(MailSettings):
    """What the body lets people do without the Servicedesk, partly by mail."""

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

    passkey_sign_in: Annotated[
        bool,
        Field(
            description="A browser in which somebody with a passkey signed in before offers that passkey on the sign-in page. Verified by finger, face or PIN it stands for both steps."
        ),
    ] = False

    @model_validator(mode="after")
    def _links_go_out_by_mail(self) -> Self:
        if self.password_by_mail and not self.mails:
            raise ValueError(
                "IDP_PASSWORD_BY_MAIL: links go out by mail; name a mail server in IDP_SMTP_HOST"
            )
        return self
