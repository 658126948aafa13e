"""The distribution's Firefox, for as long as it is needed: without a screen, with a profile of its own, alone.

Firefox wants to talk to its makers about updates, studies, lists and keys. It switches most of that off by itself when
it is driven; the preferences here do the rest, and see to it that what is forgotten gets no further than this machine:
every name is this machine, and every connection goes to a proxy at a port where nobody is.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser import demo_of_a_run
from tests.browser.bidi import Bidi

READY_WITHIN_SECONDS = 60
NOBODY, PORT_OF_NOBODY = "127.0.0.1", 9

PREFERENCES: dict[str, str | int | bool] = {
    # Nothing beyond this machine. Firefox reaches names of loopback without the proxy.
    "network.proxy.type": 1,
    "network.proxy.http": NOBODY,
    "network.proxy.http_port": PORT_OF_NOBODY,
    "network.proxy.ssl": NOBODY,
    "network.proxy.ssl_port": PORT_OF_NOBODY,
    "network.proxy.failover_direct": False,
    "network.proxy.allow_bypass": False,
    "network.dns.forceResolve": "127.0.0.1",
    "services.settings.server": "data:,#nobody",
    "app.update.disabledForTesting": True,
    "extensions.systemAddon.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    # Fewer processes: less work for the machine.
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
    "fission.autostart": False,
    "browser.startup.page": 0,
    "browser.newtab.preload": False,
}
SURROUNDINGS = {
    "MOZ_HEADLESS": "1",
    "MOZ_CRASHREPORTER_DISABLE": "1",
    "MOZ_REMOTE_SETTINGS_DEVTOOLS": "1",  # without it the preference about their server is ignored
}
EVENTS = ("browsingContext.load", "log.entryAdded")


@contextmanager
def firefox_at(
    path: Path, profile: Path, lifeline: Path, *, scripts: bool = True
) -> Iterator[Bidi]:
    """A session with a Firefox that keeps its things in `profile`; `scripts`: whether pages may run theirs.

    It ends with this block, and with the run should that end first (`lifeline`).
    """
    profile.mkdir(parents=True)
    _write_preferences(profile, PREFERENCES | {"javascript.enabled": scripts})
    log = profile.with_suffix(".log")
    command = [
        str(path), "--remote-debugging-port=0", "--profile", str(profile), "--new-instance",
        "--no-remote", "about:blank",
    ]  # fmt: skip
    with log.open("w") as output:
        watch = subprocess.Popen(
            demo_of_a_run.watched(lifeline, command),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=os.environ | SURROUNDINGS | {"HOME": str(profile), "TMPDIR": str(profile)},
        )  # fmt: skip
    try:
        session = Bidi(_address(profile, watch, log), *EVENTS)
        try:
            yield session
        finally:
            session.close()
    finally:
        os.killpg(watch.pid, signal.SIGKILL)  # the profile goes with the run: nothing to put away
        watch.wait(timeout=30)


def _write_preferences(profile: Path, wanted: dict[str, str | int | bool]) -> None:
    lines = [f'user_pref("{name}", {json.dumps(setting)});\n' for name, setting in wanted.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")


def _address(profile: Path, firefox: subprocess.Popen[bytes], log: Path) -> str:
    """Where it listens, which it writes into its profile once it does."""
    told = profile / "WebDriverBiDiServer.json"
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while True:
        if firefox.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Firefox did not start:\n{log.read_text()}")
        try:
            server = json.loads(told.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):  # not yet, or half written
            time.sleep(0.02)
            continue
        return f"ws://{server['ws_host']}:{server['ws_port']}/session"
