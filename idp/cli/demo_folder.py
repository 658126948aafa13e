"""The demo's folder: what lies where, which settings make `idp` work on it, and whether it was seeded."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idp.cli.demo_values import new_root_secret
from idp.errors import WrongInput


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the two servers live."""

    port: int
    rp_port: int
    tls: bool

    @property
    def issuer(self) -> str:
        """The provider's origin."""
        return f"{self._scheme}://localhost:{self.port}"

    @property
    def relying_party(self) -> str:
        """The demo application's origin."""
        return f"{self._scheme}://localhost:{self.rp_port}"

    @property
    def _scheme(self) -> str:
        return "https" if self.tls else "http"


class DemoFolder:
    """One folder, held by one demo at a time. Only files that it made itself are ever removed."""

    def __init__(self, path: Path, *, passkeys: bool = False) -> None:
        self.path = path.absolute()
        self._passkeys = passkeys
        self.database = self.path / "idp.db"
        self.keys = self.path / "keys"
        self.secret = self.path / "secret"
        self.tls = self.path / "tls"
        self.relying_party = self.path / "relying-party.json"
        #: Appears when both servers answer; its place is taken by `_waiting` until then.
        self.ready = self.path / "demo.json"
        self._waiting = self.path / "demo.starting.json"
        self._lock = self.path / "demo.lock"

    @contextlib.contextmanager
    def held(self) -> Iterator[DemoFolder]:
        """Make the folder and hold it; `WrongInput` when another demo does. The kernel lets go of it, come what may."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = self._lock.open("w")
        except OSError as wrong:
            raise WrongInput(
                f"{self.path} cannot be the demo's folder: {wrong.strerror}"
            ) from wrong
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as taken:
                raise WrongInput(
                    f"a demo runs in {self.path} already; stop it, or use another --dir"
                ) from taken
            yield self

    def seeded(self) -> dict[str, Any] | None:
        """What an earlier start seeded, or `None` when there is nothing whole here.

        From here on `demo.json` is absent until both servers answer.
        """
        if self.ready.exists():
            self.ready.replace(self._waiting)
        try:
            found: dict[str, Any] = json.loads(self._waiting.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        whole = all(each.exists() for each in (self.database, self.keys, self.secret))
        return found if whole else None

    def clear(self) -> None:
        """Remove everything that a demo made here."""
        made = [self.secret, self.relying_party, self.ready, self._waiting]
        made += [
            self.database.with_name(self.database.name + suffix) for suffix in ("", "-wal", "-shm")
        ]
        for file in made:
            file.unlink(missing_ok=True)
        for folder in (self.keys, self.tls):
            shutil.rmtree(folder, ignore_errors=True)

    def new_secret(self) -> None:
        """Put a root secret here, marked as the demo's."""
        write_private(self.secret, new_root_secret() + "\n")

    def environment(self, addresses: Addresses) -> dict[str, str]:
        """The settings with which every `idp` verb works on this demo."""
        return {
            "IDP_ISSUER": addresses.issuer,
            "IDP_DATABASE_URL": f"sqlite:///{self.database}",
            "IDP_KEYS": f"file:{self.keys}",
            "IDP_SECRET_FILE": str(self.secret),
            "IDP_SMS_GATEWAY": "outbox",
            "IDP_MESSAGE_LIMITS": "0",  # everybody in a demo sits at one place and has few numbers
            "IDP_VOICE_GATEWAY": "outbox",
            "IDP_MAIL_GATEWAY": "outbox",
            "IDP_PASSWORD_BY_MAIL": "1",
            "IDP_DEMO": "1",
            "IDP_RECOVERY_CODES": "1",
            "IDP_BIND": f"127.0.0.1:{addresses.port}",
            **({"IDP_PASSKEY_SIGN_IN": "1"} if self._passkeys else {}),
            **({"IDP_CA_BUNDLE": str(self.tls / "ca.pem")} if addresses.tls else {}),
        }

    def note(self, description: dict[str, Any]) -> None:
        """Remember what was seeded, while nothing answers yet."""
        write_private(self._waiting, json.dumps(description, indent=2, ensure_ascii=False) + "\n")

    def announce(self) -> None:
        """Both servers answer: `demo.json` appears, whole, in one step."""
        self._waiting.replace(self.ready)


def write_private(file: Path, text: str) -> None:
    """Write a file for its owner only, so that nobody ever sees half of it."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    temporary.replace(file)
