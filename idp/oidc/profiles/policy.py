"""What a profile decides. One object per profile, consulted wherever clients differ; nothing asks for its name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class IdTokenFacts:
    """What a profile may build further ID Token claims from."""

    issuer: str
    now: int
    """Seconds since 1970."""
    relation_subject: str | None
    """What this client's sector knows the represented relation by; `None` where nobody is represented."""


def nothing_more(_facts: IdTokenFacts) -> dict[str, Any]:
    """No claims beyond those of OpenID Connect."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The policy a client lives under."""

    name: str
    auth_methods: tuple[str, ...]
    """`token_endpoint_auth_method`s a client may register."""
    assertion_algs: tuple[str, ...]
    """What a client may sign its assertions (RFC 7523) and its request objects (RFC 9101) with."""
    assertion_needs_iat: bool
    signing_algs: tuple[str, ...]
    """What we may sign its ID Tokens and UserInfo with; for ID Tokens the first unless registered otherwise."""
    encryption_algs: tuple[str, ...]
    """How the key may be wrapped of what we encrypt to it (RFC 7518 section 4.1)."""
    encryption_encs: tuple[str, ...]
    """And what may encrypt (RFC 7518 section 5.1); the first unless registered otherwise."""
    grant_types: tuple[str, ...]
    """Grants a client may register."""
    stated_grant_types: tuple[str, ...]
    """And those of them that the metadata names."""
    access_token_formats: tuple[str, ...]
    """What its access tokens may look like; the first unless registered otherwise."""
    public_may_revoke: bool
    """Whether a client without credentials may end its own tokens (RFC 7009 section 2.1)."""
    subject_types: tuple[str, ...]
    response_modes: tuple[str, ...]
    scopes: tuple[str, ...]
    """Scopes a client may register."""
    default_scopes: tuple[str, ...]
    """And those it has when none are named."""
    claims_by_registered_scope: tuple[str, ...]
    """Scopes whose claims a client gets only when it registered them, also through the `claims` parameter."""
    needs_state: bool
    needs_nonce: bool
    shortest_random: int
    """Characters that `state` and `nonce` have at least, when sent."""
    tests_may_leave_out_pkce: bool
    """Whether a confidential client registered as a test client may do without a challenge."""
    tests_may_use_localhost: bool
    """Whether a client registered as a test client may return to http://localhost."""
    acr_is_binding: bool
    """Whether a level that is asked and cannot be reached is always an error (else: only when essential)."""
    pushes_always: bool = False
    """Whether every request has to be pushed (RFC 9126)."""
    sub_id_types: tuple[str, ...] = ()
    further_claims: tuple[str, ...] = ()
    """Names of the claims that `further` adds to an ID Token."""
    further: Callable[[IdTokenFacts], dict[str, Any]] = nothing_more
