"""The demo, and a provider for a conformance suite, over https: an authority of its own, and gunicorn that speaks TLS.

python -m idp.cli.demo_tls provider|relying-party BIND CERTIFICATE KEY
"""

from __future__ import annotations

import ipaddress
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from flask import Flask

from idp import clock
from idp.cli.deliver import work_beside
from idp.cli.demo_folder import write_private
from idp.cli.serve import options_of, serve_with
from idp.cli.work import settings_of

LASTS = timedelta(days=397)
#: Every name that means this machine; `rp.localhost` is another site, for those who test that.
NAMES = ("localhost", "rp.localhost")
ADDRESSES = ("127.0.0.1", "::1")


def make_certificates(folder: Path, *, host: str = "localhost") -> None:
    """Make an authority and one certificate for `host` and this machine, unless those here last another week.

    The authority's key is thrown away, and its certificate is good for these names only: who trusts it in a browser
    risks nothing else.
    """
    if _still_good(folder / "server.pem", host):
        return
    names = NAMES if host in NAMES or host in ADDRESSES else (host, *NAMES)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    ca_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    ca_name = _name(f"Demo-CA {clock.now():%Y-%m-%d %H:%M}, alleen voor {host}"[:64])
    ca = _authority(ca_key, ca_name, names)
    server = (
        _builder(_name("localhost"), ca_name, server_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    *map(x509.DNSName, names),
                    *(x509.IPAddress(ipaddress.ip_address(each)) for each in ADDRESSES),
                ]
            ),
            critical=False,
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
        .sign(ca_key, hashes.SHA256())
    )
    key_text = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(folder / "server.key", key_text.decode())
    write_private(folder / "ca.pem", ca.public_bytes(serialization.Encoding.PEM).decode())
    write_private(folder / "server.pem", server.public_bytes(serialization.Encoding.PEM).decode())


def _authority(
    key: ec.EllipticCurvePrivateKey, name: x509.Name, names: tuple[str, ...]
) -> x509.Certificate:
    permitted: list[x509.GeneralName] = [*map(x509.DNSName, names)]
    for each in ADDRESSES:
        permitted.append(x509.IPAddress(ipaddress.ip_network(each)))  # noqa: PERF401  # two kinds in one list
    return (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = clock.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _still_good(certificate: Path, host: str) -> bool:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError):
        return False
    named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {*named.get_values_for_type(x509.DNSName), *ADDRESSES}
    return host in known and found.not_valid_after_utc > clock.now() + timedelta(days=7)


def main(which: str, bind: str, certificate: str, key: str) -> None:
    """Serve one of the two until SIGTERM."""
    options: dict[str, Any] = {
        "certfile": certificate,
        "keyfile": key,
        "workers": 1,
        "accesslog": None,
        "loglevel": "warning",
    }
    if which == "provider":
        settings = settings_of()

        def provider() -> Flask:
            from idp import create_app  # in the worker

            app = create_app(settings)
            work_beside(app)
            return app

        serve_with(provider, options_of(settings) | options | {"bind": bind})
    else:
        serve_with(
            relying_party,
            {"worker_class": "gthread", "threads": 4, "control_socket_disable": True, "bind": bind}
            | options,
        )


def relying_party() -> Flask:
    """The demo application; a guest in this process, which knows the provider by HTTP only."""
    from relying_party_demo.app import create_app
    from relying_party_demo.configuration import load

    return create_app(load(Path(os.environ["RELYING_PARTY_CONFIG"])))


if __name__ == "__main__":
    main(*sys.argv[1:])
