"""The standard claims that we hold of a person (OpenID Connect Core sections 5.1 and 5.4), and only those."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, Final

import pytest

from idp.accounts import directory
from idp.clock import Standing
from idp.database import db
from idp.models import Account
from tests.protocol.relying_party import Provider
from tests.support.journeys import House, Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FURTHER: Final = {
    "given_name": "Anna Maria",
    "family_name": "de Vries",
    "phone_number": "088 - 123 45 67",
    "street_address": "Plein 1",
    "postal_code": "1234 AB",
    "locality": "Voorbeeldstad",
    "country": "Nederland",
}
ADDRESS: Final = {
    "formatted": "Plein 1\n1234 AB Voorbeeldstad\nNederland",
    "street_address": "Plein 1",
    "postal_code": "1234 AB",
    "locality": "Voorbeeldstad",
    "country": "Nederland",
}


def known(provider: Provider, house: House, **further: str) -> Person:
    """Somebody of whom an operator wrote that down."""
    person = provider.person()
    with house.inside():
        account = directory.get(person.id)
        assert account is not None
        directory.update_account(account, further=further or FURTHER, actor="test")
    return person


def told(provider: Provider, person: Person, **changes: Any) -> dict[str, Any]:
    """What UserInfo says, without `sub`."""
    shop = provider.application(None)
    tokens = shop.tokens(provider.browser(person), **changes)
    found: dict[str, Any] = shop.userinfo(tokens["access_token"]).get_json()
    found.pop("sub")
    return found


def test_scope_address_brings_an_object_and_scope_phone_a_number_that_nobody_proved(
    provider: Provider, house: House
) -> None:
    anna = known(provider, house)
    assert told(provider, anna, scope="openid address") == {"address": ADDRESS}
    assert told(provider, anna, scope="openid phone") == {
        "phone_number": "+31881234567",
        "phone_number_verified": False,
    }


def test_scope_profile_brings_what_we_hold(
    provider: Provider, house: House, time: Standing
) -> None:
    anna = known(provider, house)
    assert told(provider, anna, scope="openid profile") == {
        "name": anna.username.title(),
        "given_name": "Anna Maria",
        "family_name": "de Vries",
        "preferred_username": anna.username,
        "updated_at": int(time.moment.timestamp()),
    }


def test_an_address_of_which_we_know_a_part_is_that_part(provider: Provider, house: House) -> None:
    anna = known(provider, house, locality="Voorbeeldstad")
    [address] = told(provider, anna, scope="openid address").values()
    assert address == {"formatted": "Voorbeeldstad", "locality": "Voorbeeldstad"}


def test_what_nobody_wrote_down_is_left_out(provider: Provider) -> None:
    assert told(provider, provider.person(), scope="openid address phone") == {}


def test_the_claims_parameter_brings_them_one_by_one_in_either_place(
    provider: Provider, house: House
) -> None:
    anna, shop = known(provider, house), provider.nlgov(None, scopes=("openid",))
    wish = {"id_token": {"address": None}, "userinfo": {"phone_number": {"essential": True}}}
    tokens = shop.tokens(provider.browser(anna), claims=json.dumps(wish))
    claims = shop.verified(tokens["id_token"])
    assert claims["address"] == ADDRESS
    assert "phone_number" not in claims
    assert set(shop.userinfo(tokens["access_token"]).get_json()) == {"sub", "phone_number"}


def test_a_client_may_have_a_claim_of_its_scopes_in_its_id_token(
    provider: Provider, house: House
) -> None:
    anna, shop = (
        known(provider, house),
        provider.application(None, id_token_claims=["preferred_username", "given_name"]),
    )
    browser = provider.browser(anna)
    claims = shop.verified(shop.tokens(browser, scope="openid profile")["id_token"])
    assert (claims["preferred_username"], claims["given_name"]) == (anna.username, "Anna Maria")
    assert "name" not in claims
    without = shop.verified(shop.tokens(browser, scope="openid")["id_token"])
    assert not {"preferred_username", "given_name"} & set(without)


def test_in_which_language_claims_are_wished_never_is_an_error(
    provider: Provider, house: House
) -> None:
    """OpenID Connect Core section 5.2; we hold each claim in one language."""
    anna = known(provider, house)
    for wish in ("se", "nl-NL en", "x" * 900):
        found = told(provider, anna, scope="openid phone", claims_locales=wish)
        assert found["phone_number"] == "+31881234567"


def test_at_rest_it_cannot_be_read_and_belongs_to_its_row(provider: Provider, house: House) -> None:
    anna, bert = known(provider, house), provider.person("b.bakker")
    with house.inside():
        sealed = db.session.get_one(Account, anna.id).personal_sealed
        assert sealed is not None
        assert not any(value.encode() in sealed for value in FURTHER.values())
        db.session.get_one(Account, bert.id).personal_sealed = sealed
    shop = provider.application(None)
    token = shop.tokens(provider.browser(bert), scope="openid")["access_token"]
    assert shop.userinfo(token).status_code == 200, "nothing is opened that nobody asks for"


def test_a_change_is_seen_at_the_next_look_and_moves_updated_at(
    provider: Provider, house: House, time: Standing
) -> None:
    anna, shop = known(provider, house), provider.application(None)
    token = shop.tokens(provider.browser(anna), scope="openid profile phone")["access_token"]
    before = shop.userinfo(token).get_json()
    time.move(timedelta(seconds=60))
    with house.inside():
        account = directory.get(anna.id)
        assert account is not None
        directory.update_account(account, further={"phone_number": ""}, actor="test")
    after = shop.userinfo(token).get_json()
    assert after["updated_at"] == before["updated_at"] + 60
    assert "phone_number" not in after
    assert after["family_name"] == before["family_name"]


def test_people_are_asked_before_somebody_elses_application_hears_them(
    provider: Provider, house: House
) -> None:
    shop, browser = (
        provider.application(None, is_third_party=True),
        provider.browser(known(provider, house)),
    )
    page = shop.visit(browser, scope="openid address phone")
    assert page.name == "consent"
    assert "uw adres" in page.html
    assert "uw telefoonnummer" in page.html
