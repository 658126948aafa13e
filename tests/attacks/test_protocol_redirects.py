"""Attacks through what is sent: open redirects, header and markup injection, odd characters everywhere."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest

from tests.protocol.relying_party import AFTERWARDS, ISSUER, Provider
from tests.support.journeys import House
from tests.support.pages import Page
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ELSEWHERE = (
    "https://elders.example",
    "https://elders.example/callback",
    "//elders.example",
    "/\\elders.example",
    "\\\\elders.example",
    "https:elders.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost:8401@elders.example/callback",
    "http://localhost:8401.elders.example/callback",
    "http://localhost:8401/callback@elders.example",
    "http://localhost:8401\\@elders.example/callback",
    "http://elders.example#http://localhost:8401/callback",
    "http://localhost:8401/callback\t",
    " http://localhost:8401/callback",
    "http://localhost:8401/callback%0d%0aLocation:%20https://elders.example",
)
ODD = (
    '"',
    "'",
    "\\",
    "<script>",
    "\x00",
    "\r\nX-Gekraakt: 1",
    "\x1b[2J",
    "%00",
    "é",
    "\u202e",
    "😀",
    "\ud7ff",
    "a" * 3000,
    "{{7*7}}",
    "' OR 1=1 --",
)
KNOWN = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce"),
    *("code_challenge", "code_challenge_method", "prompt", "max_age", "acr_values", "claims"),
    *("login_hint", "id_token_hint", "ui_locales", "display", "request", "request_uri", "onbekend"),
)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


@ONE
def test_no_parameter_of_any_endpoint_leads_a_browser_elsewhere(provider: Provider) -> None:
    """BCP-2.1: every parameter that could name an address, with addresses that are nobody's."""
    shop, anna = provider.application(), provider.person()
    hint = shop.tokens(provider.browser(anna))["id_token"]
    starts = [
        "/oauth2/authorize?prompt=none",
        f"/oauth2/authorize?client_id={shop.client_id}&response_type=code",
        shop.address(redirect_uri=None),
        "/oauth2/logout?client_id={shop.client_id}",
        f"/oauth2/logout?id_token_hint={hint}",
    ]
    names = (
        "redirect_uri",
        "post_logout_redirect_uri",
        "returnTo",
        "target_link_uri",
        "next",
        "state",
    )
    browser = provider.browser()
    for start in starts:
        for value in ELSEWHERE:
            everywhere = "".join(f"&{name}={quote(value, safe='')}" for name in names)
            answer = browser.send("GET", start + everywhere)
            location = urlsplit(answer.headers.get("Location", ""))
            assert location.netloc in {"", "localhost:8400"}, (start, value)
            assert "elders" not in answer.headers.get("Content-Security-Policy", "")


def test_no_character_in_any_parameter_breaks_us(provider: Provider) -> None:
    """Never a 500, never a header or markup of somebody else's making."""
    shop, browser = provider.application(), provider.browser(provider.person())
    for value in ODD:
        for name in KNOWN:
            unharmed(browser.send("GET", shop.address(**{name: value})), value)
        unharmed(browser.send("GET", shop.address(response_mode="form_post", state=value)), value)
        everything = shop.request() | dict.fromkeys(KNOWN[2:], value)
        unharmed(browser.send("POST", "/oauth2/authorize", **everything), value)
        unharmed(browser.send("POST", "/oauth2/authorize", **shop.request(state=value)), value)


def unharmed(page: Page, value: str) -> None:
    """No failure of ours, and nothing of what was sent became a header or markup."""
    assert page.status < 500, value
    assert "X-Gekraakt" not in page.headers
    assert "<script>" not in page.html


def test_no_character_at_the_token_endpoint_breaks_us(provider: Provider) -> None:
    shop = provider.application(auth_method="client_secret_post")
    fields = (
        "grant_type",
        "redirect_uri",
        "code_verifier",
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    )
    for name in fields:
        for value in ODD:
            answer = shop.redeem("x" * 43, **{name: value})
            assert 400 <= answer.status_code < 500, (name, value)
            assert answer.mimetype == "application/json"
            assert value not in answer.get_json().get("error_description", "")
            assert shop.redeem(value).status_code == 400


def test_no_character_at_userinfo_logout_or_a_kept_address_breaks_us(
    provider: Provider, house: House
) -> None:
    client, shop = house.app.test_client(), provider.application()
    for value in ODD:
        sent = quote(value, safe="")
        for name in (
            "id_token_hint",
            "client_id",
            "post_logout_redirect_uri",
            "state",
            "ui_locales",
        ):
            for method in ("get", "post"):
                answer = getattr(client, method)(f"/oauth2/logout?{name}={sent}", base_url=ISSUER)
                assert answer.status_code < 500, (name, value)
            assert (
                client.post("/oauth2/logout", base_url=ISSUER, data={name: value}).status_code < 500
            )
        assert client.get(f"/oauth2/authorize/{sent}", base_url=ISSUER).status_code < 500
        for answer in (shop.revoke(value), shop.introspect(value), shop.refresh(value)):
            assert answer.status_code in {200, 400}, value
        assert (
            client.post(
                "/oauth2/userinfo", base_url=ISSUER, data={"access_token": value}
            ).status_code
            == 401
        )


@ONE
def test_the_answer_never_goes_to_an_address_that_was_withdrawn(
    provider: Provider, house: House
) -> None:
    from idp.oidc import clients

    shop, browser = provider.application(), provider.browser(provider.person())
    with house.inside():
        clients.update(shop.client_id, redirect_uris=["http://localhost:8401/nieuw"], actor="test")
    page = shop.visit(browser)
    assert (page.error, page.left_for) == ("client-request", None)


@ONE
def test_form_post_goes_to_the_registered_address_and_the_policy_says_so(
    provider: Provider,
) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    page = shop.visit(
        browser, response_mode="form_post", state='"><form action="https://elders.example">'
    )
    [form] = [form for form in page.forms if form.get("method") == "post"]
    assert form.get("action") == shop.redirect_uri
    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' http://localhost:8401;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "elders" not in policy


@ONE
def test_a_picture_on_another_site_signs_nobody_out(provider: Provider) -> None:
    """OIDC-10: `<img src=…/oauth2/logout>`, with and without another person's hint."""
    shop, anna, mallory = provider.application(), provider.person(), provider.person("m.allory")
    foreign_hint = shop.tokens(provider.browser(mallory))["id_token"]
    browser = provider.browser(anna)
    for address in (
        "/oauth2/logout",
        f"/oauth2/logout?post_logout_redirect_uri={AFTERWARDS}",
        f"/oauth2/logout?id_token_hint={foreign_hint}",
    ):
        browser.send(
            "GET", address, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}
        )
        browser.send("POST", address, headers={"Sec-Fetch-Site": "cross-site"})
    assert "code" in shop.ask(browser, prompt="none")


@ONE
def test_the_confirmation_of_a_sign_out_cannot_be_posted_from_elsewhere(provider: Provider) -> None:
    shop, browser = provider.application(), provider.browser(provider.person())
    token = browser.get("http://localhost:8400/oauth2/logout") and browser.token()
    for headers in (
        {"Origin": "https://elders.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        browser.send("POST", "/oauth2/logout", headers=headers, csrf_token=token, actie="uitloggen")
        assert "code" in shop.ask(browser, prompt="none"), headers
    browser.send("POST", "/oauth2/logout", csrf_token=token, actie="uitloggen")
    assert "error" in shop.ask(browser, prompt="none")
