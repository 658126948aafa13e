"""Registering clients: what an operator may say, what is refused, and what is found wrong later."""

from __future__ import annotations

from typing import Any

import pytest

from idp.assurance import Assurance, Level
from idp.audit import Event
from idp.database import db
from idp.errors import WrongInput
from idp.models import (
    AccessToken,
    Application,
    AuthorizationCode,
    AuthorizationRequest,
    Client,
    PushedRequest,
    RefreshToken,
)
from idp.oidc import clients
from tests.protocol.relying_party import CALLBACK, Provider, client_key, public
from tests.support.journeys import House, open_house

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def said(**changes: Any) -> dict[str, Any]:
    """The least that a registration says."""
    return {
        "name": "Winkel",
        "profile": "basic",
        "redirect_uris": [CALLBACK],
        "actor": "operator:test",
    } | changes


@ONE
def test_what_is_not_said_follows_from_profile_application_and_addresses(house: House) -> None:
    with house.inside():
        row = {"name": "Wmo", "address": "http://localhost:8401/", "level": int(Level.LAAG)}
        db.session.add(Application(id="wmo", **row))
        db.session.flush()
        basic, secret = clients.add(**said(application_id="wmo"))
        governed, none = clients.add(
            **said(
                profile="nlgov",
                jwks=public(client_key()),
                redirect_uris=["http://localhost:8401/x"],
            )
        )
        assert (basic.auth_method, basic.id_token_alg, basic.subject_type) == (
            "client_secret_basic",
            "RS256",
            "pairwise",
        )
        assert (basic.level, basic.sector) == (int(Level.LAAG), "localhost:8401")
        assert (governed.auth_method, governed.level) == (
            "private_key_jwt",
            int(Level.SUBSTANTIEEL),
        )
        assert governed.scopes == ["openid", "applicaties"]
        assert secret is not None
        assert none is None
        assert secret.reveal() not in str(basic.secrets)
        assert len(secret.reveal()) == 43


@ONE
def test_everything_that_cannot_be_is_refused_in_one_sentence_and_changes_nothing(
    house: House,
) -> None:
    key, private = public(client_key()), {"keys": [client_key().as_dict(private=True)]}
    wrong: dict[str, dict[str, Any]] = {
        "is no profile": {"profile": "fapi9"},
        "has no client_secret_basic": {"profile": "nlgov", "auth_method": "client_secret_basic"},
        "has no tls": {"auth_method": "tls"},
        "needs the client's public keys": {"auth_method": "private_key_jwt"},
        "not both": {"jwks": key, "jwks_uri": "https://app.example/jwks.json"},
        "cannot be fetched": {"jwks_uri": "ftp://app.example/jwks.json"},
        "not with none": {"jwks": key, "request_object_signing_alg": "none"},
        "needs keys": {"require_signed_request_object": True},
        "web or native": {"application_type": "toaster"},
        "private key": {"auth_method": "private_key_jwt", "jwks": private},
        "list of keys": {"auth_method": "private_key_jwt", "jwks": {"kty": "EC"}},
        "type RSA, EC or OKP": {
            "auth_method": "private_key_jwt",
            "jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]},
        },
        "needs a redirect_uri": {"redirect_uris": []},
        "stands there twice": {"redirect_uris": [CALLBACK, CALLBACK]},
        "is no origin": {"form_action_origins": ["https://app.example/pad"]},
        "no fragment": {"redirect_uris": ["https://app.example/cb#deel"]},
        "no user name": {"redirect_uris": ["https://gast@app.example/cb"]},
        "begin with https://": {"redirect_uris": ["http://app.example/cb"]},
        "no scope": {"scopes": ["openid", "offline_access"]},
        "scope openid": {"scopes": ["profile"]},
        "cannot be reached": {"level": Assurance(Level.HOOG)},
        "signs ID Tokens with": {"id_token_alg": "PS512"},
        "no application": {"application_id": "onbekend"},
        "several hosts": {"redirect_uris": [CALLBACK, "https://app.example/cb"]},
        "sector": {"sector": "a|b"},
        "client id": {"client_id": "a b"},
        "not 43": {"client_id": "a" * 43},
        "name": {"name": " "},
        "initiate_login_uri": {"initiate_login_uri": "http://app.example/"},
        "too long": {"initiate_login_uri": "https://app.example/" + "x" * 490},
        "post_logout_redirect_uri": {"post_logout_redirect_uris": ["ftp://localhost/"]},
    }
    with house.app.app_context():
        for words, changes in wrong.items():
            with pytest.raises(WrongInput) as refused:
                clients.add(**said(**changes))
            assert words in refused.value.why, (words, refused.value.why)
            assert "\n" not in refused.value.why
        assert clients.listing() == []
        with pytest.raises(WrongInput, match="subjects"):
            clients.add(**said(profile="nlgov", jwks=key, subject_type="public"))


BAD_ADDRESSES = [
    "",
    "callback",
    "/callback",
    "//app.example/cb",
    "ftp://app.example/cb",
    "javascript:alert(1)",
    "com.example.app:/cb",
    "https://",
    "https:///cb",
    "https://app.example/cb#deel",
    "https://app.example/cb#",
    "https://gast:geheim@app.example/cb",
    "https://*.example/cb",
    "https://App.example/cb",
    "https://app.example:99999/cb",
    "https://app.example:/cb",
    "https://app.example/a/../cb",
    "https://app.example/./cb",
    "https://app.example/a/%2E%2e/cb",
    "https://app.example/%2e/cb",
    "https://app.example:0443/cb",
    "HTTPS://app.example/cb",
    "https:/app.example/cb",
    "https://app.example/c b",
    'https://app.example/"',
    "https://app.example/cb\r\n",
    "https://app.example/cb\x00",
    "https://app.example/é",
    "https://app.example/cb?code=1",
    "https://app.example/cb?a=b&iss",
    "https://app.example\\@elders.example/",
    "https://app.example/" + "x" * 2000,
]


@ONE
def test_an_address_that_could_be_read_in_two_ways_cannot_be_registered(house: House) -> None:
    with house.app.app_context():
        for address in BAD_ADDRESSES:
            with pytest.raises(WrongInput):
                clients.add(**said(redirect_uris=[address]))
        assert clients.listing() == []


@ONE
def test_loopback_http_is_for_a_provider_on_loopback_only(
    database_url: str, house: House, tmp_path: Any
) -> None:
    loopback = [
        "http://localhost:8401/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:9/cb",
        "http://rp.localhost:8401/cb",
    ]
    with house.app.app_context():
        for address in loopback:
            clients.add(**said(redirect_uris=[address]))
        with pytest.raises(WrongInput):
            clients.add(**said(redirect_uris=["http://app.example/cb"]))
    public_house = open_house(
        database_url,
        tmp_path,
        issuer="https://inloggen.voorbeeld.nl",
        demo=False,
        sms_gateway=None,
        voice_gateway=None,
        allow_file_keys=True,
    )
    with public_house.app.app_context():
        for address in loopback:
            with pytest.raises(WrongInput):
                clients.add(**said(redirect_uris=[address]))
        clients.add(**said(redirect_uris=["http://localhost:8401/cb"], is_test=True))
        for address in loopback[1:]:
            with pytest.raises(WrongInput):
                clients.add(**said(redirect_uris=[address], is_test=True))
        with pytest.raises(WrongInput):
            clients.add(**said(profile="nlgov", jwks=public(client_key()), is_test=True))


@ONE
def test_an_update_changes_what_is_named_and_is_checked_as_a_whole(
    provider: Provider, house: House
) -> None:
    shop = provider.application()
    with house.inside():
        row, secret = clients.update(
            shop.client_id, name="Nieuw", scopes=["openid"], actor="operator:test"
        )
        assert (row.name, row.scopes, row.redirect_uris, secret) == (
            "Nieuw",
            ["openid"],
            [CALLBACK],
            None,
        )
        with pytest.raises(WrongInput, match="nlgov has no client_secret_basic"):
            clients.update(shop.client_id, profile="nlgov", actor="operator:test")
        with pytest.raises(WrongInput, match="nothing"):
            clients.update(shop.client_id, actor="operator:test")
        with pytest.raises(WrongInput, match="no client"):
            clients.update("onbekend", name="x", actor="operator:test")
    [event] = provider.events(Event.CLIENT_UPDATED)
    assert event.actor == "operator:test"
    assert (event.details["changed"], event.details["application"]) == (["name", "scopes"], "wmo")


@ONE
def test_a_client_that_gets_a_method_with_a_secret_gets_a_secret(
    provider: Provider, house: House
) -> None:
    shop = provider.application(auth_method="none")
    with house.inside():
        row, secret = clients.update(shop.client_id, auth_method="client_secret_post", actor="test")
        assert secret is not None
        row, again = clients.update(shop.client_id, auth_method="none", actor="test")
        assert (row.secrets, again) == ([], None)


@ONE
def test_the_level_of_an_application_is_the_floor_of_its_clients(
    provider: Provider, house: House
) -> None:
    provider.application("wmo")
    with (
        house.app.app_context(),
        pytest.raises(WrongInput, match="its application asks substantieel"),
    ):
        clients.add(**said(application_id="wmo", level=Assurance(Level.LAAG)))


@ONE
def test_an_id_is_never_used_twice(provider: Provider, house: House) -> None:
    shop = provider.application(client_id="winkel")
    with house.inside():
        clients.remove(shop.client_id, actor="test")
        with pytest.raises(WrongInput, match="not used twice"):
            clients.add(**said(client_id="winkel"))
        with pytest.raises(WrongInput, match="no client"):
            clients.show("winkel")
        assert clients.listing() == []


@ONE
def test_a_change_elsewhere_holds_here_within_seconds(
    provider: Provider, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process knows nothing of our memory; its change is noticed by the version."""
    from idp.oidc import registered

    shop, browser = provider.application(), provider.browser(provider.person())
    assert "code" in shop.ask(browser)
    with house.inside():
        row = db.session.get_one(Client, shop.client_id)
        row.redirect_uris = ["http://localhost:8401/elders"]
        row.version += 1
    assert "code" in shop.ask(browser)
    later = registered.time.monotonic() + registered.KEPT_FOR
    monkeypatch.setattr(registered.time, "monotonic", lambda: later)
    assert shop.visit(browser).error == "client-request"


@ONE
def test_a_client_that_ends_takes_what_it_holds_and_others_keep_theirs(
    provider: Provider, house: House
) -> None:
    refreshing = {"grant_types": ("authorization_code", "refresh_token")}
    goes, stays = (provider.application(name, **refreshing) for name in ("wmo", "jeugd"))
    browser = provider.browser(provider.person("anna", "wmo", "jeugd"))
    held = {}
    for shop in (goes, stays):
        spent = shop.tokens(browser)
        held[shop.client_id] = (spent["access_token"], spent["refresh_token"])
        assert shop.push().status_code == 201
        assert shop.visit(provider.browser()).name == "login"
    left = {shop.client_id: shop.ask(browser)["code"] for shop in (goes, stays)}
    with house.inside():
        clients.remove(goes.client_id, actor="test")
    access, refresh = held[stays.client_id]
    assert stays.userinfo(access).status_code == 200
    assert stays.redeem(left[stays.client_id]).status_code == 200
    assert stays.refresh(refresh).status_code == 200
    with house.inside():
        for table in (AuthorizationCode, AccessToken, RefreshToken):
            rows = db.session.query(table).filter(table.client_id == goes.client_id).all()
            assert rows
            assert all(row.revoked_at is not None for row in rows), table
        for kept in (AuthorizationRequest, PushedRequest):
            found = {row.client_id for row in db.session.query(kept)}
            assert goes.client_id not in found, kept
            assert stays.client_id in found, kept
    assert goes.userinfo(held[goes.client_id][0]).status_code == 401
