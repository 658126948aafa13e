"""The list of leaked passwords at the operator's line."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.cli.operator import Operator


@pytest.fixture
def leaked(tmp_path: Path) -> Path:
    """A list as it is downloaded: sorted, with counts."""
    digests = sorted(
        hashlib.sha1(each.encode(), usedforsecurity=False).hexdigest().upper()
        for each in ("een", "twee", "drie")
    )
    file = tmp_path / "leaked.txt"
    file.write_text("".join(f"{digest}:{7}\r\n" for digest in digests), encoding="ascii")
    return file


def test_a_list_is_made_set_and_examined(operator: Operator, leaked: Path) -> None:
    out = operator.folder / "leaks"
    said = operator.types("passwords", "import-breached", str(leaked), "--out", str(out)).out
    assert f"Made {out}: 3 passwords" in said
    named = {"IDP_BREACHED_PASSWORDS": str(out)}
    assert operator.tries("check-config", **named).code == 0
    assert "3 on the list" in operator.tries("doctor", **named).out
    assert "only what is easily guessed is refused" in operator.tries("doctor").out
    os.truncate(out, out.stat().st_size - 1)
    for verb in ("check-config", "serve", "doctor"):
        answer = operator.tries(verb, **named)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith("idp: IDP_BREACHED_PASSWORDS: ")
        assert "copy it again" in answer.err


def test_what_cannot_be_made_is_said(operator: Operator, leaked: Path) -> None:
    words = ("passwords", "import-breached", str(leaked), "--out")
    assert "cannot be made" in operator.is_refused(*words, "/nergens/leaks")
    leaked.write_text("".join(reversed(leaked.read_text().splitlines(keepends=True))))
    out = operator.folder / "leaks"
    assert "line 2 comes before" in operator.is_refused(*words, str(out))
    assert not out.exists()


def test_seldom_seen_passwords_can_be_left_out(operator: Operator, leaked: Path) -> None:
    out = str(operator.folder / "leaks")
    words = ("passwords", "import-breached", str(leaked), "--out", out, "--at-least")
    assert ": 0 passwords" in operator.types(*words, "8").out
