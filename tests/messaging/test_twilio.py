"""Twilio: what we send is what its documentation describes, and each of its answers is understood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock
from idp.messaging.gateways import twilio
from idp.messaging.gateways.carried import Gateway
from tests.messaging.counterparts import CALLER, LANDLINE, NO_NUMBER, Counterpart, sid
from tests.messaging.letters import CODE, MOBILE, SPOKEN, message, refusal_of
from tests.support.house import ISSUER, deployed


@pytest.fixture(autouse=True)
def _here(provider: Counterpart, tmp_path: Path, time: clock.Standing) -> Iterator[None]:
    with deployed(tmp_path, **provider.settings(tmp_path)):
        yield


def test_a_text_goes_out_once_and_asks_for_reports(provider: Counterpart) -> None:
    sent = message()
    assert twilio.Texts().send(sent) == sid("SM", 1)
    [asked] = provider.asked
    assert asked.form == {
        "To": MOBILE,
        "From": "Voorbeeld",
        "Body": sent.says.reveal(),
        "ValidityPeriod": "300",
        "StatusCallback": f"{ISSUER}/berichten/twilio/bericht",
    }


def test_a_messaging_service_takes_the_place_of_the_sender(
    provider: Counterpart, tmp_path: Path
) -> None:
    service = "MG" + "1d" * 16
    with deployed(tmp_path, **provider.settings(tmp_path) | {"twilio_sender": service}):
        twilio.Texts().send(message())
    assert provider.asked[0].form["MessagingServiceSid"] == service
    assert "From" not in provider.asked[0].form
    with deployed(tmp_path, **provider.settings(tmp_path) | {"twilio_sender": "MG Voorbeeld"[:11]}):
        twilio.Texts().send(message())
    assert provider.asked[1].form["From"] == "MG Voorbeel"


def test_a_text_is_worth_sending_only_as_long_as_its_code_works(
    provider: Counterpart, time: clock.Standing
) -> None:
    sent = message()
    time.move(timedelta(minutes=4))
    twilio.Texts().send(sent)
    assert provider.asked[0].form["ValidityPeriod"] == "60"


def test_a_call_carries_no_word_of_what_will_be_said(provider: Counterpart) -> None:
    sent = message("voice", LANDLINE)
    assert twilio.Calls().send(sent) == sid("CA", 1)
    [asked] = provider.asked
    assert asked.form["Url"] == f"{ISSUER}/berichten/twilio/opgenomen/{sent.id}"
    assert (asked.form["To"], asked.form["From"]) == (LANDLINE, CALLER)
    assert asked.form["TimeLimit"] == "60"
    assert CODE not in asked.body.decode()
    assert SPOKEN not in asked.form.values()


def test_a_number_that_is_none_is_told_apart() -> None:
    for channel in ("sms", "voice"):
        assert refusal_of(_of(channel), message(channel, NO_NUMBER)).refused_number


def test_a_landline_cannot_be_texted() -> None:
    refused = refusal_of(twilio.Texts(), message(to=LANDLINE))
    assert refused.refused_number
    assert "(21614)" in str(refused)


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_a_token_that_twilio_does_not_know_is_told_as_that(
    provider: Counterpart, tmp_path: Path, channel: str
) -> None:
    given = provider.settings(tmp_path)
    (tmp_path / "twilio").write_text("99" * 16)
    with deployed(tmp_path, **given):
        refused = refusal_of(_of(channel), message(channel))
    assert "the account or the token" in str(refused)
    assert not refused.refused_number


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b'{"code": 20429, "message": "Too Many Requests", "status": 429}'),
        (429, b""),
        (500, b'{"code": 20500, "message": "Internal Server Error", "status": 500}'),
        (503, b"<html>down</html>"),
        (200, b'{"sid": "SM1"}'),
        (201, b""),
        (201, b"[]"),
        (201, b"[" * 60_000),
        (201, b'{"sid": 5}'),
        (307, b""),
    ],
)
def test_what_is_no_yes_is_a_no(
    provider: Counterpart, channel: str, status: int, body: bytes
) -> None:
    provider.instead = (status, body)
    assert not refusal_of(_of(channel), message(channel)).refused_number
    assert len(provider.asked) == 1  # asked once, never again


def _of(channel: str) -> Gateway:
    return twilio.Texts() if channel == "sms" else twilio.Calls()
