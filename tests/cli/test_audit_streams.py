"""The streams of the audit trail: in order, from where they were, and without what does not belong there."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from idp.audit import Event, logboek, record
from idp.audit.sealing import seal_everything
from idp.audit.streaming import Streamer, streams_of
from idp.cli.demo_tls import make_certificates
from idp.database import db
from idp.models import AuditStream
from tests.cli.operator import Operator

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def happens(operator: Operator, count: int, account: str | None = None) -> None:
    with operator.at_work(keep=True):
        for _ in range(count):
            record(Event.SIGN_IN_FAILED, succeeded=False, account_id=account, reference="7F3K-2QXM")
    with operator.at_work():
        seal_everything()


def sends(operator: Operator) -> None:
    """Everything goes out, as by a process that was started just now."""
    from flask import current_app

    with operator.at_work() as chosen:
        app = current_app._get_current_object()  # type: ignore[attr-defined]
        try:
            for stream in streams_of(chosen):
                with closing(stream.sink):
                    Streamer(app, stream).catch_up()
        finally:
            db.session.rollback()
            db.session.query(AuditStream).update({"holder": None})
            db.session.commit()


def numbers(file: Path) -> list[tuple[str, int]]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [(line["kind"], line["number"]) for line in lines]


def test_a_file_goes_on_where_it_was_and_mends_half_a_line(operator: Operator) -> None:
    file = operator.folder / "stream.jsonl"
    operator.environment["IDP_AUDIT_FILE"] = str(file)
    happens(operator, 2)
    sends(operator)
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open("a") as torn:
        torn.write('{"kind":"ev')
    happens(operator, 1)
    sends(operator)
    sends(operator)
    assert numbers(file) == [
        ("event", 1),
        ("event", 2),
        ("checkpoint", 2),
        ("event", 3),
        ("checkpoint", 3),
    ]
    assert operator.tries("audit", "verify", "--against", str(file)).code == 0


@ON_SQLITE
def test_syslog_gets_messages_of_rfc_5424(operator: Operator) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as collector:
        collector.bind(("127.0.0.1", 0))
        collector.settimeout(5)
        operator.environment["IDP_AUDIT_SYSLOG"] = f"udp:127.0.0.1:{collector.getsockname()[1]}"
        happens(operator, 1)
        sends(operator)
        head, _, message = collector.recv(65_535).partition(b" audit - ")
    assert head.startswith(b"<110>1 20")
    assert head.split(b" ")[3] == b"idp"
    assert json.loads(message)["number"] == 1


class Collector:
    """Takes one connection after another, and keeps every octet-counted message (RFC 6587 section 3.4.1)."""

    def __init__(self, listens: socket.socket) -> None:
        self._listens = listens
        self.numbers: list[int] = []
        self.came = threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()

    def has(self, numbers: list[int]) -> bool:
        """Whether these came, in this order; waits for them."""
        came = all(self.came.acquire(timeout=5) for _ in numbers)
        return came and self.numbers == numbers

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listens.accept()
            except ssl.SSLError:  # somebody who does not trust us
                continue
            except OSError:  # closed
                return
            with connection, connection.makefile("rb") as sent:
                while size := _digits(sent):
                    message = sent.read(size)
                    assert message.startswith(b"<110>1 20")
                    self.numbers.append(json.loads(message.partition(b" audit - ")[2])["number"])
                    self.came.release()


def _digits(sent: Any) -> int:
    text = b""
    while (one := sent.read(1)).isdigit():
        text += one
    return int(text or b"0")


@contextmanager
def collector_at(way: str, folder: Path, at: str = "") -> Iterator[tuple[Collector, str]]:
    """A collector, and what `IDP_AUDIT_SYSLOG` says to reach it."""
    if way == "unix":
        listens = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = folder / "log"
        path.unlink(missing_ok=True)
        listens.bind(str(path))
        address = f"unix:{path}"
    else:
        listens = socket.socket()
        listens.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listens.bind(("127.0.0.1", int(at.rpartition(":")[2] or 0)))
        address = f"{way}:localhost:{listens.getsockname()[1]}"
    listens.listen()
    if way == "tls":
        make_certificates(folder / "tls")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "tls/server.pem", folder / "tls/server.key")
        listens = context.wrap_socket(listens, server_side=True)
    with closing(listens):
        yield Collector(listens), address
        listens.shutdown(socket.SHUT_RDWR)  # whoever waits for a connection keeps it open otherwise


@ON_SQLITE
@pytest.mark.parametrize("way", ["unix", "tcp", "tls"])
def test_a_collector_that_was_away_gets_what_it_missed(operator: Operator, way: str) -> None:
    """Nothing is lost, doubled or out of order, and what is away stops nobody."""
    folder = operator.folder
    with collector_at(way, folder) as (collector, address):
        operator.environment["IDP_AUDIT_SYSLOG"] = address
        if way == "tls":
            operator.environment["IDP_CA_BUNDLE"] = str(folder / "tls/ca.pem")
        happens(operator, 2)
        sends(operator)
        assert collector.has([1, 2, 2])  # the third is the checkpoint
    happens(operator, 1)
    with pytest.raises(OSError, match=r"refused|No such file"):
        sends(operator)
    with collector_at(way, folder, address) as (collector, _address):
        sends(operator)
        assert collector.has([3, 3])


@ON_SQLITE
def test_a_collector_whose_certificate_nobody_vouches_for_gets_nothing(operator: Operator) -> None:
    with collector_at("tls", operator.folder) as (collector, address):
        operator.environment["IDP_AUDIT_SYSLOG"] = address
        happens(operator, 1)
        with pytest.raises(ssl.SSLCertVerificationError):
            sends(operator)
        assert collector.numbers == []


@ON_SQLITE
def test_the_logboek_holds_the_allowed_fields_and_no_account(operator: Operator) -> None:
    file = operator.folder / "logboek.jsonl"
    operator.environment |= {
        "IDP_LOGBOEK_FILE": str(file),
        "IDP_LOGBOEK_REGISTER": "https://register.voorbeeld.nl/verwerkingen",
    }
    happens(operator, 2, "a" * 32)
    happens(operator, 1)
    sends(operator)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(lines) == 2  # one each; none where no account is known
    assert all(line.keys() == logboek.FIELDS for line in lines)
    assert all(line["attributes"].keys() == logboek.ATTRIBUTES for line in lines)
    assert len({line["trace_id"] for line in lines}) == 1
    assert len({line["span_id"] for line in lines}) == 2
    assert "a" * 32 not in file.read_text()
