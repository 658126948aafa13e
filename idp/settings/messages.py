"""Settings of what texts and calls may cost, and where they may go."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, field_validator

from idp.networks import separated


class MessageSettings(BaseModel):
    """The limits of the whole body; those of one person, number or place are fixed (docs/limits.md)."""

    message_countries: Annotated[
        tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...],
        Field(
            min_length=1,
            description="Countries (two capitals, comma separated) whose telephone numbers get texts and calls. Each one more is one more that fraud can be made with.",
        ),
    ] = ("NL", "BE", "DE")
    messages_per_day: Annotated[
        int,
        Field(
            ge=1,
            description="Texts and calls of this whole deployment in 24 hours. At 80 % the audit trail and `/metrics` tell (`message-budget-low`); beyond it nothing is sent.",
        ),
    ] = 5000
    message_cents_per_day: Annotated[
        int | None,
        Field(
            ge=1,
            description="The same in cents, by the two prices below; left out, only the number counts.",
        ),
    ] = None
    sms_cents: Annotated[
        int, Field(ge=0, le=1000, description="What one text costs, in whole cents, rounded up.")
    ] = 8
    voice_cents: Annotated[
        int, Field(ge=0, le=1000, description="What one call costs, in whole cents, rounded up.")
    ] = 15

    @field_validator("message_countries", mode="before")
    @classmethod
    def _split_countries(cls, value: Any) -> Any:
        return separated(value)
