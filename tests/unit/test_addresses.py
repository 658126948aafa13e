"""Addresses of native applications: on which of them the port may differ."""

from __future__ import annotations

import pytest

from idp.oidc import addresses


@pytest.mark.parametrize(
    ("address", "left"),
    [
        ("http://127.0.0.1:51004/terug", "http://127.0.0.1/terug"),
        ("http://127.0.0.1/terug", "http://127.0.0.1/terug"),
        ("http://[::1]:51004/terug", "http://[::1]/terug"),
        ("http://127.0.0.1:1/x?a=127.0.0.1:1", "http://127.0.0.1/x?a=127.0.0.1:1"),
    ],
)
def test_a_port_may_differ_on_the_addresses_of_this_machine(address: str, left: str) -> None:
    assert addresses.without_port(address) == left


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:51004/terug",
        "http://localhost:51004/terug",
        "http://elders.example:51004/terug",
        "http://127.0.0.2:51004/terug",
        "http://127.0.0.1@elders.example:51004/terug",
        "http://wie@127.0.0.1:51004/terug",
        "http://127.0.0.1:geen/terug",
        "//127.0.0.1:51004/terug",
    ],
)
def test_on_every_other_address_the_port_belongs_to_it(address: str) -> None:
    assert addresses.without_port(address) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_plain_http_is_for_natives_alone_where_nothing_else_is_said(host: str) -> None:
    address = f"http://{host}:51004/terug"
    assert addresses.problem(address, addresses.Rules(loopback=False, localhost=False))
    for_natives = addresses.Rules(loopback=False, localhost=False, native=True)
    assert addresses.problem(address, for_natives) is None


def test_an_address_is_as_long_as_allowed_and_no_longer() -> None:
    rules = addresses.Rules(loopback=False, localhost=False)
    longest = "https://app.example/".ljust(addresses.LONGEST, "x")
    assert len(longest) == 2000
    assert addresses.problem(longest, rules) is None
    assert addresses.problem(longest + "x", rules)
