"""The shipped units of systemd: what they start exists, and none may do more than it has to."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from idp.cli import main
from tests.deploy.proxies import SHIPPED

UNITS = sorted((SHIPPED / "systemd").iterdir())
SERVICES = [each for each in UNITS if each.suffix == ".service"]
TIMERS = [each for each in UNITS if each.suffix == ".timer"]
#: What closes a service off from the rest of the machine; systemd.exec(5).
CLOSED = {
    "AmbientCapabilities": "",
    "CapabilityBoundingSet": "",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProcSubset": "pid",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHome": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RemoveIPC": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "UMask": "0077",
    "User": "idp",
}
LINE = re.compile(r"\[[A-Z][a-z]+\]|([A-Z][A-Za-z]+)=(.*)|#.*|")


def directives(unit: Path) -> Mapping[str, list[str]]:
    """Every directive of a unit with its values."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        match = LINE.fullmatch(line)
        assert match, f"{unit.name}: {line}"
        if match[1]:
            found.setdefault(match[1], []).append(match[2])
    return found


def name(unit: Path) -> str:
    return unit.name


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_a_service_is_closed_off(unit: Path) -> None:
    said = directives(unit)
    assert {each: said.get(each) for each in CLOSED} == {
        each: [value] for each, value in CLOSED.items()
    }
    assert said["SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    may_write = {"idp-keys.service": ["/etc/idp/keys"]}.get(unit.name)
    assert said.get("ReadWritePaths") == may_write


@pytest.mark.parametrize("unit", SERVICES, ids=name)
def test_what_a_service_starts_is_a_verb_of_ours(unit: Path) -> None:
    [command] = directives(unit)["ExecStart"]
    program, *words = command.split()
    assert program == "/opt/idp/.venv/bin/idp"
    verb: click.Command = main
    while words and isinstance(verb, click.Group):
        verb = verb.commands[words.pop(0)]
    assert {*words} <= {option for each in verb.params for option in each.opts}


def test_each_timer_has_its_service_and_each_service_its_timer() -> None:
    assert {each.stem for each in TIMERS} == {each.stem for each in SERVICES} - {"idp"}
    for timer in TIMERS:
        said = directives(timer)
        assert said["Persistent"] == ["yes"]
        assert re.fullmatch(r"\*-\*-\* \d\d:\d\d:00", said["OnCalendar"][0])


def test_systemd_itself_finds_them_good(tmp_path: Path) -> None:
    """Where it is there: it reads every unit without a word, and calls none of them exposed."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return  # what the others find holds all the same
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/idp/.venv/bin/idp", "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")
    verified = subprocess.run(
        [program, "verify", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    mine = [line for line in verified.stderr.splitlines() if "idp" in line]
    assert mine == []
    for unit in SERVICES:
        judged = subprocess.run(
            [program, "security", "--offline=yes", "--threshold=15", tmp_path / unit.name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert judged.returncode == 0, judged.stdout + judged.stderr
