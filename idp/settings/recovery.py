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
