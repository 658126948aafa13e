"""Whether a key is of a model that reaches *hoog*: its maker signed for it, and the operator's list has the model.

The signature of the statement is verified by the `webauthn` library, which takes a statement that leads to nobody as
well; who it leads to is decided here (WebAuthn Level 3 sections 7.1 step 24 and 8.2.1). Of the formats only `packed`
counts, the one of keys that are devices of their own.
"""

from __future__ import annotations

from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID
from webauthn.helpers import parse_attestation_object, validate_certificate_chain
from webauthn.helpers.exceptions import InvalidCertificateChain
from webauthn.helpers.structs import AttestationFormat
from webauthn.registration.verify_registration_response import VerifiedRegistration

from idp import settings

#: id-fido-gen-ce-aaguid: the model, in the certificate itself.
_MODEL: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTETS_OF_16: Final = b"\x04\x10"
"""How DER begins sixteen bytes."""


def vouched_for(found: VerifiedRegistration) -> bool:
    """Whether the maker of a listed model signed that this key is one of them; the signature was verified before."""
    model = settings.current().key_models.get(found.aaguid)
    if model is None or found.fmt != AttestationFormat.PACKED:
        return False
    chain = parse_attestation_object(found.attestation_object).att_stmt.x5c
    if not chain or not _is_of(chain[0], found.aaguid):
        return False
    try:
        return validate_certificate_chain(x5c=chain, pem_root_certs_bytes=list(model.roots))
    except InvalidCertificateChain:
        return False


def still_listed(aaguid: str) -> bool:
    """Whether the model is on the list now: it may have been taken off since."""
    return aaguid in settings.current().key_models


def _is_of(leaf: bytes, aaguid: str) -> bool:
    """Section 8.2.1: a certificate for attestations of this model, and for nothing else."""
    certificate = x509.load_der_x509_certificate(leaf)
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    try:
        limits = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        told = certificate.extensions.get_extension_for_oid(_MODEL)
    except x509.ExtensionNotFound:
        return False
    return (
        certificate.version is x509.Version.v3
        and [unit.value for unit in units] == ["Authenticator Attestation"]
        and not limits.ca
        and isinstance(told.value, x509.UnrecognizedExtension)
        and not told.critical
        and told.value.value == _OCTETS_OF_16 + bytes.fromhex(aaguid.replace("-", ""))
    )
