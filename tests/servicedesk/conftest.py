"""The desk: a house over each database, a clock that moves when told to, and a place where colleagues sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp import clock
from tests.servicedesk.scene import Desk
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
def desk(house: House, time: clock.Standing) -> Desk:
    """The desk of the house."""
    return Desk(house, time)
