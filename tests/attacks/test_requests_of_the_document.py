"""Requests that docs/openapi.json allows and that it does not, by schemathesis: answered as it says, never by a 5xx.

Each run makes the same requests. Some bring right credentials and right values among the others, so that they get
past the first checks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from idp.clock import Standing
from idp.oidc import ROUTES, SELF_REGISTRATION
from tests.protocol.registering import newcomer
from tests.protocol.relying_party import AFTERWARDS, CALLBACK, ISSUER, Provider
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run
from tests.support.source import ROOT

DOCUMENT: Final = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS: Final = [
    (method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item
]


def promised(method: str, path: str) -> set[int]:
    """The statuses that the document names."""
    return set(map(int, DOCUMENT["paths"][path][method.lower()]["responses"]))


MODES: Final = {
    "requests that are allowed": GenerationMode.POSITIVE,
    "requests that are not": GenerationMode.NEGATIVE,
}
#: Where something can be wrong at all.
RUNS: Final = [
    (method, path, mode)
    for method, path in OPERATIONS
    for mode in MODES
    if mode == "requests that are allowed"
    or {"requestBody", "parameters"} & DOCUMENT["paths"][path][method.lower()].keys()
]
#: What a request that gets what it asks ends in.
GOOD: Final = {one: {200, 201, 204, 303} & promised(*one) for one in OPERATIONS}
#: Requests for each way to use an endpoint.
EXAMPLES: Final = 8
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def without_noise(document: Any) -> Any:
    """The same document without parameters that nobody knows: they are ignored, which other tests hold."""
    if isinstance(document, dict):
        inner = {name: without_noise(value) for name, value in document.items()}
        is_form = inner.get("type") == "object" and "additionalProperties" not in inner
        return inner | ({"additionalProperties": False} if is_form else {})
    return [without_noise(each) for each in document] if isinstance(document, list) else document


SCHEMA: Final = schemathesis.openapi.from_dict(without_noise(DOCUMENT))


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house where applications may register themselves."""
    return house_of_this_worker(database_url, run, dynamic_registration=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    return Provider.of(house, run)


@dataclass(frozen=True)
class Right:
    """A request that gets what it asks, until it is changed."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    client_id: str = ""
    """In its address, where one belongs there."""


def right_requests(provider: Provider, path: str) -> list[Right]:
    """One for each way to use an endpoint, and one of somebody who knows nothing."""
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    machine, browser = provider.machine(), provider.browser(provider.person())
    tokens = shop.tokens(browser)
    session = {"Cookie": f"__Host-idp_session={browser.cookie('__Host-idp_session')}"}
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    by_code = {
        "grant_type": "authorization_code",
        "code": shop.ask(browser)["code"],
        "redirect_uri": shop.redirect_uri,
        "code_verifier": shop.verifier,
    }
    about = Right({"token": tokens["access_token"], "token_type_hint": "x"}, shop.header())
    themselves = newcomer(provider.house, most=100)
    said = {"redirect_uris": [CALLBACK], "client_name": "Proef"}
    registered = themselves.register(**said)
    managing = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    signing_out = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": AFTERWARDS,
        "state": "x",
    }
    ways = {
        "/oauth2/authorize": [
            Right(shop.request(), session),
            Right(shop.request(prompt="none", response_mode="form_post"), session),
            Right(shop.request()),
        ],
        "/oauth2/par": [Right(shop.request(), shop.header())],
        "/oauth2/token": [
            Right(by_code, shop.header()),
            Right(
                {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
                shop.header(),
            ),
            Right({"grant_type": "client_credentials"}, machine.header()),
        ],
        "/oauth2/introspect": [about],
        "/oauth2/revoke": [about],
        "/oauth2/userinfo": [
            Right({}, bearer),
            Right({"access_token": tokens["access_token"]}),
            Right({}, {"Authorization": "Basic !"}),
        ],
        "/oauth2/register": [Right(said, {"Authorization": f"Bearer {themselves.token}"})],
        "/oauth2/register/{client_id}": [
            Right(said | {"client_id": registered["client_id"]}, managing, registered["client_id"])
        ],
        "/oauth2/logout": [Right({}, session), Right(signing_out), Right(signing_out, session)],
    }
    return [*ways.get(path, []), Right()]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path", "mode"), RUNS)
def test_every_answer_is_one_that_the_document_promises(
    provider: Provider, house: House, method: str, path: str, mode: str
) -> None:
    ways = right_requests(provider, path)
    operation, statuses = SCHEMA[path][method], set()

    @settings(
        max_examples=EXAMPLES * len(ways),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=MODES[mode]),
        right=strategies.sampled_from(ways),
        changed=strategies.integers(0, 3) | strategies.just(100),
    )
    def ask(case: Any, right: Right, changed: int) -> None:
        made = case.body if method in {"POST", "PUT"} else case.query
        if right.client_id:
            case.path_parameters["client_id"] = right.client_id
        if isinstance(made, dict):
            few = dict(list(made.items())[:changed])
            made.clear()
            made.update({**right.fields, **few})
        response = case.call(base_url=ISSUER, headers=dict(right.headers), app=house.app)
        statuses.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    assert statuses & GOOD[method, path], "no request got past the checks"


def test_the_document_names_every_endpoint() -> None:
    routes = (*ROUTES, *SELF_REGISTRATION)
    served = {(each, path) for path, _view, methods in routes for each in methods}
    known = {(method, path.replace("{", "<").replace("}", ">")) for method, path in OPERATIONS}
    assert known == {one for one in served if "<request_id>" not in one[1]}
