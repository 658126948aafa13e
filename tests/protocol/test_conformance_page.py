"""docs/conformance.md names modules and tests: all of each plan, and every test is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from idp.cli.conformance_suite import PLANS, Suite, configuration

ROOT: Final = Path(__file__).parents[2]
PAGE: Final = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
SECTIONS: Final = dict(
    re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
)
ROW: Final = re.compile(
    r"^\| `(oidcc-[^`]+)`\*? \| [^|]+ \| `(tests/[^`]+)` ([^|]+) \| ([^|]*)\|$", re.MULTILINE
)
ROWS: Final = [row for section in SECTIONS.values() for row in ROW.findall(section)]
#: How many modules each plan has; Form Post has those of Basic.
MODULES: Final = {
    "Basic OP": 38,
    "Config OP": 1,
    "RP-Initiated Logout OP": 11,
    "Back-Channel Logout OP": 2,
    "Front-Channel Logout OP": 2,
    "Third-party-initiated login OP": 2,
}


@pytest.mark.parametrize(("plan", "count"), MODULES.items())
def test_no_module_of_a_plan_is_left_out(plan: str, count: int) -> None:
    found = [module for module, *_ in ROW.findall(SECTIONS[plan])]
    assert (len(found), len(set(found))) == (count, count)
    assert SECTIONS[plan].count("| `oidcc-") == count, "a row that cannot be read"


@pytest.mark.parametrize(("module", "file", "name", "_remark"), ROWS)
def test_every_module_names_a_test_that_exists(
    module: str, file: str, name: str, _remark: str
) -> None:
    function = f"def test_{name.strip().replace(' ', '_')}("
    assert function in (ROOT / file).read_text(encoding="utf-8"), module


def test_modules_that_somebody_reviews_are_those_for_which_a_picture_is_kept() -> None:
    person = {"relatienummer": "1", "gebruikersnaam": "suite", "wachtwoord": "geheim"}
    file = configuration(
        "basic-dynamic", Suite("https://suite.example", "a"), "https://idp", [person], {}, "t"
    )
    reviewed = {module for module, _, _, remark in ROWS if remark.startswith("REVIEW")}
    assert set(file["override"]) == reviewed


def test_every_file_and_plan_is_on_the_page() -> None:
    for name, plan in PLANS.items():
        assert f"`suite-{name}.json`" in PAGE
        assert f"`{plan.identifier}`" in PAGE
