"""No test talks to the outside: sockets of the test process reach loopback only."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


class OutsideWorldError(AssertionError):
    """A test tried to reach another machine. An assertion: code that forgives network errors cannot hide it."""


def is_loopback(host: object) -> bool:
    """Whether `host`, a name or an address, can only be this machine."""
    if host is None:
        return True
    name = (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).lower()
    if name in {"", "localhost"} or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


@contextmanager
def loopback_only() -> Iterator[None]:
    """While this holds, names and addresses of other machines raise `OutsideWorldError` before a packet leaves."""
    with pytest.MonkeyPatch.context() as patch:
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, _guarded_connect(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        patch.setattr(socket, "gethostbyname", _guarded_lookup(socket.gethostbyname))
        yield


def _guarded_connect(real: Any) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not is_loopback(address[0]):
            raise OutsideWorldError(f"a test tried to connect to {address}")
        return real(self, address)

    return connect


def _guarded_lookup(real: Any) -> Any:
    def look_up(host: Any, *rest: Any, **options: Any) -> Any:
        if not is_loopback(host):
            raise OutsideWorldError(f"a test tried to look up {host!r}")
        return real(host, *rest, **options)

    return look_up
