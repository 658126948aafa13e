"""Config OP: the metadata of a provider as deploy/conformance.toml has it, on https."""

from __future__ import annotations

import base64
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from idp.clock import Standing
from tests.protocol.relying_party import Provider
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SHIPPED: Final = tomllib.loads(
    (Path(__file__).parents[2] / "deploy/conformance.toml").read_text(encoding="utf-8")
)["settings"]
FLAGS: Final = frozenset(
    (
        *("claims_parameter_supported", "request_parameter_supported"),
        *("request_uri_parameter_supported", "require_request_uri_registration"),
        *("require_pushed_authorization_requests", "backchannel_logout_supported"),
        *("authorization_response_iss_parameter_supported", "frontchannel_logout_supported"),
        *("backchannel_logout_session_supported", "frontchannel_logout_session_supported"),
    )
)
ENDPOINTS: Final = frozenset(
    (
        *("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"),
        *("registration_endpoint", "end_session_endpoint", "pushed_authorization_request_endpoint"),
        *("revocation_endpoint", "introspection_endpoint"),
    )
)
#: Lists, as registered at IANA (OAuth Authorization Server Metadata); `prompt_values_supported` is of Initiating User
#: Registration 1.0.
LISTS: Final = frozenset(
    (
        *("scopes_supported", "response_types_supported", "response_modes_supported"),
        *("grant_types_supported", "code_challenge_methods_supported", "subject_types_supported"),
        *(
            f"{of}_{what}_values_supported"
            for of in ("id_token", "userinfo", "request_object")
            for what in ("signing_alg", "encryption_alg", "encryption_enc")
        ),
        *(
            f"{of}_endpoint_auth_{what}_supported"
            for of in ("token", "revocation", "introspection")
            for what in ("methods", "signing_alg_values")
        ),
        *("acr_values_supported", "claims_supported", "display_values_supported"),
        *("claim_types_supported", "prompt_values_supported", "ui_locales_supported"),
    )
)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    said = {name: SHIPPED[name] for name in ("issuer", "enabled_profiles")}
    switches = ("dynamic_registration", "frontchannel_logout")
    return house_of_this_worker(
        database_url, run, **said, **{name: SHIPPED[name] for name in switches}
    )


def told(provider: Provider, path: str) -> Any:
    client = provider.house.app.test_client()
    answer = client.get(path, base_url=SHIPPED["issuer"])
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return answer.get_json()


def test_the_document_is_whole_and_every_member_is_registered(provider: Provider) -> None:
    found = told(provider, "/.well-known/openid-configuration")
    assert found["issuer"] == SHIPPED["issuer"]
    assert set(found) == {"issuer"} | FLAGS | ENDPOINTS | LISTS
    for name in ENDPOINTS:
        assert found[name].startswith(f"{SHIPPED['issuer']}/"), name
    assert all(type(found[name]) is bool for name in FLAGS)
    for name in LISTS:
        assert found[name], name
        assert all(type(each) is str for each in found[name]), name
        assert len(set(found[name])) == len(found[name]), name


def test_what_the_plans_need_is_promised(provider: Provider) -> None:
    found = told(provider, "/.well-known/openid-configuration")
    assert found["response_types_supported"] == ["code"]
    assert {"query", "form_post"} <= set(found["response_modes_supported"])
    assert {"openid", "profile", "email", "address", "phone"} <= set(found["scopes_supported"])
    assert {"authorization_code", "refresh_token"} <= set(found["grant_types_supported"])
    methods = {"client_secret_basic", "client_secret_post", "private_key_jwt"}
    assert methods <= set(found["token_endpoint_auth_methods_supported"])
    assert "RS256" in found["id_token_signing_alg_values_supported"]
    assert "RS256" in found["request_object_signing_alg_values_supported"]
    assert not any("none" in found[name] for name in LISTS if "alg" in name)
    assert found["ui_locales_supported"] == ["nl", "en"]


def test_the_keys_can_be_used_by_anybody(provider: Provider) -> None:
    keys = told(provider, "/oauth2/jwks")["keys"]
    names = [key["kid"] for key in keys]
    assert len(set(names)) == len(names)
    for key in keys:
        assert key["use"] in {"sig", "enc"}
        assert key["alg"]
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & set(key)
        members = {"RSA": ("n", "e"), "EC": ("x", "y"), "OKP": ("x",)}[key["kty"]]
        for each in members:
            assert "=" not in key[each]
            base64.urlsafe_b64decode(key[each] + "==")
        if key["kty"] == "RSA":
            assert len(base64.urlsafe_b64decode(key["n"] + "==")) >= 256
