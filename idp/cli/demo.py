"""`idp demo`: the provider and an application that trusts it, on this machine, with sample data."""

from __future__ import annotations

import json
import logging
import multiprocessing
import secrets
import signal
import socket
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from idp.cli import demo_people
from idp.cli.deliver import work_beside
from idp.cli.demo_folder import Addresses, DemoFolder, write_private
from idp.cli.demo_servers import Watch, children, give_memory_back, stop_quietly_on_sigterm
from idp.cli.demo_table import tell
from idp.cli.line import NOT_WORKING
from idp.cli.work import settings_of
from idp.errors import WrongInput

if TYPE_CHECKING:
    from subprocess import Popen

_PORT = click.IntRange(1, 65535)
_DIR = click.Path(file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A demo that lies ready to be served."""

    folder: DemoFolder
    addresses: Addresses
    description: dict[str, Any]
    """The contents of `demo.json`."""
    code_waits: bool
    """Whether the new person can still activate."""


@click.command()
@click.option(
    "--port", type=_PORT, default=8400, show_default=True, help="Where the provider listens."
)
@click.option(
    "--rp-port",
    type=_PORT,
    default=8401,
    show_default=True,
    help="Where the demo application listens.",
)
@click.option(
    "--dir", "path", type=_DIR, default="var/demo", show_default=True, help="Where its data lies."
)
@click.option("--fresh", is_flag=True, help="Start over with new sample data.")
@click.option(
    "--tls", is_flag=True, help="Serve both over https, with an own certificate authority."
)
@click.option("--passkeys", is_flag=True, help="Let browsers offer passkeys on the sign-in page.")
def demo(port: int, rp_port: int, path: Path, *, fresh: bool, tls: bool, passkeys: bool) -> int:
    """Run everything here, with sample data.

    The provider and a demo application, until Ctrl-C or SIGTERM. A second start keeps the data. DIR/demo.json appears
    when both answer, and tells everything about them.
    """
    if port == rp_port:
        raise WrongInput("--port and --rp-port must differ")
    for each in (port, rp_port):
        _refuse_taken(each)
    with DemoFolder(path, passkeys=passkeys).held() as folder:
        stop_quietly_on_sigterm()
        try:
            prepared = _prepared(folder, Addresses(port, rp_port, tls), fresh=fresh)
            return _serve_tls(prepared) if tls else _serve(prepared)
        except KeyboardInterrupt:
            return 0


def _prepared(folder: DemoFolder, addresses: Addresses, *, fresh: bool) -> Prepared:
    """Sample data and configurations; made in a child, which takes the memory for it along when it ends."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as child:
        return child.submit(_prepare, folder, addresses, fresh=fresh).result()


def _prepare(folder: DemoFolder, addresses: Addresses, *, fresh: bool) -> Prepared:
    from idp.cli import demo_seed  # here: the process that serves does not need it

    kept = None if fresh else folder.seeded()
    description = (
        demo_seed.seed(folder, addresses)
        if kept is None
        else demo_seed.move(folder, addresses, kept)
    )
    configuration = _relying_party(addresses, description)
    write_private(folder.relying_party, json.dumps(configuration, indent=2, ensure_ascii=False))
    return Prepared(folder, addresses, description, demo_seed.code_still_waits(folder, addresses))


def _relying_party(addresses: Addresses, description: dict[str, Any]) -> dict[str, Any]:
    """The demo application's own configuration."""
    registered = {each["client_id"]: each for each in description["clients"]}
    return {
        "issuer": addresses.issuer,
        "address": addresses.relying_party,
        "bind": f"127.0.0.1:{addresses.rp_port}",
        "session_secret": secrets.token_urlsafe(32),
        "ca_bundle": description.get("ca_bundle"),
        "applications": [
            {
                "id": each.id,
                "name": each.name,
                "description": each.description,
                "client_id": each.id,
                "auth_method": each.auth_method,
                "client_secret": registered[each.id].get("client_secret"),
                "private_jwks": registered[each.id].get("private_jwks"),
                "scope": " ".join(each.scopes),
                "level": each.level,
                "at_laag": demo_people.AT_LAAG.id if each.id == demo_people.AT_LAAG.of else None,
            }
            for each in demo_people.CLIENTS
        ],
    }


def _serve(prepared: Prepared) -> int:
    """The provider here, under waitress; the demo application in a child."""
    from waitress.server import create_server

    from idp import create_app
    from idp.accounts import passwords

    give_memory_back()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # warns when a page has five files
    folder, addresses = prepared.folder, prepared.addresses
    command = [sys.executable, "-m", "relying_party_demo"]
    # The child first: once the server has threads, forking is no longer safe.
    with children([command], {"RELYING_PARTY_CONFIG": str(folder.relying_party)}) as started:
        app = create_app(settings_of(folder.environment(addresses)))
        passwords.be_ready()
        work_beside(app)
        try:
            server = create_server(
                app,
                listen=f"127.0.0.1:{addresses.port}",
                threads=4,
                ident=None,
                max_request_body_size=1024 * 1024,
                # what a proxy says is weighed in one place, ours; taken away, /metrics would take it for this machine
                clear_untrusted_proxy_headers=False,
            )
        except OSError as taken:
            raise WrongInput(f"port {addresses.port} cannot be used: {taken.strerror}") from taken
        watch = _watch(prepared, started)
        server.run()  # returns after Ctrl-C or SIGTERM
    server.close()
    return _ending(watch.trouble)


def _serve_tls(prepared: Prepared) -> int:
    """Both in children under gunicorn, because waitress speaks no TLS."""
    folder, addresses = prepared.folder, prepared.addresses
    certificate = [str(folder.tls / "server.pem"), str(folder.tls / "server.key")]
    commands = [
        [sys.executable, "-m", "idp.cli.demo_tls", which, f"127.0.0.1:{port}", *certificate]
        for which, port in (("provider", addresses.port), ("relying-party", addresses.rp_port))
    ]
    environment = {"RELYING_PARTY_CONFIG": str(folder.relying_party)}
    with children(commands, environment | folder.environment(addresses)) as started:
        watch = _watch(prepared, started)
        try:
            while True:
                signal.pause()
        except SystemExit:
            pass
    return _ending(watch.trouble)


def _watch(prepared: Prepared, started: list[Popen[bytes]]) -> Watch:
    """Announce the demo once both servers answer."""
    folder, addresses = prepared.folder, prepared.addresses

    def ready() -> None:
        folder.announce()
        tell(folder, prepared.description, code_waits=prepared.code_waits)

    watch = Watch(
        (
            f"{addresses.issuer}/.well-known/openid-configuration",
            f"{addresses.relying_party}/health",
        ),
        started,
        ready,
        ca=folder.tls / "ca.pem" if addresses.tls else None,
    )
    watch.start()
    return watch


def _ending(trouble: str | None) -> int:
    if trouble is None:
        return 0
    click.echo(f"idp: {trouble}; the demo has stopped", err=True)
    return NOT_WORKING


def _refuse_taken(port: int) -> None:
    """Say early that something else listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as taken:
            raise WrongInput(
                f"port {port} cannot be used ({taken.strerror}); choose others with --port and --rp-port, "
                "or with make: PORT= and RP_PORT="
            ) from taken
