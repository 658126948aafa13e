"""An application manages what it registered: RFC 7592."""

from __future__ import annotations

from typing import Any

import pytest

from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import Client
from idp.oidc import clients
from tests.protocol.registering import Newcomer, error_of, newcomer
from tests.protocol.relying_party import CALLBACK, Provider, client_key, public
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house where applications may register themselves."""
    return house_of_this_worker(database_url, run, dynamic_registration=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """That house with signing keys."""
    return Provider.of(house, run)


@pytest.fixture
def new(house: House) -> Newcomer:
    """An application that registered itself."""
    made = newcomer(house, is_third_party=False, scopes=["openid", "profile"])
    made.register(client_name="Proef", initiate_login_uri="http://localhost:8401/inloggen")
    return made


def replacement(new: Newcomer, **members: Any) -> dict[str, Any]:
    """The least that replaces a registration."""
    return {"client_id": new.told["client_id"], "redirect_uris": [CALLBACK], **members}


def test_a_registration_is_read_back_without_its_secret(new: Newcomer) -> None:
    response = new.managed("GET")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    only_once = {"client_secret", "client_secret_expires_at", "client_id_issued_at"}
    kept = {name: value for name, value in new.told.items() if name not in only_once}
    assert response.get_json() == kept


def test_replacing_takes_away_what_is_left_out(new: Newcomer, house: House) -> None:
    response = new.managed("PUT", replacement(new, client_name="Anders"))
    assert response.status_code == 200, response.get_json()
    told = response.get_json()
    assert told["client_name"] == "Anders"
    assert "initiate_login_uri" not in told
    assert "client_secret" not in told
    assert new.managed("GET").get_json() == told


@ONE
def test_a_secret_is_made_and_shown_when_the_method_needs_one(new: Newcomer) -> None:
    by_key = {"token_endpoint_auth_method": "private_key_jwt", "jwks": public(client_key())}
    told = new.managed("PUT", replacement(new, **by_key)).get_json()
    assert "client_secret" not in told
    told = new.managed("PUT", replacement(new)).get_json()
    assert len(told["client_secret"]) == 43
    assert told["client_secret"] != new.told["client_secret"]


@ONE
@pytest.mark.parametrize(
    "members",
    [
        {"scope": "openid email"},
        {"scope": "openid profile email applicaties"},
        {"grant_types": ["client_credentials"]},
        {"grant_types": ["authorization_code", "refresh_token"]},
        {"subject_type": "public"},
        {"client_id": "c-another"},
        {"client_id": None},
        {"client_secret": "x" * 43},
        {"client_secret": 7},
        {"registration_access_token": "x"},
        {"client_id_issued_at": 1},
        {"token_endpoint_auth_method": "none"},
        {"redirect_uris": ["http://elders.nl/"]},
    ],
    ids=str,
)
def test_replacing_never_gives_more_than_there_was(new: Newcomer, members: dict[str, Any]) -> None:
    before = new.managed("GET").get_json()
    response = new.managed("PUT", replacement(new) | members)
    assert response.status_code == 400
    assert new.managed("GET").get_json() == before


@ONE
def test_an_application_does_not_take_back_what_the_operator_took_away(house: House) -> None:
    new = newcomer(house)
    both = ["authorization_code", "refresh_token"]
    new.register(grant_types=both, subject_type="public")
    kept = new.managed("PUT", replacement(new)).get_json()
    assert (kept["grant_types"], kept["subject_type"]) == (both, "public"), "left out, as it was"
    with house.inside():
        clients.update(
            new.told["client_id"],
            actor="test",
            grant_types=["authorization_code"],
            subject_type="pairwise",
        )
    for more in ({"grant_types": both}, {"subject_type": "public"}):
        refused = new.managed("PUT", replacement(new, **more))
        assert error_of(refused) == (400, "invalid_client_metadata")
    told = new.managed("PUT", replacement(new)).get_json()
    assert (told["grant_types"], told["subject_type"]) == (both[:1], "pairwise")


@ONE
def test_level_profile_and_looseness_are_not_the_applications_to_change(
    new: Newcomer, house: House
) -> None:
    said = {"profile": "nlgov", "level": "laag", "is_test": True, "is_third_party": True}
    assert new.managed("PUT", replacement(new, **said)).status_code == 200
    with house.inside():
        client = db.session.query(Client).one()
        kept = (client.profile, client.is_test, client.is_third_party)
        assert kept == ("basic", False, False)


@ONE
def test_what_was_narrowed_stays_narrow(new: Newcomer, house: House) -> None:
    with house.inside():
        clients.update(
            new.told["client_id"],
            actor="test",
            scopes=["openid"],
            require_pushed_authorization_requests=True,
        )
    wide = new.managed("PUT", replacement(new, scope="openid profile"))
    assert error_of(wide) == (400, "invalid_client_metadata")
    usual = new.managed("PUT", replacement(new, require_pushed_authorization_requests=False))
    told = usual.get_json()
    assert (told["scope"], told["require_pushed_authorization_requests"]) == ("openid", True)


@ONE
def test_the_sector_stays_while_the_addresses_do(new: Newcomer, house: House) -> None:
    with house.inside():
        clients.update(new.told["client_id"], actor="test", sector="van-de-beheerder")
    new.managed("PUT", replacement(new, client_name="Anders"))
    with house.inside():
        assert db.session.query(Client).one().sector == "van-de-beheerder"
    new.managed("PUT", replacement(new, redirect_uris=["http://127.0.0.1:9/cb"]))
    with house.inside():
        assert db.session.query(Client).one().sector == "127.0.0.1:9"


def test_ending_it_ends_everything_that_it_held(provider: Provider, new: Newcomer) -> None:
    shop, browser = new.party(), provider.browser(provider.person())
    access = shop.tokens(browser)["access_token"]
    code = shop.ask(browser)["code"]
    assert new.managed("DELETE").status_code == 204
    assert shop.userinfo(access).status_code == 401
    assert shop.redeem(code).status_code == 401
    page = shop.visit(provider.browser())
    assert (page.status, page.error) == (400, "client-request")
    assert error_of(new.managed("GET")) == (401, "invalid_token")
    assert provider.events(Event.CLIENT_REMOVED)[-1].actor == "client"


@ONE
def test_a_client_of_the_operator_is_managed_by_nobody_else(
    provider: Provider, new: Newcomer
) -> None:
    shop = provider.application()
    for token in ("", new.told["registration_access_token"], "x" * 43):
        for method in ("GET", "PUT", "DELETE"):
            response = new.send(method, f"/oauth2/register/{shop.client_id}", token, None)
            assert error_of(response) == (401, "invalid_token")


@ONE
def test_removed_by_the_operator_it_manages_nothing_any_more(new: Newcomer, house: House) -> None:
    with house.inside():
        clients.remove(new.told["client_id"], actor="test")
    assert error_of(new.managed("GET")) == (401, "invalid_token")


@ONE
@pytest.mark.parametrize(
    ("address", "host"),
    [("https://app.voorbeeld.nl/cb", "app.voorbeeld.nl"), ("http://127.0.0.1/cb", None)],
)
def test_the_sector_of_a_native_application_is_its_host_where_it_has_one(
    house: House, address: str, host: str | None
) -> None:
    """On the machine of its person every application has the same host, so there each is a sector of its own."""
    new = newcomer(house, most=2)
    told = [
        new.register(application_type="native", redirect_uris=[address])["client_id"]
        for _ in range(2)
    ]
    with house.inside():
        sectors = {clients.show(client_id).sector for client_id in told}
    assert sectors == {host} if host else len(sectors) == 2


@ONE
def test_a_wrong_request_that_may_show_nothing_is_answered_to_who_registered_itself(
    provider: Provider, house: House
) -> None:
    """In a frame nobody could read our page, and nobody is led astray there."""
    made = newcomer(house, is_third_party=True)
    made.register()
    shop = made.party()
    page = shop.visit(provider.browser(), response_type="token")
    assert (page.status, page.error, page.left_for) == (400, "client-request", None)
    page = shop.visit(provider.browser(), response_type="token", prompt="none")
    assert shop.answer(page)["error"] == "unsupported_response_type"
