"""What is said between a page and a key: the two kinds of options, and reading the two kinds of answers.

Grammar and signatures are the `webauthn` library's (WebAuthn Level 3 sections 7.1 and 7.2); what it leaves open is
decided here: which origin, which algorithms, which flags. No rows, no accounts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_registration_credential_json,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from idp import settings
from idp.mfa import attestation
from idp.mfa.key_challenges import Challenge

LONGEST: Final = 16 * 1024
"""Characters of one answer; real ones have one or two thousand."""
LONGEST_KEY_ID: Final = 1023
ALGORITHMS: Final = (
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
)
RSA_BITS: Final = range(2048, 4097)
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class Unacceptable(Exception):
    """Why an answer does not count, in words of ours: for the audit trail, never with what was sent in it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A key as options name it."""

    key_id: bytes
    transports: Sequence[str]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer whose shape is right and whose origin is ours; nothing in it is verified yet."""

    credential: dict[str, Any]
    key_id: bytes
    challenge: str
    user_handle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made."""

    key_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    backup_eligible: bool
    backed_up: bool
    aaguid: str
    attested: bool
    user_verified: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a key said when it signed."""

    sign_count: int
    backup_eligible: bool
    backed_up: bool
    user_verified: bool


def rp_id() -> str | None:
    """The issuer's host: whom keys are made for. `None` for an address, which browsers refuse."""
    host = urlsplit(settings.current().issuer).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    return None


def options_to_make(
    challenge: Challenge,
    *,
    user_handle: bytes,
    user_name: str,
    known: Sequence[Known],
    attested: bool = False,
) -> str:
    """JSON for `navigator.credentials.create()`: any device, none of those that this person has here already.

    With `attested` the maker is asked to vouch for it, of which browsers warn: a key then tells its model.
    """
    options = webauthn.generate_registration_options(
        rp_id=rp_id() or "",
        rp_name=settings.current().service_name,
        user_id=user_handle,
        user_name=user_name,
        challenge=base64url_to_bytes(challenge.text),
        timeout=challenge.milliseconds,
        attestation=AttestationConveyancePreference.DIRECT
        if attested
        else AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[_descriptor(key) for key in known],
        supported_pub_key_algs=list(ALGORITHMS),
    )
    return webauthn.options_to_json(options)


def options_to_use(challenge: Challenge, *, known: Sequence[Known], verified: bool = False) -> str:
    """JSON for `navigator.credentials.get()`: one of these keys; with `verified` after a PIN, a finger or a face."""
    # without `known` the device offers what it has for us, and the page tells nobody of any key
    options = webauthn.generate_authentication_options(
        rp_id=rp_id() or "",
        challenge=base64url_to_bytes(challenge.text),
        timeout=challenge.milliseconds,
        allow_credentials=[_descriptor(key) for key in known],
        user_verification=UserVerificationRequirement.REQUIRED
        if verified
        else UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(options)


def read(text: str) -> Said:
    """Take an answer apart as far as needed to know which challenge it claims to answer.

    Also what the library does not look at: a page of ours that was framed by, or opened inside, another origin.
    """
    if len(text) > LONGEST:
        raise Unacceptable("too long")
    try:
        credential = json.loads(text)
        response = credential["response"]
        client_data = json.loads(base64url_to_bytes(response["clientDataJSON"]))
        said = Said(
            credential,
            base64url_to_bytes(credential["rawId"]),
            client_data["challenge"],
            response.get("userHandle"),
        )
        origin, framed = client_data["origin"], client_data.get("crossOrigin")
        like_ours = _CHALLENGE.fullmatch(said.challenge)
    except Exception as trouble:  # who writes the text chooses where reading it fails
        raise Unacceptable(f"unreadable: {type(trouble).__name__}") from trouble
    if origin != settings.current().issuer:
        raise Unacceptable("made on another origin")
    if framed or "topOrigin" in client_data:
        raise Unacceptable("made inside a page of another origin")
    if not like_ours:
        raise Unacceptable("no challenge of ours")
    return said


def verified_new(said: Said) -> NewKey:
    """The key that was made, or `Unacceptable`; the challenge was claimed before (WebAuthn Level 3 section 7.1)."""
    try:
        found = webauthn.verify_registration_response(
            credential=said.credential,
            expected_challenge=base64url_to_bytes(said.challenge),
            expected_rp_id=rp_id() or "",
            expected_origin=settings.current().issuer,
            supported_pub_key_algs=list(ALGORITHMS),
        )
        told = parse_registration_credential_json(said.credential).response.transports
        usable = _can_be_used(found.credential_public_key)
        attested = attestation.vouched_for(found)
    except Exception as trouble:  # as above, and the library raises many kinds
        raise Unacceptable(f"not verified: {type(trouble).__name__}") from trouble
    if not usable:
        raise Unacceptable("a key of a size or curve that we do not take")
    if not 0 < len(found.credential_id) <= LONGEST_KEY_ID:
        raise Unacceptable("a key id of a wrong length")
    return NewKey(
        key_id=found.credential_id,
        public_key=found.credential_public_key,
        sign_count=found.sign_count,
        transports=sorted({transport.value for transport in told or ()}),
        backup_eligible=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=found.credential_backed_up,
        aaguid=found.aaguid,
        attested=attested,
        user_verified=found.user_verified,
    )


def verified_use(said: Said, public_key: bytes) -> Used:
    """What the key signed, or `Unacceptable` (WebAuthn Level 3 section 7.2).

    The counter is only reported: comparing it is part of storing it, so that two at once cannot both be the newest.
    """
    try:
        found = webauthn.verify_authentication_response(
            credential=said.credential,
            expected_challenge=base64url_to_bytes(said.challenge),
            expected_rp_id=rp_id() or "",
            expected_origin=settings.current().issuer,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        )
    except Exception as trouble:  # as above
        raise Unacceptable(f"not verified: {type(trouble).__name__}") from trouble
    return Used(
        sign_count=found.new_sign_count,
        backup_eligible=found.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=found.credential_backed_up,
        user_verified=found.user_verified,
    )


def _descriptor(key: Known) -> PublicKeyCredentialDescriptor:
    return PublicKeyCredentialDescriptor(
        id=key.key_id, transports=[AuthenticatorTransport(each) for each in key.transports] or None
    )


def _can_be_used(public_key: bytes) -> bool:
    """Whether it is a key at all, and none that is weak or slow on purpose."""
    key = decoded_public_key_to_cryptography(decode_credential_public_key(public_key))
    if isinstance(key, RSAPublicKey):
        return key.key_size in RSA_BITS and key.public_numbers().e == 65537
    return not isinstance(key, EllipticCurvePublicKey) or isinstance(key.curve, SECP256R1)


def as_text(handle: bytes) -> str:
    """Bytes as the page writes them: base64url without padding."""
    return bytes_to_base64url(handle)
