"""A flood of guesses from many places, while owners and a whole town hall sign in.

`python -m bench.flood` is larger.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp import throttle
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent
from tests.support.journeys import House, Person, Visitor, add_person, identify, open_house, sign_in

OWNERS, ORIGINS, TRIES = 10, 20, 300
TOWN_HALL = "198.51.100.7"
COLLEAGUES = 30


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path) -> House:
    """Behind a proxy, which tells where everybody is."""
    return open_house(database_url, tmp_path, trusted_proxies=("127.0.0.1",))


def somewhere(house: House, address: str) -> Visitor:
    return house.browser(headers={"X-Forwarded-For": address})


def at_home(house: House, person: Person, address: str) -> Visitor:
    browser = somewhere(house, address)
    assert sign_in(house, browser, person).name == "portal"
    browser.forget("__Host-idp_session")
    return browser


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_flood_of_strangers_keeps_no_owner_and_no_town_hall_out(
    house: House, time: Standing
) -> None:
    owners = [add_person(house, f"owner{number}", totp=True) for number in range(OWNERS)]
    homes = [at_home(house, one, f"192.0.2.{place}") for place, one in enumerate(owners, 1)]
    colleagues = [add_person(house, f"collega{number}", totp=True) for number in range(COLLEAGUES)]
    desks = [
        at_home(house, one, TOWN_HALL) if place % 2 else somewhere(house, TOWN_HALL)
        for place, one in enumerate(colleagues)
    ]
    time.move(timedelta(minutes=1))
    heard = []
    for number in range(TRIES):
        stranger = somewhere(house, f"203.0.{number % ORIGINS}.5")
        answer = identify(stranger, owners[number % OWNERS], password=f"gok {number}")
        heard.append(answer.error)
        if number % (TRIES // OWNERS) == 0:
            owner = number // (TRIES // OWNERS)
            assert sign_in(house, homes[owner], owners[owner]).name == "portal"
        if number % (TRIES // COLLEAGUES) == 0:
            place = number // (TRIES // COLLEAGUES)
            mistyped = identify(desks[place], colleagues[place], password="tikfout")
            assert mistyped.error == "login-failed"
            assert sign_in(house, desks[place], colleagues[place]).name == "portal"
    assert heard.count("login-failed") == OWNERS * throttle.SIGN_IN.free, "and no guess more"
    assert set(heard) == {"login-failed", "throttled"}
    with house.inside():
        ended = db.session.query(AuditEvent).filter_by(event="sign-in-completed").count()
        assert ended == 2 * OWNERS + COLLEAGUES + COLLEAGUES // 2
