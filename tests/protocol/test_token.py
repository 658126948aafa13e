"""The token endpoint: what a code becomes, and for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import AccessToken, AuthorizationCode, Session
from tests.protocol.relying_party import CALLBACK, ISSUER, Provider, challenge_of
from tests.support.journeys import House


def error_of(response: Any) -> tuple[int, str]:
    """Status and error code of an answer that is an error as RFC 6749 section 5.2 has it."""
    body = response.get_json()
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert set(body) <= {"error", "error_description"}
    assert all(
        " " <= char <= "~" and char not in '"\\' for char in body.get("error_description", "")
    )
    return response.status_code, body["error"]


def test_a_code_becomes_an_access_token_and_an_id_token(provider: Provider) -> None:
    shop = provider.application()
    anna = provider.person()
    response = shop.redeem(shop.ask(provider.browser(anna))["code"])
    body = response.get_json()
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert {name: body[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "openid",
    }
    assert len(body["access_token"]) == 43
    assert shop.verified(body["id_token"])["aud"] == shop.client_id
    assert "refresh_token" not in body


def test_what_lies_in_the_database_opens_nothing(provider: Provider, house: House) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    token = shop.redeem(code).get_json()["access_token"]
    with house.inside():
        [stored_code] = db.session.query(AuthorizationCode).all()
        [stored_token] = db.session.query(AccessToken).all()
        assert code not in str(vars(stored_code))
        assert token not in str(vars(stored_token))


@pytest.mark.parametrize("seconds", [59, 60])
def test_a_code_lives_less_than_a_minute(provider: Provider, time: Standing, seconds: int) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    time.move(timedelta(seconds=seconds))
    assert shop.redeem(code).status_code == (200 if seconds < 60 else 400)


def test_a_code_is_refused_unless_everything_it_was_bound_to_fits(provider: Provider) -> None:
    """Each wrong try leaves the code as it was: the right request still gets its tokens."""
    shop, other = provider.application(), provider.application(None)
    code = shop.ask(provider.browser(provider.person()))["code"]
    wrong = {
        "another verifier": shop.redeem(code, code_verifier="w" * 43),
        "no verifier": shop.redeem(code, code_verifier=None),
        "a verifier too short": shop.redeem(code, code_verifier="a" * 42),
        "a verifier too long": shop.redeem(code, code_verifier="a" * 129),
        "the challenge instead": shop.redeem(code, code_verifier=challenge_of(shop.verifier)),
        "another redirect_uri": shop.redeem(code, redirect_uri=shop.redirect_uri + "/"),
        "another client": other.redeem(code, code_verifier=shop.verifier),
        "another code": shop.redeem(code[:-1] + ("A" if code[-1] != "A" else "B")),
    }
    assert {name: error_of(each) for name, each in wrong.items()} == dict.fromkeys(
        wrong, (400, "invalid_grant")
    )
    assert shop.redeem(code).status_code == 200


def test_a_client_reads_why_its_own_code_is_refused_and_no_other_does(
    provider: Provider, time: Standing
) -> None:
    shop, other = provider.application(), provider.application(None)
    code = shop.ask(provider.browser(provider.person()))["code"]

    def told(answer: TestResponse) -> str:
        return str(answer.get_json()["error_description"]).partition(" (kenmerk")[0]

    assert told(shop.redeem(code, code_verifier="w" * 43)) == "the code_verifier does not fit"
    assert told(shop.redeem(code, redirect_uri=CALLBACK + "/")).startswith("another redirect_uri")
    nothing = told(shop.redeem("x" * 43))
    assert nothing == told(other.redeem(code, code_verifier=shop.verifier))
    assert nothing == "there is no such code for this client"
    assert shop.redeem(code).status_code == 200
    assert told(shop.redeem(code)).startswith("the code was used before")
    late = shop.ask(provider.browser(provider.person("laat")))["code"]
    time.move(timedelta(minutes=1))
    assert told(shop.redeem(late)) == "the code is too old"


@pytest.mark.parametrize("verifier", ["a" * 43, "Aa0-._~" * 18 + "zz"], ids=["shortest", "longest"])
def test_verifiers_of_43_to_128_characters_work(provider: Provider, verifier: str) -> None:
    shop = provider.application()
    shop.verifier = verifier
    assert shop.tokens(provider.browser(provider.person()))["id_token"]


def test_a_verifier_of_a_wrong_form_fits_no_challenge(provider: Provider) -> None:
    """Even when its digest does: 42 characters, 129, or one that RFC 7636 section 4.1 does not have."""
    shop = provider.application()
    browser = provider.browser(provider.person())
    for verifier in ("a" * 42, "a" * 129, "a" * 42 + "!", "a" * 42 + "é"):
        shop.verifier = verifier
        assert error_of(shop.redeem(shop.ask(browser)["code"])) == (400, "invalid_grant")


def test_a_verifier_without_a_challenge_before_it_is_refused(provider: Provider) -> None:
    """RFC 9700 section 4.8: otherwise somebody took the challenge away on the way here."""
    shop = provider.application(is_test=True)
    unprotected = {"code_challenge": None, "code_challenge_method": None}
    browser = provider.browser(provider.person())
    code = shop.ask(browser, **unprotected)["code"]
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")
    assert shop.redeem(code, code_verifier=None).status_code == 200


def test_a_second_use_gets_nothing_and_ends_what_the_first_gave(provider: Provider) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    token = shop.redeem(code).get_json()["access_token"]
    assert shop.userinfo(token).status_code == 200
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")
    assert shop.userinfo(token).status_code == 401
    [replayed] = provider.events(Event.CODE_REPLAYED)
    [issued] = provider.events(Event.CODE_ISSUED)
    assert (replayed.reference, replayed.client_id) == (issued.reference, shop.client_id)


def test_a_second_use_counts_long_after_the_code_expired(
    provider: Provider, time: Standing
) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    token = shop.redeem(code).get_json()["access_token"]
    time.move(timedelta(minutes=5))
    assert shop.userinfo(token).status_code == 200
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")
    assert shop.userinfo(token).status_code == 401


def test_a_replay_that_proves_nothing_takes_nothing_away(provider: Provider) -> None:
    """Whoever saw a code in a log could end sessions otherwise."""
    shop, other = provider.application(), provider.application(None)
    code = shop.ask(provider.browser(provider.person()))["code"]
    token = shop.redeem(code).get_json()["access_token"]
    shop.redeem(code, code_verifier="w" * 43)
    shop.redeem(code, redirect_uri="http://localhost:8401/elders")
    other.redeem(code, code_verifier=shop.verifier)
    assert shop.userinfo(token).status_code == 200
    assert not provider.events(Event.CODE_REPLAYED)


def test_a_code_ends_with_its_session(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    code = shop.ask(browser := provider.browser(anna))["code"]
    browser.get("/uitloggen")
    browser.submit("uitloggen")
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")
    assert provider.events(Event.TOKEN_REFUSED)[-1].reason == "the session of the code has ended"


def test_a_code_ends_when_its_account_is_blocked(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    code = shop.ask(provider.browser(anna))["code"]
    provider.block(anna)
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")


def test_a_code_is_nobodys_when_the_session_behind_it_ran_out(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(), provider.person()
    code = shop.ask(provider.browser(anna))["code"]
    with house.inside():
        session = db.session.query(Session).one()
        session.expires_at = session.created_at
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")
    assert provider.events(Event.TOKEN_REFUSED)[-1].account_id == anna.id


def test_a_code_is_nobodys_when_the_grant_was_withdrawn_meanwhile(
    provider: Provider, house: House
) -> None:
    from idp.accounts import directory, grants
    from idp.models import Application

    shop, anna = provider.application(), provider.person()
    code = shop.ask(provider.browser(anna))["code"]
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        grants.revoke(account, db.session.get_one(Application, "wmo"), actor="test")
    assert error_of(shop.redeem(code)) == (400, "invalid_grant")


def test_malformed_requests_are_answered_in_the_words_of_the_standard(provider: Provider) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    cases = {
        "invalid_request": [
            shop.redeem(code, grant_type=None),
            shop.redeem(None),
            shop.refresh(None),
            shop.redeem(code, redirect_uri=None),
            shop.redeem(code, redirect_uri=""),
            shop.redeem(code + "\x00"),
            shop.redeem("\x07"),
            shop.redeem("c" * 20_000),
        ],
        "unsupported_grant_type": [
            shop.redeem(code, grant_type=grant) for grant in ("password", 'code"', "<b>")
        ],
        "unauthorized_client": [
            shop.redeem(code, grant_type="refresh_token", refresh_token="x"),
            shop.redeem(code, grant_type="client_credentials"),
        ],
    }
    for error, responses in cases.items():
        assert {error_of(each) for each in responses} == {(400, error)}
    assert shop.redeem(code).status_code == 200


def test_the_password_grant_looks_at_nobodys_password(provider: Provider, house: House) -> None:
    shop = provider.application()
    response = house.app.test_client().post(
        "/oauth2/token",
        base_url=ISSUER,
        data={"grant_type": "password", "username": "j.devries", "password": "geheim"},
        headers=shop.header(),
    )
    assert error_of(response) == (400, "unsupported_grant_type")
    assert "geheim" not in str([vars(event) for event in provider.events(Event.TOKEN_REFUSED)])


def test_no_parameter_comes_twice_or_in_the_address(provider: Provider, house: House) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    right = f"grant_type=authorization_code&code={code}&redirect_uri={shop.redirect_uri}&code_verifier={shop.verifier}"
    send = house.app.test_client().post
    form = "application/x-www-form-urlencoded"
    twice = [
        send(
            "/oauth2/token",
            base_url=ISSUER,
            data=f"{right}&{name}={value}",
            headers=shop.header(),
            content_type=form,
        )
        for name, value in (("code", code), ("code_verifier", shop.verifier))
    ]
    in_address = send("/oauth2/token", base_url=ISSUER, query_string=right, headers=shop.header())
    half = send(
        "/oauth2/token",
        base_url=ISSUER,
        query_string={"code": code},
        data=right,
        headers=shop.header(),
        content_type=form,
    )
    as_json = send("/oauth2/token", base_url=ISSUER, json={"code": code}, headers=shop.header())
    in_parts = shop.house.app.test_client().post(
        "/oauth2/token",
        base_url=ISSUER,
        data=dict(pair.split("=", 1) for pair in right.split("&")),
        headers=shop.header(),
        content_type="multipart/form-data",
    )
    for response in (*twice, in_address, half, as_json, in_parts):
        assert error_of(response) == (400, "invalid_request")
    assert (
        send(
            "/oauth2/token", base_url=ISSUER, data=right, headers=shop.header(), content_type=form
        ).status_code
        == 200
    )


def test_only_a_post_redeems(house: House, provider: Provider) -> None:
    assert house.app.test_client().get("/oauth2/token", base_url=ISSUER).status_code == 405


def test_unknown_parameters_are_ignored(provider: Provider) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    assert shop.redeem(code, audience="https://elders.example", extra="1").status_code == 200


def test_what_happened_is_in_the_audit_trail_under_one_reference(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    shop.userinfo(shop.tokens(provider.browser(anna))["access_token"])
    trail = [
        provider.events(event)
        for event in (Event.CODE_ISSUED, Event.TOKEN_ISSUED, Event.USERINFO_READ)
    ]
    assert [len(events) for events in trail] == [1, 1, 1]
    assert len({events[0].reference for events in trail}) == 1
    assert {events[0].account_id for events in trail} == {anna.id}
