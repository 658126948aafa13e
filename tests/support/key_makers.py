"""A maker of security keys: a root certificate, certificates for models, and the list that an operator would have."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

MODEL_OID: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
LISTED: Final = uuid5(UUID(int=1), "a listed model")
OTHER: Final = uuid5(UUID(int=1), "another model")


def _name(unit: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "NL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker van voorbeelden"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


@dataclass
class Maker:
    """Makes keys of models, and vouches for them."""

    root: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    @property
    def certificate(self) -> x509.Certificate:
        """The root's own."""
        name = _name("Roots", "Root of examples")
        return self._signed(name, self.root.public_key(), ca=True, model=None)

    def leaf(self, public: Any, model: UUID | None, **bent: Any) -> bytes:
        """A certificate (DER) for attestations of a model."""
        name = _name(bent.get("unit", "Authenticator Attestation"), "Keys of examples")
        made = self._signed(name, public, ca=bent.get("ca", False), model=model)
        return made.public_bytes(Encoding.DER)

    def _signed(
        self, name: x509.Name, public: Any, *, ca: bool, model: UUID | None
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(_name("Roots", "Root of examples"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3000))
            .not_valid_after(now + timedelta(days=3000))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if model is not None:
            told = x509.UnrecognizedExtension(MODEL_OID, b"\x04\x10" + model.bytes)
            builder = builder.add_extension(told, critical=False)
        return builder.sign(self.root, hashes.SHA256())

    def entry(self, model: UUID = LISTED, *, status: str = "FIDO_CERTIFIED_L1") -> dict[str, Any]:
        """What the list says of a model."""
        root = base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        return {
            "aaguid": str(model),
            "metadataStatement": {
                "description": "Sleutel van een voorbeeld",
                "attestationRootCertificates": [root],
            },
            "statusReports": [{"status": status}],
        }


def listed(folder: Path, *entries: dict[str, Any]) -> Path:
    """The operator's file."""
    file = folder / "key-metadata.json"
    file.write_text(json.dumps({"entries": list(entries)}), encoding="utf-8")
    return file
