"""Texts and calls when something of our own goes wrong half-way: none is sent twice, lost, or left to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from time import sleep

import pytest
from sqlalchemy import text, update

from idp import clock
from idp.cli.deliver import sender_of
from idp.database import db
from idp.deliveries import Due, Kind, Sender, queue
from idp.messaging import gateways, outgoing
from idp.messaging.gateways import Message, NotSent
from idp.messaging.outgoing import State
from idp.models import AuditEvent, OutgoingMessage
from tests.messaging.test_queue import Listed, put, quiet, row
from tests.support.house import House
from tests.support.journeys import PHONE, add_person, identify

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Settings = Callable[[Sequence[Listed]], None]


class Dies(Listed):
    """While it is asked, our process ends."""

    def send(self, message: Message) -> str | None:
        super().send(message)
        raise SystemExit


class Broken(Listed):
    """A gateway with a fault of ours in it."""

    def send(self, message: Message) -> str | None:
        super().send(message)
        raise ZeroDivisionError("division of 012345 by nothing")


class Asks(Listed):
    """A provider that fetches the words when somebody picks up."""

    fetches = True


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The operator chooses these gateways, for everything."""
    return lambda chain: monkeypatch.setattr(gateways, "for_channel", lambda _channel: chain)


def hand_over(house: House, message_id: str) -> None:
    with house.app.app_context():
        outgoing.hand_over(message_id)


@pytest.mark.parametrize("names", [("first", "third"), ("third", "first"), ("third",)])
def test_who_was_asked_before_a_crash_is_not_asked_again_whatever_the_settings_became(
    house: House, chosen: Settings, names: tuple[str, ...]
) -> None:
    first, third = Listed("first", NotSent("no")), Listed("third")
    chosen([first, Dies("second")])
    [message_id] = put(quiet(house))
    with pytest.raises(SystemExit):
        hand_over(house, message_id)
    known = {"first": first, "third": third}
    chosen([known[name] for name in names])
    hand_over(house, message_id)
    assert (len(first.sent), len(third.sent)) == (1, 1)
    assert (row(house, message_id).state, row(house, message_id).gateway) == (
        State.HANDED,
        "third",
    )


def test_who_was_overtaken_asks_nobody_any_more(house: House, chosen: Settings) -> None:
    """A process that slept longer than its claim, and wakes up when another has gone on."""
    [message_id] = put(quiet(house))
    second = Listed("second", NotSent("no"))

    class Sleeps(Listed):
        def send(self, message: Message) -> str | None:
            with house.inside():  # meanwhile, elsewhere
                change = update(OutgoingMessage).where(OutgoingMessage.id == message.id)
                db.session.execute(change.values(asked="first,other,", gateway="other"))
            raise NotSent("no answer in time")

    chosen([Sleeps("first"), second])
    hand_over(house, message_id)
    assert (second.sent, row(house, message_id).state) == ([], State.CALLING)


@SQLITE
def test_a_fault_of_ours_in_one_gateway_leaves_the_message_to_the_next(
    house: House, chosen: Settings
) -> None:
    broken, second = Broken("first"), Listed("second")
    chosen([broken, second])
    [message_id] = put(quiet(house))
    hand_over(house, message_id)
    assert (len(broken.sent), len(second.sent)) == (1, 1)
    assert row(house, message_id).state == State.HANDED


@SQLITE
def test_a_fault_of_ours_in_the_only_gateway_is_told_to_the_person(
    house: House, chosen: Settings
) -> None:
    chosen([Broken("first")])
    browser = house.browser()
    identify(browser, add_person(house, phone=PHONE))
    page = browser.submit("volgende")
    assert (page.error, page.status) == ("not-sent", 200)
    with house.inside():
        message = db.session.query(OutgoingMessage).one()
        assert (message.state, message.content_sealed) == (State.FAILED, None)
        told = db.session.query(AuditEvent).filter_by(event="passcode-not-sent").one()
        assert told.reason == "a fault of our own (ZeroDivisionError); the log tells more"


def test_a_database_that_is_away_for_a_moment_loses_no_message(
    house: House, chosen: Settings, time: clock.Standing
) -> None:
    only = Listed("only")
    chosen([only])
    [message_id] = put(quiet(house))
    rename(house, "outgoing_message", "elsewhere")
    assert sender_of(house.app).deliver_due() == 1
    rename(house, "elsewhere", "outgoing_message")
    assert (only.sent, row(house, message_id).state) == ([], State.WAITING)
    time.move(timedelta(seconds=2))
    assert sender_of(house.app).deliver_due() == 1
    assert (len(only.sent), row(house, message_id).state) == (1, State.HANDED)


def rename(house: House, old: str, new: str) -> None:
    with house.inside():
        db.session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


@SQLITE
def test_the_words_of_a_call_that_nobody_asked_for_go_with_its_code(
    house: House, chosen: Settings, time: clock.Standing
) -> None:
    chosen([Asks("only")])
    [message_id] = put(quiet(house), channel="voice")
    sender_of(house.app).deliver_due()
    kept = row(house, message_id)
    assert kept.state == State.HANDED
    assert kept.content_sealed is not None
    assert sender_of(house.app).deliver_due() == 0
    time.move(timedelta(minutes=5))
    assert sender_of(house.app).deliver_due() == 1
    assert (row(house, message_id).state, row(house, message_id).content_sealed) == (
        State.HANDED,
        None,
    )
    assert sender_of(house.app).deliver_due() == 0


@SQLITE
def test_what_waits_in_a_lane_that_becomes_free_while_we_look_is_delivered_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`idp deliver` ends when nothing is due any more, not when nothing happens to be under way."""
    sent: list[Due] = []
    claim = queue.claim
    with quiet(house).inside():
        for each in ("first", "second"):
            queue.put("told", lane="one", facts={"says": each}, why="a test")

    def slow_to_see_nothing(kinds: list[str], busy: list[str], full: list[str]) -> Due | None:
        due = claim(kinds, busy, full)
        if due is None:
            while sender._under_way():
                sleep(0.001)
        return due

    kind = Kind(send=sent.append, pauses=(), delivered=None, given_up=None)
    sender = Sender(house.app, {"told": kind})
    monkeypatch.setattr(queue, "claim", slow_to_see_nothing)
    assert sender.deliver_due() == 2
    assert [due.facts["says"] for due in sent] == ["first", "second"]
