"""Commands that go on running, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

IDP = (sys.executable, "-c", "from idp.cli import main; main()")
PATIENCE_SECONDS = 40


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nobody listens."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def surroundings(settings: dict[str, str]) -> dict[str, str]:
    """The environment of this process, with these settings and no others."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("IDP_")}
    return kept | settings


def _as_at_a_terminal() -> None:
    """Whoever runs the tests in the background has Ctrl-C switched off, and what they start inherits that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Running:
    """One running command; what it says goes to a file."""

    def __init__(
        self,
        words: tuple[str, ...],
        folder: Path,
        environment: dict[str, str],
        *,
        apart: bool = False,
    ) -> None:
        self.log = folder / "output.txt"
        with self.log.open("w") as output:
            self.process = subprocess.Popen(
                [*IDP, *words],
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=surroundings(environment),
                cwd=folder,
                start_new_session=apart,
                preexec_fn=_as_at_a_terminal,  # noqa: PLW1509  # nothing here has threads that matter
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def wait_until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert self.process.poll() is None, f"it stopped:\n{self.said}"
            assert time.monotonic() < deadline, f"nothing came of it:\n{self.said}"
            time.sleep(0.05)

    def ends(self, with_signal: signal.Signals | None = None) -> int:
        """Wait for its end (asked for by a signal) and return its exit code."""
        if with_signal is not None:
            self.process.send_signal(with_signal)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def is_killed(self) -> None:
        """At once and without a word, with every process that it started; it has to run `apart`."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=PATIENCE_SECONDS)

    @property
    def megabytes(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) // 1024


@contextlib.contextmanager
def running(
    *words: str, folder: Path, environment: dict[str, str] | None = None, apart: bool = False
) -> Iterator[Running]:
    """Run `idp …`, in a process group of its own when `apart`; it is over at the end of the block, whatever happens."""
    command = Running(words, folder, environment or {}, apart=apart)
    try:
        yield command
    finally:
        if command.process.poll() is None:
            command.process.terminate()
            try:
                command.process.wait(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                command.process.kill()
                command.process.wait()


def answer(
    address: str, *, ca: Path | None = None, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Status and text of what an address answers; (0, why) when nobody does. Follows no redirect, uses no proxy."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _Stay()]
    if ca is not None:
        handlers.append(
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca)))
        )
    try:
        request = urllib.request.Request(address, headers=headers or {})
        with urllib.request.build_opener(*handlers).open(request, timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.headers.get("Location") or refused.read().decode()
    except OSError as nobody:
        return 0, str(nobody)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None
