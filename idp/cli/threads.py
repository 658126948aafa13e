"""The threads in which requests are answered: whoever ended last works next.

A thread that has just worked has its memory and its place at the processor still at hand; the pool of the standard
library gives work to whoever has waited longest, so that a quiet server goes round all of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_Tell = Callable[[], None]
"""Tells a future what came of it."""
_Work = Callable[[], _Tell]


class LastFirst(Executor):
    """At most `most` threads, begun when they are needed; what finds all of them at work waits its turn."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[_Work | None]] = []
        self._waiting: deque[_Work] = deque()
        self._threads: list[threading.Thread] = []
        self._ends = False

    @property
    def can_take_more(self) -> bool:
        """Whether somebody is free for what comes next, so that a thread at work may wait a moment where it is."""
        with self._lock:
            return not self._waiting and (bool(self._idle) or len(self._threads) < self._most)

    def submit(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Have this called by a thread; `RuntimeError` after `shutdown`."""
        future: Future[T] = Future()

        def work() -> _Tell:
            if not future.set_running_or_notify_cancel():
                return _nobody
            try:
                result = call(*args, **kwargs)
            except BaseException as wrong:  # noqa: BLE001  # whoever asks for the result gets it
                return partial(future.set_exception, wrong)
            return partial(future.set_result, result)

        with self._lock:
            if self._ends:
                raise RuntimeError("no work is taken any more")
            if self._idle:
                self._idle.pop().put(work)
            elif len(self._threads) < self._most:
                thread = threading.Thread(target=self._live, args=(work,), daemon=True)
                thread.start()
                self._threads.append(thread)
            else:
                self._waiting.append(work)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take nothing more; what waits is still done."""
        with self._lock:
            self._ends = True
            while self._idle:
                self._idle.pop().put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def _live(self, work: _Work | None) -> None:
        mine: SimpleQueue[_Work | None] = SimpleQueue()
        while work is not None:
            tell = work()
            work = self._next(mine)  # before telling: who hears it gives us what comes next
            tell()
            del tell
            if work is None:
                work = mine.get()

    def _next(self, mine: SimpleQueue[_Work | None]) -> _Work | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            if self._ends:
                mine.put(None)
            else:
                self._idle.append(mine)
        return None


def _nobody() -> None:
    """A future that was cancelled is told nothing."""
