"""A gateway that does not take a message: nobody is signed in, nothing is lost, and the page says what to do."""

from __future__ import annotations

import pytest

from idp.database import db
from idp.messaging import gateways
from idp.models import AuditEvent
from tests.support.journeys import PHONE, House, add_person, identify, totp_code


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
