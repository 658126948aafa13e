"""The sealer of a process that serves: seals each second what was committed, outside every request."""

from __future__ import annotations

import threading
from typing import Final

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from idp.audit.sealing import AT_ONCE, Settling, seal
from idp.database import db, reads_only
from idp.logs import LOG
from idp.models import AuditCheckpoint

#: Seconds between two looks, and so between two checkpoints.
LOOKS_EVERY: Final = 1.0
#: A process that sees another one seal looks this often, to take over when that one is gone.
STANDS_BY: Final = 3.0


class Sealer:
    """Seals for one deployment. Any number of processes may have one: of those that try at once, one keeps its work."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._settling = Settling()
        self._ends = threading.Event()
        self._seen = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Seal from now on, until the process ends; what it was killed in is done by another one."""
        self._thread = threading.Thread(target=self._run, name="sealer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Seal nothing more, and return when what is under way has ended."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        pause = LOOKS_EVERY
        while not self._ends.wait(pause):
            try:
                with self._app.app_context():
                    pause = self._seal()
            except SQLAlchemyError:  # the database is away: what is committed there waits for us
                LOG.warning("audit events cannot be sealed now", exc_info=True)
                pause = STANDS_BY
            except Exception:  # noqa: BLE001  # a thread that ends would leave everything unsealed, silently
                LOG.exception("sealing audit events failed by a fault of our own")
                pause = STANDS_BY

    def _seal(self) -> float:
        """Seal what is there; how long to wait until the next look."""
        reads_only()
        number = db.session.execute(select(func.max(AuditCheckpoint.number))).scalar() or 0
        db.session.rollback()
        somebody_else = number > self._seen > 0
        self._seen = max(number, 1)
        if somebody_else:
            return STANDS_BY
        while (some := seal(self._settling)) and not self._ends.is_set():
            self._seen += some
            if some < AT_ONCE:
                break
        return LOOKS_EVERY
