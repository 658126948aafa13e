"""`idp demo` for one run of the suite: started by the first test that needs it, shared, gone with the run.

    python demo_of_a_run.py LIFELINE COMMAND...

As a command this is the watch: it runs COMMAND until the lock on LIFELINE comes free, in whatever way the run ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READY_WITHIN_SECONDS = 60


@dataclass(frozen=True)
class RunningDemo:
    """The demo as `demo.json` tells of it."""

    issuer: str
    relying_party: str
    outbox: str
    environment: dict[str, str]
    accounts: list[dict[str, str]]


def start(folder: Path, lifeline: Path, *options: str) -> None:
    """Start the demo in `folder`, with further options of its own, and wait until it is ready."""
    port, rp_port = free_ports(2)
    command = [
        str(Path(sys.executable).with_name("idp")), "demo", f"--port={port}", f"--rp-port={rp_port}",
        f"--dir={folder}", *options,
    ]  # fmt: skip
    log = folder.with_suffix(".log")
    with log.open("w") as output:
        watch = subprocess.Popen(
            watched(lifeline, command),
            stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            env={name: text for name, text in os.environ.items() if not name.startswith("IDP_")},
        )  # fmt: skip
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not (folder / "demo.json").exists():
        if watch.poll() is not None or time.monotonic() > deadline:
            watch.kill()
            raise RuntimeError(f"the demo did not start:\n{log.read_text()}")
        time.sleep(0.05)
    watch.returncode = 0  # it outlives this worker on purpose; its end is not awaited here


def read(folder: Path) -> RunningDemo:
    """What the demo in `folder` tells of itself."""
    told: dict[str, Any] = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
    wanted = ("issuer", "relying_party", "outbox", "environment", "accounts")
    return RunningDemo(**{name: told[name] for name in wanted})


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def watched(lifeline: Path, command: list[str]) -> list[str]:
    """The command line of the watch over `command`."""
    return [sys.executable, __file__, str(lifeline), *command]


def watch_over(lifeline: Path, command: list[str]) -> None:
    """Run `command` for as long as somebody holds the lifeline."""
    started = subprocess.Popen(command)
    try:
        with lifeline.open() as run:
            fcntl.flock(run, fcntl.LOCK_SH)
    finally:
        started.terminate()
        started.wait(timeout=30)


if __name__ == "__main__":
    watch_over(Path(sys.argv[1]), sys.argv[2:])
