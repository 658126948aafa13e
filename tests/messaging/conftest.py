"""Counterparts of the gateways, and settings that lead there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp import clock
from tests.messaging.counterparts import Counterpart, counterpart
from tests.support.house import NOW, House, open_house


@pytest.fixture
def time() -> Iterator[clock.Standing]:
    """The time of the house; it stands still."""
    with clock.standing_at(NOW) as standing:
        yield standing


@pytest.fixture
def provider() -> Iterator[Counterpart]:
    """CM.com and Twilio, on loopback."""
    with counterpart() as here:
        yield here


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the secrets of a test lie."""
    return tmp_path


@pytest.fixture
def house(database_url: str, folder: Path) -> House:
    """A house whose messages go to the demo phone."""
    return open_house(database_url, folder)
