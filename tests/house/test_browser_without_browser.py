"""The form reader of the journeys, against a small application of its own."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, Response, make_response, redirect, request

from tests.support.html import parse
from tests.support.pages import Browser

ORIGIN = "http://localhost:9999"

FORM = """
<!doctype html><html lang="nl"><body data-page="login" data-error="fields-missing"><p id="foutmelding" role="alert">Vul
  alles&nbsp;in.</p>
<form method="post" action="/go"><input type="hidden" name="csrf_token" value="t&amp;1">
<label for="name">Naam</label><input id="name" name="name" value="old" aria-invalid="true"
 aria-describedby="name-error">
<p id="name-error">Vul uw naam in.</p>
<input type="checkbox" name="methode" value="totp" checked><input type="checkbox" name="methode" value="sms">
<input type="radio" name="one" value="a"><input type="radio" name="one" value="b" checked>
<select name="taal"><option value="nl">Nederlands</option><option value="en" selected>English</option></select>
<textarea name="note">hello</textarea><input name="off" value="x" disabled>
<button id="volgende" type="submit">Volgende</button>
<button id="opnieuw" name="actie" value="opnieuw">Opnieuw</button></form>
<a href="/form?x=1">Nog eens</a></body></html>
"""


@pytest.fixture
def app() -> Flask:
    app = Flask("stand-in")

    @app.get("/form")
    def form() -> Response:
        response = make_response(FORM)
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; form-action 'self' https://app.example"
        )
        response.set_cookie("__Host-seen", "yes", secure=True)
        return response

    @app.post("/go")
    def go() -> Response:
        address = {
            "out": "https://app.example/callback?code=1&state=",
            "far": "https://evil.example/",
        }
        return make_response(redirect(address.get(request.form["name"], "/echo"), 303))

    @app.get("/echo")
    def echo() -> str:
        return f"<body data-page=echo>{request.cookies.get('__Host-seen')} {request.headers.get('Sec-Fetch-Site')}"

    @app.post("/all")
    def everything() -> dict[str, list[str]]:
        return dict(request.form.lists())

    @app.get("/bad-cookie")
    def bad_cookie() -> Response:
        response = make_response("")
        response.set_cookie("__Host-bad", "1")
        return response

    return app


def test_a_page_tells_its_name_error_fields_and_links(app: Flask) -> None:
    page = Browser(app, ORIGIN).get("/form")
    assert (page.name, page.error, page.language, page.status) == (
        "login",
        "fields-missing",
        "nl",
        200,
    )
    assert page.text("foutmelding") == "Vul alles in."
    assert page.value("name") == "old"
    assert page.field_error("name") == "Vul uw naam in."
    assert page.choices("methode") == {"totp": True, "sms": False}
    assert page.links == {"Nog eens": f"{ORIGIN}/form?x=1"}
    assert page.find("kenmerk") is None


def test_submitting_follows_redirects_and_keeps_cookies(app: Flask) -> None:
    browser = Browser(app, ORIGIN)
    browser.get("/form")
    page = browser.submit("volgende", name="Anna")
    assert page.hops == [f"{ORIGIN}/go", f"{ORIGIN}/echo"]
    assert page.document.text == "yes same-origin"
    assert browser.cookie("__Host-seen") == "yes"
    assert Browser(app, ORIGIN).cookie("__Host-seen") is None


def test_redirects_can_be_taken_one_at_a_time(app: Flask) -> None:
    browser = Browser(app, ORIGIN)
    browser.get("/form")
    assert browser.submit("volgende", name="Anna", follow=False).status == 303
    assert browser.follow().name == "echo"


def test_the_form_sends_what_a_browser_would(app: Flask) -> None:
    browser = Browser(app, ORIGIN)
    page = browser.get("/form")
    page.forms[0].attributes["action"] = "/all"
    assert browser.submit("opnieuw", methode=["totp", "sms"], name="Anna").json == {
        "csrf_token": ["t&1"],
        "name": ["Anna"],
        "methode": ["totp", "sms"],
        "one": ["b"],
        "taal": ["en"],
        "note": ["hello"],
        "actie": ["opnieuw"],
    }


def test_the_browser_stops_where_it_leaves_us(app: Flask) -> None:
    browser = Browser(app, ORIGIN)
    browser.get("/form")
    page = browser.submit("volgende", name="out")
    assert page.left_for == "https://app.example/callback?code=1&state="
    assert page.query == {"code": "1", "state": ""}


def test_the_content_security_policy_stops_forms_as_in_chromium(app: Flask) -> None:
    browser = Browser(app, ORIGIN)
    browser.get("/form")
    with pytest.raises(AssertionError, match="CSP"):
        browser.submit("volgende", name="far")


def test_a_cookie_that_browsers_drop_is_refused(app: Flask) -> None:
    with pytest.raises(AssertionError, match="__Host-bad"):
        Browser(app, ORIGIN).get("/bad-cookie")


@pytest.mark.parametrize(("name", "value"), [("naam", "x"), ("methode", "voice")])
def test_a_field_or_choice_that_is_not_there_cannot_be_filled_in(
    app: Flask, name: str, value: str
) -> None:
    browser = Browser(app, ORIGIN)
    browser.get("/form")
    fields: dict[str, Any] = {name: value}
    with pytest.raises(AssertionError, match=r"it has|it offers"):
        browser.submit("volgende", **fields)


def test_the_reader_survives_void_and_unclosed_elements() -> None:
    document = parse("<ul><li>een<br>twee<li>drie</ul><svg><path d=''/></svg><p>vier</b></p>")
    assert [one.tag for one in document.descendants()] == [
        "ul",
        "li",
        "br",
        "li",
        "svg",
        "path",
        "p",
    ]
    assert document.text == "eentweedrievier"
