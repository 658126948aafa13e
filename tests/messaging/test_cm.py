"""CM.com: what we send is what its documentation describes, and each of its answers is understood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock
from idp.messaging import texts
from idp.messaging.gateways import cm
from idp.messaging.gateways.carried import Gateway
from tests.messaging.counterparts import CALLER, NO_NUMBER, Counterpart
from tests.messaging.letters import CODE, SPOKEN, message, refusal_of
from tests.support.house import deployed


@pytest.fixture(autouse=True)
def _here(provider: Counterpart, tmp_path: Path, time: clock.Standing) -> Iterator[None]:
    given = provider.settings(tmp_path)
    with deployed(tmp_path, **given):
        yield


def test_a_text_goes_out_under_our_own_reference(provider: Counterpart) -> None:
    sent = message()
    assert cm.Texts().send(sent) == sent.id
    [asked] = provider.asked
    [said] = asked.json["messages"]["msg"]
    assert said["reference"] == sent.id
    assert said["to"] == [{"number": "0031612345678"}]
    assert said["body"]["content"] == sent.says.reveal()
    assert said["validity"] == "5m"


def test_a_text_is_worth_delivering_only_as_long_as_its_code_works(
    provider: Counterpart, time: clock.Standing
) -> None:
    sent = message()
    time.move(timedelta(minutes=3, seconds=30))
    cm.Texts().send(sent)
    assert provider.asked[0].json["messages"]["msg"][0]["validity"] == "2m"


def test_a_call_says_the_code_only_to_who_pressed_the_key(provider: Counterpart) -> None:
    sent = message("voice", "+31201234567")
    assert cm.Calls().send(sent) == "0a" * 16
    said = provider.asked[0].json
    assert isinstance(sent.says, texts.CallScript)
    assert said["valid-prompt"] == sent.says.after_key.reveal()
    assert said["valid-prompt"].count(SPOKEN) == 2
    assert said["regex"] == "^1$"
    assert "Toets 1" in said["prompt"]
    for heard_by_a_voicemail in (said["prompt"], said["invalid-prompt"]):
        assert SPOKEN not in heard_by_a_voicemail
    assert (said["callee"], said["caller"]) == ("+31201234567", CALLER)
    assert said["voice"]["language"] == "nl-NL"


def test_a_number_that_cm_cannot_use_is_told_apart() -> None:
    refused = refusal_of(cm.Texts(), message(to=NO_NUMBER))
    assert refused.refused_number
    assert "(303)" in str(refused)


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_a_token_that_cm_does_not_know_is_told_as_that(
    provider: Counterpart, tmp_path: Path, channel: str
) -> None:
    given = provider.settings(tmp_path)
    (tmp_path / "cm").write_text("99999999-2222-3333-4444-555555555555")
    with deployed(tmp_path, **given):
        refused = refusal_of(_of(channel), message(channel))
    assert "product token" in str(refused)
    assert not refused.refused_number


@pytest.mark.parametrize("channel", ["sms", "voice"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, b""),
        (500, b""),
        (503, b"<html>down</html>"),
        (200, b""),
        (200, b"[]"),
        (200, b"[" * 60_000),
        (200, b'{"messages": []}'),
        (200, b'{"success": false, "call-id": "x"}'),
        (201, b'{"success": true, "call-id": "x"}'),
        (200, b'{"errorCode": 0, "messages": [{"status": "Rejected", "messageErrorCode": 401}]}'),
        (200, b'{"errorCode": 0, "messages": [{"status": "Accepted", "messageErrorCode": 500}]}'),
        (302, b""),
    ],
)
def test_what_is_no_yes_is_a_no(
    provider: Counterpart, channel: str, status: int, body: bytes
) -> None:
    provider.instead = (status, body)
    assert not refusal_of(_of(channel), message(channel)).refused_number
    assert len(provider.asked) == 1  # asked once, never again


def test_too_many_requests_are_told_as_that(provider: Counterpart) -> None:
    provider.instead = (429, b"")
    assert "too many requests" in str(refusal_of(cm.Texts(), message()))


def test_words_that_cm_adds_are_not_passed_on(provider: Counterpart) -> None:
    text = message()
    why = f'"messageDetails": "Gsm 0031612345678 and {CODE}", "messageErrorCode": 304'
    provider.instead = (200, f'{{"messages": [{{"status": "Rejected", {why}}}]}}'.encode())
    refusal_of(cm.Texts(), text)


def _of(channel: str) -> Gateway:
    return cm.Texts() if channel == "sms" else cm.Calls()
