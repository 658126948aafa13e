"""mod_auth_openidc, which is certified as a relying party, with the configuration that the operator's line prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.browser.demo_of_a_run import free_ports
from tests.cli.operator import Operator
from tests.counterparts.apache import Apache, apache_at
from tests.counterparts.sign_in import Door
from tests.support import machine

SCOPES = "openid profile applicaties"
BACKCHANNEL = "/redirect_uri?logout=backchannel"


@pytest.fixture
def apache(operator: Operator, tmp_path: Path) -> Iterator[Apache]:
    binary, modules = machine.apache()
    [port] = free_ports(1)
    added = operator.types(
        "client", "add", "Apache", "--for", "apache", "--address", f"http://localhost:{port}",
        "--scope", SCOPES, "--application", "wmo-berichten",
        "--backchannel-logout-uri", f"http://localhost:{port}{BACKCHANNEL}", "--json",
    ).json  # fmt: skip
    with apache_at(
        port,
        binary=binary,
        modules=modules,
        openid_conf=added["configuration"]["openid.conf"],
        client_secret=added["client_secret"],
        folder=tmp_path,
    ) as apache:
        yield apache


def signed_in(apache: Apache, door: Door) -> dict[str, str]:
    """Open the application, sign in at the provider, and read what the application is told."""
    sent = apache.browser.get("/").left_for
    assert sent is not None, f"it showed {apache.browser.page}\n{apache.log()}"
    page = apache.browser.get(door.come(sent))
    assert (page.status, page.address) == (200, f"{apache.home}/"), apache.log()
    return apache.shown()


def test_the_application_behind_it_is_told_who_came(apache: Apache, door: Door) -> None:
    told = signed_in(apache, door)
    claims = json.loads(told["OIDC_id_token_payload"])
    assert told["REMOTE_USER"] == told["OIDC_CLAIM_sub"] == claims["sub"]
    assert told["OIDC_CLAIM_rollen"] == "indienen,inzien"
    assert told["OIDC_CLAIM_name"] == door.person.name
    assert claims["relatienummer"] == door.person.relatienummer
    assert [each["id"] for each in claims["applicaties"]]


def test_signing_out_there_signs_out_here_and_comes_back(apache: Apache, door: Door) -> None:
    signed_in(apache, door)
    after = f"{apache.home}/uitgelogd"
    leaving = apache.browser.get(f"/redirect_uri?logout={quote(after, safe='')}").left_for
    assert leaving is not None, apache.log()
    assert door.leave(leaving) == after
    assert "U bent uitgelogd." in apache.browser.get(after).html
    assert not door.is_open()
    sent = apache.browser.get("/").left_for
    assert sent is not None
    assert sent.startswith(door.issuer)


def test_signing_out_here_ends_the_session_there_unseen(apache: Apache, door: Door) -> None:
    signed_in(apache, door)
    assert apache.browser.get("/").status == 200
    door.browser.get("/")
    assert door.browser.submit("uitloggen").name == "logged-out"
    told = f'"POST {BACKCHANNEL} HTTP/1.1" 200'
    apache.waits_for(told)
    sent = apache.browser.get("/").left_for
    assert sent is not None
    assert sent.startswith(door.issuer)
