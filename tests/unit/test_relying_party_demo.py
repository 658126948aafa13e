"""The demo application against a provider that can lie: real HTTP on loopback, real signatures."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
import requests
from flask import Flask, jsonify, redirect, request
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from relying_party_demo.app import create_app
from relying_party_demo.configuration import parse

ADDRESS = "http://localhost:9199"
CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "client-1"}, private=True)


def hashed(text: str, length: int = 32) -> str:
    digest = hashlib.sha256(text.encode()).digest()[:length]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class StandIn:
    """A small provider. What it should get wrong is put in its fields."""

    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "op-1"}))
    published: ECKey | None = None
    claims: dict[str, Any] = field(default_factory=dict)  # laid over the true ones; None removes
    answer: dict[str, str | None] = field(default_factory=dict)  # the same, for the redirect
    metadata: dict[str, Any] = field(default_factory=dict)
    userinfo_sub: str = "pairwise-1"
    asked: dict[str, dict[str, str]] = field(default_factory=dict)  # authorization requests by code
    token_requests: list[dict[str, Any]] = field(default_factory=list)

    def app(self) -> Flask:
        app = Flask("stand-in")

        @app.get("/.well-known/openid-configuration")
        def discovery() -> Any:
            paths = ("authorization", "token", "userinfo", "end_session")
            return {
                "issuer": self.issuer,
                **{f"{path}_endpoint": f"{self.issuer}/{path}" for path in paths},
                "jwks_uri": f"{self.issuer}/jwks",
                "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
                "authorization_response_iss_parameter_supported": True,
                **self.metadata,
            }

        @app.get("/jwks")
        def jwks() -> Any:
            return {"keys": [(self.published or self.key).as_dict(private=False)]}

        @app.get("/authorization")
        def authorize() -> Any:
            code = f"code-{len(self.asked)}"
            self.asked[code] = request.args.to_dict()
            answer: dict[str, str | None] = {
                "code": code,
                "state": request.args["state"],
                "iss": self.issuer,
            }
            answer |= self.answer
            given = {name: value for name, value in answer.items() if value is not None}
            return redirect(f"{request.args['redirect_uri']}?{urlencode(given)}")

        @app.post("/token")
        def token() -> Any:
            basic = request.authorization
            self.token_requests.append(request.form | (basic.parameters if basic else {}))
            asked = self.asked.pop(request.form["code"], None)
            if asked is None or asked["redirect_uri"] != request.form["redirect_uri"]:
                return jsonify(error="invalid_grant"), 400
            assert asked["code_challenge"] == hashed(request.form["code_verifier"])
            return {
                "access_token": "access-1",
                "token_type": "Bearer",
                "expires_in": 60,
                "id_token": self.id_token(asked),
            }

        @app.get("/userinfo")
        def userinfo() -> Any:
            assert request.headers["Authorization"] == "Bearer access-1"
            return {
                "sub": self.userinfo_sub,
                "name": "Sanne <b>Bakker",
                "preferred_username": "s.b",
            }

        return app

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        true = {
            "iss": self.issuer,
            "sub": "pairwise-1",
            "aud": asked["client_id"],
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "auth_time": 1795340640,
            "acr": "http://eidas.europa.eu/LoA/substantial",
            "sid": "sid-1",
            "at_hash": hashed("access-1", 16),
            "relatienummer": "10023456",
            "relatienaam": "Gemeente Voorbeeld",
            "rollen": ["indienen"],
            "applicaties": [
                {"id": "wmo", "naam": "Wmo-berichtenverkeer", "rollen": ["indienen"]},
                {"id": "zorg", "naam": "Zorggegevens aanleveren", "rollen": []},
                {"id": "elders", "naam": "Iets anders", "rollen": []},
            ],
        }
        claims = {k: v for k, v in {**true, **self.claims}.items() if v is not None}
        header = {"alg": "ES256", "kid": str(self.key.get("kid"))}
        return jwt.encode(header, claims, self.key)


@dataclass
class House:
    """The demo, the provider, and one browser that walks between them."""

    provider: StandIn
    app: Flask
    browser: FlaskClient

    def leave(self, start: str = "/inloggen") -> str:
        """Start a sign-in; return the path at the demo that the provider sends the browser to."""
        there = self.browser.get(start)
        assert there.status_code == 303, there.text
        back = requests.get(there.location, allow_redirects=False, timeout=5).headers["Location"]
        assert back.startswith(ADDRESS)
        return back.removeprefix(ADDRESS)

    def sign_in(self, start: str = "/inloggen") -> TestResponse:
        return self.browser.get(self.leave(start))


@pytest.fixture
def house() -> Iterator[House]:
    provider = StandIn()
    server = make_server("127.0.0.1", 0, provider.app(), threaded=True)
    provider.issuer = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    app = create_app(parse(configuration(provider.issuer)))
    yield House(provider, app, new_browser(app))
    server.shutdown()
    thread.join()
    server.server_close()


def configuration(issuer: str) -> dict[str, Any]:
    secret = {"auth_method": "client_secret_basic", "client_secret": "s3cret"}
    keys = {"keys": [CLIENT_KEY.as_dict(private=True)]}
    assertion = {"auth_method": "private_key_jwt", "private_jwks": keys}
    post = {"auth_method": "client_secret_post", "client_secret": "p0st"}
    return {
        "issuer": issuer,
        "address": ADDRESS,
        "bind": "127.0.0.1:9199",
        "session_secret": "x" * 32,
        "applications": [
            {"id": "wmo", "name": "Wmo", "client_id": "c-wmo", "level": "substantieel", **secret},
            {"id": "zorg", "name": "Zorg", "client_id": "c-zorg", **assertion},
            {"id": "vrij", "name": "Vrij", "client_id": "c-vrij", "auth_method": "none"},
            {"id": "beleid", "name": "Beleid", "client_id": "c-beleid", **post},
        ],
    }


class Browser(FlaskClient):
    """A browser that is at the demo's public address."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, base_url=ADDRESS, **kwargs)


def new_browser(app: Flask) -> FlaskClient:
    app.test_client_class = Browser
    return app.test_client()


def refused(answer: TestResponse, code: str, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert f'data-error="{code}"' in answer.text
    assert f'id="foutcode">{code}<' in answer.text


def test_a_person_signs_in_and_sees_organisation_name_level_time_and_applications(
    house: House,
) -> None:
    assert 'id="inloggen"' in house.browser.get("/").text
    answer = house.sign_in()
    assert (answer.status_code, answer.location) == (303, f"{ADDRESS}/")
    page = house.browser.get("/").text
    assert 'id="relatienummer" class="number">10023456<' in page
    assert 'id="relatienaam">Gemeente Voorbeeld<' in page
    assert 'id="naam">Sanne &lt;b&gt;Bakker<' in page
    assert 'id="acr">http://eidas.europa.eu/LoA/substantial<' in page
    assert "<b>Substantieel</b>: wachtwoord en een tweede stap" in page
    assert ">zondag 22 november 2026 om 10.44 uur<" in page
    assert '<a href="/" aria-current="page">Wmo-berichtenverkeer</a>' in page
    assert '<a href="/zorg/inloggen">Zorggegevens aanleveren</a>' in page
    assert "<span>Iets anders" in page
    assert "<li>indienen</li>" in page


def test_the_request_asks_for_a_code_with_pkce_state_nonce_and_the_level(house: House) -> None:
    asked = dict(parse_qsl(urlsplit(house.browser.get("/inloggen").location).query))
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{ADDRESS}/wmo/callback"
    assert asked["code_challenge_method"] == "S256"
    assert asked["acr_values"] == "http://eidas.europa.eu/LoA/substantial"
    assert asked["scope"] == "openid profile applicaties"
    assert len(asked["state"]) >= 22
    assert len(asked["nonce"]) >= 20


def test_each_client_authenticates_as_it_is_registered(house: House) -> None:
    for start in ("/wmo/inloggen", "/zorg/inloggen", "/vrij/inloggen", "/beleid/inloggen"):
        assert house.sign_in(start).status_code == 303
    basic, assertion, public, post = house.provider.token_requests
    assert (basic["username"], basic["password"]) == ("c-wmo", "s3cret")
    assert "client_secret" not in basic
    assert public["client_id"] == "c-vrij"
    assert "client_secret" not in public
    assert (post["client_id"], post["client_secret"]) == ("c-beleid", "p0st")
    token = jwt.decode(assertion["client_assertion"], CLIENT_KEY)
    assert token.header == {"alg": "ES256", "kid": "client-1", "typ": "JWT"}
    assert (token.claims["iss"], token.claims["sub"]) == ("c-zorg", "c-zorg")
    assert token.claims["aud"] == house.provider.issuer
    assert token.claims["exp"] - token.claims["iat"] <= 60
    house.sign_in("/zorg/inloggen")
    again = jwt.decode(house.provider.token_requests[-1]["client_assertion"], CLIENT_KEY)
    assert again.claims["jti"] != token.claims["jti"]


LIES: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://other.example"},
    "another audience": {"aud": "somebody-else"},
    "a second audience": {"aud": ["c-wmo", "somebody-else"], "azp": "c-wmo"},
    "another nonce": {"nonce": "not-ours"},
    "no nonce": {"nonce": None},
    "expired": {"exp": 1_000_000_000},
    "without end": {"exp": None},
    "from the future": {"iat": 4_000_000_000},
    "another access token": {"at_hash": hashed("access-2", 16)},
    "no at_hash": {"at_hash": None},
    "empty at_hash": {"at_hash": ""},
    "nobody": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_id_token_that_is_wrong_anywhere_signs_nobody_in(house: House, lie: str) -> None:
    house.provider.claims = LIES[lie]
    refused(house.sign_in(), "invalid_id_token", 502)
    assert 'data-page="start"' in house.browser.get("/").text


def test_an_id_token_signed_with_a_key_that_is_not_published_signs_nobody_in(house: House) -> None:
    house.provider.published = ECKey.generate_key("P-256", {"kid": "op-1"})
    refused(house.sign_in(), "invalid_id_token", 502)


def test_a_key_taken_in_use_today_is_fetched_because_its_kid_is_new(house: House) -> None:
    assert house.sign_in().status_code == 303
    house.provider.key = ECKey.generate_key("P-256", {"kid": "op-2"})
    assert house.sign_in().status_code == 303


def test_a_level_below_the_applications_own_is_refused(house: House) -> None:
    house.provider.claims = {"acr": "http://eidas.europa.eu/LoA/low"}
    refused(house.sign_in(), "level_too_low", 403)
    assert house.sign_in("/vrij/inloggen").status_code == 303  # asks no level


def test_userinfo_about_somebody_else_is_refused(house: House) -> None:
    house.provider.userinfo_sub = "pairwise-2"
    refused(house.sign_in(), "invalid_userinfo", 502)


@pytest.mark.parametrize("iss", ["https://other.example", ""])
def test_an_answer_that_does_not_name_our_provider_is_refused(house: House, iss: str) -> None:
    house.provider.answer = {"iss": iss}
    refused(house.sign_in(), "wrong_issuer", 400)
    assert house.provider.token_requests == []


def test_a_state_works_once_in_one_browser_for_one_application(house: House) -> None:
    back = house.leave()
    refused(new_browser(house.app).get(back), "unknown_state", 400)
    refused(house.browser.get(back.replace("/wmo/", "/zorg/")), "unknown_state", 400)
    back = house.leave()
    assert house.browser.get(back).status_code == 303
    refused(house.browser.get(back), "unknown_state", 400)
    house.provider.answer = {"state": "made-up"}
    refused(house.sign_in(), "unknown_state", 400)


def test_a_refusal_of_the_provider_is_told_in_dutch_with_its_code(house: House) -> None:
    house.provider.answer = {"code": None, "error": "access_denied"}
    answer = house.sign_in()
    refused(answer, "access_denied", 403)
    assert "U hebt geen toegang gekregen" in answer.text
    assert 'href="/wmo/inloggen"' in answer.text


def test_a_code_that_the_token_endpoint_refuses_signs_nobody_in(house: House) -> None:
    house.provider.answer = {"code": "made-up"}
    refused(house.sign_in(), "invalid_grant", 400)


def test_an_error_code_of_nobody_is_not_repeated_on_the_page(house: House) -> None:
    house.provider.answer = {"code": None, "error": "<script>", "error_description": "<evil>"}
    answer = house.sign_in()
    refused(answer, "unknown_error", 403)
    assert "evil" not in unescape(answer.text)


def test_an_application_that_the_portal_opens_signs_in_and_goes_on_to_its_page(
    house: House,
) -> None:
    given = {"iss": house.provider.issuer, "target_link_uri": f"{ADDRESS}/zorg/?deel=2"}
    path = f"/zorg/inloggen?{urlencode({**given, 'login_hint': 's.b'})}"
    back = house.leave(path)
    assert [asked["login_hint"] for asked in house.provider.asked.values()] == ["s.b"]
    assert house.browser.get(back).location == f"{ADDRESS}/zorg/?deel=2"


def test_the_session_gets_a_new_name_at_sign_in(house: House) -> None:
    house.browser.get("/inloggen")
    before, thief = house.browser.get_cookie("rp_session"), new_browser(house.app)
    house.sign_in()
    assert before is not None
    assert before != house.browser.get_cookie("rp_session")
    thief.set_cookie("rp_session", before.value)
    assert 'data-page="start"' in thief.get("/").text


def test_two_tabs_sign_in_to_two_applications_side_by_side(house: House) -> None:
    first, second = house.leave("/wmo/inloggen"), house.leave("/vrij/inloggen")
    assert house.browser.get(first).location == f"{ADDRESS}/wmo/"
    assert house.browser.get(second).location == f"{ADDRESS}/vrij/"
    for path in ("/", "/wmo/", "/vrij/"):
        assert 'data-page="signed_in"' in house.browser.get(path).text
    assert 'data-page="start"' in house.browser.get("/zorg/").text


def test_signing_out_ends_it_here_and_then_at_the_provider(house: House) -> None:
    house.sign_in()
    page = house.browser.get("/").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    refused(house.browser.post("/uitloggen"), "csrf", 400)
    refused(house.browser.post("/uitloggen", data={"csrf_token": "x"}), "csrf", 400)
    answer = house.browser.post("/uitloggen", data={"csrf_token": token})
    there = urlsplit(answer.location)
    asked = {name: values[0] for name, values in parse_qs(there.query).items()}
    assert f"{there.scheme}://{there.netloc}{there.path}" == f"{house.provider.issuer}/end_session"
    assert jwt.decode(asked["id_token_hint"], house.provider.key).claims["sid"] == "sid-1"
    assert asked["post_logout_redirect_uri"] == f"{ADDRESS}/wmo/uitgelogd"
    assert asked["client_id"] == "c-wmo"
    assert 'data-page="start"' in house.browser.get("/").text
    back = f"/wmo/uitgelogd?state={asked['state']}"
    assert "en bij de inlogdienst" in house.browser.get(back).text
    assert "misschien nog ingelogd" in house.browser.get(back).text  # the state counts once


def test_a_provider_that_is_away_gives_a_page_to_try_again_and_works_once_it_is_back(
    house: House,
) -> None:
    away = parse({**configuration("http://localhost:9"), "issuer": "http://localhost:9"})
    browser = new_browser(create_app(away))
    assert browser.get("/").status_code == 200
    assert browser.get("/health").text == "ok"
    answer = browser.get("/inloggen")
    refused(answer, "provider_unreachable", 503)
    assert answer.headers["Retry-After"] == "60"
    assert 'id="opnieuw" href="/inloggen">Opnieuw proberen<' in answer.text
    house.provider.metadata = {"issuer": "https://other.example"}
    refused(house.browser.get("/inloggen"), "provider_misbehaves", 502)
    house.provider.metadata = {}
    assert house.browser.get("/inloggen").status_code == 303
