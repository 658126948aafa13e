"""Signing keys at the operator's line."""

from __future__ import annotations

import stat

from tests.cli.operator import Operator


def states(operator: Operator) -> list[str]:
    return [each["state"] for each in operator.types("keys", "list", "--json").json]


def test_the_first_key_signs_at_once_and_the_next_one_is_published_first(
    operator: Operator,
) -> None:
    assert "Added ES256 key" in operator.types("keys", "rotate", "--alg", "ES256").out
    operator.types("keys", "rotate", "--alg", "ES256")
    assert states(operator) == ["active", "next"]
    published = operator.types("keys", "export-jwks").json["keys"]
    assert len(published) == 2
    assert all("d" not in key for key in published)
    assert "waits already" in operator.is_refused("keys", "rotate", "--alg", "ES256")


def test_a_leaked_key_is_replaced_and_withdrawn(operator: Operator) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    [leaked] = operator.types("keys", "list", "--json").json
    assert "nothing else could sign" in operator.is_refused("keys", "retire", leaked["kid"])
    operator.types("keys", "rotate", "--alg", "ES256", "--at-once")
    operator.types("keys", "retire", leaked["kid"][:8])
    assert states(operator) == ["withdrawn", "active"]
    assert leaked["kid"] not in operator.types("keys", "export-jwks").out
    trail = operator.types("audit", "tail", "--json").json
    assert [each["event"] for each in trail] == ["key-added", "key-added", "key-retired"]


def test_key_files_are_for_their_owner_only(operator: Operator) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    [file] = (operator.folder / "keys").glob("*.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
