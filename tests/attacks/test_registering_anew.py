"""Applications that say something else of themselves than people agreed to, or share an address with everybody."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent, Client
from tests.protocol.registering import error_of, newcomer
from tests.protocol.relying_party import CALLBACK, Provider
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house where applications may register themselves."""
    return house_of_this_worker(database_url, run, dynamic_registration=True)


def test_who_changes_its_name_or_its_host_has_to_be_agreed_to_again(house: House, run: Run) -> None:
    provider, made = Provider.of(house, run), newcomer(house, scopes=["openid", "profile"])
    said = {
        "client_name": "Proef",
        "redirect_uris": ["http://localhost:8401/callback"],
        "scope": "openid profile",
    }
    made.register(**said)
    browser = provider.browser(provider.person())

    def agreed() -> bool:
        shop = made.party(scope="openid profile")
        return "code" in shop.ask(browser, prompt="none")

    def agree() -> None:
        made.party(scope="openid profile").visit(browser)
        browser.submit("volgende")
        assert agreed()

    def change(**changes: Any) -> None:
        body = {**said, "client_id": made.told["client_id"], **changes}
        response = made.managed("PUT", body)
        assert response.status_code == 200, response.get_data(as_text=True)
        made.told |= response.get_json()

    agree()
    change(redirect_uris=["http://localhost:8401/callback", "http://localhost:8401/anders"])
    assert agreed()
    change(client_name="Mijn CAK Zakelijk")
    assert not agreed()
    agree()
    elsewhere = ["http://localhost:8402/callback"]
    change(client_name="Mijn CAK Zakelijk", redirect_uris=elsewhere)
    assert not agreed()


def test_two_native_applications_know_one_person_under_two_names(house: House, run: Run) -> None:
    provider = Provider.of(house, run)
    person, subjects = provider.person(), []
    for number in range(2):
        made = newcomer(house, is_third_party=False)
        made.register(
            application_type="native",
            redirect_uris=["http://127.0.0.1/callback"],
            token_endpoint_auth_method="none",
        )
        subjects.append(made.party().tokens(provider.browser(person))["id_token"])
        before = made.told["client_id"]
        body = {
            "client_id": before,
            "application_type": "native",
            "redirect_uris": ["http://127.0.0.1/callback", f"http://127.0.0.1/ander-{number}"],
            "token_endpoint_auth_method": "none",
        }
        made.told |= made.managed("PUT", body).get_json()
        subjects.append(made.party().tokens(provider.browser(person))["id_token"])
    first, again, second, second_again = (
        json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["sub"]
        for token in subjects
    )
    assert first == again != second == second_again


@ONE
@pytest.mark.parametrize(
    "member",
    ["jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "request_uris"],
)
def test_our_own_address_is_none_that_we_call(house: House, member: str) -> None:
    ours = "http://localhost:8400/oauth2/jwks"
    new = newcomer(house)
    refused = new.post({"redirect_uris": [CALLBACK], member: [ours] if member[-1] == "s" else ours})
    assert error_of(refused) == (400, "invalid_client_metadata")
    with house.inside():
        assert db.session.query(Client).count() == 0


@ONE
def test_a_flood_of_managing_is_refused_before_any_token_is_looked_at(house: House) -> None:
    new = newcomer(house)
    new.register()
    statuses = {new.managed("GET", token="x" * 43).status_code for _ in range(59)}
    assert statuses == {401}
    assert new.managed("GET").status_code == 429


def test_who_was_refused_and_why_is_kept(house: House) -> None:
    new = newcomer(house)
    new.register()
    new.managed("GET", token="x" * 43)
    new.post(redirect_uris=["http://elders.example/terug"])
    with house.inside():
        kept = db.session.query(AuditEvent).filter_by(event="registration-refused").all()
        assert len(kept) == 2
        assert all(row.reason and row.reference and not row.succeeded for row in kept)
        assert kept[0].client_id == new.told["client_id"]


@ONE
def test_what_an_application_asks_of_itself_stays_when_it_changes(house: House) -> None:
    """Said anew it is taken on; left out later, it stays."""
    new = newcomer(house)
    told = new.register(token_endpoint_auth_method="client_secret_basic")
    same = {
        "client_id": told["client_id"],
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    for said in (same | {"require_pushed_authorization_requests": True}, same):
        answer = new.managed("PUT", said).get_json()
        assert answer["require_pushed_authorization_requests"] is True
