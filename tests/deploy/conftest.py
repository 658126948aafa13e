"""One `idp serve`, and each proxy of the distribution in front of it with the configuration that we ship."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cli.operator import Operator
from tests.cli.processes import Running, answer, free_ports, running
from tests.deploy.proxies import HOST, Proxy, Relay, proxy
from tests.support.databases import SqliteDatabases
from tests.support.machine import PROXIES


@pytest.fixture(scope="module")
def operator(
    tmp_path_factory: pytest.TempPathFactory, sqlite_databases: SqliteDatabases
) -> Operator:
    """Whoever installed it: two processes, behind a proxy on the same machine."""
    folder = tmp_path_factory.mktemp("idp")
    secret = folder / "secret"
    secret.write_text("5e" * 32)
    secret.chmod(0o600)
    [port] = free_ports(1)
    settings = {
        "IDP_ISSUER": f"https://{HOST}",
        "IDP_DATABASE_URL": sqlite_databases.migrated(folder),
        "IDP_KEYS": f"file:{folder}/keys",
        "IDP_SECRET_FILE": str(secret),
        "IDP_ALLOW_FILE_KEYS": "1",
        "IDP_OPERATOR": "joke",
        "IDP_BIND": f"127.0.0.1:{port}",
        "IDP_WORKERS": "2",
        "IDP_TRUSTED_PROXIES": "127.0.0.1",
    }
    operator = Operator(settings, folder)
    operator.types("keys", "rotate", "--alg", "ES256")
    return operator


@pytest.fixture(scope="module")
def server(operator: Operator) -> Iterator[Running]:
    """`idp serve`, for all tests here."""
    bind = operator.environment["IDP_BIND"]
    with running("serve", folder=operator.folder, environment=operator.environment) as server:
        server.wait_until(lambda: answer(f"http://{bind}/health/ready")[0] == 200)
        yield server


@pytest.fixture(scope="module")
def relay(server: Running, operator: Operator) -> Iterator[Relay]:
    """Between proxy and provider, to see what is passed on."""
    port = int(operator.environment["IDP_BIND"].rpartition(":")[2])
    with Relay(port).running() as relay:
        yield relay


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name of the service, its key beside it, and both in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    for file, text in (
        ("certificate.pem", public),
        ("key.pem", private),
        ("both.pem", public + private),
    ):
        (folder / file).write_bytes(text)
        (folder / file).chmod(0o644)  # nginx reads it as its own user
    return folder / "certificate.pem"


@pytest.fixture(scope="module", params=sorted(PROXIES))
def front(
    request: pytest.FixtureRequest,
    relay: Relay,
    certificate: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """Each proxy in turn, started once."""
    folder = tmp_path_factory.mktemp(request.param)
    with proxy(request.param, relay, certificate, folder) as front:
        yield front
