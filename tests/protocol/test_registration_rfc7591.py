"""Applications that register themselves: RFC 7591 and OpenID Connect Registration 1.0, with a token of the operator."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from idp.assurance import REGISTRABLE
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import Client, RegistrationToken
from idp.oidc import registration_tokens
from tests.protocol.registering import REGISTER, Newcomer, error_of, newcomer
from tests.protocol.relying_party import CALLBACK, Provider, client_key, public, unverified
from tests.protocol.test_encrypted_answers import opened
from tests.protocol.test_signing_algorithms import without
from tests.support.journeys import ISSUER, House, house_of_this_worker, open_house
from tests.support.run import Run
from tests.support.web_server import WebServer

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house where applications may register themselves."""
    return house_of_this_worker(database_url, run, dynamic_registration=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """That house with signing keys."""
    return Provider.of(house, run)


def test_an_application_registers_itself_and_signs_somebody_in(
    provider: Provider, house: House
) -> None:
    new = newcomer(house, level=REGISTRABLE["laag"], is_third_party=False)
    told = new.register(client_name="Proef", grant_types=["authorization_code"])
    anna = provider.person()
    tokens = new.party().tokens(provider.browser(anna, steps=1))
    claims = new.party().verified(tokens["id_token"])
    assert claims["aud"] == told["client_id"]
    assert told["client_secret_expires_at"] == 0
    assert provider.events(Event.CLIENT_ADDED)[-1].actor.startswith("registration:")


@ONE
def test_the_answer_tells_everything_that_counts(house: House) -> None:
    told = newcomer(house).register(
        client_name="Proef",
        **{"client_name#en": "Trial"},
        contacts=["beheer@voorbeeld.nl"],
        policy_uri="https://voorbeeld.nl/privacy#kort",
        scope="openid profile",
        jwks=public(client_key()),
        software_id="proef",
        wat_is_dit={"onbekend": True},
        logo_uri=None,
    )
    assert told.pop("client_id").startswith("c-")
    secrets = ("client_secret", "registration_access_token")
    assert all(len(told.pop(name)) == 43 for name in secrets)
    assert told.pop("registration_client_uri").startswith(f"{ISSUER}{REGISTER}/c-")
    assert told.pop("client_id_issued_at") > 0
    assert told == {
        "client_secret_expires_at": 0,
        "backchannel_logout_session_required": False,
        "frontchannel_logout_session_required": False,
        "client_name": "Proef",
        "client_name#en": "Trial",
        "contacts": ["beheer@voorbeeld.nl"],
        "policy_uri": "https://voorbeeld.nl/privacy#kort",
        "software_id": "proef",
        "redirect_uris": [CALLBACK],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "scope": "openid profile",
        "jwks": public(client_key()),
        "application_type": "web",
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "RS256",
        "require_signed_request_object": False,
        "require_pushed_authorization_requests": False,
    }


@ONE
def test_secrets_of_a_registration_lie_in_the_database_as_digests(house: House) -> None:
    new = newcomer(house)
    told = new.register()
    with house.inside():
        rows = [db.session.query(Client).one(), db.session.query(RegistrationToken).one()]
        lying = " ".join(str(vars(row)) for row in rows)
    for secret in (new.token, told["client_secret"], told["registration_access_token"]):
        assert secret not in lying


@ONE
def test_what_clients_may_become_was_said_with_the_token(house: House) -> None:
    new = newcomer(house, level=REGISTRABLE["laag"], scopes=["openid"], is_test=True)
    told = new.register(level="phr", profile="nlgov", is_test=False, is_third_party=False)
    assert told["scope"] == "openid"
    with house.inside():
        client = db.session.query(Client).one()
        assert (client.profile, client.is_test, client.is_third_party) == ("basic", True, True)
        assert client.level == REGISTRABLE["laag"].number


def test_a_token_is_for_as_many_clients_as_it_says(house: House) -> None:
    new = newcomer(house, most=2)
    first, second = new.register()["client_id"], new.register()["client_id"]
    assert first != second
    response = new.post()
    assert error_of(response) == (401, "invalid_token")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


@ONE
def test_a_token_ends_and_can_be_withdrawn(house: House, time: Standing) -> None:
    late = newcomer(house, lasts=timedelta(days=1))
    withdrawn = newcomer(house)
    with house.inside():
        youngest = registration_tokens.find(withdrawn.token)
        assert youngest is not None
        registration_tokens.withdraw(youngest.id, actor="test")
    time.move(timedelta(days=1))
    for new in (late, withdrawn):
        assert error_of(new.post()) == (401, "invalid_token")


@ONE
@pytest.mark.parametrize("token", ["", "x" * 43, "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_nobody_registers_without_a_token(house: House, token: str) -> None:
    response = Newcomer(house, "").send("POST", REGISTER, token, {"redirect_uris": [CALLBACK]})
    assert error_of(response) == (401, "invalid_token")


@ONE
def test_a_registration_that_was_refused_does_not_use_the_token_up(house: House) -> None:
    new = newcomer(house)
    assert error_of(new.post(redirect_uris=["http://elders.nl/"])) == (400, "invalid_redirect_uri")
    new.register()


RSA = client_key("RSA")
#: What only we say, in an answer.
OURS = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"redirect_uris": None}, "redirect_uris", "invalid_redirect_uri"),
    ({"redirect_uris": []}, "redirect_uris", "invalid_redirect_uri"),
    ({"redirect_uris": ["https://a.nl/cb#f"]}, "redirect_uris", "invalid_redirect_uri"),
    ({"redirect_uris": ["http://a.nl/cb"]}, "redirect_uris", "invalid_redirect_uri"),
    ({"redirect_uris": ["nl.app:/cb"]}, "redirect_uris", "invalid_redirect_uri"),
    ({"redirect_uris": ["https://*.a.nl/cb"]}, "redirect_uris", "invalid_redirect_uri"),
    ({"redirect_uris": CALLBACK}, "redirect_uris", "invalid_redirect_uri"),
    ({"response_types": ["code id_token"]}, "response_types", "invalid_client_metadata"),
    ({"response_types": ["code", "token"]}, "response_types", "invalid_client_metadata"),
    ({"grant_types": ["client_credentials"]}, "grant_types", "invalid_client_metadata"),
    ({"grant_types": ["authorization_code", "implicit"]}, "grant_types", "invalid_client_metadata"),
    (
        {"grant_types": ["authorization_code", "client_credentials"]},
        "grant_types",
        "invalid_client_metadata",
    ),
    ({"scope": "openid applicaties"}, "scope", "invalid_client_metadata"),
    ({"scope": "profile"}, "scope", "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "tls"}, "token_endpoint_auth_method", "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks", "invalid_client_metadata"),
    ({"jwks": {"keys": []}}, "jwks", "invalid_client_metadata"),
    ({"jwks": {"keys": [client_key().as_dict(private=True)]}}, "jwks", "invalid_client_metadata"),
    ({"jwks": {"keys": [{"kty": "oct", "k": "eA"}]}}, "jwks", "invalid_client_metadata"),
    ({"jwks_uri": "https://a.nl/k", "jwks": public(client_key())}, "jwks_uri", "invalid_client_metadata"),
    ({"jwks_uri": "file:///etc/passwd"}, "jwks_uri", "invalid_client_metadata"),
    ({"subject_type": "secret"}, "subject_type", "invalid_client_metadata"),
    ({"id_token_signed_response_alg": "none"}, "id_token_signed_response_alg", "invalid_client_metadata"),
    ({"id_token_signed_response_alg": "RS512"}, "id_token_signed_response_alg", "invalid_client_metadata"),
    ({"userinfo_signed_response_alg": "none"}, "userinfo_signed_response_alg", "invalid_client_metadata"),
    ({"id_token_encrypted_response_alg": "RSA-OAEP"}, "id_token_encrypted_response_alg", "invalid_client_metadata"),
    (
        {"id_token_encrypted_response_alg": "RSA1_5", "jwks": public(RSA)},
        "id_token_encrypted_response_alg",
        "invalid_client_metadata",
    ),
    ({"id_token_encrypted_response_alg": "ECDH-ES", "jwks": public(RSA)}, "jwks", "invalid_client_metadata"),
    ({"id_token_encrypted_response_enc": "A256GCM"}, "id_token_encrypted_response_enc", "invalid_client_metadata"),
    (
        {"id_token_encrypted_response_alg": "RSA-OAEP", "id_token_encrypted_response_enc": "A1", "jwks": public(RSA)},
        "id_token_encrypted_response_enc",
        "invalid_client_metadata",
    ),
    (
        {"userinfo_encrypted_response_alg": "RSA-OAEP", "jwks": public(RSA)},
        "userinfo_encrypted_response_alg",
        "invalid_client_metadata",
    ),
    ({"userinfo_encrypted_response_enc": "A256GCM"}, "userinfo_encrypted_response_enc", "invalid_client_metadata"),
    ({"userinfo_encrypted_response_alg": 7}, "userinfo_encrypted_response_alg", "invalid_client_metadata"),
    ({"request_object_signing_alg": "none"}, "request_object_signing_alg", "invalid_client_metadata"),
    ({"require_signed_request_object": True}, "require_signed_request_object", "invalid_client_metadata"),
    ({"require_signed_request_object": "true"}, "require_signed_request_object", "invalid_client_metadata"),
    ({"initiate_login_uri": "http://a.nl/in"}, "initiate_login_uri", "invalid_client_metadata"),
    ({"policy_uri": "javascript:alert(1)"}, "policy_uri", "invalid_client_metadata"),
    ({"contacts": "x"}, "contacts", "invalid_client_metadata"),
    ({"client_name": "x" * 101}, "client_name", "invalid_client_metadata"),
    ({"client_name": "a\u202eb"}, "client_name", "invalid_client_metadata"),
    ({"application_type": "toaster"}, "application_type", "invalid_client_metadata"),
    ({"request_uris": ["ftp://a.nl/r"]}, "request_uris", "invalid_client_metadata"),
    (
        {"redirect_uris": ["https://a.nl/cb", "https://b.nl/cb"]},
        "sector_identifier_uri",
        "invalid_client_metadata",
    ),
]  # fmt: skip


@ONE
@pytest.mark.parametrize(("said", "member", "code"), WRONG)
@pytest.mark.usefixtures("provider")
def test_a_refusal_names_the_member_that_is_wrong(
    house: House, said: dict[str, Any], member: str, code: str
) -> None:
    response = newcomer(house).post(**said)
    assert error_of(response) == (400, code)
    description = response.get_json()["error_description"]
    assert description.startswith(member)
    assert "kenmerk" in description
    assert description.isascii()
    assert not set(description) & set('"\\')


@ONE
def test_the_form_of_its_answers_is_registered_too(provider: Provider, house: House) -> None:
    """OpenID Connect Registration section 2; `enc` is as usual when only `alg` is said."""
    form = {
        "id_token_signed_response_alg": "PS256",
        "id_token_encrypted_response_alg": "RSA-OAEP-256",
        "userinfo_signed_response_alg": "ES256",
        "userinfo_encrypted_response_alg": "RSA-OAEP",
        "userinfo_encrypted_response_enc": "A256GCM",
    }
    new = newcomer(house, is_third_party=False)
    told = new.register(jwks=public(RSA), **form)
    whole = form | {"id_token_encrypted_response_enc": "A128CBC-HS256"}
    assert {name: told[name] for name in whole} == whole
    shop = new.party()
    tokens = shop.tokens(provider.browser(provider.person()))
    header, token = opened(tokens["id_token"], RSA, "RSA-OAEP-256", "A128CBC-HS256")
    assert header["cty"] == "JWT"
    assert unverified(token)[0]["alg"] == "PS256"
    assert shop.verified(token)["aud"] == told["client_id"]
    answer = shop.userinfo(tokens["access_token"]).get_data(as_text=True)
    _, inside = opened(answer, RSA, "RSA-OAEP", "A256GCM")
    assert unverified(inside)[0]["alg"] == "ES256"
    without = {name: value for name, value in told.items() if name not in (*whole, *OURS)}
    replaced = new.managed("PUT", without).get_json()
    assert replaced["id_token_signed_response_alg"] == "RS256"
    assert not (whole.keys() - {"id_token_signed_response_alg"}) & replaced.keys()


@ONE
def test_an_algorithm_without_a_key_of_ours_cannot_be_registered(
    provider: Provider, house: House
) -> None:
    """What discovery names, and nothing else; without a key every sign-in would end in an error."""
    without(house, "PS256")
    stated = house.app.test_client().get("/.well-known/openid-configuration", base_url=ISSUER)
    assert "PS256" not in stated.get_json()["id_token_signing_alg_values_supported"]
    for name in ("id_token_signed_response_alg", "userinfo_signed_response_alg"):
        response = newcomer(house).post(**{name: "PS256"})
        assert error_of(response) == (400, "invalid_client_metadata")
        assert response.get_json()["error_description"].startswith(f"{name} can be RS256, ")


@ONE
def test_an_nlgov_client_registers_with_keys_and_never_with_a_secret(house: House) -> None:
    new = newcomer(house, profile="nlgov")
    wanted = {"token_endpoint_auth_method": "client_secret_basic"}
    assert error_of(new.post(**wanted)) == (400, "invalid_client_metadata")
    told = new.register(jwks=public(client_key()))
    assert told["token_endpoint_auth_method"] == "private_key_jwt"
    assert "client_secret" not in told


def test_several_hosts_are_one_sector_when_a_list_says_so(house: House, site: WebServer) -> None:
    addresses = ["http://localhost:8401/cb", "http://127.0.0.1:8402/cb"]
    uri = site.put("/sector.json", addresses)
    new = newcomer(house, most=3)
    told = new.register(redirect_uris=addresses, sector_identifier_uri=uri)
    assert told["sector_identifier_uri"] == uri
    with house.inside():
        client = db.session.get_one(Client, told["client_id"])
        assert f"http://{client.sector}" == site.origin
    site.put("/sector.json", addresses[:1])
    response = new.post(redirect_uris=addresses, sector_identifier_uri=uri)
    assert error_of(response) == (400, "invalid_client_metadata")


@ONE
@pytest.mark.parametrize(
    "body", [{"a": 1}, "geen json", "[" * 5000, [1, 2], b"\xff\xfe", "x" * 70_000]
)
def test_a_sector_without_a_readable_list_is_refused(
    house: House, site: WebServer, body: Any
) -> None:
    uri = site.put("/sector.json", body)
    response = newcomer(house).post(sector_identifier_uri=uri)
    assert error_of(response) == (400, "invalid_client_metadata")
    assert response.get_json()["error_description"].startswith("sector_identifier_uri")


@ONE
def test_a_native_application_returns_to_any_port_of_its_own_machine(
    provider: Provider, house: House
) -> None:
    new = newcomer(house, is_third_party=False)
    new.register(
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=["http://127.0.0.1/cb"],
    )
    shop = new.party()
    for its_own in ("http://127.0.0.1:49152/cb", "http://127.0.0.1/cb"):
        shop.redirect_uri = its_own
        assert shop.visit(provider.browser()).name == "login"
    assert shop.tokens(provider.browser(provider.person()))["id_token"]


@ONE
def test_people_are_told_that_the_application_registered_itself(
    provider: Provider, house: House
) -> None:
    new = newcomer(house)
    new.register(client_name="Proef")
    page = new.party().visit(provider.browser(provider.person()))
    assert page.name == "consent"
    assert "Proef" in page.html
    assert "heeft zichzelf aangemeld" in page.html


@ONE
def test_a_wrong_request_of_a_stranger_sends_nobody_away_who_is_not_signed_in(
    provider: Provider, house: House
) -> None:
    new = newcomer(house, most=2)
    new.register()
    shop, anna = new.party(), provider.person()
    page = shop.visit(provider.browser(), scope="openid email applicaties")
    assert (page.name, page.error, page.left_for) == ("error", "client-request", None)
    signed_in = provider.browser(anna)
    assert shop.ask(signed_in, scope="openid applicaties")["error"] == "invalid_scope"
    assert shop.ask(provider.browser(), prompt="none")["error"] == "login_required"


@ONE
def test_metadata_names_the_address_only_when_it_is_there(
    house: House, database_url: str, tmp_path: Path
) -> None:
    where = "/.well-known/openid-configuration"
    on = house.app.test_client().get(where, base_url=ISSUER).get_json()
    assert on["registration_endpoint"] == f"{ISSUER}{REGISTER}"
    closed = open_house(database_url, tmp_path)
    off = closed.app.test_client().get(where, base_url=ISSUER).get_json()
    assert "registration_endpoint" not in off
    assert Newcomer(closed, "x").post().status_code == 404


@ONE
def test_a_flood_of_registrations_is_refused(house: House) -> None:
    new = Newcomer(house, "x" * 43)
    statuses = {new.post().status_code for _ in range(60)}
    assert statuses == {401}
    response = new.post()
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
