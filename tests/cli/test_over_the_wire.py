"""What a test without a server cannot send: bodies in pieces, lengths that are lies, floods that nobody reads."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Final

import pytest

from idp.cli.serve import STAYS, THREADS
from tests.cli.operator import Operator
from tests.cli.processes import answer, free_ports, running

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MEGABYTE: Final = 1024 * 1024
FORM: Final = "application/x-www-form-urlencoded"


class Wire:
    """One connection, byte by byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def says(self, *lines: str, body: bytes = b"") -> None:
        head = [*lines, "Host: inloggen.voorbeeld.nl", "", ""]
        self.socket.sendall("\r\n".join(head).encode() + body)

    def hears(self) -> tuple[int, bytes]:
        """Status and body of the answer; 0 when the server hung up without one."""
        with self.socket, self.socket.makefile("rb") as reader:
            if not (line := reader.readline()):
                return 0, b""
            status = int(line.split()[1])
            length = 0
            while (line := reader.readline().strip()) != b"":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            return status, reader.read(length)


class Kept(Wire):
    """A connection that stays open, with what was read from it."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.reader = self.socket.makefile("rb")

    def hears(self) -> tuple[int, bytes]:
        status = int(self.reader.readline().split()[1])
        length = 0
        while (line := self.reader.readline().strip()) != b"":
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return status, self.reader.read(length)

    def hears_of(self, *lines: str) -> tuple[int, bytes]:
        self.says(*lines)
        return self.hears()

    def closes(self) -> None:
        self.reader.close()
        self.socket.close()


def in_pieces(body: bytes) -> bytes:
    """One piece of a chunked body (RFC 9112 section 7.1)."""
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


def megabytes_of(process: int) -> float:
    """What a process and its children hold."""
    mine = Path(f"/proc/{process}")
    status = (mine / "status").read_text()
    kilobytes = int(status.partition("VmRSS:")[2].split()[0])
    children = (mine / "task" / str(process) / "children").read_text().split()
    return kilobytes / 1024 + sum(megabytes_of(int(child)) for child in children)


def test_a_real_server_reads_pieces_refuses_floods_and_stays_small(operator: Operator) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    [port] = free_ports(1)
    environment = operator.environment | {"IDP_BIND": f"127.0.0.1:{port}", "IDP_WORKERS": "1"}
    token, form = "POST /oauth2/token HTTP/1.1", f"Content-Type: {FORM}"
    pieces = "Transfer-Encoding: chunked"
    right = b"grant_type=client_credentials&client_id=niemand"
    with running("serve", folder=operator.folder, environment=environment) as server:
        server.wait_until(lambda: answer(f"http://127.0.0.1:{port}/health/ready")[0] == 200)

        def sent(*lines: str, body: bytes = b"") -> tuple[int, bytes]:
            wire = Wire(port)
            wire.says(token, form, *lines, body=body)
            return wire.hears()

        alone = sent(f"Content-Length: {len(right)}", body=right)
        assert alone[0] == 401
        assert b'"invalid_client"' in alone[1]
        halves = in_pieces(right[:9]) + in_pieces(right[9:]) + b"0\r\n\r\n"
        assert sent(pieces, body=halves)[0] == 401, "a body without a length is read all the same"
        assert sent(body=right)[0] == 400, "without length and pieces there is no body"

        begun = megabytes_of(server.process.pid)
        for _ in range(5):
            status, said = sent(f"Content-Length: {20 * MEGABYTE}")
            assert (status, b'"invalid_request"' in said) == (413, True)
            status, said = sent(pieces, body=in_pieces(b"a" * (64 * 1024 + 1)))
            assert (status, b'"invalid_request"' in said) == (413, True)
        flood(port, f"{token}\r\n{form}\r\n{pieces}\r\nHost: inloggen.voorbeeld.nl\r\n\r\n")
        for broken in (
            b"zz\r\nx\r\n0\r\n\r\n",
            in_pieces(right)[:-2] + b"xx",
            b"-1\r\n",
            b"fffffffff\r\nx",
        ):
            wire = Wire(port)
            wire.says(token, form, pieces, body=broken)
            wire.socket.shutdown(socket.SHUT_WR)
            assert wire.hears()[0] in {0, 400}, broken
        assert sent(pieces, f"Content-Length: {len(right)}", body=halves)[0] in {0, 400}, "smuggled"
        assert sent(f"Content-Length: {len(right)}", body=right)[0] == 401, "it still answers"
        assert megabytes_of(server.process.pid) - begun < 10
        assert " 500 " not in server.said
        assert '"level":"error"' not in server.said


def flood(port: int, head: str) -> None:
    """Send twenty megabytes whether anybody listens or not."""
    deadline = time.monotonic() + 20
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        try:
            wire.sendall(head.encode())
            for _ in range(320):
                wire.sendall(in_pieces(b"a" * 64 * 1024))
        except OSError:  # it hung up, as it may
            assert time.monotonic() < deadline


def test_kept_connections_are_answered_whatever_their_pace_and_hold_up_nobody(
    operator: Operator,
) -> None:
    """A thread waits a moment on the connection that it answered: no request may be lost or late by that."""
    operator.types("keys", "rotate", "--alg", "ES256")
    [port] = free_ports(1)
    environment = operator.environment | {"IDP_BIND": f"127.0.0.1:{port}", "IDP_WORKERS": "1"}
    ask, alive = "GET /health/live HTTP/1.1", (200, b"ok")
    with running("serve", folder=operator.folder, environment=environment) as server:
        server.wait_until(lambda: answer(f"http://127.0.0.1:{port}/health/ready")[0] == 200)
        many = [Kept(port) for _ in range(3 * THREADS)]
        for pause in (0, 0, 2 * STAYS / 1000, 0, 2 * STAYS / 1000):
            for each in many:  # all at once, three for each thread, sooner and later than it waits
                each.says(ask)
            assert [each.hears() for each in many] == [alive] * len(many)
            time.sleep(pause)
        one = many[0]
        for turn in range(50):
            assert one.hears_of(ask) == alive, turn
        one.says(ask, "Host: inloggen.voorbeeld.nl", "", ask)  # the second stands behind the first
        assert [one.hears(), one.hears()] == [alive, alive]
        assert one.hears_of(ask, "Connection: close") == alive
        assert one.reader.read() == b"", "the server hung up, as it was asked"
        many[1].closes()  # in the moment in which a thread may wait for it
        assert many[2].hears_of(ask) == alive
        for each in many:
            each.closes()
