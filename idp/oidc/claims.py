"""What a token says of somebody: only what scope and `claims` ask for, and only what we know."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from idp import clock, settings, vault
from idp.accounts import personal
from idp.accounts.grants import GrantedApplication
from idp.oidc import subjects
from idp.oidc.mandates import Mandate
from idp.oidc.persons import Person
from idp.oidc.profiles import IdTokenFacts
from idp.oidc.registered import RegisteredClient

#: OpenID Connect Core section 5.4, and our own scope.
BY_SCOPE: Final[Mapping[str, tuple[str, ...]]] = {
    "profile": ("name", "given_name", "family_name", "preferred_username", "updated_at"),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
    "applicaties": ("relatienummer", "relatienaam", "applicaties", "rollen"),
}
#: What the `claims` parameter may ask for one by one.
ON_REQUEST: Final = tuple(name for names in BY_SCOPE.values() for name in names)
_SCOPE_OF: Final = {name: scope for scope, names in BY_SCOPE.items() for name in names}
#: What people are asked about beside scopes: their roles in the body's applications, told to APIs in access tokens, in
#: which the application that holds them can read along.
ROLES_FOR_APIS: Final = "rollen"
#: In every ID Token (`nonce` when it was sent).
PROTOCOL: Final = ("iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "sid", "at_hash")
_FROM_GRANTS: Final = frozenset({"applicaties", "rollen"})
_PERSONAL: Final = frozenset(
    {"given_name", "family_name", "address", "phone_number", "phone_number_verified"}
)


def wanted_in_id_token(
    client: RegisteredClient, scope: Iterable[str], requested: Iterable[str]
) -> frozenset[str]:
    """Names of the claims for an ID Token: those of `applicaties`, and what was asked for there by name.

    The scopes of OpenID Connect go to UserInfo, because an access token is always issued (Core section 5.4), save those
    of their claims that the client registered for its ID Token.
    """
    from_scopes = (
        name
        for each in scope
        for name in BY_SCOPE.get(each, ())
        if each == "applicaties" or name in client.id_token_claims
    )
    return frozenset({*from_scopes, *_allowed(client, requested)})


def wanted_at_userinfo(
    client: RegisteredClient, scope: Iterable[str], requested: Iterable[str]
) -> frozenset[str]:
    """Names of the claims for UserInfo: those of every scope, and what was asked for there by name."""
    from_scopes = (name for each in scope for name in BY_SCOPE.get(each, ()))
    return frozenset({*from_scopes, *_allowed(client, requested)})


def kinds(
    client: RegisteredClient,
    scope: Iterable[str],
    requested: Iterable[str],
    apis: Iterable[str] = (),
) -> tuple[str, ...]:
    """What is told of a person, as people are asked about it: the scopes that these claims belong to, and roles.

    `apis` are those that the sign-in asked tokens for; none stands for all that the client registered.
    """
    scope, requested = tuple(scope), tuple(requested)
    names = wanted_in_id_token(client, scope, requested)
    names |= wanted_at_userinfo(client, scope, requested)
    told = tuple(each for each, of_it in BY_SCOPE.items() if names & set(of_it))
    tell_roles = any(client.apis.get(api) for api in tuple(apis) or client.audiences)
    return (*told, ROLES_FOR_APIS) if tell_roles else told


def tell_grants(names: frozenset[str]) -> bool:
    """Whether the applications of the person have to be looked up for these claims."""
    return bool(names & _FROM_GRANTS)


def about(
    person: Person,
    client: RegisteredClient,
    names: frozenset[str],
    granted: tuple[GrantedApplication, ...],
) -> dict[str, Any]:
    """The values of those claims that exist; an absent value is an absent claim."""
    values: dict[str, Any] = {}
    if "name" in names:
        values["name"] = person.name
    if "preferred_username" in names:
        values["preferred_username"] = person.username
    if names & {"email", "email_verified"} and person.email_sealed is not None:
        email = vault.unseal(person.email_sealed, place=f"account.email:{person.account_id}")
        told = {"email": email, "email_verified": False}  # an operator typed it, nobody proved it
        values |= {name: said for name, said in told.items() if name in names}
    if "updated_at" in names:
        values["updated_at"] = clock.epoch(person.updated_at)
    if names & _PERSONAL:
        kept = personal.unseal(person.personal_sealed, person.account_id)
        values |= {name: said for name, said in personal.claims(kept).items() if name in names}
    if "relatienummer" in names:
        values["relatienummer"] = person.relation_number
    if "relatienaam" in names:
        values["relatienaam"] = person.relation_name
    if "applicaties" in names:
        values["applicaties"] = [
            {"id": each.id, "naam": each.name, "rollen": list(each.roles)} for each in granted
        ]
    if "rollen" in names and client.application_id is not None:
        values["rollen"] = [
            role for each in granted if each.id == client.application_id for role in each.roles
        ]
    return values


def id_token(
    client: RegisteredClient,
    mandate: Mandate,
    person: Person,
    granted: tuple[GrantedApplication, ...],
    *,
    access_token: str,
) -> dict[str, Any]:
    """The claims of an ID Token (OpenID Connect Core section 2), with what the client's profile adds."""
    here, now = settings.current(), clock.epoch(clock.now())
    relation = subjects.of_relation(client, person.relation_id) if client.represents else None
    facts = IdTokenFacts(here.issuer, now, relation)
    names = wanted_in_id_token(client, mandate.scope.split(), mandate.claims.get("id_token", ()))
    claims: dict[str, Any] = {
        "iss": here.issuer,
        "sub": subjects.of_account(client, person.account_id),
        "aud": client.client_id,
        "exp": now + here.id_token_seconds,
        "iat": now,
        "auth_time": mandate.auth_time,
        "acr": mandate.acr,
        "sid": mandate.sid,
        "at_hash": half_hash(access_token, client.id_token_alg),
    }
    if mandate.nonce is not None:
        claims["nonce"] = mandate.nonce
    return claims | client.profile.further(facts) | about(person, client, names, granted)


def half_hash(token: str, alg: str) -> str:
    """`at_hash` (OpenID Connect Core section 3.1.3.6) by the hash of `alg`: SHA-512 for Ed25519, else SHA-256."""
    kind = hashlib.sha512 if alg in {"Ed25519", "EdDSA"} else hashlib.sha256
    digest = kind(token.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _allowed(client: RegisteredClient, requested: Iterable[str]) -> tuple[str, ...]:
    """What the `claims` parameter brings this client: its profile says for which claims it needs the scope as well."""
    registered_only = client.profile.claims_by_registered_scope
    return tuple(
        name
        for name in requested
        if (scope := _SCOPE_OF.get(name)) not in registered_only or scope in client.scopes
    )
