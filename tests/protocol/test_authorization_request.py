"""The checks of an authorization request: what is refused, where the refusal goes, and in which words."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from idp.audit import Event
from idp.database import db
from idp.models import Client
from idp.oidc import checks
from idp.oidc.registered import forget
from tests.protocol.relying_party import CALLBACK, ISSUER, LOW, Provider, RelyingParty
from tests.support.journeys import House, Visitor

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def on_our_page(page: Any) -> bool:
    """Whether the refusal stayed with us: a page of ours, and no redirect at all."""
    if page.status != 400 or page.error != "client-request" or page.left_for or len(page.hops) > 1:
        return False
    return bool(page.text("kenmerk"))


# --- before the return address is trusted ----------------------------------------------------------------------------


@ONE
def test_an_unknown_client_or_address_never_leads_to_a_redirect(provider: Provider) -> None:
    shop = provider.application(redirect_uri="http://localhost:8401/callback?winkel=1")
    right = shop.redirect_uri
    wrong: list[dict[str, str | None]] = [
        {"client_id": None},
        {"client_id": ""},
        {"client_id": "onbekend"},
        {"client_id": shop.client_id.upper()},
        {"client_id": shop.client_id + " "},
        {"client_id": 'c"<b>\x00'},
        {"client_id": "c" * 5000},
        {"redirect_uri": None},
        {"redirect_uri": ""},
        *(
            {"redirect_uri": address}
            for address in (
                right + "&meer=1",
                right.partition("?")[0],
                right.replace("callback", "callback/"),
                right.replace("callback", "Callback"),
                right.replace("callback", "%63allback"),
                right.replace("callback", "x/../callback"),
                right.replace("http", "https"),
                right.replace("http", "HTTP"),
                right.replace("localhost", "LOCALHOST"),
                right.replace("localhost", "gast@localhost"),
                right.replace("localhost", "localhost.elders.example"),
                right.replace(":8401", ":8402"),
                right.replace(":8401", ""),
                right + "#deel",
                right + "\r\nSet-Cookie: x=1",
                right + '"',
                right + "\x00",
                "javascript:alert(1)",
                "//elders.example/callback",
                "/callback",
                "http://elders.example/callback",
            )
        ),
    ]
    for changes in wrong:
        for prompt in (None, "none"):
            assert on_our_page(shop.visit(provider.browser(), **changes, prompt=prompt)), changes


@ONE
def test_a_repeated_client_or_address_never_leads_to_a_redirect(provider: Provider) -> None:
    shop = provider.application()
    for twice in ({"client_id": shop.client_id}, {"redirect_uri": shop.redirect_uri}):
        page = provider.browser().get(f"{shop.address()}&{urlencode(twice)}")
        assert on_our_page(page), twice


@ONE
def test_the_page_says_which_parameter_is_at_fault_and_nothing_of_what_was_sent(
    provider: Provider,
) -> None:
    shop = provider.application()
    page = shop.visit(provider.browser(), redirect_uri="http://elders.example/<script>")
    assert "redirect_uri" in page.html
    assert "elders" not in page.html
    [refused] = provider.events(Event.AUTHORIZATION_REFUSED)
    assert (refused.reference, refused.client_id) == (page.text("kenmerk"), shop.client_id)


@ONE
def test_a_client_of_a_profile_that_is_not_offered_here_is_no_client(
    provider: Provider, house: House
) -> None:
    shop = provider.application()
    with house.inside():
        db.session.get_one(Client, shop.client_id).profile = "fapi9"
        forget(shop.client_id)
    assert on_our_page(shop.visit(provider.browser()))


# --- from here on, refusals travel -----------------------------------------------------------------------------------


def refusal(shop: RelyingParty, browser: Visitor, **changes: str | None) -> str:
    """The error that came back over the redirect address, with `state` and `iss` and no code."""
    answer = shop.ask(browser, **changes)
    assert set(answer) <= {"error", "error_description", "state", "iss"}, answer
    said = answer.get("error_description", "")
    assert all(" " <= char <= "~" and char not in '"\\' for char in said)
    assert answer.get("state") == changes.get("state", shop.state)
    return answer["error"]


@ONE
def test_each_wrong_parameter_gets_the_error_of_its_standard(provider: Provider) -> None:
    shop = provider.application(scopes=("openid", "profile"))
    browser = provider.browser(provider.person())
    cases: list[tuple[str, dict[str, str | None]]] = [
        ("invalid_request", {"response_type": None}),
        *(
            ("unsupported_response_type", {"response_type": value})
            for value in (
                "token",
                "id_token",
                "code id_token",
                "code token",
                "none",
                'code"',
                "<b>",
            )
        ),
        *(
            ("invalid_request", {"response_mode": value})
            for value in ("fragment", "query.jwt", "x")
        ),
        ("invalid_request", {"scope": None}),
        ("invalid_request", {"scope": "profile"}),
        ("invalid_scope", {"scope": "openid email"}),
        ("invalid_request", {"code_challenge": None, "code_challenge_method": None}),
        ("invalid_request", {"code_challenge": None}),
        ("invalid_request", {"code_challenge_method": None}),
        ("invalid_request", {"code_challenge_method": "plain"}),
        ("invalid_request", {"code_challenge_method": "s256"}),
        *(
            ("invalid_request", {"code_challenge": value})
            for value in ("a" * 42, "a" * 44, "a" * 42 + "!", "a" * 42 + "=")
        ),
        *(
            ("invalid_request", {"prompt": value})
            for value in ("none login", "none consent", "create", "NONE", "login create")
        ),
        *(("invalid_request", {"max_age": value}) for value in ("-1", "1.5", "x", "١", "9" * 10)),
        *(
            ("invalid_request", {"claims": value})
            for value in (
                "x",
                "[]",
                '"a"',
                '{"id_token": []}',
                '{"id_token": {"name": 1}}',
                '{"userinfo": "x"}',
                '{"id_token": {"acr": {"values": "x"}}}',
                "[" * 5000,
                '{"id_token":{"name":null},' + '"x":1,' * 2000 + '"y":2}',
            )
        ),
        *(("invalid_request", {"id_token_hint": value}) for value in ("x", "a.b.c", "x" * 20_000)),
        ("request_not_supported", {"request": "eyJhbGciOiJub25lIn0.e30."}),
        ("invalid_request_uri", {"request_uri": "https://app.example/object"}),
        ("registration_not_supported", {"registration": "{}"}),
        *(
            ("invalid_request", {name: value})
            for name in (
                "nonce",
                "scope",
                "prompt",
                "max_age",
                "acr_values",
                "login_hint",
                "ui_locales",
            )
            for value in ("a\x00b", "a\nb", "a\x7fb")
        ),
        ("invalid_request", {"nonce": "n" * 2049}),
    ]
    for expected, changes in cases:
        assert refusal(shop, browser, **changes) == expected, changes


@ONE
def test_a_state_that_nobody_could_want_back_is_not_sent_back(provider: Provider) -> None:
    shop = provider.application()
    answer = shop.ask(provider.browser(), state="a\r\nb")
    assert (answer["error"], answer.get("state")) == ("invalid_request", None)
    assert shop.ask(provider.browser(), state="s" * 2049)["error"] == "invalid_request"


@ONE
@pytest.mark.parametrize(
    "name", ["scope", "state", "nonce", "response_type", "code_challenge", "prompt"]
)
def test_a_repeated_parameter_is_refused(provider: Provider, name: str) -> None:
    shop = provider.application()
    value = shop.request(prompt="login")[name]
    page = provider.browser().get(f"{shop.address(prompt='login')}&{name}={quote(value)}")
    answer = shop.answer(page)
    assert answer["error"] == "invalid_request"
    assert answer.get("state") == (None if name == "state" else shop.state)


@ONE
def test_what_we_do_not_know_is_ignored(provider: Provider) -> None:
    shop = provider.application()
    browser = provider.browser(provider.person())
    for extra in (
        {"foo": "bar"},
        {"display": "popup"},
        {"display": "hologram"},
        {"claims_locales": "se"},
        {"ui_locales": "se"},
        {"login_hint": "buffy@localhost"},
        {"login_hint": "x" * 5000},
        {"vtr": "P1"},
        {"audience": "https://api.example"},
        {"acr_values": "1 2"},
        {"prompt": ""},
        {"max_age": ""},
        {
            "claims": '{"userinfo": {"given_name": {"essential": true}, "https://x/y": null}, "elders": 1}'
        },
    ):
        assert "code" in shop.ask(browser, **extra), extra
    assert "code" in shop.answer(browser.get(f"{shop.address()}&foo=1&foo=2"))
    assert shop.tokens(browser, scope="openid offline_access groepen")["scope"] == "openid"


@ONE
def test_state_and_nonce_come_back_byte_for_byte(provider: Provider) -> None:
    shop = provider.application()
    browser = provider.browser(provider.person())
    for value in ("a+b%20c&d=e;f/?#", "é€😀 ü", "s" * 2048, "<b>\"'", "%00%0d%0a"):
        shop.state = shop.nonce = value
        answer = shop.ask(browser)
        assert answer["state"] == value
        claims = shop.verified(shop.redeem(answer["code"]).get_json()["id_token"])
        assert claims["nonce"] == value


@ONE
def test_without_state_or_nonce_there_is_none_in_the_answer(provider: Provider) -> None:
    shop = provider.application()
    answer = shop.ask(provider.browser(provider.person()), state=None, nonce=None)
    assert "state" not in answer
    assert "nonce" not in shop.verified(shop.redeem(answer["code"]).get_json()["id_token"])


@ONE
def test_a_query_in_the_registered_address_stays(provider: Provider) -> None:
    shop = provider.application(redirect_uri=f"{CALLBACK}?winkel=1&tak=a%20b")
    browser = provider.browser(provider.person())
    for page in (shop.visit(browser), shop.visit(browser, response_type="token")):
        assert page.left_for is not None
        assert page.left_for.startswith(f"{shop.redirect_uri}&")


@ONE
def test_every_redirect_is_a_303_and_kept_by_nobody(provider: Provider) -> None:
    shop = provider.application()
    for browser in (provider.browser(), provider.browser(provider.person())):
        answer = browser.get(shop.address(), follow=False)
        assert (answer.status, answer.headers["Cache-Control"]) == (303, "no-store")


# --- profiles --------------------------------------------------------------------------------------------------------


@ONE
def test_a_public_client_never_does_without_a_challenge(provider: Provider) -> None:
    shop = provider.application(auth_method="none", is_test=True)
    none = {"code_challenge": None, "code_challenge_method": None}
    assert refusal(shop, provider.browser(), **none) == "invalid_request"
    assert (
        provider.application(None, is_test=True).visit(provider.browser(), **none).name == "login"
    )


@ONE
def test_nlgov_wants_state_nonce_and_challenge_of_full_length(provider: Provider) -> None:
    shop = provider.nlgov()
    browser = provider.browser(provider.person())
    for changes in (
        {"state": None},
        {"nonce": None},
        {"state": "s" * 21},
        {"nonce": "n" * 21},
        {"code_challenge": None, "code_challenge_method": None},
        {"scope": "applicaties"},
    ):
        assert refusal(shop, browser, **changes) == "invalid_request", changes
    shop.state, shop.nonce = "s" * 22, "n" * 22
    assert "code" in shop.ask(browser)


@ONE
def test_nlgov_gives_the_profile_scope_only_to_those_who_registered_it(provider: Provider) -> None:
    usual = provider.nlgov(scopes=("openid", "applicaties"))
    allowed = provider.nlgov(None, scopes=("openid", "profile"))
    browser = provider.browser(provider.person())
    assert refusal(usual, browser, scope="openid profile") == "invalid_scope"
    assert "code" in allowed.ask(browser, scope="openid profile")


@ONE
def test_a_level_that_nobody_reaches_here(provider: Provider) -> None:
    """nlgov: always an error. basic: only when it is essential (OpenID Connect Core section 5.5.1.1)."""
    high = "http://eidas.europa.eu/LoA/high"
    essential = '{"id_token":{"acr":{"essential":true,"value":"%s"}}}'
    governed, basic = provider.nlgov(), provider.application(None)
    browser = provider.browser(provider.person())
    for value in (high, "urn:onbekend", "phrh"):
        assert refusal(governed, browser, acr_values=value) == "unmet_authentication_requirements"
        assert (
            refusal(basic, browser, claims=essential % value) == "unmet_authentication_requirements"
        )
        assert "code" in basic.ask(browser, acr_values=value)
    silent = {"prompt": "none", "acr_values": high}
    assert refusal(governed, provider.browser(), **silent) == "unmet_authentication_requirements"
    assert "code" in governed.ask(browser, acr_values=f"{high} {LOW}")


# --- form_post and POST ----------------------------------------------------------------------------------------------


@ONE
def test_form_post_carries_answers_and_errors_in_a_form(provider: Provider) -> None:
    shop = provider.application()
    shop.state = '"><script>é & b'
    browser = provider.browser(provider.person())
    shop.visit(browser, response_mode="form_post")
    assert browser.page.name == "form-post"
    assert browser.page.headers["Cache-Control"] == "no-store"
    sent = browser.submit("volgende").posted
    assert set(sent) == {"code", "state", "iss"}
    assert (sent["state"], sent["iss"]) == (shop.state, ISSUER)
    assert browser.page.left_for == shop.redirect_uri
    assert shop.redeem(sent["code"]).status_code == 200
    shop.visit(browser, response_mode="form_post", prompt="none login")
    assert browser.submit("volgende").posted["error"] == "invalid_request"


@ONE
def test_a_post_from_another_site_signs_in_without_a_question(provider: Provider) -> None:
    """Such a post brings no cookies: the request is kept, and the browser comes again by GET."""
    shop, browser = provider.application(), provider.browser(provider.person())
    stranger = provider.house.browser()
    answer = stranger.send("POST", "/oauth2/authorize", **shop.request())
    assert (answer.status, stranger.cookie("__Host-idp_browser")) == (303, None)
    kept = answer.headers["Location"]
    assert kept.startswith("/oauth2/authorize/")
    assert "code" in shop.answer(browser.get(kept))


@ONE
def test_a_post_may_say_what_an_address_cannot(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    shop.state, shop.nonce = "s" * 2048, "n" * 2048
    sent = shop.request(claims='{"userinfo":{"name":null}}', login_hint="h" * 8000)
    page = browser.send("POST", "/oauth2/authorize", follow=True, **sent)
    assert shop.answer(page)["state"] == shop.state


@ONE
@pytest.mark.parametrize("name", sorted(checks.LONGEST))
def test_what_is_too_long_is_refused_at_the_client(provider: Provider, name: str) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    sent = shop.request(**{name: "x" * (checks.LONGEST[name] + 1)})
    answer = shop.answer(browser.send("POST", "/oauth2/authorize", follow=True, **sent))
    assert answer["error"] == "invalid_request"
    assert answer["error_description"].startswith("a parameter is too long")


@ONE
def test_a_posted_request_is_checked_like_any_other(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser()
    page = browser.send(
        "POST", "/oauth2/authorize", **shop.request(redirect_uri="https://elders.example")
    )
    assert on_our_page(page)
    page = browser.send("POST", "/oauth2/authorize", **shop.request(prompt="none login"))
    assert shop.answer(page)["error"] == "invalid_request"
    page = browser.send("POST", "/oauth2/authorize", follow=True, **shop.request(prompt="none"))
    assert shop.answer(page)["error"] == "login_required"
    assert on_our_page(browser.send("POST", shop.address()))
