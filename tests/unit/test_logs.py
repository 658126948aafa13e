"""A line of the log is one JSON object, whatever is in it, and says which sign-in it is about."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from idp.logs import LOG, JsonLines, reference_is
from tests.support.house import open_house

NASTY = "a\r\nb\x1b[31m\x7f\x85\u2028\u202e\ud800 \"}{'\\ é"


@pytest.fixture(autouse=True)
def _about_nothing() -> Iterator[None]:
    reference_is(None)
    yield
    reference_is(None)


def line_of(*, message: str = "x", error: BaseException | None = None) -> str:
    found = None if error is None else (type(error), error, error.__traceback__)
    return JsonLines().format(
        logging.LogRecord("idp", logging.ERROR, __file__, 1, "%s", (message,), found)
    )


def test_nothing_breaks_out_of_a_line() -> None:
    line = line_of(message=NASTY)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == NASTY


def test_the_text_of_an_error_stays_out_and_its_place_stays_in() -> None:
    try:
        raise ValueError(NASTY)
    except ValueError as wrong:
        told = json.loads(line_of(error=wrong))
    assert told["error"] == "ValueError"
    assert told["trace"][0].startswith("test_the_text_of_an_error")
    assert "\\u2028" not in json.dumps(told)


def test_a_line_tells_what_it_is_about_once_that_is_known() -> None:
    assert "reference" not in json.loads(line_of())
    reference_is("7F3K-2QXM")
    assert json.loads(line_of())["reference"] == "7F3K-2QXM"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_line_of_a_failure_has_the_kenmerk_of_its_page_and_the_next_request_has_not(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = open_house(database_url, tmp_path)

    def breaks() -> None:
        LOG.warning("before anything is known")
        raise ZeroDivisionError(NASTY)

    app: Flask = house.app
    app.view_functions["sign_in.front"] = breaks
    kenmerken = [house.browser().get("/").text("kenmerk") for _ in range(2)]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [(line["message"], line.get("reference")) for line in lines]
    assert told == [
        each
        for kenmerk in kenmerken
        for each in (
            ("before anything is known", None),
            ("failed at sign_in.front", kenmerk),
        )
    ]
