"""`idp serve`: the production server, gunicorn with threads, behind a proxy that does TLS."""

from __future__ import annotations

import errno
import gc
import os
import select
import shutil
import socket
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import click
from flask import Flask

from idp import clock, keyring, logs, metrics
from idp.cli.answers import say
from idp.cli.deliver import work_beside
from idp.cli.demo_values import refuse_outside_the_demo
from idp.cli.work import at_work, settings_of
from idp.errors import WrongInput
from idp.settings import Settings

THREADS = 4
#: Milliseconds that a thread waits for the next request on a connection that it just answered.
STAYS = 5
#: A `state` and a `nonce` of 2048 characters and a `claims` parameter fit; the default (4094) is too short.
LONGEST_REQUEST_LINE = 8190
#: What stays readable in a path.
_PATH = "/@:!$&'()*+,;="


@click.command()
def serve() -> None:
    """Serve the provider, for real.

    At IDP_BIND with IDP_WORKERS processes, until SIGTERM; SIGHUP starts them afresh without losing a request.
    """
    from idp import migrations  # here: no worker needs Alembic

    settings = settings_of()
    refuse_outside_the_demo(settings)
    if (found := migrations.current(settings.database_url)) is None:
        raise WrongInput("the database has no tables; run `idp db upgrade`")
    if found != migrations.head():
        say(
            f"Note: the database is at {found}, this release knows {migrations.head()}; see `idp db`."
        )
    with at_work(settings, keep=False):
        if not any(
            key.state == "active" and key.alg in keyring.SIGNING for key in keyring.listing()
        ):
            raise WrongInput("there is no signing key; run `idp keys rotate`")
    refuse_taken(settings.bind)

    folder = tempfile.mkdtemp(prefix="idp-metrics-")
    os.environ[metrics.FOLDER] = folder  # before a worker loads the library, which looks there once

    def provider() -> Flask:
        from idp import create_app  # in the worker, so that each has its own
        from idp.accounts import passwords

        app = create_app(settings)
        passwords.be_ready()
        work_beside(app)
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not walk through it again and again
        return app

    def no_longer_counts(_server: Any) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    serve_with(provider, options_of(settings) | {"on_exit": no_longer_counts})


def refuse_taken(bind: str) -> None:
    """`WrongInput` when nothing can listen there now; gunicorn would try five seconds and say so ten times."""
    from gunicorn.util import parse_address  # here: only this verb needs it

    if {"GUNICORN_FD", "LISTEN_FDS"} & os.environ.keys():
        return  # gets the socket of the process before it (SIGUSR2), or systemd's
    for each in bind.split(","):
        try:
            address = parse_address(each.strip())
            if not isinstance(address, tuple):
                continue  # a socket in a file, or one that is open already
            family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(address)
        except (OSError, OverflowError, RuntimeError) as wrong:
            if isinstance(wrong, OSError) and wrong.errno == errno.EADDRINUSE:
                raise WrongInput(f"{each} is taken; stop the other one or set IDP_BIND") from wrong
            why = getattr(wrong, "strerror", None) or wrong
            raise WrongInput(f"IDP_BIND: {each} cannot be used: {why}") from wrong


def options_of(settings: Settings) -> dict[str, Any]:
    """The server's settings, in gunicorn's words."""
    return {
        "bind": settings.bind,
        "workers": settings.workers,
        "threads": THREADS,
        "preload_app": False,  # so that no connection to the database is shared across a fork
        "timeout": 60,
        "graceful_timeout": 30,
        "keepalive": 5,
        "limit_request_line": LONGEST_REQUEST_LINE,
        "forwarded_allow_ips": ",".join(settings.trusted_proxies),
        "forwarder_headers": "",  # no proxy of ours tells the path; HAProxy and Caddy let anybody send these
        "accesslog": "-",
        "errorlog": "-",
        "loglevel": settings.log_level,
        "proc_name": "idp",
        "control_socket_disable": True,  # signals are all we need
    }


def access_line(request: Any, response: Any, environ: Mapping[str, Any], took: timedelta) -> str:
    """One line about one request, in which nothing that was sent can end the line or a field and begin another.

    The path comes decoded, so a %0d%0a in it is a new line; it is quoted anew, also its spaces and quotes.
    """
    path = quote(environ["PATH_INFO"], safe=_PATH, encoding="latin-1", errors="backslashreplace")
    method = quote(request.method, safe="", errors="backslashreplace")
    at = clock.now().isoformat(timespec="milliseconds")
    status, sent = response.status.partition(" ")[0], getattr(response, "sent", 0)
    return (
        f'{environ.get("REMOTE_ADDR", "-")} {at} "{method} {path}" {status} {sent} '
        f"{took / timedelta(milliseconds=1):.0f}ms {logs.reference() or '-'}"
    )


def _comes(conn: Any) -> bool:
    """Whether this connection, just answered and kept, brings something more within moments."""
    if conn.parser.unreader.buf.getvalue():
        return (
            False  # read ahead already, so the socket says nothing of it; gunicorn knows what to do
        )
    poll = select.poll()
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(STAYS))


def serve_with(make: Callable[[], Flask], options: dict[str, Any]) -> None:
    """Serve what `make` gives, once per worker, until told to stop."""
    from gunicorn.app.base import BaseApplication  # here: only this verb needs it
    from gunicorn.glogging import Logger
    from gunicorn.workers.gthread import ThreadWorker

    from idp.cli.threads import LastFirst

    class OneLineEach(Logger):
        """Gunicorn's logger with an access log of our own, which costs a tenth of its template's."""

        def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
            self.access_log.info(access_line(req, resp, environ, request_time))

    class Worker(ThreadWorker):
        """Gunicorn's threads, of which the one that ended last works next, and stays with a busy connection."""

        def get_thread_pool(self) -> Any:
            self._threads = LastFirst(self.cfg.threads)
            return self._threads

        def handle(self, conn: Any) -> Any:
            """Answer a request, and the one after it where that comes at once: nothing goes round the main thread."""
            kept: Any = super().handle(conn)
            while kept is True and self.alive and self._threads.can_take_more and _comes(conn):
                kept = super().handle(conn)
            return kept

    class Server(BaseApplication):
        """Gunicorn with our options only: neither its environment variable nor a file of its own is read."""

        def load_config(self) -> None:
            self.cfg.set("logger_class", OneLineEach)
            self.cfg.set("worker_class", Worker)
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return make()

    Server().run()
