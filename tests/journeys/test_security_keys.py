"""Passkeys and security keys: set up, named, signed in with; with a key in software, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.accounts.method_names import LONGEST
from idp.clock import Standing
from idp.database import db
from idp.mfa.webauthn import MOST_KEYS
from idp.models import AuditEvent, Credential, SecurityKey
from tests.support.journeys import (
    House,
    Person,
    Visitor,
    add_person,
    identify,
    set_up_totp,
    to_the_methods,
)
from tests.support.journeys import sign_in as sign_in_by_app
from tests.support.pages import Page
from tests.support.software_key import (
    BACKED_UP,
    ED25519,
    ELIGIBLE,
    ES256,
    PRESENT,
    RS256,
    USUAL,
    SoftwareKey,
    options_on,
)

MINUTE = timedelta(minutes=1)


def set_up(browser: Visitor, key: SoftwareKey, name: str | None = None) -> Page:
    """On the page that sets up a key: make one, with the suggested name or another."""
    made = key.make(options_on(browser.page))
    named = {} if name is None else {"sleutelnaam": name}
    return browser.submit("volgende", sleutel=made, **named)


def with_a_key(house: House, key: SoftwareKey, username: str = "anna") -> tuple[Person, Visitor]:
    """Somebody who has set up this key and nothing else, and the browser in which that was done."""
    person = add_person(house, username, code=True)
    browser = house.browser()
    to_the_methods(browser, person)
    assert browser.submit("volgende", methode=["webauthn"]).name == "enrol-webauthn"
    assert set_up(browser, key).name == "enrolment-done"
    return person, browser


def add_another(browser: Visitor) -> Page:
    """From *Beveiliging* to the page that sets up one more key."""
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    return browser.submit("volgende", methode=["webauthn"])


def use(browser: Visitor, key: SoftwareKey) -> Page:
    """On the page that asks for a key: use it."""
    return browser.submit("volgende", sleutel=key.use(options_on(browser.page)))


def stored(house: House) -> list[SecurityKey]:
    with house.inside():
        keys = list(db.session.scalars(select(SecurityKey).order_by(SecurityKey.sign_count)))
        db.session.expunge_all()
        return keys


@pytest.mark.parametrize("algorithm", [ES256, ED25519, RS256])
def test_a_key_is_set_up_and_then_signs_in(house: House, time: Standing, algorithm: int) -> None:
    key = SoftwareKey(algorithm)
    anna, browser = with_a_key(house, key)
    assert browser.submit("afronden").name == "portal"
    for _ in range(2):
        again = house.browser()
        assert identify(again, anna).name == "second-factor"
        assert use(again, key).name == "portal"
        time.move(MINUTE)
    assert stored(house)[0].sign_count == 2


def test_the_page_asks_the_browser_for_what_the_checklist_wants(house: House) -> None:
    key = SoftwareKey()
    person = add_person(house, "anna", code=True)
    browser = house.browser()
    to_the_methods(browser, person)
    page = browser.submit("volgende", methode=["webauthn"])
    options = options_on(page)
    assert options["rp"] == {"id": "localhost", "name": "Mijn CAK Zakelijk"}
    assert options["attestation"] == "none"
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert options["authenticatorSelection"]["userVerification"] == "preferred"
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [ES256, ED25519, RS256]
    assert options["timeout"] == 300_000
    assert len(options["challenge"]) == 43
    assert options["excludeCredentials"] == []
    assert options["user"]["name"] == "10023456-anna"
    assert person.id not in options["user"]["id"]
    assert set_up(browser, key).name == "enrolment-done"
    browser.submit("nog-een-methode")
    browser.submit("volgende", methode=["webauthn"])
    again = options_on(browser.page)
    assert again["user"] == options["user"]
    assert [each["id"] for each in again["excludeCredentials"]] == [
        each["id"] for each in options_after_the_password(house, person)["allowCredentials"]
    ]
    assert again["excludeCredentials"][0]["transports"] == ["nfc", "usb"]


def options_after_the_password(house: House, person: Person) -> dict[str, list[dict[str, str]]]:
    browser = house.browser()
    identify(browser, person)
    found: dict[str, list[dict[str, str]]] = options_on(browser.page)
    return found


def test_a_reload_shows_the_same_challenge_until_too_little_time_is_left(
    house: House, time: Standing
) -> None:
    key = SoftwareKey()
    anna, _browser = with_a_key(house, key)
    browser = house.browser()
    identify(browser, anna)
    first = options_on(browser.page)
    time.move(2 * MINUTE)
    second = options_on(browser.get(browser.page.address))
    assert second["challenge"] == first["challenge"]
    assert second["timeout"] == 180_000
    time.move(MINUTE)
    third = options_on(browser.get(browser.page.address))
    assert third["challenge"] != first["challenge"]
    assert third["timeout"] == 300_000
    # Whoever answers the older one in another tab is in time all the same.
    assert browser.submit("volgende", sleutel=key.use(first)).name == "portal"


def test_several_keys_have_names_and_each_of_them_signs_in(house: House, time: Standing) -> None:
    first, second, third = SoftwareKey(), SoftwareKey(), SoftwareKey()
    anna, browser = with_a_key(house, first)
    browser.submit("afronden")
    time.move(MINUTE)
    add_another(browser)
    set_up(browser, second, "Laptop kantoor")
    time.move(MINUTE)
    browser.submit("nog-een-methode")
    browser.submit("volgende", methode=["webauthn"])
    page = set_up(browser, third, "  laptop\u202e \x07 Kantoor ")
    assert page.name == "enrolment-done"
    for text in ("‘Passkey 1’", "‘Laptop kantoor’", "‘laptop Kantoor 2’"):
        assert text in page.document.text
    browser.submit("afronden")
    security = browser.get("/mijn/beveiliging").document.text
    for text in ("‘Passkey 1’", "‘Laptop kantoor’", "‘laptop Kantoor 2’"):
        assert text in security
    for key in (second, first, third):
        again = house.browser()
        page = identify(again, anna)
        assert len(options_on(page)["allowCredentials"]) == 3
        assert "‘Passkey 1’, ‘Laptop kantoor’, ‘laptop Kantoor 2’" in page.document.text
        assert use(again, key).name == "portal"


def test_choosing_among_methods_names_every_key(house: House, time: Standing) -> None:
    anna, browser = with_a_key(house, SoftwareKey())
    time.move(timedelta(seconds=1))  # the older key comes first
    browser.submit("nog-een-methode")
    browser.submit("volgende", methode=["webauthn", "totp"])
    set_up_totp(browser)
    set_up(browser, SoftwareKey(), "Laptop")
    page = identify(house.browser(), anna)
    assert page.name == "choose-method"
    assert set(page.choices("methode")) == {"totp", "webauthn"}
    assert "‘Passkey 1, Laptop’" in page.document.text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("", "Passkey 1"), (" \u200b ", "Passkey 1"), ("n" * 300, "n" * LONGEST)],
)
def test_a_name_is_never_missing_and_never_long(house: House, typed: str, kept: str) -> None:
    anna = add_person(house, "anna", code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["webauthn"])
    assert browser.page.value("sleutelnaam") == "Passkey 1"
    assert set_up(browser, SoftwareKey(), typed).name == "enrolment-done"
    with house.inside():
        assert db.session.scalars(select(Credential.label)).all() == [kept]


def test_a_key_that_keeps_no_counter_stays_welcome(house: House) -> None:
    key = SoftwareKey(counts=False)
    anna, _browser = with_a_key(house, key)
    for _ in range(3):
        browser = house.browser()
        identify(browser, anna)
        assert use(browser, key).name == "portal"
    assert stored(house)[0].sign_count == 0


def test_what_a_key_says_of_its_backup_is_kept_and_a_new_state_too(house: House) -> None:
    key = SoftwareKey(flags=USUAL | ELIGIBLE)
    anna, _browser = with_a_key(house, key)
    assert (stored(house)[0].backup_eligible, stored(house)[0].backed_up) == (True, False)
    key.flags |= BACKED_UP
    browser = house.browser()
    identify(browser, anna)
    assert use(browser, key).name == "portal"
    assert stored(house)[0].backed_up is True


def test_a_key_that_only_sees_that_somebody_is_there_is_enough_as_second_step(
    house: House,
) -> None:
    key = SoftwareKey(flags=PRESENT)
    anna, _browser = with_a_key(house, key)
    browser = house.browser()
    identify(browser, anna)
    assert use(browser, key).name == "portal"


def test_a_step_that_was_cancelled_shows_the_page_again_and_costs_nothing(house: House) -> None:
    key = SoftwareKey()
    anna, _browser = with_a_key(house, key)
    browser = house.browser()
    identify(browser, anna)
    for _ in range(12):
        page = browser.submit("volgende")
        assert (page.name, page.error, page.status) == ("second-factor", "key-failed", 422)
        assert "Het is niet gelukt met uw passkey" in page.text("foutmelding")
    assert use(browser, key).name == "portal"


def test_setting_up_that_was_cancelled_shows_the_page_again_with_the_name_that_was_typed(
    house: House,
) -> None:
    anna = add_person(house, "anna", code=True)
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["webauthn"])
    page = browser.submit("volgende", sleutelnaam="Laptop", sleutelfout="NotAllowedError")
    assert (page.name, page.error, page.status) == ("enrol-webauthn", "key-not-made", 422)
    assert page.text("foutmelding").endswith(
        "Het is niet gelukt. Probeer het opnieuw of kies een andere methode"
    )
    assert page.value("sleutelnaam") == "Laptop"
    assert set_up(browser, SoftwareKey()).name == "enrolment-done"


def test_a_device_that_has_a_key_here_already_says_so(house: House) -> None:
    key = SoftwareKey()
    _anna, browser = with_a_key(house, key)
    browser.submit("nog-een-methode")
    browser.submit("volgende", methode=["webauthn"])
    page = browser.submit("volgende", sleutelfout="InvalidStateError")
    assert (page.name, page.error) == ("enrol-webauthn", "key-known")
    page = set_up(browser, key)  # a browser that does not look at excludeCredentials
    assert (page.name, page.error) == ("enrol-webauthn", "key-known")
    assert browser.submit("andere-methode").name == "choose-methods"
    assert len(stored(house)) == 1


def test_nobody_has_more_than_ten_keys(house: House) -> None:
    _anna, browser = with_a_key(house, SoftwareKey())
    for _ in range(MOST_KEYS - 1):
        browser.submit("nog-een-methode")
        browser.submit("volgende", methode=["webauthn"])
        assert set_up(browser, SoftwareKey()).name == "enrolment-done"
    browser.submit("nog-een-methode")
    browser.submit("volgende", methode=["webauthn"])
    page = set_up(browser, SoftwareKey())
    assert (page.name, page.error) == ("enrol-webauthn", "key-too-many")
    assert len(stored(house)) == MOST_KEYS


def test_without_a_script_the_page_says_so_and_leads_to_another_method(house: House) -> None:
    """As it stands in the page; the script hides it where a browser can work with keys."""
    anna = add_person(house, "anna", totp=True)
    browser = house.browser()
    sign_in_by_app(house, browser, anna)
    page = add_another(browser)
    assert page.name == "enrol-webauthn"
    assert "Een passkey werkt alleen als JavaScript aan staat" in page.document.text
    assert "nl-button--primary" in (page.at("andere-methode").get("class") or "")
    set_up(browser, SoftwareKey())
    again = house.browser()
    identify(again, anna)
    page = again.submit("volgende", methode="webauthn")
    assert "Zet JavaScript aan of kies een andere methode." in page.document.text
    assert again.submit("andere-methode").name == "choose-method"


def test_who_has_only_a_key_and_no_script_is_told_to_call(house: House) -> None:
    anna, _browser = with_a_key(house, SoftwareKey())
    page = identify(house.browser(), anna)
    assert page.find("andere-methode") is None
    assert "Hebt u geen andere methode? Bel de Servicedesk: 088 - 711 4888." in page.document.text


def test_under_a_bare_address_the_pages_lead_to_the_issuer(house: House) -> None:
    anna, _browser = with_a_key(house, SoftwareKey())
    browser = house.browser()
    page = identify(browser, anna)
    path = page.address.removeprefix("http://localhost:8400")
    elsewhere = browser.send("GET", f"http://127.0.0.1:8400{path}")
    assert elsewhere.status == 302
    assert elsewhere.headers["Location"] == page.address
    assert browser.send("POST", f"http://127.0.0.1:8400{path}", sleutel="x").status == 421


def test_a_method_that_is_reset_takes_its_keys_along(house: House) -> None:
    from idp.accounts import credentials
    from tests.support.journeys import account_of

    anna, _browser = with_a_key(house, SoftwareKey())
    with house.inside():
        credentials.remove_all(account_of(anna), actor="test")
    assert stored(house) == []


def test_the_trail_tells_of_setting_up_and_using_a_key(house: House) -> None:
    key = SoftwareKey()
    anna, _browser = with_a_key(house, key)
    browser = house.browser()
    identify(browser, anna)
    use(browser, key)
    with house.inside():
        rows = db.session.scalars(select(AuditEvent).where(AuditEvent.account_id == anna.id)).all()
        kinds = {(row.event, row.details.get("kind")) for row in rows}
    assert {("method-added", "webauthn"), ("step-accepted", "webauthn")} <= kinds
