"""Syslog: RFC 5424 messages over a local socket, UDP (RFC 5426), TCP (RFC 6587, octets counted) or TLS (RFC 5425)."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from idp import clock
from idp.audit.chain import moment

#: Facility 13, "log audit", severity 6, "informational" (RFC 5424 section 6.2.1).
PRIORITY: Final = 13 * 8 + 6
#: Seconds that the other end may take.
PATIENCE: Final = 5.0


class Syslog:
    """A connection that is made when there is something to send, and kept."""

    def __init__(self, address: str, ca_bundle: Path | None = None) -> None:
        self._way, _, self._where = address.partition(":")
        self._ca_bundle = ca_bundle
        self._socket: socket.socket | None = None
        self._counted = self._way in {"tcp", "tls"}
        self._host = _printable(socket.gethostname())[:255]

    def send(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """Send each line as a message; `OSError` when the other end does not take it."""
        if self._socket is None:
            self._socket = self._connected()
        elif self._counted and _hung_up(self._socket):
            self.close()
            self._socket = self._connected()
        try:
            for _, line in lines:
                message = self._message(line.rstrip(b"\n"))
                if self._counted:
                    self._socket.sendall(b"%d %s" % (len(message), message))
                else:
                    self._socket.send(message)
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up, after the other end read what was sent."""
        if self._socket is None:
            return
        peer, self._socket = self._socket, None
        if isinstance(peer, ssl.SSLSocket):
            # What it told us and we did not read, such as session tickets, would make the kernel throw away what is
            # under way; a TLS farewell reads it.
            with contextlib.suppress(OSError):
                peer.unwrap()
        peer.close()

    def _message(self, line: bytes) -> bytes:
        at = orjson.loads(line).get("at") or moment(clock.now())
        head = f"<{PRIORITY}>1 {at} {self._host} idp {os.getpid()} audit - "
        return head.encode() + line

    def _connected(self) -> socket.socket:
        if self._way == "unix":
            return self._local()
        host, _, port = self._where.rpartition(":")
        host = host.strip("[]")
        if self._way == "udp":
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_DGRAM
            )[0]
            found = socket.socket(family, kind, protocol)
            try:
                found.connect(address)
            except OSError:
                found.close()
                raise
            return found
        plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
        if self._way == "tcp":
            return plain
        context = ssl.create_default_context()
        if self._ca_bundle is not None:
            context.load_verify_locations(self._ca_bundle)
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except OSError:
            plain.close()
            raise

    def _local(self) -> socket.socket:
        """A socket in the file system: datagrams, as /dev/log has them, or else a stream."""
        found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        found.settimeout(PATIENCE)
        try:
            found.connect(self._where)
        except OSError as wrong:
            found.close()
            if wrong.errno != errno.EPROTOTYPE:  # it is a stream
                raise
            found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            found.settimeout(PATIENCE)
            try:
                found.connect(self._where)
            except OSError:
                found.close()
                raise
            self._counted = True
        return found


def _hung_up(peer: socket.socket) -> bool:
    """Whether the other end closed the connection while nothing was sent; a first write would not show it."""
    peer.settimeout(0)
    try:
        return peer.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        peer.settimeout(PATIENCE)


def _printable(text: str) -> str:
    return "".join(each for each in text if "!" <= each <= "~") or "-"
