"""Whatever is sent, where and how: never a broken page, never a header or a script of the sender's."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from idp.accounts import directory
from idp.clock import Standing
from tests.support.journeys import (
    ISSUER,
    PHONE,
    House,
    Visitor,
    account_of,
    add_application,
    add_person,
    grant,
    house_of_this_worker,
    identify,
    set_up_totp,
    sign_in,
    to_the_methods,
)
from tests.support.pages import Page
from tests.support.run import Run

SCRIPT = "\"'><script>alert(1)</script>{{7*7}}${7*7}<b>"
HOSTILE = {
    "a NUL": "a\x00b",
    "control characters": "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028",
    "a line break": "x\r\nSet-Cookie: a=b",
    "a script": SCRIPT,
    "sql": "' OR '1'='1'; DROP TABLE account; --",
    "very long": "x" * 60_000,
    "long and combining": "e\u0301" * 9_000,
    "grows when normalised": "\ufdfa" * 3_000,
    "no text at all": "\ufffd\uffff\U0010ffff\u202e👩‍👩‍👧",
    "other digits": "١٢٣٤٥٦",
    "percent": "%00%0d%0a%s%n{}",
}


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


@pytest.fixture(autouse=True)
def _no_surprise(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing in a test of this file may fail in a way that we did not foresee."""
    with caplog.at_level(logging.ERROR, logger="idp"):
        yield
    assert [
        record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR
    ] == []


def harmless(page: Page) -> None:
    """One of our pages, without a fault of ours and without what was sent as markup."""
    assert page.status < 500, page
    assert page.name is not None, page
    assert "<script>alert" not in page.html
    assert ">49<" not in page.html
    assert "Set-Cookie: a=b" not in str(page.headers)
    assert not [value for _name, value in page.headers if "\r" in value or "\n" in value]


#: A page of the walk → the fields that it reads.
FIELDS = {
    "login": ("relatienummer", "gebruikersnaam", "wachtwoord"),
    "activation-code": ("activatiecode",),
    "choose-methods": ("methode",),
    "enrol-totp": ("code",),
    "enrol-sms": ("telefoonnummer",),
    "enrol-sms, sent": ("code", "telefoonnummer"),
    "enrol-voice": ("telefoonnummer",),
    "set-password": ("nieuw_wachtwoord",),
    "choose-method": ("methode",),
    "second-factor": ("code",),
    "second-factor, text": ("code",),
}


def open_page(house: House, name: str, username: str = "j.devries") -> Visitor:
    """A browser of somebody new on that page."""
    browser = house.browser()
    if name == "login":
        add_person(house, username, totp=True)
        browser.get("/")
    elif name == "set-password":
        anna = add_person(house, username, totp=True)
        with house.inside():
            account_of(anna).password_is_temporary = True
        sign_in(house, browser, anna)
    elif name == "choose-method":
        identify(browser, add_person(house, username, totp=True, phone=PHONE))
    elif name == "second-factor":
        identify(browser, add_person(house, username, totp=True))
    elif name == "second-factor, text":
        identify(browser, add_person(house, username, phone=PHONE))
        browser.submit("volgende")
    elif name == "logout":
        sign_in(house, browser, add_person(house, username, totp=True))
        browser.get("/uitloggen")
    else:
        anna = add_person(house, username, code=True)
        if name == "activation-code":
            identify(browser, anna, at="/2fa")
            browser.submit("volgende")
        else:
            to_the_methods(browser, anna)
        if name.startswith("enrol-"):
            browser.submit("volgende", methode=[name.partition(",")[0].removeprefix("enrol-")])
        if name == "enrol-sms, sent":
            browser.submit("volgende", telefoonnummer=PHONE)
    assert browser.page.name == name.partition(",")[0]
    return browser


@pytest.mark.parametrize("name", FIELDS)
def test_hostile_text_in_every_field_gets_an_ordinary_answer(house: House, name: str) -> None:
    browser = open_page(house, name)
    here = browser.page
    token, form = browser.token(), here.forms[-1].get("action") or here.address
    for number, (field, text) in enumerate(product(FIELDS[name], HOSTILE.values())):
        others: dict[str, Any] = {"relatienummer": "1", "gebruikersnaam": "x", "wachtwoord": "y"}
        page = browser.send("POST", form, **others | {"csrf_token": token, field: text})
        if not 300 <= page.status < 400:
            harmless(page)
        if page.name != here.name:  # it was taken, or there were too many tries: begin anew
            browser = open_page(house, name, f"persoon{number}")
            here, token = browser.page, browser.token()
            form = here.forms[-1].get("action") or here.address


def test_hostile_buttons_and_fields_that_nobody_asked_for_do_nothing(house: House) -> None:
    for number, name in enumerate(
        ["activation-code", "choose-methods", "enrol-sms", "choose-method"]
    ):
        browser = open_page(house, name, f"persoon{number}")
        address, token = browser.page.address, browser.token()
        for text in HOSTILE.values():
            text = text[:2_000]
            fields: dict[str, Any] = {
                "csrf_token": token,
                "actie": text,
                "onbekend": text,
                text[:500]: "x",
            }
            page = browser.send("POST", address, **fields)
            harmless(page)
            assert page.name == name
    assert house.phone() == []


def test_hostile_tokens_are_refused_as_ordinary_ones(house: House) -> None:
    browser = open_page(house, "second-factor")
    address = browser.page.address
    for text in HOSTILE.values():
        page = browser.send("POST", address, csrf_token=text, code="000000")
        harmless(page)
        assert (page.status, page.error) == (400, "out-of-turn")


def test_hostile_cookies_are_no_cookies(house: House) -> None:
    address = open_page(house, "second-factor").page.address
    names = ("__Host-idp_browser", "__Host-idp_session", "__Host-idp_csrf", "idp_taal")
    for text in HOSTILE.values():
        cookie = "".join(sign for sign in text if sign.isascii() and sign.isprintable())[:3_000]
        browser = house.browser()
        for name in names:
            browser.plant(name, cookie)
        for path in ("/", "/2fa", "/mijn/applicaties", "/uitloggen", address):
            harmless(browser.get(path))


@pytest.mark.parametrize(
    "path", ["/", "/2fa", "tx", "/mijn/beveiliging/methode-toevoegen", "/uitloggen"]
)
def test_a_body_that_is_too_large_gets_a_page(house: House, path: str) -> None:
    if path in {"/", "/2fa"}:
        browser = house.browser()
        browser.get(path)
    elif path == "tx":
        browser = open_page(house, "second-factor")
    else:
        browser = open_page(house, "logout")
    target = browser.page.address if path == "tx" else path
    fields: dict[str, Any] = {"csrf_token": browser.token(), "code": "x" * 70_000}
    page = browser.send("POST", target, **fields)
    assert (page.status, page.name, page.error) == (413, "error", "too-large")
    assert page.text("kenmerk")
    harmless(page)


def test_a_request_of_an_application_that_is_too_large_is_nobodys_typing(house: House) -> None:
    page = house.browser().send("POST", "/oauth2/authorize", state="x" * 70_000)
    assert (page.status, page.error) == (413, "client-request")


BODIES = [
    ("application/json", b'{"relatienummer": "1"}'),
    ("application/json", b"{"),
    ("text/plain", b"relatienummer=1"),
    ("application/x-www-form-urlencoded", b"\xff\xfe=\xff&relatienummer=%ff%fe&a=%zz"),
    ("application/x-www-form-urlencoded", b"&=&=" * 5_000),
    ("application/x-www-form-urlencoded", b"relatienummer=1&relatienummer=2&wachtwoord=a"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
    (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n" * 500 + b"--x--",
    ),
    ("multipart/form-data", b"geen grens"),
    ("multipart/form-data; boundary=" + "x" * 500, b"--"),
    ("application/x-www-form-urlencoded; charset=utf-16", "relatienummer=1".encode("utf-16")),
    ("", b"x"),
    ("\u00e9", b"x"),
]


def test_a_body_that_is_no_form_gets_a_page(house: House) -> None:
    client = house.app.test_client()
    for (kind, body), path in product(BODIES, ("/", "/2fa", "/uitloggen", "/inloggen/" + "0" * 32)):
        answer = client.post(path, base_url=ISSUER, data=body, content_type=kind)
        assert answer.status_code < 500, (kind, body, path)
        if answer.status_code >= 400:
            assert b'data-page="error"' in answer.data


PATHS = [
    "/inloggen/%00",
    "/inloggen/%ff%fe",
    "/inloggen/" + "a" * 10_000,
    "/inloggen/..%2f..%2fetc",
    "/inloggen/%0d%0aSet-Cookie:%20a=b",
    "/inloggen/" + "0" * 32 + "/stap/%00",
    "/inloggen/" + "0" * 32 + "/instellen/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "/inloggen/0' OR 1=1 --",
    "/inloggen/０１２３４５６７８９abcdef0123456789abcdef",
    "/mijn/handleidingen/%00",
    "/mijn/handleidingen/..%2f..%2fbase",
    "/mijn/handleidingen/<script>alert(1)</script>",
    "/static/../settings/fields.py",
    "/static/%2e%2e/settings/fields.py",
    "/%0d%0aSet-Cookie:%20a=b",
    "/?taal=%00",
    "/?taal=en%0d%0aSet-Cookie:%20a=b",
    "/?taal=" + "x" * 5_000,
    "/?taal=%3Cscript%3Ealert(1)%3C/script%3E&x=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    "/2fa?a=%ff&taal=en",
    "/demo/telefoon?format=%00",
]


@pytest.mark.parametrize("host", [ISSUER, "http://127.0.0.1:8400"])
def test_a_hostile_address_gets_a_page_or_a_clean_redirect(house: House, host: str) -> None:
    signed_in = open_page(house, "logout")
    for path, visitor in product(PATHS, (signed_in, house.browser())):
        page = visitor.send("GET", host + path)
        assert "Set-Cookie: a=b" not in str(page.headers)
        if page.status in {302, 303, 308}:
            location = page.headers["Location"]
            assert location.startswith((ISSUER + "/", "/")), path
            assert not location.startswith("//"), path
            assert "\n" not in location, path
        else:
            harmless(page)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "localhost:8400:1",
        "localhost:99999",
        "[::1",
        "a b",
        "x" * 5_000,
        "localhost:8400/evil",
        "evil@localhost:8400",
        "é.nl",
    ],
)
def test_a_hostile_host_name_never_leads_elsewhere(house: House, host: str) -> None:
    client = house.app.test_client()
    for method in ("GET", "POST"):
        answer = client.open("/", method=method, base_url=ISSUER, headers={"Host": host})
        assert answer.status_code in {302, 400, 421}
        if answer.status_code == 302:
            assert answer.headers["Location"].startswith(f"{ISSUER}/")


@pytest.mark.parametrize("text", ["", "\x01\x02", SCRIPT, "x" * 20_000, "Firefox/ op Windows" * 90])
def test_hostile_headers_do_no_harm_and_are_not_shown(house: House, text: str) -> None:
    headers = {
        "User-Agent": text,
        "Referer": text,
        "Accept-Language": text,
        "X-Forwarded-For": text,
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": text,
        "Cookie2": text,
    }
    browser = house.browser(script=True, headers=headers)
    anna = add_person(house, totp=True)
    identify(browser, anna, password="fout")
    assert sign_in(house, browser, anna).name == "portal"
    page = browser.get("/mijn/beveiliging")
    harmless(page)
    assert "evil.example" not in page.html
    assert "x" * 200 not in page.html


def test_what_operators_named_with_markup_is_shown_as_text(house: House) -> None:
    hostile = "<script>alert(1)</script>\"'&"
    anna = add_person(house, hostile, code=True)
    application = add_application(house, f"Wmo {SCRIPT}".replace("/", ""))
    grant(house, anna, application)
    with house.inside():
        account = account_of(anna)
        account.name = account.relation.name = hostile
    browser = house.browser()
    to_the_methods(browser, anna)
    harmless(browser.submit("volgende", methode=["totp"]))
    harmless(set_up_totp(browser)[1])
    page = browser.submit("afronden")
    harmless(page)
    assert page.name == "portal"
    assert hostile in page.document.text


def test_a_name_that_was_never_there_is_not_made_up_from_a_longer_one(house: House) -> None:
    anna = add_person(house, totp=True)
    browser = house.browser()
    for username in (
        f"{anna.username}\x07",
        f"{anna.username} x",
        anna.username[:-1],
        "%",
        "_" * 9,
    ):
        browser.get("/")
        page = browser.submit(
            "volgende",
            relatienummer=anna.relation,
            gebruikersnaam=username,
            wachtwoord=anna.password,
        )
        assert page.error == "login-failed", username
    with house.inside():
        assert directory.lookup(anna.relation, directory.username_key("J.DeVries")) is not None
