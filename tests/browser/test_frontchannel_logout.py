"""Front-Channel Logout in a browser: the signed-out page loads a page of each application, under its real policy."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from tests.browser.demo_of_a_run import RunningDemo, free_ports
from tests.browser.visitor import PATIENCE_SECONDS, Visitor
from tests.protocol.relying_party import Provider
from tests.support.house import open_house
from tests.support.journeys import add_person, totp_code
from tests.support.run import Run
from tests.support.web_server import WebServer, web_server


@pytest.fixture
def applications() -> Iterator[WebServer]:
    """Where the pages of the applications lie; `localhost` and 127.0.0.1 are two sites to a browser."""
    with web_server() as server:
        yield server


@pytest.fixture
def provider(database_url: str, tmp_path: Path, run: Run) -> Iterator[Provider]:
    """A provider with IDP_FRONTCHANNEL_LOGOUT that browsers can reach."""
    (port,) = free_ports(1)
    house = open_house(
        database_url, tmp_path, issuer=f"http://localhost:{port}", frontchannel_logout=True
    )
    server = make_server("127.0.0.1", port, house.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Provider.of(house, run)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_signing_out_loads_the_page_of_every_application_of_this_session_and_of_no_other(
    provider: Provider, applications: WebServer, browser: Browser
) -> None:
    issuer = provider.house.app.config["IDP"].issuer
    anna = add_person(provider.house, totp=True)
    other_site = applications.origin.replace("127.0.0.1", "localhost")
    clients = [
        provider.application(
            None,
            client_id=name,
            auth_method="none",
            redirect_uri=f"{origin}/terug",
            frontchannel_logout_uri=f"{origin}/weg/{name}",
            frontchannel_logout_session_required=True,
            is_test=True,
        )
        for name, origin in (
            ("eerste", applications.origin),
            ("tweede", other_site),
            ("nooit", other_site),
        )
    ]
    visitor = Visitor(browser, RunningDemo(issuer, "", "", {}, []))
    visitor.open("/")
    visitor.press(
        "volgende",
        relatienummer=anna.relation,
        gebruikersnaam=anna.username,
        wachtwoord=anna.password,
    )
    visitor.press("volgende", code=totp_code(anna.totp))
    for client in clients[:2]:
        visitor.open(client.address())
        assert "/terug?" in visitor.url
    visitor.open("/uitloggen")
    visitor.press("uitloggen")
    visitor.is_at("logged-out")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(came := [path for path in applications.visits if path.startswith("/weg/")]) < 2:
        assert time.monotonic() < deadline, applications.visits
        visitor.page.wait_for_timeout(50)
    assert sorted(path.partition("?")[0] for path in came) == ["/weg/eerste", "/weg/tweede"]
    assert all("iss=http" in path and "sid=" in path for path in came)
    assert not [one for one in visitor.complaints if "Content Security Policy" in one]
    visitor.close()
