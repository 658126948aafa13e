"""Signing out on the word of an application: at once for a valid hint, after a question otherwise."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import LoginTransaction
from tests.protocol.relying_party import AFTERWARDS, Provider, RelyingParty, unverified
from tests.support.journeys import House, Visitor, identify
from tests.support.pages import Page

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STATE = "s-" * 64


def sign_out(browser: Visitor, **sent: str) -> Page:
    """The end-session request of an application."""
    return browser.get(f"http://localhost:8400/oauth2/logout?{urlencode(sent)}")


def is_signed_in(shop: RelyingParty, browser: Visitor) -> bool:
    """Whether the browser still has a session."""
    return "code" in shop.ask(browser, prompt="none")


def test_a_valid_hint_signs_out_at_once_and_leads_back_with_state(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    body = shop.tokens(browser)
    page = sign_out(
        browser, id_token_hint=body["id_token"], post_logout_redirect_uri=AFTERWARDS, state=STATE
    )
    assert page.left_for == f"{AFTERWARDS}?state={STATE}"
    assert page.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert browser.cookie("__Host-idp_session") in (None, "")
    assert not is_signed_in(shop, browser)
    assert shop.userinfo(body["access_token"]).status_code == 401
    [asked] = provider.events(Event.LOGOUT_REQUESTED)
    assert asked.client_id == shop.client_id
    assert len(provider.events(Event.SESSION_ENDED)) == 1


@ONE
def test_without_state_none_comes_back(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    hint = shop.tokens(browser)["id_token"]
    page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS)
    assert page.left_for == AFTERWARDS


@ONE
def test_a_hint_works_long_after_it_expired(provider: Provider, time: Standing) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    hint = shop.tokens(browser)["id_token"]
    time.move(timedelta(minutes=25))
    page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS)
    assert page.left_for == AFTERWARDS


@ONE
def test_a_hint_without_an_address_ends_on_our_page(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    page = sign_out(browser, id_token_hint=shop.tokens(browser)["id_token"])
    assert (page.name, page.status) == ("logged-out", 200)
    assert not is_signed_in(shop, browser)


@ONE
def test_addresses_are_compared_exactly(provider: Provider) -> None:
    shop = provider.application()
    anna = provider.person()
    for address in (
        f"{AFTERWARDS}?meer=1",
        f"{AFTERWARDS}/",
        AFTERWARDS.upper(),
        "https://elders.example",
        "//elders.example",
        "javascript:alert(1)",
        f"{AFTERWARDS}\r\nX: y",
        f'{AFTERWARDS}"',
        f"{AFTERWARDS}\x00",
    ):
        browser = provider.browser(anna)
        hint = shop.tokens(browser)["id_token"]
        page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=address, state=STATE)
        assert page.left_for is None, address
        assert page.name in {"logged-out", "error"}


@ONE
def test_without_a_hint_the_person_is_asked_and_nobody_is_sent_anywhere(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    for sent in (
        {},
        {"state": STATE},
        {"client_id": shop.client_id, "post_logout_redirect_uri": AFTERWARDS},
        {"post_logout_redirect_uri": AFTERWARDS, "state": STATE},
    ):
        browser = provider.browser(anna)
        assert sign_out(browser, **sent).name == "logout"
        assert is_signed_in(shop, browser)
        sign_out(browser, **sent)
        page = browser.submit("uitloggen")
        assert (page.name, page.left_for) == ("logged-out", None)
        assert not is_signed_in(shop, browser)


@ONE
def test_who_stays_stays(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    sign_out(browser)
    browser.submit("blijven")
    assert is_signed_in(shop, browser)


@ONE
def test_a_hint_for_another_session_is_no_reason_to_end_this_one(provider: Provider) -> None:
    """It is a true request all the same, so after the question it leads back."""
    shop, anna = provider.application(), provider.person()
    hint = shop.tokens(provider.browser(anna))["id_token"]
    browser = provider.browser(anna)
    page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS, state="s")
    assert page.name == "logout"
    assert is_signed_in(shop, browser)
    sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS, state="s")
    assert browser.submit("uitloggen").left_for == f"{AFTERWARDS}?state=s"
    assert not is_signed_in(shop, browser)


@ONE
def test_without_a_session_there_is_nothing_to_ask(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    hint = shop.tokens(provider.browser(anna))["id_token"]
    assert sign_out(provider.browser()).name == "logged-out"
    page = sign_out(provider.browser(), id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS)
    assert page.left_for == AFTERWARDS


@ONE
def test_a_client_id_beside_the_hint_must_fit(provider: Provider) -> None:
    shop, other = provider.application(), provider.application(None)
    browser = provider.browser(provider.person())
    hint = shop.tokens(browser)["id_token"]
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": AFTERWARDS}
    assert sign_out(browser, client_id=other.client_id, **sent).name == "logout"
    assert sign_out(browser, client_id=shop.client_id, **sent).left_for == AFTERWARDS


@ONE
def test_a_post_from_an_application_works_like_a_get(provider: Provider) -> None:
    """Another site's post brings no session cookie: the browser comes again by GET, and then it does."""
    shop, browser = provider.application(), provider.browser(provider.person())
    hint = shop.tokens(browser)["id_token"]
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": AFTERWARDS, "state": "a b&c"}
    answer = provider.house.browser().send("POST", "/oauth2/logout", **sent)
    assert answer.status == 303
    page = browser.get("http://localhost:8400" + answer.headers["Location"])
    assert page.left_for == f"{AFTERWARDS}?state=a%20b%26c"
    assert not is_signed_in(shop, browser)


@ONE
def test_a_repeated_parameter_is_refused_on_our_page(provider: Provider) -> None:
    browser = provider.browser(provider.person())
    page = browser.get("http://localhost:8400/oauth2/logout?state=a&state=b")
    assert (page.status, page.error) == (400, "client-request")


@ONE
def test_a_repeated_or_unreadable_parameter_is_refused_in_either_method(provider: Provider) -> None:
    browser = provider.browser(provider.person())
    here = "http://localhost:8400/oauth2/logout"
    assert browser.get(f"{here}?state=a%00b").error == "client-request"
    twice = browser.send("POST", "/oauth2/logout", state=["a", "b"])
    assert (twice.status, twice.error) == (400, "client-request")


@ONE
def test_signing_out_at_an_application_ends_what_the_browser_had_begun(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna, browser = provider.application(), provider.person(), house.browser()
    left = identify(browser, anna).address
    time.move(timedelta(minutes=11))
    browser.get(left)
    provider.sign_in(browser, anna, at=time.moment)
    hint = shop.tokens(browser)["id_token"]

    def is_kept() -> bool:
        with house.inside():
            return any(anna.id in str(each.state) for each in db.session.query(LoginTransaction))

    assert is_kept()
    sign_out(browser, id_token_hint=hint)
    assert not is_kept()


@ONE
def test_the_question_is_asked_in_the_language_of_the_application(provider: Provider) -> None:
    assert sign_out(provider.browser(provider.person()), ui_locales="en").language == "en"


@ONE
def test_the_confirmation_needs_our_own_form(provider: Provider, house: House) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    sign_out(browser)
    for token in ("", "x" * 43):
        page = browser.send("POST", "/oauth2/logout", csrf_token=token, actie="uitloggen")
        assert page.name == "logout"
    assert is_signed_in(shop, browser)


@ONE
def test_a_hint_that_is_not_signed_by_us_counts_as_none(provider: Provider) -> None:
    """Its header changed to `none`, another's key, another kind of token, and no token at all."""
    shop, anna = provider.application(), provider.person()
    stranger = provider.nlgov("wmo")
    for bend in (
        lambda hint: f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{hint.split('.')[1]}.",
        lambda hint: f"{encoded({'alg': 'none'})}.{hint.split('.')[1]}.{hint.split('.')[2]}",
        lambda hint: stranger.assertion(**unverified(hint)[1]),
        lambda hint: stranger.assertion(
            **unverified(hint)[1], header={"kid": unverified(hint)[0]["kid"], "typ": "JWT"}
        ),
        lambda hint: hint[:-4] + "AAAA",
        lambda hint: f"{hint.split('.')[0]}.{encoded({'sub': 'x'})}.{hint.split('.')[2]}",
        lambda hint: "geen-token",
    ):
        browser = provider.browser(anna)
        hint = bend(shop.tokens(browser)["id_token"])
        sent = {"id_token_hint": hint, "post_logout_redirect_uri": AFTERWARDS, "state": STATE}
        assert sign_out(browser, **sent).name == "logout"
        assert is_signed_in(shop, browser)
        sign_out(browser, **sent)
        page = browser.submit("uitloggen")
        assert (page.name, page.left_for) == ("logged-out", None)


@ONE
def test_a_logout_hint_signs_nobody_out(provider: Provider) -> None:
    """It may be anybody's name (section 2): the person is asked, as without one."""
    shop, browser = provider.application(), provider.browser(provider.person())
    page = sign_out(browser, logout_hint="j.devries", client_id=shop.client_id)
    assert page.name == "logout"
    assert is_signed_in(shop, browser)
    hint = shop.tokens(browser)["id_token"]
    page = sign_out(
        browser, id_token_hint=hint, logout_hint="iemand", post_logout_redirect_uri=AFTERWARDS
    )
    assert page.left_for == AFTERWARDS


def encoded(part: dict[str, str]) -> str:
    """One part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
