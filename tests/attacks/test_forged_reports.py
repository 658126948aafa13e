"""Webhooks that no provider sent, or sent once: nobody learns a code by them, and no message changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from idp import clock
from idp.messaging.outgoing import State
from tests.messaging.counterparts import (
    CM_REPORTS_SECRET,
    Counterpart,
    cm_report,
    cm_tells,
    counterpart,
    signature,
    twilio_tells,
)
from tests.messaging.scene import (
    CALL_SID,
    TEXT_SID,
    ask_for_a_code,
    code_in,
    heard,
    house_with,
    newest,
    state,
)
from tests.support.house import ISSUER, House

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PRESSED: Final = {"CallSid": CALL_SID, "Digits": "1"}
TEXT: Final = "/berichten/twilio/bericht"
FAILED: Final = {"MessageSid": TEXT_SID, "MessageStatus": "failed"}


@pytest.fixture
def provider() -> Iterator[Counterpart]:
    """CM.com and Twilio, on loopback."""
    with counterpart() as here:
        yield here


@pytest.fixture
def ringing(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing
) -> House:
    """A call of Twilio rings; nobody has pressed a key."""
    house = house_with(provider, database_url, tmp_path, calls=["twilio"])
    ask_for_a_code(house, call=True)
    return house


@pytest.fixture
def texted(provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing) -> House:
    """Twilio took a text and has not reported."""
    house = house_with(provider, database_url, tmp_path, texts=["twilio"])
    ask_for_a_code(house)
    return house


def key_path(house: House) -> str:
    return f"/berichten/twilio/toets/{newest(house).id}"


def test_a_key_press_that_comes_twice_gets_one_code(ringing: House) -> None:
    """The signature has no time in it: whoever caught a request can send it again."""
    answers = [twilio_tells(ringing.app, key_path(ringing), PRESSED) for _ in range(3)]
    assert [code_in(each.data) is not None for each in answers] == [True, False, False]


def test_of_key_presses_at_once_one_gets_the_code(ringing: House) -> None:
    path, codes, ready = key_path(ringing), [], threading.Barrier(6)

    def press() -> None:
        ready.wait(20)
        codes.append(code_in(twilio_tells(ringing.app, path, PRESSED).data))

    threads = [threading.Thread(target=press) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert len(codes) == 6
    assert len([code for code in codes if code is not None]) == 1


@SQLITE
@pytest.mark.parametrize(
    "fields",
    [
        {"CallSid": "CA" + "ff" * 16, "Digits": "1"},  # another call than the one that we had made
        {"Digits": "1"},
        {"CallSid": CALL_SID},
        {"CallSid": CALL_SID, "Digits": ""},
        {"CallSid": CALL_SID, "Digits": "2"},
        {"CallSid": CALL_SID, "Digits": "11"},
        {"CallSid": CALL_SID, "Digits": "1 "},
        {"CallSid": CALL_SID, "SpeechResult": "1"},
    ],
)
def test_without_the_key_in_this_call_there_is_no_code(
    ringing: House, fields: dict[str, str]
) -> None:
    spoken = twilio_tells(ringing.app, key_path(ringing), fields)
    assert code_in(spoken.data) is None
    assert code_in(twilio_tells(ringing.app, key_path(ringing), PRESSED).data)  # nothing was spent


@SQLITE
def test_a_code_that_no_longer_works_is_not_said(ringing: House, time: clock.Standing) -> None:
    time.move(timedelta(minutes=5))
    assert heard(twilio_tells(ringing.app, key_path(ringing), PRESSED).data) == []


@SQLITE
def test_a_code_that_a_newer_one_replaced_is_not_said(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, tmp_path, calls=["twilio"])
    browser, _page = ask_for_a_code(house, call=True)
    older = key_path(house)
    time.move(timedelta(minutes=1))
    browser.submit("opnieuw")
    assert key_path(house) != older
    assert heard(twilio_tells(house.app, older, PRESSED).data) == []
    ours = PRESSED | {"CallSid": str(newest(house).provider_id)}
    assert code_in(twilio_tells(house.app, key_path(house), ours).data)


@SQLITE
def test_a_message_that_is_none_says_nothing(ringing: House) -> None:
    for unknown in ("0" * 32, "x", "%00", "a" * 2000):
        path = f"/berichten/twilio/toets/{unknown}"
        answer = twilio_tells(ringing.app, path, PRESSED)
        assert answer.status_code in {200, 403}  # a name that is none cannot be signed as it came
        assert code_in(answer.data) is None if answer.status_code == 200 else not answer.data


@SQLITE
@pytest.mark.parametrize("path", ["toets", "opgenomen"])
@pytest.mark.parametrize(
    "forged",
    [
        "",
        "0/KCTR6DLpKmkAf8muzZqo1nDgQ=",
        signature(ISSUER + TEXT, PRESSED),  # another address
        signature("http://evil.example/berichten", PRESSED),
        signature(ISSUER, PRESSED, token="00" * 16),
    ],
)
def test_a_call_that_twilio_did_not_sign_gets_nothing(
    ringing: House, path: str, forged: str
) -> None:
    answer = twilio_tells(
        ringing.app, f"/berichten/twilio/{path}/{newest(ringing).id}", PRESSED, signed_as=forged
    )
    assert (answer.status_code, answer.data) == (403, b"")
    assert newest(ringing).told_at is None


@SQLITE
def test_a_signature_is_for_the_public_address_whatever_a_header_says(texted: House) -> None:
    """Behind a proxy the host may be anybody's word; we sign up for the issuer only."""
    forged = signature("https://evil.example" + TEXT, FAILED)
    for headers in (
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Original-URL": "https://evil.example" + TEXT},
    ):
        answer = twilio_tells(
            texted.app, TEXT, FAILED, headers={"X-Twilio-Signature": forged} | headers
        )
        assert answer.status_code == 403
    answer = twilio_tells(
        texted.app, TEXT, FAILED, signed_as=forged, base_url="https://evil.example"
    )
    assert answer.status_code == 421
    assert state(texted) is State.HANDED


@SQLITE
def test_behind_a_proxy_twilio_signs_the_public_address(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    """The proxy speaks plain http to us; what Twilio called began with https."""
    public = "https://localhost:8400"
    house = house_with(provider, database_url, tmp_path, texts=["twilio"], issuer=public)
    answer = twilio_tells(
        house.app, TEXT, FAILED, signed_as=signature(public + TEXT, FAILED), base_url=ISSUER
    )
    assert answer.status_code == 204
    answer = twilio_tells(house.app, TEXT, FAILED, signed_as=signature(ISSUER + TEXT, FAILED))
    assert answer.status_code == 403


@SQLITE
def test_fields_that_were_not_signed_change_nothing(texted: House) -> None:
    """Added, left out, changed, moved to the query string, or said twice."""
    good = FAILED | {"ErrorCode": "30006"}
    header = signature(ISSUER + TEXT, good)

    def told(**other: Any) -> int:
        answer = twilio_tells(texted.app, TEXT, good, signed_as=header, **other)
        return answer.status_code

    for changed in (good | {"New": "1"}, FAILED, good | {"MessageStatus": "delivered"}):
        assert told(data=changed) == 403
    assert told(query_string={"MessageStatus": "failed"}) == 403
    twice = [("MessageStatus", "delivered"), ("MessageStatus", "failed"), ("MessageSid", TEXT_SID)]
    said = (
        ISSUER + TEXT + "MessageSid" + TEXT_SID + "MessageStatusdelivered" + "MessageStatusfailed"
    )
    answer = texted.app.test_client().post(
        TEXT,
        data="&".join(f"{name}={value}" for name, value in twice),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature(said, {})},
        base_url=ISSUER,
    )
    assert answer.status_code == 400
    assert state(texted) is State.HANDED


@SQLITE
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"a=" + b"x" * 16_384, "application/x-www-form-urlencoded", 413),
        (b"x" * 100_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"f%d=1" % n for n in range(2_000)), "application/x-www-form-urlencoded", 403),
        (b"a=%ff%fe", "application/x-www-form-urlencoded", 403),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 403),
        (b"{}", "application/json", 415),
        (b"", "", 415),
        (b"--x--", "multipart/form-data; boundary=x", 415),
    ],
)
def test_what_twilio_never_sends_is_refused_unread(
    texted: House, body: bytes, content_type: str, status: int
) -> None:
    answer = texted.app.test_client().post(
        TEXT,
        data=body,
        content_type=content_type,
        headers={"X-Twilio-Signature": "x"},
        base_url=ISSUER,
    )
    assert answer.status_code == status
    assert state(texted) is State.HANDED


@SQLITE
@pytest.mark.parametrize("secret", ["", "3f" * 31, CM_REPORTS_SECRET.upper(), "é"])
def test_a_report_without_the_secret_of_cm_changes_nothing(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing, secret: str
) -> None:
    house = house_with(provider, database_url, tmp_path, texts=["cm"])
    ask_for_a_code(house)
    report = cm_report(newest(house).id, "3")
    assert cm_tells(house.app, report, secret=secret).status_code == 403
    assert cm_tells(house.app, report, query_string={}).status_code == 403
    assert state(house) is State.HANDED


@SQLITE
def test_without_a_secret_in_the_settings_no_report_of_cm_is_taken(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, tmp_path, texts=["cm"], cm_reports_secret_file=None)
    ask_for_a_code(house)
    report = cm_report(newest(house).id, "3")
    assert cm_tells(house.app, report).status_code == 403
    assert cm_tells(house.app, report, secret="").status_code == 403
    assert state(house) is State.HANDED


@SQLITE
def test_a_report_of_cm_that_is_none_is_refused(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, tmp_path, texts=["cm"])
    ask_for_a_code(house)
    good = cm_report(newest(house).id, "3")
    bodies: tuple[Any, ...] = (
        [],
        {},
        {"messages": []},
        {"messages": {"msg": [good["messages"]["msg"]]}},
        {"messages": {"msg": {"reference": 5, "status": {"code": "3"}}}},
        {"messages": {"msg": {"reference": newest(house).id, "status": "3"}}},
        {"messages": {"msg": {"reference": newest(house).id, "status": {}}}},
    )
    for bent in bodies:
        assert cm_tells(house.app, bent).status_code == 400
    for body, status in ((b"{", 400), (b"[" * 16_000, 400), (b"x" * 20_000, 413)):
        answer = cm_tells(house.app, None, json=None, data=body, content_type="application/json")
        assert answer.status_code == status
    form = cm_tells(house.app, None, json=None, data={"messages": "1"})
    assert form.status_code == 415
    assert state(house) is State.HANDED


@SQLITE
def test_a_provider_that_is_not_configured_has_no_address(
    provider: Counterpart, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, tmp_path, texts=["cm"])
    answer = twilio_tells(house.app, TEXT, FAILED)
    assert (answer.status_code, answer.data) == (404, b"")
    house = house_with(provider, database_url, tmp_path, texts=["outbox"])
    assert cm_tells(house.app, cm_report("0" * 32, "3")).status_code == 404
    assert twilio_tells(house.app, TEXT, FAILED).status_code == 404


@SQLITE
def test_looking_there_does_nothing(ringing: House) -> None:
    visitor = ringing.app.test_client()
    for path in (TEXT, "/berichten/cm", key_path(ringing)):
        assert visitor.get(path, base_url=ISSUER).status_code == 405
    assert newest(ringing).told_at is None
