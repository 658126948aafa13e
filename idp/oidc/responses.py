"""In which form claims go to a client: signed, and encrypted to a key of its own where it registered that.

Signed first and encrypted around that (OpenID Connect Core section 10.2), never encrypted alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, NoReturn

from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp import keyring
from idp.oidc import client_keys
from idp.oidc.asked import ID_TOKEN_TYPE
from idp.oidc.refusals import Code, refuse
from idp.oidc.registered import ClientKey, RegisteredClient

#: Which kinds of keys each way of wrapping goes with (RFC 7518 section 4.1).
_KINDS: Final = {"RSA": (RSAKey,), "ECD": (ECKey, OKPKey)}
_OPERATION: Final = {"RSA": "encrypt", "ECD": "deriveKey"}
#: Curves for agreement; Ed25519 is for signatures alone (RFC 8037 section 3.2).
_CURVES: Final = frozenset({"P-256", "P-384", "P-521", "X25519"})


def signed(
    client: RegisteredClient, claims: Mapping[str, Any], *, alg: str, typ: str | None
) -> str:
    """A JWT with one of our keys; `RefusedToClient` where we have none for that algorithm."""
    try:
        return keyring.current().sign(claims, alg=alg, typ=typ)
    except keyring.NoActiveKey:
        _cannot(client, f"no key of ours signs {alg}, which the client registered")


def id_token(client: RegisteredClient, claims: Mapping[str, Any]) -> str:
    """An ID Token as the client registered it (OpenID Connect Core section 2)."""
    token = signed(client, claims, alg=client.id_token_alg, typ=ID_TOKEN_TYPE)
    return _encrypted(token, client, client.id_token_encryption)


def userinfo(client: RegisteredClient, claims: Mapping[str, Any], *, issuer: str) -> str | None:
    """UserInfo as a JWT (section 5.3.2), or `None` for a client that gets JSON.

    It says no `typ`, so that nobody takes it for an ID Token (RFC 8725 section 3.11), neither do we as a hint.
    """
    if client.userinfo_alg is None:
        return None
    whole = {**claims, "iss": issuer, "aud": client.client_id}
    token = signed(client, whole, alg=client.userinfo_alg, typ=None)
    return _encrypted(token, client, client.userinfo_encryption)


def prepare(client: RegisteredClient, how: tuple[str, str] | None) -> None:
    """Have the key at hand to which that is encrypted, or `RefusedToClient`; nothing for a client without encryption.

    It may have to be fetched, which ends the present database transaction: ask before anything is claimed.
    """
    if how is not None:
        _key(client, how[0], fetch=True)


def key_for(keys: Sequence[ClientKey], alg: str) -> ClientKey | None:
    """Which of a client's keys to encrypt to: one that fits, said to be for encryption rather than for anything."""
    fitting = [
        key
        for key in keys
        if isinstance(key, _KINDS[alg[:3]])
        and key.alg in {None, alg}
        and _may_wrap(key, alg)
        and (isinstance(key, RSAKey) or key.curve_name in _CURVES)
    ]
    return next((key for key in fitting if key.get("use") == "enc"), next(iter(fitting), None))


def _may_wrap(key: ClientKey, alg: str) -> bool:
    """Whether its `key_ops`, where it has them, allow it (RFC 7517 section 4.3), as joserfc reads them."""
    operations = key.get("key_ops")
    return operations is None or _OPERATION[alg[:3]] in operations


def _encrypted(token: str, client: RegisteredClient, how: tuple[str, str] | None) -> str:
    if how is None:
        return token
    alg, enc = how
    key = _key(client, alg, fetch=False)
    named = {} if key.kid is None else {"kid": key.kid}
    header = {"alg": alg, "enc": enc, "cty": "JWT", **named}
    return jwe.encrypt_compact(header, token, key, algorithms=[alg, enc])


def _key(client: RegisteredClient, alg: str, *, fetch: bool) -> ClientKey:
    try:
        key = key_for(client_keys.of(client, use="enc", fetch=fetch), alg)
        if key is None and fetch and client.jwks_uri is not None:  # it may have a new one
            key = key_for(client_keys.of(client, use="enc", anew=True), alg)
    except client_keys.NoKeys:  # why is in the log, and in `idp client check`
        _cannot(client, "the keys of the client to encrypt to cannot be fetched")
    if key is None:
        _cannot(client, f"the client has no key to encrypt to with {alg}")
    return key


def _cannot(client: RegisteredClient, why: str) -> NoReturn:
    """Nothing the request can help: what is registered cannot be done (RFC 6749 section 4.1.2.1 has the word)."""
    refuse(
        Code.SERVER_ERROR,
        why,
        says=why,
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        client_id=client.client_id,
    )
