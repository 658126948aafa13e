"""The streams of the audit trail: in order, from where they were, and without what does not belong there."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from idp.audit import Event, logboek, record
from idp.audit.sealing import seal_everything
from idp.audit.streaming import Streamer, streams_of
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
        for stream in streams_of(chosen):
            Streamer(current_app._get_current_object(), stream).catch_up()  # type: ignore[attr-defined]
            stream.sink.close()
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
