"""What documents say of the code is so: limits, symbols and tests that they name."""

from __future__ import annotations

import ast
import importlib
import re
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from idp.settings import Settings
from tests.support.source import ROOT, written_files

DOCUMENTS = [path for path in written_files(".md") if path.is_relative_to(ROOT / "docs")]
LIMITS = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
MANUAL = (ROOT / "docs" / "manual-coverage.md").read_text(encoding="utf-8")
WALK = (ROOT / "docs" / "walk.md").read_text(encoding="utf-8")

#: `| what | number | where |`, where the last cell is a name in the code or a setting in italics.
LIMIT = re.compile(r"^\| .+ \| (.+) \| (?:`(idp\.[\w.]+)`|\*IDP_(\w+)\*) \|$", re.MULTILINE)
PLACE = re.compile(r"^\| (`.+`) \| (\S+\.py) \|$", re.MULTILINE)
TEST_NAME = re.compile(r"`(test_\w+)`")


@pytest.mark.parametrize(("says", "name", "setting"), LIMIT.findall(LIMITS))
def test_a_written_limit_is_the_limit_in_force(says: str, name: str, setting: str) -> None:
    """A rule of the checklists: the description of limits equals the configuration."""
    found = Settings.model_fields[setting.lower()].default if setting else value_of(name)
    assert says == in_words(found)


def test_every_line_of_the_limits_names_its_place() -> None:
    lines = [line for line in LIMITS.splitlines() if line.startswith("| ")]
    headings = [line for line in lines if line == "| limit | number | where |"]
    rules = [line for line in lines if line.startswith("| ---")]
    assert len(LIMIT.findall(LIMITS)) == len(lines) - len(headings) - len(rules)


@pytest.mark.parametrize(("symbols", "file"), PLACE.findall(WALK))
def test_what_the_walk_names_lives_where_it_says(symbols: str, file: str) -> None:
    missing = set(re.findall(r"`(\w+)`", symbols)) - defined_in(ROOT / file)
    assert not missing, f"{file} has no {missing}"


def test_the_walk_lists_every_symbol_that_its_prose_names() -> None:
    prose, _, table = WALK.partition("## Where they live")
    named = set(re.findall(r"`([a-z]\w+|[A-Z]\w+)`", prose))
    assert named - set(re.findall(r"`(\w+)`", table)) <= NOT_OURS


#: In backquotes for other reasons: words of the wire, and steps, which `next_step` lists.
NOT_OURS = {
    "state", "iss", "code", "redirect_uri", "acr", "acr_values", "claims", "max_age",
    "unmet_authentication_requirements",
    "FINISH", "ACTIVATION_INTRO", "ACTIVATION_CODE", "CHOOSE_METHODS", "ENROL", "SET_PASSWORD", "ENROLMENT_DONE",
}  # fmt: skip


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda path: path.name)
def test_every_test_that_a_document_names_exists(page: Path) -> None:
    named = set(TEST_NAME.findall(page.read_text(encoding="utf-8")))
    assert named - {path.stem for path in written_files(".py")} <= names_of_tests()


def test_every_sentence_of_the_manual_is_walked_in_a_browser() -> None:
    rows = [line for line in MANUAL.splitlines() if line.startswith("| ") and " --- " not in line]
    sentences = [line for line in rows if not line.endswith("| here | test |")
                 and not line.endswith("| advice here | test |")]  # fmt: skip
    assert len(sentences) > 30
    in_a_browser = names_of_tests(ROOT / "tests" / "browser")
    assert not [line for line in sentences if not set(TEST_NAME.findall(line)) & in_a_browser]


def value_of(name: str) -> object:
    """What a full name such as `idp.throttle.SIGN_IN.free` stands for."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[length:]:
            found = getattr(found, attribute)
        return found
    raise AssertionError(f"nothing is called {name}")


def in_words(value: object) -> str:
    """A duration in its largest whole unit, anything else as it is."""
    if not isinstance(value, timedelta):
        return f"{value:g}" if isinstance(value, float) else str(value)
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(value.total_seconds(), size)
        if count and not rest:
            return f"{count:g} {unit}{'' if count == 1 else 's'}"
    raise AssertionError(f"{value} is no whole number of seconds")


def defined_in(file: Path) -> set[str]:
    """Names that a file defines, in itself or in its classes."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names


@cache
def names_of_tests(below: Path = ROOT / "tests") -> frozenset[str]:
    """The name of every test function in a folder."""
    found: set[str] = set()
    for path in written_files(".py"):
        if path.is_relative_to(below):
            found.update(re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8")))
    return frozenset(found)
