"""What is installed: pinned by hash, from anywhere, and exactly what pyproject.toml asks for."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.source import ROOT, modules

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
DEV = [Requirement(line) for line in PROJECT["dependency-groups"]["dev"]]
BUILD = [Requirement(line) for line in PROJECT["dependency-groups"]["build"]]

#: Comes with another of ours, by that one's promise, and is ours to import.
COMES_WITH = {"jinja2": "flask", "markupsafe": "flask", "werkzeug": "flask"}

#: Needed, and imported by somebody else on our behalf.
IMPORTED_FOR_US = {"brotli", "psycopg"}  # SQLAlchemy imports it when the database is PostgreSQL


def pins(lock: str) -> dict[str, str]:
    """Versions by name."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {
        canonicalize_name(name): version
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)
    }


def asked_for(lock: str) -> set[str]:
    """The pins that stand there because pyproject.toml names them; uv notes under each whom it is for."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\w)", text)
    return {
        canonicalize_name(entry.partition("==")[0])
        for entry in entries
        if "idp (pyproject.toml" in entry
    }


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.lock", RUNTIME),
        ("requirements-dev.lock", RUNTIME + DEV),
        ("requirements-build.lock", BUILD),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(lock: str, wanted: list[Requirement]) -> None:
    pinned = pins(lock)
    for requirement in wanted:
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {lock}: run `make lock`"
        assert requirement.specifier.contains(version), (
            f"{requirement} is not met by {lock}: run `make lock`"
        )
    unasked = asked_for(lock) - {canonicalize_name(requirement.name) for requirement in wanted}
    assert not unasked, f"{lock} still holds {unasked}: run `make lock`"


@pytest.mark.parametrize(
    "lock", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"]
)
def test_a_lock_names_hashes_and_no_addresses(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.findall(r"^-", text, re.MULTILINE), (
        "options of pip belong to the reader's own configuration"
    )
    for entry in re.split(r"\n(?=\w)", text.strip()):
        assert "--hash=sha256:" in entry, entry


def test_tests_run_with_the_versions_that_are_shipped() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_every_import_is_asked_for_and_everything_asked_for_is_imported() -> None:
    distributions = packages_distributions()
    imported = set()
    for module in [*modules("idp"), *modules("relying_party_demo")]:
        for name in module.imports():
            top = name.split(".")[0]
            if top not in {*sys.stdlib_module_names, "idp", "relying_party_demo"}:
                [distribution] = set(distributions.get(top, [top]))
                imported.add(canonicalize_name(distribution))
    declared = {canonicalize_name(requirement.name) for requirement in RUNTIME}
    strangers = {name for name in imported if COMES_WITH.get(name, name) not in declared}
    assert not strangers, f"imported, but not in pyproject.toml: {strangers}"
    unused = declared - imported - IMPORTED_FOR_US
    assert not unused, f"in pyproject.toml, but imported nowhere: {unused}"
