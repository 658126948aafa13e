"""Streams: every sealed event and checkpoint also goes elsewhere, in order, from where it was.

A stream follows the chain, so it has no holes; how far it is stands in the database, and one process writes it at a
time. What was sent just before a process was killed may come twice, under the same number. No web worker waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol, cast

from flask import Flask
from sqlalchemy import Table, or_, select, update

from idp import clock
from idp.audit import logboek, reading
from idp.audit.chain import Checkpoint, Sealed
from idp.audit.files import line_of
from idp.audit.line_file import LineFile
from idp.audit.syslog import Syslog
from idp.database import connection, db, insert, reads_only
from idp.logs import LOG
from idp.models import AuditStream
from idp.secret_values import new_id
from idp.settings import Settings

#: Links sent between two notes of how far a stream is.
AT_ONCE: Final = 500
#: Longer than sending so many takes; who was killed in the middle is followed by somebody else after this.
LEASE: Final = timedelta(seconds=30)
#: Seconds between two looks, and the longest pause when nobody takes the lines.
LOOKS_EVERY: Final = 1.0
PAUSES_AT_MOST: Final = 60.0
_STREAMS: Final = cast(Table, AuditStream.__table__)


class Sink(Protocol):
    """Where lines go. They have arrived when `send` returns; `OSError` when they did not."""

    def send(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """Send lines, each under its number in the chain."""

    def close(self) -> None:
        """Let go of the file or the connection."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream: what of a link it tells, and where."""

    name: str
    line: Callable[[Sealed | Checkpoint], bytes | None]
    sink: Sink


def streams_of(chosen: Settings) -> list[Stream]:
    """The streams that the settings ask for."""
    found = []
    if chosen.audit_file is not None:
        found.append(Stream("file", line_of, LineFile(chosen.audit_file)))
    if chosen.audit_syslog is not None:
        found.append(Stream("syslog", line_of, Syslog(chosen.audit_syslog, chosen.ca_bundle)))
    if chosen.logboek_file is not None:
        found.append(Stream("logboek", logboek.line_of, LineFile(chosen.logboek_file)))
    return found


def start_streams(app: Flask) -> None:
    """Write every stream of the settings from now on, each in a thread of its own, until the process ends."""
    for stream in streams_of(app.config["IDP"]):
        Streamer(app, stream).start()


class Streamer:
    """Writes one stream for one process. Any number of processes may have one; the one that holds the lease writes."""

    def __init__(self, app: Flask, stream: Stream) -> None:
        self._app = app
        self._stream = stream
        self._me = new_id()
        self._ends = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Write from now on."""
        name = f"audit-{self._stream.name}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write nothing more, and return when what is under way has ended."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def catch_up(self) -> int:
        """Send what is sealed and not sent; returns how far the stream is. Called inside the application."""
        while (after := self._claim()) is not None:
            reads_only()
            items = reading.page(after, size=AT_ONCE)
            ends = reading.last_number()
            db.session.rollback()  # no transaction stays open while others are written to
            if not items:
                if after < ends:  # links were taken away at the beginning of the chain
                    self._note(min(after + AT_ONCE, ends))
                    continue
                return after
            lines = [(item.number, line) for item in items if (line := self._stream.line(item))]
            if lines:
                self._stream.sink.send(lines)
            self._note(items[-1].number)
        return -1

    def _run(self) -> None:
        pause = LOOKS_EVERY
        while not self._ends.wait(pause):
            try:
                with self._app.app_context():
                    self.catch_up()
                pause = LOOKS_EVERY
            except Exception as wrong:  # noqa: BLE001  # a thread that ends would stop the stream, silently
                pause = self._trouble(pause, wrong)
        self._stream.sink.close()

    def _trouble(self, pause: float, wrong: Exception) -> float:
        LOG.warning(
            "the audit stream %s waits: %s",
            self._stream.name,
            wrong,
            exc_info=not isinstance(wrong, OSError),
        )
        self._stream.sink.close()
        return min(pause * 2, PAUSES_AT_MOST)

    def _claim(self) -> int | None:
        """How far the stream is, when it is this process's to write now."""
        now = clock.now()
        reads_only()
        row = (
            connection()
            .execute(select(_STREAMS).where(_STREAMS.c.name == self._stream.name))
            .first()
        )
        db.session.rollback()
        if row is None:
            values = {"name": self._stream.name, "number": 0}
            connection().execute(insert(AuditStream).values(values).on_conflict_do_nothing())
        elif row.holder == self._me and row.held_until > now + LEASE / 2:
            return int(row.number)
        elif row.holder not in {None, self._me} and row.held_until > now:
            return None
        mine = connection().execute(
            update(_STREAMS)
            .where(
                _STREAMS.c.name == self._stream.name,
                or_(
                    _STREAMS.c.holder.is_(None),
                    _STREAMS.c.holder == self._me,
                    _STREAMS.c.held_until <= now,
                ),
            )
            .values(holder=self._me, held_until=now + LEASE)
            .returning(_STREAMS.c.number)
        )
        number = mine.scalar()
        db.session.commit()
        return None if number is None else int(number)

    def _note(self, number: int) -> None:
        """The lines up to this number arrived."""
        connection().execute(
            update(_STREAMS)
            .where(_STREAMS.c.name == self._stream.name, _STREAMS.c.holder == self._me)
            .values(number=number, held_until=clock.now() + LEASE)
        )
        db.session.commit()
