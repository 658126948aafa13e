"""Parts that a test needs from the machine: found, or missing with a word on how to get them."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.source import ROOT

#: Where `set_up.py --dev` installs the Node packages of tests/counterparts, and Node itself where the
#: machine has none that is new enough.
NODE_PROGRAMS = ROOT / "tests" / "counterparts" / "node"
_OWN_NODE = ROOT / ".venv-build" / "bin" / "node"
_APACHE_MODULES = Path("/usr/lib/apache2/modules")

#: The same browser; without windows and menus of its own the first takes half the time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
FIREFOX = "firefox-esr"
#: Proxies for which we ship a configuration, and the packages that they come in.
PROXIES = {"nginx": "nginx-light", "haproxy": "haproxy", "caddy": "caddy"}


def missing(part: str, way_out: str) -> NoReturn:
    """Skip the test because the machine lacks `part`; fail it where everything must be there (`REQUIRE_ALL=1`)."""
    message = f"{part} is missing: {way_out}"
    if os.environ.get("REQUIRE_ALL", "0") not in {"", "0"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def chromium() -> Path:
    """The distribution's Chromium; none is ever downloaded."""
    for name in CHROMIUM:
        if path := shutil.which(name):
            return Path(path)
    missing("Chromium", "`apt-get install chromium-headless-shell`")


def firefox() -> Path:
    """The distribution's Firefox ESR; none is ever downloaded."""
    if path := shutil.which(FIREFOX):
        return Path(path)
    missing("Firefox ESR", f"`apt-get install {FIREFOX}`")


def any_browser() -> None:
    """Ask for one browser at least: what only they use need not start without."""
    if not any(shutil.which(name) for name in (*CHROMIUM, FIREFOX)):
        missing("A browser", f"`apt-get install chromium-headless-shell {FIREFOX}`")


def proxy(name: str) -> Path:
    """The distribution's nginx, HAProxy or Caddy; as a daemon it may stand in a folder for administrators only."""
    if path := shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
        return Path(path)
    missing(name, f"`apt-get install {PROXIES[name]}`")


def postgresql_binaries() -> Path:
    """The folder with `initdb` and `postgres`, of the newest version that is installed."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    found = shutil.which("initdb")
    candidates = [*reversed(folders), *([Path(found).parent] if found else [])]
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    missing("PostgreSQL", "`apt-get install postgresql` (the tests run a server of their own)")


def redis_server() -> Path:
    """The distribution's Redis; the tests run a server of their own."""
    if path := shutil.which("redis-server"):
        return Path(path)
    missing("Redis", "`apt-get install redis-server`")


def openssl() -> Path:
    """OpenSSL's own program: what a print house opens our batches with."""
    if path := shutil.which("openssl"):
        return Path(path)
    missing("OpenSSL", "`apt-get install openssl`")


def node() -> Path:
    """Node, with the packages of tests/counterparts/node as its lock names them."""
    found = str(_OWN_NODE) if _OWN_NODE.exists() else shutil.which("node")
    lock = hashlib.sha256((NODE_PROGRAMS / "package-lock.json").read_bytes()).hexdigest()
    stamp = NODE_PROGRAMS / "node_modules" / "installed-from.txt"
    if found is None or not stamp.exists() or stamp.read_text(encoding="ascii") != lock:
        missing("Node with openid-client", "`python3 set_up.py --dev`, which asks npm for it")
    return Path(found)


def apache() -> tuple[Path, Path]:
    """Debian's Apache with mod_auth_openidc: its binary, and the folder with its modules. No service is touched."""
    found = shutil.which("apache2", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if found is None or not (_APACHE_MODULES / "mod_auth_openidc.so").exists():
        missing(
            "Apache with mod_auth_openidc",
            "`apt-get install apache2-bin libapache2-mod-auth-openidc`",
        )
    return Path(found), _APACHE_MODULES
