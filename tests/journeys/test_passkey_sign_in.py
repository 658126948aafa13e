"""Signing in with the passkey that the browser offers: what it is worth, and how it is told afterwards."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock
from idp.clock import Standing
from idp.database import db
from idp.flows.cookies import SESSION
from idp.models import AuditEvent
from idp.servicedesk.diagnosis import explain_reference
from idp.servicedesk.explain_events import sentence
from tests.attacks.key_holders import asked, with_a_key
from tests.protocol.relying_party import SUBSTANTIAL, Provider
from tests.protocol.test_levels import acr
from tests.protocol.test_phishing_resistance import stated
from tests.support.journeys import NOW, House, Person, Visitor, open_house
from tests.support.pages import Page
from tests.support.run import Run
from tests.support.software_key import PRESENT, SoftwareKey, options_on

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
RULES = """
[[rule]]
name = "altijd-een-sleutel"
browser = "known"
ask = "key"

[[rule]]
name = "altijd-vers"
browser = "known"
ask = "fresh"
"""


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path) -> House:
    """The house that offers passkeys on the sign-in page, with rules for devices."""
    file = tmp_path / "regels.toml"
    file.write_text(RULES, encoding="utf-8")
    return open_house(database_url, tmp_path, passkey_sign_in=True, device_rules=file)


def at_home(house: House) -> tuple[Person, SoftwareKey, Visitor]:
    person, key = with_a_key(house)
    browser, options = asked(house, person)
    assert browser.submit("volgende", sleutel=key.use(options)).name == "portal"
    browser.forget(SESSION)
    return person, key, browser


def choose(browser: Visitor, key: SoftwareKey, **bent: int) -> Page:
    """On the sign-in page: what the script sends once the person chose this passkey."""
    fields = browser.page.document.descendants("input")
    offered = next(one for one in fields if one.get("name") == "sleutel")
    return browser.send(
        "POST",
        offered.get("data-autofill") or "",
        follow=True,
        csrf_token=offered.get("data-token") or "",
        sleutel=key.use(options_on(browser.page), **bent),
    )


def test_beveiliging_and_the_servicedesk_tell_it_in_right_words(house: House) -> None:
    _anna, key, browser = at_home(house)
    browser.get("/")
    assert choose(browser, key, flags=PRESENT).error == "login-failed"
    assert choose(browser, key).name == "portal"
    text = browser.get("/mijn/beveiliging").document.text.partition("Wanneer er is ingelogd")[2]
    newest, failed_one, before = text.lower().split("om 10.00 uur")[1:4]
    assert "passkey, zonder wachtwoord" in newest
    assert "passkey of beveiligingssleutel niet gelukt" in failed_one
    assert "passkey of beveiligingssleutel" in before
    with house.inside():
        rows = db.session.query(AuditEvent).order_by(AuditEvent.id).all()
        failed = next(row for row in rows if row.event == "sign-in-failed")
        done = [row for row in rows if row.event == "sign-in-completed"][-1]
        assert sentence(failed).endswith("telde niet: the key did not make sure who held it.")
        assert "met vinger, gezicht of pincode en de passkey" in sentence(done)
        assert "wachtwoord" not in sentence(failed) + sentence(done)
        told = [sentence(row) for row in rows if row.reference == done.reference]
        assert any("altijd-een-sleutel" in each for each in told)
        assert any("dat zijn beide stappen" in each for each in told)
        explained = explain_reference(str(done.reference))
        assert explained is not None


@pytest.mark.parametrize("asked_for", ["phr", SUBSTANTIAL, None])
def test_an_application_hears_of_the_level_and_the_moment(
    house: House, time: Standing, run: Run, asked_for: str | None
) -> None:
    shop = Provider.of(house, run).application(None)
    _anna, key, browser = at_home(house)
    shop.visit(browser, **(acr(asked_for) if asked_for else {}))
    time.move(timedelta(minutes=2))
    token = stated(shop, choose(browser, key))
    assert token["acr"] == (asked_for or SUBSTANTIAL)
    assert token["auth_time"] == clock.epoch(NOW + timedelta(minutes=2))


@ONE
def test_with_nothing_but_a_first_step_and_a_browser_that_was_known_nothing_more_opens(
    house: House, time: Standing
) -> None:
    """What such a session may change it may change for five minutes, and then the password is asked."""
    _anna, key, browser = at_home(house)
    browser.get("/")
    assert choose(browser, key).name == "portal"
    time.move(timedelta(minutes=6))
    browser.get("/mijn/beveiliging")
    page = browser.submit("methode-toevoegen")
    assert page.name == "login"
    assert page.at("gebruikersnaam").get("autocomplete") == "username", "no passkey is offered"
