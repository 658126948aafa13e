"""Other sites and other browsers: what they post, plant, copy or put into an address opens nothing and leads nowhere.

`tour.PLACES` are the pages with a form: each attack is tried at every one of them, and then the person's own works.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from idp import clock
from idp.flows.cookies import BROWSER, SESSION
from idp.pages.csrf import COOKIE as CSRF
from idp.secret_values import random_token
from tests.attacks.life import what_counts
from tests.attacks.tour import PLACES, Place, Standing, three_fields
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    ISSUER,
    House,
    Visitor,
    add_person,
    identify,
    second_step,
    set_up_totp,
    sign_in,
    totp_code,
)
from tests.support.pages import Page, origin_of

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE: Final = timedelta(minutes=1)
#: What a form of ours brings along in a browser.
OURS: Final = {"Origin": ISSUER, "Sec-Fetch-Site": "same-origin"}
EVIL: Final = "https://elders.example"
#: Signing out on the word of an application: what is not from our own page leads to our own question.
LOGOUT: Final = "/oauth2/logout"


def post(
    browser: Visitor, target: str, fields: Mapping[str, Any], headers: Mapping[str, str] = OURS
) -> Page:
    """Send a form; by default as a browser sends one of ours."""
    return browser.send("POST", urljoin(ISSUER, target), headers=headers, **fields)


# --- posts of other sites --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Forged:
    """A form that somebody else had a hand in."""

    name: str
    headers: Mapping[str, str]
    fields: Mapping[str, str]
    csrf_cookie: str | None = None
    """What the browser is made to send instead of its own."""


def of_other_sites(fields: Mapping[str, str]) -> Iterator[Forged]:
    """The right form, token included, sent by a page that is not ours."""
    lookalikes = (f"{ISSUER}.elders.example", "https://localhost:8400", "http://localhost:8401")
    for origin in (EVIL, "null", "", *lookalikes):
        yield Forged(f"origin {origin!r}", {**OURS, "Origin": origin}, fields)
    for site in ("cross-site", "same-site"):
        yield Forged(f"fetched {site}", {**OURS, "Sec-Fetch-Site": site}, fields)
        yield Forged(f"fetched {site}, no origin", {"Sec-Fetch-Site": site}, fields)


def with_other_tokens(house: House, here: Standing) -> Iterator[Forged]:
    """What another site can come by: no token, or one that was made for something else."""
    right = here.form()
    rest = {name: value for name, value in right.items() if name != "csrf_token"}
    asked = Provider(house).application(None).address()
    yield Forged("no token", OURS, rest)
    for name, token in (
        ("an empty token", ""),
        ("a token cut short", right["csrf_token"][:-1]),
        ("the cookie as token", here.browser.cookie(CSRF) or ""),
        ("the token of another sign-in", in_another_tab(house, here.browser, asked)),
        ("the token of another browser", of_another_browser(here)),
        ("a token from before the sign-in", in_another_tab(house, here.browser, "/2fa")),
    ):
        if here.target in {"/", "/2fa"} and name.endswith("before the sign-in"):
            continue  # that is what belongs there
        assert token != right["csrf_token"], name
        yield Forged(name, OURS, {**rest, "csrf_token": token})
    yield Forged("another csrf cookie", OURS, right, random_token())
    yield Forged("an empty csrf cookie", OURS, right, "")
    yield Forged("a csrf cookie that is none", OURS, right, f"{here.browser.cookie(CSRF)}|x")


def in_another_tab(house: House, browser: Visitor, address: str) -> str:
    """The token of another page in the same browser, before anybody signed in there."""
    (tab := house.browser()).take_over(browser, BROWSER, CSRF)
    assert tab.get(address).name == "login"
    return tab.token()


def of_another_browser(here: Standing) -> str:
    """A token for the very same page, as another browser would get it."""
    browser, page = here.browser, here.browser.page
    own = browser.cookie(CSRF) or ""
    browser.forget(CSRF)
    browser.get(page.address)
    token = browser.token()
    browser.plant(CSRF, own)
    assert browser.get(page.address).name == page.name
    return token


@ONE
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_a_post_that_is_not_from_our_own_page_changes_nothing(house: House, place: Place) -> None:
    here = place(house)
    browser, target, right = here.browser, here.target, here.form()
    start, cookie = browser.page, browser.cookie(CSRF) or ""
    forged_ones = [*of_other_sites(right), *with_other_tokens(house, here)]
    before = what_counts(house)
    for forged in forged_ones:
        browser.plant(CSRF, cookie if forged.csrf_cookie is None else forged.csrf_cookie)
        page = post(browser, target, forged.fields, forged.headers)
        asked_again = page.name == "logout" or page.headers.get("Location", "").startswith(LOGOUT)
        refused = (page.status, page.error) == (400, "out-of-turn")
        assert refused or (target == LOGOUT and asked_again), f"{forged.name}: {page}"
    browser.plant(CSRF, cookie)
    after = what_counts(house)
    assert {"error-shown" in row for name, row in before ^ after if name == "audit_event"} <= {True}
    assert {name for name, _row in before ^ after} <= {"audit_event"}
    assert browser.get(start.address).name == start.name
    page = post(browser, target, right)
    gives_a_file = "Content-Disposition" in page.headers
    assert page.status == 303 or page.name == "logged-out" or gives_a_file
    assert what_counts(house) != after, "the person's own form should have done something"


def test_a_script_needs_the_hidden_fields_and_nothing_else(
    house: House, time: clock.Standing
) -> None:
    """Browsers of before `Sec-Fetch-Site`, and scripts of a partner, send neither header."""
    anna = add_person(house, totp=True)
    assert sign_in(house, house.browser(script=True), anna).name == "portal"


# --- another browser -------------------------------------------------------------------------------------------------

STEPS: Final = {
    name: place
    for name, place in PLACES.items()
    if name not in {"at_the_front_door", "at_first_set_up"}
    and not name.startswith(("about_to_", "asked_"))
}


@ONE
@pytest.mark.parametrize("place", STEPS.values(), ids=STEPS)
def test_the_address_of_a_sign_in_is_useless_in_another_browser(house: House, place: Place) -> None:
    """Whoever got the address from a screen, a log or a history sees nothing of it and moves nothing."""
    here = place(house)
    page, right = here.browser.page, here.form()
    thief = house.browser()
    identify(thief, add_person(house, "thief", relation="10099999", totp=True))
    private = {"j.devries", "J.Devries", "10023456", "•• 78", right["csrf_token"]}
    private |= {page.text("totp-geheim")} if page.find("totp-geheim") else set()
    before = what_counts(house)
    for stranger in (house.browser(), thief):
        stranger.get("/2fa")  # whose token is right in the stranger's own browser
        forms = [
            {**right, "csrf_token": token} for token in (right["csrf_token"], stranger.token())
        ]
        answers = [post(stranger, here.target, form) for form in forms]
        answers.append(stranger.get(page.address))
        for answer in answers:
            assert (answer.status, answer.error) == (400, "other-browser"), answer
            assert not {word for word in private if word in answer.html}, answer
    changed = before ^ what_counts(house)
    assert {name for name, _row in changed} == {"audit_event"}
    assert all("foreign-browser" in row or "error-shown" in row for _name, row in changed)
    assert here.browser.get(page.address).name == page.name
    assert post(here.browser, here.target, right).status == 303


def test_a_request_that_waits_for_one_browser_answers_no_other(house: House) -> None:
    provider = Provider(house)
    shop, anna = provider.application(), provider.person(totp=True)
    browser, thief = house.browser(), house.browser()
    shop.visit(browser)
    identify(browser, anna, at=None)
    page = browser.submit("volgende", follow=False, code=totp_code(anna.totp))
    waits = page.headers["Location"]
    assert re.fullmatch(r"/oauth2/authorize/[0-9a-f]{32}", waits)
    thief.plant(SESSION, browser.cookie(SESSION) or "")  # even with the session
    assert thief.get(waits).error == "other-browser"
    assert "code" in shop.answer(browser.get(waits))


# --- session fixation ------------------------------------------------------------------------------------------------


def is_signed_in(house: House, cookie: str | None) -> bool:
    """Whether this session cookie alone opens the portal."""
    browser = house.browser()
    browser.plant(SESSION, cookie or "")
    return browser.get("/mijn/applicaties").name == "portal"


@pytest.mark.parametrize(
    "planted", ["A-z_9" * 8 + "x_y", "x", ""], ids=["of our form", "short", "empty"]
)
def test_a_planted_session_cookie_is_never_promoted(house: House, planted: str) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    browser.plant(SESSION, planted)
    assert sign_in(house, browser, anna).name == "portal"
    given = browser.cookie(SESSION)
    assert given is not None
    assert given != planted
    assert (is_signed_in(house, given), is_signed_in(house, planted)) == (True, False)


def test_who_planted_the_browser_cookies_shares_nothing_of_the_sign_in(house: House) -> None:
    """Cookies from before the sign-in, which somebody else knows, name a browser and open nothing."""
    thief, victim = house.browser(), house.browser()
    thief.get("/")
    victim.take_over(thief, BROWSER, CSRF)
    anna = add_person(house, totp=True)
    page = identify(victim, anna)
    address = page.address
    assert second_step(house, victim, anna, page).name == "portal"
    assert victim.cookie(BROWSER) == thief.cookie(BROWSER)
    assert thief.cookie(SESSION) is None
    for opened in ("/", address, "/mijn/applicaties", "/mijn/beveiliging"):
        assert thief.get(opened).name == "login"
    assert thief.cookie(SESSION) is None


def test_every_step_up_gives_a_new_cookie_and_the_old_one_is_dead(
    house: House, time: clock.Standing
) -> None:
    """At the second step after the password, at signing in anew, and at a new method (OWASP ASVS 7.2.4)."""
    provider = Provider(house)
    anna, browser = add_person(house, totp=True), house.browser()
    provider.sign_in(browser, anna, steps=1, at=clock.now())
    cookies = [browser.cookie(SESSION)]
    assert browser.get("/mijn/applicaties").name == "second-factor"
    assert second_step(house, browser, anna, browser.page).name == "portal"
    cookies.append(browser.cookie(SESSION))
    time.move(MINUTE)
    sign_in(house, browser, anna, at=provider.application(None).address(prompt="login"))
    cookies.append(browser.cookie(SESSION))
    time.move(MINUTE)
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    browser.submit("volgende", methode="totp")
    set_up_totp(browser)
    assert browser.submit("afronden").name == "security"
    cookies.append(browser.cookie(SESSION))
    assert len(set(cookies)) == len(cookies)
    assert [is_signed_in(house, one) for one in cookies] == [False, False, False, True]


@pytest.mark.parametrize("prompt", ["login", "select_account"])
def test_the_session_of_somebody_else_in_this_browser_ends(
    house: House, time: clock.Standing, prompt: str
) -> None:
    """A thief who signs the victim's browser in as himself neither keeps that session nor gets hers."""
    thief, anna = add_person(house, "thief", totp=True), add_person(house, totp=True)
    browser = house.browser()
    assert sign_in(house, browser, thief).name == "portal"
    planted = browser.cookie(SESSION)
    time.move(MINUTE)
    shop = Provider(house).application(None)
    asked = shop.address(prompt=prompt)
    if prompt == "login":  # asked of who is signed in: she is told that it is somebody else
        page = identify(browser, anna, at=asked)
        assert (page.name, page.error) == ("login", "other-account")
        browser.click("Log dan eerst uit")
        browser.submit("uitloggen")
    shop.answer(sign_in(house, browser, anna, at=asked))
    page = browser.get("/mijn/applicaties")
    assert "J.Devries" in page.document.text
    assert browser.cookie(SESSION) != planted
    assert not is_signed_in(house, planted)


# --- open redirects --------------------------------------------------------------------------------------------------

#: Names by which sites let themselves be sent around; we listen to none of them.
WISHES: Final = (
    *("return_to", "returnTo", "return", "next", "url", "redirect", "redirect_uri", "continue"),
    *("target_link_uri", "post_logout_redirect_uri", "RelayState", "dest", "here", "back", "goto"),
)
LEADING_AWAY: Final = (
    *("//elders.example", "///elders.example", "////elders.example/%2e%2e", "//elders.example//"),
    *("/\\elders.example", "\\\\elders.example", "/\t/elders.example", "/%09/elders.example"),
    *("/%5celders.example", "/%2f%2felders.example", "/.//elders.example", "/..//elders.example"),
    *("//elders.example/inloggen", "//elders.example/static/", "//2fa//elders.example", "/2fa/"),
    *("/https://elders.example", "//elders.example/?taal=en", "/;//elders.example", "/@elders.nl"),
)
CLAIMS_TO_BE: Final = {
    **dict.fromkeys(("X-Forwarded-Host", "X-Forwarded-Server", "X-Host"), "elders.example"),
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "//elders.example",
    **dict.fromkeys(("X-Original-URL", "X-Rewrite-URL"), "//elders.example/"),
    "Forwarded": "host=elders.example;proto=https",
    "Referer": "https://elders.example/",
}


def lands_at(page: Page, link: str) -> str:
    """The origin that a browser goes to (WHATWG URL: a backslash is a slash, and tabs are nothing)."""
    return origin_of(urljoin(page.address, re.sub(r"[\t\r\n]", "", link).replace("\\", "/")))


def stays_here(page: Page) -> None:
    """No redirect, link or form of this answer leads away from us."""
    links = [one.get("href") or "" for one in page.document.descendants("a", "link")]
    links += [form.get("action") or "" for form in page.forms]
    links += page.headers.getlist("Location")
    away = [one for one in links if not one.startswith(("tel:", "mailto:", "#", "otpauth:"))]
    assert {lands_at(page, one) for one in away} <= {ISSUER}, f"{away} on {page}"


@ONE
@pytest.mark.parametrize("host", [ISSUER, "http://127.0.0.1:8400", "http://elders.example"])
def test_no_path_leads_away(house: House, host: str) -> None:
    for path in LEADING_AWAY:
        for method in ("GET", "HEAD"):
            page = house.browser().send(
                method, f"{host}{path}" if path[0] == "/" else f"{host}/{path}"
            )
            if host != ISSUER:
                assert page.headers["Location"].startswith(f"{ISSUER}/"), page
            page.address = f"{ISSUER}/"
            stays_here(page)
            assert page.status in {200, 302, 303, 308, 404}, page


@ONE
@pytest.mark.parametrize(
    "wish", [EVIL, "//elders.example", "/\\elders.example", "javascript:alert(1)"]
)
def test_no_parameter_leads_away(house: House, wish: str) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    wishes = dict.fromkeys(WISHES, wish)
    query = urlencode(wishes, safe=":/\\()")
    for address in ("/2fa", "/"):
        stays_here(browser.get(f"{address}?{query}"))
    form = wishes | three_fields(anna) | {"csrf_token": browser.token()}
    page = post(browser, f"/?{query}", form)
    stays_here(page)
    page = browser.get(page.headers["Location"])
    form = wishes | {"csrf_token": browser.token(), "code": totp_code(anna.totp)}
    page = post(browser, f"{urlsplit(page.address).path}?{query}", form)
    assert page.headers["Location"] == "/mijn/applicaties"
    for address in ("/", "/mijn/applicaties", "/uitloggen", "/oauth2/logout", "/uitgelogd"):
        stays_here(browser.get(f"{address}?{query}"))


@ONE
def test_no_header_makes_us_another_host(house: House) -> None:
    browser = house.browser(headers=CLAIMS_TO_BE)
    anna = add_person(house, totp=True)
    pages = [
        browser.get(address)
        for address in ("/", "/2fa", "/bestaat-niet", "/uitloggen", "/mijn/applicaties")
    ]
    pages.append(sign_in(house, browser, anna))
    assert browser.page.name == "portal"
    for page in pages:
        stays_here(page)
        assert "elders.example" not in page.html + str(page.headers), page
        assert page.headers.get("Strict-Transport-Security") is None
    document = browser.get("/.well-known/openid-configuration").json
    assert document["issuer"] == ISSUER
    assert "elders.example" not in str(document)
