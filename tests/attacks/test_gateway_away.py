"""A gateway that does not take a message: nobody is signed in, nothing is lost, and the page says what to do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from idp.clock import Standing
from idp.database import db
from idp.messaging import gateways, guard
from idp.models import AuditEvent, ThrottleCounter
from tests.support.journeys import PHONE, House, add_person, identify, sign_in, totp_code


class Away:
    """A gateway whose network is gone."""

    name = "away"
    fetches = False

    def send(self, message: gateways.Message) -> str | None:
        raise gateways.NotSent("no answer within 5 seconds")


def test_the_person_can_try_again_or_take_another_way(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="sms")
    with monkeypatch.context() as patch:
        patch.setattr(gateways, "for_channel", lambda _channel: (Away(),))
        page = browser.submit("volgende")
    assert (page.name, page.error, page.status) == ("second-factor", "not-sent", 200)
    assert "088 - 711 4888" in page.document.text
    with house.inside():
        told = db.session.query(AuditEvent).filter_by(event="passcode-not-sent").one()
        assert told.reason == "no answer within 5 seconds"
    assert house.phone() == []
    browser.submit("andere-methode")
    browser.submit("volgende", methode="totp")
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_hour_without_a_gateway_pauses_no_range(
    house: House, time: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Codes that nobody was sent cannot come back; they say nothing of who has these numbers."""
    changed = house.app.config["IDP"].model_copy(update={"message_limits": True})
    monkeypatch.setitem(house.app.config, "IDP", changed)
    browsers = []
    for number in range(guard.LOOKED_AT_FROM + 1):
        person = add_person(house, f"p{number}", phone=f"06 1234{number:04}")
        browser = house.browser()
        sign_in(house, browser, person)  # once before, so that its browser is known
        browser.submit("uitloggen")
        browsers.append((person, browser))
        time.move(timedelta(minutes=7))
    with house.inside():
        db.session.execute(delete(ThrottleCounter))
    with monkeypatch.context() as patch:
        patch.setattr(gateways, "for_channel", lambda _channel: (Away(),))
        for person, browser in browsers:
            identify(browser, person)
            assert browser.submit("volgende").error == "not-sent"
    for person, browser in browsers[:3]:
        assert sign_in(house, browser, person).name == "portal"
