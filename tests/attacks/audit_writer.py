"""A process that changes something and records it, in one transaction, and seals, until it is killed."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

from flask import Flask

from idp import clock, database, settings
from idp.audit import Event, record
from idp.audit.sealing import Settling, seal
from idp.cli.work import settings_of
from idp.database import db
from idp.models import ThrottleCounter
from idp.secret_values import new_id


def main() -> None:
    """Two threads write, one seals."""
    chosen: settings.Settings = settings_of()
    app = Flask("writer")
    app.config["IDP"] = chosen
    database.init_app(app, chosen.database_url)
    for _ in range(2):
        threading.Thread(target=write, args=(app,), daemon=True).start()
    settling = Settling()
    with app.app_context():
        while True:
            seal(settling, 20)


def write(app: Flask) -> None:
    """One change and its event, again and again."""
    with app.app_context():
        while True:
            key, now = new_id(), clock.now()
            db.session.add(
                ThrottleCounter(key=key, count=1, since=now, expires_at=now + timedelta(days=1))
            )
            record(Event.SIGN_IN_FAILED, change=key)
            db.session.commit()


if __name__ == "__main__":
    sys.exit(main())
