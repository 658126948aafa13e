"""Texts and calls do not become a bill: per number, place, range and day, and no range that only costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock
from idp.clock import Standing
from idp.database import db
from idp.messaging import guard
from idp.messaging.addresses import PhoneNumber, UnusableNumber, mobile_number
from idp.messaging.guard import Because, Held
from idp.models import AuditEvent, Credential
from idp.settings import SettingsError, load
from tests.support.journeys import PHONE, House, add_person, identify, sign_in

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)
NUMBER = PhoneNumber("+31612345678")


def because(place: str = "203.0.113.7", *, known: bool = False) -> Because:
    return Because(account_id="a" * 32, reference="7F3K-2QXM", origin=place, known_browser=known)


def ask(
    house: House,
    to: PhoneNumber = NUMBER,
    of: Because | None = None,
    channel: str = "sms",
    *,
    back: bool = False,
) -> Held | None:
    """One message is asked, and its code comes back or not."""
    with house.inside():
        held = guard.before_sending(to, channel, of or because(known=True))
        if held is None and back:
            guard.completed(to)
        return held


def elsewhere(number: int) -> PhoneNumber:
    """A number in a range of its own."""
    return PhoneNumber(f"+3161{number:04}0000")


def events(house: House) -> list[str]:
    with house.inside():
        return [row.event for row in db.session.query(AuditEvent).order_by(AuditEvent.id)]


@pytest.fixture
def limited(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def change(**settings: object) -> None:
        changed = house.app.config["IDP"].model_copy(update=settings)
        monkeypatch.setitem(house.app.config, "IDP", changed)

    return change


def test_one_number_gets_five_in_an_hour_whoever_asks_and_by_which_way(
    house: House, time: Standing
) -> None:
    got = [
        ask(house, of=because(f"203.0.113.{number}"), channel=("sms", "voice")[number % 2])
        for number in range(6)
    ]
    assert got == [None] * 5 + [Held("sends-number", clock.now() + HOUR)]
    time.move(HOUR)
    assert [ask(house) for _ in range(5)] == [None] * 5
    time.move(HOUR)
    held = ask(house)
    assert held is not None, "ten in a day"
    assert (held.why, held.until) == ("sends-number", clock.now() + timedelta(hours=22))


@ONE
@pytest.mark.parametrize(("accounts", "times"), [(1, 5), (2, 10), (4, 20), (7, 20)])
def test_a_shared_number_gets_as_many_as_the_accounts_that_enrolled_with_it(
    house: House, accounts: int, times: int
) -> None:
    for number in range(accounts):
        add_person(house, f"p{number}", phone=PHONE)
    with house.inside():
        for row in db.session.query(Credential):
            row.number_digest = guard.number_digest(NUMBER)
    sent = [ask(house) for _ in range(30)].count(None)
    assert sent == times  # the range stops at twenty, however many share the number


def test_one_place_asks_ten_in_an_hour_unless_its_browsers_are_known(house: House) -> None:
    held = [ask(house, elsewhere(number), because()) for number in range(11)]
    assert [one.why if one else None for one in held] == [None] * 10 + ["sends-origin"]
    assert ask(house, elsewhere(20), because("203.0.113.8")) is None
    assert all(ask(house, elsewhere(30 + each), because(known=True)) is None for each in range(15))


@ONE
def test_numbers_next_to_one_another_get_twenty_in_an_hour(house: House) -> None:
    row = [PhoneNumber(f"+3161234{number:04}") for number in range(21)]
    places = [because(f"203.0.113.{number}") for number in range(21)]
    held = [ask(house, each, of, back=True) for each, of in zip(row, places, strict=True)]
    assert [one.why if one else None for one in held] == [None] * 20 + ["sends-range"]


@ONE
def test_the_telephones_of_a_town_hall_are_no_attack(house: House) -> None:
    """They lie next to one another; their owners sign in in browsers that are known."""
    row = [PhoneNumber(f"+3188711{number:04}") for number in range(60)]
    assert [ask(house, each, back=True) for each in row] == [None] * 60


def test_who_sets_up_numbers_of_others_takes_nothing_from_them(house: House) -> None:
    stranger = replace(because(known=True), own=False)
    tried = [ask(house, of=stranger) for _ in range(6)]
    assert [one.why if one else None for one in tried] == [None] * 5 + ["sends-number"]
    assert [ask(house) for _ in range(5)] == [None] * 5, "its owner signs in"


@ONE
def test_texts_to_strangers_pause_the_setting_up_of_their_range_and_nobodys_sign_in(
    house: House, time: Standing
) -> None:
    stranger, held = replace(because(known=True), own=False), None
    for number in range(guard.LOOKED_AT_FROM + 1):
        held = ask(house, PhoneNumber(f"+3161234{number:04}"), stranger)
        time.move(timedelta(minutes=10))
    assert held is not None
    assert held.why == "sends-paused"
    assert ask(house, PhoneNumber("+31612349999")) is None


@ONE
def test_a_pause_ends_and_the_range_is_then_looked_at_anew(house: House, time: Standing) -> None:
    time.move(timedelta(hours=-8))  # the night of the same day
    for number in range(guard.LOOKED_AT_FROM + 1):
        ask(house, PhoneNumber(f"+3161234{number:04}"))
    assert events(house) == ["range-paused"]
    time.move(guard.PAUSE)
    assert [ask(house, PhoneNumber(f"+3161235{n:04}"), back=True) for n in range(3)] == [None] * 3
    assert [ask(house, PhoneNumber(f"+3161234{n:04}"), back=True) for n in range(3)] == [None] * 3


def test_a_range_whose_codes_do_not_come_back_is_paused_and_told(
    house: House, time: Standing
) -> None:
    for number in range(
        guard.LOOKED_AT_FROM
    ):  # in two hours, so that the hour's budget is no matter
        assert ask(house, PhoneNumber(f"+3161234{number:04}"), back=number % 3 == 0) is None
        if number == 9:
            time.move(HOUR)
    held = ask(house, PhoneNumber("+31612349999"))
    assert held == Held("sends-paused", clock.now() + guard.PAUSE)
    assert events(house) == ["range-paused"]
    assert ask(house, elsewhere(1)) is None, "another range"
    time.move(guard.PAUSE - timedelta(seconds=1))
    assert ask(house, PhoneNumber("+31612349998")) is not None
    time.move(timedelta(days=1))
    assert ask(house, PhoneNumber("+31612349998")) is None


@ONE
def test_a_range_that_people_use_is_not_paused(house: House, time: Standing) -> None:
    for number in range(60):
        assert ask(house, PhoneNumber(f"+3161234{number:04}"), back=number % 10 < 6) is None
        time.move(timedelta(minutes=4))
    assert events(house) == []


def test_the_day_has_a_budget_with_an_alarm_before_its_end(
    house: House, time: Standing, limited: Callable[..., None]
) -> None:
    limited(messages_per_day=10)
    sent = []
    for number in range(12):
        sent.append(ask(house, elsewhere(number)) is None)
        expected = (number >= 7) + (number >= 10)
        assert events(house) == ["message-budget-low", "message-budget-spent"][:expected]
    assert sent == [True] * 10 + [False] * 2
    time.move(timedelta(days=1))
    assert ask(house, elsewhere(50)) is None


@ONE
def test_the_budget_may_be_in_money(house: House, limited: Callable[..., None]) -> None:
    limited(message_cents_per_day=100, sms_cents=8, voice_cents=20)
    held = [ask(house, elsewhere(each), channel="voice") for each in range(4)]
    held += [ask(house, elsewhere(10 + each)) for each in range(3)]
    assert [one.why if one else None for one in held] == [None] * 6 + ["sends-budget"]
    assert events(house) == ["message-budget-low", "message-budget-spent"]


@ONE
def test_other_countries_only_by_the_operators_list(house: House) -> None:
    french = "+33 6 12 34 56 78"
    with pytest.raises(UnusableNumber):
        mobile_number(french)
    assert mobile_number(french, ("NL", "FR")).e164 == "+33612345678"
    with pytest.raises(UnusableNumber):
        mobile_number("+32 470 12 34 56", ("NL",))
    for never in ("+31 97 012345678", "+870 773 123 456", "084 123 4567"):
        with pytest.raises(UnusableNumber):
            mobile_number(never, ("NL", "BE", "DE", "FR"))


@ONE
def test_what_the_guard_holds_is_a_page_with_another_way(
    house: House, limited: Callable[..., None]
) -> None:
    limited(messages_per_day=1)
    assert ask(house, elsewhere(1)) is None
    alone, both = add_person(house, phone=PHONE), add_person(house, "b", phone=PHONE, totp=True)
    browser = house.browser()
    identify(browser, alone)
    page = browser.submit("volgende")
    assert (page.error, page.status) == ("sends-spent", 429)
    assert house.phone() == []
    other = house.browser()
    identify(other, both)
    other.submit("volgende", methode="sms")
    assert other.submit("volgende").error == "sends-spent"
    assert other.go_on().name == "choose-method"
    with house.inside():
        [first, _] = db.session.query(AuditEvent).filter_by(event="passcode-not-sent")
        assert first.reason == "sends-budget"


@ONE
def test_a_town_hall_in_known_browsers_is_not_one_place_too_many(
    house: House, time: Standing
) -> None:
    people = [
        add_person(house, f"p{number}", phone=f"06 1{number:02}45678") for number in range(14)
    ]
    desks = [house.browser() for _ in people]
    for person, desk in zip(people, desks, strict=True):
        assert sign_in(house, desk, person).name == "portal"
        desk.forget("__Host-idp_session")
        time.move(timedelta(minutes=10))
    time.move(HOUR)
    for person, desk in zip(people, desks, strict=True):
        assert sign_in(house, desk, person).name == "portal"


def test_only_the_demo_may_do_without_these_limits(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("5f" * 32)
    environment = {
        "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
        "IDP_ALLOW_FILE_KEYS": "1",
        "IDP_SECRET_FILE": str(tmp_path / "secret"),
    }
    assert load(environment).message_limits
    with pytest.raises(SettingsError, match="IDP_MESSAGE_LIMITS"):
        load(environment | {"IDP_MESSAGE_LIMITS": "0"})
