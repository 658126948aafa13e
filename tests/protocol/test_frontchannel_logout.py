"""Front-channel logout, where it is switched on: the signed-out page loads a page of each application in a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from idp.accounts import logouts
from idp.accounts.logouts import Elsewhere
from idp.database import db
from idp.errors import WrongInput
from idp.models import Session
from idp.oidc import clients
from tests.protocol.relying_party import AFTERWARDS, Provider, RelyingParty
from tests.protocol.test_logout import sign_out
from tests.support.journeys import ISSUER, House, open_house
from tests.support.pages import Page
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FRAME = "http://localhost:8401/weg"
OTHER = "http://rp.localhost:8402/callback"


@pytest.fixture
def switched_on(house: House, tmp_path: Path, run: Run) -> Provider:
    """A provider with IDP_FRONTCHANNEL_LOGOUT, over the same database as the house."""
    here = house.app.config["IDP"].database_url
    return Provider.of(open_house(here, tmp_path, frontchannel_logout=True), run)


def framed(provider: Provider, address: str = FRAME, **said: Any) -> RelyingParty:
    return provider.application(None, frontchannel_logout_uri=address, **said)


def frames(page: Page) -> list[str]:
    return [frame.get("src") or "" for frame in page.document.descendants("iframe")]


def policy(page: Page) -> dict[str, str]:
    parts = page.headers["Content-Security-Policy"].split(";")
    return dict(part.strip().partition(" ")[::2] for part in parts)


def test_the_signed_out_page_loads_exactly_the_pages_of_this_session(switched_on: Provider) -> None:
    first = framed(switched_on, frontchannel_logout_session_required=True)
    second = framed(
        switched_on, "http://rp.localhost:8402/weg?a=b", redirect_uri=OTHER, client_id="tweede"
    )
    framed(switched_on, f"{FRAME}/nooit")
    browser = switched_on.browser(switched_on.person())
    sid = first.verified(first.tokens(browser)["id_token"])["sid"]
    second.ask(browser)
    browser.get("/uitloggen")
    assert "frame-src" not in policy(browser.page)
    page = browser.submit("uitloggen")
    assert page.name == "logged-out"
    assert sorted(frames(page)) == [
        f"{FRAME}?iss=http%3A%2F%2Flocalhost%3A8400&sid={sid}",
        "http://rp.localhost:8402/weg?a=b",
    ]
    assert set(policy(page)["frame-src"].split()) == {
        "http://localhost:8401",
        "http://rp.localhost:8402",
    }
    assert 'http-equiv="refresh"' not in page.html
    again = browser.get("/uitgelogd")
    assert frames(again) == []
    assert "frame-src" not in policy(again)


def test_signing_out_at_an_application_goes_on_to_it_by_itself_after_the_frames(
    switched_on: Provider,
) -> None:
    shop = framed(switched_on)
    browser = switched_on.browser(switched_on.person())
    hint = shop.tokens(browser)["id_token"]
    page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS, state="a b&c")
    assert (page.name, page.left_for) == ("logged-out", None)
    onward = f"{AFTERWARDS}?state=a%20b%26c"
    assert page.at("volgende").get("href") == onward
    [refresh] = [
        one for one in page.document.descendants("meta") if one.get("http-equiv") == "refresh"
    ]
    assert refresh.get("content") == f"4; url={onward}"
    assert frames(page) == [FRAME]
    assert "code" not in shop.ask(browser, prompt="none")


def test_without_a_page_to_load_nobody_waits(switched_on: Provider) -> None:
    shop = switched_on.application(None)
    browser = switched_on.browser(switched_on.person())
    hint = shop.tokens(browser)["id_token"]
    page = sign_out(browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS)
    assert page.left_for == AFTERWARDS


def test_the_page_has_to_be_on_the_origin_of_a_redirect_address(switched_on: Provider) -> None:
    for address in (
        "http://localhost:8402/weg",
        "https://localhost:8401/weg",
        "http://127.0.0.1:8401/weg",
        "https://elders.example/weg",
    ):
        with pytest.raises(WrongInput, match="another origin"):
            framed(switched_on, address)
    with pytest.raises(WrongInput, match="fragment"):
        framed(switched_on, f"{FRAME}#deel")
    with pytest.raises(WrongInput, match="goes with"):
        switched_on.application(None, frontchannel_logout_session_required=True)


def test_it_is_off_unless_it_was_switched_on(provider: Provider, switched_on: Provider) -> None:
    with pytest.raises(WrongInput, match="IDP_FRONTCHANNEL_LOGOUT"):
        framed(provider)
    shop = framed(switched_on)
    browser = provider.browser(provider.person())
    same = RelyingParty(provider.house, shop.client_id, shop.method, secret=shop.secret)
    hint = same.tokens(browser)["id_token"]
    page = sign_out(browser, id_token_hint=hint)
    assert (page.name, frames(page)) == ("logged-out", [])
    for house, promised in ((provider.house, False), (switched_on.house, True)):
        client = house.app.test_client()
        document = client.get("/.well-known/openid-configuration", base_url=ISSUER).get_json()
        flags = ("frontchannel_logout_supported", "frontchannel_logout_session_supported")
        assert [document.get(flag, False) for flag in flags] == [promised] * 2


def test_a_page_of_a_removed_application_is_loaded_no_more(switched_on: Provider) -> None:
    gone = framed(switched_on, backchannel_logout_uri="http://localhost:8401/afgemeld")
    browser = switched_on.browser(switched_on.person())
    gone.ask(browser)
    with switched_on.house.inside():
        clients.remove(gone.client_id, actor="test")
        assert logouts.elsewhere(db.session.query(Session).one().id) == Elsewhere(
            ("Client of None",)
        )
        db.session.commit()
    browser.get("/uitloggen")
    assert frames(browser.submit("uitloggen")) == []
