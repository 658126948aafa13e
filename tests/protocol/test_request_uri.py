"""Signed requests that lie under an address of the client (OpenID Connect Core section 6.2, RFC 9101)."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote, urlencode

import pytest

from idp import clock, throttle
from idp.database import db
from idp.models import AuthorizationRequest
from idp.oidc import clients
from tests.protocol.relying_party import Provider, RelyingParty, client_key, public
from tests.protocol.request_objects import encrypted_to, signed_request
from tests.support.journeys import Visitor
from tests.support.pages import Page
from tests.support.web_server import WebServer

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATH = "/verzoek.jwt"


@pytest.fixture
def shop(provider: Provider, site: WebServer) -> RelyingParty:
    """A client whose requests may lie at one address."""
    return provider.application(
        auth_method="private_key_jwt", key=client_key(), request_uris=[site.origin + PATH]
    )


@pytest.fixture
def browser(provider: Provider, shop: RelyingParty) -> Visitor:
    """Somebody who signed in, and may use the application."""
    return provider.browser(provider.person())


def opened(browser: Visitor, shop: RelyingParty, uri: str, **beside: str) -> Page:
    """Come with the address of a request."""
    fields = {"client_id": shop.client_id, "request_uri": uri} | beside
    return browser.get(f"/oauth2/authorize?{urlencode(fields, quote_via=quote)}")


def fragment_of(body: str) -> str:
    """What a fragment tells of the content."""
    return base64.urlsafe_b64encode(hashlib.sha256(body.encode()).digest()).decode().rstrip("=")


@pytest.mark.parametrize("kind", ["application/oauth-authz-req+jwt", "text/plain; charset=utf-8"])
def test_a_request_under_a_registered_address_counts(
    browser: Visitor, shop: RelyingParty, site: WebServer, kind: str
) -> None:
    uri = site.put(PATH, signed_request(shop) + "\n", kind=kind)
    page = opened(browser, shop, uri, state="wat ernaast staat telt niet")
    answer = shop.answer(page)
    assert answer["state"] == shop.state
    assert shop.redeem(answer["code"]).status_code == 200
    assert site.visits == [PATH]


@ONE
def test_it_is_fetched_once_even_when_the_person_signs_in_first(
    provider: Provider, shop: RelyingParty, site: WebServer
) -> None:
    uri = site.put(PATH, signed_request(shop))
    anna, browser = provider.person(), provider.browser()
    fields = urlencode({"client_id": shop.client_id, "request_uri": uri})
    assert browser.get(f"/oauth2/authorize?{fields}").name == "login"
    with provider.house.inside():
        kept = db.session.query(AuthorizationRequest).one().id
    site.pages.clear()
    provider.sign_in(browser, anna, at=clock.now())
    assert "code" in shop.answer(browser.get(f"/oauth2/authorize/{kept}"))
    assert site.visits == [PATH]


@pytest.mark.parametrize(
    "uri",
    ["{site}/elders.jwt", "{site}/verzoek.jwt?x=1", "{site}/verzoek.jwt/", "https://elders.nl/x"],
)
def test_an_address_that_is_not_registered_is_never_called(
    browser: Visitor, shop: RelyingParty, site: WebServer, uri: str
) -> None:
    page = opened(
        browser,
        shop,
        uri.format(site=site.origin),
        redirect_uri=shop.redirect_uri,
        state=shop.state,
    )
    assert shop.answer(page)["error"] == "invalid_request_uri"
    assert not site.visits


@ONE
def test_without_a_trusted_address_to_return_to_it_ends_on_our_page(
    browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    page = opened(browser, shop, site.origin + "/elders.jwt")
    assert (page.name, page.error) == ("error", "client-request")
    assert not site.visits


@ONE
@pytest.mark.parametrize("where", ["registered", "sent"])
def test_a_fragment_is_the_digest_of_what_lies_there(
    provider: Provider, browser: Visitor, shop: RelyingParty, site: WebServer, where: str
) -> None:
    body = signed_request(shop)
    uri = f"{site.put(PATH, body)}#{fragment_of(body)}"
    if where == "registered":
        with provider.house.inside():
            clients.update(shop.client_id, actor="test", request_uris=[uri])
    assert "code" in shop.answer(opened(browser, shop, uri))
    site.put(PATH, signed_request(shop, state="anders"))
    page = opened(browser, shop, uri, redirect_uri=shop.redirect_uri)
    assert shop.answer(page)["error"] == "invalid_request_uri"


@ONE
def test_a_registered_digest_cannot_be_left_out(
    provider: Provider, browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    body = signed_request(shop)
    uri = site.put(PATH, body)
    with provider.house.inside():
        clients.update(shop.client_id, actor="test", request_uris=[f"{uri}#{fragment_of(body)}"])
    page = opened(browser, shop, uri, redirect_uri=shop.redirect_uri)
    assert shop.answer(page)["error"] == "invalid_request_uri"
    assert not site.visits


@ONE
def test_the_rules_are_those_of_a_request_by_value(
    browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    unsigned = "eyJhbGciOiJub25lIn0." + signed_request(shop).split(".")[1] + "."
    for body in (
        unsigned,
        signed_request(shop, key=client_key(name="x")),
        signed_request(shop, iss="x"),
        signed_request(shop, exp=None),
        signed_request(shop, request_uri=site.origin + PATH),
        "geen jwt",
    ):
        uri = site.put(PATH, body)
        page = opened(browser, shop, uri, redirect_uri=shop.redirect_uri)
        assert shop.answer(page)["error"] == "invalid_request_object"


@ONE
def test_it_may_be_encrypted_to_us(
    provider: Provider, browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    uri = site.put(PATH, encrypted_to(provider, signed_request(shop)))
    assert "code" in shop.answer(opened(browser, shop, uri))


@ONE
def test_what_cannot_be_fetched_is_told_without_a_word_about_the_network(
    browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    uri = site.origin + PATH
    for status, headers in ((404, {}), (302, {"Location": uri}), (500, {})):
        site.put(PATH, "x", status=status, **headers)
        page = opened(browser, shop, uri, redirect_uri=shop.redirect_uri)
        answer = shop.answer(page)
        assert answer["error"] == "invalid_request_uri"
        assert answer["error_description"].startswith("the request_uri cannot be fetched (kenmerk")
    site.put(PATH, b"\xff\xfe")
    page = opened(browser, shop, uri, redirect_uri=shop.redirect_uri)
    assert shop.answer(page)["error"] == "invalid_request_uri"


@ONE
def test_a_client_that_must_sign_is_refused_when_it_does_not(
    provider: Provider, browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    with provider.house.inside():
        clients.update(shop.client_id, actor="test", require_signed_request_object=True)
    assert shop.ask(browser)["error"] == "invalid_request"
    assert shop.push().get_json()["error"] == "invalid_request"
    uri = site.put(PATH, signed_request(shop))
    assert "code" in shop.answer(opened(browser, shop, uri))
    handle = shop.push(request=signed_request(shop)).get_json()["request_uri"]
    assert "code" in shop.answer(browser.get(shop.by_handle(handle)))


@ONE
def test_a_client_with_one_algorithm_signs_with_no_other(
    provider: Provider, shop: RelyingParty, browser: Visitor, site: WebServer
) -> None:
    shop.key = client_key("RSA")
    with provider.house.inside():
        said = {"jwks": public(shop.key), "request_object_signing_alg": "PS256"}
        clients.update(shop.client_id, actor="test", **said)
    uri = site.put(PATH, signed_request(shop, header={"alg": "RS256"}))
    page = opened(browser, shop, uri, redirect_uri=shop.redirect_uri)
    assert shop.answer(page)["error"] == "invalid_request_object"
    site.put(PATH, signed_request(shop, header={"alg": "PS256"}))
    assert "code" in shop.answer(opened(browser, shop, uri))


@ONE
def test_it_cannot_be_pushed(provider: Provider, shop: RelyingParty, site: WebServer) -> None:
    uri = site.put(PATH, signed_request(shop))
    assert shop.push(request_uri=uri).get_json()["error"] == "invalid_request"
    assert not site.visits


@ONE
def test_a_flood_does_not_reach_the_application(
    provider: Provider, shop: RelyingParty, site: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "REQUESTS_FETCHED", throttle.Budget(2, throttle.PUSHES.window))
    uri = site.put(PATH, signed_request(shop))
    for _ in range(4):
        provider.browser().get(
            f"/oauth2/authorize?{urlencode({'client_id': shop.client_id, 'request_uri': uri})}"
        )
    assert len(site.visits) == 2


@ONE
def test_of_two_addresses_none_is_fetched(
    browser: Visitor, shop: RelyingParty, site: WebServer
) -> None:
    uri = site.put(PATH, signed_request(shop))
    sent = [("client_id", shop.client_id), ("request_uri", uri), ("request_uri", uri)]
    page = browser.get(f"/oauth2/authorize?{urlencode(sent)}")
    assert page.error == "client-request"
    assert site.visits == []
