"""The demo application without a provider: what it refuses by itself, and what it never forgets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from relying_party_demo.app import create_app
from relying_party_demo.asks import Asks
from relying_party_demo.configuration import Configuration, ConfigurationError, parse
from relying_party_demo.discovery import check_metadata
from relying_party_demo.problems import SignInProblem
from relying_party_demo.sign_in import local_target
from relying_party_demo.visits import MAX_BEGUN, BegunSignIn, BoundedStore, Visit
from relying_party_demo.wording import Moment

ADDRESS = "http://localhost:9198"
ISSUER = "http://localhost:9"  # nobody listens there
APPLICATION = {
    "id": "wmo",
    "name": "Wmo",
    "client_id": "c",
    "auth_method": "client_secret_basic",
    "client_secret": "s",
}


def document(**changes: Any) -> dict[str, Any]:
    return {
        "issuer": ISSUER,
        "address": ADDRESS,
        "bind": "127.0.0.1:9198",
        "session_secret": "x" * 32,
        "applications": [APPLICATION],
        **changes,
    }


def configuration() -> Configuration:
    return parse(document())


class Browser(FlaskClient):
    """A browser at an address that can be told."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", ADDRESS)
        return super().open(*args, **kwargs)


@pytest.fixture
def browser() -> FlaskClient:
    app = create_app(configuration())
    app.test_client_class = Browser
    return app.test_client()


FOREIGN_TARGETS = [
    "https://evil.example/",
    "//evil.example/",
    "/wmo/",
    "http://localhost:9198@evil.example/",
    "http://localhost:91980/",
    "http://localhost:9198.evil.example/",
    "http://localhost:9198//evil.example/",
    "http://localhost:9198\\@evil.example/",
    "https://localhost:9198/",
    "http://[::1/",
    "http://localhost:9198/\r\nSet-Cookie: a=b",
    "http://localhost:9198/" + "a" * 2000,
    "javascript:alert(1)",
]


@pytest.mark.parametrize("target", FOREIGN_TARGETS)
def test_nobody_is_sent_to_a_target_that_is_not_ours(browser: FlaskClient, target: str) -> None:
    answer = browser.get("/inloggen", query_string={"iss": ISSUER, "target_link_uri": target})
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert 'data-error="foreign_target"' in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("target", "path"),
    [
        (ADDRESS, "/"),
        (f"{ADDRESS}/wmo/?a=b&c=d", "/wmo/?a=b&c=d"),
        (f"{ADDRESS}/zorg/#deel", "/zorg/"),
    ],
)
def test_a_target_of_ours_is_kept_as_path_and_query(target: str, path: str) -> None:
    assert local_target(target, configuration()) == path


@pytest.mark.parametrize("iss", ["https://evil.example", ISSUER + "/", ISSUER.upper()])
def test_a_sign_in_that_a_foreign_provider_initiates_is_refused(
    browser: FlaskClient, iss: str
) -> None:
    answer = browser.get("/inloggen", query_string={"iss": iss})
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert 'data-error="wrong_issuer"' in answer.text
    assert "evil" not in answer.text


def test_a_repeated_parameter_is_refused(browser: FlaskClient) -> None:
    assert 'data-error="invalid_request"' in browser.get("/callback?state=a&state=b").text


def test_a_sign_in_initiated_by_post_goes_on_as_a_get_because_that_carries_the_cookie(
    browser: FlaskClient,
) -> None:
    answer = browser.post("/wmo/inloggen", data={"iss": ISSUER, "other": "x", "login_hint": "a b"})
    assert answer.status_code == 303
    assert (
        answer.location == f"{ADDRESS}/wmo/inloggen?iss=http%3A%2F%2Flocalhost%3A9&login_hint=a+b"
    )


def test_every_answer_has_the_strict_headers(browser: FlaskClient) -> None:
    for path in ("/", "/nergens", "/inloggen", "/health", "/uitgelogd"):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")
        assert f"form-action 'self' {ISSUER};" in policy
        assert "script" not in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
    page = browser.get("/").text
    assert "<script" not in page
    assert "style=" not in page


def test_looking_around_leaves_no_cookie_and_fills_no_store(browser: FlaskClient) -> None:
    for path in ("/", "/wmo/", "/uitgelogd", "/callback?code=x", "/nergens"):
        assert "Set-Cookie" not in browser.get(path).headers


def test_another_name_of_the_same_machine_leads_to_the_address(browser: FlaskClient) -> None:
    other = "http://127.0.0.1:9198"
    assert browser.get("/wmo/?a=b", base_url=other).location == f"{ADDRESS}/wmo/?a=b"
    forged = browser.get("/%0d%0aX:1%ff?a=%0d%0ab", base_url=other)
    assert (forged.status_code, forged.location) == (302, f"{ADDRESS}/%0D%0AX:1%EF%BF%BD?a=%0d%0ab")
    assert browser.get("/%5cevil.example/", base_url=other).location == f"{ADDRESS}/evil.example/"
    assert browser.post("/uitloggen", base_url=other).status_code == 421
    assert browser.get("/health", base_url=other).text == "ok"


def test_an_unknown_page_and_a_wrong_method_get_our_own_page(browser: FlaskClient) -> None:
    for answer, status in ((browser.get("/nergens/"), 404), (browser.put("/"), 405)):
        assert answer.status_code == status
        assert 'data-page="problem"' in answer.text
    assert browser.get("/wmo").status_code == 308
    assert browser.get("/wmo/uitloggen").location == f"{ADDRESS}/wmo/"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"issuer": "http://idp.example"}, "issuer must be https"),
        ({"address": "http://localhost:1/pad"}, "address must be an origin"),
        ({"session_secret": "short"}, "session_secret"),
        ({"applications": []}, "at least one"),
        ({"applications": [APPLICATION, APPLICATION]}, "same id"),
        ({"applications": [{**APPLICATION, "id": "callback"}]}, "'callback'"),
        ({"applications": [{**APPLICATION, "id": "../x"}]}, "cannot be part of an address"),
        ({"applications": [{**APPLICATION, "auth_method": "tls"}]}, "auth_method is one of"),
        ({"applications": [{**APPLICATION, "client_secret": None}]}, "needs a client_secret"),
        ({"applications": [{**APPLICATION, "auth_method": "private_key_jwt"}]}, "private_jwks"),
        ({"applications": [{**APPLICATION, "level": "best"}]}, "level is one of"),
        ({"applications": [{**APPLICATION, "scope": "profile"}]}, "openid"),
        ({"applications": [{**APPLICATION, "colour": "red"}]}, "unknown name colour"),
        ({"applications": [{"id": "wmo"}]}, "missing auth_method, client_id, name"),
        ({"bind": 8401}, "bind has the wrong type"),
        ({"ca_bundle": "/not/there.pem"}, "ca_bundle"),
    ],
)
def test_a_wrong_configuration_is_refused_in_one_sentence(
    changes: dict[str, Any], word: str
) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        parse(document(**changes))
    assert word in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_public_key_is_no_key_to_authenticate_with() -> None:
    keys = {"keys": [RSAKey.generate_key(2048).as_dict(private=False)]}
    application = {**APPLICATION, "auth_method": "private_key_jwt", "private_jwks": keys}
    with pytest.raises(ConfigurationError, match="private RSA or EC key"):
        parse(document(applications=[application]))


def test_starting_without_a_usable_configuration_says_one_line_and_ends_with_2(
    tmp_path: Path,
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps(document(colour="red")))
    ended = subprocess.run(
        [sys.executable, "-m", "relying_party_demo"],
        env={**os.environ, "RELYING_PARTY_CONFIG": str(wrong)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "relying_party_demo: configuration: unknown name colour\n"


METADATA = {
    "issuer": "https://idp.example",
    "authorization_endpoint": "https://idp.example/a",
    "token_endpoint": "https://idp.example/t",
    "jwks_uri": "https://idp.example/j",
    "id_token_signing_alg_values_supported": ["none", "HS256", "ES256", "RS256"],
}


def test_only_signatures_by_a_published_key_are_taken_from_what_is_offered() -> None:
    metadata = check_metadata(METADATA, "https://idp.example")
    assert metadata.signing_algorithms == ("RS256", "ES256")
    assert metadata.end_session_endpoint is None


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://other.example"},
        {"issuer": "https://idp.example/"},
        {"token_endpoint": None},
        {"token_endpoint": "http://idp.example/t"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": ["https://idp.example/j"]},
        {"id_token_signing_alg_values_supported": ["none", "HS256"]},
        {"id_token_signing_alg_values_supported": None},
    ],
)
def test_metadata_that_cannot_be_trusted_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(SignInProblem) as refusal:
        check_metadata({**METADATA, **change}, "https://idp.example")
    assert refusal.value.code == "provider_misbehaves"


def test_a_store_forgets_what_is_old_and_the_oldest_when_there_are_too_many() -> None:
    now = [0.0]
    store = BoundedStore[str](max_entries=2, max_age=10, clock=lambda: now[0])
    for moment, name in enumerate("abc"):
        now[0] = moment
        store.put(name, name.upper())
    assert (store.get("a"), store.get("b"), store.get("c"), len(store)) == (None, "B", "C", 2)
    now[0] = 11.5
    assert (store.get("b"), store.get("c"), len(store)) == (None, "C", 1)


def test_a_browser_has_a_limited_number_of_sign_ins_under_way() -> None:
    visit = Visit()
    for number in range(MAX_BEGUN + 5):
        begun = BegunSignIn(
            application_id="wmo", nonce="n", code_verifier="v", return_to="/", asks=Asks()
        )
        visit.begin(str(number), begun)
    assert list(visit.begun) == [str(number) for number in range(5, MAX_BEGUN + 5)]


@pytest.mark.parametrize("nonsense", [None, "1795340640", True, 1e300, float("nan"), -1e18])
def test_a_time_that_is_none_is_not_shown(nonsense: object) -> None:
    assert Moment.of(nonsense) is None


def test_a_time_is_told_as_people_in_the_netherlands_say_it() -> None:
    winter, summer = Moment.of(1795340640), Moment.of(1782896700)
    assert winter is not None
    assert summer is not None
    assert winter.words == "zondag 22 november 2026 om 10.44 uur"
    assert winter.machine == "2026-11-22T10:44:00+01:00"
    assert summer.words == "woensdag 1 juli 2026 om 11.05 uur"
