"""Access that is taken away: codes and tokens end at once, and the applications concerned are told, no others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp import clock
from idp.accounts import directory, grants
from idp.assurance import REGISTRABLE, Level
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import Application
from idp.oidc import clients
from tests.protocol.relying_party import SUBSTANTIAL, Provider, RelyingParty
from tests.protocol.test_backchannel_logout import heard, telling, told
from tests.protocol.test_refresh_tokens import REFRESHING
from tests.support.journeys import House, Person, account_of, grant
from tests.support.receiver import Receiver

__all__ = ["heard"]  # a fixture

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECURITY = "http://localhost:8400/mijn/beveiliging"


def held_by(shop: RelyingParty, provider: Provider, anna: Person) -> tuple[Any, Any, str]:
    """A browser with a code that was not redeemed, and tokens."""
    browser = provider.browser(anna)
    tokens = shop.tokens(browser)
    return browser, tokens, shop.ask(browser)["code"]


def is_worthless(shop: RelyingParty, tokens: dict[str, Any], code: str) -> bool:
    answers: list[TestResponse] = [shop.redeem(code), shop.refresh(tokens["refresh_token"])]
    refused = all(each.get_json().get("error") == "invalid_grant" for each in answers)
    return refused and shop.userinfo(tokens["access_token"]).status_code == 401


def test_a_withdrawn_grant_ends_what_its_clients_hold_and_nothing_else(
    provider: Provider, house: House, heard: Receiver
) -> None:
    shop = telling(provider, heard, grant_types=REFRESHING)
    other = telling(provider, heard, application_id="huur", grant_types=REFRESHING)
    anna = provider.person("j.devries", "wmo", "huur")
    browser, tokens, code = held_by(shop, provider, anna)
    others = other.tokens(browser)
    with house.inside():
        grants.revoke(account_of(anna), db.session.get_one(Application, "wmo"), actor="test")
    assert is_worthless(shop, tokens, code)
    assert other.userinfo(others["access_token"]).status_code == 200
    assert "access_token" in other.refresh(others["refresh_token"]).get_json()
    [claims] = told(house, heard)
    assert (claims["aud"], claims["sid"]) == (
        shop.client_id,
        shop.verified(tokens["id_token"])["sid"],
    )


def test_after_the_last_day_of_a_grant_nothing_comes_of_what_was_given_before(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.application(grant_types=REFRESHING), provider.person()
    grant(house, anna, "wmo", ends_at=time.moment + timedelta(seconds=30))
    browser = provider.browser(anna)
    token = shop.tokens(browser)["refresh_token"]
    token = shop.refresh(token).get_json()["refresh_token"]
    code = shop.ask(browser)["code"]
    time.move(timedelta(seconds=31))
    for answer in (shop.redeem(code), shop.refresh(token)):
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_grant")
        refused = provider.events(Event.TOKEN_REFUSED)[-1]
        assert refused.reason == "the grant for the application was withdrawn"


@ONE
def test_a_client_that_needs_more_by_now_gets_nothing_more_for_who_cannot_reach_it(
    provider: Provider, house: House
) -> None:
    low = REGISTRABLE["laag"]
    shop = provider.application(None, level=low, grant_types=REFRESHING)
    anna = provider.person()
    with house.inside():
        account_of(anna).enrolment_level = int(Level.LAAG)
    token = shop.tokens(provider.browser(anna))["refresh_token"]
    token = shop.refresh(token).get_json()["refresh_token"]
    with house.inside():
        clients.update(shop.client_id, level=REGISTRABLE["substantieel"], actor="test")
    assert shop.refresh(token).get_json()["error"] == "invalid_grant"


@ONE
def test_nobody_goes_on_at_a_level_that_their_account_no_longer_has(
    provider: Provider, house: House
) -> None:
    shop = provider.application(None, level=REGISTRABLE["laag"], grant_types=REFRESHING)
    anna = provider.person()
    tokens = shop.tokens(provider.browser(anna))
    assert shop.verified(tokens["id_token"])["acr"] == SUBSTANTIAL
    token = shop.refresh(tokens["refresh_token"]).get_json()["refresh_token"]
    with house.inside():
        account_of(anna).enrolment_level = int(Level.LAAG)
    assert shop.refresh(token).get_json()["error"] == "invalid_grant"


@ONE
def test_a_grant_that_is_replaced_signs_nobody_out_unless_the_new_one_begins_later(
    provider: Provider, house: House, heard: Receiver
) -> None:
    shop, anna = telling(provider, heard, grant_types=REFRESHING), provider.person()
    _browser, tokens, code = held_by(shop, provider, anna)
    for days, signed_out in ((0, 0), (3, 1)):
        with house.inside():
            grants.grant(
                account_of(anna),
                db.session.get_one(Application, "wmo"),
                roles=("indienen",),
                starts_at=clock.now() + timedelta(days=days),
                ends_at=None,
                actor="test",
            )
        assert len(told(house, heard)) == signed_out
        works = shop.userinfo(tokens["access_token"]).status_code == 200
        assert works is not bool(signed_out)
    assert is_worthless(shop, tokens, code)


@ONE
def test_a_token_for_the_api_of_a_withdrawn_application_ends_too(
    provider: Provider, house: House
) -> None:
    api = "https://api.voorbeeld.nl"
    provider.machine("wmo", resource=api, grant_types=())
    shop = provider.application(None, audiences=(api,))
    anna = provider.person()
    token = shop.tokens(provider.browser(anna))["access_token"]
    assert shop.introspect(token).get_json()["active"] is True
    with house.inside():
        grants.revoke(account_of(anna), db.session.get_one(Application, "wmo"), actor="test")
    assert shop.introspect(token).get_json()["active"] is False


@pytest.mark.parametrize("block", ["account", "relation"])
def test_a_block_ends_codes_and_tokens_at_once(
    provider: Provider, house: House, block: str
) -> None:
    shop, anna = provider.application(grant_types=REFRESHING), provider.person()
    _browser, tokens, code = held_by(shop, provider, anna)
    with house.inside():
        if block == "account":
            directory.block_account(account_of(anna), actor="test")
        else:
            directory.block_relation(account_of(anna).relation, actor="test")
    assert is_worthless(shop, tokens, code)


def test_withdrawn_consent_tells_only_that_application_and_its_next_sid_is_another(
    provider: Provider, house: House, heard: Receiver
) -> None:
    """A message that comes late must not end the sign-in that followed a new consent."""
    shop = telling(
        provider, heard, application_id=None, is_third_party=True, scope="openid profile"
    )
    own = telling(provider, heard, application_id=None)
    browser = provider.browser(provider.person())
    own.tokens(browser)
    sids = []
    for _ in range(2):
        shop.visit(browser)
        code = shop.answer(browser.submit("volgende"))["code"]
        sids.append(shop.verified(shop.redeem(code).get_json()["id_token"])["sid"])
        browser.get(SECURITY)
        browser.submit(f"intrekken-{shop.client_id}")
    assert sids[0] != sids[1]
    assert [(each["aud"], each["sid"]) for each in told(house, heard)] == [
        (shop.client_id, sid) for sid in sids
    ]
    assert "code" in own.ask(browser, prompt="none"), "the session with us stays"
