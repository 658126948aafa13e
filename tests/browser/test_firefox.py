"""Firefox as the journeys drive it: that they would notice what goes wrong in it, and that it stays on this machine."""

from __future__ import annotations

import time

import pytest

from tests.browser import walks
from tests.browser.bidi import BidiError
from tests.browser.conftest import Arrive
from tests.browser.firefox_visitor import FirefoxVisitor
from tests.browser.people import People

pytestmark = pytest.mark.parametrize("arrive", ["firefox"], indirect=True)


def test_it_is_heard_when_the_content_security_policy_stops_something(
    visitor: FirefoxVisitor,
) -> None:
    visitor.open("/")
    assert visitor.complaints == []
    visitor.evaluate("() => document.body.setAttribute('style', 'color: red')")
    visitor.hear_out()
    [complaint] = visitor.complaints
    assert "Content-Security-Policy" in complaint
    visitor.complaints.clear()


def test_a_press_that_leads_nowhere_and_a_button_that_is_not_there_fail_soon(
    arrive: Arrive,
) -> None:
    visitor: FirefoxVisitor = arrive(patience=0.3)
    visitor.open("/")
    began = time.monotonic()
    with pytest.raises(BidiError, match="waited in vain for the page that '#relatienummer'"):
        visitor.click("#relatienummer")
    with pytest.raises(BidiError, match="0 of #er-is-geen-knop"):
        visitor.press("er-is-geen-knop")
    assert time.monotonic() - began < 5


def test_two_visitors_share_no_cookies(arrive: Arrive, people: People) -> None:
    first: FirefoxVisitor = arrive()
    walks.sign_in_here(first, people.make(totp=True), "totp")
    second: FirefoxVisitor = arrive()
    assert second.cookies() == {}
    second.open("/")
    second.is_at("login")


@pytest.mark.parametrize(
    "outside", ["http://elders.voorbeeld/", "https://elders.voorbeeld/", "http://192.0.2.1/"]
)
def test_nothing_beyond_this_machine_can_be_reached(visitor: FirefoxVisitor, outside: str) -> None:
    with pytest.raises(BidiError, match="NS_ERROR_PROXY_CONNECTION_REFUSED"):
        visitor.open(outside)
