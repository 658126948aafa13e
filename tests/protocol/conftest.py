"""The protocol: a provider over each database, and a clock that moves when told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from idp import clock
from idp.mfa import catalogue
from tests.protocol.relying_party import Provider
from tests.support.journeys import NOW, House, house_of_this_worker
from tests.support.keys import StandInKey
from tests.support.run import Run
from tests.support.web_server import WebServer, web_server


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
def apps_are_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this test an authenticator app counts as a key; a text message stays what it is."""
    real = catalogue.every()
    made = tuple(StandInKey() if factor.kind == "totp" else factor for factor in real)
    monkeypatch.setattr(catalogue, "every", lambda: made)


@pytest.fixture
def site() -> Iterator[WebServer]:
    """The web server of an application, on loopback."""
    with web_server() as here:
        yield here
