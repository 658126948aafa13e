"""Signing keys at the operator's line."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idp.keyring import ALGORITHMS
from idp.keyring.source import FileSource
from idp.secret_values import RootSecret
from tests.cli.operator import Operator
from tests.cli.processes import IDP, surroundings

ROOT = RootSecret.from_text("5e" * 32)


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


@pytest.mark.parametrize("name", ["-BhTGIcBjpWGfCQt", "--a", "-1"])
def test_a_key_whose_name_begins_with_a_dash_is_looked_up_as_any_other(
    operator: Operator, name: str
) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    assert "key" in operator.is_refused("keys", "retire", name)


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


@pytest.fixture(scope="module")
def young_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key of today for each algorithm but ES256; made once, because RSA keys are slow to make."""
    folder, now = tmp_path_factory.mktemp("keys"), datetime.now(UTC)
    for alg in set(ALGORITHMS) - {"ES256"}:
        FileSource(folder, ROOT).create(alg, now=now, active_from=now)
    return folder


@pytest.fixture
def aged(operator: Operator, young_keys: Path) -> Callable[[timedelta], None]:
    """Give the operator keys, of which that for ES256 began to sign so long ago."""

    def aged(age: timedelta) -> None:
        folder, since = operator.folder / "keys", datetime.now(UTC) - age
        shutil.copytree(young_keys, folder)
        FileSource(folder, ROOT).create("ES256", now=since, active_from=since)

    return aged


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_by_age_only_what_is_due_is_done(
    operator: Operator, aged: Callable[[timedelta], None]
) -> None:
    assert "is the folder" in operator.is_refused("keys", "rotate", "--due")
    aged(timedelta(days=81))
    assert operator.types("keys", "rotate", "--due").out == "No key is due.\n"
    assert "leave --alg" in operator.is_refused("keys", "rotate", "--due", "--alg", "ES256")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_machines_that_rotate_at_once_one_makes_the_key(
    operator: Operator, aged: Callable[[timedelta], None]
) -> None:
    aged(timedelta(days=82, minutes=1))
    commands = [
        subprocess.Popen(
            [*IDP, "keys", "rotate", "--due"],
            env=surroundings(operator.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    said = [command.communicate(timeout=120)[0] for command in commands]
    assert [command.returncode for command in commands] == [0, 0, 0], said
    assert sorted(states(operator)) == ["active"] * len(ALGORITHMS) + ["next"]
    assert len(operator.types("audit", "tail", "--json").json) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_tells_of_keys_that_nobody_renews(
    operator: Operator, aged: Callable[[timedelta], None]
) -> None:
    aged(timedelta(days=90))
    found = operator.types("doctor", "--json").json
    [keys] = [each for each in found if each["about"] == "signing keys"]
    assert keys["verdict"] == "note"
    assert "overdue for ES256;" in keys["says"]
    operator.types("keys", "rotate", "--due")
    [keys] = [
        each for each in operator.types("doctor", "--json").json if each["about"] == "signing keys"
    ]
    assert keys["verdict"] == "ok"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_tells_who_reads_the_metrics_and_whom_we_believe(operator: Operator) -> None:
    def found(about: str, **environment: str) -> tuple[str, str]:
        answer = operator.tries("doctor", "--json", **environment)
        [one] = [each for each in answer.json if each["about"] == about]
        return one["verdict"], one["says"]

    assert found("proxies")[0] == "note"
    proxy = {"IDP_TRUSTED_PROXIES": "10.0.0.4"}
    assert found("proxies", **proxy) == ("ok", "10.0.0.4 may say where a request comes from")
    assert found("metrics") == ("ok", "for this machine, past the proxy")
    assert found("metrics", IDP_METRICS_FROM="10.0.0.0/24") == (
        "ok",
        "for this machine, 10.0.0.0/24, past the proxy",
    )
    assert found("metrics", IDP_METRICS_FROM="10.0.0.0/24", **proxy)[0] == "wrong"
    assert found("metrics", IDP_METRICS_FROM="8.8.8.8")[0] == "note"
