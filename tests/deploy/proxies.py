"""A proxy of the distribution with the configuration that we ship, and a relay that reads what it passes on."""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import machine

HOST = "inloggen.voorbeeld.nl"
#: From where our browser comes: an address of this machine's own that no proxy has.
CAME_FROM = "127.0.0.2"
PATIENCE = 40
SHIPPED = Path(__file__).parents[2] / "deploy"


@dataclass(frozen=True)
class Answer:
    """What came back through a proxy; status 0 when it hung up without a word."""

    status: int
    headers: list[tuple[str, str]]
    text: str

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for header, value in self.headers if header.lower() == name.lower()]


@dataclass
class Relay:
    """Passes on what a proxy sends to the provider, and keeps the heads of the requests."""

    to: int
    heads: list[str] = field(default_factory=list)
    port: int = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[Relay]:
        """Listens on a port of loopback until the end of the block."""
        relay = self

        class Passing(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with socket.create_connection(("127.0.0.1", relay.to)) as there:
                    back = threading.Thread(target=_pour, args=(there, self.request, None))
                    back.start()
                    _pour(self.request, there, relay.heads)
                    back.join()

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        with Server(("127.0.0.1", 0), Passing) as server:
            self.port = server.server_address[1]
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield self
            server.shutdown()

    def passed_on(self) -> dict[str, list[str]]:
        """The headers of the last request, in lower case."""
        found: dict[str, list[str]] = {}
        for line in self.heads[-1].split("\r\n")[1:]:
            name, _, value = line.partition(":")
            found.setdefault(name.lower(), []).append(value.strip())
        return found


def _pour(source: socket.socket, sink: socket.socket, heads: list[str] | None) -> None:
    with contextlib.suppress(OSError):  # either side may be gone before the other
        while part := source.recv(65536):
            if heads is not None and b" HTTP/1." in part.partition(b"\r\n")[0]:
                heads.append(part.partition(b"\r\n\r\n")[0].decode("latin-1"))
            sink.sendall(part)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@dataclass(frozen=True)
class Proxy:
    """One that runs."""

    name: str
    port: int
    plain_port: int
    certificate: Path
    relay: Relay

    @contextlib.contextmanager
    def speak(self) -> Iterator[ssl.SSLSocket]:
        """A connection over TLS, from `CAME_FROM`, on which anything can be said at any pace."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        plain = socket.create_connection(
            ("127.0.0.1", self.port), timeout=PATIENCE, source_address=(CAME_FROM, 0)
        )
        with trusted.wrap_socket(plain, server_hostname=HOST) as spoken:
            yield spoken

    def ask(
        self,
        path: str,
        *more: tuple[str, str],
        method: str = "GET",
        body: bytes | None = None,
        host: str = HOST,
    ) -> Answer:
        """A request over TLS, from `CAME_FROM`, with these headers exactly."""
        connection = http.client.HTTPConnection(HOST)
        with self.speak() as connection.sock:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", host)
            for name, value in more:
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            with contextlib.suppress(OSError):  # a proxy may hang up before it has read all of it
                connection.endheaders(body)
            try:
                response = connection.getresponse()
                text = response.read().decode(errors="replace")
            except (OSError, http.client.HTTPException):
                return Answer(0, [], "")
            return Answer(response.status, response.getheaders(), text)


@contextlib.contextmanager
def proxy(name: str, relay: Relay, certificate: Path, folder: Path) -> Iterator[Proxy]:
    """Start it with the shipped file, in which only addresses and paths of this machine are replaced."""
    program = machine.proxy(name)
    port, plain_port = _free_port(), _free_port()
    here = f"127.0.0.1:{port}"
    key = certificate.with_name("key.pem")
    both = certificate.with_name("both.pem")
    shipped = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "caddy": "Caddyfile"}[name]
    text = (SHIPPED / shipped).read_text("utf-8")
    for written, instead in (
        ("127.0.0.1:8400", f"127.0.0.1:{relay.port}"),
        ("/etc/ssl/idp/certificate.pem", str(certificate)),
        ("/etc/ssl/idp/key.pem", str(key)),
        ("/etc/ssl/idp/both.pem", str(both)),
        ("/var/log/nginx/idp.log", str(folder / "access.log")),
        ("listen 443 ", f"listen {here} "),
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("bind :443 ", f"bind {here} "),
        ("bind :80\n", f"bind 127.0.0.1:{plain_port}\n"),
        ("https_port 443", f"https_port {port}\n\tdefault_bind 127.0.0.1"),
        ("http_port 80", f"http_port {plain_port}"),
    ):
        text = text.replace(written, instead)
    assert not re.search(r"/etc/ssl|:8400|\b443\b", text), "something of the file was not replaced"
    file = folder / shipped
    file.write_text(text, "utf-8")
    if name == "nginx":  # what the distribution's own nginx.conf does around it
        (folder / "around.conf").write_text(_AROUND.format(folder=folder, file=file))
    command = {
        "nginx": ["-c", str(folder / "around.conf"), "-e", str(folder / "error.log")],
        "haproxy": ["-db", "-f", str(file)],
        "caddy": ["run", "--adapter", "caddyfile", "--config", str(file)],
    }[name]
    log = folder / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [program, *command],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        yield Proxy(name, port, plain_port, certificate, relay)
    finally:
        process.terminate()
        try:
            process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


_AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {file};
}}
"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
