"""Where the database is."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, Field, field_validator

#: How others write what is `postgresql+psycopg` here: the driver that this product comes with.
_POSTGRESQL: Final = frozenset({"postgres", "postgresql"})
_DRIVERS: Final = frozenset({"sqlite", "postgresql+psycopg"})


class DatabaseSettings(BaseModel):
    """SQLite for one machine, PostgreSQL for more."""

    database_url: Annotated[
        str,
        Field(
            description="`sqlite:///FILE` or `postgresql://user@host/name`, as SQLAlchemy URL; the second one in production."
        ),
    ] = "sqlite:///var/idp.db"

    @field_validator("database_url")
    @classmethod
    def _has_a_driver(cls, url: str) -> str:
        """With the driver that is there; nothing of the address is told, because it may hold a password."""
        kind, colon, where = url.partition("://")
        if kind in _POSTGRESQL:
            kind = "postgresql+psycopg"
        if kind not in _DRIVERS or not colon:
            raise ValueError(
                "begins with sqlite:/// or with postgresql://; no other database is known"
            )
        return f"{kind}://{where}"
