"""One command's work: the settings, the database, one transaction, and who does it."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from idp import database, settings
from idp.database import db
from idp.errors import WrongInput
from idp.settings import Settings, SettingsError

#: Says who works, where several people share one account of the machine. Not a setting of the provider.
OPERATOR = "IDP_OPERATOR"


def settings_of(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings that the environment names; `SettingsError` when they cannot work.

    A relative path in an SQLite URL counts from the folder where the command runs, for every verb alike.
    """
    environment = os.environ if environment is None else environment
    found = settings.load({name: text for name, text in environment.items() if name != OPERATOR})
    return found.model_copy(update={"database_url": _anchored(found.database_url)})


def _anchored(database_url: str) -> str:
    try:
        url = make_url(database_url)
    except ArgumentError as wrong:
        raise SettingsError(
            "IDP_DATABASE_URL: not an SQLAlchemy URL such as sqlite:///var/idp.db"
        ) from wrong
    file = url.database
    if (
        url.get_backend_name() != "sqlite"
        or not file
        or file == ":memory:"
        or file.startswith("file:")
    ):
        return database_url
    return url.set(database=str(Path(file).absolute())).render_as_string(hide_password=False)


def operator() -> str:
    """Who works here, as the audit trail names it: `operator:<login name>`."""
    try:
        name = os.environ.get(OPERATOR) or getpass.getuser()
    except (OSError, KeyError) as unknown:
        raise WrongInput(
            f"this machine does not know who you are; set {OPERATOR} to your name"
        ) from unknown
    if len(name) > 80 or not name.isprintable():
        raise WrongInput(f"{OPERATOR} must be a name of at most 80 printable characters")
    return f"operator:{name}"


@contextlib.contextmanager
def at_work(with_settings: Settings | None = None, *, keep: bool = True) -> Iterator[Settings]:
    """Settings and database at hand; at the end everything is kept, or nothing (on an error, or without `keep`)."""
    chosen = with_settings or settings_of()
    app = Flask("idp")
    app.config["IDP"] = chosen
    database.init_app(app, chosen.database_url)
    with app.app_context():
        try:
            yield chosen
            if keep:
                db.session.commit()
        except UnicodeEncodeError as wrong:  # a terminal passes bytes on that no database takes
            raise WrongInput("an argument holds bytes that are no text in UTF-8") from wrong
        finally:
            db.session.rollback()
            db.session.remove()
            db.engine.dispose()
