"""Attacks on refresh tokens and on what tells of tokens: two at once, copied ones, ones of another client."""

from __future__ import annotations

import re
import threading
import time as wall
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from idp.accounts import consents, sessions
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import RefreshToken, Session
from idp.oidc import clients, mandates, refresh_tokens
from tests.attacks.test_protocol_codes import at_once
from tests.protocol.relying_party import Provider, RelyingParty
from tests.support.journeys import House
from tests.support.run import Run

THREADS = 6
REFRESHING = ("authorization_code", "refresh_token")
API = "https://api.voorbeeld.nl/wmo"
KENMERK = re.compile(r"\(kenmerk [^)]*\)")


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


@pytest.fixture
def shop(provider: Provider) -> RelyingParty:
    """A client that may refresh."""
    return provider.application(grant_types=REFRESHING)


def ended(shop: RelyingParty, *tokens: str) -> bool:
    """Whether each of these refresh tokens is good for nothing."""
    answers = [shop.refresh(token) for token in tokens]
    return {(each.status_code, each.get_json()["error"]) for each in answers} == {
        (400, "invalid_grant")
    }


def test_of_many_refreshes_at_once_one_makes_the_successor(
    provider: Provider, shop: RelyingParty, house: House
) -> None:
    browser = provider.browser(provider.person())
    for round_number in range(4):
        token = shop.tokens(browser)["refresh_token"]
        answers = at_once([lambda token=token: shop.refresh(token).get_json()] * THREADS)
        assert len({each["refresh_token"] for each in answers}) == 1
        with house.app.app_context():
            assert db.session.query(RefreshToken).count() == 2 * (round_number + 1)


def test_a_copy_that_comes_later_ends_the_whole_family(
    provider: Provider, shop: RelyingParty, time: Standing
) -> None:
    stolen = shop.tokens(provider.browser(provider.person()))
    newer = shop.refresh(stolen["refresh_token"]).get_json()
    newest = shop.refresh(newer["refresh_token"]).get_json()
    time.move(timedelta(seconds=11))
    assert ended(shop, stolen["refresh_token"])
    assert ended(shop, newer["refresh_token"], newest["refresh_token"])
    for tokens in (stolen, newer, newest):
        assert shop.userinfo(tokens["access_token"]).status_code == 401
    [replayed] = provider.events(Event.REFRESH_REPLAYED)
    assert replayed.reference == provider.events(Event.CODE_ISSUED)[0].reference


def test_a_copy_of_which_nobody_used_the_successor_ends_it_all_the_same(
    provider: Provider, shop: RelyingParty, time: Standing
) -> None:
    stolen = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    newer = shop.refresh(stolen).get_json()["refresh_token"]
    time.move(timedelta(seconds=11))
    assert ended(shop, stolen, newer)
    assert len(provider.events(Event.REFRESH_REPLAYED)) == 1


def test_a_copy_that_comes_when_it_would_have_expired_still_ends_the_family(
    provider: Provider, shop: RelyingParty, house: House, time: Standing
) -> None:
    stolen = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    with house.inside():
        for session in db.session.query(Session):
            session.expires_at += timedelta(days=1)
    time.move(timedelta(minutes=90))
    newest = shop.refresh(stolen).get_json()["refresh_token"]
    time.move(timedelta(minutes=90))
    assert ended(shop, stolen, newest)
    assert len(provider.events(Event.REFRESH_REPLAYED)) == 1


def test_one_token_that_is_kept_prolongs_no_other(
    provider: Provider, house: House, time: Standing
) -> None:
    """A client with its own key keeps its tokens, each with a life of its own."""
    shop = provider.nlgov(grant_types=REFRESHING)
    browser = provider.browser(provider.person())
    used, idle = (shop.tokens(browser)["refresh_token"] for _ in range(2))
    with house.inside():
        for session in db.session.query(Session):
            session.expires_at += timedelta(days=1)
    time.move(timedelta(minutes=90))
    assert shop.refresh(used).get_json()["refresh_token"] == used
    time.move(timedelta(minutes=60))
    assert shop.refresh(used).status_code == 200
    assert ended(shop, idle)


@pytest.mark.parametrize("how", ["kept", "rotated", "repeated"])
def test_what_ends_just_before_the_claim_gives_nothing(
    provider: Provider, shop: RelyingParty, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Between the look and the claim: another request may sign out, and is let go first here."""
    if how == "kept":
        shop = provider.nlgov(grant_types=REFRESHING)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    if how == "repeated":
        assert shop.refresh(token).status_code == 200
    look = refresh_tokens._look

    def look_and_let_go_first(given: str) -> Any | None:
        row = look(given)
        if row is not None:
            mandates.end(row.code_digest)
        return row

    monkeypatch.setattr(refresh_tokens, "_look", look_and_let_go_first)
    assert ended(shop, token)
    assert not provider.events(Event.REFRESH_REPLAYED)


def test_the_grace_ends_as_soon_as_the_successor_is_used(
    provider: Provider, shop: RelyingParty
) -> None:
    stolen = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    newer = shop.refresh(stolen).get_json()["refresh_token"]
    newest = shop.refresh(newer).get_json()["refresh_token"]
    assert ended(shop, stolen, newer, newest)
    assert len(provider.events(Event.REFRESH_REPLAYED)) == 1


def test_a_replayed_code_ends_refresh_tokens_too(provider: Provider, shop: RelyingParty) -> None:
    code = shop.ask(provider.browser(provider.person()))["code"]
    token = shop.redeem(code).get_json()["refresh_token"]
    shop.redeem(code)
    assert ended(shop, token)


def test_another_client_can_neither_use_nor_end_nor_see_a_token(
    provider: Provider, shop: RelyingParty
) -> None:
    thief = provider.application(None, grant_types=REFRESHING, resource="https://dief.voorbeeld.nl")
    provider.machine("wmo", grant_types=(), resource=API)
    held = provider.application(audiences=[API], grant_types=REFRESHING)
    browser = provider.browser(provider.person())
    for mine in (shop, held):
        tokens = mine.tokens(browser)
        assert ended(thief, tokens["refresh_token"])
        for token in (tokens["access_token"], tokens["refresh_token"]):
            assert thief.revoke(token).status_code == 200
            assert thief.introspect(token).get_json() == {"active": False}
        assert mine.userinfo(tokens["access_token"]).status_code == 200
        assert mine.refresh(tokens["refresh_token"]).status_code == 200
    assert not provider.events(Event.REFRESH_REPLAYED)
    stolen = [
        event
        for event in provider.events(Event.TOKEN_REFUSED)
        if event.client_id == thief.client_id
    ]
    assert {event.account_id for event in stolen} == {None}


def test_no_token_passes_for_another(provider: Provider, shop: RelyingParty) -> None:
    tokens = shop.tokens(provider.browser(provider.person()))
    assert shop.userinfo(tokens["refresh_token"]).status_code == 401
    assert ended(shop, tokens["access_token"], tokens["id_token"], "x", "x" * 43)


def test_revoked_then_used_gives_nothing_and_is_no_replay(
    provider: Provider, shop: RelyingParty
) -> None:
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    shop.revoke(token)
    assert ended(shop, token, token)
    assert not provider.events(Event.REFRESH_REPLAYED)


def test_a_client_that_was_removed_or_lost_the_grant_refreshes_nothing(
    provider: Provider, shop: RelyingParty, house: House
) -> None:
    from idp.oidc import clients

    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    with house.inside():
        clients.update(shop.client_id, actor="test", grant_types=["authorization_code"])
    answer = shop.refresh(token)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "unauthorized_client")
    with house.inside():
        clients.remove(shop.client_id, actor="test")
    assert shop.refresh(token).status_code == 401


def the_session(house: House) -> Session:
    return db.session.query(Session).one()


def withdrawn(house: House, shop: RelyingParty) -> None:
    session = sessions.live_by_id(the_session(house).id)
    assert session is not None
    consents.withdraw(session, shop.client_id)


def found_out(house: House, _: RelyingParty) -> None:
    mandates.end(db.session.query(RefreshToken).first().code_digest)  # type: ignore[union-attr]


def another_password(house: House, _: RelyingParty) -> None:
    session = the_session(house)
    sessions.end_all_of(session.account_id, why="test", actor="test", except_for=session.id)


@pytest.mark.parametrize("ending", [withdrawn, found_out, another_password])
def test_what_ends_a_token_ends_the_one_that_is_made_of_it_at_that_moment(
    provider: Provider,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    ending: Callable[[House, RelyingParty], None],
) -> None:
    """Half-way a refresh, with the old token claimed and the new one not yet stored."""
    shop = provider.application(None, is_third_party=True, grant_types=REFRESHING)
    browser = provider.browser(provider.person())
    shop.visit(browser)
    given = shop.redeem(shop.answer(browser.submit("volgende"))["code"]).get_json()
    half_way, go_on = threading.Event(), threading.Event()

    def waits(*stored: Any, **more: Any) -> None:
        half_way.set()
        go_on.wait(5)
        store(*stored, **more)

    def ends() -> None:
        with house.inside():
            ending(house, shop)
            db.session.commit()

    store = refresh_tokens._store
    monkeypatch.setattr(refresh_tokens, "_store", waits)
    with ThreadPoolExecutor(2) as pool:
        refreshing = pool.submit(lambda: shop.refresh(given["refresh_token"]).get_json())
        assert half_way.wait(5)
        over = pool.submit(ends)
        wall.sleep(0.3)  # until it waits for the other
        go_on.set()
        newer = refreshing.result()
        over.result()
    monkeypatch.setattr(refresh_tokens, "_store", store)
    assert ended(shop, newer["refresh_token"])
    if ending is not another_password:  # after which the session goes on
        assert shop.userinfo(newer["access_token"]).status_code == 401


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_the_operator_took_from_a_client_it_has_no_longer_after_a_refresh(
    provider: Provider, house: House
) -> None:
    shop = provider.application(grant_types=REFRESHING, scope="openid profile")
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    with house.inside():
        clients.update(shop.client_id, actor="test", scopes=["openid"])
        db.session.commit()
    wide = shop.refresh(token, scope="openid profile")
    assert (wide.status_code, wide.get_json()["error"]) == (400, "invalid_scope")
    narrow = shop.refresh(token).get_json()
    assert narrow["scope"] == "openid"
    assert "name" not in shop.userinfo(narrow["access_token"]).get_json()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_why_a_refresh_token_is_refused_is_told_to_its_own_client_alone(
    provider: Provider, shop: RelyingParty
) -> None:
    other = provider.application(None, grant_types=REFRESHING)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    answers = [shop.refresh("x" * 43), other.refresh(token)]
    shop.revoke(token)
    answers.append(shop.refresh(token))
    bodies = [answer.get_json() for answer in answers]
    assert {body["error"] for body in bodies} == {"invalid_grant"}
    unknown, anothers, its_own = (KENMERK.sub("", body["error_description"]) for body in bodies)
    assert unknown == anothers
    assert "revoked" in its_own
    reasons = [event.reason for event in provider.events(Event.TOKEN_REFUSED)]
    assert len(set(reasons)) == 3, reasons
