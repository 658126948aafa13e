"""Reports of any other provider: signed, or with a secret in the address; the first end counts and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from werkzeug.test import TestResponse

from idp import clock
from idp.database import db
from idp.messaging.outgoing import State
from idp.models import AuditEvent
from idp.settings.http_gateway import read
from tests.messaging.any_provider import AnyProvider, any_provider
from tests.messaging.scene import ask_for_a_code, state
from tests.support.house import ISSUER, House, Visitor, open_house
from tests.support.pages import Page

SECRET: Final = "s3cret-" * 6
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REPORTS: Final = f"""
[sms.reports]
secret = "{SECRET}"
signature_header = "X-Signature"
id_field = "message.id"
state_field = "status"
delivered = ["delivered"]
failed = ["undelivered", "rejected"]
reason_field = "error.code"
"""


@pytest.fixture
def provider() -> Iterator[AnyProvider]:
    with any_provider() as here:
        yield here


def file_with(provider: AnyProvider, folder: Path, reports: str) -> Path:
    """The operator's file, with a part about reports."""
    file = provider.described(folder)
    file.write_text(file.read_text(encoding="utf-8") + reports, encoding="utf-8")
    return file


def sent(
    provider: AnyProvider, database_url: str, folder: Path, reports: str = REPORTS
) -> tuple[House, Visitor, Page]:
    """A house from which a text just left; the provider calls it 17."""
    house = open_house(
        database_url,
        folder,
        sms_gateway=["http"],
        voice_gateway=[],
        http_gateway_file=file_with(provider, folder, reports),
    )
    return house, *ask_for_a_code(house)


def told(status: Any, name: Any = 17, **more: Any) -> bytes:
    return json.dumps({"message": {"id": name}, "status": status, **more}).encode()


def signed(body: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def tell(
    house: House,
    body: bytes,
    signature: str | None = None,
    kind: str = "application/json",
    path: str = "/berichten/http/sms",
) -> TestResponse:
    """A report, signed as it should be unless another signature is named."""
    headers = {"X-Signature": signed(body) if signature is None else signature}
    client = house.app.test_client()
    return client.post(path, base_url=ISSUER, data=body, content_type=kind, headers=headers)


def test_the_first_end_that_is_told_counts_and_the_page_shows_it(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house, browser, page = sent(provider, database_url, tmp_path)
    assert (page.name, state(house)) == ("second-factor", State.HANDED)
    for status, name, then in (
        ("buffered", 17, State.HANDED),
        ("delivered", 18, State.HANDED),
        ("delivered", "17", State.DELIVERED),
        ("delivered", 17, State.DELIVERED),
        ("undelivered", 17, State.DELIVERED),
    ):
        answer = tell(house, told(status, name))
        assert (answer.status_code, answer.data) == (204, b"")
        assert state(house) is then
    assert "afgeleverd" in browser.get(page.address).html.lower()


def test_a_text_that_failed_is_told_with_a_word_and_leads_to_another_way(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house, browser, page = sent(provider, database_url, tmp_path)
    tell(house, told("rejected", error={"code": "E-42"}))
    assert state(house) is State.FAILED
    assert browser.get(page.address).error == "not-sent"
    with house.inside():
        event = db.session.query(AuditEvent).filter_by(event="passcode-not-delivered").one()
        assert (event.actor, event.reason) == ("http", "the provider's reason E-42")


@SQLITE
def test_a_sentence_of_the_provider_is_not_kept(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house, _browser, _page = sent(provider, database_url, tmp_path)
    tell(house, told("rejected", error={"code": "number +31612345678 is off"}))
    with house.inside():
        event = db.session.query(AuditEvent).filter_by(event="passcode-not-delivered").one()
        assert event.reason == "the provider does not say why"


@SQLITE
@pytest.mark.parametrize(
    "made",
    [
        lambda body: f"sha256={signed(body)}",
        lambda body: signed(body).upper(),
        lambda body: base64.b64encode(bytes.fromhex(signed(body))).decode(),
    ],
    ids=["prefix", "upper", "base64"],
)
def test_a_signature_is_written_in_several_ways(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing, made: Any
) -> None:
    house, _browser, _page = sent(provider, database_url, tmp_path)
    body = told("delivered")
    assert tell(house, body, made(body)).status_code == 204
    assert state(house) is State.DELIVERED


@SQLITE
def test_what_nobody_signed_or_nobody_can_read_changes_nothing(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house, _browser, _page = sent(provider, database_url, tmp_path)
    body, form = told("delivered"), "application/x-www-form-urlencoded"
    deep = b"[" * 8000 + b"]" * 8000
    tries = [
        (tell(house, body, ""), 403),
        (tell(house, body, "é"), 403),
        (tell(house, body, signed(body, "x" * 42)), 403),
        (tell(house, body, signed(body + b" ")), 403),
        (tell(house, body, "", path=f"/berichten/http/sms?sleutel={SECRET}"), 403),
        (tell(house, body, kind=form), 415),
        (tell(house, told("x" * 20_000)), 413),
        (tell(house, body, path="/berichten/http/voice"), 404),
        (tell(house, body, path="/berichten/http/mail"), 404),
    ]
    odd = (b"{", b"\xff", b"[]", b"17", b"null", deep, told(None), told({"a": 1}), told("x", None))
    odd += (told("delivered", "a\0b"), b'{"message": {"id": "\\ud800"}, "status": "delivered"}')
    odd += (told("delivered", True), told("delivered", {"id": 17}), b'{"message": [17]}')
    tries += [(tell(house, each), 400) for each in odd]
    assert [answer.status_code for answer, _wanted in tries] == [wanted for _, wanted in tries]
    assert state(house) is State.HANDED


def test_a_provider_that_signs_nothing_brings_the_secret_in_the_address(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    unsigned = REPORTS.replace('signature_header = "X-Signature"\n', "").replace("message.id", "id")
    house, _browser, _page = sent(provider, database_url, tmp_path, unsigned + 'form = "form"\n')
    body, kind = (
        urlencode({"id": "17", "status": "delivered"}).encode(),
        "application/x-www-form-urlencoded",
    )
    for path, status, then in (
        ("/berichten/http/sms", 403, State.HANDED),
        (f"/berichten/http/sms?sleutel={SECRET[:-1]}", 403, State.HANDED),
        (f"/berichten/http/sms?sleutel={SECRET}", 204, State.DELIVERED),
    ):
        assert tell(house, body, kind=kind, path=path).status_code == status
        assert state(house) is then


@SQLITE
def test_where_no_reports_are_described_there_is_no_address(
    provider: AnyProvider, database_url: str, tmp_path: Path, time: clock.Standing
) -> None:
    house, _browser, _page = sent(provider, database_url, tmp_path, "")
    assert tell(house, told("delivered")).status_code == 404
    assert state(house) is State.HANDED


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        (SECRET, "kort"),
        ('"X-Signature"', '"X Signature"'),
        ('["delivered"]', "[]"),
        ('["delivered"]', "[3]"),
        ('id_field = "message.id"', ""),
        ('state_field = "status"', 'state = "status"'),
    ],
)
def test_a_part_that_cannot_serve_is_refused_in_one_line_without_its_secret(
    provider: AnyProvider, tmp_path: Path, there: str, instead: str
) -> None:
    file = file_with(provider, tmp_path, REPORTS.replace(there, instead))
    with pytest.raises(ValueError, match=r"^sms\.reports") as refused:
        read(file)
    assert SECRET not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_reports_need_the_name_that_the_provider_gave(
    provider: AnyProvider, tmp_path: Path
) -> None:
    file = file_with(provider, tmp_path, REPORTS)
    text = file.read_text(encoding="utf-8").replace('id_field = "messages.0.id"', "")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^sms\.id_field"):
        read(file)
