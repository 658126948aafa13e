"""A private PostgreSQL server for one run of the suite, as a small process of its own. Standard library only.

    python postgresql_server.py BINARIES FOLDER LIFELINE

Makes a cluster in FOLDER, serves it on a socket there (no port), and waits for the lock on LIFELINE. Its holder is the
run; when that ends, in whatever way, the server stops and FOLDER is removed. No run leaves a server behind.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

#: The superuser of the cluster.
USER = "idp"

#: Fast, because nothing here has to survive a power cut.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "64MB",
}


def serve(binaries: Path, folder: Path, lifeline: Path) -> None:
    """Serve until the run is over."""
    data = folder / "data"
    account = lesser_account()
    if account:
        os.chown(folder, account["user"], account["group"])
    surroundings: dict[str, Any] = account | {
        "cwd": folder,
        "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    }
    try:
        initdb: list[str | Path] = [
            binaries / "initdb", f"--pgdata={data}", f"--username={USER}", "--auth=trust", "--encoding=UTF8",
            "--locale=C.UTF-8", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        subprocess.run(initdb, check=True, **surroundings)
        settings = SETTINGS | {"unix_socket_directories": str(folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = subprocess.Popen([binaries / "postgres", "-D", data, *options], **surroundings)
        with lifeline.open() as run:
            fcntl.flock(run, fcntl.LOCK_SH)
        server.send_signal(signal.SIGQUIT)
        server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def lesser_account() -> dict[str, Any]:
    """Whom to run the server as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = known.get("postgres") or known["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


if __name__ == "__main__":
    serve(*map(Path, sys.argv[1:]))
