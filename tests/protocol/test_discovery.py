"""Metadata and keys: what others may believe of us without asking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import idp
from idp import keyring
from idp.oidc import discovery
from idp.settings import SettingsError
from tests.protocol.relying_party import ISSUER, LOW, SUBSTANTIAL, Provider
from tests.support.journeys import House, open_house, settings_for

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADDRESSES = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")


def read(house: House, address: str = ADDRESSES[0]) -> dict[str, Any]:
    found: dict[str, Any] = house.app.test_client().get(address, base_url=ISSUER).get_json()
    return found


@ONE
def test_the_metadata_promises_exactly_this(provider: Provider, house: House) -> None:
    """A new line here is a promise: something else has to show that it works."""
    algs = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
    ours = ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]
    wrapped = ["RSA-OAEP-256", "RSA-OAEP", "ECDH-ES", "ECDH-ES+A256KW"]
    encrypted = ["A256GCM", "A128CBC-HS256", "A256CBC-HS512", "A128GCM"]
    assert read(house) == {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/oauth2/authorize",
        "pushed_authorization_request_endpoint": f"{ISSUER}/oauth2/par",
        "token_endpoint": f"{ISSUER}/oauth2/token",
        "userinfo_endpoint": f"{ISSUER}/oauth2/userinfo",
        "revocation_endpoint": f"{ISSUER}/oauth2/revoke",
        "introspection_endpoint": f"{ISSUER}/oauth2/introspect",
        "end_session_endpoint": f"{ISSUER}/oauth2/logout",
        "jwks_uri": f"{ISSUER}/oauth2/jwks",
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "applicaties"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "subject_types_supported": ["pairwise", "public"],
        "id_token_signing_alg_values_supported": ours,
        "id_token_encryption_alg_values_supported": wrapped,
        "id_token_encryption_enc_values_supported": encrypted,
        "userinfo_signing_alg_values_supported": ours,
        "userinfo_encryption_alg_values_supported": wrapped,
        "userinfo_encryption_enc_values_supported": encrypted,
        "token_endpoint_auth_methods_supported": [
            "private_key_jwt",
            "none",
            "client_secret_basic",
            "client_secret_post",
        ],
        "token_endpoint_auth_signing_alg_values_supported": algs,
        "revocation_endpoint_auth_methods_supported": [
            "private_key_jwt",
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "revocation_endpoint_auth_signing_alg_values_supported": algs,
        "introspection_endpoint_auth_methods_supported": [
            "private_key_jwt",
            "client_secret_basic",
            "client_secret_post",
        ],
        "introspection_endpoint_auth_signing_alg_values_supported": algs,
        "acr_values_supported": [LOW, SUBSTANTIAL, "phr"],
        "claims_supported": [
            *("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "sid", "at_hash"),
            *("jti", "nbf", "sub_id_type", "represents"),
            *("name", "given_name", "family_name", "preferred_username", "updated_at"),
            *("email", "email_verified", "address", "phone_number", "phone_number_verified"),
            *("relatienummer", "relatienaam", "applicaties", "rollen"),
        ],
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": algs,
        "request_object_encryption_alg_values_supported": ["RSA-OAEP-256", "RSA-OAEP"],
        "request_object_encryption_enc_values_supported": ["A256GCM"],
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": ["nl", "en"],
        "sub_id_types_supported": ["urn:nl-eid-gdi:1.0:id:pseudonym"],
    }


def test_a_deployment_with_nlgov_alone_promises_nothing_else(tmp_path: Path) -> None:
    members = discovery.document(
        settings_for("sqlite://", tmp_path, enabled_profiles="nlgov"),
        resists_phishing=False,
        signs=keyring.SIGNING,
    )
    assert members["token_endpoint_auth_methods_supported"] == ["private_key_jwt", "none"]
    assert members["revocation_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert members["introspection_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert members["grant_types_supported"] == ["authorization_code"]
    for what in ("id_token", "userinfo"):
        assert members[f"{what}_signing_alg_values_supported"] == ["RS256", "PS256"]
        assert members[f"{what}_encryption_alg_values_supported"] == ["RSA-OAEP-256", "RSA-OAEP"]
        assert members[f"{what}_encryption_enc_values_supported"] == ["A256GCM"]
    assert members["subject_types_supported"] == ["pairwise"]


def test_a_deployment_with_basic_alone_promises_nothing_of_nlgov(tmp_path: Path) -> None:
    members = discovery.document(
        settings_for("sqlite://", tmp_path, enabled_profiles="basic"),
        resists_phishing=False,
        signs=keyring.SIGNING,
    )
    assert "sub_id_types_supported" not in members
    assert "represents" not in members["claims_supported"]


@pytest.mark.parametrize("profiles", ["fapi9", "basic,fapi9", ""])
@ONE
def test_a_profile_that_does_not_exist_is_refused_at_start(
    profiles: str, database_url: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="IDP_ENABLED_PROFILES"):
        idp.create_app(settings_for(database_url, tmp_path, enabled_profiles=profiles))


@ONE
def test_both_addresses_serve_one_document_that_others_may_keep_a_week(house: House) -> None:
    client = house.app.test_client()
    first, second = (client.get(address, base_url=ISSUER) for address in ADDRESSES)
    assert first.data == second.data
    for answer in (first, second, client.get("/oauth2/jwks", base_url=ISSUER)):
        assert answer.mimetype == "application/json"
        assert answer.headers["Cache-Control"] == "public, max-age=604800"
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert "Set-Cookie" not in answer.headers


@ONE
def test_who_has_the_document_already_is_not_sent_it_again(provider: Provider) -> None:
    client = provider.house.app.test_client()
    for address in (*ADDRESSES, "/oauth2/jwks"):
        etag = client.get(address, base_url=ISSUER).headers["ETag"]
        again = client.get(address, base_url=ISSUER, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")


@ONE
def test_another_host_name_shows_up_nowhere(house: House) -> None:
    answer = house.app.test_client().get(
        ADDRESSES[0],
        base_url="http://elders.example",
        headers={"X-Forwarded-Host": "elders.example"},
    )
    assert "elders" not in answer.get_data(as_text=True) + answer.headers.get("Location", "")


@ONE
def test_the_published_keys_are_public_named_and_each_for_one_use(provider: Provider) -> None:
    keys = provider.keys()["keys"]
    assert {key["alg"]: (key["kty"], key["use"]) for key in keys} == {
        "RS256": ("RSA", "sig"),
        "PS256": ("RSA", "sig"),
        "ES256": ("EC", "sig"),
        "Ed25519": ("OKP", "sig"),
        "EdDSA": ("OKP", "sig"),
        "RSA-OAEP-256": ("RSA", "enc"),
        "RSA-OAEP": ("RSA", "enc"),
    }
    for key in keys:
        assert not {"d", "p", "q", "dp", "dq", "qi", "k", "oth"} & set(key)
    assert len({key["kid"] for key in keys}) == len(keys)


@ONE
def test_issuers_are_not_guessed_from_mail_addresses(house: House) -> None:
    """NL GOV: no WebFinger."""
    assert house.app.test_client().get("/.well-known/webfinger", base_url=ISSUER).status_code == 404


@ONE
def test_the_metadata_follows_the_issuer_of_the_settings(database_url: str, tmp_path: Path) -> None:
    issuer = "https://inloggen.voorbeeld.nl"
    house = open_house(
        database_url,
        tmp_path,
        issuer=issuer,
        demo=False,
        sms_gateway=None,
        voice_gateway=None,
        allow_file_keys=True,
    )
    found = house.app.test_client().get(ADDRESSES[0], base_url=issuer).get_json()
    endpoints = [value for name, value in found.items() if name.endswith(("_endpoint", "_uri"))]
    assert found["issuer"] == issuer
    assert all(value.startswith(f"{issuer}/oauth2/") for value in endpoints)
