"""ID Tokens and UserInfo encrypted to the client's own key: signed inside, as registered outside."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.database import db
from idp.errors import WrongInput
from idp.models import Client
from idp.oidc import clients, registered
from tests.protocol.relying_party import (
    ISSUER,
    ClientKey,
    Provider,
    RelyingParty,
    client_key,
    public,
)
from tests.support.journeys import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

_MADE: Final[dict[str, ClientKey]] = {}


def opening_key(kind: str, **said: str) -> ClientKey:
    """A client's key pair for encryption."""
    if kind not in _MADE:
        makers = {
            "RSA": lambda: RSAKey.generate_key(2048),
            "EC": lambda: ECKey.generate_key("P-256"),
            "OKP": lambda: OKPKey.generate_key("X25519"),
        }
        _MADE[kind] = makers[kind]()
    members = _MADE[kind].as_dict(private=True) | {"kid": f"{kind}-enc", "use": "enc"} | said
    kinds: dict[str, Any] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
    key: ClientKey = kinds[kind].import_key(members)
    return key


def opened(token: str, key: ClientKey, alg: str, enc: str) -> tuple[dict[str, Any], str]:
    """The header, and what the client finds inside."""
    assert token.count(".") == 4
    found = jwe.decrypt_compact(token, key, algorithms=[alg, enc])
    return dict(found.headers()), (found.plaintext or b"").decode()


def encrypting(
    provider: Provider, key: ClientKey, alg: str, enc: str | None = None, **said: Any
) -> RelyingParty:
    """A `basic` client whose ID Tokens and UserInfo are encrypted to that key."""
    forms = {
        "id_token_encrypted_response_alg": alg,
        "id_token_encrypted_response_enc": enc,
        "userinfo_signed_response_alg": "RS256",
        "userinfo_encrypted_response_alg": alg,
        "userinfo_encrypted_response_enc": enc,
    }
    return provider.application(None, key=key, **(forms | said))


@pytest.mark.parametrize(
    ("kind", "alg"),
    [
        ("RSA", "RSA-OAEP"),
        ("RSA", "RSA-OAEP-256"),
        ("EC", "ECDH-ES"),
        ("EC", "ECDH-ES+A256KW"),
        ("OKP", "ECDH-ES"),
    ],
)
def test_both_answers_are_signed_and_then_encrypted(
    provider: Provider, kind: str, alg: str
) -> None:
    """OpenID Connect Core sections 5.3.2 and 10.2."""
    key = opening_key(kind)
    shop = encrypting(provider, key, alg, "A256GCM")
    tokens = shop.tokens(provider.browser(provider.person()))
    header, inside = opened(tokens["id_token"], key, alg, "A256GCM")
    assert {name: header[name] for name in ("alg", "enc", "cty", "kid")} == {
        "alg": alg,
        "enc": "A256GCM",
        "cty": "JWT",
        "kid": f"{kind}-enc",
    }
    claims = shop.verified(inside)
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (ISSUER, shop.client_id, shop.nonce)
    answer = shop.userinfo(tokens["access_token"])
    assert answer.mimetype == "application/jwt"
    _, inside = opened(answer.get_data(as_text=True), key, alg, "A256GCM")
    told = shop.verified(inside)
    assert (told["sub"], told["aud"]) == (claims["sub"], shop.client_id)


@pytest.mark.parametrize("enc", ["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM", None])
def test_what_encrypts_is_as_registered_or_the_usual(provider: Provider, enc: str | None) -> None:
    key = opening_key("EC")
    shop = encrypting(provider, key, "ECDH-ES", enc)
    token = shop.tokens(provider.browser(provider.person()))["id_token"]
    header, _ = opened(token, key, "ECDH-ES", enc or "A128CBC-HS256")
    assert header["enc"] == (enc or "A128CBC-HS256")


def test_nlgov_is_given_a256gcm_and_takes_nothing_less(provider: Provider, house: House) -> None:
    """NLG-OIDC-32, and section C rule 10 of what we were built to."""
    key = opening_key("RSA")
    shop = provider.nlgov(None)
    assert shop.key is not None
    change: Any = {"id_token_encrypted_response_alg": "RSA-OAEP-256"}
    with house.inside():
        clients.update(shop.client_id, actor="test", jwks=public(shop.key, key), **change)
    token = shop.tokens(provider.browser(provider.person()))["id_token"]
    assert opened(token, key, "RSA-OAEP-256", "A256GCM")[0]["enc"] == "A256GCM"
    for weak in (
        {"id_token_encrypted_response_enc": "A128CBC-HS256"},
        {"id_token_encrypted_response_alg": "ECDH-ES"},
        {"id_token_encrypted_response_alg": "RSA1_5"},
    ):
        said: Any = weak
        with house.app.app_context(), pytest.raises(WrongInput, match="nlgov encrypts with"):
            clients.update(shop.client_id, actor="test", **said)


def test_the_key_is_chosen_by_what_it_says_it_is_for(provider: Provider, house: House) -> None:
    signing = RSAKey.import_key(client_key("RSA").as_dict(private=True) | {"use": "sig"})
    other = opening_key("RSA", alg="RSA-OAEP", kid="ander")
    right = opening_key("RSA", alg="RSA-OAEP-256", kid="deze")
    shop = provider.application(None, key=signing, auth_method="private_key_jwt")
    keys = public(signing, opening_key("EC"), other, right)
    change: Any = {"id_token_encrypted_response_alg": "RSA-OAEP-256"}
    with house.inside():
        clients.update(shop.client_id, actor="test", jwks=keys, **change)
    token = shop.tokens(provider.browser(provider.person()))["id_token"]
    header = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    assert header["kid"] == "deze"
    for_anything = RSAKey.import_key(
        {
            name: said
            for name, said in right.as_dict(private=True).items()
            if name not in {"use", "alg"}
        }
        | {"kid": "alles"}
    )
    for_this = opening_key("RSA", kid="versleutelen")
    with house.inside():
        clients.update(shop.client_id, actor="test", jwks=public(for_anything, signing, for_this))
    token = shop.tokens(provider.browser(provider.person("b.bakker")))["id_token"]
    assert (
        json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))["kid"] == for_this.kid
    )


def test_without_a_fitting_key_it_cannot_be_registered(provider: Provider, house: House) -> None:
    words = {
        "needs a public key": {"key": None},
        "to encrypt to with RSA-OAEP": {"key": opening_key("EC")},
        "to encrypt to with ECDH-ES": {"alg": "ECDH-ES", "key": opening_key("RSA")},
        "to encrypt to with RSA-OAEP-256": {
            "key": RSAKey.import_key(client_key("RSA").as_dict(private=False) | {"use": "sig"})
        },
        "around a signature": {"userinfo_signed_response_alg": None},
        "goes with": {"id_token_encrypted_response_alg": None},
        "private key": {"jwks": {"keys": [opening_key("RSA").as_dict(private=True)]}},
    }
    for says, changes in words.items():
        said: dict[str, Any] = {
            "alg": "RSA-OAEP-256",
            "enc": "A256GCM",
            "key": opening_key("RSA"),
        } | changes
        if "jwks" in said:
            with house.app.app_context(), pytest.raises(WrongInput, match=says):
                clients.add(
                    name="x",
                    profile="basic",
                    redirect_uris=["http://localhost:8401/callback"],
                    id_token_encrypted_response_alg="RSA-OAEP",
                    jwks=said["jwks"],
                    actor="test",
                )
            continue
        with pytest.raises(WrongInput, match=says):
            encrypting(provider, said.pop("key"), said.pop("alg"), said.pop("enc"), **said)


def test_taking_the_way_to_encrypt_away_takes_all_of_it(provider: Provider, house: House) -> None:
    shop = encrypting(provider, opening_key("EC"), "ECDH-ES", "A256GCM")
    change: Any = {
        "id_token_encrypted_response_alg": None,
        "userinfo_encrypted_response_alg": None,
        "jwks": None,
    }
    with house.inside():
        clients.update(shop.client_id, actor="test", **change)
    token = shop.tokens(provider.browser(provider.person()))["id_token"]
    assert shop.verified(token)


def test_a_key_that_went_missing_is_told_to_the_client_as_our_fault(
    provider: Provider, house: House
) -> None:
    shop = encrypting(provider, opening_key("EC"), "ECDH-ES")
    with house.inside():
        row = db.session.get_one(Client, shop.client_id)
        row.jwks = public(opening_key("RSA"))
        row.version += 1
        registered.forget(shop.client_id)
    answer = shop.redeem(shop.ask(provider.browser(provider.person()))["code"])
    assert (answer.status_code, answer.get_json()["error"]) == (500, "server_error")
    assert "no key to encrypt to with ECDH-ES" in answer.get_json()["error_description"]
