"""Spring Security and ASP.NET Core, registered as `idp client add --for` does: their requests, replayed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idp.cli.stacks import STACKS, registration
from tests.counterparts.framework import Framework
from tests.protocol.relying_party import Provider, RelyingParty
from tests.support.house import ISSUER, Visitor, open_house
from tests.support.pages import Page
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HOME = "http://localhost:8401"
SCOPE = "openid profile applicaties"


@pytest.fixture
def provider(database_url: str, tmp_path: Path, run: Run) -> Provider:
    return Provider.of(open_house(database_url, tmp_path), run)


def registered(provider: Provider, stack: str, **more: Any) -> RelyingParty:
    """A client as the operator's line registers it for this kind of software."""
    said = registration(STACKS[stack], HOME, more)
    [redirect_uri] = said.pop("redirect_uris")
    return provider.application(redirect_uri=redirect_uri, scopes=tuple(SCOPE.split()), **said)


def built_with(stack: str, provider: Provider, shop: RelyingParty) -> Framework:
    """An application that read our metadata, as each does when it starts."""
    client = provider.house.app.test_client()
    metadata = client.get("/.well-known/openid-configuration", base_url=ISSUER).get_json()
    return Framework(stack, shop, metadata, SCOPE)


def brought_to(shop: RelyingParty, page: Page, browser: Visitor) -> dict[str, str]:
    """What the browser brings to the redirect address: in the address, or in a form that is sent there."""
    if page.name == "form-post":
        page = browser.submit("volgende")
        assert page.left_for == shop.redirect_uri
        return page.posted
    return shop.answer(page)


def the_rest_of_the_sign_in(
    application: Framework, shop: RelyingParty, page: Page, browser: Visitor
) -> dict[str, Any]:
    """From the answer of the provider to the claims of UserInfo; the ID Token's claims."""
    answer = brought_to(shop, page, browser)
    assert (answer["state"], answer["iss"]) == (application.knows["state"], ISSUER)
    application.knows["code"] = answer["code"]
    response = application.asks("token")
    assert response.status_code == 200, response.get_json()
    assert response.mimetype == "application/json"
    application.knows |= response.get_json()
    claims = shop.verified(application.knows["id_token"])
    assert claims["nonce"] == application.knows["nonce"]
    userinfo = application.asks("userinfo")
    assert userinfo.mimetype == "application/json"
    assert userinfo.get_json()["sub"] == claims["sub"]
    return claims


def test_spring_signs_in_refreshes_and_signs_out(provider: Provider) -> None:
    shop = registered(provider, "spring", grant_types=["authorization_code", "refresh_token"])
    application = built_with("spring", provider, shop)
    browser = provider.browser(provider.person())
    page = application.sends(browser, "authorize")
    claims = the_rest_of_the_sign_in(application, shop, page, browser)

    application.knows |= application.asks("refresh").get_json()
    assert shop.verified(application.knows["id_token"])["sub"] == claims["sub"]

    application.knows["post_logout_redirect_uri"] = f"{HOME}/uitgelogd"
    assert application.sends(browser, "logout").left_for == f"{HOME}/uitgelogd"


def test_aspnet_pushes_when_we_offer_it_takes_a_form_and_signs_out(provider: Provider) -> None:
    shop = registered(provider, "aspnet")
    application = built_with("aspnet", provider, shop)
    browser = provider.browser(provider.person())
    pushed = application.asks("push")
    assert (pushed.status_code, pushed.mimetype) == (201, "application/json"), pushed.get_json()
    application.knows |= {"request_uri": pushed.get_json()["request_uri"]}
    page = application.sends(browser, "open")
    assert page.name == "form-post"
    the_rest_of_the_sign_in(application, shop, page, browser)

    application.knows["post_logout_redirect_uri"] = f"{HOME}/signout-callback-oidc"
    back = application.sends(browser, "logout").left_for
    assert back == f"{HOME}/signout-callback-oidc?state={application.knows['state']}"


def test_aspnet_before_net_9_asks_in_the_address(provider: Provider) -> None:
    shop = registered(provider, "aspnet")
    application = built_with("aspnet", provider, shop)
    browser = provider.browser(provider.person())
    page = application.sends(browser, "authorize")
    assert page.name == "form-post"
    the_rest_of_the_sign_in(application, shop, page, browser)
