"""The demo relying party once more, at an address that is another site to a browser than the provider's."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from idp.cli.work import at_work, settings_of
from idp.oidc import clients
from tests.browser.demo_of_a_run import RunningDemo, free_ports

READY_WITHIN_SECONDS = 30


@contextmanager
def relying_party_at(host: str, demo: RunningDemo, folder: Path) -> Iterator[str]:
    """Its address, while it runs: an application of its own, registered as the demo's are."""
    [port] = free_ports(1)
    address = f"http://{host}:{port}"
    home = f"{address}/elders"
    with at_work(settings_of(demo.environment)):
        client, secret = clients.add(
            name="Elders",
            profile="basic",
            auth_method="client_secret_basic",
            redirect_uris=[f"{home}/callback"],
            post_logout_redirect_uris=[f"{home}/uitgelogd"],
            scopes=["openid", "profile", "applicaties"],
            sector=f"elders-{port}.voorbeeld",
            is_test=True,
            actor="tests",
        )
        client_id = client.client_id
    application = {
        "id": "elders",
        "name": "Elders",
        "client_id": client_id,
        "auth_method": "client_secret_basic",
        "client_secret": secret.reveal() if secret else "",
        "level": "substantieel",
    }
    configuration = {
        "issuer": demo.issuer,
        "address": address,
        "bind": f"127.0.0.1:{port}",
        "session_secret": secrets.token_urlsafe(32),
        "applications": [application],
    }
    file = folder / "elders.json"
    file.write_text(json.dumps(configuration))
    process = subprocess.Popen(
        [sys.executable, "-m", "relying_party_demo"],
        env=os.environ | {"RELYING_PARTY_CONFIG": str(file)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the relying party did not start") from None
            time.sleep(0.05)
