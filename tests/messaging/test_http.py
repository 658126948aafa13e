"""The templated gateway against a provider like any other, and files that describe one wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from idp import clock
from idp.messaging.addresses import PhoneNumber
from idp.messaging.gateways import Message, NotSent, for_channel
from idp.messaging.texts import About, passcode_call
from idp.secret_values import Secret
from idp.settings.http_gateway import read
from tests.messaging.any_provider import AnyProvider, any_provider
from tests.support.house import deployed

NASTY = 'Uw "code" {id} is\\ 012345\n","to":["+31900"] &to=1 {{to}} ☃'


@pytest.fixture
def provider() -> Iterator[AnyProvider]:
    with any_provider() as here:
        yield here


def message(text: str = "012345 is uw code.", channel: str = "sms") -> Message:
    about = About(service="Voorbeeld", host="localhost", minutes=5, language="nl")
    code = Secret("012345")
    return Message(
        id="0a" * 16,
        channel=channel,
        to=PhoneNumber("+31612345678"),
        says=Secret(text) if channel == "sms" else passcode_call(code, about),
        code=code,
        language="nl",
        expires_at=clock.now() + timedelta(minutes=5),
    )


def send(folder: Path, file: Path, sent: Message) -> str | None:
    given = {"http_gateway_file": file, f"{sent.channel}_gateway": ["http"]}
    with deployed(folder, **given):
        [gateway] = for_channel(sent.channel)
        return gateway.send(sent)


def test_whatever_is_in_a_message_stays_in_its_place(
    provider: AnyProvider, tmp_path: Path, time: clock.Standing
) -> None:
    assert send(tmp_path, provider.described(tmp_path), message(NASTY)) == "17"
    [body] = provider.bodies()
    assert body == {
        "from": "Voorbeeld",
        "to": ["31612345678"],
        "content": {"text": NASTY, "ref": "0a" * 16, "ttl": "300"},
    }
    assert provider.came[0].headers["authorization"] == "Bearer een-geheim-van-de-test"
    assert provider.came[0].headers["content-type"] == "application/json"


def test_a_form_is_filled_in_likewise(provider: AnyProvider, tmp_path: Path) -> None:
    file = provider.described(
        tmp_path,
        f'[voice]\naddress = "{provider.address}"\nform = "form"\n[voice.body]',
        'to = "{to}"\nsay = "{before_key}"\nthen = "{after_key}"\nwait = 10',
    )
    assert send(tmp_path, file, message(channel="voice")) is None
    told = dict(parse_qsl(provider.came[0].body.decode()))
    assert (told["to"], told["wait"]) == ("+31612345678", "10")
    assert "Toets 1" in told["say"]
    assert "nul, één, twee" not in told["say"]
    assert "nul, één, twee" in told["then"]


@pytest.mark.parametrize(
    "answer",
    [
        (500, b'{"status": "queued"}'),
        (302, b'{"status": "queued"}'),
        (200, b'{"status": "refused"}'),
        (200, b'{"status": true}'),
        (200, b"{}"),
        (200, b"<html>"),
        (200, b""),
        (200, b"[" * 50_000),
        (200, b'"queued"'),
    ],
)
def test_what_is_no_clear_yes_is_a_no_that_tells_nothing_of_the_message(
    provider: AnyProvider, tmp_path: Path, answer: tuple[int, bytes]
) -> None:
    provider.answer = answer
    with pytest.raises(NotSent) as refused:
        send(tmp_path, provider.described(tmp_path), message())
    assert "012345" not in str(refused.value)
    assert "612345678" not in str(refused.value)
    assert len(provider.came) == 1


SMS = '[sms]\naddress = "https://sms.voorbeeld.nl/send"\n'
BODY = '[sms.body]\nto = "{to}"\ntext = "{text}"\n'
WRONG = {
    "": "it has the parts",
    "[sms": "it is no TOML",
    "[fax]\n": "it has the parts",
    "sms = 1": "sms",
    SMS: "sms.body",
    SMS + '[sms.body]\nto = "{to}"': "sms.body: {text} is missing",
    SMS + '[sms.body]\ntext = "{text}"': "is missing",
    SMS + BODY + 'x = "{code_of_another}"': "sms.body: there is no {code_of_another}",
    SMS + 'method = "GET"\n' + BODY: "sms.method",
    SMS + 'form = "form"\n' + BODY + "x = [1]": "a form has no values within values",
    SMS.replace("https:", "http:") + BODY: "must begin with https://",
    SMS.replace("sms.voorbeeld", "naam:geheim@sms.voorbeeld") + BODY: "without a user name",
    SMS + 'headers = { "X-A" = "a\\r\\nX-B: b" }\n' + BODY: "no header that can be sent",
    SMS + 'headers = { Host = "elders" }\n' + BODY: "is written by us",
    SMS + "accepted = [404]\n" + BODY: "sms.accepted.0",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_file_that_cannot_serve_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^[^\n]*$") as refused:
        read(file)
    assert WRONG[text] in str(refused.value)
    assert "geheim" not in str(refused.value)


def test_a_channel_that_the_file_does_not_describe_is_not_chosen(
    provider: AnyProvider, tmp_path: Path
) -> None:
    file = provider.described(tmp_path)
    with (
        pytest.raises(ValueError, match="IDP_HTTP_GATEWAY_FILE: IDP_VOICE_GATEWAY needs it"),
        deployed(tmp_path, http_gateway_file=file, voice_gateway=["http"]),
    ):
        raise AssertionError("it was taken")
