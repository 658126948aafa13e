"""What a program is told when its request gets to no endpoint: never a page, which it can do nothing with."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from idp.oidc import PAGES, ROUTES, calls, discovery
from tests.protocol.relying_party import ISSUER, Provider
from tests.support.journeys import House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PROGRAMS = [(path, methods) for path, view, methods in ROUTES if view not in PAGES]
POSTED = [path for path, methods in PROGRAMS if "POST" in methods]


def told(answer: TestResponse) -> tuple[int, str]:
    """Status and error, of an answer in the form of RFC 6749 section 5.2 with a reference code."""
    body = answer.get_json()
    assert body.keys() == {"error", "error_description"}
    assert "(kenmerk " in body["error_description"]
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, body["error"]


@pytest.mark.parametrize(("path", "methods"), PROGRAMS)
def test_another_method_is_refused_with_those_that_there_are(
    house: House, path: str, methods: tuple[str, ...]
) -> None:
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"} - set(methods):
        answer = house.app.test_client().open(path, method=method, base_url=ISSUER)
        assert told(answer) == (405, "invalid_request"), method
        allowed = set(answer.headers["Allow"].split(", "))
        assert allowed - {"HEAD", "OPTIONS"} == set(methods)


@pytest.mark.parametrize("path", POSTED)
def test_a_request_that_is_too_large_is_refused_as_that(house: House, path: str) -> None:
    form = {"token": "x" * 70_000}
    answer = house.app.test_client().post(path, base_url=ISSUER, data=form)
    assert told(answer) == (413, "invalid_request")


@pytest.mark.parametrize("path", POSTED)
def test_a_request_to_another_host_is_refused_as_that(house: House, path: str) -> None:
    answer = house.app.test_client().post(path, base_url="http://127.0.0.1:8400", data={})
    assert told(answer) == (421, "invalid_request")


def test_a_fault_of_ours_is_told_as_one_and_tells_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: Any) -> Any:
        raise ArithmeticError("iets geheims")

    shop = provider.application()
    monkeypatch.setattr(calls, "CHECKS", (breaks,))
    monkeypatch.setattr(discovery.keyring, "current", breaks)
    broken = [shop.own_token(), shop.push(), shop.introspect("x"), shop.revoke("x")]
    broken.append(shop.house.app.test_client().get("/oauth2/jwks", base_url=ISSUER))
    for answer in broken:
        assert told(answer) == (500, "server_error")
        assert "geheim" not in answer.get_data(as_text=True)


def test_an_answer_without_a_body_says_of_no_kind_that_it_is(provider: Provider) -> None:
    shop = provider.application()
    client = provider.house.app.test_client()
    unknown = client.get("/oauth2/userinfo", base_url=ISSUER)
    assert unknown.status_code == 401
    assert unknown.headers["WWW-Authenticate"] == 'Bearer realm="oauth2"'
    for answer in (unknown, shop.revoke("x")):
        assert (answer.data, answer.headers.get("Content-Type")) == (b"", None)
