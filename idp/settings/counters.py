"""Where the counters of tries lie."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from idp.networks import LOOPBACK


class CounterSettings(BaseModel):
    """The database's own, unless something quicker is named."""

    redis_url: Annotated[
        str | None,
        Field(
            description="Redis for the counters of tries, such as `rediss://:password@host:6379/0` or `unix:///run/redis/redis.sock`; without it the database keeps them, as it does while Redis is away."
        ),
    ] = None

    @field_validator("redis_url")
    @classmethod
    def _redis_is_reached_safely(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"redis", "rediss", "unix"}:
            raise ValueError("must begin with rediss://, unix:// or (on this machine) redis://")
        if parts.scheme == "redis" and (parts.hostname or "") not in LOOPBACK:
            raise ValueError(
                "must be rediss://, because its password and who may try would cross the network readably"
            )
        return value
