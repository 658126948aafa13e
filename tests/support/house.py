"""One application over a test's database, and a browser that visits it; also one that types requests by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from shutil import copyfile, rmtree
from typing import Any, Final

import argon2
from flask import Flask
from werkzeug.test import TestResponse

import idp
from idp.accounts import passwords
from idp.audit import origin_is
from idp.database import db
from idp.deliveries import Sender
from idp.deliveries.queue import SENDER
from idp.messaging import sending
from idp.settings import Settings
from tests.support.compiled_pages import compile_once
from tests.support.pages import Browser, Page
from tests.support.run import Run

ISSUER: Final = "http://localhost:8400"
NOW: Final = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""Friday morning, ten o'clock in Amsterdam."""
ROOT_SECRET: Final = "5f" * 32
#: What a hash costs outside tests, for those that are about it.
TRUE_HASHER: Final = passwords._hasher
#: Elsewhere the same Argon2id with next to no work: two thousand sign-ins would spend a minute on it.
passwords._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
_OPENED: Final[dict[tuple[str, str], Opened]] = {}


@dataclass(frozen=True)
class Answer:
    """One response as it left the house."""

    method: str
    path: str
    status: int
    headers: tuple[tuple[str, str], ...]

    def all(self, header: str) -> list[str]:
        """Every value of a header."""
        return [value for name, value in self.headers if name.lower() == header.lower()]

    def one(self, header: str) -> str | None:
        """The value of a header that stands there once at most."""
        values = self.all(header)
        assert len(values) <= 1, f"{header} stands {len(values)} times on {self.path}"
        return values[0] if values else None


class Visitor(Browser):
    """A browser whose user can also type a request by hand and change cookies."""

    def send(
        self,
        method: str,
        address: str,
        *,
        headers: Mapping[str, str] | None = None,
        follow: bool = False,
        **fields: str | Sequence[str],
    ) -> Page:
        """A request as a script sends it: with this browser's cookies and nothing that was not asked for."""
        target = address if "://" in address else self.origin + address
        response: TestResponse = self._client.open(
            target, method=method, headers=dict(headers or {}), data=fields or None
        )
        return self._settle(response, target, follow=follow)

    def go_on(self) -> Page:
        """Take the way on of an error page: its `#volgende`, which is a link there."""
        address = self.page.at("volgende").get("href")
        assert address, f"#volgende on {self.page} leads nowhere"
        return self.get(address)

    def token(self) -> str:
        """The csrf token of the page that shows."""
        fields = self.page.document.descendants("input")
        return next(one.get("value") or "" for one in fields if one.get("name") == "csrf_token")

    def plant(self, name: str, value: str) -> None:
        """Give this browser a cookie."""
        self._client.set_cookie(name, value, domain="localhost", secure=True, httponly=True)

    def take_over(self, other: Visitor, *names: str) -> None:
        """Copy cookies of another browser."""
        for name in names:
            if (value := other.cookie(name)) is not None:
                self.plant(name, value)


@dataclass(frozen=True)
class House:
    """One application over one database."""

    app: Flask
    answers: list[Answer] = field(default_factory=list, repr=False)

    def browser(self, **options: Any) -> Visitor:
        """A browser with no cookies yet."""
        return Visitor(self.app, ISSUER, **options)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Inside the application, as the operator is; what was changed is committed."""
        with self.app.app_context():
            origin_is(None)  # nor with the errand of a request that this thread served before
            yield
            db.session.commit()

    def phone(self) -> list[dict[str, str]]:
        """The messages on the demo phone, newest first."""
        answer = self.app.test_client().get("/demo/telefoon?format=json", base_url=ISSUER)
        messages: list[dict[str, str]] = answer.get_json()
        return messages

    def newest_code(self) -> str:
        """The code of the newest message."""
        return self.phone()[0]["code"]


def settings_for(database_url: str, folder: Path, **changes: Any) -> Settings:
    """The settings of a test: the demo gateway, one root secret for all tests."""
    secret = folder / "root-secret"
    secret.write_text(ROOT_SECRET, encoding="ascii")
    given: dict[str, Any] = {
        "issuer": ISSUER,
        "database_url": database_url,
        "secret_file": secret,
        "keys": f"file:{folder / 'keys'}",
        "demo": True,
        "sms_gateway": "outbox",
        "voice_gateway": "outbox",
    }
    return Settings(**given | changes)


@contextmanager
def deployed(folder: Path, **changes: Any) -> Iterator[Settings]:
    """Settings at work, with no house around them: for what needs no database and no page."""
    app = Flask("no house")
    app.config["IDP"] = settings_for("sqlite://", folder, **changes)
    with app.app_context():
        yield app.config["IDP"]


class AtOnce:
    """Sends texts and calls as soon as they are committed; `idp serve` has a thread, for which tests would wait."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def wake(self) -> None:
        """Hand over what is due, with the true sender."""
        Sender(self._app, sending.KINDS).deliver_due()


def open_house(database_url: str, folder: Path, **changes: Any) -> House:
    """An application over a migrated database; `answers` collects every response."""
    app = idp.create_app(settings_for(database_url, folder, **changes))
    app.extensions[SENDER] = AtOnce(app)
    compile_once(app)
    house = House(app)
    app.wsgi_app = _listening(app.wsgi_app, house.answers)  # type: ignore[method-assign]
    return house


@dataclass(frozen=True)
class Opened:
    """A house that serves many tests, and what it holds when nobody was there yet."""

    house: House
    extensions: dict[str, Any]
    config: dict[str, Any]

    @classmethod
    def now(cls, house: House) -> Opened:
        """A house that was opened just now."""
        return cls(house, dict(house.app.extensions), dict(house.app.config))

    def as_new(self) -> House:
        """The house without keys, and without what it learned or was told since it was opened."""
        app = self.house.app
        for held, at_first in ((app.extensions, self.extensions), (app.config, self.config)):
            held.clear()
            held.update(at_first)
        rmtree(app.config["IDP"].key_folder, ignore_errors=True)
        self.house.answers.clear()
        return self.house


def house_of_this_worker(database_url: str, run: Run, **changes: Any) -> House:
    """The house with these settings over a database that is new for this test, opened once per worker.

    To open one, and to compile its statements, takes longer than most tests. What it keeps in memory goes with each
    test, and so do its keys; only handlers that a test adds would stay. On SQLite the file at `database_url` is copied
    to where this house looks.
    """
    kind, said = database_url.partition(":")[0], repr(sorted(changes.items()))
    folder = run.folder / f"{run.worker}-{sha256(said.encode()).hexdigest()[:8]}"
    folder.mkdir(exist_ok=True)
    if kind == "sqlite":
        for old in folder.glob("idp.db*"):
            old.unlink()
        copyfile(database_url.removeprefix("sqlite:///"), folder / "idp.db")
        database_url = f"sqlite:///{folder / 'idp.db'}"
    if (kind, said) not in _OPENED:
        _OPENED[kind, said] = Opened.now(open_house(database_url, folder, **changes))
    return _OPENED[kind, said].as_new()


def _listening(inner: Any, heard: list[Answer]) -> Any:
    def outer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            path, method = environ["PATH_INFO"], environ["REQUEST_METHOD"]
            heard.append(Answer(method, path, int(status[:3]), tuple(headers)))
            return start_response(status, headers, *rest)

        answer: Iterable[bytes] = inner(environ, start)
        return answer

    return outer
