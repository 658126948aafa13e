"""Calls that we make to addresses of applications and gateways: few, short, small, and never into our own network.

Whoever registers a client names addresses that this server then calls, so an address counts as hostile: https only,
public networks only after resolving (and that very address is connected to, so a name cannot change its mind), never
ourselves, no redirects, five seconds and 64 KiB in all (NLG-OIDC-17, RFC 9700 section 4.11). Where a gateway is, the
operator says in the settings, so that one may lie inside; the rest holds for it too. A provider on loopback, which is
a demo or a test, may call loopback too, over plain http as well.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from idp import settings
from idp.database import db
from idp.errors import Refusal

GATEWAY_SECONDS: Final = 4.0
"""How long one gateway may take, so that the next one can still be asked while somebody waits."""
SECONDS: Final = 5.0
"""How long one call may take, from resolving the name to the last byte."""
LONGEST: Final = 64 * 1024
"""Most bytes of an answer."""
_LONGEST_ADDRESS: Final = 2_048
AT_ONCE: Final = 2
"""Requests of one process that may wait for such an answer at the same time; `idp serve` answers four, and whoever
waits for nobody must not have to wait for them."""
PATIENCE: Final = 0.2
"""How long, in seconds, one more may wait for its turn."""
LOOKUPS: Final = 64
"""Names that one process may be resolving at the same time: one that nobody waits for any more still takes as long as
the system's resolver gives it, half a minute or so."""
_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
#: Public by their numbers, and not by their use: where a cloud answers its own machines (Azure), and documentation
#: (RFC 9637), which this Python does not know yet.
_OF_NOBODY: Final = (
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("3fff::/20"),
)

_TURNS: Final = threading.BoundedSemaphore(AT_ONCE)
_LOOKING_UP: Final = threading.BoundedSemaphore(LOOKUPS)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class CannotReach(Refusal):
    """The call was not made, or brought nothing that can be used; `why` is for the log and the operator."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    content_type: str
    body: bytes
    max_age: int | None
    """Seconds that `Cache-Control` gives it, where it says so."""


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """A turn for a call of which a request waits for the answer; `CannotReach` when too many wait already.

    A server that is slow, on purpose or not, takes no more of our threads than these.
    """
    if not _TURNS.acquire(timeout=PATIENCE):
        raise CannotReach("too many requests wait for servers of applications already")
    try:
        yield
    finally:
        _TURNS.release()


def get(url: str, *, accept: str) -> bytes:
    """The body at this address; `CannotReach` unless it answers 200 within the limits."""
    return fetch(url, accept=accept).body


def fetch(url: str, *, accept: str) -> Answer:
    """Like `get`, with what the answer says of itself."""
    answer = _call("GET", url, {"Accept": accept}, None, seconds=SECONDS)
    if answer.status != 200:
        raise CannotReach(f"it answered {answer.status}")
    return answer


def post_form(url: str, fields: Mapping[str, str]) -> Answer:
    """Send a form; the answer comes back whatever its status. `CannotReach` when there is none within the limits."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"}
    return _call("POST", url, headers, urlencode(fields).encode(), seconds=SECONDS)


def post_to_gateway(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Hand a message to a gateway; the answer comes back whatever its status, `CannotReach` when there is none in time.

    The address is the operator's own choice, from the settings, and may lie inside his network.
    """
    return _call("POST", url, headers, body, seconds=GATEWAY_SECONDS, chosen_by_us=True)


def check(url: str) -> None:
    """Whether the address is of a kind that could ever be called; `CannotReach` says why not. Resolves nothing."""
    _parsed(url)


def _call(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    seconds: float,
    chosen_by_us: bool = False,
) -> Answer:
    if db.session.registry.has() and db.session().in_transaction():
        raise RuntimeError("a call outwards inside a database transaction")  # law 7
    parts = _parsed(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    due = time.monotonic() + seconds
    connected = _connect(parts, due, anywhere=chosen_by_us)
    late = threading.Event()

    def give_up() -> None:
        late.set()
        with contextlib.suppress(OSError):  # it may have ended at this very moment
            connected.shutdown(socket.SHUT_RDWR)  # ends a read that waits

    watch = threading.Timer(max(0.0, due - time.monotonic()), give_up)
    watch.daemon = True
    watch.start()
    try:
        if isinstance(connected, ssl.SSLSocket):
            connected.do_handshake()
        line = http.client.HTTPConnection(parts.netloc)
        line.sock = connected
        line.request(method, target, body, {"User-Agent": "idp", "Connection": "close", **headers})
        with line.getresponse() as answer:
            content = answer.read(LONGEST + 1)
            missing = answer.length  # of what it announced; the library is silent about that
        if late.is_set():
            raise CannotReach("it took too long")
        if len(content) > LONGEST:
            raise CannotReach(f"it answered more than {LONGEST} bytes")
        if missing:
            raise CannotReach("the connection broke before the end of its answer")
        return Answer(
            answer.status,
            answer.headers.get_content_type(),
            content,
            _max_age(answer.headers.get("Cache-Control", "")),
        )
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        # ValueError: what the TLS socket says when it is shut while it reads
        why = "it took too long" if late.is_set() else _in_words(wrong)
        raise CannotReach(why) from wrong
    finally:
        watch.cancel()
        connected.close()


def _parsed(url: str) -> SplitResult:
    if len(url) > _LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise CannotReach("the address is too long or holds what no address holds")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as wrong:
        raise CannotReach("the address cannot be read") from wrong
    if not host or parts.username is not None or parts.password is not None:
        raise CannotReach("the address names no host, or a user")
    if parts.scheme != "https" and not (parts.scheme == "http" and _loopback_may_be_called(host)):
        raise CannotReach("the address does not begin with https://")
    if _is_ours(parts):
        raise CannotReach("the address is one of our own")
    return parts


def _is_ours(parts: SplitResult) -> bool:
    """Whether it leads back to us: a request that makes another one of ours wait is an attack.

    The issuer's host is all ours. On loopback it is everybody's, and the port says whose.
    """
    here, host = urlsplit(settings.current().issuer), (parts.hostname or "").rstrip(".")
    if not settings.current().is_loopback:
        return host == here.hostname
    this_machine = host in settings.LOOPBACK or host.endswith(".localhost")
    return this_machine and _port_of(parts) == _port_of(here)


def _port_of(parts: SplitResult) -> int | None:
    return parts.port or _PORTS.get(parts.scheme)


def _loopback_may_be_called(host: str) -> bool:
    return settings.current().is_loopback and host in settings.LOOPBACK


def _connect(parts: SplitResult, due: float, *, anywhere: bool) -> socket.socket:
    """A socket to the first address that answers, all being allowed; for https without the handshake so far."""
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = _look_up(host, port).result(max(0.0, due - time.monotonic()))
    except TimeoutError as wrong:
        raise CannotReach("it took too long to resolve the name of its host") from wrong
    except (OSError, UnicodeError) as wrong:
        raise CannotReach("the name of its host cannot be resolved") from wrong
    places = list(dict.fromkeys(str(address[4][0]) for address in found))
    if not places or not (
        anywhere or all(_is_allowed(ipaddress.ip_address(place)) for place in places)
    ):
        raise CannotReach(
            "its host is not on a public network (IDP_OUTWARD_NETWORKS can allow more)"
        )
    failed: OSError | None = None
    for place in places:  # a name can have thousands of them
        if (left := due - time.monotonic()) <= 0:
            raise CannotReach("it took too long") from failed
        try:
            plain = socket.create_connection((place, port), left)
        except OSError as wrong:
            failed = wrong
            continue
        if parts.scheme == "http":
            return plain
        try:
            return _trust(settings.current().ca_bundle).wrap_socket(
                plain, server_hostname=host, do_handshake_on_connect=False
            )
        except ValueError as wrong:  # a host such as `.example`, which no certificate can have
            plain.close()
            raise CannotReach("the name of its host is none") from wrong
    raise CannotReach(_in_words(failed or OSError())) from failed


def _look_up(host: str, port: int) -> Future[list[Any]]:
    """Resolve it, in a thread of its own: the system's resolver takes its time, and no limit for one call."""
    if not _LOOKING_UP.acquire(blocking=False):
        raise CannotReach("too many names are being resolved already")
    found: Future[list[Any]] = Future()

    def look_up() -> None:
        try:
            found.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except BaseException as wrong:  # noqa: BLE001  # whatever it is, it belongs to who waits
            found.set_exception(wrong)
        finally:
            _LOOKING_UP.release()

    try:
        threading.Thread(target=look_up, name="look-up", daemon=True).start()
    except RuntimeError as wrong:  # the machine has no more threads
        _LOOKING_UP.release()
        raise CannotReach("the name of its host cannot be resolved now") from wrong
    return found


def _is_allowed(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inside = ipaddress.IPv4Address(address.packed[-4:])
        if inside is not None:  # an IPv4 address in disguise
            return _is_allowed(inside)
    current = settings.current()
    if address.is_loopback and current.is_loopback:
        return True
    if any(address in ipaddress.ip_network(network) for network in current.outward_networks):
        return True
    if any(address in network for network in _OF_NOBODY):
        return False
    return address.is_global and not (
        address.is_multicast or address.is_reserved or getattr(address, "is_site_local", False)
    )


@lru_cache(maxsize=4)
def _trust(bundle: Path | None) -> ssl.SSLContext:
    """The system's certificate authorities, and the body's own beside them; TLS 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if bundle is not None:
        context.load_verify_locations(bundle)
    return context


def _max_age(said: str) -> int | None:
    for directive in said.lower().split(","):
        name, _, value = directive.strip().partition("=")
        if name in {"no-store", "no-cache"}:
            return 0
        if name == "max-age" and value.isascii() and value.isdigit():
            return min(int(value[:9]), 86_400)
    return None


def _in_words(wrong: BaseException) -> str:
    match wrong:
        case ssl.SSLCertVerificationError():
            return f"its certificate cannot be trusted: {wrong.verify_message}"
        case ssl.SSLError():
            return "no secure connection could be made"
        case TimeoutError():
            return "it took too long"
        case ConnectionRefusedError():
            return "nothing listens there"
        case _:
            return f"the connection broke ({type(wrong).__name__})"
