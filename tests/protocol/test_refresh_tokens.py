"""Refresh tokens: who gets them, what they give, and when they end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import directory, grants, sessions
from idp.assurance import Level
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import Application, RefreshToken, Session
from tests.protocol.relying_party import Provider, RelyingParty, client_key, unverified
from tests.support.journeys import House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REFRESHING = ("authorization_code", "refresh_token")
OUTSIDE = {"iss", "sub", "aud", "auth_time", "acr", "sid"}


def shop_of(provider: Provider, **said: object) -> RelyingParty:
    """A client that may refresh, at a provider whose sessions last longer than refresh tokens."""
    return provider.application(grant_types=REFRESHING, **said)


def live_all_day(house: House) -> None:
    """Let every session outlive its refresh tokens."""
    with house.inside():
        for session in db.session.query(Session):
            session.expires_at += timedelta(days=1)


def refused(shop: RelyingParty, token: str) -> str:
    answer = shop.refresh(token)
    assert answer.status_code == 400
    error: str = answer.get_json()["error"]
    return error


def test_who_is_not_registered_for_it_gets_none(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    assert "refresh_token" not in shop.tokens(provider.browser(anna), scope="openid offline_access")


def test_a_refresh_gives_new_tokens_of_the_same_sign_in(provider: Provider, time: Standing) -> None:
    shop = shop_of(provider, scope="openid applicaties")
    before = shop.tokens(provider.browser(provider.person()))
    time.move(timedelta(minutes=20))
    answer = shop.refresh(before["refresh_token"])
    after = answer.get_json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(after) == set(before)
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    old, new = shop.verified(before["id_token"]), shop.verified(after["id_token"])
    assert {name: old[name] for name in OUTSIDE} == {name: new[name] for name in OUTSIDE}
    assert new["iat"] - old["iat"] == 1200
    assert "nonce" not in new
    assert new["applicaties"] == old["applicaties"]
    assert shop.userinfo(after["access_token"]).get_json()["sub"] == new["sub"]
    [event] = provider.events(Event.TOKEN_REFRESHED)
    assert event.reference == provider.events(Event.CODE_ISSUED)[0].reference


def test_what_lies_in_the_database_opens_nothing(provider: Provider, house: House) -> None:
    shop = shop_of(provider)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    newer = shop.refresh(token).get_json()["refresh_token"]
    with house.app.app_context():
        rows = str([vars(row) for row in db.session.query(RefreshToken)])
    assert token not in rows
    assert newer not in rows
    assert len(newer) == len(token) == 43


@ONE
def test_scope_can_only_shrink_and_comes_back_the_next_time(provider: Provider) -> None:
    shop = shop_of(provider, scope="openid profile")
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    for wider in ("openid email", "email", "nergens"):
        answer = shop.refresh(token, scope=wider)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_scope")
    less = shop.refresh(token, scope="openid offline_access").get_json()
    assert less["scope"] == "openid"
    assert set(shop.userinfo(less["access_token"]).get_json()) == {"sub"}
    least = shop.refresh(less["refresh_token"], scope="profile").get_json()
    assert "id_token" not in least
    all_again = shop.refresh(least["refresh_token"]).get_json()
    assert all_again["scope"] == "openid profile"
    assert "name" in shop.userinfo(all_again["access_token"]).get_json()


@ONE
def test_unused_for_two_hours_it_ends(provider: Provider, house: House, time: Standing) -> None:
    shop = shop_of(provider)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    live_all_day(house)
    time.move(timedelta(hours=2, seconds=-1))
    token = shop.refresh(token).get_json()["refresh_token"]
    time.move(timedelta(hours=2))
    assert refused(shop, token) == "invalid_grant"
    assert provider.events(Event.TOKEN_REFUSED)[-1].reason == "the refresh token is too old"


@ONE
@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt"])
def test_after_twelve_hours_it_ends_in_any_case(
    provider: Provider, house: House, time: Standing, method: str
) -> None:
    shop = shop_of(provider, auth_method=method)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    live_all_day(house)
    for _ in range(11):
        time.move(timedelta(minutes=65))
        token = shop.refresh(token).get_json()["refresh_token"]
    time.move(timedelta(minutes=5))
    assert refused(shop, token) == "invalid_grant"


def test_it_ends_with_its_session_also_when_that_ran_out(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = shop_of(provider), provider.person()
    token = shop.tokens(provider.browser(anna))["refresh_token"]
    with house.inside():
        sessions.end(db.session.query(Session).one().id, why="test")
    assert refused(shop, token) == "invalid_grant"
    token = shop.tokens(provider.browser(anna))["refresh_token"]
    for _ in range(4):
        time.move(timedelta(minutes=110))
        token = shop.refresh(token).get_json()["refresh_token"]
    time.move(timedelta(minutes=40))  # eight hours of a session
    assert refused(shop, token) == "invalid_grant"


def test_it_ends_with_a_block_and_with_a_grant(provider: Provider, house: House) -> None:
    shop, anna, bert = shop_of(provider), provider.person(), provider.person("b.bakker", "wmo")
    of_anna = shop.tokens(provider.browser(anna))["refresh_token"]
    of_bert = shop.tokens(provider.browser(bert))["refresh_token"]
    provider.block(anna)
    assert refused(shop, of_anna) == "invalid_grant"
    with house.inside():
        account = directory.get(bert.id)
        assert account is not None
        grants.revoke(account, db.session.get_one(Application, "wmo"), actor="test")
    assert refused(shop, of_bert) == "invalid_grant"
    assert provider.events(Event.TOKEN_REFUSED)[-1].reason == (
        "the refresh token was revoked, or its session ended"
    )


@ONE
def test_it_ends_when_the_account_is_enrolled_lower(provider: Provider, house: House) -> None:
    """EU 2015/1502: what a token states holds for as long as it is renewed."""
    shop, anna = shop_of(provider), provider.person()
    token = shop.tokens(provider.browser(anna))["refresh_token"]
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        account.enrolment_level = int(Level.LAAG)
    assert refused(shop, token) == "invalid_grant"


@ONE
def test_a_new_password_ends_it_also_where_the_session_stays(
    provider: Provider, house: House
) -> None:
    shop, anna = shop_of(provider), provider.person()
    token = shop.tokens(provider.browser(anna))["refresh_token"]
    with house.inside():
        [session] = db.session.query(Session)
        sessions.end_all_of(anna.id, why="test", actor="person", except_for=session.id)
    assert refused(shop, token) == "invalid_grant"
    with house.app.app_context():
        assert db.session.query(Session).one().ended_at is None


@ONE
def test_claims_that_were_asked_by_name_come_again(provider: Provider) -> None:
    shop = provider.nlgov(grant_types=REFRESHING, key=client_key())
    wanted = '{"id_token":{"name":null}}'
    before = shop.tokens(provider.browser(provider.person()), claims=wanted)
    after = shop.refresh(before["refresh_token"]).get_json()
    old, new = unverified(before["id_token"])[1], unverified(after["id_token"])[1]
    assert (new["name"], new["represents"]) == (old["name"], old["represents"])
    assert new["jti"] != old["jti"]


def test_a_client_with_its_own_key_keeps_its_token(provider: Provider) -> None:
    """The key binds it, so a lost answer costs nothing and nothing is gained by whoever copies it."""
    shop = provider.nlgov(grant_types=REFRESHING)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    for _ in range(2):
        assert shop.refresh(token).get_json()["refresh_token"] == token
    assert (
        shop.refresh(token, client_assertion=shop.assertion(key=client_key(name="two"))).status_code
        == 401
    )


@ONE
def test_an_answer_that_got_lost_can_be_asked_again_for_ten_seconds(
    provider: Provider, time: Standing
) -> None:
    shop = shop_of(provider)
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    first = shop.refresh(token).get_json()
    time.move(timedelta(seconds=10))
    again = shop.refresh(token).get_json()
    assert again["refresh_token"] == first["refresh_token"]
    assert shop.userinfo(again["access_token"]).status_code == 200
    assert shop.refresh(again["refresh_token"]).status_code == 200
