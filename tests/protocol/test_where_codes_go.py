"""To which addresses a client's codes go: exactly its own (RFC 9700 section 2.1, RFC 8252 section 7.3)."""

from __future__ import annotations

import pytest

from idp.audit import Event
from idp.oidc import clients
from tests.protocol.relying_party import Provider
from tests.support.journeys import House, sign_in

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LOOPBACK, CLAIMED = "http://127.0.0.1:8401/cb", "https://app.voorbeeld.nl/cb"


@ONE
@pytest.mark.parametrize(
    ("kind", "its_own", "elsewhere"),
    [
        ("native", LOOPBACK, "http://127.0.0.1:/cb"),
        ("native", LOOPBACK, "http://127.0.0.1:1/c"),
        ("native", LOOPBACK, "http://127.0.0.1:1/cb?x=y"),
        ("native", LOOPBACK, "http://[::1]:1/cb"),
        ("native", LOOPBACK, "http://127.0.0.1.nl:1/cb"),
        ("native", LOOPBACK, "elders"),
        ("native", CLAIMED, "https://app.voorbeeld.nl:8443/cb"),
        ("native", CLAIMED, "https://app.elders.nl/cb"),
        ("native", CLAIMED, "http://127.0.0.1/cb"),
        ("web", LOOPBACK, "http://127.0.0.1:8402/cb"),
        ("web", LOOPBACK, "http://127.0.0.1/cb"),
    ],
)
def test_codes_go_nowhere_else(provider: Provider, kind: str, its_own: str, elsewhere: str) -> None:
    shop = provider.application(application_type=kind, redirect_uri=its_own)
    assert shop.visit(provider.browser()).name == "login"
    page = shop.visit(provider.browser(), redirect_uri=elsewhere)
    assert (page.status, page.error, page.left_for) == (400, "client-request", None)


@ONE
def test_a_stranger_with_a_wrong_request_is_sent_on_to_an_application_that_the_operator_registered(
    provider: Provider,
) -> None:
    """Only one that registered itself might be nobody's (RFC 9700 section 4.11.2)."""
    shop = provider.application(is_third_party=True)
    page = shop.visit(provider.browser(), response_type="token")
    assert shop.answer(page)["error"] == "unsupported_response_type"


@ONE
def test_a_request_is_looked_at_again_when_its_person_comes_back_from_signing_in(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(scope="openid profile"), provider.person(totp=True)
    browser = provider.browser()
    assert shop.visit(browser).name == "login"
    with house.inside():
        clients.update(shop.client_id, scopes=["openid"], actor="test")
    page = sign_in(house, browser, anna, at=None)
    assert shop.answer(page)["error"] == "invalid_scope"
    assert provider.events(Event.CODE_ISSUED) == []
    [event] = provider.events(Event.AUTHORIZATION_REFUSED)
    assert not event.succeeded


@ONE
def test_a_request_and_its_refusal_on_our_page_are_in_the_trail(provider: Provider) -> None:
    shop = provider.application()
    assert shop.visit(provider.browser()).name == "login"
    [asked] = provider.events(Event.AUTHORIZATION_REQUESTED)
    assert (asked.client_id, asked.succeeded) == (shop.client_id, True)
    shop.visit(provider.browser(), redirect_uri="https://elders.voorbeeld.nl/")
    [refused] = provider.events(Event.AUTHORIZATION_REFUSED)
    assert (refused.client_id, refused.succeeded) == (shop.client_id, False)
    assert refused.reference != asked.reference
