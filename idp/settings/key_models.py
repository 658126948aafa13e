"""The models of security keys that reach *hoog*: a file of the operator's, in the form of the FIDO Metadata Service.

Each entry is one of the payload of its list (FIDO Metadata Service 3, section 3.1.1): `aaguid`, the
`attestationRootCertificates` of its `metadataStatement`, and `statusReports`. Which entries are in the file is the
operator's decision; a model that was reported as broken does not count, even when it is there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

LARGEST_FILE: Final = 32 * 1024 * 1024
"""Bytes; the whole list of all makers has some six million."""
NOT_A_MODEL: Final = str(UUID(int=0))
"""What keys say that do not tell their model."""
#: Section 3.1.4: the reports after which a key may be somebody else's, or be used without its owner.
BROKEN: Final = frozenset(
    {
        "REVOKED",
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    }
)


@dataclass(frozen=True, slots=True)
class KeyModel:
    """One model: what it is called, and the certificates (PEM) to which its attestations lead."""

    aaguid: str
    name: str
    roots: tuple[bytes, ...]


def read(file: Path) -> Mapping[str, KeyModel]:
    """The models by AAGUID; `OSError` or `ValueError` when the file cannot serve, with the reason."""
    if file.stat().st_size > LARGEST_FILE:
        raise ValueError("it is larger than any list of models")
    try:
        entries = json.loads(file.read_bytes())["entries"]
        found = [_model(entry) for entry in entries if "aaguid" in entry]
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, RecursionError) as wrong:
        raise ValueError(
            f"it has not the form of a metadata list ({type(wrong).__name__})"
        ) from wrong
    models = {model.aaguid: model for model in found if model is not None}
    if not models:
        raise ValueError("it names no model whose keys can be told from others")
    return models


def _model(entry: dict[str, Any]) -> KeyModel | None:
    """The model of one entry; `None` for one that was reported as broken."""
    aaguid = str(UUID(entry["aaguid"]))
    if aaguid == NOT_A_MODEL:
        raise ValueError("an entry has the AAGUID of keys that do not tell their model")
    if any(report["status"] in BROKEN for report in entry.get("statusReports", ())):
        return None
    statement = entry["metadataStatement"]
    roots = tuple(
        x509.load_der_x509_certificate(base64.b64decode("".join(each.split()))).public_bytes(
            Encoding.PEM
        )
        for each in statement["attestationRootCertificates"]
    )
    if not roots:
        raise ValueError(f"the entry {aaguid} has no root certificate")
    return KeyModel(aaguid, " ".join(str(statement.get("description", "")).split())[:100], roots)
