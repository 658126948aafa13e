"""From an application to the provider and back, in browsers under the real Content Security Policy."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import walks
from tests.browser.another_site import relying_party_at
from tests.browser.any_visitor import PATIENCE_SECONDS, AnyVisitor
from tests.browser.conftest import IN_BOTH_BROWSERS, Arrive
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.little_application import LittleApplication, little_application
from tests.browser.people import People
from tests.browser.visitor import Visitor


@pytest.fixture
def application(demo: RunningDemo) -> Iterator[LittleApplication]:
    with little_application(demo) as application:
        yield application


@IN_BOTH_BROWSERS
@pytest.mark.parametrize("kind", ["totp", "sms"])
def test_from_an_application_through_two_steps_and_back(
    visitor: AnyVisitor, people: People, kind: str
) -> None:
    person = people.make(totp=kind == "totp", sms=kind == "sms")
    visitor.open(visitor.demo.relying_party)
    visitor.is_at("start")
    visitor.press("inloggen")
    assert "U logt in voor Wmo-berichtenverkeer" in visitor.text()
    walks.sign_in(visitor, person, kind)
    assert visitor.url == f"{visitor.demo.relying_party}/"
    visitor.is_at("signed_in")
    assert visitor.text("#relatienummer") == person.relatienummer
    assert visitor.text("#acr") == "http://eidas.europa.eu/LoA/substantial"
    assert visitor.count("#applicaties li") == 3


@IN_BOTH_BROWSERS
def test_an_application_opens_from_the_portal_without_a_question(
    visitor: AnyVisitor, people: People
) -> None:
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    for name in (
        "Wmo-berichtenverkeer",
        "Gemeentelijke beleidsparameters",
        "Individuele vrijstellingen",
    ):
        visitor.open("/mijn/applicaties")
        visitor.follow(name)
        visitor.is_at("signed_in")
        assert visitor.url.startswith(visitor.demo.relying_party)
        assert name in visitor.title


@IN_BOTH_BROWSERS
def test_signing_out_at_the_application_signs_out_here_too(
    visitor: AnyVisitor, people: People
) -> None:
    visitor.open(visitor.demo.relying_party)
    visitor.press("inloggen")
    walks.sign_in(visitor, people.make(totp=True), "totp")
    visitor.is_at("signed_in")
    visitor.press("uitloggen")
    visitor.is_at("signed_out")
    assert "bij de inlogdienst" in visitor.text()
    visitor.open("/")
    visitor.is_at("login")


def test_signing_out_in_the_portal_signs_out_at_the_applications_too(
    visitor: Visitor, people: People
) -> None:
    """Two processes: the provider tells the application, without the browser."""
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    for name in ("Wmo-berichtenverkeer", "Individuele vrijstellingen"):
        visitor.open("/mijn/applicaties")
        visitor.follow(name)
        visitor.is_at("signed_in")
    visitor.open("/uitloggen")
    visitor.press("uitloggen")
    visitor.is_at("logged-out")
    assert "Uw applicaties krijgen bericht" in visitor.text()
    assert "misschien nog ingelogd" not in visitor.text()
    for path in ("/", "/vrijstellingen/"):
        deadline = time.monotonic() + PATIENCE_SECONDS
        visitor.open(visitor.demo.relying_party + path)
        while visitor.hook("page") != "start":
            assert time.monotonic() < deadline, f"still signed in at {visitor.url}"
            visitor.open(visitor.demo.relying_party + path)


@IN_BOTH_BROWSERS
def test_an_application_on_another_site_signs_in_and_out(
    visitor: AnyVisitor, people: People, tmp_path: Path
) -> None:
    person = people.make(totp=True)
    with relying_party_at("rp.localhost", visitor.demo, tmp_path) as address:
        visitor.open(address)
        visitor.press("inloggen")
        walks.sign_in(visitor, person, "totp")
        visitor.is_at("signed_in")
        assert visitor.url.startswith(address)
        assert person.name in visitor.text()
        visitor.press("uitloggen")
        visitor.is_at("signed_out")
        assert visitor.url.startswith(address)
    visitor.open("/")
    visitor.is_at("login")


@IN_BOTH_BROWSERS
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_answer_by_form_post_arrives_on_the_same_site_and_on_another(
    visitor: AnyVisitor, people: People, application: LittleApplication, host: str
) -> None:
    callback = application.address("/callback", host)
    application.register(callback)
    visitor.open(application.request(callback, response_mode="form_post"))
    walks.sign_in(visitor, people.make(totp=True), "totp")
    visitor.wait_for(callback)
    [answer] = application.answers
    assert (answer.method, answer.path) == ("POST", "/callback")
    assert answer.fields["state"] == "een-staat"
    assert answer.fields["iss"] == visitor.demo.issuer
    assert "id_token" in application.redeem(answer.fields["code"], callback)


@IN_BOTH_BROWSERS
def test_without_a_script_a_form_post_needs_one_press_on_doorgaan(
    arrive: Arrive, people: People, application: LittleApplication
) -> None:
    visitor = arrive(java_script_enabled=False)
    callback = application.address("/callback")
    application.register(callback)
    visitor.open(application.request(callback, response_mode="form_post"))
    walks.sign_in(visitor, people.make(totp=True), "totp")
    visitor.is_at("form-post")
    assert application.answers == []
    visitor.press("volgende")
    visitor.is_at("arrived")
    assert application.answers[0].fields["state"] == "een-staat"


def test_a_callback_may_hop_to_an_origin_that_was_registered(
    visitor: Visitor, people: People, application: LittleApplication
) -> None:
    callback = application.address("/hop")
    application.hop_to = application.address("/verder", "127.0.0.1")
    application.register(callback, form_action_origins=(application.address("", "127.0.0.1"),))
    visitor.open(application.request(callback))
    walks.sign_in(visitor, people.make(totp=True), "totp")
    visitor.is_at("arrived")
    assert visitor.page.url.startswith(application.hop_to)
    assert "id_token" in application.redeem(application.answers[0].fields["code"], callback)


def test_the_browser_stops_a_hop_to_an_origin_that_was_not_registered(
    visitor: Visitor, people: People, application: LittleApplication
) -> None:
    """What `form-action` does in Chromium; without this the test above would prove nothing."""
    person = people.make(totp=True)
    callback = application.address("/hop")
    application.hop_to = application.address("/verder", "127.0.0.1")
    application.register(callback)
    visitor.open(application.request(callback))
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    visitor.fill(code=person.code_from_the_app())
    with visitor.page.expect_console_message(lambda message: "form-action" in message.text):
        visitor.page.click("#volgende")
    assert application.answers == []
    assert any("form-action" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()
