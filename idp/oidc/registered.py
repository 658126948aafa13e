"""A registered client as the endpoints use it: read once, parsed once, kept for a few seconds."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from flask import current_app
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import bindparam, select

from idp import clock, settings
from idp.assurance import Assurance
from idp.database import connection
from idp.models import Application, Client
from idp.oidc.addresses import origin_of, without_port
from idp.oidc.profiles import Profile, known
from idp.secret_values import same

#: For how many seconds a process may work with a client as it was: a change elsewhere holds everywhere after that.
KEPT_FOR: Final = 5.0

#: What a client id looks like; anything else is not worth a look, and some of it PostgreSQL cannot even be asked.
CLIENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,59}")

#: Keys of one client; each may have to be tried for a signature.
MOST_KEYS: Final = 20
LARGEST_RSA: Final = 8192
"""Bits: checking a signature with more is work that a stranger can make us do."""
LARGEST_EXPONENT: Final = 1 << 64
"""For the same reason: nearly everybody's is 65537, and one as long as the key costs thirty times as much."""

ClientKey = RSAKey | ECKey | OKPKey
_KEY_TYPES: Final[Mapping[str, type[RSAKey | ECKey | OKPKey]]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}
_CURVES: Final = frozenset({"P-256", "P-384", "P-521", "Ed25519", "Ed448", "X25519", "X448"})


@dataclass(frozen=True, slots=True)
class KeySet:
    """A client's public keys by their use; one that names no use has both."""

    signing: tuple[ClientKey, ...] = ()
    encrypting: tuple[ClientKey, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """One of at most two secrets of a client, by digest."""

    digest: str
    made_at: datetime
    until: datetime | None
    """When it stops working, once a newer one was made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient:
    """One client in force."""

    client_id: str
    name: str
    profile: Profile
    auth_method: str
    secrets: tuple[ClientSecret, ...]
    keys: KeySet
    """Those that it registered by value; `client_keys.of` gives those that count."""
    jwks_uri: str | None
    request_uris: tuple[str, ...]
    request_object_signing_alg: str | None
    require_signed_request_object: bool
    grant_types: frozenset[str]
    access_token_format: str
    audiences: tuple[str, ...]
    """The APIs that its access tokens may be for, the usual one first; none when they are for us alone."""
    apis: Mapping[str, str | None]
    """Those of them that exist, with the application that each belongs to."""
    resource: str | None
    """The API that it is."""
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    frontchannel_logout_uri: str | None
    frontchannel_logout_session_required: bool
    form_action_origins: tuple[str, ...]
    scopes: frozenset[str]
    sector: str
    subject_type: str
    id_token_alg: str
    id_token_claims: frozenset[str]
    id_token_encryption: tuple[str, str] | None
    """`alg` and `enc`."""
    userinfo_alg: str | None
    """What signs its UserInfo; `None` for JSON."""
    userinfo_encryption: tuple[str, str] | None
    requires: Assurance
    """The least that a sign-in for it has to be."""
    application_id: str | None
    application_name: str | None
    initiate_login_uri: str | None
    is_test: bool
    is_native: bool
    is_self_registered: bool
    """Whether it came with a registration token, and not by the hand of the operator."""
    require_pushed_authorization_requests: bool
    is_third_party: bool
    """Whether people are asked before it gets to know them."""
    represents: bool
    """Whether it may hear for which relation a person acts."""
    version: int

    @property
    def is_public(self) -> bool:
        """Whether it cannot keep a secret (RFC 6749 section 2.1)."""
        return self.auth_method == "none"

    @property
    def must_push(self) -> bool:
        """Whether its requests count only when they were pushed."""
        return self.require_pushed_authorization_requests or self.profile.pushes_always

    @property
    def shown_name(self) -> str:
        """What people know it by."""
        return self.application_name or self.name

    def application_of(self, audience: Iterable[str]) -> str | None:
        """The application whose roles a token for these APIs tells: the one that all of them belong to, if any."""
        belongs_to = {self.apis.get(api) for api in audience}
        return belongs_to.pop() if len(belongs_to) == 1 else None

    def returns_to(self, address: str) -> bool:
        """Whether codes may go there: exactly as registered, but for the port on the machine of its person.

        RFC 9700 section 2.1; RFC 8252 section 7.3 for native applications.
        """
        if address in self.redirect_uris or not self.is_native:
            return address in self.redirect_uris
        bare = without_port(address)
        return bare is not None and bare in map(without_port, self.redirect_uris)

    def form_action(self, address: str) -> tuple[str, ...]:
        """Where a page's form may end when the person goes on to this address."""
        return tuple(dict.fromkeys((origin_of(address), *self.form_action_origins)))

    def knows(self, secret: str) -> bool:
        """Whether this is one of its secrets, compared by digest in constant time."""
        digest, now = digest_of(secret), clock.now()
        fits = [
            same(each.digest, digest)
            for each in self.secrets
            if each.until is None or each.until > now
        ]
        return any(fits)


def digest_of(secret: str) -> str:
    """How a client's secret lies in the database."""
    return settings.current().secret.digest("client-secret", secret)


_BY_ID: Final = (
    select(Client.__table__, Application.name.label("application_name"))
    .outerjoin(Application.__table__, Application.id == Client.application_id)
    .where(Client.client_id == bindparam("wanted"), Client.removed_at.is_(None))
)
_APIS: Final = select(Client.resource, Client.application_id).where(
    Client.resource.in_(bindparam("named", expanding=True))
)


def load(client_id: str) -> RegisteredClient | None:
    """The client of that name; `None` when there is none, it was removed, or its profile is not offered here."""
    if not CLIENT_ID.fullmatch(client_id):
        return None
    kept = _kept()
    moment = time.monotonic()
    before = kept.get(client_id)
    if before is not None and moment - before[0] < KEPT_FOR:
        return before[1]
    row = connection().execute(_BY_ID, {"wanted": client_id}).mappings().one_or_none()
    if row is None or row["profile"] not in settings.current().enabled_profiles:
        kept.pop(client_id, None)
        return None
    named = row["audiences"]
    found = connection().execute(_APIS, {"named": named}).all() if named else ()
    apis = {each.resource: each.application_id for each in found}
    seen = (row["version"], row["application_name"], apis)
    unchanged = before is not None and _seen(before[1]) == seen
    client = before[1] if before is not None and unchanged else parsed({**row, "apis": apis})
    kept[client_id] = (moment, client)
    return client


def _seen(client: RegisteredClient) -> tuple[int, str | None, Mapping[str, str | None]]:
    return client.version, client.application_name, client.apis


def forget(client_id: str) -> None:
    """This process changed the client: read it again at the next use."""
    _kept().pop(client_id, None)


def _kept() -> dict[str, tuple[float, RegisteredClient]]:
    kept: dict[str, tuple[float, RegisteredClient]] = current_app.extensions.setdefault(
        "idp-clients", {}
    )
    return kept


def parsed(row: Mapping[str, Any]) -> RegisteredClient:
    """A client from its row (with `application_name` and `apis` beside its columns)."""
    return RegisteredClient(
        client_id=row["client_id"],
        name=row["name"],
        profile=known()[row["profile"]],
        auth_method=row["auth_method"],
        secrets=tuple(map(_secret, row["secrets"])),
        keys=key_set(row["jwks"]) if row["jwks"] else KeySet(),
        jwks_uri=row["jwks_uri"],
        request_uris=tuple(row["request_uris"]),
        request_object_signing_alg=row["request_object_signing_alg"],
        require_signed_request_object=row["require_signed_request_object"],
        grant_types=frozenset(row["grant_types"]),
        access_token_format=row["access_token_format"],
        audiences=tuple(row["audiences"]),
        apis=row["apis"],
        resource=row["resource"],
        redirect_uris=tuple(row["redirect_uris"]),
        post_logout_redirect_uris=tuple(row["post_logout_redirect_uris"]),
        backchannel_logout_uri=row["backchannel_logout_uri"],
        frontchannel_logout_uri=row["frontchannel_logout_uri"],
        frontchannel_logout_session_required=row["frontchannel_logout_session_required"],
        form_action_origins=tuple(row["form_action_origins"]),
        scopes=frozenset(row["scopes"]),
        sector=row["sector"],
        subject_type=row["subject_type"],
        id_token_alg=row["id_token_alg"],
        id_token_claims=frozenset(row["id_token_claims"]),
        id_token_encryption=_encryption(row, "id_token"),
        userinfo_alg=row["userinfo_signed_response_alg"],
        userinfo_encryption=_encryption(row, "userinfo"),
        requires=Assurance.numbered(row["level"]),
        application_id=row["application_id"],
        application_name=row["application_name"],
        initiate_login_uri=row["initiate_login_uri"],
        is_test=row["is_test"],
        is_native=row["application_type"] == "native",
        is_self_registered=row["registration_token_id"] is not None,
        require_pushed_authorization_requests=row["require_pushed_authorization_requests"],
        is_third_party=row["is_third_party"],
        represents=row["represents"],
        version=row["version"],
    )


def _secret(stored: Mapping[str, Any]) -> ClientSecret:
    until = stored["until"]
    return ClientSecret(
        digest=stored["digest"],
        made_at=datetime.fromtimestamp(stored["made_at"], UTC),
        until=None if until is None else datetime.fromtimestamp(until, UTC),
    )


def _encryption(row: Mapping[str, Any], of: str) -> tuple[str, str] | None:
    alg, enc = (row[f"{of}_encrypted_response_{part}"] for part in ("alg", "enc"))
    return None if alg is None else (alg, enc)


def key_set(jwks: Mapping[str, Any], *, strangers: bool = False) -> KeySet:
    """The public keys of a set; `ValueError` when one cannot serve.

    With `strangers` keys of types and on curves that we do not know are left out (RFC 7517 section 5), as in a set that
    is fetched.
    """
    entries = jwks.get("keys")
    if not isinstance(entries, list) or not entries:
        raise ValueError("a key set is an object with a list of keys under `keys`")
    if len(entries) > MOST_KEYS:
        raise ValueError(f"a key set has at most {MOST_KEYS} keys")
    found = []
    for entry in entries:
        if not isinstance(entry, dict):
            raise ValueError("a key is an object")
        kind = _KEY_TYPES.get(str(entry.get("kty", "")))
        if strangers and "crv" in entry and str(entry["crv"]) not in _CURVES:
            kind = None
        if kind is None and not strangers:
            raise ValueError("a key is of type RSA, EC or OKP")
        if {"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & entry.keys():
            raise ValueError("the set holds a private key: register public keys only")
        if kind is not None:
            found.append((entry.get("use"), _key(kind, entry)))
    return KeySet(
        signing=tuple(key for use, key in found if use in (None, "sig")),
        encrypting=tuple(key for use, key in found if use in (None, "enc")),
    )


def _key(kind: type[RSAKey | ECKey | OKPKey], entry: Mapping[str, Any]) -> ClientKey:
    try:
        key = kind.import_key(dict(entry))
        if isinstance(key.public_key, X25519PublicKey):
            X25519PrivateKey.generate().exchange(
                key.public_key
            )  # not every point will do (RFC 7748 section 6.1)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise ValueError("a key in the set cannot be read") from wrong
    if isinstance(key, RSAKey) and not 2048 <= key.public_key.key_size <= LARGEST_RSA:
        raise ValueError(f"an RSA key has 2048 bits at least, and {LARGEST_RSA} at most")
    if isinstance(key, RSAKey) and key.public_key.public_numbers().e >= LARGEST_EXPONENT:
        raise ValueError("an RSA key has a public exponent below 2^64")
    return key
