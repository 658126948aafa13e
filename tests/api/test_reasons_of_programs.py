"""A program names a reason that fits what it does, from the list that the document tells of each operation."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
from sqlalchemy import select

from idp.admin_api.door import Operation
from idp.admin_api.operations import OPERATIONS
from idp.database import db
from idp.models import AuditEvent
from idp.oidc.own_api import PATH
from tests.api.program import Program
from tests.api.test_clients_of_applications import WEB
from tests.api.test_working import WMO
from tests.support.house import House
from tests.support.source import ROOT

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DOCUMENT: Final = json.loads((ROOT / "docs" / "openapi-beheer.json").read_text(encoding="utf-8"))
ALL: Final = {
    "caller", "organisation", "supplier", "left", "ended", "lost", "fraud", "fraud-over", "correction", "own",
}  # fmt: skip
USUAL: Final = {"caller", "organisation", "correction", "own"}
#: What fits besides. An operation that is not here takes the usual reasons, or what was asked before: any of them.
BESIDES: Final[dict[str, set[str]]] = {
    "relatie-blokkeren": {"ended", "fraud"},
    "relatie-deblokkeren": {"fraud-over"},
    "account-blokkeren": {"left", "lost", "fraud"},
    "account-deblokkeren": {"fraud-over"},
    "account-uitloggen": {"left", "lost", "fraud"},
    "methode-verwijderen": {"lost", "fraud"},
    "methoden-wissen": {"lost", "fraud"},
    "brief-met-code": {"lost", "fraud", "fraud-over"},
    "verzoek-uitvoeren": ALL,
    "verzoek-intrekken": ALL,
    "applicatie-zetten": {"supplier"},
    "applicatie-verwijderen": {"supplier", "fraud"},
    "beheerder-zetten": {"left"},
    "beheerder-weghalen": {"left"},
    "koppeling-zetten": {"supplier", "fraud"},
    "koppeling-geheim": {"supplier", "fraud"},
    "koppeling-verwijderen": {"supplier", "fraud"},
    "toegang-geven": {"left", "fraud-over"},
    "toegang-intrekken": {"left", "fraud"},
    "import-relaties": {"left"},
    "import-accounts": {"left"},
    "import-toegang": {"left"},
}
BODIES: Final[dict[str, dict[str, Any]]] = {
    "ApplicationSent": WMO,
    "ClientSent": WEB,
    "SecretSent": {},
    "TermsSent": {},
    "OfAKindSent": {"soort": "gemeente"},
    "RelationSent": {"relatienummer": "777", "naam": "Nieuw", "soort": "gemeente"},
    "RelationCorrected": {"naam": "Anders"},
    "AccountSent": {"gebruikersnaam": "nieuw", "naam": "Nieuw"},
    "AccountCorrected": {"naam": "Anders"},
}
CHANGING: Final = [each for each in OPERATIONS if each.changes]


def fitting(operation: Operation) -> set[str]:
    return USUAL | BESIDES.get(operation.name, set())


def sent(operation: Operation) -> dict[str, Any]:
    """A body that the operation takes."""
    if operation.takes_list:
        return {"data": b"[]", "content_type": "application/json"}
    return {} if operation.body is None else {"json": BODIES[operation.body.__name__]}


@pytest.mark.parametrize("operation", CHANGING, ids=lambda each: each.name)
def test_the_document_tells_of_each_operation_which_reasons_fit(operation: Operation) -> None:
    path = re.sub(r"<(\w+)>", r"{\1}", operation.path)
    told = DOCUMENT["paths"][f"{PATH}{path}"][operation.method.lower()]
    [words] = [each["schema"]["enum"] for each in told["parameters"] if each["name"] == "Reden"]
    assert set(words) == fitting(operation)


@ONE
@pytest.mark.parametrize("operation", CHANGING, ids=lambda each: each.name)
def test_a_reason_that_does_not_fit_is_refused_and_nothing_is_done(
    program: Program, house: House, operation: Operation
) -> None:
    path = re.sub(r"<\w+>", "wmo", operation.path)
    for reason in ALL - fitting(operation):
        answer = program.ask(operation.method, path, headers={"Reden": reason}, **sent(operation))
        assert (answer.status_code, list(answer.get_json()["velden"])) == (422, ["reden"]), reason
    with house.inside():
        assert not [
            one for one in db.session.scalars(select(AuditEvent)) if "errand" in one.details
        ]
