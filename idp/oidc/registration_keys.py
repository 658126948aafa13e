"""Rules of a registration for keys, what they sign and open, and what we have to fetch; pure, like the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from idp import outward
from idp.oidc import responses
from idp.oidc.problems import Problem
from idp.oidc.registered import ClientKey, KeySet, key_set
from idp.oidc.registration import Registration

#: Which keys of a set can make signatures of an algorithm that clients use.
_ALG_OF_KEY: Final = {"RSA": {"RS256", "PS256"}, "EC": {"ES256"}, "OKP": {"EdDSA", "Ed25519"}}
_MOST_REQUEST_URIS: Final = 20
_LONGEST: Final = 512
"""Characters of a `request_uri` (OpenID Connect Core section 6.2)."""


def its_keys_come_one_way(this: Registration) -> Iterator[Problem]:
    """RFC 7591 section 2: `jwks` and `jwks_uri` are never there together."""
    if this.jwks is not None and this.jwks_uri is not None:
        yield Problem("jwks_uri", "keys come in jwks or under jwks_uri, not both")
    if this.jwks is not None or this.jwks_uri is not None:
        return
    if this.auth_method == "private_key_jwt":
        yield Problem("jwks", "private_key_jwt needs the client's public keys (a JWK set)")
    for member in _wrapped(this):
        yield Problem(member, "encryption needs a public key of the client (a JWK set)")


def its_keys_can_be_used(this: Registration) -> Iterator[Problem]:
    """Public keys of a kind that the profile takes; those that are fetched are looked at then."""
    if this.jwks is None:
        return
    try:
        keys = key_set(this.jwks)
    except ValueError as wrong:
        yield Problem("jwks", str(wrong))
        return
    yield from they_serve(this, keys)


def they_serve(this: Registration, keys: KeySet) -> Iterator[Problem]:
    """Why these keys, its own or fetched for it, are not those that it needs."""
    wrapped = _wrapped(this)
    if _signs(this) or not wrapped:  # keys are for one of the two, or for both
        yield from _they_sign(this, keys.signing)
    for alg in dict.fromkeys(wrapped.values()):
        if alg in this.profile.encryption_algs and responses.key_for(keys.encrypting, alg) is None:
            yield Problem("jwks", f"none of the keys is one to encrypt to with {alg}")


def _they_sign(this: Registration, keys: Iterable[ClientKey]) -> Iterator[Problem]:
    if not keys:
        yield Problem("jwks", "the set holds no key for signatures")
    elif not any(_can_sign(key, this.profile.assertion_algs) for key in keys):
        algs = ", ".join(this.profile.assertion_algs)
        yield Problem(
            "jwks", f"none of the keys can sign as the profile {this.profile.name} wants: {algs}"
        )


def _signs(this: Registration) -> bool:
    """Whether it said that it signs anything; with keys it may sign its requests without saying so."""
    return (
        this.auth_method == "private_key_jwt"
        or this.require_signed_request_object
        or this.request_object_signing_alg is not None
    )


def _wrapped(this: Registration) -> dict[str, str]:
    """How the keys are wrapped of what we encrypt to it, by the member that says so."""
    said = {f"{of}_encrypted_response_alg": alg for of, (alg, _) in this.encryption.items()}
    return {member: alg for member, alg in said.items() if alg is not None}


def its_encryption_fits_its_profile(this: Registration) -> Iterator[Problem]:
    """Ways to encrypt of the profile, around a signature (OpenID Connect Core section 10.2)."""
    profile = this.profile
    for of, (alg, enc) in this.encryption.items():
        member = f"{of}_encrypted_response"
        if alg is None and enc is not None:
            yield Problem(f"{member}_enc", f"{member}_enc goes with {member}_alg")
        for part, named, offered in (
            ("alg", alg, profile.encryption_algs),
            ("enc", enc, profile.encryption_encs),
        ):
            if named is not None and named not in offered:
                words = f"{profile.name} encrypts with {', '.join(offered)}, not with {{}}"
                yield Problem(f"{member}_{part}", words, named)
    if this.userinfo_encrypted_response_alg and not this.userinfo_signed_response_alg:
        yield Problem(
            "userinfo_encrypted_response_alg",
            "UserInfo is encrypted around a signature: name its userinfo_signed_response_alg too",
        )


def what_we_fetch_can_be_called(this: Registration) -> Iterator[Problem]:
    """Addresses of a kind that we call at all (NLG-OIDC-17); whether they answer shows later."""
    for member in ("jwks_uri", "sector_identifier_uri"):
        address: str | None = getattr(this, member)
        if address is not None:
            if "#" in address:
                yield Problem(member, f"the {member} {{}} must have no fragment", address)
            yield from _callable(member, address)
    for address in this.request_uris:
        if len(address) > _LONGEST:
            yield Problem(
                "request_uris", f"the request_uri {{}} is longer than {_LONGEST}", address
            )
        yield from _callable("request_uris", address)
    if len(set(this.request_uris)) < len(this.request_uris):
        yield Problem("request_uris", "a request_uri stands there twice")
    if len(this.request_uris) > _MOST_REQUEST_URIS:
        yield Problem("request_uris", f"a client has at most {_MOST_REQUEST_URIS} request_uris")


def its_requests_can_be_signed(this: Registration) -> Iterator[Problem]:
    """Keys wherever a request is to be signed; an algorithm of the profile, of which `none` is never one."""
    alg = this.request_object_signing_alg
    if alg is not None and alg not in this.profile.assertion_algs:
        algs = ", ".join(this.profile.assertion_algs)
        yield Problem(
            "request_object_signing_alg",
            f"{this.profile.name} takes requests that are signed with {algs}, not with {{}}",
            alg,
        )
    has_keys = this.jwks is not None or this.jwks_uri is not None
    if this.require_signed_request_object and not has_keys:
        yield Problem(
            "require_signed_request_object", "a client that must sign its requests needs keys"
        )
    if not this.signs_people_in:
        for member in ("request_uris", "request_object_signing_alg"):
            if getattr(this, member):
                yield Problem(member, f"nobody signs in for this client, so it has no {member}")


def it_is_of_a_known_type(this: Registration) -> Iterator[Problem]:
    """OpenID Connect Registration section 2."""
    if this.application_type not in {"web", "native"}:
        yield Problem("application_type", "application_type is web or native")


RULES: Final[tuple[Callable[[Registration], Iterator[Problem]], ...]] = (
    its_keys_come_one_way,
    its_encryption_fits_its_profile,
    its_keys_can_be_used,
    what_we_fetch_can_be_called,
    its_requests_can_be_signed,
    it_is_of_a_known_type,
)


def _can_sign(key: ClientKey, algs: Iterable[str]) -> bool:
    return bool(set(algs) & ({key.alg} if key.alg else _ALG_OF_KEY[key.key_type]))


def _callable(member: str, address: str) -> Iterator[Problem]:
    try:
        outward.check(address)
    except outward.CannotReach as wrong:
        yield Problem(
            member, f"the {member.removesuffix('s')} {{}} cannot be fetched: {wrong.why}", address
        )
