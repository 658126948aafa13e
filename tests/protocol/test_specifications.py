"""docs/specifications.md names modules and tests; both have to be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| ([^|]+) \| [^|]+ \| `(idp/[^`]+)` \| `(tests/[^`]+)` ([^|]+) \|$",
    (ROOT / "docs" / "specifications.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def test_the_page_has_its_rows() -> None:
    assert len(ROWS) > 50


@pytest.mark.parametrize(("rule", "module", "file", "name"), ROWS)
def test_every_rule_names_a_module_and_a_test_that_exist(
    rule: str, module: str, file: str, name: str
) -> None:
    assert (ROOT / module).is_file(), rule
    function = f"def test_{name.strip().replace(' ', '_')}("
    assert function in (ROOT / file).read_text(encoding="utf-8"), rule
