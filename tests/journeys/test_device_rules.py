"""Rules of the operator ask a stronger step by facts, and everybody can see afterwards which rule did."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest

from idp.assurance import Level
from idp.clock import Standing
from idp.database import db
from idp.flows.cookies import BROWSER, SESSION
from idp.mfa import seeding
from idp.models import AuditEvent
from idp.servicedesk.explain_events import sentence
from tests.attacks.key_holders import with_a_key
from tests.protocol.relying_party import SUBSTANTIAL, Provider
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    account_of,
    add_person,
    identify,
    open_house,
    second_step,
    sign_in,
    totp_code,
)
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)
OFFICE = {"headers": {"X-Forwarded-For": "198.51.100.20"}}
ELSEWHERE = {"headers": {"X-Forwarded-For": "203.0.113.7"}}
Opens = Callable[[str], House]


@pytest.fixture
def house_with(time: Standing, database_url: str, tmp_path: Path) -> Opens:
    """A house with these rules, behind a proxy that tells where people come from."""

    def opened(rules: str) -> House:
        file = tmp_path / "regels.toml"
        file.write_text(rules, encoding="utf-8")
        return open_house(
            database_url,
            tmp_path,
            device_rules=file,
            trusted_proxies=("127.0.0.1",),
            recovery_codes=True,
        )

    return opened


def rule(name: str, ask: str, *facts: str) -> str:
    return "\n".join(("[[rule]]", f'name = "{name}"', *facts, f'ask = "{ask}"', ""))


def told(house: House, person: Person) -> list[str]:
    """What `idp explain` says of the rules that applied to somebody."""
    with house.inside():
        rows = db.session.query(AuditEvent).filter_by(event="rule-applied", account_id=person.id)
        return [sentence(row) for row in rows.order_by(AuditEvent.id)]


def test_in_a_new_browser_outside_the_office_no_text_will_do(house_with: Opens) -> None:
    house = house_with(
        rule(
            "nieuw-buiten-kantoor",
            "no-messages",
            'browser = "unknown"',
            'outside = ["198.51.100.0/24"]',
        )
    )
    anna = add_person(house, totp=True, phone=PHONE)
    assert identify(house.browser(**OFFICE), anna).name == "choose-method"
    browser = house.browser(**ELSEWHERE)
    page = identify(browser, anna)
    assert page.address.endswith("/stap/totp")
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"
    assert told(house, anna) == [
        "De regel ‘nieuw-buiten-kantoor’ gold bij dit inloggen: de tweede stap kon niet met een sms of een telefoontje."
    ]
    browser.get("/uitloggen")
    browser.submit("uitloggen")
    assert identify(browser, anna).name == "choose-method"  # it is known by now


def test_who_has_a_key_uses_it_where_a_rule_says_so(house_with: Opens) -> None:
    house = house_with(rule("sleutel", "key", 'browser = "unknown"'))
    anna, _key = with_a_key(house)
    with house.inside():
        seeding.add_totp(account_of(anna), pyotp.random_base32(32))
    page = identify(house.browser(), anna)
    assert page.address.endswith("/stap/webauthn")
    assert "vragen wij een sterkere stap" in page.text("sterkere-stap")
    assert "passkey of beveiligingssleutel" in told(house, anna)[-1]


def test_who_has_nothing_stronger_is_not_locked_out_and_the_trail_says_so(
    house_with: Opens, time: Standing
) -> None:
    house = house_with(rule("sleutel", "key", 'browser = "unknown"'))
    anna = add_person(house, phone=PHONE)
    assert sign_in(house, house.browser(), anna).name == "portal"
    (said,) = told(house, anna)
    assert said.endswith("maar iets sterkers was er niet.")


def test_a_fresh_step_is_asked_beside_an_older_session(
    house_with: Opens, run: Run, time: Standing
) -> None:
    house = house_with(rule("in-de-avond", "fresh", 'hours = "18-7"'))
    provider = Provider.of(house, run)
    shop = provider.application(None, level=Level.LAAG)
    anna, browser = provider.person(totp=True), house.browser()
    sign_in(house, browser, anna)
    time.move(MINUTE)
    assert "code" in shop.visit(browser).query  # at ten in the morning the session will do
    time.move(timedelta(hours=10))
    other = house.browser()
    shop.visit(other)
    page = identify(other, anna, at=None)
    assert page.name == "second-factor"  # although a password is enough for the application
    assert "code" in shop.answer(second_step(house, other, anna, page))
    assert [each for each in told(house, anna) if "opnieuw" in each] != []


@ONE
def test_by_day_the_application_that_asks_little_asks_little(
    house_with: Opens, run: Run, time: Standing
) -> None:
    house = house_with(rule("in-de-avond", "fresh", 'hours = "18-7"'))
    provider = Provider.of(house, run)
    shop = provider.application(None, level=Level.LAAG)
    anna, browser = provider.person(totp=True), house.browser()
    shop.visit(browser)
    assert "code" in shop.answer(identify(browser, anna, at=None))
    assert told(house, anna) == []
    assert shop.visit(browser, acr_values=SUBSTANTIAL).name == "second-factor"


@ONE
def test_a_step_that_a_rule_holds_back_is_not_taken_by_typing_its_address(
    house_with: Opens,
) -> None:
    house = house_with(rule("geen-sms", "no-messages", 'browser = "unknown"'))
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    here = identify(browser, anna).address.rpartition("/")[0]
    assert browser.get(f"{here}/sms").address.endswith("/stap/totp")
    page = browser.send("POST", f"{here}/sms", csrf_token=browser.token(), actie="opnieuw")
    assert page.error == "out-of-turn"
    browser.get(here.removesuffix("/stap"))
    choice = here.removesuffix("stap") + "methode"
    page = browser.send("POST", choice, csrf_token=browser.token(), methode="sms")
    assert page.error == "out-of-turn"
    assert house.phone() == []


@ONE
def test_what_the_session_proved_by_a_step_that_is_held_back_does_not_count_either(
    house_with: Opens,
) -> None:
    house = house_with(rule("geen-sms", "no-messages", 'outside = ["198.51.100.0/24"]'))
    anna = add_person(house, totp=True, phone=PHONE)
    headers = {"X-Forwarded-For": "198.51.100.20"}
    browser = house.browser(headers=headers)
    identify(browser, anna)
    browser.submit("volgende", methode="sms")
    browser.submit("volgende")
    assert browser.submit("volgende", code=house.newest_code()).name == "portal"
    browser.get("/mijn/beveiliging")
    assert browser.submit("methode-toevoegen").name == "choose-methods"
    elsewhere = house.browser(headers={"X-Forwarded-For": "203.0.113.7"})
    for name in (BROWSER, SESSION):
        elsewhere.plant(name, browser.cookie(name) or "")
    elsewhere.get("/mijn/beveiliging")
    assert elsewhere.submit("methode-toevoegen").address.endswith("/stap/totp")


@ONE
def test_beside_a_rule_no_recovery_code_takes_the_place_of_the_step(house_with: Opens) -> None:
    house = house_with(rule("geen-sms", "no-messages", 'browser = "unknown"'))
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    sign_in(house, browser, anna)
    browser.get("/mijn/beveiliging/herstelcodes")
    browser.submit("herstelcodes-maken")
    page = identify(house.browser(), anna)
    assert page.name == "second-factor"
    assert page.find("herstelcode") is None


@ONE
def test_first_set_up_is_as_ever(house_with: Opens) -> None:
    house = house_with(rule("sleutel", "key", 'browser = "unknown"'))
    _anna, _key = with_a_key(house, "anna")
    ben = add_person(house, "ben", totp=True, code=True)
    page = identify(house.browser(), ben, at="/2fa")
    assert page.name == "activation-intro"
    assert told(house, ben) == []


@ONE
def test_two_rules_at_once_are_both_written_down_once(house_with: Opens) -> None:
    house = house_with(
        rule("geen-sms", "no-messages", 'browser = "unknown"')
        + rule("gemeenten", "fresh", 'relation_kinds = ["gemeente"]', 'levels = ["substantieel"]')
        + rule("anderen", "key", 'relation_kinds = ["zorgaanbieder"]')
    )
    anna = add_person(house, totp=True, phone=PHONE)
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", code="000000")
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"
    assert [said.split("’")[0].partition("‘")[2] for said in told(house, anna)] == [
        "geen-sms",
        "gemeenten",
    ]
