"""JWTs that clients sign: the algorithms are the profile's, the keys the client's; the token itself chooses nothing."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from idp.oidc import client_keys
from idp.oidc.registered import ClientKey, RegisteredClient

#: Characters.
LONGEST: Final = 16 * 1024
#: How wrong a client's clock may be, in seconds (FAPI 2.0 Security Profile section 5.3.2.1).
SKEW: Final = 10
#: What reading somebody else's JOSE can end in; the last one by brackets without end.
UNREADABLE: Final = (JoseError, ValueError, RecursionError)
#: EdDSA as a name says nothing of the curve (RFC 9864); with either name it is Ed25519 here.
_CURVES: Final = {"EdDSA": "Ed25519", "Ed25519": "Ed25519", "ES256": "P-256"}


class JwtRefused(Exception):
    """Why a client's JWT does not count: a fixed sentence, with nothing of what was sent."""


class ClientJwt(NamedTuple):
    """What a client signed."""

    typ: str
    """The kind that its header names (RFC 8725 section 3.11), in small letters; empty for none."""
    claims: dict[str, Any]


class _Registry(JWSRegistry):
    """joserfc's rules with our list of algorithms; it would warn about the name EdDSA, which clients still use."""

    max_header_length = 8 * 1024  # clients send certificate chains along

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError("not in the profile")
        return self.algorithms[name]


def unverified_claims(token: str) -> dict[str, Any] | None:
    """What it says, of which nothing is believed; `None` when it cannot be read."""
    try:
        return _object(jws.extract_compact(token.encode(), registry=_Registry()).payload)
    except UNREADABLE:
        return None


def verified(token: str, client: RegisteredClient, *, alg: str | None = None) -> ClientJwt:
    """What one of the client's keys signed with an algorithm of its profile, or with `alg` alone; else `JwtRefused`.

    The client's keys may have to be fetched, so nothing may have been written yet. They are looked at again where the
    token names none that we have, or none at all: the client may have a new one.
    """
    if len(token) > LONGEST:
        raise JwtRefused("too long")
    algs = client.profile.assertion_algs if alg is None else (alg,)
    try:
        header = _header(token)
        keys = client_keys.of(client)
        found = _by_one_of(keys, token, header, algs)
        if found is None and client.jwks_uri is not None and _may_be_new(header, keys):
            found = _by_one_of(client_keys.of(client, anew=True), token, header, algs)
    except UNREADABLE as wrong:
        raise JwtRefused("cannot be read") from wrong
    except client_keys.NoKeys as wrong:
        # what our network told us is for the log and `idp client check`, not for whoever sent this
        raise JwtRefused("the keys of the client cannot be fetched") from wrong
    if found is None:
        raise JwtRefused(
            "no key of the client made this signature with an algorithm of its profile"
        )
    return ClientJwt(str(header.get("typ", "")).lower(), found)


def _by_one_of(
    keys: Iterable[ClientKey], token: str, header: Mapping[str, Any], algs: Sequence[str]
) -> dict[str, Any] | None:
    registry = _Registry(algorithms=list(algs), strict_check_header=False)
    for key in keys:
        if not _fits(key, header):
            continue
        try:
            return _object(jws.deserialize_compact(token, key, registry=registry).payload)
        except UNREADABLE:
            continue
    return None


def _may_be_new(header: Mapping[str, Any], keys: Iterable[ClientKey]) -> bool:
    kid = header.get("kid")
    return kid is None or all(key.kid != kid for key in keys)


def seconds(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 section 2), or `None` where there is none; `JwtRefused` for anything else."""
    value = claims.get(name)
    if value is None:
        return None
    # compared so that NaN fails too, and before anything makes a float of more digits than one can hold
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e12:
        raise JwtRefused(f"{name} is no time")
    return float(value)


def _fits(key: ClientKey, header: Mapping[str, Any]) -> bool:
    """Whether this key may have signed under this header, in which `jku`, `jwk` and `x5c` choose nothing."""
    alg, kid = header.get("alg"), header.get("kid")
    if kid is not None and key.kid is not None and kid != key.kid:
        return False
    if key.alg is not None and key.alg != alg:
        return False
    return not isinstance(key, ECKey | OKPKey) or key.curve_name == _CURVES.get(str(alg))


def _header(token: str) -> dict[str, Any]:
    """The header; `ValueError` when it asks for rules, of which we know none (RFC 7515 section 4.1.11, RFC 7797)."""
    part, _, rest = token.partition(".")
    if rest.count(".") != 1:
        raise ValueError("no JWS")
    header = _object(b64decode(part + "=" * (-len(part) % 4), b"-_", validate=True))
    if header.keys() & {"crit", "b64"}:
        raise ValueError("extensions")
    return header


def _object(text: bytes | None) -> dict[str, Any]:
    """`ValueError` for anything but one JSON object in UTF-8 (RFC 7515 section 2) without repeated members."""
    read = json.loads(
        str(text or b"", "utf-8"), object_pairs_hook=_no_repeats, parse_constant=_no_constant
    )
    if not isinstance(read, dict):
        raise ValueError("no object")
    return read


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is there twice")
    return members


def _no_constant(name: str) -> float:
    raise ValueError(name)
