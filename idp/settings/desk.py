"""Settings of the Servicedesk's desk."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator


class DeskSettings(BaseModel):
    """How people reach the Servicedesk; where its desk is, who may work there, and what needs two."""

    servicedesk_name: Annotated[str, Field(description="The full name of the Servicedesk.")] = (
        "Servicedesk Dataverkeer Ketenpartners"
    )
    servicedesk_phone: Annotated[
        str, Field(description="The telephone number of the Servicedesk.")
    ] = "088 - 711 4888"
    servicedesk_email: Annotated[str, Field(description="The mail address of the Servicedesk.")] = (
        "wmoservicedesk@hetcak.nl"
    )
    servicedesk_hours_nl: Annotated[str, Field(description="Opening hours, in Dutch.")] = (
        "Op werkdagen van 9.00 tot 13.00 uur"
    )
    servicedesk_hours_en: Annotated[str, Field(description="Opening hours, in English.")] = (
        "On working days from 9.00 to 13.00"
    )
    desk_origin: Annotated[
        str | None,
        Field(
            description="An origin of its own for `/servicedesk/`, such as `https://desk.example.nl`, with a cookie of its own; without it the desk is at the issuer's."
        ),
    ] = None
    desk_relation: Annotated[
        str | None,
        Field(
            description="Relatienummer of the body itself; a role at the desk then counts under this relation only."
        ),
    ] = None
    desk_sensitive: Annotated[
        Literal["colleague", "wait"],
        Field(
            description="What comes before an action that could open an account to somebody else: a second `colleague` who agrees, or a `wait` in which the person is told and can object (a colleague all the same where no mail would reach the person)."
        ),
    ] = "colleague"
    desk_wait_hours: Annotated[
        int, Field(ge=1, le=168, description="How long that wait is, in hours.")
    ] = 24
    print_certificate: Annotated[
        Path | None,
        Field(
            description="Certificate (PEM, RSA of 3072 bits or more) of the print house, to which batches of letters are encrypted."
        ),
    ] = None

    @field_validator("desk_relation")
    @classmethod
    def _is_a_number(cls, value: str | None) -> str | None:
        """As relations keep it: people write it with zeros in front, and spaces in between."""
        if value is None:
            return None
        number = re.sub(r"[\s.\-]", "", value).lstrip("0")
        if not (number.isascii() and number.isdigit()):
            raise ValueError("must be the body's own relatienummer: digits only")
        return number

    @property
    def desk_host(self) -> str | None:
        """Host and port of the desk's own origin, as browsers send them; `None` where it has none."""
        return None if self.desk_origin is None else urlsplit(self.desk_origin).netloc
