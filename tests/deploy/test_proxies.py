"""The shipped proxy configurations, in the distribution's own nginx, HAProxy and Caddy, before a real `idp serve`."""

from __future__ import annotations

import socket
import time
from typing import Final

import pytest

from idp.audit import Event
from idp.database import db
from idp.models import AuditEvent
from idp.pages.headers import ALWAYS
from tests.cli.operator import Operator
from tests.cli.processes import Running, answer
from tests.deploy.proxies import CAME_FROM, HOST, Proxy

FORM: Final = "Content-Type: application/x-www-form-urlencoded"
#: What an attacker says of where a request comes from, and under which name and path.
LIES: Final = (
    ("X-Forwarded-For", "203.0.113.7"),
    ("X_Forwarded_For", "203.0.113.7"),
    ("X-Forwarded_For", "203.0.113.7"),
    ("x-forwarded-for", "203.0.113.8, 203.0.113.9"),
    ("Forwarded", "for=203.0.113.7;host=evil.example"),
    ("X-Real-IP", "203.0.113.7"),
    ("X-Client-IP", "203.0.113.7"),
    ("Via", "1.1 evil.example"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Proto", "http"),
    ("X-Forwarded-Protocol", "http"),
    ("X-Forwarded-Ssl", "off"),
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Port", "1"),
    ("X-Script-Name", "/evil"),
    ("SCRIPT_NAME", "/oauth2"),
    ("PATH_INFO", "/metrics"),
    ("REMOTE_ADDR", "127.0.0.1"),
    ("X-Original-URL", "/metrics"),
    ("X-Rewrite-URL", "/metrics"),
    ("X-HTTP-Method-Override", "PUT"),
    ("Proxy", "http://evil.example"),
)


def came_from(operator: Operator) -> str | None:
    """From where the last error page was asked, says the trail."""
    with operator.at_work():
        found = db.session.query(AuditEvent).filter_by(event=Event.ERROR_SHOWN.value)
        return found.order_by(AuditEvent.id.desc()).limit(1).one().origin


def test_whatever_is_said_the_origin_in_the_trail_is_the_true_one(
    front: Proxy, operator: Operator
) -> None:
    """BCP-4.13."""
    path = "/oauth2/authorize?client_id=niemand&state=geheimpje"
    assert front.ask(path, *LIES).status == 400
    assert came_from(operator) == CAME_FROM
    passed = front.relay.passed_on()
    assert passed["x-forwarded-for"] == [CAME_FROM]
    assert passed["x-forwarded-proto"] == ["https"]
    assert passed["host"] == [HOST]
    known = {"x-forwarded-for", "x-forwarded-proto"}
    lied = {name.lower() for name, _ in LIES} - known
    assert not lied & passed.keys()
    assert not [name for name in passed if "_" in name]
    assert "203.0.113" not in front.relay.heads[-1]
    assert "evil" not in front.relay.heads[-1]


def test_the_sign_in_page_comes_over_tls_with_every_header_once(front: Proxy) -> None:
    page = front.ask("/")
    assert page.status == 200
    assert 'data-page="login"' in page.text
    for name in {*ALWAYS, "Strict-Transport-Security", "Cache-Control", "Content-Type"}:
        assert len(page.all(name)) == 1, name
    assert "default-src 'none'" in page.all("Content-Security-Policy")[0]
    assert all("__Host-" in cookie and "Secure" in cookie for cookie in page.all("Set-Cookie"))


def test_without_tls_one_is_led_to_the_name_of_the_service(front: Proxy) -> None:
    with socket.create_connection(("127.0.0.1", front.plain_port), timeout=40) as plain:
        plain.sendall(f"GET /2fa HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
        head = plain.recv(4096).decode()
    assert head.split()[1] in {"301", "308"}
    assert f"location: https://{HOST}/2fa\r\n" in head.lower()


def test_a_body_that_is_too_large_is_refused_before_it_reaches_us(front: Proxy) -> None:
    form = ("Content-Type", "application/x-www-form-urlencoded")
    fits = front.ask("/oauth2/token", form, method="POST", body=b"x=" + b"y" * 60_000)
    assert fits.status == 400, "read, and refused for what it says"
    too_large = front.ask("/oauth2/token", form, method="POST", body=b"x=" + b"y" * 80_000)
    assert too_large.status == 413


@pytest.mark.parametrize(
    ("framing", "first", "rest"),
    [
        ("Content-Length: 100", b"x=" + b"y" * 8, b"y" * 90),
        ("Content-Length: 65000", b"x=" + b"y" * 49_998, b"y" * 15_000),
        ("Transfer-Encoding: chunked", b"14\r\nx=yyyy", b"y" * 14 + b"\r\n0\r\n\r\n"),
    ],
    ids=["short", "long", "without a length"],
)
def test_a_body_that_comes_slowly_reaches_us_when_all_of_it_is_there(
    front: Proxy, framing: str, first: bytes, rest: bytes
) -> None:
    """Else four of them would hold all threads of a process."""
    head = f"POST /oauth2/token HTTP/1.1\r\nHost: {HOST}\r\n{framing}\r\n{FORM}\r\n\r\n"
    before = len(front.relay.heads)
    with front.speak() as spoken:
        spoken.sendall(head.encode() + first)
        time.sleep(1)
        assert len(front.relay.heads) == before
        spoken.sendall(rest)
        assert spoken.recv(4096).split()[1] == b"400"
    assert len(front.relay.heads) == before + 1


def test_the_longest_request_that_we_read_passes_and_longer_headers_do_not(front: Proxy) -> None:
    longest = f"/oauth2/authorize?client_id=niemand&state={'s' * 2048}&nonce={'n' * 2048}"
    assert front.ask(f"{longest}&claims={'%20' * 1000}").status == 400
    before = len(front.relay.heads)
    many = [(f"X-Filler-{number}", "f" * 4000) for number in range(20)]
    assert front.ask("/", *many).status in {0, 400, 414, 431, 494}
    assert len(front.relay.heads) == before


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/%6Detrics", "/metrics?x=1", "//metrics", "/./metrics", "/a/../metrics"],
)
def test_the_metrics_are_not_for_who_comes_through_the_proxy(front: Proxy, path: str) -> None:
    for headers in ((), LIES):
        found = front.ask(path, *headers)
        assert found.status in {301, 308, 404}
        assert "idp_" not in found.text


@pytest.mark.parametrize("path", ["/health/ready", "/health/live"])
def test_nor_is_the_health_of_one_node(front: Proxy, path: str) -> None:
    assert front.ask(path).status == 404


def test_another_name_or_a_forged_one_leads_nowhere_else(front: Proxy) -> None:
    found = front.ask("/2fa", host="evil.example")
    assert found.all("Location") in ([], [f"https://{HOST}/2fa"])
    assert "evil" not in found.text
    assert 'data-page="login"' not in found.text


def test_on_the_machine_itself_the_counts_of_every_process_come_together(
    server: Running, operator: Operator
) -> None:
    here = f"http://{operator.environment['IDP_BIND']}"

    def asked() -> float:
        status, text = answer(f"{here}/metrics")
        assert status == 200
        start = 'idp_request_seconds_count{room="live",status="2xx"} '
        lines = [line for line in text.splitlines() if line.startswith(start)]
        return float(lines[0].removeprefix(start)) if lines else 0

    before = asked()
    for _ in range(40):
        assert answer(f"{here}/health/live") == (200, "ok")
    assert asked() - before == 40
    assert answer(f"{here}/metrics", headers={"X-Forwarded-For": "127.0.0.1"})[0] == 404


def test_a_client_that_reaches_us_past_the_proxy_cannot_tell_us_our_path(
    server: Running, operator: Operator
) -> None:
    """The machine itself is a trusted proxy here; gunicorn would take this header from one."""
    here = f"http://{operator.environment['IDP_BIND']}"
    told = {"Host": HOST, "SCRIPT_NAME": "/oauth2", "X-Forwarded-For": "192.0.2.1"}
    assert answer(f"{here}/oauth2/jwks", headers=told)[0] == 200
