"""The desk is for colleagues: signed in with two steps, with a role; everybody else finds nothing there."""

from __future__ import annotations

import pytest

from idp.servicedesk.roles import MAY, Right, Role
from tests.servicedesk.scene import BODY, Desk
from tests.support.house import House
from tests.support.journeys import account_of, add_person, sign_in

DESK = "/servicedesk/"


@pytest.mark.parametrize("role", [role for role in Role if Right.SEARCH in MAY[role]])
def test_a_colleague_finds_the_search_page(desk: Desk, role: Role) -> None:
    page = desk.colleague(role).get(DESK)
    assert (page.status, page.name) == (200, "desk")


def test_who_only_manages_applications_searches_no_people(desk: Desk) -> None:
    page = desk.colleague(Role.APPLICATIEBEHEERDER).get(DESK)
    assert (page.status, page.name) == (403, "desk-refused")
    assert desk.events("desk-refused")


def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_page(
    desk: Desk, house: House
) -> None:
    boss = add_person(house, "baas", relation=BODY, totp=True)
    with house.inside():
        account_of(boss).desk_role = "beheerder"
    browser = house.browser()
    assert browser.get(DESK + "?zoek=10023456").name == "login"
    page = sign_in(house, browser, boss, at=None)
    assert (page.name, page.value("zoek")) == ("desk", "10023456")


def test_somebody_without_a_role_finds_no_such_page(house: House) -> None:
    anna = add_person(house, totp=True)
    browser = house.browser()
    sign_in(house, browser, anna)
    page = browser.get(DESK)
    assert (page.status, page.error) == (404, "not-found")


def test_a_colleague_who_gets_lost_is_led_to_the_first_page_of_the_desk(desk: Desk) -> None:
    browser = desk.colleague(Role.MEDEWERKER)
    assert browser.get(f"{DESK}relaties/{'0' * 32}").status == 404
    assert browser.go_on().name == "desk"


def test_a_role_that_nobody_knows_opens_nothing(desk: Desk) -> None:
    page = desk.colleague("directeur").get(DESK)
    assert page.status == 404


@pytest.mark.parametrize("way", ["overstap?staat=" + "0" * 64, "binnen?bewijs=x"])
def test_where_the_desk_has_no_origin_of_its_own_there_is_nothing_to_cross(
    desk: Desk, way: str
) -> None:
    assert desk.colleague(Role.BEHEERDER).get(DESK + way).status == 404
