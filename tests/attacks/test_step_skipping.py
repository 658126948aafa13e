"""No step can be skipped by going to the address of a later one, or by posting there; half done opens no door."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from idp.accounts import credentials
from idp.clock import Standing
from idp.database import db
from idp.models import Account, Credential, Session
from tests.support.journeys import (
    NEW_PASSWORD,
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    house_of_this_worker,
    identify,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)
from tests.support.run import Run

PLACES = (
    "",
    "/activeren",
    "/activatiecode",
    "/methoden",
    "/instellen/totp",
    "/instellen/sms",
    "/instellen/webauthn",
    "/ingesteld",
    "/methode",
    "/stap/totp",
    "/stap/sms",
    "/stap/webauthn",
    "/wachtwoord",
)
#: Everything that any page of the walk could want to hear.
EVERYTHING: dict[str, Any] = {
    "relatienummer": "10023456",
    "gebruikersnaam": "j.devries",
    "wachtwoord": "fout",
    "activatiecode": "0" * 13,
    "methode": "totp",
    "telefoonnummer": PHONE,
    "code": "000000",
    "nieuw_wachtwoord": NEW_PASSWORD,
}
ACTIONS = ("volgende", "afronden", "opnieuw", "nog-een-methode", "andere-methode")

#: Where somebody stands → the only place that is theirs.
STANDS = {
    "introduction": "/activeren",
    "activation code": "/activatiecode",
    "methods": "/methoden",
    "setting up the app": "/instellen/totp",
    "setting up texts": "/instellen/sms",
    "new password": "/wachtwoord",
    "set up": "/ingesteld",
    "choice": "/methode",
    "app": "/stap/totp",
    "text": "/stap/sms",
}


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


def stand(house: House, where: str) -> tuple[Person, Visitor, str]:
    """Somebody on one page of the walk, their browser, and the address of their sign-in."""
    browser = house.browser()
    if where in {"choice", "app", "text"}:
        person = add_person(
            house,
            totp=where != "text",
            phone=PHONE if where != "app" else None,
        )
        page = identify(browser, person)
    else:
        person = add_person(
            house, code=True, password=None if where == "new password" else NEW_PASSWORD
        )
        page = identify(browser, person, at="/2fa")
        if where != "introduction":
            page = browser.submit("volgende")
        if where not in {"introduction", "activation code"}:
            assert person.code is not None
            page = browser.submit("volgende", activatiecode=person.code)
        if where == "setting up texts":
            page = browser.submit("volgende", methode=["sms"])
        elif where in {"setting up the app", "new password", "set up"}:
            page = browser.submit("volgende", methode=["totp"])
        if where in {"new password", "set up"}:
            page = set_up_totp(browser)[1]
    sign_in_address = "/".join(page.address.split("/")[:5])
    assert page.address == sign_in_address + STANDS[where]
    return person, browser, sign_in_address


@pytest.mark.parametrize("where", STANDS)
def test_other_pages_of_the_walk_lead_back_to_the_one_whose_turn_it_is(
    house: House, where: str
) -> None:
    _person, browser, sign_in_address = stand(house, where)
    for place in PLACES:
        page = browser.get(sign_in_address + place)
        assert page.address == sign_in_address + STANDS[where], place
        assert (page.status, page.error) == (200, None)


@pytest.mark.parametrize("where", STANDS)
def test_posting_out_of_turn_changes_nothing(house: House, where: str) -> None:
    person, browser, sign_in_address = stand(house, where)
    token, before = browser.token(), rows(house)
    actions = cycle(ACTIONS)
    for place in PLACES:
        if place == STANDS[where]:
            continue
        fields: dict[str, Any] = EVERYTHING | {"csrf_token": token, "actie": next(actions)}
        page = browser.send("POST", sign_in_address + place, **fields)
        assert (page.status, page.error) == (409, "out-of-turn"), (place, fields)
        assert page.at("volgende").get("href") == sign_in_address.removeprefix(browser.origin)
    assert rows(house) == before
    assert browser.cookie("__Host-idp_session") is None
    assert house.phone() == []
    assert browser.get(sign_in_address).address == sign_in_address + STANDS[where]
    assert browser.get("/mijn/applicaties").name == "login"
    assert person.password


def rows(house: House) -> tuple[int, int, str]:
    """Sessions, methods, and the password: what a skipped step would have changed."""
    with house.inside():
        hashes = [row.password_hash for row in db.session.query(Account)]
        return db.session.query(Session).count(), db.session.query(Credential).count(), str(hashes)


@pytest.mark.parametrize("where", sorted(set(STANDS) - {"set up", "new password"}))
def test_a_button_of_another_page_is_no_way_round_either(house: House, where: str) -> None:
    """On the right page, but with the word of a button that is elsewhere."""
    _person, browser, sign_in_address = stand(house, where)
    token = browser.token()
    for action in ("afronden", "nog-een-methode", "klaar", "x" * 1_000, ""):
        fields: dict[str, Any] = {
            "csrf_token": token,
            "actie": action,
            "methode": "geen",
            "code": "000000",
        }
        browser.send("POST", sign_in_address + STANDS[where], **fields)
        assert browser.cookie("__Host-idp_session") is None
    with house.inside():
        assert db.session.query(Session).count() == 0


def test_a_method_that_one_does_not_have_cannot_be_chosen(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = identify(browser, anna)
    token = browser.token()
    base = page.address.removesuffix("/stap/totp")
    for kind in ("sms", "webauthn", "voice", "password", "../totp", ""):
        assert browser.get(f"{base}/stap/{kind}").name in {"second-factor", "error"}
        answer = browser.send("POST", f"{base}/stap/{kind}", csrf_token=token)
        assert answer.error in {"out-of-turn", "not-found"}
    assert house.phone() == []


def test_a_method_that_was_not_chosen_cannot_be_set_up(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, anna)
    page = browser.submit("volgende", methode=["totp"])
    token = browser.token()
    address = page.address.replace("/totp", "/sms")
    answer = browser.send("POST", address, csrf_token=token, telefoonnummer=PHONE)
    assert answer.error == "out-of-turn"
    assert house.phone() == []


@pytest.mark.parametrize("where", STANDS)
def test_half_a_sign_in_opens_no_page_of_the_portal(house: House, where: str) -> None:
    _person, browser, _address = stand(house, where)
    token = browser.token()
    for address in ("/mijn/applicaties", "/mijn/beveiliging", "/mijn/handleidingen"):
        assert browser.send("GET", address).headers["Location"] == "/"
    page = browser.send("POST", "/mijn/beveiliging/methode-toevoegen", csrf_token=token)
    assert (page.status, page.error) == (400, "session-expired")


def test_a_password_alone_adds_no_method(house: House) -> None:
    """Who knows the password but has no phone and no code cannot set up a phone of their own."""
    anna, thief = add_person(house, totp=True), house.browser()
    identify(thief, anna, at="/2fa")
    assert thief.submit("volgende").name == "activation-code"
    base = thief.page.address.removesuffix("/activatiecode")
    token = thief.token()
    for place in ("/methoden", "/instellen/totp", "/instellen/sms", "/ingesteld"):
        assert thief.get(base + place).name == "activation-code"
        answer = thief.send("POST", base + place, csrf_token=token, **EVERYTHING)
        assert answer.error == "out-of-turn"
    with house.inside():
        assert len(credentials.of_account(anna.id)) == 1


def test_the_window_of_one_account_is_not_for_another_in_the_same_browser(house: House) -> None:
    anna = add_person(house, code=True)
    ben = add_person(house, "b.bakker", code=True)
    browser = house.browser()
    assert to_the_methods(browser, anna).name == "choose-methods"
    assert identify(browser, ben, at="/2fa").name == "activation-intro"
    assert browser.submit("volgende").name == "activation-code"


def test_a_sign_in_of_one_person_cannot_be_finished_by_another(house: House) -> None:
    """Two sign-ins in one browser: the second step of one does not complete the other."""
    anna = add_person(house, totp=True)
    ben = add_person(house, "b.bakker", totp=True)
    browser = house.browser()
    hers = identify(browser, anna)
    assert sign_in(house, browser, ben).name == "portal"
    assert "B.Bakker" in browser.page.document.text
    browser.get(hers.address)
    assert browser.submit("volgende", code=totp_code(ben.totp)).error == "code-invalid"
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"
    assert "J.Devries" in browser.page.document.text
