"""Keys that a client publishes itself: fetched when needed, kept within limits, rolled over without anybody."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from idp import outward
from idp.clock import Standing
from idp.oidc import client_keys, clients, examination, registered
from tests.protocol.registering import error_of
from tests.protocol.relying_party import Provider, RelyingParty, client_key, public
from tests.protocol.request_objects import by_object, signed_request
from tests.support.journeys import House
from tests.support.web_server import WebServer

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/jwks.json"


@pytest.fixture
def shop(provider: Provider, site: WebServer) -> RelyingParty:
    """A client whose keys lie at its own address: at first one."""
    site.put(PATH, public(client_key()))
    return published(provider, site)


def published(provider: Provider, site: WebServer) -> RelyingParty:
    """A client with a jwks_uri."""
    made = provider.application(auth_method="private_key_jwt")
    with provider.house.inside():
        clients.update(made.client_id, actor="test", jwks=None, jwks_uri=site.origin + PATH)
    return made


def accepted(shop: RelyingParty) -> bool:
    """Whether its assertion is believed: what follows is about the code."""
    status, error = error_of(shop.redeem("x" * 43))
    assert (status, error) in {(400, "invalid_grant"), (401, "invalid_client")}
    return error == "invalid_grant"


def test_the_key_under_the_address_signs_its_assertions(
    provider: Provider, shop: RelyingParty, site: WebServer
) -> None:
    assert shop.tokens(provider.browser(provider.person()))["id_token"]
    assert accepted(shop)
    assert site.visits == [PATH]


@ONE
def test_a_key_rolls_over_from_old_over_both_to_new(
    shop: RelyingParty, site: WebServer, time: Standing
) -> None:
    old, new = client_key(), client_key(name="two")
    assert accepted(shop)
    site.put(PATH, public(old, new))
    time.move(client_keys.LOOKS_AGAIN)
    shop.key = new
    assert accepted(shop)
    shop.key = old
    assert accepted(shop)
    site.put(PATH, public(new))
    time.move(client_keys.USUAL)
    assert not accepted(shop)
    shop.key = new
    assert accepted(shop)
    assert len(site.visits) == 3


@ONE
def test_two_requests_that_meet_a_new_key_at_once_both_pass(
    shop: RelyingParty, site: WebServer, time: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one comes while the first one fetches, and waits for what that brings."""
    assert accepted(shop)
    new = client_key(name="two")
    site.put(PATH, public(new))
    shop.key = new
    time.move(client_keys.LOOKS_AGAIN)
    fetching, both, turn = threading.Event(), threading.Barrier(2), outward.turn

    @contextmanager
    def counted() -> Iterator[None]:
        with contextlib.suppress(threading.BrokenBarrierError), turn():
            if fetching.is_set():
                both.wait(5)
            yield

    def hold() -> None:
        fetching.set()
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(2)

    site.meanwhile = hold
    monkeypatch.setattr(outward, "turn", counted)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(accepted, shop)
        assert fetching.wait(5)
        second = pool.submit(accepted, shop)
        assert (first.result(10), second.result(10)) == (True, True)
    assert len(site.visits) == 2


@ONE
def test_a_stranger_cannot_make_us_hammer(
    shop: RelyingParty, site: WebServer, time: Standing
) -> None:
    assert accepted(shop)
    shop.key = client_key(name="a stranger's")
    for _ in range(5):
        assert not accepted(shop)
    assert len(site.visits) == 1
    time.move(client_keys.LOOKS_AGAIN)
    for _ in range(5):
        assert not accepted(shop)
    assert len(site.visits) == 2


@ONE
def test_a_wrong_signature_under_a_known_name_calls_nobody(
    shop: RelyingParty, site: WebServer, time: Standing
) -> None:
    site.put(PATH, public(client_key(), client_key(name="two")))
    assert accepted(shop)
    time.move(client_keys.LOOKS_AGAIN)
    forged = shop.assertion(key=client_key(name="x"), header={"kid": client_key().kid})
    response = shop.redeem("x" * 43, client_assertion=forged)
    assert error_of(response) == (401, "invalid_client")
    assert len(site.visits) == 1


@ONE
@pytest.mark.parametrize(
    ("said", "lasts"),
    [
        ("max-age=1800", timedelta(minutes=30)),
        ("no-store", client_keys.SHORTEST),
        ("max-age=1", client_keys.SHORTEST),
        ("max-age=99999999", client_keys.LONGEST),
        ("public", client_keys.USUAL),
    ],
)
def test_a_set_is_kept_for_as_long_as_its_server_says_within_limits(
    shop: RelyingParty, site: WebServer, time: Standing, said: str, lasts: timedelta
) -> None:
    site.put(PATH, public(client_key()), Cache_Control=said)
    assert accepted(shop)
    time.move(lasts - timedelta(seconds=1))
    assert accepted(shop)
    assert len(site.visits) == 1
    time.move(timedelta(seconds=1))
    assert accepted(shop)
    assert len(site.visits) == 2


@ONE
def test_an_older_set_serves_while_its_server_is_away_but_not_for_ever(
    shop: RelyingParty, site: WebServer, time: Standing
) -> None:
    assert accepted(shop)
    site.put(PATH, "weg", status=503)
    time.move(client_keys.USUAL)
    assert accepted(shop)
    assert accepted(shop)
    assert len(site.visits) == 2  # a failure is remembered
    time.move(client_keys.FAILS_FOR)
    assert accepted(shop)
    assert len(site.visits) == 3
    time.move(client_keys.SERVES_ON)
    assert not accepted(shop)
    site.put(PATH, public(client_key()))
    time.move(client_keys.FAILS_FOR)
    assert accepted(shop)


@ONE
@pytest.mark.parametrize(
    "body",
    [
        {"keys": [client_key().as_dict(private=True)]},
        {"keys": [{"kty": "oct", "k": "eHh4"}]},
        {"keys": public(client_key())["keys"] * 21},
        {"keys": [7]},
        {"keys": []},
        {},
        [],
        "geen json",
        "[" * 3000,
        b"\xff",
        " " * 70_000,
    ],
    ids=lambda body: str(body)[:30],
)
def test_a_set_that_cannot_be_used_is_no_set(
    shop: RelyingParty, site: WebServer, body: Any
) -> None:
    site.put(PATH, body)
    assert not accepted(shop)


@ONE
@pytest.mark.parametrize(
    "stranger",
    [
        {"kty": "AKP", "pub": "x"},
        {"kty": "EC", "crv": "brainpoolP256r1", "x": "AAAA", "y": "AAAA"},
        {"kty": "OKP", "crv": ["Ed25519"], "x": "AAAA"},
    ],
    ids=["type", "curve", "no curve"],
)
def test_a_key_of_a_kind_that_we_do_not_know_is_passed_over(
    shop: RelyingParty, site: WebServer, stranger: dict[str, Any]
) -> None:
    site.put(PATH, {"keys": [stranger, *public(client_key())["keys"]]})
    assert accepted(shop)
    assert accepted(shop)
    assert site.visits == [PATH]


@ONE
def test_signed_requests_use_the_same_keys(
    provider: Provider, shop: RelyingParty, site: WebServer
) -> None:
    browser = provider.browser(provider.person())
    assert "code" in shop.answer(browser.get(by_object(shop, signed_request(shop))))
    assert site.visits == [PATH]


@ONE
def test_keys_for_encryption_come_from_the_same_place(
    provider: Provider, shop: RelyingParty, site: WebServer, house: House
) -> None:
    rsa = client_key("RSA").as_dict(private=False) | {"use": "enc"}
    site.put(PATH, {"keys": [*public(client_key())["keys"], rsa]})
    with house.inside():
        client = registered.load(shop.client_id)
        assert client is not None
        with pytest.raises(client_keys.NoKeys):
            client_keys.of(client, use="enc", fetch=False)
        assert [key.key_type for key in client_keys.of(client)] == ["EC"]
        assert [key.key_type for key in client_keys.of(client, use="enc", fetch=False)] == [
            "EC",
            "RSA",
        ]


@ONE
def test_many_at_once_make_one_call(provider: Provider, site: WebServer) -> None:
    site.put(PATH, public(client_key()))
    shop = published(provider, site)
    together = threading.Barrier(6)

    def ask(_: int) -> bool:
        together.wait()
        return accepted(shop)

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(ask, range(6)))
    assert site.visits == [PATH]


@ONE
def test_a_new_address_counts_at_once(
    provider: Provider, shop: RelyingParty, site: WebServer
) -> None:
    assert accepted(shop)
    shop.key = client_key(name="two")
    elsewhere = site.put("/elders.json", public(shop.key))
    with provider.house.inside():
        clients.update(shop.client_id, actor="test", jwks_uri=elsewhere)
    assert accepted(shop)


@ONE
def test_the_operator_tries_the_address(
    provider: Provider, shop: RelyingParty, site: WebServer, house: House
) -> None:
    with house.app.app_context():
        assert [remark.wrong for remark in examination.reach(shop.client_id)] == [False]
    site.put(PATH, {"keys": []})
    with house.app.app_context():
        (remark,) = examination.reach(shop.client_id)
    assert remark.wrong
    assert "jwks_uri" in remark.says
