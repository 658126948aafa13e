"""Applications that register themselves, as somebody does who means harm."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from idp import outward
from idp.clock import Standing
from idp.database import db
from idp.models import Client
from idp.oidc import client_keys, clients, registered
from tests.protocol.registering import REGISTER, Newcomer, error_of, newcomer
from tests.protocol.relying_party import CALLBACK, client_key, public
from tests.support.journeys import House, house_of_this_worker, open_house
from tests.support.run import Run
from tests.support.web_server import WebServer, web_server

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LARGE_ISSUER = "https://inloggen.voorbeeld.nl"


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house where applications may register themselves."""
    return house_of_this_worker(database_url, run, dynamic_registration=True)


@pytest.fixture
def site() -> Iterator[WebServer]:
    """A web server, on loopback."""
    with web_server() as here:
        yield here


def clients_there(house: House) -> int:
    """How many clients there are."""
    with house.inside():
        return db.session.query(Client).count()


@pytest.mark.parametrize("uses", [1, 3])
def test_a_token_makes_no_more_clients_than_it_says_however_many_ask_at_once(
    house: House, uses: int
) -> None:
    new = newcomer(house, most=uses)
    together = Barrier(8)

    def ask(_: int) -> int:
        together.wait()
        return new.post().status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(ask, range(8)))
    assert statuses == [201] * uses + [401] * (8 - uses)
    assert clients_there(house) == uses


@ONE
def test_a_token_of_another_client_opens_nothing(house: House) -> None:
    mine, theirs = newcomer(house), newcomer(house)
    mine.register(), theirs.register()
    stolen = mine.told["registration_access_token"]
    replaced = {"client_id": theirs.told["client_id"], "redirect_uris": ["https://boos.nl/"]}
    for method, said in (("GET", None), ("PUT", replaced), ("DELETE", None)):
        for token in (stolen, mine.token, theirs.token, theirs.told["client_secret"], ""):
            response = theirs.managed(method, said, token=token)
            assert error_of(response) == (401, "invalid_token")
    assert theirs.managed("GET").get_json()["redirect_uris"] == [CALLBACK]
    # and the token with which a client is managed registers none
    assert error_of(mine.post(token=stolen)) == (401, "invalid_token")


@ONE
def test_an_unknown_client_and_a_wrong_token_get_the_same_answer(house: House) -> None:
    new = newcomer(house)
    new.register()
    known = new.managed("GET", token="x" * 43)
    for name in ("c-onbekend", "x" * 300, "%00", "..", "c-%F0%9F%8D%95"):
        unknown = new.send("GET", f"{REGISTER}/{name}", "x" * 43, None)
        if unknown.status_code == 404:  # no address of ours at all
            continue
        assert error_of(unknown) == error_of(known)


STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 10**30, "", "x", "\u0000", "\ud83c\udf55", "a\nb", "x" * 5000,
    [], [None], [[]], [{}], ["x"], ["\u0000"], {}, {"keys": None}, {"keys": [None]},
    {"keys": [{"kty": "EC"}]}, {"keys": [{"kty": ["EC"], "crv": 1}]}, {"a": {"b": [1]}},
)  # fmt: skip
MEMBERS = (
    "redirect_uris", "token_endpoint_auth_method", "grant_types", "response_types", "client_name",
    "scope", "jwks", "jwks_uri", "application_type", "subject_type", "sector_identifier_uri",
    "id_token_signed_response_alg", "initiate_login_uri", "post_logout_redirect_uris", "request_uris",
    "request_object_signing_alg", "require_signed_request_object",
    "require_pushed_authorization_requests", "contacts", "logo_uri", "policy_uri", "tos_uri",
    "client_uri", "software_id", "software_version", "software_statement", "client_id",
    "client_secret", "client_name#nl", "client_name#", "tos_uri#x y", "#", "",
)  # fmt: skip


@pytest.mark.parametrize("member", MEMBERS)
def test_a_member_of_the_wrong_kind_is_refused_or_ignored_and_never_breaks_us(
    house: House, member: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = newcomer(house, most=100)
    new.register()
    kept = {"client_id": new.told["client_id"], "redirect_uris": [CALLBACK]}
    for strange in STRANGE:
        statuses = {
            new.post({"redirect_uris": [CALLBACK], member: strange}).status_code,
            new.managed("PUT", kept | {member: strange}).status_code,
        }
        assert statuses <= {200, 201, 400, 429}, (member, strange)
        with house.inside():
            db.session.execute(db.text("DELETE FROM throttle_counter"))


@ONE
@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"7", b"\xff\xfe", b"{" * 20_000, b"[" * 60_000,
        b'{"redirect_uris":' + b"[" * 30_000, b'{"a":' * 8_000, b'{"client_name": "\\ud800"}',
        b'{"redirect_uris": NaN}', b'{"redirect_uris": 1e999}', b"redirect_uris=https://a.nl/",
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_a_body_that_is_no_registration_is_refused(house: House, body: bytes) -> None:
    new = newcomer(house)
    assert new.post(body).status_code == 400
    new.register()


@ONE
def test_a_body_without_end_is_refused(house: House) -> None:
    huge = json.dumps({"redirect_uris": [CALLBACK], "client_name": "x" * 70_000}).encode()
    assert newcomer(house).post(huge).status_code == 413


@ONE
def test_another_kind_of_body_is_refused(house: House) -> None:
    new = newcomer(house)
    response = house.app.test_client().post(
        REGISTER,
        base_url="http://localhost:8400",
        headers={"Authorization": f"Bearer {new.token}"},
        data={"redirect_uris": CALLBACK},
    )
    assert error_of(response) == (400, "invalid_client_metadata")


@ONE
@pytest.mark.parametrize(
    "address",
    [
        "https://a.nl/cb#", "https://a.nl/cb#x", "https://a.nl\\@b.nl/", "https://a@b.nl/cb",
        "https://a.nl/../cb", "https://a.nl/./cb", "https://A.nl/cb", "https:///cb", "https:a.nl",
        "//a.nl/cb", "javascript:alert(1)", "data:text/html,x", "https://a.nl/cb?code=1",
        "https://a.nl/cb?state=x", "https://*.nl/cb", "https://a.nl/c b", "https://a.nl/\u00e9",
        "https://[x/cb", "https://[::1/cb", "http://[127.0.0.1]/cb", "https://a.nl:99999/",
        "https://a.nl/<x>", "http://10.0.0.1/cb", "https://a.nl/'x",
    ],
)  # fmt: skip
def test_no_trick_with_a_return_address_is_registered(house: House, address: str) -> None:
    new = newcomer(house, is_test=True)
    response = new.post(redirect_uris=[address])
    assert error_of(response) == (400, "invalid_redirect_uri")
    assert clients_there(house) == 0


@ONE
def test_plain_http_is_for_loopback_of_natives_and_tests_only(
    time: Standing, database_url: str, tmp_path: Path
) -> None:
    public_house = open_house(
        database_url,
        tmp_path,
        dynamic_registration=True,
        issuer=LARGE_ISSUER,
        demo=False,
        allow_file_keys=True,
        sms_gateway=None,
        voice_gateway=None,
    )

    def status(address: str, kind: str = "web", **token: Any) -> int:
        new = newcomer(public_house, **token)
        said = json.dumps({"redirect_uris": [address], "application_type": kind}).encode()
        answer = public_house.app.test_client().post(
            REGISTER,
            base_url=LARGE_ISSUER,
            headers={"Authorization": f"Bearer {new.token}"},
            data=said,
            content_type="application/json",
        )
        return answer.status_code

    assert status("http://localhost:8401/cb") == 400
    assert status("http://127.0.0.1:8401/cb") == 400
    assert status("http://localhost:8401/cb", is_test=True) == 201
    assert status("http://127.0.0.1/cb", "native") == 201
    assert status("http://[::1]/cb", "native") == 201
    assert status("http://localhost/cb", "native") == 400
    assert status("http://127.0.0.1.nl/cb", "native") == 400


@ONE
@pytest.mark.parametrize("member", ["jwks_uri", "sector_identifier_uri"])
@pytest.mark.parametrize(
    "address",
    [
        "http://10.0.0.1/x", "http://a.nl/x", "file:///etc/passwd", "gopher://a.nl/", "ftp://a.nl/",
        "https://a@b.nl/x", "https://a.nl/x#y", "https://a.nl/\r\nHost: b", "//a.nl/x", "x",
    ],
)  # fmt: skip
def test_an_address_that_we_never_call_is_not_even_registered(
    house: House, member: str, address: str
) -> None:
    response = newcomer(house).post(**{member: address})
    assert error_of(response) == (400, "invalid_client_metadata")


@ONE
@pytest.mark.parametrize(
    "place",
    [
        "127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "fd00::1", "fe80::1",
        "::ffff:10.0.0.1", "0.0.0.0", "64:ff9b::a00:1", "100.64.0.1", "224.0.0.1", "240.0.0.1",
    ],
)  # fmt: skip
def test_a_name_that_leads_into_our_own_network_is_never_called(
    time: Standing,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """The name has a public address beside it, as somebody would try."""
    there = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in ("9.9.9.9", place)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: there)
    house = open_house(
        database_url,
        tmp_path,
        issuer=LARGE_ISSUER,
        demo=False,
        allow_file_keys=True,
        sms_gateway=None,
        voice_gateway=None,
    )
    with house.app.app_context(), pytest.raises(client_keys.NoKeys, match="public network"):
        client_keys.read("https://sleutels.voorbeeld.nl/jwks.json")


@ONE
def test_a_redirect_leads_us_nowhere(house: House, site: WebServer) -> None:
    inside = site.put("/binnen.json", [CALLBACK])
    uri = site.put("/sector.json", "", status=302, Location=inside)
    response = newcomer(house).post(sector_identifier_uri=uri)
    assert error_of(response) == (400, "invalid_client_metadata")
    assert site.visits == ["/sector.json"]


@ONE
def test_no_call_is_ever_made_inside_a_database_transaction(house: House, site: WebServer) -> None:
    uri = site.put("/jwks.json", public(client_key()))
    with house.inside():
        db.session.execute(db.text("SELECT 1"))
        with pytest.raises(RuntimeError, match="inside a database transaction"):
            outward.get(uri, accept="*/*")
    new = newcomer(house)
    new.register(jwks_uri=uri, token_endpoint_auth_method="private_key_jwt")
    with house.inside():
        client = registered.load(new.told["client_id"])
        assert client is not None
        assert client_keys.of(client)
    assert site.visits == ["/jwks.json"]


@ONE
def test_refusals_repeat_nothing_that_was_sent(house: House) -> None:
    new = newcomer(house)
    marked = "https://merkteken.nl/cb#x"
    for said in ({"redirect_uris": [marked]}, {"scope": "merkteken"}, {"jwks_uri": "x:merkteken"}):
        assert "merkteken" not in new.post(**said).get_data(as_text=True)
    assert "merkteken" not in Newcomer(house, "merkteken").post().get_data(as_text=True)


@ONE
def test_addresses_of_others_are_no_way_into_their_sector(house: House) -> None:
    """First `public`, where nothing proves that hosts belong together, and then pairwise without the other host."""
    both = ["https://app.slachtoffer.nl/cb", "https://zz.boos.nl/cb"]
    new = newcomer(house)
    new.register(subject_type="public", redirect_uris=both)
    said = {"client_id": new.told["client_id"], "redirect_uris": both}
    refused = new.managed("PUT", said | {"subject_type": "pairwise"})
    assert error_of(refused) == (400, "invalid_client_metadata")
    alone = said | {"redirect_uris": both[1:]}
    for subject_type in ("public", "pairwise"):
        with house.inside():
            assert sector_of(new) != "app.slachtoffer.nl"
        assert new.managed("PUT", alone | {"subject_type": subject_type}).status_code == 200
    with house.inside():
        assert sector_of(new) == "zz.boos.nl"


def sector_of(new: Newcomer) -> str:
    return db.session.get_one(Client, new.told["client_id"]).sector


def test_a_slow_list_does_not_bring_back_what_the_operator_took_meanwhile(
    house: House, site: WebServer
) -> None:
    uri = site.put("/sector.json", [CALLBACK, f"{CALLBACK}/2"])
    new = newcomer(house)
    new.register(sector_identifier_uri=uri)
    client_id = new.told["client_id"]

    def narrow() -> None:
        with house.inside():
            clients.update(
                client_id,
                actor="test",
                scopes=["openid"],
                require_pushed_authorization_requests=True,
            )
            db.session.commit()

    site.meanwhile = narrow
    addresses = [CALLBACK, f"{CALLBACK}/2"]
    said = {"client_id": client_id, "redirect_uris": addresses, "sector_identifier_uri": uri}
    wide = new.managed("PUT", said | {"scope": "openid profile email"})
    assert error_of(wide) == (400, "invalid_client_metadata")
    with house.inside():
        db.session.get_one(Client, client_id).scopes = ["openid", "profile", "email"]
        db.session.get_one(Client, client_id).require_pushed_authorization_requests = False
        db.session.commit()
    told = new.managed("PUT", said).get_json()
    assert (told["scope"], told["require_pushed_authorization_requests"]) == ("openid", True)


@ONE
def test_a_client_removed_while_its_list_is_fetched_stays_removed(
    house: House, site: WebServer
) -> None:
    uri = site.put("/sector.json", [CALLBACK, f"{CALLBACK}/2"])
    new = newcomer(house)
    new.register(sector_identifier_uri=uri)
    client_id = new.told["client_id"]

    def remove() -> None:
        with house.inside():
            clients.remove(client_id, actor="test")
            db.session.commit()

    site.meanwhile = remove
    addresses = [CALLBACK, f"{CALLBACK}/2"]
    said = {"client_id": client_id, "redirect_uris": addresses, "sector_identifier_uri": uri}
    assert error_of(new.managed("PUT", said)) == (401, "invalid_token")


@ONE
@pytest.mark.parametrize("name", [" ", "   "])
def test_an_application_has_a_name_that_can_be_seen(house: House, name: str) -> None:
    new = newcomer(house)
    assert error_of(new.post(client_name=name)) == (400, "invalid_client_metadata")
    new.register()
    said = {"client_id": new.told["client_id"], "redirect_uris": [CALLBACK]}
    assert new.managed("PUT", said | {"client_name": name}).status_code == 400


@ONE
@pytest.mark.parametrize("operations", [["verify"], ["wrapKey"], []])
def test_a_key_that_may_not_encrypt_is_none_to_encrypt_to(
    house: House, operations: list[str]
) -> None:
    """Registered all the same, it would have ended in a fault of ours with every code."""
    [key] = public(client_key("RSA"))["keys"]
    keys = {"keys": [{"kty": "RSA", "n": key["n"], "e": key["e"], "key_ops": operations}]}
    response = newcomer(house).post(jwks=keys, id_token_encrypted_response_alg="RSA-OAEP-256")
    assert error_of(response) == (400, "invalid_client_metadata")


@ONE
def test_a_key_that_is_dear_to_check_with_is_not_taken(house: House) -> None:
    [key] = public(client_key("RSA"))["keys"]
    dear = {"kty": "RSA", "n": key["n"], "e": key["n"][:-4] + "AAAB"}
    response = newcomer(house).post(jwks={"keys": [dear]})
    assert error_of(response) == (400, "invalid_client_metadata")
