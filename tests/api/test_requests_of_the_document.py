"""Requests that docs/openapi-beheer.json allows and that it does not, by schemathesis: answered as it says."""

from __future__ import annotations

import json
from dataclasses import dataclass
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

from idp.admin_api.operations import OPERATIONS
from tests.api.program import ERRAND, program_of
from tests.protocol.relying_party import ISSUER, Provider
from tests.support.journeys import add_application, grant
from tests.support.source import ROOT

DOCUMENT: Final = json.loads((ROOT / "docs" / "openapi-beheer.json").read_text(encoding="utf-8"))
RUNS: Final = [
    (method.upper(), path, mode)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    for mode in GenerationMode
    if mode in {GenerationMode.POSITIVE, GenerationMode.NEGATIVE}
    and (mode is GenerationMode.POSITIVE or item[method]["parameters"])
]
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
SCHEMA: Final = schemathesis.openapi.from_dict(DOCUMENT)
#: Requests for each operation and way.
EXAMPLES: Final = 25


@dataclass(frozen=True)
class Known:
    """What stands in the house, to be asked about."""

    token: str
    path: dict[str, str]
    tags: dict[str, str]


@pytest.fixture
def known(provider: Provider) -> Known:
    """A program, and somebody with an application and a sign-in behind them."""
    program = program_of(provider)
    add_application(provider.house, "Wmo")
    anna = provider.person()
    grant(provider.house, anna, "wmo")
    program.ask("GET", "/zoeken?zoek=vries")
    shown = program.ask("GET", f"/accounts/{anna.id}").get_json()
    names = {
        "application_id": "wmo",
        "account_id": anna.id,
        "relation_id": shown["relatie"],
        "reference": "TEST-TEST",
    }
    access = program.ask("GET", f"/applicaties/wmo/toegang/{anna.id}").headers["ETag"]
    return Known(program.token, names, {"toegang": access, "applicatie": '"0"'})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("method", "path", "mode"), RUNS)
def test_every_answer_is_one_that_the_document_promises(
    provider: Provider, known: Known, method: str, path: str, mode: GenerationMode
) -> None:
    operation = SCHEMA[path][method]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        right=strategies.booleans(),
        reasons=strategies.booleans(),
        tag=strategies.sampled_from(["", '"0"', known.tags["toegang"]]),
    )
    def ask(case: Any, right: bool, reasons: bool, tag: str) -> None:
        if right and case.path_parameters:
            case.path_parameters.update(
                {name: known.path[name] for name in case.path_parameters if name in known.path}
            )
        headers = {"Authorization": f"Bearer {known.token}"}
        if method != "GET" and reasons:
            headers |= ERRAND
        if tag and method != "GET":
            headers["If-Match"] = tag
        response = case.call(base_url=ISSUER, headers=headers, app=provider.house.app)
        case.validate_response(response, checks=CHECKS)

    ask()


def test_the_document_names_every_operation() -> None:
    told = {item[method]["operationId"] for item in DOCUMENT["paths"].values() for method in item}
    assert told == {each.name for each in OPERATIONS}
