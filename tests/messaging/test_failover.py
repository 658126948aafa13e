"""A provider whose line itself goes wrong: the next one has the message in time, and each was asked once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from idp import clock, outward
from idp.messaging.outgoing import State
from tests.messaging.counterparts import PATIENCE, Counterpart
from tests.messaging.scene import ask_for_a_code, house_with, newest, state, text_code

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
YES: Final = b'{"status": "queued"}'
Line = Callable[[socket.socket, threading.Event], None]


def is_silent(_line: socket.socket, over: threading.Event) -> None:
    over.wait(PATIENCE)


def closes(_line: socket.socket, _over: threading.Event) -> None:
    """Says nothing and hangs up."""


def answers_by_the_byte(line: socket.socket, over: threading.Event) -> None:
    """Always in time for the next byte, never for the whole."""
    line.sendall(HEAD + b"Content-Length: 60000\r\n\r\n")
    while not over.wait(0.02):
        line.sendall(b" ")


def stops_in_its_headers(line: socket.socket, over: threading.Event) -> None:
    line.sendall(HEAD)
    over.wait(PATIENCE)


def stops_half_way(line: socket.socket, _over: threading.Event) -> None:
    line.sendall(HEAD + b"Content-Length: 500\r\n\r\n" + YES)


def speaks_something_else(line: socket.socket, _over: threading.Event) -> None:
    line.sendall(b"220 sms.voorbeeld.nl ESMTP\r\n")


def never_ends(line: socket.socket, over: threading.Event) -> None:
    line.sendall(HEAD + b"\r\n")
    while not over.is_set():
        line.sendall(b" " * 4096)


def answers_no_and_then_yes(line: socket.socket, _over: threading.Event) -> None:
    no = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    line.sendall(no + HEAD + b"Content-Length: 20\r\n\r\n" + YES)


TROUBLES: Final = (
    is_silent,
    closes,
    answers_by_the_byte,
    stops_in_its_headers,
    stops_half_way,
    speaks_something_else,
    never_ends,
    answers_no_and_then_yes,
)


@contextmanager
def listening(trouble: Line) -> Iterator[tuple[str, list[str]]]:
    """A server that reads a request and then does that; its address, and the first lines of what it was asked."""
    asked: list[str] = []
    over = threading.Event()
    with closing(socket.create_server(("127.0.0.1", 0))) as door:

        def answer(line: socket.socket) -> None:
            with line, suppress(OSError):  # who is tired of us hangs up
                asked.append(line.recv(65_536).split(b"\r\n")[0].decode())
                trouble(line, over)

        def serve() -> None:
            with suppress(OSError):  # the door closes at the end
                while True:
                    line, _ = door.accept()
                    threading.Thread(target=answer, args=(line,), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}/send", asked
        finally:
            over.set()
            door.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)
            assert not thread.is_alive()


def described(folder: Path, address: str) -> Path:
    file = folder / "gateway.toml"
    file.write_text(
        f'[sms]\naddress = "{address}"\naccepted_field = "status"\naccepted_value = "queued"\n'
        '[sms.body]\nto = "{to}"\ntext = "{text}"\n',
        encoding="utf-8",
    )
    return file


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_next_provider_has_the_message_and_each_was_asked_once(
    provider: Counterpart,
    database_url: str,
    folder: Path,
    time: clock.Standing,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Line,
) -> None:
    assert outward.GATEWAY_SECONDS < 5, "the next one is asked within five seconds"
    monkeypatch.setattr(outward, "GATEWAY_SECONDS", 0.3)
    with listening(trouble) as (address, asked):
        given = {"http_gateway_file": described(folder, address)}
        house = house_with(provider, database_url, folder, texts=["http", "cm"], **given)
        browser, page = ask_for_a_code(house)
        assert (page.error, state(house), newest(house).gateway) == (None, State.HANDED, "cm")
        assert (asked, len(provider.asked)) == (["POST /send HTTP/1.1"], 1)
        assert newest(house).asked == "http,cm,"
    assert browser.submit("volgende", code=text_code(provider)).name == "portal"


@pytest.mark.parametrize("trouble", [is_silent, answers_by_the_byte, closes])
def test_when_it_was_the_only_one_the_page_says_so_and_the_person_can_ask_again(
    provider: Counterpart,
    database_url: str,
    folder: Path,
    time: clock.Standing,
    monkeypatch: pytest.MonkeyPatch,
    trouble: Line,
) -> None:
    monkeypatch.setattr(outward, "GATEWAY_SECONDS", 0.3)
    with listening(trouble) as (address, asked):
        given = {"http_gateway_file": described(folder, address)}
        house = house_with(provider, database_url, folder, texts=["http"], **given)
        browser, page = ask_for_a_code(house)
        assert (page.name, page.error, page.status) == ("second-factor", "not-sent", 200)
        assert newest(house).content_sealed is None
        assert browser.submit("opnieuw").error == "not-sent"
        assert len(asked) == 2
