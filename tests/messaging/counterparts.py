"""CM.com and Twilio as their public documentation describes them: a server on loopback that checks what we send.

Whoever sends what the documentation does not know gets a failing test (`Counterpart.complaints`), not a mild answer.
What each of them answers is in docs/berichten/, with the page it comes from.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.house import ISSUER

CM_TOKEN: Final = "11111111-2222-3333-4444-555555555555"
CM_REPORTS_SECRET: Final = "3f" * 32
ACCOUNT: Final = "AC" + "0a" * 16
TWILIO_TOKEN: Final = "c4" * 16
CALLER: Final = "+31207654321"
#: Numbers that the counterparts refuse, both of them.
NO_NUMBER: Final = "+31600000001"
LANDLINE: Final = "+31201234567"
#: Seconds: what hangs is a failure, not a long wait.
PATIENCE: Final = 20

Reply = tuple[int, bytes]


@dataclass(frozen=True)
class Asked:
    """One request of ours."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """Its fields, when it is a form."""
        return dict(parse_qsl(self.body.decode(), strict_parsing=True))

    @property
    def json(self) -> Any:
        """Its content, when it is JSON."""
        return json.loads(self.body)


@dataclass
class Counterpart:
    """Where our requests arrive, and how they are answered instead, if a test says so."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    instead: Reply | None = None
    away: set[str] = field(default_factory=set)
    """Beginnings of paths where everything goes wrong (HTTP 500)."""
    open: threading.Event = field(default_factory=threading.Event)
    """Answers leave once this is set; it is, unless a test clears it."""

    @property
    def address(self) -> str:
        """Its origin."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self, folder: Path) -> dict[str, Any]:
        """The settings of a deployment that has both providers here."""
        for name, secret in (
            ("cm", CM_TOKEN),
            ("cm-reports", CM_REPORTS_SECRET),
            ("twilio", TWILIO_TOKEN),
        ):
            (folder / name).write_text(secret + "\n", encoding="ascii")
        return {
            "cm_token_file": folder / "cm",
            "cm_reports_secret_file": folder / "cm-reports",
            "cm_sender": "Voorbeeld",
            "cm_caller": CALLER,
            "cm_text_address": f"{self.address}/v1.0/message",
            "cm_voice_address": f"{self.address}/voiceapi/v2",
            "twilio_account": ACCOUNT,
            "twilio_token_file": folder / "twilio",
            "twilio_sender": "Voorbeeld",
            "twilio_caller": CALLER,
            "twilio_address": self.address,
        }

    def answer(self, asked: Asked) -> Reply:
        """What the provider of this address answers."""
        self.asked.append(asked)
        self.open.wait(PATIENCE)
        if self.instead is not None:
            return self.instead
        if any(asked.path.startswith(start) for start in self.away):
            return 500, b""
        for start, provider in _PROVIDERS.items():
            if asked.path.startswith(start):
                return provider(self, asked)
        self.complaints.append(f"nobody is at {asked.path}")
        return 404, b""

    def expect(self, holds: object, what: str) -> None:
        """Complain unless it holds."""
        if not holds:
            self.complaints.append(what)


def _cm_text(here: Counterpart, asked: Asked) -> Reply:
    here.expect(asked.path == "/v1.0/message", "the path of the Business Messaging API")
    here.expect(asked.headers.get("content-type") == "application/json", "JSON")
    if asked.headers.get("x-cm-producttoken") != CM_TOKEN:
        return _json(
            400, details="No account found for the given authentication", errorCode=101, messages=[]
        )
    [message] = asked.json["messages"]["msg"]
    known = {"from", "to", "body", "reference", "allowedChannels", "validity"}
    here.expect(set(message) <= known, f"unknown members: {set(message) - known}")
    here.expect(re.fullmatch(r"[A-Za-z0-9 ]{1,11}|\d{1,16}", message["from"]), "the sender's form")
    here.expect(re.fullmatch(r"[A-Za-z0-9]{1,32}", message["reference"]), "the reference's form")
    here.expect(re.fullmatch(r"\d+[hm]", message["validity"]), "the validity's form")
    here.expect(message["allowedChannels"] == ["SMS"], "texts only")
    here.expect(set(message["body"]) == {"type", "content"}, "type and content")
    here.expect(message["body"]["type"] == "auto", "the type of a text")
    [to] = message["to"]
    here.expect(re.fullmatch(r"00[1-9]\d{6,14}", to["number"]), "the number's form")
    told = {"to": to["number"], "reference": message["reference"]}
    if to["number"] == "00" + NO_NUMBER[1:]:
        why = f"Gsm '{to['number']}' is not a number."
        told |= {"status": "Rejected", "parts": 0, "messageDetails": why, "messageErrorCode": 303}
        return _json(400, details="Created 0 message(s)", errorCode=201, messages=[told])
    told |= {"status": "Accepted", "parts": 1, "messageDetails": None, "messageErrorCode": 0}
    return _json(200, details="Created 1 message(s)", errorCode=0, messages=[told])


def _cm_call(here: Counterpart, asked: Asked) -> Reply:
    here.expect(asked.path == "/voiceapi/v2/DTMF", "the app that asks for a key")
    if asked.headers.get("x-cm-producttoken") != CM_TOKEN:
        return 401, b""
    said = asked.json
    prompts = {"prompt", "valid-prompt", "invalid-prompt"}
    known = (
        {"instruction-id", "callee", "caller", "anonymous", "voice", "timeout", "regex"}
        | {"min-digits", "max-digits", "max-attempts"}
        | prompts
        | {f"{name}-type" for name in prompts}
    )
    here.expect(set(said) == known, f"members: {set(said) ^ known}")
    for name in prompts:
        here.expect(said[f"{name}-type"] == "TTS" and 0 < len(said[name]) <= 750, name)
    here.expect(len(said["instruction-id"]) <= 64, "the id's length")
    here.expect(set(said["voice"]) == {"language", "gender", "number"}, "the voice")
    told = {"type": "call-queued", "call-id": "0a" * 16, "instruction-id": said["instruction-id"]}
    told |= {"caller": said["caller"], "callee": said["callee"], "error": ""}
    return _json(200, success=True, **told)


def _twilio(here: Counterpart, asked: Asked) -> Reply:
    allowed = "Basic " + base64.b64encode(f"{ACCOUNT}:{TWILIO_TOKEN}".encode()).decode()
    if asked.headers.get("authorization") != allowed:
        return _twilio_error(401, 20003, "Authenticate")
    here.expect(asked.headers.get("content-type") == "application/x-www-form-urlencoded", "a form")
    fields = asked.form
    for name in {"StatusCallback", "Url"} & set(fields):
        here.expect(fields[name].startswith(ISSUER + "/berichten/twilio/"), name)
    base = f"/2010-04-01/Accounts/{ACCOUNT}"
    if fields["To"] == NO_NUMBER:
        why = f"The 'To' number {NO_NUMBER} is not a valid phone number."
        return _twilio_error(400, 21211, why)
    if asked.path == f"{base}/Messages.json":
        known = {"To", "From", "MessagingServiceSid", "Body", "ValidityPeriod", "StatusCallback"}
        here.expect(set(fields) <= known, f"unknown fields: {set(fields) - known}")
        here.expect(1 <= int(fields["ValidityPeriod"]) <= 14_400, "the validity period")
        if fields["To"] == LANDLINE:
            why = f"'To' number: {LANDLINE}, is not a mobile number"
            return _twilio_error(400, 21614, why)
        return _json(201, sid=sid("SM", len(here.asked)), status="queued", error_code=None)
    here.expect(asked.path == f"{base}/Calls.json", f"{asked.path} is no resource")
    known = {"To", "From", "Url", "Method", "StatusCallback", "StatusCallbackEvent"}
    known |= {"StatusCallbackMethod", "Timeout", "TimeLimit"}
    here.expect(set(fields) <= known, f"unknown fields: {set(fields) - known}")
    here.expect(5 <= int(fields["Timeout"]) <= 600, "how long it rings")
    here.expect(int(fields["TimeLimit"]) == 60, "a minute at most")
    return _json(201, sid=sid("CA", len(here.asked)), status="queued")


_PROVIDERS: Final[dict[str, Callable[[Counterpart, Asked], Reply]]] = {
    "/v1.0/": _cm_text,
    "/voiceapi/": _cm_call,
    "/2010-04-01/": _twilio,
}


def sid(kind: str, number: int) -> str:
    """The name that Twilio gives the text or call of its so many-th request."""
    return f"{kind}{'0b' * 14}{number:04x}"


def _json(status: int, /, **content: Any) -> Reply:
    return status, json.dumps(content).encode()


def _twilio_error(status: int, code: int, why: str) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return _json(status, code=code, message=why, more_info=more, status=status)


@contextmanager
def counterpart() -> Iterator[Counterpart]:
    """Both providers on a free port of loopback, until the end of the block; a complaint fails the test."""
    here = Counterpart()
    here.open.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, content = here.answer(Asked(self.path, headers, body))
            except (
                KeyError,
                TypeError,
                ValueError,
            ) as wrong:  # not what the documentation describes
                here.complaints.append(f"{self.path}: {wrong!r}")
                status, content = 400, b""
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_said: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    here.port = server.server_address[1]
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield here
    finally:
        here.open.set()
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)
    assert not here.complaints


# --- what they send to us --------------------------------------------------------------------------------------------


def signature(address: str, fields: dict[str, str], token: str = TWILIO_TOKEN) -> str:
    """As Twilio's documentation describes it, and apart from how the product computes it."""
    said = address + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


def twilio_tells(
    app: Flask, path: str, fields: dict[str, str], *, signed_as: str | None = None, **other: Any
) -> TestResponse:
    """A webhook of Twilio at this path, signed for the public address."""
    header = signature(ISSUER + path, fields) if signed_as is None else signed_as
    given = {"data": fields, "headers": {"X-Twilio-Signature": header}, "base_url": ISSUER}
    return app.test_client().post(path, **given | other)


def cm_report(reference: str, code: str, error: str = "") -> dict[str, Any]:
    """A status report in the JSON form of CM.com's documentation."""
    status = {"code": code, "errorCode": error, "errorDescription": ""}
    one = {"received": "2026-11-20T10:00:01", "to": "0031612345678", "reference": reference}
    return {"messages": {"msg": one | {"status": status, "operator": "20408"}}}


def cm_tells(
    app: Flask, report: Any, *, secret: str = CM_REPORTS_SECRET, **other: Any
) -> TestResponse:
    """A status report of CM.com at the address that an operator gave it."""
    given = {"json": report, "base_url": ISSUER, "query_string": {"sleutel": secret}}
    return app.test_client().post("/berichten/cm", **given | other)
