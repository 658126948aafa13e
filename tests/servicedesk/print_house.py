"""The print house, as it meets us: a certificate, a key that only it has, and OpenSSL to open what we send."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pypdf import PdfReader

from tests.support import machine
from tests.support.house import NOW
from tests.support.run import Run

CODE = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}\b")


@dataclass(frozen=True)
class PrintHouse:
    """Its folder holds `certificate.pem`, which we know, and `key.pem`, which we do not."""

    folder: Path

    @classmethod
    def of(cls, run: Run, name: str = "print-house", bits: int = 3072) -> PrintHouse:
        """Made once per run."""
        folder = run.folder / name
        run.once(name, lambda: _make(folder, bits))
        return cls(folder)

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def opens(self, sealed: bytes) -> list[str]:
        """The text of each page of a batch."""
        opened = subprocess.run(
            [
                machine.openssl(), "cms", "-decrypt", "-inform", "DER", "-binary",
                "-inkey", self.folder / "key.pem", "-recip", self.certificate,
            ],
            input=sealed, capture_output=True, check=True, timeout=30,
        )  # fmt: skip
        return text_of(opened.stdout)


def text_of(document: bytes) -> list[str]:
    """What each page of a PDF says."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(document)).pages]


def code_on(page: str) -> str:
    """The one activation code on a page."""
    (code,) = set(CODE.findall(page))
    return code


def _make(folder: Path, bits: int) -> None:
    key = rsa.generate_private_key(65537, bits)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Drukkerij Voorbeeld")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=365))
        .sign(key, SHA256())
    )
    folder.mkdir()
    (folder / "key.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
