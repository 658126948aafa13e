"""What an application may count on: every claim of its tokens and answers, where, when and from what.

Written beside the code that makes them (`claims`, `access_tokens`, `introspection`, the profiles); a test holds it to
that code, and to files that a release changes only on purpose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from idp.oidc import claims
from idp.oidc.registered import RegisteredClient

ALWAYS: Final = "always"
ASKED: Final = "asked by name"
_ID_TOKEN: Final = "id_token"
_ACCESS_TOKEN: Final = "access_token"
_USERINFO: Final = "userinfo"
_INTROSPECTION: Final = "introspection"
_WITH_ROLES: Final = "its APIs are of one application"
_OF_A_PERSON: Final = "the token is a person's"
_OF_A_CLIENT: Final = "the token is a client's own"

#: Where each comes from, and what it looks like.
_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "active": ("the token", "true"),
    "acr": ("the sign-in", "http://eidas.europa.eu/LoA/substantial"),
    "address": ("the account", "object with formatted and its parts"),
    "applicaties": ("the grants in force now", "list of objects with id, naam, rollen"),
    "at_hash": ("the access token", "base64url"),
    "aud": ("the registration and resource", "client_id or addresses"),
    "auth_time": ("the sign-in", "seconds since 1970"),
    "azp": ("the registration", "client_id"),
    "client_id": ("the registration", "client_id"),
    "email": ("the account", "mail address"),
    "email_verified": ("the account", "false: nobody proved it"),
    "entitlements": ("the grants in force now", "list of roles"),
    "exp": ("the moment of issue", "seconds since 1970"),
    "family_name": ("the account", "text"),
    "given_name": ("the account", "text"),
    "grant_type": ("the grant", "client_credentials"),
    "iat": ("the moment of issue", "seconds since 1970"),
    "iss": ("the deployment", "IDP_ISSUER"),
    "jti": ("chance", "43 characters"),
    "name": ("the account", "text"),
    "nbf": ("the moment of issue", "seconds since 1970"),
    "nonce": ("the request", "text, as it was sent"),
    "phone_number": ("the account", "+31612345678"),
    "phone_number_verified": ("the account", "false: nobody proved it"),
    "preferred_username": ("the account", "text"),
    "relatienaam": ("the relation", "text"),
    "relatienummer": ("the relation", "digits, as text"),
    "represents": ("the relation", "object with sub, iss, sub_id_type"),
    "rollen": ("the grants in force now", "list of roles"),
    "scope": ("the request", "words"),
    "sid": ("the session", "43 characters, different per client"),
    "sub": ("the account and the sector", "43 characters, or client_id"),
    "sub_id_type": ("the profile", "urn:nl-eid-gdi:1.0:id:pseudonym"),
    "token_type": ("the token", "Bearer"),
    "updated_at": ("the account", "seconds since 1970"),
}
#: What is different for a client that acts for itself.
_OWN_SOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "aud": ("the registration and resource", "addresses of APIs; ours where it names none"),
    "sub": ("the registration", "client_id"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One claim in one place."""

    claim: str
    where: str
    """`id_token`, `access_token`, `userinfo` or `introspection`."""
    when: tuple[str, ...]
    """`always`, or each of the ways in which it comes; what we do not know of somebody is left out all the same."""
    source: str
    kind: str


def lines(client: RegisteredClient) -> tuple[Line, ...]:
    """Every claim that this client, or an API that it calls, can meet; of an API what introspection tells it."""
    found = [
        *_in_id_token(client),
        *_at_userinfo(client),
        *_in_access_token(client),
        *_at_introspection(client),
    ]
    own = _OWN_SOURCES if "client_credentials" in client.grant_types else {}
    sources = {**_SOURCES, **own}
    return tuple(Line(name, where, when, *sources[name]) for where, name, when in found)


def forms(client: RegisteredClient) -> dict[str, str]:
    """How each of them comes to the client; a place that it has not is left out."""
    told = {}
    if _has_people(client):
        token = f"JWT, signed with {client.id_token_alg}"
        told[_ID_TOKEN] = token + _around(client.id_token_encryption)
        told[_USERINFO] = "JSON"
        if client.userinfo_alg is not None:
            answer = f"JWT, signed with {client.userinfo_alg}"
            told[_USERINFO] = answer + _around(client.userinfo_encryption)
    if client.grant_types:
        signed = f"JWT, signed with {client.id_token_alg}"
        told[_ACCESS_TOKEN] = signed if client.access_token_format == "jwt" else "opaque"
    if client.grant_types or client.resource is not None:
        told[_INTROSPECTION] = "JSON"
    return told


_Found = tuple[str, str, tuple[str, ...]]


def _in_id_token(client: RegisteredClient) -> Iterator[_Found]:
    if not _has_people(client):
        return
    for name in (*claims.PROTOCOL, *client.profile.further_claims):
        if name == "represents" and not client.represents:
            continue
        yield _ID_TOKEN, name, ("nonce was sent",) if name == "nonce" else (ALWAYS,)
    for name in claims.ON_REQUEST:
        if when := _ways(client, name, in_id_token=True):
            yield _ID_TOKEN, name, when


def _at_userinfo(client: RegisteredClient) -> Iterator[_Found]:
    if not _has_people(client):
        return
    for name in ("sub", *(("iss", "aud") if client.userinfo_alg is not None else ())):
        yield _USERINFO, name, (ALWAYS,)
    for name in claims.ON_REQUEST:
        if when := _ways(client, name, in_id_token=False):
            yield _USERINFO, name, when


def _in_access_token(client: RegisteredClient) -> Iterator[_Found]:
    if client.access_token_format != "jwt" or not client.grant_types:
        return
    for name in ("iss", "aud", "client_id", "azp", "iat", "exp", "jti"):
        yield _ACCESS_TOKEN, name, (ALWAYS,)
    yield from _of_whom(client, _ACCESS_TOKEN)


def _at_introspection(client: RegisteredClient) -> Iterator[_Found]:
    if not client.grant_types and client.resource is None:
        return
    for name in ("active", "iss", "aud", "client_id", "token_type", "iat", "exp"):
        yield _INTROSPECTION, name, (ALWAYS,)
    if client.grant_types:
        yield from _of_whom(client, _INTROSPECTION)
    else:
        yield from _told_to_an_api(client)


def _told_to_an_api(api: RegisteredClient) -> Iterator[_Found]:
    """Whose the tokens are that are for it; whoever gets no tokens itself meets those of every kind of client."""
    yield _INTROSPECTION, "sub", (ALWAYS,)
    of_people = ("scope", "auth_time", "acr")
    roles = () if api.application_id is None else ("entitlements",)
    for name in (*of_people, *roles):
        yield _INTROSPECTION, name, (_OF_A_PERSON,)
    yield _INTROSPECTION, "grant_type", (_OF_A_CLIENT,)


def _of_whom(client: RegisteredClient, where: str) -> Iterator[_Found]:
    """Whose an access token is, and for what."""
    if not _has_people(client):
        yield from ((where, name, (ALWAYS,)) for name in ("sub", "grant_type"))
        if client.scopes:
            yield where, "scope", ("a scope was asked",)
        return
    yield from ((where, name, (ALWAYS,)) for name in ("sub", "scope", "auth_time", "acr"))
    if any(client.apis.values()):
        alone = where == _ACCESS_TOKEN and client.application_of(client.audiences) is not None
        yield where, "entitlements", (ALWAYS if alone else _WITH_ROLES,)


def _ways(client: RegisteredClient, name: str, *, in_id_token: bool) -> tuple[str, ...]:
    """In which ways a request brings that claim to this client; none for a claim that it cannot have."""
    if name == "rollen" and client.application_id is None:
        return ()
    wanted = claims.wanted_in_id_token if in_id_token else claims.wanted_at_userinfo
    by_scope = tuple(
        f"scope {scope}"
        for scope in claims.BY_SCOPE
        if scope in client.scopes and name in wanted(client, (scope,), ())
    )
    return (*by_scope, ASKED) if name in wanted(client, (), (name,)) else by_scope


def _has_people(client: RegisteredClient) -> bool:
    return "authorization_code" in client.grant_types


def _around(encryption: tuple[str, str] | None) -> str:
    return "" if encryption is None else f", then encrypted with {' and '.join(encryption)}"
