"""What goes over the wire at our protocol endpoints, as the schemas of the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from idp import keyring
from idp.oidc import discovery, metadata_members, profiles
from idp.oidc.refusals import Code
from idp.settings import Settings

Json = dict[str, Any]

#: Every deployment has its own; the documents use this one.
EXAMPLE_ISSUER: Final = "https://inloggen.voorbeeld.nl"
#: RFC 6749 sections 4.1.2.1 and 5.2.
_PLAIN_ASCII: Final = r"^[\x20-\x21\x23-\x5B\x5D-\x7E]*$"
URI: Final[Json] = {"type": "string", "format": "uri"}
REFERENCE: Final[Json] = {"type": "string", "format": "uri-reference"}
TEXT: Final[Json] = {"type": "string"}
_NUMBER: Final[Json] = {"type": "integer", "minimum": 0}

_SCHEMAS: Final[Json] = {
    "Error": {
        "description": "RFC 6749 section 5.2. The kenmerk at the end of the description is what our operators need.",
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {"enum": sorted(Code)},
            "error_description": {"type": "string", "pattern": _PLAIN_ASCII},
        },
        "additionalProperties": False,
    },
    "Tokens": {
        "description": "RFC 6749 section 5.1, OpenID Connect Core section 3.1.3.3.",
        "type": "object",
        "required": ["access_token", "token_type", "expires_in"],
        "properties": {
            "access_token": TEXT,
            "token_type": {"const": "Bearer"},
            "expires_in": _NUMBER,
            "scope": TEXT,
            "id_token": TEXT,
            "refresh_token": TEXT,
        },
        "additionalProperties": False,
    },
    "PushedRequest": {
        "description": "RFC 9126 section 2.2.",
        "type": "object",
        "required": ["request_uri", "expires_in"],
        "properties": {"request_uri": TEXT, "expires_in": _NUMBER},
        "additionalProperties": False,
    },
    "Introspection": {
        "description": "RFC 7662 section 2.2; nothing but `active` for a token that is not in force.",
        "type": "object",
        "required": ["active"],
        "properties": {
            "active": {"type": "boolean"},
            **dict.fromkeys(("iss", "client_id", "token_type", "scope", "sub", "acr"), TEXT),
            **dict.fromkeys(("iat", "exp", "auth_time"), _NUMBER),
            "aud": {"type": ["string", "array"], "items": TEXT},
            "grant_type": TEXT,
            "entitlements": {"type": "array", "items": TEXT},
        },
        "additionalProperties": False,
    },
    "UserInfo": {
        "description": "OpenID Connect Core section 5.3.2: the claims of the scopes.",
        "type": "object",
        "required": ["sub"],
        "properties": {"sub": TEXT},
    },
    "KeySet": {
        "description": "RFC 7517 section 5.",
        "type": "object",
        "required": ["keys"],
        "properties": {
            "keys": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["kty", "kid", "use", "alg"],
                    "additionalProperties": TEXT,
                },
            }
        },
        "additionalProperties": False,
    },
}


def every() -> Json:
    """All of them by name."""
    return _SCHEMAS | {"Metadata": _metadata()} | _registration()


def _metadata() -> Json:
    """The shape of the metadata, read off the metadata."""
    plain = Settings.model_construct(issuer=EXAMPLE_ISSUER)
    whole = plain.model_copy(update={"dynamic_registration": True, "frontchannel_logout": True})
    always, told = (
        discovery.document(each, resists_phishing=True, signs=keyring.SIGNING)
        for each in (plain, whole)
    )
    return {
        "description": "OpenID Connect Discovery section 3, RFC 8414 section 2.",
        "type": "object",
        "required": [name for name in always if name != "sub_id_types_supported"],
        "properties": {name: _shape_of(value) for name, value in told.items()},
        "additionalProperties": False,
    }


def _registration() -> Json:
    """What an application says of itself, and what it is told (RFC 7591 sections 2 and 3.2.1)."""
    profile = profiles.known()["basic"]
    said = {each.name: _shape_of(each.usual(profile)) for each in metadata_members.MEMBERS}
    said |= dict.fromkeys(metadata_members.DESCRIBING, TEXT) | {"contacts": _shape_of([])}
    said["response_types"] = {"type": "array", "items": {"enum": ["code"]}}
    said["jwks"] = {"$ref": "#/components/schemas/KeySet"}
    texts = {name: TEXT for name, shape in said.items() if shape is URI}
    ours = dict.fromkeys(
        ("client_id", "registration_client_uri", "registration_access_token"), TEXT
    )
    told = ours | dict.fromkeys(("client_id_issued_at", "client_secret_expires_at"), _NUMBER)
    return {
        "Registration": {
            "description": "RFC 7591 section 2; names may carry a language (`client_name#en`), others are ignored.",
            "type": "object",
            "required": ["redirect_uris"],
            "properties": said | texts,
        },
        "Registered": {
            "description": "RFC 7591 section 3.2.1: what counts; a secret is shown when it was made, never again.",
            "type": "object",
            "required": list(ours),
            "properties": said | texts | told | {"client_secret": TEXT},
            "additionalProperties": True,
        },
    }


def _shape_of(value: object) -> Json:
    if isinstance(value, bool):
        return {"type": "boolean"}
    return {"type": "array", "items": TEXT} if isinstance(value, list) else URI
