"""What goes along with every answer, page or error, for people or machines; and that looking changes nothing.

The expectations stand here once more, word for word, because a constant of the house cannot vouch for itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from idp import clock, keyring
from tests.attacks.life import what_counts
from tests.attacks.tour import PLACES, Place, tour
from tests.protocol.relying_party import CALLBACK, Provider
from tests.support.databases import SqliteDatabases
from tests.support.journeys import ISSUER, NOW, Answer, House, Visitor, open_house
from tests.support.mail_server import MailServer
from tests.support.pages import Page, origin_of
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: On everything that leaves the house.
ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
NEVER: Final = (
    *("Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Server", "X-Powered-By"),
    *("Refresh", "Public-Key-Pins", "Content-Location"),
)
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
    "form-action {}; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
NO_PAGE_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PUBLISHED: Final = "public, max-age=604800"
FOR_EVER: Final = "public, max-age=31536000, immutable"
#: The five cookies there are, and what stands behind the value of each.
OURS: Final = {"secure", "httponly", "path=/", "samesite=lax"}
COOKIES: Final = {
    "__Host-idp_browser": OURS,
    "__Host-idp_session": OURS,
    "__Host-idp_csrf": OURS,
    "__Host-idp_known": {*OURS, "max-age=15552000"},
    "idp_taal": {*OURS, "max-age=31536000"},
}
CLEARED: Final = {*OURS, "max-age=0"}
#: Addresses that scripts and machines read: no cookie belongs there.
WITHOUT_COOKIES: Final = re.compile(
    r"/(static|health|\.well-known)/|/oauth2/(jwks|token|userinfo)$"
)
APPLICATION: Final = origin_of(CALLBACK)
FORM_ACTION: Final = re.compile(r"form-action ([^;]*)")


@dataclass(frozen=True)
class Seen:
    """What the tour saw: what browsers showed, and each single answer, redirects included."""

    house: House
    pages: list[Page]
    answers: list[Answer]


@pytest.fixture(scope="module")
def seen(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory, run: Run
) -> Seen:
    """One tour for all who look at it; on one database, for headers do not depend on it."""
    folder = tmp_path_factory.mktemp("tour")
    with clock.standing_at(NOW) as time:
        house = open_house(
            sqlite_databases.migrated(folder),
            folder,
            recovery_codes=True,
            password_by_mail=True,
            **MailServer(port=9).settings,  # nobody listens, and nothing here waits for a mail
        )
        pages = tour(Provider.of(house, run), time)
    return Seen(house, pages, list(house.answers))


# --- the table -------------------------------------------------------------------------------------------------------


def kind_of(answer: Answer) -> str:
    """What an answer is, as far as its headers depend on it."""
    if answer.path.startswith("/static/") and answer.status == HTTPStatus.OK:
        return "file"
    if answer.path == "/oauth2/jwks" or answer.path.startswith("/.well-known/"):
        return "published"
    if (answer.one("Content-Type") or "").startswith("text/html"):
        return "page"
    return "other"


def policy_of(answer: Answer) -> str:
    """The policy with the targets of forms taken out."""
    policy = answer.one("Content-Security-Policy") or ""
    return FORM_ACTION.sub("form-action {}", policy)


def test_every_answer_has_the_headers_of_its_kind(seen: Seen) -> None:
    answers = seen.answers
    assert {kind_of(answer) for answer in answers} == {"file", "published", "page", "other"}
    for answer in answers:
        told = {name: answer.one(name) for name in ALWAYS}
        assert told == ALWAYS, answer
        assert not [name for name in NEVER if answer.all(name)], answer
        assert answer.one("Permissions-Policy"), answer
        assert answer.one("Referrer-Policy") in {"same-origin", "no-referrer"}, answer
        assert answer.one("Strict-Transport-Security") is None  # plain http, on loopback only
        match kind_of(answer):
            case "page":
                assert policy_of(answer) == PAGE_POLICY, answer
                assert answer.one("Cache-Control") == "no-store", answer
                assert answer.one("Cross-Origin-Resource-Policy") == "same-origin", answer
            case "file":
                assert answer.one("Content-Security-Policy") == NO_PAGE_POLICY, answer
                assert answer.one("Cache-Control") == FOR_EVER, answer
            case "published":
                assert answer.one("Content-Security-Policy") == NO_PAGE_POLICY, answer
                assert answer.one("Cache-Control") == PUBLISHED, answer
            case _:
                assert answer.one("Content-Security-Policy") == NO_PAGE_POLICY, answer
                assert "max-age" not in (answer.one("Cache-Control") or ""), answer


def test_the_tour_leaves_no_address_out_and_no_redirect_repeats_a_post(seen: Seen) -> None:
    """RFC 9700 section 4.12: a post is answered with 303, and nothing with 307 or 308."""
    routes = seen.house.app.url_map
    finder = routes.bind("localhost")
    met = {
        finder.match(answer.path, method=answer.method)[0]
        for answer in seen.answers
        if answer.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
        and finder.test(answer.path, method=answer.method)
    }
    assert {rule.endpoint for rule in routes.iter_rules()} - met == set()
    for answer in seen.answers:
        if 300 <= answer.status < 400:
            allowed = {303} if answer.method == "POST" else {302, 303}
            assert answer.status in allowed, answer
            target = urljoin(ISSUER + answer.path, answer.one("Location") or "")
            assert origin_of(target) in {ISSUER, APPLICATION}, answer
    statuses = {answer.status for answer in seen.answers}
    assert {200, 302, 303, 400, 401, 403, 404, 405, 409, 413, 421, 422, 429, 500} <= statuses


def pages_of(seen: Seen) -> list[Page]:
    """The pages that people saw, without redirects and what scripts read."""
    pages = [page for page in seen.pages if page.name is not None]
    assert len({page.name for page in pages}) > 15
    return pages


def test_no_page_holds_anything_that_its_policy_forbids(seen: Seen) -> None:
    for page in pages_of(seen):
        for one in page.document.descendants():
            inline = [name for name in one.attributes if name == "style" or name.startswith("on")]
            assert not inline, f"{inline} on {page}"
            assert one.tag not in {"style", "iframe", "object", "embed", "base"}, page
            assert one.tag != "script" or not one.text, f"a script in {page}"
            for name in ("src", "srcset") + (("href",) if one.tag in {"link", "use"} else ()):
                loaded = one.get(name)
                assert loaded is None or re.match(r"/static/|#", loaded), f"{loaded} on {page}"
            if (href := one.get("href")) is not None:
                assert re.match(r"/(?![/\\])|#|tel:|mailto:|https?:|otpauth:", href), (
                    f"{href} on {page}"
                )
        # Forms of ours need the browser to name us (`Origin: null` is refused); a page without tells nobody anything.
        ours = any(one.get("name") == "csrf_token" for one in page.document.descendants("input"))
        told = page.headers.get("Referrer-Policy")
        assert told == ("same-origin" if ours else "no-referrer"), page
        assert "deze tekst mag niemand lezen" not in page.html
        assert "Traceback" not in page.html


def test_a_form_may_end_at_an_application_only_where_one_waits(seen: Seen) -> None:
    allowed = set()
    for page in pages_of(seen):
        (targets,) = FORM_ACTION.findall(page.headers["Content-Security-Policy"])
        waits = urlsplit(page.address).path.startswith(("/inloggen/", "/oauth2/"))
        assert waits or targets == "'self'", page
        allowed.add(targets)
    assert allowed == {"'self'", f"'self' {APPLICATION}"}


@ONE
def test_over_https_every_answer_asks_for_https_for_a_year(
    time: clock.Standing, database_url: str, tmp_path: Path
) -> None:
    issuer = "https://localhost:8400"
    house = open_house(database_url, tmp_path, issuer=issuer)
    browser = Visitor(house.app, issuer)
    for address in (
        "/",
        "/bestaat-niet",
        "/health/live",
        "/uitloggen",
        "/oauth2/userinfo",
        "/oauth2/token",
    ):
        browser.get(address)
    browser.send("POST", "/2fa")
    browser.send("GET", "http://elders.example/")
    assert {answer.status for answer in house.answers} >= {200, 303, 302, 400, 401, 404, 405}
    for answer in house.answers:
        told = answer.one("Strict-Transport-Security")
        assert told == "max-age=31536000; includeSubDomains", answer


# --- cookies ---------------------------------------------------------------------------------------------------------


def test_every_cookie_has_its_attributes_and_says_nothing(seen: Seen) -> None:
    met = set()
    for answer in seen.answers:
        for cookie in answer.all("Set-Cookie"):
            (name, value), attributes = read(cookie)
            cleared = value == ""
            expires = {one for one in attributes if one.startswith("expires=")}
            assert attributes - expires == (CLEARED if cleared else COOKIES[name]), cookie
            assert not expires or cleared or name in {"idp_taal", "__Host-idp_known"}, cookie
            assert re.fullmatch(
                r"[A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{52}(\.[A-Za-z0-9_-]{52}){0,4}|nl|en|", value
            ), cookie
            assert not WITHOUT_COOKIES.search(answer.path), f"{cookie} at {answer.path}"
            met.add((name, cleared))
    assert met == {(name, False) for name in COOKIES} | {("__Host-idp_session", True)}


def read(cookie: str) -> tuple[tuple[str, str], set[str]]:
    """Name and value, and the attributes, of a `Set-Cookie`."""
    pair, *attributes = (part.strip() for part in cookie.split(";"))
    name, _, value = pair.partition("=")
    return (name, value), {one.lower() for one in attributes}


# --- looking ---------------------------------------------------------------------------------------------------------

#: What a GET may leave behind: a sign-in that waits, and a note that somebody saw an error.
NOTES: Final = {"audit_event", "login_transaction", "authorization_request"}
HARMLESS: Final = {"error-shown", "foreign-browser", "out-of-turn", "authorization-refused"}


@ONE
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_looking_changes_nothing_whatever_stands_in_the_address(house: House, place: Place) -> None:
    """Every address of the house, and all that the page links to, with the fields of its form in the query."""
    with house.inside():
        if not keyring.listing():  # `/health/ready` wants one
            keyring.rotate("ES256", actor="test")
    here = place(house)
    start, target = here.browser.page, here.target
    before = what_counts(house)
    query = urlencode(here.form() | {"_method": "POST"})
    override = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}
    for address in {*addresses_of(house, start), *start.links.values(), start.address}:
        if origin_of(urljoin(ISSUER, address)) == ISSUER:
            asked = f"{address}{'&' if '?' in address else '?'}{query}"
            assert here.browser.send("GET", asked, headers=override).status < 500
    for address in (start.address, ISSUER + target):
        here.browser.send("HEAD", f"{address}?{query}")
    after = what_counts(house)
    assert before - after == set()
    new = after - before
    assert {table for table, _row in new} <= NOTES
    events = {
        re.search(r"\('event', '([a-z-]+)'\)", row) for table, row in new if table == "audit_event"
    }
    assert {found and found.group(1) for found in events} <= HARMLESS
    assert here.browser.get(start.address).name == start.name  # and the person can go on


def addresses_of(house: House, page: Page) -> Iterator[str]:
    """Each address that answers a GET, with what the page's own address says of names in it."""
    login = re.search(r"/inloggen/([0-9a-f]{32})", page.address)
    names = {
        "login_id": login.group(1) if login else "0" * 32,
        "slug": "instellen",
        "which": "0" * 32,
    }
    for rule in house.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        for kind in ("totp", "sms"):
            values = {**names, "kind": kind, "request_id": "0" * 32}
            yield re.sub(r"<(\w+)>", lambda found: values.get(found.group(1), "0" * 32), rule.rule)  # noqa: B023
