"""Each role tries every page and every form of the desk by its address; what it may not do is refused, and not done."""

from __future__ import annotations

from typing import Final

import pytest
from werkzeug.routing import Rule

from idp.servicedesk.roles import MAY, Right, Role
from tests.servicedesk.scene import CALLED_BACK, Desk
from tests.support.house import ISSUER, House, Visitor
from tests.support.journeys import (
    Person,
    account_of,
    add_application,
    add_person,
    identify,
    sign_in,
)
from tests.support.pages import Page

#: Which right each page takes. A page that is not here fails the first test: say who may use it.
TAKES: Final[dict[str, Right]] = {
    "/servicedesk/": Right.SEARCH,
    "/servicedesk/handleiding": Right.SEARCH,
    "/servicedesk/relaties/<relation_id>": Right.SEARCH,
    "/servicedesk/relaties/nieuw": Right.CHANGE_RELATIONS,
    "/servicedesk/relaties/<relation_id>/gegevens": Right.CHANGE_RELATIONS,
    "/servicedesk/relaties/<relation_id>/blokkeren": Right.CHANGE_RELATIONS,
    "/servicedesk/relaties/<relation_id>/deblokkeren": Right.CHANGE_RELATIONS,
    "/servicedesk/relaties/<relation_id>/account-toevoegen": Right.CHANGE_RELATIONS,
    "/servicedesk/accounts/<account_id>": Right.SEE_ACCOUNT,
    "/servicedesk/accounts/<account_id>/logboek": Right.SEE_ACCOUNT,
    "/servicedesk/accounts/<account_id>/relatienummer": Right.HELP,
    "/servicedesk/accounts/<account_id>/gebruikersnaam": Right.HELP,
    "/servicedesk/accounts/<account_id>/startwachtwoord": Right.HELP,
    "/servicedesk/accounts/<account_id>/activatiecode": Right.HELP,
    "/servicedesk/accounts/<account_id>/gegevens": Right.HELP,
    "/servicedesk/accounts/<account_id>/methode-verwijderen": Right.HELP,
    "/servicedesk/accounts/<account_id>/uitloggen": Right.HELP,
    "/servicedesk/accounts/<account_id>/blokkeren": Right.BLOCK,
    "/servicedesk/accounts/<account_id>/deblokkeren": Right.BLOCK,
    "/servicedesk/accounts/<account_id>/methoden-wissen": Right.RESET_METHODS,
    "/servicedesk/verzoeken": Right.SEE_ACCOUNT,
    "/servicedesk/verzoeken/<request_id>": Right.SEE_ACCOUNT,
    "/servicedesk/verzoeken/<request_id>/instemmen": Right.APPROVE,
    "/servicedesk/verzoeken/<request_id>/weigeren": Right.APPROVE,
    "/servicedesk/verzoeken/<request_id>/uitvoeren": Right.APPROVE,
    "/servicedesk/kenmerk/<reference>": Right.DIAGNOSE,
    "/servicedesk/applicaties": Right.SEE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>": Right.SEE_APPLICATIONS,
    "/servicedesk/applicaties/nieuw": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/wijzigen": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/beheerders": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/verwijderen": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/koppelingen/<client_id>": Right.SEE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/koppelingen/nieuw": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/koppelingen/<client_id>/wijzigen": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/koppelingen/<client_id>/geheim": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/koppelingen/<client_id>/verwijderen": Right.CHANGE_APPLICATIONS,
    "/servicedesk/applicaties/<identifier>/toegang": Right.GRANT,
    "/servicedesk/applicaties/<identifier>/toegang/soort": Right.CHANGE_APPLICATIONS,
    "/servicedesk/brieven": Right.SEND_LETTERS,
    "/servicedesk/brieven/<batch_id>/ophalen": Right.SEND_LETTERS,
    "/servicedesk/brieven/<batch_id>/inhoud": Right.SEND_LETTERS,
    "/servicedesk/brieven/<batch_id>/gepost": Right.SEND_LETTERS,
    "/servicedesk/logboek": Right.READ_AUDIT,
    "/servicedesk/logboek/toegang": Right.READ_AUDIT,
    "/servicedesk/collegas": Right.CHANGE_COLLEAGUES,
    "/servicedesk/collegas/<account_id>": Right.CHANGE_COLLEAGUES,
}
#: The way to an origin of its own, which shows nothing; `test_own_origin.py` is about it.
THE_WAY_IN: Final = {"/servicedesk/overstap", "/servicedesk/binnen"}
#: Whatever a form of the desk could ask.
EVERYTHING: Final = CALLED_BACK | {
    "kanaal": "telephone",
    "naam": "Iemand Anders",
    "gebruikersnaam": "iemand",
    "relatienummer": "10000001",
    "niveau": "substantieel",
    "rol": "beheerder",
    "plaats": "Elders",
}


@pytest.fixture
def anna(house: House) -> Person:
    return add_person(house, "anna", totp=True, phone="06 12345678")


def desk_rules(house: House) -> list[Rule]:
    return [
        rule
        for rule in house.app.url_map.iter_rules()
        if rule.rule.startswith("/servicedesk") and rule.rule not in THE_WAY_IN
    ]


def test_it_is_said_of_every_page_which_right_it_takes(house: House) -> None:
    assert {rule.rule for rule in desk_rules(house)} == TAKES.keys()


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_may_not_do_is_refused_and_not_done(
    desk: Desk, house: House, anna: Person, role: Role
) -> None:
    request_id = _asked_by_another(desk, anna)
    with house.inside():
        relation_id = account_of(anna).relation_id
    filled = {
        "relation_id": relation_id,
        "account_id": anna.id,
        "request_id": request_id,
        "reference": "7F3K-2QXM",
        "identifier": add_application(house, "Wmo"),
        "client_id": "wmo",
    }
    browser = desk.colleague(role, "probeert")
    browser.get("/servicedesk/")
    before = desk.everything_about(anna)
    tried = 0
    for rule in desk_rules(house):
        if TAKES[rule.rule] in MAY[role]:
            continue
        for method in sorted(rule.methods & {"GET", "POST"} if rule.methods else ()):
            page = _try(browser, rule, method, filled)
            assert (page.status, page.name) == (403, "desk-refused"), f"{method} {rule.rule}"
            tried += 1
    assert desk.everything_about(anna) == before
    assert len(desk.events("desk-refused")) >= tried
    assert tried > 0


@pytest.mark.parametrize("who", ["nobody", "a partner", "half signed in"])
def test_who_is_no_colleague_finds_no_page_and_changes_nothing(
    desk: Desk, house: House, anna: Person, who: str
) -> None:
    request_id = _asked_by_another(desk, anna)
    with house.inside():
        relation_id = account_of(anna).relation_id
    filled = {
        "relation_id": relation_id,
        "account_id": anna.id,
        "request_id": request_id,
        "reference": "7F3K-2QXM",
        "identifier": add_application(house, "Wmo"),
        "client_id": "wmo",
    }
    browser = _stranger(house, who)
    before = desk.everything_about(anna)
    for rule in desk_rules(house):
        for method in sorted(rule.methods & {"GET", "POST"} if rule.methods else ()):
            page = _try(browser, rule, method, filled)
            assert "Anna" not in page.html
            assert page.status in {303, 400, 404}, f"{method} {rule.rule}"
    assert desk.everything_about(anna) == before


def _stranger(house: House, who: str) -> Visitor:
    browser = house.browser()
    person = add_person(house, "vreemd", totp=True)
    browser.get("/")
    if who == "a partner":
        sign_in(house, browser, person)
        browser.get("/mijn/beveiliging")
    elif who == "half signed in":
        with house.inside():
            account_of(person).desk_role = "beheerder"
        identify(browser, person)
    return browser


def _asked_by_another(desk: Desk, person: Person) -> str:
    other = desk.colleague(Role.MEDEWERKER, "ander")
    other.get(f"/servicedesk/accounts/{person.id}/methoden-wissen")
    page = other.submit("volgende", **CALLED_BACK)
    return page.links["Alle methoden wissen: Anna"].rpartition("/")[2]


def _try(browser: Visitor, rule: Rule, method: str, filled: dict[str, str]) -> Page:
    address = rule.rule
    for name, value in filled.items():
        address = address.replace(f"<{name}>", value)
    token = browser.token() if browser.page.html and "csrf_token" in browser.page.html else ""
    if method == "GET":
        return browser.send("GET", address)
    return browser.send(
        "POST",
        address,
        headers={"Origin": ISSUER, "Sec-Fetch-Site": "same-origin"},
        csrf_token=token,
        versie="999999999",
        methode="x",
        **EVERYTHING,
    )
