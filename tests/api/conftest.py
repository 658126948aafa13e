"""The API for the Servicedesk's work: a provider over each database, and programs with tokens of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp import clock
from tests.api.program import Program, program_of
from tests.protocol.relying_party import Provider
from tests.support.house import NOW, House, house_of_this_worker
from tests.support.run import Run


@pytest.fixture
def time() -> Iterator[clock.Standing]:
    """The time of the house; it stands still."""
    with clock.standing_at(NOW) as standing:
        yield standing


@pytest.fixture
def house(time: clock.Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


@pytest.fixture
def program(provider: Provider) -> Program:
    """A program that may do everything."""
    return program_of(provider)
