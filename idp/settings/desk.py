"""Settings of the Servicedesk's desk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class DeskSettings(BaseModel):
    """Where the desk is, who may work there, and what needs two."""

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
