"""Back-channel logout: an application hears that a session ended, from us, with a token that it can check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from idp import clock
from idp.accounts import credentials, directory, sessions
from idp.audit import Event
from idp.cli.deliver import sender_of
from idp.database import db
from idp.errors import WrongInput
from idp.models import Delivery
from idp.oidc import clients
from idp.oidc.backchannel import EVENT, PAUSES
from tests.protocol.relying_party import AFTERWARDS, Provider, RelyingParty, unverified
from tests.protocol.test_logout import sign_out
from tests.support.journeys import ISSUER, House, account_of
from tests.support.receiver import Post, Receiver, receiver

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECURITY = "http://localhost:8400/mijn/beveiliging"


@pytest.fixture
def heard() -> Iterator[Receiver]:
    """Where the application hears of it."""
    with receiver() as opened:
        yield opened


def told(house: House, heard: Receiver) -> list[dict[str, Any]]:
    """Deliver what is due; the claims of every token that arrived so far."""
    sender_of(house.app).deliver_due()
    return [unverified(post.token)[1] for post in heard.posts]


def telling(provider: Provider, heard: Receiver, **said: Any) -> RelyingParty:
    """An application that is told."""
    return provider.application(
        said.pop("application_id", "wmo"), backchannel_logout_uri=heard.address, **said
    )


def waiting(house: House) -> list[Delivery]:
    with house.app.app_context():
        return list(db.session.query(Delivery).order_by(Delivery.created_at, Delivery.id))


@pytest.mark.parametrize("kind", ["basic", "nlgov"])
def test_the_token_tells_whom_and_which_session_and_is_signed_like_the_id_token(
    provider: Provider, house: House, heard: Receiver, kind: str
) -> None:
    method = "private_key_jwt" if kind == "nlgov" else "client_secret_basic"
    shop = telling(provider, heard, profile=kind, auth_method=method)
    browser = provider.browser(provider.person())
    tokens = shop.tokens(browser)
    mine = shop.verified(tokens["id_token"])
    page = sign_out(browser, id_token_hint=tokens["id_token"], post_logout_redirect_uri=AFTERWARDS)
    assert page.left_for == AFTERWARDS
    assert heard.posts == [], "the person does not wait for it"
    [claims] = told(house, heard)
    [post] = heard.posts
    assert post.content_type == "application/x-www-form-urlencoded"
    header, _ = unverified(post.token)
    assert header["typ"] == "logout+jwt"
    assert header["alg"] == unverified(tokens["id_token"])[0]["alg"]
    assert shop.verified(post.token) == claims
    now = int(clock.now().timestamp())
    assert claims == {
        "iss": ISSUER,
        "aud": shop.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": claims["jti"],
        "sub": mine["sub"],
        "sid": mine["sid"],
        "events": {EVENT: {}},
    }
    [event] = provider.events(Event.LOGOUT_TOLD)
    assert (event.client_id, event.succeeded, event.reference) == (
        shop.client_id,
        True,
        "TEST-TEST",
    )
    assert told(house, heard) == [claims], "once"


@ONE
def test_a_logout_token_is_no_hint(provider: Provider, house: House, heard: Receiver) -> None:
    shop, browser = telling(provider, heard), provider.browser(provider.person())
    shop.tokens(browser)
    browser.get("http://localhost:8400/uitloggen")
    browser.submit("uitloggen")
    told(house, heard)
    other = provider.browser(provider.person("b.bakker"))
    assert sign_out(other, id_token_hint=heard.posts[0].token).name == "logout"


def test_signing_out_in_the_portal_tells_every_application_of_the_session_and_no_other(
    provider: Provider, house: House, heard: Receiver
) -> None:
    first, second = telling(provider, heard), telling(provider, heard, application_id=None)
    never, silent = telling(provider, heard, application_id=None), provider.application(None)
    anna = provider.person()
    browser, elsewhere = provider.browser(anna), provider.browser(anna)
    subs = {
        shop.client_id: shop.verified(shop.tokens(browser)["id_token"])["sub"]
        for shop in (first, second, silent)
    }
    never.tokens(elsewhere)
    browser.get("http://localhost:8400/uitloggen")
    page = browser.submit("uitloggen")
    assert "Client of None" in page.html, "who cannot be told is named"
    assert page.html.count("misschien nog ingelogd") == 1
    assert "krijgen bericht" in page.html
    claims = {each["aud"]: each for each in told(house, heard)}
    assert set(claims) == {first.client_id, second.client_id}
    for client_id, each in claims.items():
        assert each["sub"] == subs[client_id]
    assert claims[first.client_id]["sid"] != claims[second.client_id]["sid"]


@ONE
def test_every_way_in_which_a_session_ends_tells_it(
    provider: Provider, house: House, heard: Receiver
) -> None:
    shop = telling(provider, heard)
    ways = {
        "the account was blocked": lambda one: directory.block_account(one, actor="test"),
        "the relation was blocked": lambda one: directory.block_relation(
            one.relation, actor="test"
        ),
        "the password was reset": lambda one: directory.reset_password(one, actor="test"),
        "the methods were reset": lambda one: credentials.remove_all(one, actor="test"),
    }
    for number, (why, way) in enumerate(ways.items()):
        person = provider.person(f"p{number}", relation=f"1002{number}")
        shop.tokens(provider.browser(person))
        with house.inside():
            way(account_of(person))
        assert len(told(house, heard)) == number + 1, why
        assert why in {row.why for row in waiting(house)}


@ONE
def test_a_session_that_ran_out_tells_nobody_until_the_account_is_blocked(
    provider: Provider, house: House, heard: Receiver, time: clock.Standing
) -> None:
    """Time is no decision of anybody: the application has limits of its own. A block is one."""
    shop, anna = telling(provider, heard), provider.person()
    shop.tokens(provider.browser(anna))
    time.move(timedelta(hours=9))
    assert told(house, heard) == []
    provider.block(anna)
    assert len(told(house, heard)) == 1


@ONE
def test_who_does_not_answer_is_tried_again_with_growing_pauses_and_a_fresh_token(
    provider: Provider, house: House, heard: Receiver, time: clock.Standing
) -> None:
    shop = telling(provider, heard)
    shop.tokens(browser := provider.browser(provider.person()))
    heard.status = 503
    sign_out(browser)
    browser.submit("uitloggen")
    assert len(told(house, heard)) == 1
    assert len(told(house, heard)) == 1, "not before the pause is over"
    for number, pause in enumerate(PAUSES[:3], start=1):
        time.move(pause - timedelta(seconds=1))
        assert len(told(house, heard)) == number
        time.move(timedelta(seconds=1))
        assert len(told(house, heard)) == number + 1
    heard.status = 204
    time.move(PAUSES[3])
    claims = told(house, heard)
    assert len({each["jti"] for each in claims}) == len(claims) == 5
    assert [each["exp"] - each["iat"] for each in claims] == [120] * 5
    assert claims[-1]["iat"] == int(clock.now().timestamp())
    [row] = waiting(house)
    assert (row.result, row.tries, row.due_at, row.problem) == ("delivered", 5, None, None)


@ONE
def test_in_the_end_it_is_given_up_and_the_audit_trail_says_so(
    provider: Provider, house: House, heard: Receiver, time: clock.Standing
) -> None:
    shop = telling(provider, heard)
    shop.tokens(browser := provider.browser(provider.person()))
    heard.status = 500
    sign_out(browser)
    browser.submit("uitloggen")
    told(house, heard)
    for pause in PAUSES:
        time.move(pause)
        told(house, heard)
    assert len(heard.posts) == len(PAUSES) + 1 == 9
    assert sum(PAUSES, timedelta()) < timedelta(hours=8)
    [row] = waiting(house)
    assert (row.result, row.problem) == ("given-up", "it answered 500")
    [event] = provider.events(Event.LOGOUT_NOT_TOLD)
    assert (event.reason, event.succeeded, event.details) == (
        "it answered 500",
        False,
        {"tries": 9},
    )
    time.move(timedelta(days=1))
    assert len(told(house, heard)) == 9


@ONE
def test_it_goes_to_where_the_client_is_registered_now(
    provider: Provider, house: House, heard: Receiver, time: clock.Standing
) -> None:
    shop = telling(provider, heard)
    shop.tokens(browser := provider.browser(provider.person()))
    heard.status = 404
    sign_out(browser)
    browser.submit("uitloggen")
    told(house, heard)
    heard.status = 200
    with house.inside():
        better = f"{heard.address}?nieuw=1"
        clients.update(shop.client_id, backchannel_logout_uri=better, actor="test")
    time.move(PAUSES[0])
    told(house, heard)
    assert heard.posts[-1].path == "/afgemeld?nieuw=1"
    assert waiting(house)[0].result == "delivered"


@ONE
def test_a_running_sender_delivers_right_after_the_commit(
    provider: Provider, house: House, heard: Receiver
) -> None:
    shop = telling(provider, heard)
    shop.tokens(browser := provider.browser(provider.person()))
    sender = sender_of(house.app)
    sender.start()
    try:
        sign_out(browser)
        browser.submit("uitloggen")
        post: Post = heard.wait_for_one()
    finally:
        sender.stop()
    [row] = waiting(house)
    assert row.result == "delivered", "stopping waits for what is under way"
    assert unverified(post.token)[1]["aud"] == shop.client_id


@ONE
def test_what_is_rolled_back_is_told_to_nobody(
    provider: Provider, house: House, heard: Receiver
) -> None:
    shop, anna = telling(provider, heard), provider.person()
    shop.tokens(provider.browser(anna))
    with house.app.app_context():
        sessions.end_all_of(anna.id, why="a try", actor="test")
        db.session.rollback()
    assert told(house, heard) == []


@ONE
def test_a_client_registers_an_address_that_we_could_call(provider: Provider) -> None:
    for address, why in (
        ("ftp://app.voorbeeld.nl/uit", "https"),
        ("http://app.voorbeeld.nl/uit", "https"),
        ("https://app.voorbeeld.nl/uit#deel", "fragment"),
        ("https://iemand@app.voorbeeld.nl/uit", "not allowed|user"),
        ("http://rp.localhost:8401/uit", "https"),
    ):
        with pytest.raises(WrongInput, match=why):
            provider.application(None, backchannel_logout_uri=address)
    with pytest.raises(WrongInput, match="goes with"):
        provider.application(None, backchannel_logout_session_required=True)
    with pytest.raises(WrongInput, match="sign people in"):
        provider.machine(backchannel_logout_uri="https://app.voorbeeld.nl/uit")
    kept = provider.application(
        None,
        backchannel_logout_uri="https://app.voorbeeld.nl/uit?wie=wij",
        backchannel_logout_session_required=True,
    )
    assert kept.client_id


def test_the_metadata_promises_it(provider: Provider, house: House) -> None:
    document = house.app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER)
    promised = document.get_json()
    assert promised["backchannel_logout_supported"] is True
    assert promised["backchannel_logout_session_supported"] is True
