"""Running the demo's two servers together: the demo application in a child, and a watch that says when both answer."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

#: Longer than any machine that can run it needs.
READY_WITHIN_SECONDS = 60
STOPS_WITHIN_SECONDS = 10
_PR_SET_PDEATHSIG = 1
_M_MMAP_THRESHOLD = -3
_libc = ctypes.CDLL(None)


def stop_quietly_on_sigterm() -> None:
    """SIGTERM ends this process the way Ctrl-C does: through every `finally`."""

    def stop(_signum: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)


@contextlib.contextmanager
def children(
    commands: Sequence[Sequence[str]], environment: Mapping[str, str]
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run commands beside this process, in its environment plus ours; they end with it, whatever ends it."""
    surroundings = {
        name: text for name, text in os.environ.items() if not name.startswith("IDP_")
    } | dict(environment)
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            child = subprocess.Popen(
                command,
                env=surroundings,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal is for us; we pass it on, once
                preexec_fn=_end_with_parent,  # noqa: PLW1509  # there are no threads yet
            )
            started.append(child)
        yield started
    finally:
        for child in started:
            child.terminate()
        for child in started:
            _wait(child)


def _wait(child: subprocess.Popen[bytes]) -> None:
    try:
        child.wait(timeout=STOPS_WITHIN_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _end_with_parent() -> None:
    """In the child: the kernel ends it when this process is killed, so that no port stays taken. Linux only."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def give_memory_back() -> None:
    """Let the memory of password hashes (19 MiB each) go back at once, at 2 ms each; glibc would keep several."""
    with contextlib.suppress(AttributeError):  # another C library
        _libc.mallopt(_M_MMAP_THRESHOLD, 1024 * 1024)


class Watch(threading.Thread):
    """Waits until every address answers, then calls `ready`; ends this process when a child ends or nothing answers."""

    def __init__(
        self,
        addresses: Sequence[str],
        started: Sequence[subprocess.Popen[bytes]],
        ready: Callable[[], None],
        *,
        ca: Path | None,
    ) -> None:
        super().__init__(daemon=True)
        self._addresses = addresses
        self._children = started
        self._ready = ready
        self._opener = _opener(ca)
        self.trouble: str | None = None

    def run(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        waiting = list(self._addresses)
        told = False
        while self.trouble is None:
            if any(child.poll() is not None for child in self._children):
                self._give_up("one of the two servers stopped")
            elif waiting and self._answers(waiting[0]):
                waiting.pop(0)
                continue
            elif waiting and time.monotonic() > deadline:
                self._give_up(f"{waiting[0]} did not answer within {READY_WITHIN_SECONDS} seconds")
            elif not waiting and not told:
                told = True
                self._ready()
            time.sleep(1 if told else 0.05)

    def _answers(self, address: str) -> bool:
        try:
            with self._opener.open(address, timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    def _give_up(self, why: str) -> None:
        self.trouble = why
        os.kill(os.getpid(), signal.SIGTERM)


def _opener(ca: Path | None) -> urllib.request.OpenerDirector:
    """Asks loopback directly, whatever proxy the environment names."""
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if ca is not None:
        handlers.append(
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(ca)))
        )
    return urllib.request.build_opener(*handlers)
