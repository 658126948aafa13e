"""Who owns the database or a file cannot change the trail unseen; and nothing that kills a process breaks it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy

from idp.audit import Event, record
from idp.audit.chain import canonical
from idp.audit.sealing import Settling, seal, seal_everything
from idp.database import db
from idp.models import AuditEvent, AuditSeal, ThrottleCounter
from tests.cli.operator import Operator
from tests.cli.processes import surroundings

Lines = list[dict[str, object]]
WRITER = Path(__file__).with_name("audit_writer.py")
KILLS = 3


@pytest.fixture
def operator(tmp_path: Path, database_url: str) -> Operator:
    secret = tmp_path / "secret"
    secret.write_text("5e" * 32)
    secret.chmod(0o600)
    return Operator(
        {
            "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
            "IDP_DATABASE_URL": database_url,
            "IDP_KEYS": f"file:{tmp_path}/keys",
            "IDP_SECRET_FILE": str(secret),
            "IDP_ALLOW_FILE_KEYS": "1",
            "IDP_OPERATOR": "joke",
        },
        tmp_path,
    )


@pytest.fixture
def export(operator: Operator) -> Path:
    """Head (line 1), events 1 to 3, a checkpoint (5), events 4 to 6, a checkpoint (9), the end (10)."""
    for _ in range(2):
        happens(operator, 3)
        with operator.at_work():
            seal_everything()
    out = operator.folder / "audit.jsonl"
    operator.types("audit", "export", "--out", str(out))
    return out


def happens(operator: Operator, count: int) -> None:
    with operator.at_work(keep=True):
        for number in range(count):
            record(Event.SIGN_IN_FAILED, succeeded=False, number=number)


def verdict(operator: Operator, *words: str) -> tuple[object, object]:
    answer = operator.tries("audit", "verify", *words, "--json")
    assert answer.code == (0 if answer.json["why"] is None else 1)
    return answer.json["line"], answer.json["why"]


def taken_out(lines: Lines) -> None:
    del lines[2]


def exchanged(lines: Lines) -> None:
    lines[2], lines[3] = lines[3], lines[2]


def moved_far_back(lines: Lines) -> None:
    lines.insert(7, lines.pop(2))


def moved_far_forward(lines: Lines) -> None:
    lines.insert(2, lines.pop(7))


def twice(lines: Lines) -> None:
    lines.insert(3, dict(lines[2]))


def other_actor(lines: Lines) -> None:
    lines[5]["event"]["actor"] = "operator:iemand"  # type: ignore[index]


def other_digest(lines: Lines) -> None:
    lines[5]["content"] = "0" * 64


def other_class(lines: Lines) -> None:
    lines[5]["retention"] = "incident"


def emptied(lines: Lines) -> None:
    lines[5]["event"] = lines[5]["salt"] = None


def without_its_end(lines: Lines) -> None:
    del lines[-1]


def cut_and_ended(lines: Lines) -> None:
    del lines[5:9]


def checkpoint_of_more(lines: Lines) -> None:
    lines[4] = dict(lines[8])


def checkpoint_forged(lines: Lines) -> None:
    lines[8]["settled"] = 4


def checkpoint_of_another_key(lines: Lines) -> None:
    lines[8]["key"] = "0" * 16


def checkpoint_without_signature(lines: Lines) -> None:
    lines[8]["signature"] = ""


def number_as_text(lines: Lines) -> None:
    lines[5]["number"] = "4"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (taken_out, 3, "taken-out"),
        (exchanged, 3, "moved"),
        (moved_far_back, 3, "moved"),
        (moved_far_forward, 3, "moved"),
        (other_actor, 6, "altered"),
        (other_digest, 6, "altered"),
        (other_class, 6, "altered"),
        (emptied, 6, "taken-out"),
        (without_its_end, 10, "cut-short"),
        (cut_and_ended, 6, "cut-short"),
        (checkpoint_of_more, 5, "cut-short"),
        (checkpoint_forged, 9, "forged-checkpoint"),
        (checkpoint_of_another_key, 9, "forged-checkpoint"),
        (checkpoint_without_signature, 9, "forged-checkpoint"),
        (number_as_text, 6, "unreadable"),
    ],
)
def test_the_first_bad_line_of_an_export_is_named(
    operator: Operator, export: Path, change: Callable[[Lines], None], line: int, why: str
) -> None:
    assert verdict(operator, str(export)) == (None, None)
    lines = [json.loads(each) for each in export.read_text().splitlines()]
    change(lines)
    export.write_bytes(b"".join(canonical(each) + b"\n" for each in lines))
    assert verdict(operator, str(export)) == (line, why)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_line_that_reads_in_two_ways_is_refused(operator: Operator, export: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    lines[5] = lines[5].replace(b'"actor":', b'"actor":"operator:iemand","actor":')
    export.write_bytes(b"".join(lines))
    assert verdict(operator, str(export)) == (6, "altered")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("text", [b"", b"{}\n", b"[]\n", b"\xff\n", b'{"kind":"header"}\n'])
def test_what_is_no_export_is_refused_in_one_line(operator: Operator, text: bytes) -> None:
    file = operator.folder / "something"
    file.write_bytes(text)
    assert verdict(operator, str(file))[1] in {"unreadable", "altered"}


@pytest.mark.parametrize(
    ("statement", "line", "why"),
    [
        ("DELETE FROM audit_event WHERE id = 2", 2, "taken-out"),
        ("DELETE FROM audit_seal WHERE number = 2", 2, "taken-out"),
        ("UPDATE audit_seal SET event_id = NULL, salt = NULL WHERE number = 2", 2, "taken-out"),
        ("UPDATE audit_event SET actor = 'iemand' WHERE id = 4", 4, "altered"),
        ("UPDATE audit_event SET at = at + 1 WHERE id = 4", 4, "altered"),
        ("UPDATE audit_seal SET salt = 'geen' WHERE number = 4", 4, "altered"),
        ("UPDATE audit_checkpoint SET settled = 1 WHERE number = 3", 3, "forged-checkpoint"),
        ("DELETE FROM audit_seal WHERE number > 4", 5, "cut-short"),
        ("DELETE FROM audit_checkpoint WHERE number = 6", 7, "cut-short"),
    ],
)
def test_the_first_bad_event_in_the_database_is_named(
    operator: Operator, export: Path, statement: str, line: int, why: str
) -> None:
    assert verdict(operator) == (None, None)
    with operator.at_work(keep=True):
        db.session.execute(sqlalchemy.text(statement))
    assert verdict(operator) == (line, why)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mark_that_nobody_signed_excuses_nothing(operator: Operator, export: Path) -> None:
    with operator.at_work(keep=True):
        db.session.execute(sqlalchemy.text("DELETE FROM audit_event WHERE id = 1"))
        db.session.execute(
            sqlalchemy.text(
                "INSERT INTO audit_mark (name, facts, key, signature) VALUES"
                " ('gone:security', '{\"before\":\"2100-01-01T00:00:00.000Z\"}', '00', '')"
            )
        )
    assert verdict(operator)[1] == "forged-checkpoint"


def test_two_sealers_at_once_make_one_chain(operator: Operator) -> None:
    happens(operator, 200)
    begin = threading.Barrier(3)
    trouble: list[BaseException] = []

    def work() -> None:
        try:
            with operator.at_work():
                begin.wait()
                settling = Settling()
                for _ in range(20):
                    seal(settling, 20)
        except BaseException as wrong:  # noqa: BLE001  # told to the test below
            trouble.append(wrong)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not trouble
    assert verdict(operator) == (None, None)
    with operator.at_work():
        assert db.session.query(AuditSeal).count() == 200


def test_a_chain_survives_processes_that_are_killed_under_load(operator: Operator) -> None:
    environment = surroundings(operator.environment)
    for _ in range(KILLS):
        writer = subprocess.Popen(
            [sys.executable, str(WRITER)], env=environment, stdout=subprocess.PIPE
        )
        try:
            with operator.at_work():
                before = db.session.query(AuditSeal).count()
                while db.session.query(AuditSeal).count() < before + 100:
                    db.session.rollback()
                    assert writer.poll() is None
        finally:
            writer.kill()
            writer.communicate()
        assert verdict(operator) == (None, None)
        with operator.at_work():
            seal_everything()
            changes = {key for (key,) in db.session.query(ThrottleCounter.key)}
            rows = db.session.query(AuditEvent.details).all()
            assert changes == {row.details["change"] for row in rows}
            assert db.session.query(AuditSeal).count() == len(rows)
        assert verdict(operator) == (None, None)
