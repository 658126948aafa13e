"""Our protocol endpoints as an OpenAPI 3.1 document, for whoever generates a client, a mock or a gateway from one.

`python -m idp.oidc.openapi` prints docs/openapi.json. Addresses and methods come from `ROUTES`, names of parameters
from `parameters`, metadata from `discovery`; only what the standards say about them stands here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson

from idp.oidc import (
    ROUTES,
    SELF_REGISTRATION,
    assertions,
    calls,
    checks,
    openapi_schemas,
    parameters,
    token,
)
from idp.oidc.openapi_schemas import EXAMPLE_ISSUER, REFERENCE, TEXT, Json

_FORM: Final = calls.FORM

#: What a value looks like, where the standard says; the longest that we read is in `_longest`.
_SHAPES: Final[Mapping[str, Json]] = {
    "response_type": {"enum": ["code"]},
    "response_mode": {"enum": ["query", "form_post"]},
    "code_challenge": {"pattern": "^[A-Za-z0-9_-]{43}$"},
    "code_challenge_method": {"enum": ["S256"]},
    "code_verifier": {"pattern": "^[A-Za-z0-9._~-]{43,128}$"},
    "max_age": {"pattern": "^[0-9]{1,9}$"},
    "scope": {"examples": ["openid profile"]},
    "prompt": {"examples": ["none", "login", "consent", "select_account"]},
    "claims": {"examples": ['{"id_token": {"name": null}}'], "contentMediaType": "application/json"},
    "grant_type": {"enum": list(token.GRANTS)},
    "client_assertion_type": {"enum": [assertions.TYPE]},
}  # fmt: skip


def document() -> Json:
    """The whole document, for a deployment with every profile and every key."""
    paths: Json = {}
    for address, _view, methods in (*ROUTES, *SELF_REGISTRATION):
        if "<request_id>" in address:  # a browser's own steps, at addresses that we make up for it
            continue
        path = address.replace("<", "{").replace(">", "}")
        name = path.removesuffix("/{client_id}").rpartition("/")[2]
        paths[path] = {
            method.lower(): _OPERATIONS[path, method]
            | {"operationId": f"{method.lower()}-{name}" + ("-client" if "{" in path else "")}
            for method in methods
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenID Connect provider",
            "version": "1",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "description": (
                "The endpoints that applications use. Where they stand in a deployment is in its metadata, which "
                "counts. Unknown parameters are ignored, parameters that stand there twice are refused; other methods "
                "get 405 and bodies of more than 64 KiB 413, at endpoints for programs with an `Error` too."
            ),
        },
        "servers": [{"url": EXAMPLE_ISSUER}],
        "paths": paths,
        "components": {
            "schemas": openapi_schemas.every(),
            "securitySchemes": {
                "client_secret_basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _parameter(name: str, longest: int) -> Json:
    if name in parameters.SEVERAL:
        return {"type": "array", "items": {"type": "string", "maxLength": longest}}
    shape = dict(_SHAPES.get(name, {}))
    return {"type": "string", **({} if "enum" in shape else {"maxLength": longest}), **shape}


def _form(names: tuple[str, ...], *, required: tuple[str, ...] = (), pushed: bool = True) -> Json:
    """A body in which each name stands once."""
    limits = dict.fromkeys(names, calls.LONGEST) | (checks.LONGEST if pushed else {})
    schema = {
        "type": "object",
        "required": list(required),
        "properties": {name: _parameter(name, limits[name]) for name in names},
    }
    return {"required": True, "content": {_FORM: {"schema": schema}}}


def _query(names: tuple[str, ...], *, required: tuple[str, ...] = ()) -> list[Json]:
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": _parameter(name, checks.LONGEST.get(name, calls.LONGEST)),
        }
        for name in names
    ]


def _answers(*statuses: HTTPStatus, **content: Json) -> Json:
    """What comes back: `page_400=` and so on where it is not the usual thing."""
    found = {str(int(status)): {"description": status.phrase} for status in statuses}
    for status in statuses:
        if (body := content.get(f"at_{int(status)}")) is not None:
            found[str(int(status))] |= body
    return {"responses": found}


def _json(schema: str) -> Json:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


_OK, _CREATED, _SEE_OTHER = HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.SEE_OTHER
_BAD, _UNKNOWN, _FORBIDDEN = HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN
_CONFLICT, _TOO_LARGE = HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE
_ELSEWHERE, _TOO_MANY = HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.TOO_MANY_REQUESTS
_PAGE: Final[Json] = {"content": {"text/html": {"schema": TEXT}}}
_THERE: Final[Json] = {"headers": {"Location": {"required": True, "schema": REFERENCE}}}
_CHALLENGE: Final[Json] = {"headers": {"WWW-Authenticate": {"required": True, "schema": TEXT}}}
_ERROR: Final = _json("Error")


def _of_pages(*, posted: bool) -> Json:
    """What a browser gets: a page of ours, or the way to the application."""
    more = (_TOO_LARGE, _ELSEWHERE) if posted else ()
    pages = {f"at_{int(each)}": _PAGE for each in (_OK, _BAD, _FORBIDDEN, _CONFLICT, *more)}
    every = (_OK, _SEE_OTHER, _BAD, _FORBIDDEN, _CONFLICT, *more)
    return _answers(*every, **pages, at_303=_THERE)


def _of_clients(good: HTTPStatus, body: Json) -> Json:
    """What a client gets that asks us itself."""
    refusals = (_BAD, _UNKNOWN, _TOO_LARGE, _ELSEWHERE, _TOO_MANY)
    errors = {f"at_{int(each)}": _ERROR for each in refusals}
    errors["at_401"] = _ERROR | _CHALLENGE
    answers = _answers(good, *refusals, **errors, **{f"at_{int(good)}": body})
    return answers | {"security": [{"client_secret_basic": []}, {}]}


def _of_registration(good: HTTPStatus, body: Json, *, posted: bool) -> Json:
    """What an application gets that registers itself, where the operator lets it."""
    more = (_TOO_LARGE, _ELSEWHERE) if posted else (_ELSEWHERE,)
    refusals = (_BAD, _UNKNOWN, _TOO_MANY, *more)
    errors = {f"at_{int(each)}": _ERROR for each in refusals}
    errors["at_401"] = _ERROR | _CHALLENGE
    answers = _answers(good, *refusals, **errors, **{f"at_{int(good)}": body})
    said = {"schema": {"$ref": "#/components/schemas/Registration"}}
    sent = {"requestBody": {"required": True, "content": {"application/json": said}}}
    return answers | {"security": [{"bearer": []}]} | (sent if posted else {})


def _of_userinfo(*, posted: bool) -> Json:
    more = (_TOO_LARGE, _ELSEWHERE) if posted else ()
    told = _json("UserInfo")
    told["content"]["application/jwt"] = {"schema": TEXT}
    errors = {f"at_{int(each)}": _ERROR for each in (_BAD, *more)}
    # who brings no token gets a challenge alone (RFC 6750 section 3.1), and a body is none that must be there
    answers = _answers(_OK, _BAD, _UNKNOWN, *more, at_200=told, at_401=_CHALLENGE, **errors)
    return answers | {"security": [{"bearer": []}]}


def _told(summary: str, **rest: Any) -> Json:
    return {"summary": summary, **rest}


_MANAGED: Final = "/oauth2/register/{client_id}"
_CLIENT_ID: Final[list[Json]] = [
    {"name": "client_id", "in": "path", "required": True, "schema": TEXT}
]
_METADATA: Final = _told(
    "Metadata (OpenID Connect Discovery section 4)", **_answers(_OK, at_200=_json("Metadata"))
)
#: Each address and method of `ROUTES`; a new one is described here.
_OPERATIONS: Final[Mapping[tuple[str, str], Json]] = {
    ("/.well-known/openid-configuration", "GET"): _METADATA,
    ("/.well-known/oauth-authorization-server", "GET"): _METADATA
    | {"summary": "Metadata (RFC 8414 section 3)"},
    ("/oauth2/jwks", "GET"): _told(
        "Our public keys (RFC 7517)", **_answers(_OK, at_200=_json("KeySet"))
    ),
    ("/oauth2/authorize", "GET"): _told(
        "A browser comes with a request (OpenID Connect Core section 3.1.2.1)",
        parameters=_query(parameters.AUTHORIZATION, required=("client_id",)),
        **_of_pages(posted=False),
    ),
    ("/oauth2/authorize", "POST"): _told(
        "The same, posted",
        requestBody=_form(parameters.AUTHORIZATION, required=("client_id",)),
        **_of_pages(posted=True),
    ),
    ("/oauth2/par", "POST"): _told(
        "A client brings its request itself (RFC 9126)",
        requestBody=_form(parameters.PUSHED),  # a signed one stands in `request` alone
        **_of_clients(_CREATED, _json("PushedRequest")),
    ),
    ("/oauth2/token", "POST"): _told(
        "A code or a refresh token becomes tokens, a client gets one of its own (RFC 6749 section 3.2)",
        requestBody=_form(parameters.TOKEN, required=("grant_type",), pushed=False),
        **_of_clients(_OK, _json("Tokens")),
    ),
    ("/oauth2/introspect", "POST"): _told(
        "Whether a token is in force (RFC 7662)",
        requestBody=_form(parameters.OF_A_TOKEN, required=("token",), pushed=False),
        **_of_clients(_OK, _json("Introspection")),
    ),
    ("/oauth2/revoke", "POST"): _told(
        "A token is given back (RFC 7009)",
        requestBody=_form(parameters.OF_A_TOKEN, required=("token",), pushed=False),
        **_of_clients(_OK, {}),
    ),
    ("/oauth2/userinfo", "GET"): _told(
        "Who signed in (OpenID Connect Core section 5.3)", **_of_userinfo(posted=False)
    ),
    ("/oauth2/userinfo", "POST"): _told(
        "The same, with the token in a header or in the form (RFC 6750 section 2.2)",
        requestBody=_form(("access_token",), pushed=False) | {"required": False},
        **_of_userinfo(posted=True),
    ),
    ("/oauth2/logout", "GET"): _told(
        "A browser comes to sign out (RP-Initiated Logout 1.0 section 2)",
        parameters=_query(parameters.LOGOUT),
        **_of_pages(posted=False),
    ),
    ("/oauth2/logout", "POST"): _told(
        "The same, posted",
        requestBody=_form(parameters.LOGOUT, pushed=False) | {"required": False},
        **_of_pages(posted=True),
    ),
    ("/oauth2/register", "POST"): _told(
        "An application registers itself, with a token of the operator (RFC 7591 section 3)",
        **_of_registration(_CREATED, _json("Registered"), posted=True),
    ),
    (_MANAGED, "GET"): _told(
        "It reads its registration (RFC 7592 section 2.1)",
        parameters=_CLIENT_ID,
        **_of_registration(_OK, _json("Registered"), posted=False),
    ),
    (_MANAGED, "PUT"): _told(
        "It says all of it anew (RFC 7592 section 2.2)",
        parameters=_CLIENT_ID,
        **_of_registration(_OK, _json("Registered"), posted=True),
    ),
    (_MANAGED, "DELETE"): _told(
        "It ends its registration (RFC 7592 section 2.3)",
        parameters=_CLIENT_ID,
        **_of_registration(HTTPStatus.NO_CONTENT, {}, posted=False),
    ),
}


if __name__ == "__main__":
    text = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.buffer.write(text)
