"""What an application says of itself (RFC 7591 section 2), member by member: its name, its column, how it is read.

One table, read in both directions. A member that stands here can be registered and is told again; whatever else is sent
is ignored, as section 2 has it. Whether a value may be is not decided here but by `registration_rules.problems`, for
applications and operators alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.oidc.addresses import LONGEST
from idp.oidc.parameters import is_clean
from idp.oidc.profiles import Profile

#: Values in one list; more is nobody's.
MOST: Final = 50
#: What a public key is made of (RFC 7517, RFC 7518 section 6); certificates and the rest are left out.
_OF_KEYS: Final = ("kty", "use", "key_ops", "alg", "kid", "crv", "x", "y", "n", "e")
#: And what would make it a private one: refused by the rules, so it has to reach them.
_OF_PRIVATE_KEYS: Final = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")


class WrongType(ValueError):
    """Not the JSON type, or the length, that a member has: a sentence for whoever sent it."""


def text(longest: int = 200) -> Callable[[Any], str]:
    """A text without control characters, of at most so many."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not 0 < len(value) <= longest or not is_clean(value):
            raise WrongType(f"must be a text of at most {longest} characters")
        return value

    return read


def texts(longest: int = LONGEST) -> Callable[[Any], list[str]]:
    """A list of them."""

    def read(value: Any) -> list[str]:
        if not isinstance(value, list) or len(value) > MOST:
            raise WrongType(f"must be a list of at most {MOST} texts")
        return [text(longest)(each) for each in value]

    return read


def words(value: Any) -> list[str]:
    """Words with spaces between them; each counts once."""
    return list(dict.fromkeys(text(500)(value).split()))


def flag(value: Any) -> bool:
    """True or false, and no other way to say it."""
    if not isinstance(value, bool):
        raise WrongType("must be true or false")
    return value


def keys(value: Any) -> dict[str, Any]:
    """A JWK Set, of which only the keys themselves are kept."""
    listed = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise WrongType("must be a JWK Set: an object with a list of keys under keys")
    return {"keys": [_key(each) for each in listed[:MOST]]}


def _key(said: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name in (*_OF_KEYS, *_OF_PRIVATE_KEYS):
        if said.get(name) is not None:
            kept[name] = texts(20)(said[name]) if name == "key_ops" else text(2_000)(said[name])
    return kept


def as_it_is(value: Any) -> Any:
    """Told as it is stored."""
    return value


@dataclass(frozen=True, slots=True)
class Member:
    """One member: `read` makes of JSON what the column holds (or raises `WrongType`), `told` makes JSON of it again."""

    name: str
    column: str
    read: Callable[[Any], Any]
    usual: Callable[[Profile], Any]
    """What it is when nothing was said."""
    told: Callable[[Any], Any] = as_it_is


def none(_profile: Profile) -> None:
    """Nothing, unless it is said."""


def no(_profile: Profile) -> bool:
    """Not, unless it is said."""
    return False


def empty(_profile: Profile) -> list[str]:
    """None of them, unless they are said."""
    return []


MEMBERS: Final = (
    Member("redirect_uris", "redirect_uris", texts(), empty),
    Member("token_endpoint_auth_method", "auth_method", text(), lambda its: its.auth_methods[0]),
    Member("grant_types", "grant_types", texts(100), lambda _its: ["authorization_code"]),
    Member("client_name", "name", text(100), lambda _its: "Applicatie zonder naam"),
    Member("scope", "scopes", words, none, " ".join),
    Member("jwks", "jwks", keys, none),
    Member("jwks_uri", "jwks_uri", text(LONGEST), none),
    Member("application_type", "application_type", text(), lambda _its: "web"),
    Member("subject_type", "subject_type", text(), lambda its: its.subject_types[0]),
    Member("sector_identifier_uri", "sector_identifier_uri", text(LONGEST), none),
    Member("id_token_signed_response_alg", "id_token_alg", text(), lambda its: its.signing_algs[0]),
    *(
        Member(name, name, text(), none)
        for name in (
            "id_token_encrypted_response_alg",
            "id_token_encrypted_response_enc",
            "userinfo_signed_response_alg",
            "userinfo_encrypted_response_alg",
            "userinfo_encrypted_response_enc",
        )
    ),
    Member("initiate_login_uri", "initiate_login_uri", text(LONGEST), none),
    Member("post_logout_redirect_uris", "post_logout_redirect_uris", texts(), empty),
    Member("request_uris", "request_uris", texts(), empty),
    Member("request_object_signing_alg", "request_object_signing_alg", text(), none),
    Member("require_signed_request_object", "require_signed_request_object", flag, no),
    Member(
        "require_pushed_authorization_requests",
        "require_pushed_authorization_requests",
        flag,
        no,
    ),
)
NAMES: Final[Mapping[str, str]] = {
    **{member.column: member.name for member in MEMBERS},
    "sector": "sector_identifier_uri",  # what an application can say of its sector
}

#: What is only for people to read: kept as it was said, told again, shown nowhere, and nothing follows from it.
DESCRIBING: Final[Mapping[str, Callable[[Any], Any]]] = {
    "client_uri": text(LONGEST),
    "logo_uri": text(LONGEST),
    "policy_uri": text(LONGEST),
    "tos_uri": text(LONGEST),
    "contacts": texts(200),
    "software_id": text(),
    "software_version": text(),
}
