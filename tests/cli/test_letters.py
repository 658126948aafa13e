"""`idp letters`, and a letter for the counter: written to files of their own, once."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock
from tests.cli.operator import Operator
from tests.servicedesk.print_house import PrintHouse, code_on, text_of
from tests.support.house import NOW
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _friday() -> Iterator[None]:
    """While the print house's certificate is valid."""
    with clock.standing_at(NOW):
        yield


def test_from_asking_for_a_letter_to_its_posting(
    operator: Operator, jansen: tuple[str, str], run: Run, tmp_path: Path
) -> None:
    print_house = PrintHouse.of(run)
    assert "no postal address" in operator.is_refused("letters", "request", *jansen)
    operator.types("relation", "address", jansen[0], "Postbus 12", "1234 AB Voorbeeldstad")
    operator.types("letters", "request", *jansen)
    assert operator.types("letters", "list", "--json").json == {"waiting": 1, "batches": []}
    assert "IDP_PRINT_CERTIFICATE" in operator.is_refused("letters", "batch")
    operator.environment["IDP_PRINT_CERTIFICATE"] = str(print_house.certificate)
    operator.types("letters", "batch")
    assert "No letter waits" in operator.types("letters", "batch").out
    (batch,) = operator.types("letters", "list", "--json").json["batches"]
    assert (batch["letters"], batch["not_dispatched"], batch["fetched_at"]) == (1, 1, None)
    name = batch["batch"]
    operator.types("letters", "fetch", name, "--out", str(tmp_path))
    document, manifest = tmp_path / f"{name}.p7m", tmp_path / f"{name}.json"
    assert {stat.S_IMODE(file.stat().st_mode) for file in (document, manifest)} == {0o600}
    (page,) = print_house.opens(document.read_bytes())
    told = json.loads(manifest.read_text(encoding="utf-8"))
    assert told["letters"][0]["printed"] in page
    assert code_on(page) not in manifest.read_text(encoding="utf-8")
    elsewhere = tmp_path / "nog-eens"
    elsewhere.mkdir()
    assert "was fetched by" in operator.is_refused(
        "letters", "fetch", name, "--out", str(elsewhere)
    )
    operator.types("letters", "dispatched", name)
    (seen,) = operator.types("letters", "show", *jansen, "--json").json
    assert seen["standing"] == "dispatched"


def test_the_print_house_says_by_a_file_what_it_posted_and_when(
    operator: Operator, jansen: tuple[str, str], run: Run, tmp_path: Path
) -> None:
    operator.environment["IDP_PRINT_CERTIFICATE"] = str(PrintHouse.of(run).certificate)
    operator.types("relation", "address", jansen[0], "Postbus 12", "1234 AB Voorbeeldstad")
    operator.types("letters", "request", *jansen)
    operator.types("letters", "batch")
    name = operator.types("letters", "list", "--json").json["batches"][0]["batch"]
    operator.types("letters", "fetch", name, "--out", str(tmp_path))
    manifest = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    posted = tmp_path / "posted.txt"

    def told(content: bytes) -> list[str]:
        posted.write_bytes(content)
        return ["letters", "dispatched", name, "--letters", str(posted)]

    assert "names no letter" in operator.is_refused(*told(b"\n \n"))
    assert "no text in UTF-8" in operator.is_refused(*told(b"\xff\xfe"))
    assert "longer than any list" in operator.is_refused(*told(b"x" * 100_000))
    assert "is not in batch" in operator.is_refused(*told(b"ffffffffffff\n"))
    printed = manifest["letters"][0]["printed"].encode() + b"\r\n"
    with clock.standing_at(NOW + timedelta(days=3)):
        at = (NOW + timedelta(days=1)).astimezone(clock.HERE).strftime("%Y-%m-%dT%H:%M")
        assert "after it was fetched" in operator.is_refused(
            *told(printed), "--at", "2020-01-01T10:00"
        )
        assert "Posted: 1 letter of" in operator.types(*told(printed), "--at", at).out
    (seen,) = operator.types("letters", "show", *jansen, "--json").json
    assert seen["dispatched_at"].startswith(f"{NOW + timedelta(days=1):%Y-%m-%d}")


def test_a_batch_that_cannot_be_written_is_not_lost(
    operator: Operator, jansen: tuple[str, str], run: Run, tmp_path: Path
) -> None:
    operator.environment["IDP_PRINT_CERTIFICATE"] = str(PrintHouse.of(run).certificate)
    operator.types("relation", "address", jansen[0], "Postbus 12", "1234 AB Voorbeeldstad")
    operator.types("letters", "request", *jansen)
    operator.types("letters", "batch")
    name = operator.types("letters", "list", "--json").json["batches"][0]["batch"]
    (tmp_path / f"{name}.p7m").write_text("somebody else's")
    assert "exists already" in operator.is_refused("letters", "fetch", name, "--out", str(tmp_path))
    (tmp_path / f"{name}.p7m").unlink()
    operator.types("letters", "fetch", name, "--out", str(tmp_path))


def test_a_letter_for_the_counter_is_a_file_and_shows_no_code(
    operator: Operator, jansen: tuple[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "brief.pdf"
    said = operator.types("activation-code", "issue", *jansen, "--letter", str(file)).out
    (page,) = text_of(file.read_bytes())
    assert code_on(page) not in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "exists already" in operator.is_refused(
        "activation-code", "issue", *jansen, "--letter", str(file)
    )


def test_doctor_and_check_config_say_when_the_certificate_of_the_print_house_cannot_serve(
    operator: Operator, run: Run
) -> None:
    small = PrintHouse.of(run, "small-print-house", bits=2048)
    said = operator.tries("doctor", IDP_PRINT_CERTIFICATE=str(small.certificate)).out
    assert "wrong  print house" in said
    refused = operator.tries("check-config", IDP_PRINT_CERTIFICATE=str(small.certificate))
    assert refused.code == 2
    assert "IDP_PRINT_CERTIFICATE: " in refused.err
    fine = operator.tries("doctor", IDP_PRINT_CERTIFICATE=str(PrintHouse.of(run).certificate)).out
    assert "ok     print house" in fine
