"""Somebody tells the demo application that people signed out: only the provider can, once, about its own sessions."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from werkzeug.test import TestResponse

from relying_party_demo.backchannel import EVENT
from tests.unit import test_relying_party_demo as demo
from tests.unit.test_relying_party_demo import House

house = demo.house


def token(
    house: House, *, key: Any = None, header: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A logout token; a claim that is `None` is left out, one that is a time away is that far from now."""
    now = int(time.time())
    claims = {
        "iss": house.provider.issuer,
        "aud": "c-wmo",
        "iat": now,
        "exp": now + 120,
        "jti": f"jti-{time.monotonic_ns()}",
        "sub": "pairwise-1",
        "sid": "sid-1",
        "events": {EVENT: {}},
        **changes,
    }
    top = {"alg": "ES256", "kid": "op-1", "typ": "logout+jwt", **(header or {})}
    sent = {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
        if value is not None
    }
    return jwt.encode(top, sent, key or house.provider.key, ["ES256", "HS256"])


def tell(house: House, *tokens: str, application: str = "wmo") -> TestResponse:
    """The provider's call, or what claims to be one; without anybody's cookies."""
    return demo.new_browser(house.app).post(
        f"/{application}/afgemeld", data={"logout_token": list(tokens)}
    )


def is_signed_in(house: House) -> bool:
    return 'id="uitloggen"' in house.browser.get("/").text


def test_a_true_token_signs_out_and_works_once(house: House) -> None:
    house.sign_in()
    assert is_signed_in(house)
    told = token(house)
    answer = tell(house, told)
    assert (answer.status_code, answer.text) == (200, "")
    assert answer.headers["Cache-Control"] == "no-store"
    assert not is_signed_in(house)
    house.sign_in()
    assert tell(house, told).status_code == 400, "the same token again"
    assert is_signed_in(house)


@pytest.mark.parametrize("named", ["sub", "sid"])
def test_one_of_both_names_is_enough(house: House, named: str) -> None:
    house.sign_in()
    assert tell(house, token(house, **{named: None})).status_code == 200
    assert not is_signed_in(house)


FORGED: list[dict[str, Any]] = [
    {"iss": "https://elders.example"},
    {"iss": None},
    {"aud": "c-zorg"},
    {"aud": ["c-wmo", "c-zorg"]},
    {"aud": None},
    {"iat": timedelta(hours=-1)},
    {"iat": timedelta(hours=1)},
    {"iat": None},
    {"iat": "nu"},
    {"exp": timedelta(hours=-1)},
    {"exp": timedelta(days=1)},
    {"exp": None},
    {"jti": None},
    {"jti": 7},
    {"events": None},
    {"events": {}},
    {"events": {EVENT: True}},
    {"events": [EVENT]},
    {"nonce": "n"},
    {"sub": None, "sid": None},
    {"sid": ["sid-1"]},
    {"header": {"typ": "JWT"}},
    {"header": {"typ": "at+jwt"}},
    {"key": ECKey.generate_key("P-256", {"kid": "op-1"})},
    {"header": {"kid": "unknown"}},
    {"header": {"alg": "HS256"}, "key": OctKey.generate_key(256)},
]


@pytest.mark.parametrize("changes", FORGED, ids=lambda changes: str(changes)[:40])
def test_whatever_is_not_right_in_a_token_signs_nobody_out(
    house: House, changes: dict[str, Any]
) -> None:
    house.sign_in()
    answer = tell(house, token(house, **changes))
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "invalid_request"
    assert is_signed_in(house)


def test_a_token_about_another_session_or_person_ends_nothing(house: House) -> None:
    house.sign_in()
    for changes in ({"sid": "sid-2"}, {"sub": "pairwise-2"}, {"sub": "pairwise-2", "sid": None}):
        assert tell(house, token(house, **changes)).status_code == 200
        assert is_signed_in(house)


def test_a_token_of_one_application_ends_nothing_at_another(house: House) -> None:
    house.sign_in()
    assert tell(house, token(house), application="zorg").status_code == 400
    assert tell(house, token(house, aud="c-zorg"), application="zorg").status_code == 200
    assert is_signed_in(house)


def test_what_is_no_single_token_is_refused(house: House) -> None:
    house.sign_in()
    for tokens in ((), ("",), ("x.y.z",), ("a" * 9000,), (token(house), token(house))):
        assert tell(house, *tokens).status_code == 400
    id_token = house.provider.id_token({"client_id": "c-wmo", "nonce": "n"})
    assert tell(house, id_token).status_code == 400
    assert is_signed_in(house)


def test_a_key_that_was_just_taken_in_use_is_found_and_strange_ones_are_not_looked_for_forever(
    house: House,
) -> None:
    house.sign_in()
    provider = next(iter(house.app.extensions["relying_party_demo"].clients.values())).provider
    asked: list[bool] = []
    fetch = provider.keys

    def counted(*, fresh: bool = False) -> dict[str, Any]:
        asked.append(fresh)
        return fetch(fresh=fresh)  # type: ignore[no-any-return]

    provider.keys = counted
    for _ in range(3):
        assert tell(house, token(house, header={"kid": "niemand"})).status_code == 400
    assert not any(asked), "they are less than a minute old"
    provider._keys = (provider._keys[0] - 61, provider._keys[1])
    house.provider.key = ECKey.generate_key("P-256", {"kid": "op-2"})
    assert tell(house, token(house, header={"kid": "op-2"})).status_code == 200
    assert asked.count(True) == 1
    assert not is_signed_in(house)
