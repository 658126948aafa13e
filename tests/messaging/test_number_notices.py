"""Who changes the number is told at the old one too: by one text, without a link and without a code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idp import clock
from idp.accounts import credentials
from idp.cli.deliver import sender_of
from idp.clock import Standing
from idp.database import db
from idp.deliveries import queue
from idp.messaging import guard, number_notices
from idp.messaging.texts import GSM, LONGEST, number_changed_text
from idp.models import Account, AuditEvent, Delivery
from tests.support.house import NOW
from tests.support.journeys import (
    LANDLINE,
    PHONE,
    House,
    Person,
    account_of,
    add_person,
    open_house,
    set_up_sms,
    sign_in,
)

OTHER = "06 87654321"
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def time() -> Any:
    """The time of the house; it stands still."""
    with clock.standing_at(NOW) as standing:
        yield standing


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path) -> House:
    """A house with a telephone."""
    return open_house(database_url, tmp_path, message_limits=True)


def notices(house: House) -> list[dict[str, str]]:
    """The texts without a code, when everything that is due went out."""
    sender_of(house.app).deliver_due()
    return [each for each in house.phone() if not each["code"]]


def replace(house: House, person: Person, kind: str, number: str) -> None:
    """Another number in the place of the one of this kind, as when its code was typed."""
    with house.inside():
        credentials.confirm(
            credentials.begin(person.id, kind, "a-login", number), replaces_kind=True
        )


def events(house: House, person: Person) -> list[str]:
    with house.inside():
        rows = db.session.query(AuditEvent).filter_by(account_id=person.id)
        return [row.event for row in rows]


def test_the_old_number_gets_one_text_and_the_new_one_none(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    sign_in(house, browser, anna)
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    browser.submit("volgende", methode="sms")
    assert set_up_sms(house, browser, OTHER).name == "enrolment-done"
    (told,) = notices(house)
    assert told["to"] == "+31612345678"
    assert "ander telefoonnummer" in told["text"]
    assert "088 - 711 4888" in told["text"]
    assert "http" not in told["text"]
    assert len(notices(house)) == 1  # and no second one
    assert "number-notice-sent" in events(house, anna)
    with house.inside():
        for row in db.session.query(Delivery):
            assert "612345678" not in str(row.facts)


@ONE
def test_a_number_that_stays_the_same_a_first_one_and_a_landline_are_not_texted(
    house: House,
) -> None:
    anna = add_person(house, phone=PHONE, landline=LANDLINE)
    replace(house, anna, "sms", "+31612345678")
    replace(house, anna, "voice", "+31612345679")
    replace(house, add_person(house, "ben", totp=True), "sms", "+31612345670")
    assert notices(house) == []
    replace(house, anna, "voice", LANDLINE.replace(" ", "").replace("0", "+31", 1))
    assert [each["to"] for each in notices(house)] == ["+31612345679"]


@ONE
def test_it_is_in_the_language_of_the_person(house: House) -> None:
    anna = add_person(house, phone=PHONE)
    with house.inside():
        account_of(anna).language = "en"
    replace(house, anna, "sms", "+31687654321")
    (told,) = notices(house)
    assert "Was this not you? Call 088 - 711 4888" in told["text"]


@ONE
def test_a_number_gets_three_of_them_a_day_and_a_range_is_never_paused_by_them(
    house: House,
) -> None:
    for number in range(25):
        anna = add_person(house, f"anna{number}", phone=f"06 1234{number:04}")
        replace(house, anna, "sms", "+31687654321")
    assert len(notices(house)) == 25
    for number in range(4):
        ben = add_person(house, f"ben{number}", phone=PHONE)
        replace(house, ben, "sms", "+31687654321")
        assert (len(notices(house)) == 26 + number) is (number < guard.NOTICES.times)
    assert "number-notice-not-sent" in events(house, ben)
    with house.inside():
        assert db.session.query(AuditEvent).filter_by(event="range-paused").count() == 0


@ONE
def test_the_day_s_budget_holds_it_too(time: Standing, database_url: str, tmp_path: Path) -> None:
    house = open_house(database_url, tmp_path, message_limits=True, messages_per_day=1)
    anna, ben = add_person(house, phone=PHONE), add_person(house, "ben", phone="06 12345670")
    for person in (anna, ben):
        replace(house, person, "sms", "+31687654321")
    assert len(notices(house)) == 1


@ONE
def test_who_was_killed_in_the_middle_is_not_followed_by_a_second_text(
    house: House, time: Standing
) -> None:
    anna = add_person(house, phone=PHONE)
    replace(house, anna, "sms", "+31687654321")
    with house.app.app_context():
        assert queue.claim([number_notices.NAME], []) is not None  # and then nothing more is heard
    time.move(queue.LEASE * 2)
    assert notices(house) == []
    assert "number-notice-not-sent" in events(house, anna)


@pytest.mark.parametrize("language", ["nl", "en", "fr"])
def test_it_fits_in_one_text_of_every_phone(language: str) -> None:
    said = number_changed_text(
        "Mijn Zakelijk Portaal — Gemeente ’s-Hertogenbosch", "088 – 711 4888", language
    )
    assert len(said.reveal()) <= LONGEST
    assert set(said.reveal()) <= GSM


@ONE
def test_without_texts_there_is_nothing_to_send(
    time: Standing, database_url: str, tmp_path: Path
) -> None:
    house = open_house(database_url, tmp_path, sms_gateway=())
    anna = add_person(house, totp=True)
    with house.inside():
        credentials.confirm(
            credentials.begin(anna.id, "voice", "a-login", "+31612345678"), replaces_kind=True
        )
    replace(house, anna, "voice", "+31687654321")
    with house.inside():
        assert db.session.query(Account).count() == 1
        assert db.session.query(Delivery).filter_by(kind=number_notices.NAME).count() == 0
