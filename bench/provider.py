"""A provider to measure: an own folder, an own database, and the server process that operators or the demo run."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench import processes
from bench.errors import BenchError
from bench.processes import Memory
from idp.cli.work import settings_of
from idp.settings import Settings

READY_WITHIN_SECONDS: Final = 30
IDP: Final = "import sys; from idp.cli import main; sys.argv[0] = 'idp'; main()"
DEMO_APPLICATION: Final = "relying_party_demo"


@dataclass(frozen=True, slots=True)
class Provider:
    """A server at work, with the settings of its deployment."""

    settings: Settings
    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """Its processes: all of the server, without the demo's application."""
        return processes.family(self.process.pid, without=DEMO_APPLICATION)

    def memory(self) -> Memory:
        """What its processes hold now."""
        return processes.memory(self.pids)


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="idp-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def production(folder: Path, database_url: str | None) -> dict[str, str]:
    """The environment of a deployment in this folder; on SQLite unless a database is named."""
    port = _free_port()
    secret = folder / "secret"
    secret.write_text(secrets.token_hex(32))
    secret.chmod(0o600)
    return {
        "IDP_ISSUER": f"http://localhost:{port}",
        "IDP_BIND": f"127.0.0.1:{port}",
        "IDP_DATABASE_URL": database_url or f"sqlite:///{folder}/idp.db",
        "IDP_SECRET_FILE": str(secret),
        "IDP_KEYS": f"file:{folder}/keys",
        "IDP_ALLOW_FILE_KEYS": "1",
        "IDP_WORKERS": "1",
        "IDP_TRUSTED_PROXIES": "127.0.0.1",  # failing sign-ins then come from many addresses
        "IDP_LOG_LEVEL": "warning",
    }


@contextlib.contextmanager
def served(folder: Path, environment: dict[str, str]) -> Iterator[Provider]:
    """`idp serve`: gunicorn, as in production, with one worker."""
    with _started(folder, environment, "serve") as process:
        found = settings_of(environment)
        _wait_until(lambda: _answers(found.issuer), process, folder)
        yield Provider(found, process)


@contextlib.contextmanager
def demonstrated(folder: Path) -> Iterator[Provider]:
    """`idp demo`: waitress in one process, as `make demo` runs it."""
    ports = [str(_free_port()), str(_free_port())]
    options = ["demo", "--dir", str(folder / "demo"), "--port", ports[0], "--rp-port", ports[1]]
    ready = folder / "demo" / "demo.json"
    with _started(folder, {}, *options) as process:
        _wait_until(ready.exists, process, folder)
        environment = json.loads(ready.read_text(encoding="utf-8"))["environment"]
        yield Provider(settings_of(environment), process)


@contextlib.contextmanager
def _started(
    folder: Path, environment: dict[str, str], *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    surroundings = {name: text for name, text in os.environ.items() if not name.startswith("IDP_")}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", IDP, *arguments],
            env=surroundings | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            log = (folder / "server.log").read_text(errors="replace")[-2000:]
            raise BenchError(f"the server did not start:\n{log}")
        time.sleep(0.05)


def _answers(issuer: str) -> bool:
    port = int(issuer.rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
