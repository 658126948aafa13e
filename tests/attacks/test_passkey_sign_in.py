"""A passkey on the sign-in page: only in a browser that knows its account, only verified, once; and nothing is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from idp.accounts import credentials, passwords
from idp.clock import Standing
from idp.database import db
from idp.flows import known_browsers
from idp.flows.known_browsers import COOKIE, KEYED_COOKIE
from idp.mfa import key_challenges, seeding
from idp.models import AuditEvent, KeyChallenge, Session
from idp.throttle import SIGN_IN
from tests.attacks.key_holders import ELSEWHERE, Options, asked, reasons, with_a_key
from tests.attacks.test_security_keys import at_once
from tests.support.journeys import (
    NOW,
    House,
    Person,
    Visitor,
    account_of,
    add_person,
    house_of_this_worker,
    identify,
    sign_in,
)
from tests.support.pages import Page
from tests.support.run import Run
from tests.support.software_key import PRESENT, USUAL, SoftwareKey, options_on

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house that offers passkeys on the sign-in page; once on each database."""
    return house_of_this_worker(database_url, run, passkey_sign_in=True)


def at_home(
    house: House, username: str = "anna", **kind: Any
) -> tuple[Person, SoftwareKey, Visitor]:
    """Somebody with a key, and the browser in which they signed in completely; on its sign-in page again."""
    person, key = with_a_key(house, username, **kind)
    browser, options = asked(house, person)
    assert browser.submit("volgende", sleutel=key.use(options)).name == "portal"
    browser.forget("__Host-idp_session")
    browser.get("/")
    return person, key, browser


def field(page: Page) -> Any:
    """The hidden field that the script looks for; `None` where nothing is offered."""
    fields = page.document.descendants("input")
    return next((one for one in fields if one.get("name") == "sleutel"), None)


def fill_in(browser: Visitor, answer: str, page: Page | None = None, **more: str) -> Page:
    """What the script does with the answer of a device."""
    offered = field(page or browser.page)
    token = offered.get("data-token")
    return browser.send(
        "POST",
        offered.get("data-autofill"),
        follow=True,
        csrf_token=token,
        sleutel=answer,
        **more,
    )


def refused(page: Page) -> None:
    """The one plain answer."""
    assert (page.name, page.error, page.status) == ("login", "login-failed", 422), page


def sessions(house: House) -> int:
    with house.inside():
        return db.session.query(Session).filter(Session.ended_at.is_(None)).count()


def test_a_passkey_signs_in_where_its_account_is_known(house: House) -> None:
    anna, key, browser = at_home(house)
    options = options_on(browser.page)
    assert options["userVerification"] == "required"
    assert options.get("allowCredentials", []) == []
    assert fill_in(browser, key.use(options)).name == "portal"
    with house.inside():
        done = db.session.query(AuditEvent).filter_by(event="sign-in-completed").all()[-1]
        assert (done.account_id, done.details["how"]) == (anna.id, ["passkey", "webauthn"])
    assert len(reasons(house, "passkey-accepted")) == 1
    assert len(reasons(house, "new-device")) == 1, "of the first sign-in"


def test_a_strange_browser_gets_no_challenge_and_a_page_without_any_trace(house: House) -> None:
    """Nor one with only a mark, only the second cookie, or those of a browser that had no key."""
    anna, _key, home = at_home(house)
    ben = add_person(house, "ben", totp=True)
    bens = house.browser()
    assert sign_in(house, bens, ben).name == "portal"
    bens.forget("__Host-idp_session")
    marked, keyed, mixed = house.browser(), house.browser(), house.browser()
    marked.take_over(home, COOKIE)
    keyed.take_over(home, KEYED_COOKIE)
    mixed.take_over(home, KEYED_COOKIE)
    mixed.take_over(bens, COOKIE)
    with house.inside():
        before = db.session.query(KeyChallenge).count()
    for browser in (house.browser(), bens, marked, keyed, mixed):
        page = browser.get("/")
        assert (page.name, field(page)) == ("login", None)
        assert page.at("gebruikersnaam").get("autocomplete") == "username"
    with house.inside():
        assert db.session.query(KeyChallenge).count() == before
    assert field(home.get("/")) is not None
    assert anna.id not in str(home.cookie(KEYED_COOKIE))


@ONE
def test_the_cookie_tells_nothing_and_goes_with_the_key(house: House, time: Standing) -> None:
    anna, key = with_a_key(house)
    with house.inside():
        seeding.add_totp(account_of(anna), "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    browser = house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="webauthn")
    browser.submit("volgende", sleutel=key.use(options_on(browser.page)))
    assert browser.page.name == "portal"
    given = [one for one in house.answers[-2].all("Set-Cookie") if one.startswith(KEYED_COOKIE)]
    assert len(given) == 1
    assert re.fullmatch(r"[0-9a-f]{48}", browser.cookie(KEYED_COOKIE) or "")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(given[0].split("; "))
    browser.forget("__Host-idp_session")
    with house.inside():
        keys = [each for each in credentials.of_account(anna.id) if each.kind == "webauthn"]
        db.session.delete(keys[0])
        db.session.commit()
    identify(browser, anna)
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(NOW)
    assert browser.submit("volgende", code=code).name == "portal"
    assert not browser.cookie(KEYED_COOKIE)


def test_what_is_offered_names_no_account(house: House) -> None:
    """Two people's browsers get the same page but for random values."""
    pages = []
    for name in ("anna", "bram"):
        _person, _key, browser = at_home(house, name)
        text = browser.page.html
        pages.append(re.sub(r"[A-Za-z0-9_-]{43}|[0-9a-f]{32}", "…", text))
    assert pages[0] == pages[1]


Bend = Callable[[House, Person, SoftwareKey, Options], str]
#: What is wrong → the answer that is sent, and what the audit trail says of it.
BENT: dict[str, tuple[Bend, str]] = {
    "not verified": (
        lambda _h, _p, key, options: key.use(options, flags=PRESENT),
        "the key did not make sure who held it",
    ),
    "no user handle": (
        lambda _h, _p, key, options: _without_handle(key, options),
        "no user handle, or another one than the key's",
    ),
    "another user handle": (
        lambda _h, _p, key, options: key.use(options, handle="AAAA"),
        "no user handle, or another one than the key's",
    ),
    "another origin": (
        lambda _h, _p, key, options: key.use(options, origin=ELSEWHERE),
        "made on another origin",
    ),
    "another rp": (
        lambda _h, _p, key, options: key.use(options, rp_id="elders.example"),
        "not verified: InvalidAuthenticationResponse",
    ),
    "an unknown key": (
        lambda _h, _p, key, options: key.use(options, key_id=b"x" * 32),
        "not a key of anybody here",
    ),
    "another signature": (
        lambda _h, _p, key, options: key.use(options, signature=b"verkeerd"),
        "not verified: InvalidAuthenticationResponse",
    ),
    "a cloned counter": (
        lambda _h, _p, key, options: key.use(options, sign_count=1),
        "the counter of the key stood still or went back",
    ),
    "another backup flag": (
        lambda _h, _p, key, options: key.use(options, flags=USUAL | 0x08),
        "the flag for backup eligibility has changed",
    ),
    "no challenge of ours": (
        lambda _h, _p, key, options: key.use(options, challenge="A" * 43),
        "the challenge is unknown here, spent or too old",
    ),
    "no answer at all": (lambda _h, _p, _k, _o: "onzin", "unreadable: JSONDecodeError"),
}


def _without_handle(key: SoftwareKey, options: Options) -> str:
    handle, key.handle = key.handle, None
    answer = key.use(options)
    key.handle = handle
    return answer


@pytest.mark.parametrize("what", BENT)
def test_every_bent_answer_gets_the_same_plain_page(house: House, what: str) -> None:
    anna, key, browser = at_home(house)
    bend, why = BENT[what]
    options = options_on(browser.page)
    page = fill_in(browser, bend(house, anna, key, options), relatienummer="1", gebruikersnaam="x")
    refused(page)
    assert (page.at("relatienummer").get("value"), page.at("gebruikersnaam").get("value")) == (
        "1",
        "x",
    )
    assert reasons(house, "sign-in-failed") == [why]
    assert sessions(house) == 1, "of the first sign-in"
    key.sign_count = 9  # whatever it counted
    assert fill_in(browser, key.use(options_on(page)), page).name == "portal"


Spoil = Callable[[House, Person], None]


def _block(_house: House, anna: Person) -> None:
    account_of(anna).blocked_at = NOW  # and nothing else: a block ends the mark of the browser too


def _block_relation(_house: House, anna: Person) -> None:
    account_of(anna).relation.blocked_at = NOW


def _start_password(_house: House, anna: Person) -> None:
    account_of(anna).password_is_temporary = True


def _new_password(_house: House, anna: Person) -> None:
    passwords.set_password(account_of(anna), "een heel ander wachtwoord", temporary=False)
    account_of(anna).browsers_epoch += 1


def _remove_key(_house: House, anna: Person) -> None:
    account = account_of(anna)
    for credential in credentials.of_account(account.id):
        db.session.delete(credential)


@pytest.mark.parametrize(
    "spoil", [_block, _block_relation, _start_password, _new_password, _remove_key]
)
def test_an_account_that_may_not_come_in_this_way_gets_it_too(house: House, spoil: Spoil) -> None:
    anna, key, browser = at_home(house)
    options = options_on(browser.page)
    with house.inside():
        spoil(house, anna)
        db.session.commit()
    refused(fill_in(browser, key.use(options)))
    assert not reasons(house, "passkey-accepted")


def test_an_answer_works_once_and_in_its_own_sign_in(house: House) -> None:
    _anna, key, browser = at_home(house, counts=False)
    first = browser.page
    answer = key.use(options_on(first))
    second = browser.get("/")
    refused(fill_in(browser, answer, second))
    assert fill_in(browser, answer, first).name == "portal"
    browser.forget("__Host-idp_session")
    assert fill_in(browser, answer, first).error == "out-of-turn"
    refused(fill_in(browser, answer, browser.get("/")))
    assert len(reasons(house, "passkey-accepted")) == 1


def test_an_answer_is_of_its_own_browser(house: House) -> None:
    _anna, annas, home = at_home(house)
    _bram, brams, elsewhere = at_home(house, "bram")
    answer = annas.use(options_on(home.page))
    assert fill_in(elsewhere, answer, home.page).error in {"out-of-turn", "other-browser"}
    refused(fill_in(elsewhere, answer, elsewhere.get("/")))
    refused(fill_in(elsewhere, annas.use(options_on(elsewhere.get("/")))))
    assert reasons(house, "sign-in-failed")[-1] == "not an account that this browser is known for"
    assert fill_in(elsewhere, brams.use(options_on(elsewhere.get("/")))).name == "portal"


@ONE
def test_a_challenge_is_short_lived_and_bound_to_its_purpose(house: House, time: Standing) -> None:
    anna, key, browser = at_home(house)
    options = options_on(browser.page)
    time.move(key_challenges.LIFETIME)
    refused(fill_in(browser, key.use(options)))
    apart, of_the_step = asked(house, anna)
    refused(fill_in(browser, key.use(of_the_step), browser.get("/")))
    ours = options_on(browser.get("/"))
    page = apart.submit("volgende", sleutel=key.use(ours))
    assert (page.name, page.error) == ("second-factor", "key-failed")


@ONE
def test_another_site_cannot_send_it(house: House) -> None:
    _anna, key, browser = at_home(house)
    offered = field(browser.page)
    answer = key.use(options_on(browser.page))
    page = browser.send("POST", offered.get("data-autofill"), csrf_token="x" * 43, sleutel=answer)
    assert page.error == "out-of-turn"
    assert fill_in(browser, answer, browser.get("/")).name != "portal"


def test_of_two_at_once_one_wins(house: House) -> None:
    _anna, key, browser = at_home(house, counts=False)
    page, answer = browser.page, key.use(options_on(browser.page))

    def sends() -> Callable[[], str | None]:
        apart = house.browser()
        apart.take_over(browser, "__Host-idp_browser", "__Host-idp_csrf", COOKIE, KEYED_COOKIE)
        return lambda: fill_in(apart, answer, page).name

    names = at_once(sends(), sends())
    assert names.count("portal") == 1, names
    assert len(reasons(house, "passkey-accepted")) == 1


@ONE
def test_failures_are_counted_with_the_wrong_passwords_of_this_browser(house: House) -> None:
    anna, key, browser = at_home(house)
    for _ in range(SIGN_IN.free):
        refused(fill_in(browser, key.use(options_on(browser.get("/")), flags=PRESENT)))
    assert fill_in(browser, key.use(options_on(browser.get("/")))).error == "throttled"
    assert identify(browser, anna).error == "throttled"
    assert identify(house.browser(), anna).name == "second-factor", "strangers are counted apart"


@ONE
def test_keys_that_nobody_has_are_counted_per_browser(house: House) -> None:
    anna, key, browser = at_home(house)
    _bram, _brams, elsewhere = at_home(house, "bram")
    for _ in range(SIGN_IN.free):
        refused(fill_in(browser, SoftwareKey().use(options_on(browser.get("/")))))
    assert fill_in(browser, SoftwareKey().use(options_on(browser.get("/")))).error == "throttled"
    refused(fill_in(elsewhere, SoftwareKey().use(options_on(elsewhere.get("/")))))
    assert fill_in(browser, key.use(options_on(browser.get("/")))).name == "portal", "own counter"
    assert not reasons(house, "account-stopped")
    assert anna


@ONE
def test_switched_off_nothing_is_offered_or_taken(
    database_url: str, run: Run, time: Standing
) -> None:
    house = house_of_this_worker(database_url, run)
    anna, key = with_a_key(house)
    browser, options = asked(house, anna)
    assert browser.submit("volgende", sleutel=key.use(options)).name == "portal"
    assert browser.cookie(KEYED_COOKIE) is None
    browser.forget("__Host-idp_session")
    assert field(browser.get("/")) is None
    time.move(timedelta(minutes=1))
    assert identify(browser, anna).name == "second-factor"
    browser.plant(KEYED_COOKIE, _keyed_cookie(house, browser))
    assert field(browser.get("/")) is None, "nor with the cookie of a time when it was on"


def _keyed_cookie(house: House, browser: Visitor) -> str:
    with house.app.test_request_context(headers={"Cookie": f"{COOKIE}={browser.cookie(COOKIE)}"}):
        return known_browsers.keyed(browser.cookie(COOKIE) or "", has_key=True)
