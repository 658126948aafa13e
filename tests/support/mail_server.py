"""A mail server on loopback that speaks enough SMTP (RFC 5321) to take a mail, and misbehaves as told."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Final

PATIENCE: Final = 20


@dataclass
class MailServer:
    """Where mails arrive, and how they are answered."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """To whom, by the envelope, and what."""
    refuses: str = ""
    """The command that gets a 550."""
    silent: bool = False
    """Takes the connection and says nothing, until it is closed."""
    trust: ssl.SSLContext | None = None
    """With this it offers STARTTLS."""
    passwords: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def settings(self) -> dict[str, Any]:
        """What a house needs to know of it."""
        return {
            "smtp_host": "localhost",
            "smtp_port": self.port,
            "smtp_security": "starttls" if self.trust else "none",
            "smtp_from": "geen-antwoord@voorbeeld.nl",
        }


class _Handler(socketserver.StreamRequestHandler):
    timeout = PATIENCE

    def handle(self) -> None:
        here = self.here
        if here.silent:
            here.ended.wait(PATIENCE)
            return
        self.say("220 mail.example")
        self.to, self.secure = "", False
        while line := self.rfile.readline():
            said = line.decode().strip()
            verb = said.partition(" ")[0].upper()
            if verb == here.refuses:
                self.say("550 no")
            else:
                self.answer(verb, said)

    @property
    def here(self) -> MailServer:
        server = self.server
        assert isinstance(server, _Server)
        return server.here

    def answer(self, verb: str, said: str) -> None:
        match verb:
            case "EHLO":
                offers = ["AUTH PLAIN"] if self.secure else ["STARTTLS"] if self.here.trust else []
                for each in ["mail.example", *offers]:
                    self.say(f"250-{each}")
                self.say("250 8BITMIME")
            case "STARTTLS" if self.here.trust is not None:
                self.say("220 go on")
                self.connection = self.here.trust.wrap_socket(self.connection, server_side=True)
                self.rfile = self.connection.makefile("rb")
                self.secure = True
            case "AUTH":
                self.here.passwords.append(said)
                self.say("235 welcome")
            case "DATA":
                self.say("354 go on")
                self.here.mails.append((self.to, self.letter()))
                self.say("250 taken")
            case "QUIT":
                self.say("221 bye")
            case _:
                if verb == "RCPT":
                    self.to = said.partition("<")[2].partition(">")[0]
                self.say("250 ok")

    def letter(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        read = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(read, EmailMessage)
        return read

    def say(self, words: str) -> None:
        self.connection.sendall(f"{words}\r\n".encode())

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the one that speaks TLS is not the one that the server closes


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, here: MailServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.here = here
        here.port = self.server_address[1]

    def handle_error(self, *_about: Any) -> None:
        """A client that hangs up is what some tests are about."""


@contextmanager
def mail_server(trust: ssl.SSLContext | None = None) -> Iterator[MailServer]:
    """Listen on a free port of loopback, until the end of the block."""
    with _Server(MailServer(trust=trust)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.here
        finally:
            server.here.ended.set()
            server.shutdown()
            thread.join(PATIENCE)
