"""Attacks by addresses that applications register: into our own network, round in circles, without end."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from idp import outward
from idp.cli.demo_tls import make_certificates
from idp.database import db
from idp.outward import CannotReach
from idp.settings import Settings
from tests.support.house import ROOT_SECRET

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def listening(answer: Callable[[socket.socket], object]) -> Iterator[tuple[int, list[bytes]]]:
    """A server on loopback that answers every connection in this way; gives its port and what was asked."""
    asked: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return  # the test is over
            with line, suppress(OSError):  # where the caller had enough
                asked.append(line.recv(65_536))
                answer(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], asked
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def saying(answer: bytes) -> Callable[[socket.socket], object]:
    return lambda line: line.sendall(answer)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A root secret in a file."""
    file = tmp_path / "secret"
    file.write_text(ROOT_SECRET)
    return file


@contextmanager
def inside(secret: Path, **settings: Any) -> Iterator[None]:
    """An application with these settings and a database of its own."""
    app = Flask("calls")
    given = {"issuer": "http://localhost:8400", "allow_file_keys": True, "secret_file": secret}
    app.config["IDP"] = Settings(**(given | settings))
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        yield


@pytest.fixture
def here(secret: Path) -> Iterator[None]:
    """A provider on loopback, which may call loopback."""
    with inside(secret):
        yield


@pytest.fixture
def true_one(secret: Path) -> Iterator[None]:
    """A provider with a public issuer."""
    with inside(secret, issuer="https://inloggen.voorbeeld.nl"):
        yield


def refused(url: str) -> str:
    with pytest.raises(CannotReach) as refusal:
        outward.get(url, accept="application/json")
    return refusal.value.why


@pytest.mark.usefixtures("here")
def test_an_answer_comes_back_with_its_kind_and_how_long_it_holds() -> None:
    headers = OK + b"Cache-Control: public, max-age=600\r\nContent-Length: 2\r\n\r\n{}"
    with listening(saying(headers)) as (port, asked):
        answer = outward.fetch(f"http://127.0.0.1:{port}/keys?a=b#part", accept="application/json")
    assert (answer.status, answer.content_type, answer.body, answer.max_age) == (
        200,
        "application/json",
        b"{}",
        600,
    )
    lines = asked[0].split(b"\r\n")
    assert lines[0] == b"GET /keys?a=b HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}".encode() in lines


@pytest.mark.usefixtures("here")
def test_a_form_is_posted_once_and_any_status_comes_back() -> None:
    with listening(saying(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")) as (
        port,
        asked,
    ):
        answer = outward.post_form(f"http://localhost:{port}/uit", {"logout_token": "a b&c"})
    assert answer.status == 400
    assert len(asked) == 1
    assert asked[0].startswith(b"POST /uit HTTP/1.1\r\n")


@pytest.mark.usefixtures("true_one")
@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1", "240.0.0.1"),
        *("::1", "::", "fe80::1", "fd00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1"),
        *("168.63.129.16", "::ffff:168.63.129.16", "3fff::1"),
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1"),
    ],
)
def test_a_name_that_leads_into_a_network_of_ours_is_not_called(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 443))
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda *_args, **_kwargs: [public, (family, socket.SOCK_STREAM, 6, "", (address, 443))],
    )
    monkeypatch.setattr(socket, "create_connection", lambda *_args: pytest.fail("it was called"))
    assert "not on a public network" in refused("https://applicatie.voorbeeld.nl/keys")


@pytest.mark.usefixtures("true_one")
def test_loopback_in_every_spelling_leads_nowhere() -> None:
    with listening(saying(OK)) as (port, asked):
        for host in ("127.0.0.1", "127.8.8.8", "localhost", "[::1]"):
            assert refused(f"https://{host}:{port}/")
        assert "https" in refused(f"http://127.0.0.1:{port}/")
    assert asked == []


def test_a_network_that_the_body_named_may_be_called(secret: Path) -> None:
    with (
        inside(secret, issuer="https://inloggen.voorbeeld.nl", outward_networks="127.0.0.0/8"),
        listening(saying(OK)) as (port, asked),
    ):
        assert "secure" in refused(f"https://127.0.0.1:{port}/")  # reached, though it speaks no TLS
        assert len(asked) == 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "address",
    [
        "ftp://localhost/keys",
        "file:///etc/passwd",
        "https:///keys",
        "https://user@localhost/",
        "https://user:secret@localhost/",
        "https://localhost:99999/",
        "https://localhost/\r\nX-Extra: 1",
        "https://localhost/met spatie",
        "https://bücher.example/",
        "https://[::1/",
        "https://localhost/" + "a" * 2_048,
        "http://rp.localhost/",
        "",
    ],
)
def test_what_is_no_address_is_not_called(address: str) -> None:
    assert refused(address)


@pytest.mark.usefixtures("true_one")
@pytest.mark.parametrize(
    "address",
    [
        "https://inloggen.voorbeeld.nl/oauth2/jwks",
        "https://INLOGGEN.voorbeeld.nl./",
        "https://inloggen.voorbeeld.nl:443/",
        "https://inloggen.voorbeeld.nl:8443/",
    ],
)
def test_we_never_call_ourselves(address: str) -> None:
    """Nor is the name looked up: that would fail this test."""
    assert refused(address) == "the address is one of our own"


@pytest.mark.usefixtures("here")
def test_on_loopback_the_port_says_whether_it_is_ours() -> None:
    for host in ("localhost", "127.0.0.1", "[::1]"):
        assert refused(f"http://{host}:8400/") == "the address is one of our own"
    with listening(saying(OK + b"Content-Length: 2\r\n\r\n{}")) as (port, _):
        assert outward.get(f"http://127.0.0.1:{port}/", accept="*/*") == b"{}"


@pytest.mark.usefixtures("true_one")
def test_a_name_that_takes_its_time_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: over.wait(20) and [])
    monkeypatch.setattr(outward, "SECONDS", 0.2)
    begun = time.monotonic()
    try:
        for _ in range(3):
            assert "resolve" in refused("https://traag.voorbeeld.nl/")
        assert time.monotonic() - begun < 5
    finally:
        over.set()


@pytest.mark.usefixtures("true_one")
def test_names_that_take_their_time_are_no_threads_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over, before = threading.Event(), threading.active_count()
    ended = threading.Semaphore(0)

    def slow(*_args: object, **_kwargs: object) -> list[object]:
        over.wait(20)
        ended.release()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    monkeypatch.setattr(outward, "SECONDS", 0.0)
    try:
        said = [refused("https://traag.voorbeeld.nl/") for _ in range(outward.LOOKUPS + 2)]
        assert threading.active_count() - before <= outward.LOOKUPS
        assert said[-1] == "too many names are being resolved already"
    finally:
        over.set()
    for _ in range(said.count(said[0])):
        assert ended.acquire(timeout=20)


@pytest.mark.usefixtures("here")
def test_a_redirect_is_not_followed() -> None:
    with listening(saying(OK + b"Content-Length: 2\r\n\r\n{}")) as (port, asked):
        away = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\n\r\n".encode()
        with listening(saying(away)) as (first, _):
            assert refused(f"http://127.0.0.1:{first}/") == "it answered 302"
        assert asked == []


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "answer",
    [
        OK + b"\r\n" + b"x" * (outward.LONGEST + 1),
        OK + b"Content-Length: 99999999999\r\n\r\n" + b"x" * (outward.LONGEST + 1),
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 4,
    ],
    ids=["until it hangs up", "with a length", "in chunks"],
)
def test_an_answer_without_end_is_cut_off(answer: bytes) -> None:
    with listening(saying(answer)) as (port, _):
        assert refused(f"http://127.0.0.1:{port}/") == "it answered more than 65536 bytes"


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "answer",
    [b"", b"geen http\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", OK + b"x: y\r\n" * 200 + b"\r\n"],
    ids=["nothing", "not http", "no status", "too many headers"],
)
def test_an_answer_that_is_none_is_refused_in_one_way(answer: bytes) -> None:
    with listening(saying(answer)) as (port, _):
        assert "connection broke" in refused(f"http://127.0.0.1:{port}/")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("begin", [b"", OK, OK + b"\r\n"], ids=["status", "headers", "body"])
def test_a_byte_now_and_then_keeps_nobody_waiting(
    begin: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "SECONDS", 0.6)

    def drip(line: socket.socket) -> None:
        line.sendall(begin)
        for _ in range(200):
            line.sendall(b"x")
            time.sleep(0.05)

    with listening(drip) as (port, _):
        begun = time.monotonic()
        assert refused(f"http://127.0.0.1:{port}/") == "it took too long"
        assert time.monotonic() - begun < 5


@pytest.mark.usefixtures("here")
def test_a_handshake_that_never_ends_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outward, "SECONDS", 0.4)
    wait = threading.Event()
    with listening(lambda _line: wait.wait(3)) as (port, _):
        assert refused(f"https://127.0.0.1:{port}/") == "it took too long"
        wait.set()


@contextmanager
def speaking_tls(folder: Path) -> Iterator[int]:
    make_certificates(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")

    def answer(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as safe:
            if (asked := safe.recv(65_536))[:4] == b"POST" and not asked.endswith(b"{}"):
                safe.recv(65_536)  # a body left unread takes our answer with it when we hang up
            safe.sendall(OK + b"Content-Length: 2\r\n\r\n{}")

    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
                answer(line)
            except ssl.SSLError:
                continue  # the caller did not trust us
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def test_a_certificate_counts_only_when_its_authority_is_named_and_the_name_is_right(
    secret: Path, tmp_path: Path
) -> None:
    with speaking_tls(tmp_path / "tls") as port:
        with inside(secret):
            assert "certificate" in refused(f"https://localhost:{port}/")
        with inside(secret, ca_bundle=tmp_path / "tls" / "ca.pem"):
            assert outward.get(f"https://localhost:{port}/", accept="*/*") == b"{}"
            assert outward.get(f"https://127.0.0.1:{port}/", accept="*/*") == b"{}"


def test_a_right_authority_with_another_name_is_refused(
    secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with speaking_tls(tmp_path / "tls") as port:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
        with inside(secret, ca_bundle=tmp_path / "tls" / "ca.pem"):
            assert "certificate" in refused(f"https://applicatie.voorbeeld.nl:{port}/")


@pytest.mark.usefixtures("here")
def test_no_call_is_made_while_a_transaction_is_open() -> None:
    db.session.connection()
    with listening(saying(OK)) as (port, asked):
        with pytest.raises(RuntimeError, match="transaction"):
            outward.get(f"http://127.0.0.1:{port}/", accept="*/*")
        assert asked == []
    db.session.rollback()


def test_a_name_with_addresses_without_end_takes_no_longer_than_another(
    secret: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def silent(place: tuple[str, int], timeout: float) -> socket.socket:
        tried.append(place[0])
        time.sleep(timeout)
        raise TimeoutError

    many = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"9.9.{each // 250}.{each % 250}", 443))
        for each in range(2_000)
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
    monkeypatch.setattr(socket, "create_connection", silent)
    monkeypatch.setattr(outward, "SECONDS", 0.2)
    began = time.monotonic()
    with inside(secret), pytest.raises(CannotReach, match="it took too long"):
        outward.get("https://veel.voorbeeld.nl/", accept="*/*")
    assert time.monotonic() - began < 2
    assert len(tried) < 5
