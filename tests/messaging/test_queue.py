"""Texts and calls go by the queue: nobody waits for a gateway, none is asked twice, nothing goes out too late."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from idp import clock
from idp.cli.deliver import sender_of
from idp.database import db
from idp.deliveries.queue import LEASE, SENDER
from idp.messaging import gateways, outgoing, sending
from idp.messaging.addresses import PhoneNumber
from idp.messaging.gateways import Message, NotSent
from idp.messaging.outgoing import State
from idp.models import AuditEvent, Delivery, OutgoingMessage, Passcode
from idp.secret_values import Secret, new_id
from tests.cli.processes import running
from tests.messaging.any_provider import PATIENCE, AnyProvider, any_provider
from tests.messaging.scene import ask_for_a_code, newest, state
from tests.support.house import ISSUER, House, open_house
from tests.support.journeys import LANDLINE, PHONE, add_person, identify

#: How many messages the workers share; the whole number was run by hand, and can be again.
MESSAGES = int(os.environ.get("MESSAGES", "120"))
WORKERS = 4
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Listed:
    """A gateway that only remembers."""

    fetches = False

    def __init__(self, name: str, refusal: NotSent | None = None) -> None:
        self.name, self.refusal, self.sent = name, refusal, list[Message]()

    def send(self, message: Message) -> str | None:
        self.sent.append(message)
        if self.refusal is not None:
            raise self.refusal
        return f"{self.name}-{len(self.sent)}"


@pytest.fixture
def provider() -> Iterator[AnyProvider]:
    with any_provider() as here:
        yield here


def quiet(house: House) -> House:
    """The same house, in which nothing is sent until a test says so."""
    house.app.extensions.pop(SENDER, None)
    return house


def put(house: House, number: int = 1, channel: str = "sms") -> list[str]:
    """So many messages in the queue, each with a passcode that works."""
    ids = [new_id() for _ in range(number)]
    with house.inside():
        now = clock.now()
        for each in ids:
            db.session.add(
                Passcode(
                    id=each,
                    login_id="een-login",
                    purpose="step:x",
                    digest="x",
                    sent_at=now,
                    expires_at=now + timedelta(minutes=5),
                    tries_left=3,
                )
            )
            message = Message(
                id=each,
                channel=channel,
                to=PhoneNumber("+31612345678"),
                says=Secret("012345 is uw code."),
                code=Secret("012345"),
                language="nl",
                expires_at=now + timedelta(minutes=5),
            )
            sending.put(message, passcode_id=each, account_id="een-account", reference="7F3K-2QXM")
    return ids


def row(house: House, message_id: str) -> OutgoingMessage:
    with house.inside():
        found = db.session.get_one(OutgoingMessage, message_id)
        db.session.expunge(found)
        return found


def deployed_with(provider: AnyProvider, folder: Path, database_url: str, **more: Any) -> House:
    given = {"http_gateway_file": provider.described(folder), "sms_gateway": ["http"], **more}
    return quiet(open_house(database_url, folder, **given))


def environment(house: House) -> dict[str, str]:
    here = house.app.config["IDP"]
    here.secret_file.chmod(0o600)
    return {
        "IDP_ISSUER": ISSUER,
        "IDP_DATABASE_URL": here.database_url,
        "IDP_KEYS": here.keys,
        "IDP_SECRET_FILE": str(here.secret_file),
        "IDP_HTTP_GATEWAY_FILE": str(here.http_gateway_file),
        "IDP_SMS_GATEWAY": "http",
        "IDP_DEMO": "1",
    }


@SQLITE
def test_the_page_comes_before_the_gateway_was_asked_and_tells_how_far_it_is(
    provider: AnyProvider, database_url: str, tmp_path: Path
) -> None:
    house = deployed_with(provider, tmp_path, database_url)
    provider.opened.clear()
    browser, page = ask_for_a_code(house)
    assert (page.name, page.error, provider.came) == ("second-factor", None, [])
    assert "wordt verstuurd" in page.document.text
    with ThreadPoolExecutor(1) as thread:
        sent = thread.submit(sender_of(house.app).deliver_due)
        assert provider.arrived.acquire(timeout=PATIENCE)
        assert "wordt verstuurd" in browser.get(browser.page.address).document.text
        provider.opened.set()
        assert sent.result(PATIENCE) == 1
    assert "een sms gestuurd" in browser.get(browser.page.address).document.text
    with house.inside():
        outgoing.reported("http", "17", outgoing.Reported.DELIVERED, None)
    assert "De sms is afgeleverd" in browser.get(browser.page.address).document.text


@SQLITE
def test_who_got_nothing_is_not_made_to_wait_and_has_lost_no_message(
    provider: AnyProvider, database_url: str, tmp_path: Path
) -> None:
    house = deployed_with(provider, tmp_path, database_url)
    provider.answer = (503, b"")
    browser, _page = ask_for_a_code(house)
    for _ in range(3):  # as many as one sign-in may have
        sender_of(house.app).deliver_due()
        failed = browser.get(browser.page.address)
        assert (failed.error, failed.status) == ("not-sent", 200)
        assert browser.submit("opnieuw").error is None
    provider.answer = (200, b'{"status": "queued"}')
    sender_of(house.app).deliver_due()
    page = browser.get(browser.page.address)
    assert (page.error, "een sms gestuurd" in page.document.text) == (None, True)


@SQLITE
def test_what_is_too_late_never_goes_out(
    provider: AnyProvider, database_url: str, tmp_path: Path
) -> None:
    house = deployed_with(provider, tmp_path, database_url)
    late, voided, good = put(house, 3)
    with house.inside():
        for which, values in (
            (late, {"expires_at": clock.now() - timedelta(seconds=1)}),
            (voided, {"claimed_at": clock.now()}),
        ):
            db.session.execute(update(Passcode).where(Passcode.id == which).values(**values))
    sender_of(house.app).deliver_due()
    assert [body["content"]["ref"] for body in provider.bodies()] == [good]  # type: ignore[index]
    for which in (late, voided):
        assert (row(house, which).state, row(house, which).content_sealed) == (State.FAILED, None)


@SQLITE
def test_a_slow_gateway_for_calls_holds_up_no_text(
    house_of_two: tuple[House, AnyProvider],
) -> None:
    house, provider = house_of_two
    provider.opened.clear()
    put(house, 12, "voice")
    sender = sender_of(house.app)
    sender.start()
    try:
        assert provider.arrived.acquire(timeout=PATIENCE)
        anna = add_person(house, phone=PHONE)
        browser = house.browser()
        identify(browser, anna)
        browser.submit("volgende")
        for _ in range(400):
            if house.phone():
                break
            provider.opened.wait(0.02)
        assert [each["channel"] for each in house.phone()] == ["sms"]
    finally:
        provider.opened.set()
        sender.stop()


@pytest.fixture
def house_of_two(
    provider: AnyProvider, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[House, AnyProvider]:
    """Texts to the demo phone, calls to a provider that takes its time."""
    file = provider.described(
        tmp_path,
        f'[voice]\naddress = "{provider.address}"\n[voice.body]\nto = "{{to}}"\n',
        'a = "{before_key}"\nb = "{after_key}"',
    )
    house = quiet(open_house(database_url, tmp_path, http_gateway_file=file))
    slow, fast = Slow(provider), gateways.for_channel
    monkeypatch.setattr(
        gateways, "for_channel", lambda channel: (slow,) if channel == "voice" else fast(channel)
    )
    return house, provider


class Slow(Listed):
    """Takes no call before it is let."""

    def __init__(self, provider: AnyProvider) -> None:
        super().__init__("slow")
        self.provider = provider

    def send(self, message: Message) -> str | None:
        self.provider.arrived.release()
        self.provider.opened.wait(PATIENCE)
        return super().send(message)


def test_a_process_that_is_killed_half_way_is_followed_and_its_gateway_not_asked_again(
    provider: AnyProvider, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = deployed_with(provider, tmp_path, database_url)
    [message_id] = put(house)
    provider.opened.clear()
    with running("deliver", folder=tmp_path, environment=environment(house)) as killed:
        assert provider.arrived.acquire(timeout=PATIENCE)
        assert killed.ends(signal.SIGKILL) == -signal.SIGKILL
    assert row(house, message_id).state == State.CALLING
    known, second = Listed("http"), Listed("second")
    monkeypatch.setattr(gateways, "for_channel", lambda _channel: (known, second))
    with clock.standing_at(datetime.now(UTC) + LEASE):
        assert sender_of(house.app).deliver_due() == 1
    assert (known.sent, [each.id for each in second.sent]) == ([], [message_id])
    assert row(house, message_id).state == State.HANDED


def test_of_two_that_hand_over_the_same_message_each_gateway_hears_of_it_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: Counter[str] = Counter()

    class Twice(Listed):
        """While it is asked, somebody else takes the same message to hand."""

        def send(self, message: Message) -> str | None:
            asked[self.name] += 1
            with house.app.app_context():
                outgoing.hand_over(message.id)
            raise NotSent("no")

    chain = (Twice("first"), Listed("second"), Listed("third"))
    monkeypatch.setattr(gateways, "for_channel", lambda _channel: chain)
    [message_id] = put(quiet(house))
    with house.app.app_context():
        outgoing.hand_over(message_id)
    assert (asked["first"], len(chain[1].sent), len(chain[2].sent)) == (1, 1, 0)
    assert row(house, message_id).gateway == "second"


def test_several_workers_send_each_message_exactly_once(
    provider: AnyProvider, database_url: str, tmp_path: Path
) -> None:
    house = deployed_with(provider, tmp_path, database_url)
    put(house, MESSAGES)
    with ExitStack() as workers:
        for number in range(WORKERS):
            folder = tmp_path / str(number)
            folder.mkdir()
            worker = running("deliver", folder=folder, environment=environment(house))
            running_now = workers.enter_context(worker)
            workers.callback(lambda one=running_now: one.process.wait(PATIENCE * 10))
    times = Counter(body["content"]["ref"] for body in provider.bodies())  # type: ignore[index]
    assert (len(times), set(times.values())) == (MESSAGES, {1})
    with house.inside():
        assert set(db.session.scalars(select(OutgoingMessage.state))) == {State.HANDED}
        assert set(db.session.scalars(select(OutgoingMessage.content_sealed))) == {None}
        assert set(db.session.scalars(select(Delivery.result))) == {"delivered"}
        handed = select(AuditEvent).where(AuditEvent.event == "passcode-handed-over")
        assert len(list(db.session.scalars(handed))) == MESSAGES


@SQLITE
def test_a_call_goes_the_same_way(provider: AnyProvider, database_url: str, tmp_path: Path) -> None:
    file = provider.described(
        tmp_path,
        f'[voice]\naddress = "{provider.address}"\n[voice.body]\nto = "{{to}}"\n',
        'a = "{before_key}"\nb = "{after_key}"',
    )
    house = open_house(database_url, tmp_path, http_gateway_file=file, voice_gateway=["http"])
    _browser, page = ask_for_a_code(house, call=True)
    assert (page.error, state(house), newest(house).channel) == (None, State.HANDED, "voice")
    assert provider.bodies()[0]["to"] == "+31" + LANDLINE.replace(" ", "")[1:]
