"""Programs of others, as processes of their own on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

READY_WITHIN_SECONDS = 30


def surroundings(**more: str) -> dict[str, str]:
    """This process's environment without our settings, and with `more`."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("IDP_")}
    return ours | more


@contextmanager
def serving(
    command: Sequence[str | Path], *, port: int, log: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    """Run a server from the moment that it listens; what it says goes to `log`. Ended with the block."""
    with log.open("a") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            cwd=log.parent,
        )
    try:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not _listens(port):
            assert process.poll() is None, f"it stopped:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"it does not listen:\n{log.read_text()}"
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=READY_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False
