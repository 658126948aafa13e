"""What documents say is so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source import ROOT, written_files

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
NAMED_LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("idp.settings", "settings.md"),
        ("idp.oidc.openapi", "openapi.json"),
        ("idp.admin_api.openapi", "openapi-beheer.json"),
    ],
)
def test_what_is_made_from_the_code_is_fresh(module: str, name: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, capture_output=True, text=True, check=True
    )
    written = ROOT / "docs" / name
    assert written.exists(), "run `make docs`"
    assert written.read_text(encoding="utf-8") == told.stdout, "run `make docs`"


def test_the_readme_shows_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("path", written_files(".md"), ids=relative)
def test_every_make_command_in_a_document_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    commands = set(re.findall(r"(?:`|^ *|&& )(?:[A-Z_]+=\S+ )*make ([a-z-]+)", text, re.MULTILINE))
    assert commands <= TARGETS


@pytest.mark.parametrize("path", written_files(".md"), ids=relative)
def test_every_file_that_a_document_links_to_exists(path: Path) -> None:
    linked = NAMED_LINK.findall(path.read_text(encoding="utf-8"))
    assert not [target for target in linked if not (path.parent / target).exists()]


def test_every_make_command_explains_itself() -> None:
    assert set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)) == TARGETS


def test_continuous_integration_runs_what_everybody_runs() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run must be executable"
    assert script.read_text(encoding="utf-8").endswith("\nmake check\nREQUIRE_ALL=1 make test\n")
