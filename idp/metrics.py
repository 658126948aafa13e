"""What is counted while we work, for `/metrics`: requests, events, tokens, refusals and messages.

No label ever holds what somebody sent: values come from our own closed lists, and `MOST` bounds even a mistake.
Nothing is counted before `open_here`, so the operator's line neither counts nor loads the library.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

#: Names the folder in which the processes of one server count together; the library reads it when it is loaded.
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
#: Series of one family; whatever would come after them counts as `other`.
MOST: Final = 300
#: Seconds.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Family:
    """Series of one name, which differ in their labels."""

    def __init__(self, name: str, tells: str, *labels: str, timed: bool = False) -> None:
        self.name, self.tells, self.labels, self.timed = name, tells, labels, timed
        self._family: Any = None
        self._used: dict[tuple[str, ...], Any] = {}

    def open_in(self, registry: CollectorRegistry) -> None:
        """Count from now on."""
        from prometheus_client import Counter, Histogram  # here: a third of the line's start-up

        if self.timed:
            self._family = Histogram(
                self.name, self.tells, self.labels, buckets=BUCKETS, registry=registry
            )
        else:
            self._family = Counter(self.name, self.tells, self.labels, registry=registry)

    def count(self, *labels: str) -> None:
        """One more."""
        if self._family is not None:
            self._series(labels).inc()

    def took(self, seconds: float, *labels: str) -> None:
        """One more, and how long it took."""
        if self._family is not None:
            self._series(labels).observe(seconds)

    def _series(self, labels: tuple[str, ...]) -> Any:
        if (
            series := self._used.get(labels)
        ) is None:  # asking the library costs more than counting
            if len(self._used) >= MOST:
                labels = ("other",) * len(labels)
            series = self._used[labels] = self._family.labels(*labels)
        return series


REQUESTS: Final = Family(
    "idp_request_seconds",
    "How long requests took, by room of the house and class of the status.",
    *("room", "status"),
    timed=True,
)
EVENTS: Final = Family(
    "idp_events", "Events of the audit trail, by name and by method or channel.", "event", "kind"
)
TOKENS: Final = Family("idp_tokens", "Answers to token requests.", "grant", "outcome")
REFUSALS: Final = Family(
    "idp_refusals", "Refusals, by who was told (person or client) and error.", "told", "error"
)
MESSAGES: Final = Family(
    "idp_messages", "Messages that a gateway took or did not take.", "channel", "outcome"
)
_FAMILIES: Final = (REQUESTS, EVENTS, TOKENS, REFUSALS, MESSAGES)
_opening: Final = threading.Lock()
_here: list[CollectorRegistry] = []


def open_here() -> None:
    """Count in this process from now on; a second time changes nothing."""
    from prometheus_client import CollectorRegistry

    with _opening:
        if not _here:
            registry = CollectorRegistry()
            for family in _FAMILIES:
                family.open_in(registry)
            _here.append(registry)


def counted() -> CollectorRegistry:
    """What every process of this server counted; asked anew for each reading."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    if FOLDER not in os.environ:
        return _here[0]
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together
