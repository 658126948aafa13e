"""What must not work on Beveiliging: other people's methods and sessions, old proofs, and two hands at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from idp.accounts import credentials, sessions
from idp.clock import Standing
from idp.database import db
from idp.mfa import catalogue, seeding
from idp.models import Credential
from tests.attacks.key_holders import with_a_key
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    identify,
    sign_in,
    totp_code,
)
from tests.support.software_key import options_on

MINUTE = timedelta(minutes=1)
SECURITY = "/mijn/beveiliging"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def own(house: House, person: Person) -> dict[str, str]:
    with house.inside():
        return {each.kind: each.id for each in credentials.of_account(person.id)}


def token_on(browser: Visitor) -> str:
    fields = browser.page.document.descendants("input")
    return next(one.get("value") or "" for one in fields if one.get("name") == "csrf_token")


@pytest.mark.parametrize("round_", range(3))
def test_of_two_that_remove_the_last_two_methods_at_once_one_stays(
    house: House, round_: int
) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    ids = own(house, anna)

    def remove(which: str) -> bool:
        with house.inside():
            kinds = {factor.kind for factor in catalogue.factors()}
            return credentials.remove(db.session.get_one(Credential, ids[which]), beside=kinds)

    with ThreadPoolExecutor(2) as both:
        done = list(both.map(remove, ("totp", "sms")))
    assert sorted(done) == [False, True]
    assert len(own(house, anna)) == 1


def test_a_method_that_nobody_can_use_here_does_not_count_as_the_one_left(house: House) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    ids = own(house, anna)
    with house.inside():
        app = db.session.get_one(Credential, ids["totp"])
        assert not credentials.remove(app, beside={"totp", "webauthn"})
    assert set(own(house, anna)) == {"totp", "sms"}


@pytest.mark.parametrize("what", ["naam", "verwijderen"])
def test_somebody_elses_method_is_as_unknown_as_none(house: House, what: str) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    mallory, browser = add_person(house, "mallory", totp=True, phone=PHONE), house.browser()
    sign_in(house, browser, mallory)
    token = token_on(browser)
    before = own(house, anna)
    seen = []
    for which in (before["totp"], "0" * 32, "..", "%00"):
        address = f"{SECURITY}/methoden/{which}/{what}"
        seen.append(browser.get(address).status)
        browser.send("POST", address, csrf_token=token, methodenaam="van mij")
        seen.append(browser.page.status)
    assert seen == [404] * 8
    assert own(house, anna) == before
    with house.inside():
        assert {each.label for each in credentials.of_account(anna.id)} == {""}


def test_somebody_elses_session_cannot_be_ended(house: House, time: Standing) -> None:
    anna, mallory = add_person(house, totp=True), add_person(house, "mallory", totp=True)
    victim, browser = house.browser(), house.browser()
    sign_in(house, victim, anna)
    sign_in(house, browser, mallory)
    with house.inside():
        (open_one,) = sessions.of_account(anna.id)
        which = open_one.id
    browser.get(SECURITY)
    browser.send("POST", f"{SECURITY}/sessies/uitloggen", csrf_token=token_on(browser), id=which)
    assert victim.get("/mijn/applicaties").name == "portal"


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("methoden/{totp}/naam", {"methodenaam": "van mij"}),
        ("methoden/{sms}/verwijderen", {}),
        ("sessies/uitloggen", {"id": "{elsewhere}"}),
        ("overal-uitloggen", {}),
        ("overal-uitloggen", {"actie": "ook-hier"}),
    ],
)
def test_a_session_left_open_changes_nothing_by_itself(
    house: House, time: Standing, address: str, fields: dict[str, str]
) -> None:
    """Who sits down at somebody's computer has the session and its tokens, but not what it takes to prove again."""
    anna = add_person(house, totp=True, phone=PHONE)
    browser, elsewhere = house.browser(), house.browser()
    sign_in(house, elsewhere, anna)
    with house.inside():
        known = own(house, anna) | {"elsewhere": sessions.of_account(anna.id)[0].id}
    time.move(MINUTE)
    sign_in(house, browser, anna)
    time.move(5 * MINUTE + timedelta(seconds=1))
    browser.get(SECURITY)
    sent = {name: text.format(**known) for name, text in fields.items()}
    browser.send(
        "POST",
        f"{SECURITY}/{address.format(**known)}",
        follow=True,
        csrf_token=token_on(browser),
        **sent,
    )
    assert browser.page.name == "login"
    assert own(house, anna).keys() == {"totp", "sms"}
    with house.inside():
        assert {each.label for each in credentials.of_account(anna.id)} == {""}
    assert elsewhere.get("/mijn/applicaties").name == "portal"
    assert browser.get("/mijn/applicaties").name == "portal"


def test_who_has_a_key_needs_it_to_remove_it(house: House, time: Standing) -> None:
    """Else who got past the weaker method would take away what keeps false sites out."""
    anna, key = with_a_key(house)
    with house.inside():
        seeding.add_totp(account_of(anna), SECRET)
    time.move(MINUTE)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(SECRET)).name == "portal"
    page = browser.get(f"{SECURITY}/methoden/{own(house, anna)['webauthn']}/verwijderen")
    assert page.name == "second-factor"
    used = key.use(options_on(page))
    assert browser.submit("volgende", sleutel=used).name == "remove-method"


def test_proving_again_gives_the_session_a_new_cookie(house: House, time: Standing) -> None:
    """A cookie that somebody planted or copied before is worth nothing afterwards."""
    anna, browser, thief = add_person(house, totp=True), house.browser(), house.browser()
    sign_in(house, browser, anna)
    thief.take_over(browser, "__Host-idp_session")
    assert thief.get(SECURITY).name == "security"
    time.move(6 * MINUTE)
    browser.get(f"{SECURITY}/overal-uitloggen")
    page = identify(browser, anna, at=None)
    assert page.name == "second-factor"
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "end-sessions"
    assert thief.get(SECURITY).name == "login"


@pytest.mark.parametrize("change", ["removed", "signed out"])
def test_a_sign_in_under_way_elsewhere_does_not_outlive_the_change(
    house: House, time: Standing, change: str
) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    thief, browser = house.browser(), house.browser()
    identify(thief, anna)
    thief.submit("volgende", methode="sms")
    thief.submit("volgende")
    code = house.newest_code()
    sign_in(house, browser, anna)
    undo: dict[str, Callable[[], object]] = {
        "removed": lambda: (
            browser.get(f"{SECURITY}/methoden/{own(house, anna)['sms']}/verwijderen"),
            browser.submit("verwijderen"),
        ),
        "signed out": lambda: (
            browser.get(f"{SECURITY}/overal-uitloggen"),
            browser.submit("uitloggen-elders"),
        ),
    }
    undo[change]()
    assert thief.submit("volgende", code=code).error == "session-expired"
