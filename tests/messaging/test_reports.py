"""Handed over, reported, heard: messages by providers from the page of a person to the end that a report tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp import clock
from idp.database import db
from idp.messaging.outgoing import State
from idp.models import AuditEvent
from idp.servicedesk.explain_outcomes import outcome
from tests.messaging.counterparts import Counterpart, cm_report, cm_tells, twilio_tells
from tests.messaging.scene import (
    CALL_SID,
    TEXT_SID,
    ask_for_a_code,
    code_in,
    heard,
    house_with,
    newest,
    state,
    text_code,
)

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_text_by_twilio_is_delivered_once(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, folder, texts=["twilio"])
    browser, page = ask_for_a_code(house)
    assert (page.name, page.error, state(house)) == ("second-factor", None, State.HANDED)
    assert newest(house).content_sealed is None  # nobody has to read it any more

    def told(status: str, sid: str = TEXT_SID) -> State | None:
        fields = {"MessageSid": sid, "MessageStatus": status, "AccountSid": "AC1"}
        answer = twilio_tells(house.app, "/berichten/twilio/bericht", fields)
        assert (answer.status_code, answer.data) == (204, b"")
        return state(house)

    assert told("sent") is State.HANDED
    assert told("delivered", sid="SM" + "ff" * 16) is State.HANDED  # somebody else's
    assert told("delivered") is State.DELIVERED
    assert told("delivered") is State.DELIVERED
    assert told("undelivered") is State.DELIVERED  # the first end counts
    assert browser.submit("volgende", code=text_code(provider)).name == "portal"


def test_a_text_by_cm_that_failed_is_told_in_the_trail_once(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, folder, texts=["cm"])
    ask_for_a_code(house)
    reference = provider.asked[0].json["messages"]["msg"][0]["reference"]
    for code, then in (
        ("0", State.HANDED),
        ("3", State.FAILED),
        ("3", State.FAILED),
        ("2", State.FAILED),
    ):
        assert cm_tells(house.app, cm_report(reference, code, "23")).status_code == 204
        assert state(house) is then
    with house.inside():
        told = db.session.query(AuditEvent).filter_by(event="passcode-not-delivered").one()
        assert (told.actor, told.reason) == ("cm", "CM.com's error 23")


@SQLITE
@pytest.mark.parametrize("report", ["twilio", "cm"])
def test_a_report_of_one_provider_says_nothing_of_a_message_of_another(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing, report: str
) -> None:
    taken_by = "cm" if report == "twilio" else "twilio"
    house = house_with(provider, database_url, folder, texts=[taken_by], calls=[report])
    ask_for_a_code(house)
    name = newest(house).provider_id
    assert name is not None
    if report == "cm":
        cm_tells(house.app, cm_report(name, "3"))
    else:
        fields = {"MessageSid": name, "MessageStatus": "failed"}
        twilio_tells(house.app, "/berichten/twilio/bericht", fields)
    assert state(house) is State.HANDED


def test_a_call_by_twilio_says_the_code_after_the_key_and_once(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, folder, calls=["twilio"])
    browser, _page = ask_for_a_code(house, call=True)
    message = newest(house)
    assert message.content_sealed is not None  # Twilio has still to ask for it

    answered = twilio_tells(
        house.app, f"/berichten/twilio/opgenomen/{message.id}", {"CallSid": CALL_SID}
    )
    assert (answered.status_code, answered.mimetype) == (200, "application/xml")
    assert answered.headers["Cache-Control"] == "no-store"
    assert code_in(answered.data) is None
    assert "Toets 1 om uw code te horen." in heard(answered.data)[0]
    assert f'action="http://localhost:8400/berichten/twilio/toets/{message.id}"' in answered.text

    pressed = {"CallSid": CALL_SID, "Digits": "1"}
    spoken = twilio_tells(house.app, f"/berichten/twilio/toets/{message.id}", pressed)
    code = code_in(spoken.data)
    assert code is not None
    assert spoken.text.count("<Pause") >= 10  # slowly: a pause after each digit
    assert state(house) is State.DELIVERED
    assert newest(house).content_sealed is None

    for path in ("toets", "opgenomen"):
        again = twilio_tells(house.app, f"/berichten/twilio/{path}/{message.id}", pressed)
        assert heard(again.data) == []
    ended = {"CallSid": CALL_SID, "CallStatus": "completed"}
    twilio_tells(house.app, "/berichten/twilio/gesprek", ended)
    assert state(house) is State.DELIVERED
    assert browser.submit("volgende", code=code).name == "portal"


@SQLITE
@pytest.mark.parametrize("status", ["completed", "busy", "no-answer", "failed", "canceled"])
def test_a_call_in_which_nobody_pressed_the_key_failed(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing, status: str
) -> None:
    """Also when something picked up: a voicemail hears who calls, and presses nothing."""
    house = house_with(provider, database_url, folder, calls=["twilio"])
    ask_for_a_code(house, call=True)
    message = newest(house)
    answered = twilio_tells(
        house.app, f"/berichten/twilio/opgenomen/{message.id}", {"CallSid": CALL_SID}
    )
    assert code_in(answered.data) is None
    twilio_tells(
        house.app, "/berichten/twilio/gesprek", {"CallSid": CALL_SID, "CallStatus": status}
    )
    assert state(house) is State.FAILED
    assert newest(house).content_sealed is None


def test_where_one_does_not_take_it_the_next_is_asked(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, folder, texts=["cm", "twilio"])
    provider.away = {"/v1.0/"}
    browser, _page = ask_for_a_code(house)
    assert [asked.path.split("/")[1] for asked in provider.asked] == ["v1.0", "2010-04-01"]
    assert (newest(house).gateway, state(house)) == ("twilio", State.HANDED)
    assert browser.submit("volgende", code=text_code(provider)).name == "portal"


@SQLITE
def test_where_none_takes_it_the_page_says_so_and_nothing_is_kept(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, folder, texts=["cm", "twilio"])
    provider.away = {"/"}
    _browser, page = ask_for_a_code(house)
    assert (page.name, page.error, len(provider.asked)) == ("second-factor", "not-sent", 2)
    assert (newest(house).content_sealed, state(house)) == (None, State.FAILED)


@SQLITE
def test_a_number_that_cannot_be_reached_is_tried_once(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    house = house_with(provider, database_url, folder, texts=["twilio", "cm"])
    provider.instead = (400, b'{"code": 21614, "status": 400}')
    _browser, page = ask_for_a_code(house)
    assert (page.error, len(provider.asked)) == ("not-sent", 1)


@SQLITE
def test_a_provider_that_says_nothing_is_left_in_time_and_never_asked_again(
    provider: Counterpart,
    database_url: str,
    folder: Path,
    time: clock.Standing,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("idp.outward.GATEWAY_SECONDS", 0.2)
    house = house_with(provider, database_url, folder, texts=["cm", "twilio"])
    provider.open.clear()
    _browser, page = ask_for_a_code(house)
    assert page.error == "not-sent"
    assert len(provider.asked) == 2  # each once: a silence is never asked again
    with house.inside():
        told = db.session.query(AuditEvent).filter_by(event="passcode-not-sent").one()
        assert told.reason == "Twilio: it took too long"


@SQLITE
def test_a_report_that_comes_after_the_sign_in_leaves_its_outcome_as_it_was(
    provider: Counterpart, database_url: str, folder: Path, time: clock.Standing
) -> None:
    """Somebody typed the code of a text that its network gave up on later, as networks do."""
    house = house_with(provider, database_url, folder, texts=["twilio"])
    browser, _page = ask_for_a_code(house)
    assert browser.submit("volgende", code=text_code(provider)).name == "portal"
    fields = {"MessageSid": TEXT_SID, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    twilio_tells(house.app, "/berichten/twilio/bericht", fields)
    with house.inside():
        events = db.session.query(AuditEvent).order_by(AuditEvent.id).all()
        told = [each.event for each in events]
        assert told[-1] == "passcode-not-delivered"
        assert outcome(events).gelukt
