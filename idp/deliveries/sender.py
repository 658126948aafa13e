"""The sender: claims what is due and tries it, in threads of its own, outside every request and transaction."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from idp import clock
from idp.audit import Event, record
from idp.database import db
from idp.deliveries import queue
from idp.deliveries.queue import Due
from idp.logs import LOG

#: Deliveries of one kind under way at once in one process, each of another lane: kinds never wait for each other.
AT_ONCE: Final = 8
#: And of one party, which may have as many addresses as it likes that never answer: the rest is for the others.
OF_ONE_PARTY: Final = 2
#: How often a process looks, in seconds, for what others put there and for what is to be tried again.
LOOKS_EVERY: Final = 5.0


class NotDelivered(Exception):
    """This try failed; the text says why, to the operator, and holds nothing that somebody typed or was sent.

    `final`: no other try is to be made.
    """

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.final = final


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of delivery."""

    send: Callable[[Due], None]
    """Makes the message anew and sends it; `NotDelivered` when that failed. Called inside the application."""
    pauses: tuple[timedelta, ...]
    """Between the tries; after the last one it is given up."""
    delivered: Event | None
    given_up: Event | None
    """What the audit trail gets; `None` where `send` itself writes down what came of it."""


class Sender:
    """Delivers for one process. Any number of processes may have one, over one database."""

    def __init__(self, app: Flask, kinds: Mapping[str, Kind]) -> None:
        self._app = app
        self._kinds = kinds
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._busy: dict[str, Due] = {}
        self._ends = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Deliver from now on, until the process ends; what it was killed in is taken up by another one."""
        self._app.extensions[queue.SENDER] = self
        self._thread = threading.Thread(target=self._run, name="deliveries", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and return when what is under way has ended."""
        self._ends = True
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    def wake(self) -> None:
        """There is something to deliver."""
        self._news.set()

    def deliver_due(self) -> int:
        """Deliver everything that is due now, and return how many tries that took."""
        tries = 0
        while True:
            self._news.clear()
            # asked before looking: who ends while we look leaves a lane that this look passed over
            passed_over = self._under_way()
            begun = self._begin()
            if not begun and not passed_over:
                return tries
            tries += begun
            self._news.wait()

    def _run(self) -> None:
        while not self._ends or self._under_way():
            self._news.clear()
            try:
                if not self._ends:
                    self._begin()
            except (SQLAlchemyError, RuntimeError):  # the database is away, or the machine full
                LOG.warning("deliveries cannot be looked up", exc_info=True)
            self._news.wait(LOOKS_EVERY)

    def _begin(self) -> int:
        """Start a try for everything that is due, as far as there is room; returns how many."""
        begun = 0
        while (due := self._claim()) is not None:
            with self._lock:
                self._busy[due.lane] = due
            begun += 1
            try:
                threading.Thread(target=self._try, args=(due,), daemon=True).start()
            except RuntimeError:  # no more threads: its claim runs out
                self._free(due.lane)
                raise
        return begun

    def _claim(self) -> Due | None:
        """The next one for which there is room."""
        busy = self._under_way()
        kinds = Counter(due.kind for due in busy.values())
        if not (roomy := [kind for kind in self._kinds if kinds[kind] < AT_ONCE]):
            return None
        parties = Counter(due.party for due in busy.values())
        full = [party for party, number in parties.items() if number >= OF_ONE_PARTY]
        with self._app.app_context():
            return queue.claim(roomy, busy, full)

    def _under_way(self) -> Mapping[str, Due]:
        with self._lock:
            return dict(self._busy)

    def _free(self, lane: str) -> None:
        with self._lock:
            self._busy.pop(lane, None)
        self._news.set()

    def _try(self, due: Due) -> None:
        try:
            with self._app.app_context():
                self._settle(due, self._trouble(due))
        except SQLAlchemyError:  # its claim runs out, and then it is tried once more
            LOG.warning("what came of a delivery could not be written down", exc_info=True)
        finally:
            self._free(due.lane)

    def _trouble(self, due: Due) -> NotDelivered | None:
        """Try it; why that failed, or `None`."""
        try:
            self._kinds[due.kind].send(due)
        except NotDelivered as why:
            return why
        except Exception as wrong:  # noqa: BLE001  # a fault of ours must not lose the delivery
            LOG.exception("a delivery failed by a fault of our own")
            return NotDelivered(f"a fault of our own ({type(wrong).__name__}); the log tells more")
        finally:
            db.session.rollback()
        return None

    def _settle(self, due: Due, trouble: NotDelivered | None) -> None:
        kind = self._kinds[due.kind]
        problem = None if trouble is None else str(trouble)
        if trouble is not None and not trouble.final and due.tries <= len(kind.pauses):
            queue.postpone(due, clock.now() + kind.pauses[due.tries - 1], str(trouble))
        elif queue.finish(due, "delivered" if problem is None else "given-up", problem) and (
            event := kind.delivered if problem is None else kind.given_up
        ):
            record(
                event,
                succeeded=problem is None,
                actor="system",
                reference=due.reference,
                account_id=due.account_id,
                client_id=due.client_id,
                session_id=due.session_id,
                reason=problem,
                tries=due.tries,
            )
        db.session.commit()
