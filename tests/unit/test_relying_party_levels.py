"""Pages of the demo application that ask something of their own, and the API that challenges (RFC 9470)."""

from __future__ import annotations

import json
import re
import time
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from relying_party_demo.api import wanted_by
from relying_party_demo.asks import DOORS, Asks, asks_of
from tests.unit.test_relying_party_demo import ADDRESS, House, StandIn, house, refused

__all__ = ["house"]  # a fixture

LOW, SUBSTANTIAL = (f"http://eidas.europa.eu/LoA/{level}" for level in ("low", "substantial"))


def at(path: str) -> str:
    return f"/inloggen?target_link_uri={quote(ADDRESS + path, safe='')}"


def asked(house: House, start: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(house.browser.get(start).location).query))


def worth(provider: StandIn, acr: str, *, seconds_ago: int = 0) -> None:
    provider.claims = {"acr": acr, "auth_time": int(time.time()) - seconds_ago}


def call(house: House, token: str | None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return house.browser.get("/api", headers=headers)


def press(house: House) -> Any:
    page = house.browser.get("/gegevens").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    return house.browser.post("/gegevens", data={"csrf_token": token[1]})


@pytest.mark.parametrize(
    ("page", "acr_values", "max_age"),
    [
        ("/laag", LOW, None),
        ("/substantieel", SUBSTANTIAL, None),
        ("/phr", "phr", None),
        ("/vers", SUBSTANTIAL, "300"),
        ("/zorg/laag", LOW, None),
        ("/", SUBSTANTIAL, None),
    ],
)
def test_each_page_asks_its_own(
    house: House, page: str, acr_values: str, max_age: str | None
) -> None:
    start = at(page) if not page.startswith("/zorg") else "/zorg" + at(page)
    sent = asked(house, start)
    assert (sent["acr_values"], sent.get("max_age")) == (acr_values, max_age)
    insists = "acr" in json.loads(sent.get("claims", "{}")).get("id_token", {})
    assert insists is (page == "/phr")


@pytest.mark.parametrize("door", DOORS)
def test_a_page_opens_to_who_meets_it_and_shows_everybody_else_the_way_in(
    house: House, door: str
) -> None:
    closed = house.browser.get(f"/{door}")
    assert 'data-page="door_closed"' in closed.text
    way_in = re.search(r'id="inloggen" href="([^"]+)"', closed.text)
    assert way_in is not None
    worth(house.provider, {"laag": LOW, "phr": "phr"}.get(door, SUBSTANTIAL))
    answer = house.sign_in(way_in[1].replace("&amp;", "&"))
    assert answer.location == f"{ADDRESS}/{door}"
    page = house.browser.get(f"/{door}").text
    assert 'data-page="door_open"' in page
    assert 'id="uitloggen"' in page


def test_a_lower_sign_in_leaves_higher_pages_closed_also_the_front_page(house: House) -> None:
    worth(house.provider, LOW)
    house.sign_in(at("/laag"))
    assert 'data-page="door_open"' in house.browser.get("/laag").text
    for path, page in (("/substantieel", "door_closed"), ("/phr", "door_closed"), ("/", "start")):
        assert f'data-page="{page}"' in house.browser.get(path).text


def test_an_old_sign_in_leaves_a_page_closed_that_asks_a_fresh_one(house: House) -> None:
    worth(house.provider, SUBSTANTIAL, seconds_ago=400)
    house.sign_in(at("/substantieel"))
    assert 'data-page="door_open"' in house.browser.get("/substantieel").text
    assert 'data-page="door_closed"' in house.browser.get("/vers").text


def test_less_than_was_asked_is_not_believed(house: House) -> None:
    worth(house.provider, LOW)
    refused(house.sign_in(at("/substantieel")), "level_too_low", 403)
    worth(house.provider, SUBSTANTIAL, seconds_ago=400)
    refused(house.sign_in(at("/vers")), "sign_in_too_old", 403)
    house.provider.claims = {"auth_time": None}
    refused(house.sign_in(at("/vers")), "sign_in_too_old", 403)


def test_the_api_says_what_it_needs(house: House) -> None:
    nothing = call(house, None)
    assert (nothing.status_code, nothing.headers["WWW-Authenticate"]) == (401, "Bearer realm=api")
    unknown = call(house, "access-1")  # nobody signed in here with it yet
    assert unknown.www_authenticate["error"] == "invalid_token"
    worth(house.provider, SUBSTANTIAL, seconds_ago=400)
    house.sign_in(at("/substantieel"))
    challenge = call(house, "access-1")
    assert challenge.status_code == 401
    said = challenge.www_authenticate
    assert said.type == "bearer"
    assert said["error"] == "insufficient_user_authentication"
    assert (said["acr_values"], said["max_age"]) == (SUBSTANTIAL, "300")
    worth(house.provider, SUBSTANTIAL)
    house.sign_in(at("/vers"))
    assert call(house, "access-1").get_json()["berichten"]


def test_the_api_believes_no_token_that_the_provider_no_longer_knows(house: House) -> None:
    worth(house.provider, SUBSTANTIAL)
    house.sign_in(at("/vers"))
    house.provider.userinfo_sub = "somebody-else"
    assert call(house, "access-1").www_authenticate["error"] == "invalid_token"


def test_the_page_follows_the_challenge_and_then_gets_its_answer(house: House) -> None:
    worth(house.provider, SUBSTANTIAL, seconds_ago=400)
    house.sign_in(at("/gegevens"))
    there = press(house)
    assert there.status_code == 303
    sent = dict(parse_qsl(urlsplit(there.location).query))
    assert (sent["acr_values"], sent["max_age"]) == (SUBSTANTIAL, "300")
    worth(house.provider, SUBSTANTIAL)
    house.sign_in(at("/vers"))
    assert 'id="berichten"' in press(house).text


def test_the_api_is_called_for_nobody_by_a_form_from_elsewhere(house: House) -> None:
    worth(house.provider, SUBSTANTIAL)
    house.sign_in(at("/vers"))
    refused(house.browser.post("/gegevens", data={"csrf_token": "x"}), "csrf", 400)


def test_what_a_challenge_means() -> None:
    from werkzeug.datastructures import WWWAuthenticate

    full = {"acr_values": f"{SUBSTANTIAL} phr", "max_age": "60"}
    assert wanted_by(WWWAuthenticate("bearer", full)) == Asks(level="substantieel", max_age=60)
    for strange in ({}, {"max_age": "-1"}, {"max_age": "x", "acr_values": "urn:unknown"}):
        assert wanted_by(WWWAuthenticate("bearer", strange)) == Asks()
    assert asks_of("/phrase", None) == Asks()
    assert asks_of("/wmo/vers?x=1", "laag") == DOORS["vers"]
