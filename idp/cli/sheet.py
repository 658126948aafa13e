"""What the sheet for any library says of a client, beside the facts that every kind of software needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.models import Client
from idp.oidc import profiles


def of(client: Client) -> dict[str, Any]:
    """The facts by name; what does not apply to this client is empty, and its line is left out."""
    policy = profiles.known()[client.profile]
    signs_people_in = "authorization_code" in client.grant_types
    signs = client.auth_method == "private_key_jwt"
    return {
        "signs_people_in": signs_people_in,
        "acts_for_itself": "client_credentials" in client.grant_types,
        "assertion_algs": policy.assertion_algs if signs else (),
        "assertion_needs": ", with iat" if policy.assertion_needs_iat else "",
        "keys": [_name(key) for key in (client.jwks or {}).get("keys", [])],
        "jwks_uri": client.jwks_uri,
        "shortest_random": policy.shortest_random if signs_people_in else 0,
        "must_push": client.require_pushed_authorization_requests or policy.pushes_always,
        "must_sign": client.require_signed_request_object,
        "request_alg": client.request_object_signing_alg,
        "request_algs": policy.assertion_algs,
        "redirect_uris": client.redirect_uris,
        "post_logout_redirect_uris": client.post_logout_redirect_uris,
        "backchannel_logout_uri": client.backchannel_logout_uri,
        "frontchannel_logout_uri": client.frontchannel_logout_uri,
        "id_token_encryption": _wrapped(client, "id_token"),
        "userinfo_alg": client.userinfo_signed_response_alg,
        "userinfo_encryption": _wrapped(client, "userinfo"),
        "refreshes": "refresh_token" in client.grant_types,
        "audiences": client.audiences,
        "access_token_is_signed": bool(client.grant_types) and client.access_token_format == "jwt",
        "resource": client.resource,
    }


def _name(key: Mapping[str, Any]) -> str:
    """The key's own name, which its holder chose: only where it cannot pass for a line of the sheet."""
    kid = str(key.get("kid") or "")
    return kid if kid and len(kid) <= 100 and kid.isprintable() else str(key.get("kty"))


def _wrapped(client: Client, what: str) -> tuple[str, ...]:
    """How the key is wrapped, and what encrypts; nothing where it is not encrypted."""
    named = (getattr(client, f"{what}_encrypted_response_{part}") for part in ("alg", "enc"))
    return tuple(part for part in named if part)
