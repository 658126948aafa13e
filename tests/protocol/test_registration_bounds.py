"""How much a registration may hold, and what a client without people has nothing to do with."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from idp.errors import WrongInput
from idp.oidc import clients, own_api
from idp.oidc.registration_rules import MOST_ADDRESSES
from tests.protocol.relying_party import CALLBACK, ISSUER, client_key, public
from tests.support.journeys import House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
USUAL: dict[str, Any] = {
    "name": "Winkel",
    "profile": "basic",
    "redirect_uris": [CALLBACK],
    "actor": "test",
}
OWN: dict[str, Any] = {"grant_types": ["client_credentials"], "redirect_uris": []}
API: dict[str, Any] = {
    "grant_types": [],
    "redirect_uris": [],
    "resource": "https://api.voorbeeld.nl/",
}
KEYS: dict[str, Any] = {"jwks": public(client_key("RSA"))}


def addresses(count: int) -> list[str]:
    return [f"https://app.voorbeeld.nl/{number}" for number in range(count)]


def of_length(characters: int) -> str:
    return "https://app.voorbeeld.nl/".ljust(characters, "x")


BOUNDS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"name": "x" * 100}, {"name": "x" * 101}, "at most 100 characters"),
    ({"name": "Zoë & Co"}, {"name": "Zoë\u202e & Co"}, "at most 100 characters"),
    (
        {"redirect_uris": addresses(MOST_ADDRESSES)},
        {"redirect_uris": addresses(MOST_ADDRESSES + 1)},
        "at most 50 redirect_uris",
    ),
    (
        {"post_logout_redirect_uris": addresses(MOST_ADDRESSES)},
        {"post_logout_redirect_uris": addresses(MOST_ADDRESSES + 1)},
        "at most 50 post_logout_redirect_uris",
    ),
    (
        KEYS | {"request_uris": addresses(20)},
        KEYS | {"request_uris": addresses(21)},
        "at most 20 request_uris",
    ),
    (
        KEYS | {"request_uris": [of_length(512)]},
        KEYS | {"request_uris": [of_length(513)]},
        "is longer than 512",
    ),
    (
        KEYS | {"request_uris": addresses(2)},
        KEYS | {"request_uris": addresses(1) * 2},
        "a request_uri stands there twice",
    ),
    ({"sector": "x" * 200}, {"sector": "x" * 201}, "at most 200 characters"),
    ({"sector": "x"}, {"sector": ""}, "at most 200 characters"),
    ({"sector": "een naam"}, {"sector": "een\tnaam"}, "at most 200 characters"),
    (
        {"scopes": ["openid", "profile"], "id_token_claims": ["name"]},
        {"scopes": ["openid"], "id_token_claims": ["name"]},
        "no claim of a scope",
    ),
    (
        OWN | {"audiences": [f"{ISSUER}{own_api.PATH}"], "scopes": ["beheer:lezen"]},
        OWN | {"scopes": ["beheer:lezen"]},
        "need its address as audience",
    ),
    (API, API | {"scopes": ["openid"]}, "so it has no scope"),
    (
        KEYS | {"request_object_signing_alg": "ES256"},
        KEYS | {"request_object_signing_alg": "HS256"},
        "not with HS256",
    ),
    (
        KEYS | {"require_signed_request_object": True},
        {"require_signed_request_object": True},
        "needs keys",
    ),
    (
        {"sector_identifier_uri": "https://app.voorbeeld.nl/sector.json"},
        {"sector_identifier_uri": "ftp://app.voorbeeld.nl/sector.json"},
        "sector_identifier_uri",
    ),
    ({"application_type": "native"}, {"application_type": "Web"}, "web or native"),
]


@ONE
@pytest.mark.parametrize(("within", "beyond", "words"), BOUNDS, ids=[words for *_, words in BOUNDS])
def test_a_registration_is_bounded(
    house: House, within: dict[str, Any], beyond: dict[str, Any], words: str
) -> None:
    with house.inside():
        with pytest.raises(WrongInput) as refused:
            clients.add(**USUAL | beyond)
        assert words in refused.value.why
        assert clients.listing() == []
        clients.add(**USUAL | within)


@ONE
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("post_logout_redirect_uris", [CALLBACK]),
        ("form_action_origins", ["https://app.voorbeeld.nl"]),
        ("initiate_login_uri", CALLBACK),
        ("id_token_encrypted_response_alg", "RSA-OAEP"),
        ("userinfo_signed_response_alg", "RS256"),
        ("request_uris", addresses(1)),
        ("request_object_signing_alg", "RS256"),
    ],
)
def test_a_client_for_which_nobody_signs_in_has_nothing_of_people(
    house: House, member: str, value: object
) -> None:
    with house.inside():
        for kind in (OWN, API):
            with pytest.raises(WrongInput, match="nobody signs in for this client") as refused:
                clients.add(**USUAL | KEYS | kind | {member: value})
            assert member.removesuffix("s") in refused.value.why
            clients.add(**USUAL | KEYS | kind)


@ONE
def test_keys_that_can_sign_nothing_of_the_profile_are_refused(house: House) -> None:
    """One that can is enough: sets are published for others, too."""
    other = {"keys": [public(client_key("RSA"))["keys"][0] | {"alg": "RS512"}]}
    signs = {"auth_method": "private_key_jwt"}
    with house.inside():
        with pytest.raises(WrongInput, match="none of the keys can sign"):
            clients.add(**USUAL | signs | {"jwks": other})
        both = {"keys": other["keys"] + public(client_key("EC"))["keys"]}
        clients.add(**USUAL | signs | {"jwks": both})


@ONE
@pytest.mark.parametrize(
    "bent",
    [
        {"crv": "brainpoolP256r1"},
        {"crv": "Ed25519"},
        {"crv": None},
        {"crv": ["P-256"]},
        {"x": None},
        {"x": 7},
        {"y": {}},
        {"kty": "OKP"},
        {"kty": "RSA"},
        {"kid": 7},
        {"use": ["sig"]},
        {"use": "anders"},
        {"alg": {}},
        {"key_ops": 7},
    ],
    ids=str,
)
def test_a_key_that_is_none_is_refused_in_a_sentence(house: House, bent: dict[str, Any]) -> None:
    key = public(client_key("EC"))["keys"][0] | bent
    with house.inside():
        with pytest.raises(WrongInput, match="key"):
            clients.add(**USUAL | {"auth_method": "private_key_jwt", "jwks": {"keys": [key]}})
        assert clients.listing() == []


LOW_ORDER = [bytes(32), b"\1" + bytes(31), bytes.fromhex("ec" + "ff" * 30 + "7f")]


@ONE
@pytest.mark.parametrize("point", LOW_ORDER, ids=["zero", "one", "minus one"])
def test_a_point_with_which_every_secret_is_the_same_is_no_key(house: House, point: bytes) -> None:
    """RFC 7748 section 6.1."""
    x = base64.urlsafe_b64encode(point).rstrip(b"=").decode()
    key = {"kty": "OKP", "crv": "X25519", "use": "enc", "x": x}
    keys = {"jwks": {"keys": [*KEYS["jwks"]["keys"], key]}}
    with house.inside(), pytest.raises(WrongInput, match="cannot be read"):
        clients.add(**USUAL | keys | {"id_token_encrypted_response_alg": "ECDH-ES"})


@ONE
@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
def test_not_one_member_of_a_private_key_is_taken(house: House, member: str) -> None:
    key = KEYS["jwks"]["keys"][0] | {member: "AAAA"}
    with house.inside(), pytest.raises(WrongInput, match="private key"):
        clients.add(**USUAL | {"jwks": {"keys": [key]}})
