"""The log: one JSON object per line on standard error. No query string, no form, no secret ever goes in.

Every line of a request carries the reference code of what it is about, as soon as there is one.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from flask import Flask

LOG = logging.getLogger("idp")

_reference: ContextVar[str | None] = ContextVar("reference", default=None)


def reference_is(reference: str | None) -> None:
    """Remember what the present request is about; `None` when one begins."""
    _reference.set(reference)


def reference() -> str | None:
    """The reference code of the present request, if it has one by now."""
    return _reference.get()


class JsonLines(logging.Formatter):
    """A record as one line of JSON in ASCII; no character, of whatever alphabet, can break out of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Time (RFC 3339, UTC, milliseconds), level, message, and the error's kind and place when there is one."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "message": record.getMessage(),
        }
        if (about := reference()) is not None:
            line["reference"] = about
        if record.exc_info and record.exc_info[0] is not None:
            # the exception's text may quote what somebody sent; its kind and place never do
            line["error"] = record.exc_info[0].__name__
            line["trace"] = [f"{frame}:{number}" for frame, number in _places(record)]
        return json.dumps(line, separators=(",", ":")).replace("\x7f", "\\u007f")


def _places(record: logging.LogRecord) -> list[tuple[str, int]]:
    places, trace = [], record.exc_info[2] if record.exc_info else None
    while trace is not None:
        places.append((trace.tb_frame.f_code.co_qualname, trace.tb_lineno))
        trace = trace.tb_next
    return places


def init_app(app: Flask) -> None:
    """Send our log to standard error at the level of the settings; other libraries only warn."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [
        kept for kept in root.handlers if not isinstance(kept.formatter, JsonLines)
    ] + [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(app.config["IDP"].log_level.upper())
