"""The desk at an origin of its own: another cookie than the sign-in has, and a way in that works once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock
from idp.accounts import directory, sessions
from idp.flows.cookies import SESSION
from idp.servicedesk.crossing import COOKIE, TICKET_LASTS
from tests.servicedesk.scene import BODY
from tests.support.house import NOW, House, Visitor, open_house
from tests.support.journeys import Person, account_of, add_person, sign_in

ORIGIN = "http://127.0.0.1:8400"


@pytest.fixture
def time() -> Iterator[clock.Standing]:
    """The time of the house; it stands still."""
    with clock.standing_at(NOW) as standing:
        yield standing


@pytest.fixture
def house(time: clock.Standing, database_url: str, tmp_path: Path) -> House:
    """A house whose desk has an origin of its own."""
    return open_house(database_url, tmp_path, desk_origin=ORIGIN)


@pytest.fixture
def boss(house: House) -> Person:
    """Somebody who works at the desk."""
    person = add_person(house, "baas", relation=BODY, totp=True)
    with house.inside():
        account_of(person).desk_role = "beheerder"
    return person


def at_the_desk(house: House) -> Visitor:
    """A browser, seen from the desk's origin."""
    return Visitor(house.app, ORIGIN)


def cross(house: House, boss: Person, asked: str = "/servicedesk/") -> tuple[Visitor, Visitor]:
    """Somebody opens the desk, signs in at the issuer and comes back: the browser at either origin."""
    desk, issuer = at_the_desk(house), house.browser()
    leaving = desk.get(asked)
    assert leaving.left_for is not None
    assert issuer.get(leaving.left_for).name == "login"
    back = sign_in(house, issuer, boss, at=None).left_for
    assert (back or "").startswith(ORIGIN + "/servicedesk/binnen?")
    assert back is not None
    desk.get(back)
    return desk, issuer


def test_who_signed_in_at_the_issuer_comes_back_to_the_page_of_the_desk(
    house: House, boss: Person
) -> None:
    desk, _issuer = cross(house, boss, "/servicedesk/?zoek=10023456")
    assert (desk.page.name, desk.page.value("zoek")) == ("desk", "10023456")


def test_neither_origin_ever_gets_the_cookie_of_the_other(house: House, boss: Person) -> None:
    desk, issuer = cross(house, boss)
    assert (bool(desk.cookie(COOKIE)), desk.cookie(SESSION)) == (True, None)
    assert (bool(issuer.cookie(SESSION)), issuer.cookie(COOKIE)) == (True, None)
    given = [line for answer in house.answers for line in answer.all("Set-Cookie")]
    for cookie in given:
        if cookie.startswith(("__Host-idp_desk", SESSION)):
            attributes = {part.strip().partition("=")[0] for part in cookie.split(";")[1:]}
            assert {"Secure", "HttpOnly", "Path", "SameSite"} <= attributes - {"Domain"}


def test_the_cookie_of_one_origin_opens_nothing_at_the_other(house: House, boss: Person) -> None:
    desk, issuer = cross(house, boss)
    stranger = at_the_desk(house)
    stranger._client.set_cookie(
        COOKIE, issuer.cookie(SESSION) or "", domain="127.0.0.1", secure=True
    )
    assert stranger.get("/servicedesk/").left_for
    other = house.browser()
    other.plant(SESSION, desk.cookie(COOKIE) or "")
    assert other.get("/mijn/applicaties").name == "login"


def test_a_ticket_works_once_and_only_in_the_browser_that_left_for_it(
    house: House, boss: Person
) -> None:
    thief, desk, issuer = at_the_desk(house), at_the_desk(house), house.browser()
    thief.get("/servicedesk/")
    leaving = desk.get("/servicedesk/").left_for
    assert leaving
    issuer.get(leaving)
    back = sign_in(house, issuer, boss, at=None).left_for
    assert back
    assert thief.get(back).error == "out-of-turn"
    assert desk.get(back).name == "desk"
    assert desk.get(back).error == "out-of-turn"


def test_a_ticket_is_worth_nothing_after_a_minute(
    house: House, boss: Person, time: clock.Standing
) -> None:
    desk, issuer = at_the_desk(house), house.browser()
    leaving = desk.get("/servicedesk/").left_for
    assert leaving
    issuer.get(leaving)
    back = sign_in(house, issuer, boss, at=None).left_for
    assert back
    time.move(TICKET_LASTS + timedelta(seconds=1))
    assert desk.get(back).error == "out-of-turn"


def test_signing_out_at_the_issuer_closes_the_desk(house: House, boss: Person) -> None:
    desk, issuer = cross(house, boss)
    issuer.get("/uitloggen")
    issuer.submit("uitloggen")
    assert desk.get("/servicedesk/").left_for


def test_a_block_closes_the_desk(house: House, boss: Person) -> None:
    desk, _issuer = cross(house, boss)
    with house.inside():
        directory.block_account(account_of(boss), actor="test")
        assert not sessions.of_account(boss.id)
    assert desk.get("/servicedesk/").left_for


def test_who_is_signed_in_without_a_role_finds_nothing_there(house: House) -> None:
    anna = add_person(house, totp=True)
    desk, _issuer = cross(house, anna)
    assert (desk.page.status, desk.page.error) == (404, "not-found")


def test_each_origin_serves_its_own_pages_only(house: House, boss: Person) -> None:
    desk, issuer = cross(house, boss)
    assert (issuer.get("/servicedesk/").left_for or "").startswith(ORIGIN)
    assert (desk.get("/mijn/beveiliging").left_for or "").startswith(issuer.origin)
    assert desk.send("POST", "/").status == 421
    assert issuer.send("POST", "/servicedesk/").status == 421


@pytest.mark.parametrize(
    "back", ["//evil.example/", "https://evil.example/", "/servicedesk/\\evil", "/"]
)
def test_the_way_back_leads_to_the_desk_and_nowhere_else(
    house: House, boss: Person, back: str
) -> None:
    _desk, issuer = cross(house, boss)
    page = issuer.get("/servicedesk/overstap?staat=" + "0" * 64 + "&naar=" + back)
    assert (page.left_for or "").endswith("&naar=%2Fservicedesk%2F")
