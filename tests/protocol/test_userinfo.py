"""UserInfo: what an access token may know, how it is shown, and when it stops."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import directory, sessions
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import Session
from idp.vault import seal
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty
from tests.support.journeys import House, Person

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def token_of(provider: Provider, shop: RelyingParty, person: Person, **changes: str | None) -> str:
    """An access token for that person."""
    token: str = shop.tokens(provider.browser(person), **changes)["access_token"]
    return token


@ONE
def test_each_scope_brings_its_own_claims(provider: Provider, house: House, time: Standing) -> None:
    shop, anna = provider.application(), provider.person()
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        account.email_sealed = seal("anna@voorbeeld.nl", place=f"account.email:{anna.id}")
    subject = shop.verified(shop.tokens(provider.browser(anna))["id_token"])["sub"]
    expected = {
        "openid": {"sub": subject},
        "openid profile": {
            "sub": subject,
            "name": anna.username.title(),
            "preferred_username": anna.username,
            "updated_at": int(time.moment.timestamp()),
        },
        "openid email": {"sub": subject, "email": "anna@voorbeeld.nl", "email_verified": False},
        "openid applicaties": {
            "sub": subject,
            "relatienummer": anna.relation,
            "relatienaam": "Gemeente Voorbeeld 56",
            "applicaties": [{"id": "wmo", "naam": "Wmo", "rollen": ["inzien"]}],
            "rollen": ["inzien"],
        },
    }
    found = {
        scope: shop.userinfo(token_of(provider, shop, anna, scope=scope)).get_json()
        for scope in expected
    }
    assert found == expected


@ONE
def test_what_we_do_not_have_is_left_out(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    assert set(shop.userinfo(token_of(provider, shop, anna, scope="openid email")).get_json()) == {
        "sub"
    }


@ONE
def test_a_token_comes_in_the_header_or_in_a_posted_form(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    token = token_of(provider, shop, anna)
    client = house.app.test_client()
    answers = [
        client.get(
            "/oauth2/userinfo", base_url=ISSUER, headers={"Authorization": f"bEARER {token}"}
        ),
        client.post(
            "/oauth2/userinfo", base_url=ISSUER, headers={"Authorization": f"Bearer {token}"}
        ),
        client.post("/oauth2/userinfo", base_url=ISSUER, data={"access_token": token}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.mimetype) == (200, "application/json")
        assert answer.headers["Cache-Control"] == "no-store"


@ONE
def test_a_token_never_comes_in_the_address_or_twice(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    token = token_of(provider, shop, anna)
    client, header = house.app.test_client(), {"Authorization": f"Bearer {token}"}
    answers = [
        client.get(f"/oauth2/userinfo?access_token={token}", base_url=ISSUER),
        client.get(f"/oauth2/userinfo?access_token={token}", base_url=ISSUER, headers=header),
        client.post(
            "/oauth2/userinfo", base_url=ISSUER, data={"access_token": token}, headers=header
        ),
        client.post("/oauth2/userinfo", base_url=ISSUER, data={"access_token": [token, token]}),
    ]
    for answer in answers:
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")
        assert 'error="invalid_request"' in answer.headers["WWW-Authenticate"]


@ONE
def test_without_a_token_the_answer_says_what_is_wanted_and_no_more(house: House) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        answer = house.app.test_client().get("/oauth2/userinfo", base_url=ISSUER, headers=headers)
        assert (answer.status_code, answer.data) == (401, b"")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauth2"'


@ONE
def test_no_other_token_is_taken_for_an_access_token(provider: Provider) -> None:
    """RFC 8725 section 3.11: an ID Token, a code or a session's cookie opens nothing here."""
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    code = shop.ask(browser)["code"]
    body = shop.tokens(browser)
    cookie = browser.cookie("__Host-idp_session") or ""
    for token in (
        body["id_token"],
        code,
        cookie,
        "x",
        "x" * 43,
        "é" * 43,
        "",
        body["access_token"] + "x",
    ):
        answer = (
            shop.userinfo(token)
            if token.isascii()
            else shop.userinfo(token.encode().decode("latin-1"))
        )
        assert answer.status_code == 401, token


@ONE
def test_a_token_lives_ten_minutes(provider: Provider, time: Standing) -> None:
    shop, anna = provider.application(), provider.person()
    token = token_of(provider, shop, anna)
    time.move(timedelta(seconds=599))
    assert shop.userinfo(token).status_code == 200
    time.move(timedelta(seconds=1))
    answer = shop.userinfo(token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_ends_with_its_session(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    token = token_of(provider, shop, anna)
    with house.inside():
        sessions.end(db.session.query(Session).one().id, why="test")
    assert shop.userinfo(token).status_code == 401


def test_a_token_ends_when_account_or_relation_is_blocked(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    token = token_of(provider, shop, anna)
    provider.block(anna)
    assert shop.userinfo(token).status_code == 401
    bert = provider.person("b.bakker")
    token = token_of(provider, shop, bert)
    with house.inside():
        directory.block_relation(directory.find_relation(bert.relation), actor="test")
    assert shop.userinfo(token).status_code == 401


@ONE
@pytest.mark.parametrize("blocked", ["account", "relation"])
def test_a_token_ends_even_when_a_block_ended_no_session(
    provider: Provider, house: House, blocked: str
) -> None:
    """What is written in the table counts, whoever wrote it."""
    shop, anna = provider.application(), provider.person()
    token, code = token_of(provider, shop, anna), shop.ask(provider.browser(anna))["code"]
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        (account if blocked == "account" else account.relation).blocked_at = account.created_at
    assert shop.userinfo(token).status_code == 401
    assert shop.redeem(code).status_code == 400


@ONE
def test_reading_leaves_a_trace(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    shop.userinfo(token_of(provider, shop, anna))
    [read] = provider.events(Event.USERINFO_READ)
    assert (read.account_id, read.client_id, read.actor) == (anna.id, shop.client_id, "client")
