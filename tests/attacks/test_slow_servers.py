"""Attacks by servers of applications that never come to an end: how many requests of ours wait for them?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from idp import outward
from idp.clock import Standing
from idp.database import db
from idp.oidc import client_keys, clients
from tests.protocol.registering import newcomer
from tests.protocol.relying_party import CALLBACK, Provider, RelyingParty, client_key, public
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run
from tests.support.web_server import WebServer, web_server

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: As many as come at once; more than one process answers at a time.
CROWD = 8
#: For how long a call may take here, in seconds, and what counts as waiting for it.
LONG, SHORT = 2.0, 1.2


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house where applications may register themselves."""
    return house_of_this_worker(database_url, run, dynamic_registration=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """That house with signing keys."""
    return Provider.of(house, run)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    """A web server, on loopback, that answers nobody before the test is over."""
    monkeypatch.setattr(outward, "SECONDS", LONG)
    over = threading.Event()
    with web_server() as here:
        here.meanwhile = lambda: over.wait(2 * LONG)
        try:
            yield here
        finally:
            over.set()


def who_waits(ask: Callable[[], object]) -> int:
    """How many of a crowd are kept waiting."""
    together = threading.Barrier(CROWD)

    def one(_: int) -> float:
        together.wait()
        began = monotonic()
        ask()
        return monotonic() - began

    with ThreadPoolExecutor(CROWD) as pool:
        return sum(took > SHORT for took in pool.map(one, range(CROWD)))


def with_keys_elsewhere(provider: Provider, site: WebServer) -> RelyingParty:
    shop = provider.application(None, auth_method="private_key_jwt")
    key = client_key()
    with provider.house.inside():
        uri = site.put("/jwks.json", public(key))
        clients.update(shop.client_id, actor="test", jwks=None, jwks_uri=uri)
        db.session.commit()
    return shop


def test_keys_that_do_not_come_keep_few_waiting(provider: Provider, site: WebServer) -> None:
    shop = with_keys_elsewhere(provider, site)
    assert who_waits(lambda: shop.redeem("x")) <= outward.AT_ONCE


def test_keys_that_are_at_hand_are_not_waited_for(
    provider: Provider, site: WebServer, time: Standing
) -> None:
    shop, waits = with_keys_elsewhere(provider, site), site.meanwhile
    site.meanwhile = lambda: None
    assert shop.redeem("x").get_json()["error"] == "invalid_grant"
    time.move(client_keys.USUAL)
    site.meanwhile = waits
    assert who_waits(lambda: shop.redeem("x")) <= 1


def test_a_request_that_does_not_come_keeps_few_waiting(
    provider: Provider, site: WebServer
) -> None:
    new = newcomer(provider.house)
    uri = site.put("/verzoek.jwt", "x")
    new.register(request_uris=[uri], jwks=public(client_key()))
    shop = new.party()
    assert who_waits(lambda: shop.visit(provider.browser(), request_uri=uri)) <= outward.AT_ONCE


def test_a_list_that_does_not_come_keeps_few_waiting(house: House, site: WebServer) -> None:
    new = newcomer(house)
    said = {"redirect_uris": [CALLBACK], "sector_identifier_uri": site.put("/sector.json", [])}
    assert who_waits(lambda: new.post(said)) <= outward.AT_ONCE
