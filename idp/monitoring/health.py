"""`/health/live` and `/health/ready`: plain words for a load balancer, within two seconds, and never why."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Flask, Response
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from idp import keyring
from idp.database import db
from idp.logs import LOG
from idp.settings import SettingsError

#: Seconds that the database may take.
PATIENCE: Final = 2.0
_MIGRATIONS: Final = Path(__file__).parent.parent / "migrations/versions"


def init_app(app: Flask) -> None:
    """Register both."""
    app.extensions["idp-database-watch"] = Watch()
    app.add_url_rule("/health/live", view_func=live)
    app.add_url_rule("/health/ready", view_func=ready)


def live() -> Response:
    """The process answers."""
    return Response("ok", mimetype="text/plain")


def ready() -> Response:
    """It can sign somebody in: the database answers, with our tables, and there is a key to sign with."""
    if (trouble := database_trouble() or _key_trouble()) is None:
        return Response("ok", mimetype="text/plain")
    LOG.warning("not ready: %s", trouble)
    return Response("not ready", HTTPStatus.SERVICE_UNAVAILABLE, mimetype="text/plain")


def database_trouble() -> str | None:
    """What is the matter with the database, in our words; `None` when it can serve."""
    from flask import current_app

    watch: Watch = current_app.extensions["idp-database-watch"]
    engine = db.engine
    return watch.trouble(lambda: _looked_at(engine))


def _looked_at(engine: Engine) -> str | None:
    try:
        with engine.connect().execution_options(reads_only=True) as connection:
            version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as wrong:  # its text would name hosts and statements
        return f"the database does not answer, or has no tables ({type(wrong).__name__})"
    if version is None or version in _followed():
        return "the database is older than this release; run `idp db upgrade`"
    return None  # ours, or newer: while nodes are replaced one by one the new ones come to newer tables


@cache
def _followed() -> frozenset[str]:
    """Every revision that this release has a later one for; read as text, because Alembic takes 10 MB to ask."""
    return frozenset(
        name
        for file in _MIGRATIONS.glob("*.py")
        for name in re.findall(r'^down_revision = "(.+)"$', file.read_text("utf-8"), re.MULTILINE)
    )


def _key_trouble() -> str | None:
    try:
        lines = keyring.listing()
    except (SettingsError, OSError) as wrong:
        return f"the keys cannot be read ({type(wrong).__name__})"
    if any(line.state == "active" and line.alg in keyring.SIGNING for line in lines):
        return None
    return "there is no active signing key; run `idp keys rotate`"


class Watch:
    """Looks at something that may hang, in a thread of its own: a database that hangs holds up this one thread only."""

    def __init__(self) -> None:
        self._deciding = threading.Lock()
        self._look: _Look | None = None

    def trouble(self, look: Callable[[], str | None]) -> str | None:
        """What a look finds; whoever asks while one is under way shares it."""
        with self._deciding:
            if self._look is None or self._look.over.is_set():
                self._look = _Look(look)
                threading.Thread(target=self._look.take, daemon=True, name="database-watch").start()
            under_way = self._look
        if not under_way.over.wait(PATIENCE):
            return "the database does not answer in time"
        return under_way.found


class _Look:
    def __init__(self, look: Callable[[], str | None]) -> None:
        self._take = look
        self.over = threading.Event()
        self.found: str | None = "the look itself failed"

    def take(self) -> None:
        try:
            self.found = self._take()
        finally:
            self.over.set()
