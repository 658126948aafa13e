"""`/metrics`, in the text format of Prometheus: for who stands on this machine, or where the settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, abort, g, request

from idp import clock, keyring, logs, metrics, settings
from idp.monitoring import health
from idp.settings import SettingsError

if TYPE_CHECKING:
    from prometheus_client import Metric

#: Whoever brings one of these came through a proxy, so its own address tells nothing about where it stands.
_FORWARDED: Final = (
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Forwarded",
    "Via",
)
_STATUS: Final = ("other", "1xx", "2xx", "3xx", "4xx", "5xx")


#: When the present request began. Not in `g`: to reach that costs more than everything else here.
_began: ContextVar[float] = ContextVar("began")


def init_app(app: Flask) -> None:
    """Time every request, and show what was counted."""
    metrics.open_here()
    app.before_request(_begin)
    app.after_request(_timed())
    app.add_url_rule("/metrics", view_func=measures)


def _begin() -> None:
    _began.set(perf_counter())
    logs.reference_is(None)  # threads are used again


def _timed() -> Callable[[Response], Response]:
    rooms: dict[str | None, str] = {None: "nowhere"}

    def end(response: Response) -> Response:
        if (about := g.get("reference")) is not None:  # of the sign-in that a page belongs to
            logs.reference_is(about)
        endpoint = request.endpoint
        if (room := rooms.get(endpoint)) is None:
            room = rooms[endpoint] = _room(endpoint or "")
        status = _STATUS[response.status_code // 100]
        metrics.REQUESTS.took(perf_counter() - _began.get(), room, status)
        return response

    return end


def _room(endpoint: str) -> str:
    """Where a request went, from our own list of addresses; never from the address that was sent."""
    name = endpoint.partition(".")[0].removeprefix("oidc_").removeprefix("oauth2_")
    return name.partition("_request_id")[0]


def measures() -> Response:
    """Everything counted, the age of the keys, and whether the database answers; 404 for whoever may not ask."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    if not _may_ask():
        abort(404)
    registry, now = metrics.counted(), _Now()
    registry.register(now)
    try:
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    finally:
        registry.unregister(now)


def _may_ask() -> bool:
    """Directly, and from here or from an address that may. What came under the public name came from outside, too."""
    here = settings.current()
    if any(name in request.headers for name in _FORWARDED):
        return False
    if request.host == here.host and not here.is_loopback:
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:  # a socket in a file
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address.is_loopback:
        return True
    return str(address) not in here.trusted_proxies and any(
        address in ip_network(each) for each in here.metrics_from
    )


class _Now:
    """What is not counted but looked at."""

    def describe(self) -> list[Metric]:
        """Nothing ahead of time: the library would look at the database to know the names."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The database and the keys, at this moment."""
        from prometheus_client.core import GaugeMetricFamily

        up: Any = GaugeMetricFamily(
            "idp_database_up", "Whether the database answers, with our tables."
        )
        up.add_metric([], 0 if health.database_trouble() else 1)
        yield up
        age: Any = GaugeMetricFamily(
            "idp_key_age_seconds",
            "How long ago the newest key of this state began to sign; for a next one: was made.",
            labels=("alg", "state"),
        )
        overdue: Any = GaugeMetricFamily(
            "idp_key_overdue", "Whether a new key should have been made by now.", labels=("alg",)
        )
        for labels, old in _ages():
            age.add_metric(labels, old.total_seconds())
        late = _overdue()
        for alg in keyring.ALGORITHMS:
            overdue.add_metric((alg,), int(alg in late))
        yield age
        yield overdue


def _ages() -> list[tuple[tuple[str, str], timedelta]]:
    now = clock.now()
    try:
        lines = keyring.listing()
    except (SettingsError, OSError):  # `idp_key_overdue` tells it
        return []
    newest = {
        (line.alg, line.state): line.created_at if line.state == "next" else line.active_from
        for line in lines
        if line.state != "withdrawn"
    }
    return [(labels, now - since) for labels, since in newest.items()]


def _overdue() -> frozenset[str]:
    try:
        return frozenset(keyring.overdue())
    except (SettingsError, OSError):
        return frozenset(keyring.ALGORITHMS)
