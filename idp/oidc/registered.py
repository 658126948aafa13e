"""A registered client as the endpoints use it: read once, parsed once, kept for a few seconds."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import current_app
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from idp import clock, settings
from idp.assurance import Assurance
from idp.database import connection
from idp.models import Application, Client
from idp.oidc.addresses import origin_of
from idp.oidc.profiles import Profile, known
from idp.secret_values import same

#: For how many seconds a process may work with a client as it was: a change elsewhere holds everywhere after that.
KEPT_FOR: Final = 5.0

#: What a client id looks like; anything else is not worth a look, and some of it PostgreSQL cannot even be asked.
CLIENT_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,59}")

ClientKey = RSAKey | ECKey | OKPKey
_KEY_TYPES: Final[Mapping[str, type[RSAKey | ECKey | OKPKey]]] = {
    "RSA": RSAKey,
    "EC": ECKey,
    "OKP": OKPKey,
}


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
    keys: tuple[ClientKey, ...]
    grant_types: frozenset[str]
    access_token_format: str
    audience: str | None
    """The API that its access tokens are for; `None` when they are for us alone."""
    audience_application_id: str | None
    """The application that this API belongs to: whose grant an access token tells."""
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
    requires: Assurance
    """The least that a sign-in for it has to be."""
    application_id: str | None
    application_name: str | None
    initiate_login_uri: str | None
    is_test: bool
    require_pushed_authorization_requests: bool
    is_third_party: bool
    """Whether people are asked before it gets to know them."""
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


_API: Final = aliased(Client)
_BY_ID: Final = (
    select(
        Client.__table__,
        Application.name.label("application_name"),
        _API.application_id.label("audience_application_id"),
    )
    .outerjoin(Application.__table__, Application.id == Client.application_id)
    .outerjoin(_API, _API.resource == Client.audience)
    .where(Client.client_id == bindparam("wanted"), Client.removed_at.is_(None))
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
    seen = (row["version"], row["application_name"], row["audience_application_id"])
    unchanged = before is not None and _seen(before[1]) == seen
    client = before[1] if before is not None and unchanged else parsed(dict(row))
    kept[client_id] = (moment, client)
    return client


def _seen(client: RegisteredClient) -> tuple[int, str | None, str | None]:
    return client.version, client.application_name, client.audience_application_id


def forget(client_id: str) -> None:
    """This process changed the client: read it again at the next use."""
    _kept().pop(client_id, None)


def _kept() -> dict[str, tuple[float, RegisteredClient]]:
    kept: dict[str, tuple[float, RegisteredClient]] = current_app.extensions.setdefault(
        "idp-clients", {}
    )
    return kept


def parsed(row: Mapping[str, Any]) -> RegisteredClient:
    """A client from its row (with `application_name` and `audience_application_id` beside its columns)."""
    return RegisteredClient(
        client_id=row["client_id"],
        name=row["name"],
        profile=known()[row["profile"]],
        auth_method=row["auth_method"],
        secrets=tuple(map(_secret, row["secrets"])),
        keys=keys_in(row["jwks"]) if row["jwks"] else (),
        grant_types=frozenset(row["grant_types"]),
        access_token_format=row["access_token_format"],
        audience=row["audience"],
        audience_application_id=row["audience_application_id"],
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
        requires=Assurance.numbered(row["level"]),
        application_id=row["application_id"],
        application_name=row["application_name"],
        initiate_login_uri=row["initiate_login_uri"],
        is_test=row["is_test"],
        require_pushed_authorization_requests=row["require_pushed_authorization_requests"],
        is_third_party=row["is_third_party"],
        version=row["version"],
    )


def _secret(stored: Mapping[str, Any]) -> ClientSecret:
    until = stored["until"]
    return ClientSecret(
        digest=stored["digest"],
        made_at=datetime.fromtimestamp(stored["made_at"], UTC),
        until=None if until is None else datetime.fromtimestamp(until, UTC),
    )


def keys_in(jwks: Mapping[str, Any]) -> tuple[ClientKey, ...]:
    """The public keys of a set (RFC 7517 section 5); `ValueError` when one cannot serve for signatures."""
    entries = jwks.get("keys")
    if not isinstance(entries, list) or not entries:
        raise ValueError("a key set is an object with a list of keys under `keys`")
    keys = []
    for entry in entries:
        if not isinstance(entry, dict) or (kind := _KEY_TYPES.get(entry.get("kty", ""))) is None:
            raise ValueError("a key is of type RSA, EC or OKP")
        if entry.get("use", "sig") != "sig":
            continue
        try:
            key = kind.import_key(entry)
        except (JoseError, ValueError, TypeError) as wrong:
            raise ValueError("a key in the set cannot be read") from wrong
        if key.is_private:
            raise ValueError("the set holds a private key: register public keys only")
        if isinstance(key, RSAKey) and key.public_key.key_size < 2048:
            raise ValueError("an RSA key has 2048 bits at least")
        keys.append(key)
    if not keys:
        raise ValueError("the set holds no key for signatures")
    return tuple(keys)
