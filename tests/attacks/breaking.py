"""A page that breaks, to see what is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.journeys import House


@contextmanager
def broken(house: House, endpoint: str) -> Iterator[None]:
    """A page whose code fails in a way that nobody foresaw."""

    def fail() -> None:
        raise ZeroDivisionError("deze tekst mag niemand lezen")

    before = house.app.view_functions[endpoint]
    house.app.view_functions[endpoint] = fail  # type: ignore[assignment]
    try:
        yield
    finally:
        house.app.view_functions[endpoint] = before
