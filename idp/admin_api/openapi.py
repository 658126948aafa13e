"""The API for the Servicedesk's work as an OpenAPI 3.1 document.

`python -m idp.admin_api.openapi` prints docs/openapi-beheer.json, out of the list of operations.
"""

from __future__ import annotations

import re
import sys
from http import HTTPStatus
from typing import Any, Final

import orjson

from idp.admin_api.door import LISTS, Operation
from idp.admin_api.operations import OPERATIONS
from idp.admin_api.problems import MEDIA_TYPE
from idp.admin_api.shapes import SCHEMAS, TEXT, Json
from idp.oidc import own_api
from idp.oidc.openapi_schemas import EXAMPLE_ISSUER
from idp.servicedesk.errands import CHECKS

_CHECKED: Final[tuple[Json, ...]] = (
    {
        "name": "Controle",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "enum": list(CHECKS)},
    },
    {
        "name": "Ticket",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9./-]{0,39}$"},
    },
)
_CONDITIONS: Final[tuple[Json, ...]] = tuple(
    {"name": name, "in": "header", "required": False, "schema": TEXT}
    for name in ("If-Match", "If-None-Match")
)
_PROBLEM: Final[Json] = {
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
}


def document() -> Json:
    """The whole document."""
    paths: Json = {}
    for operation in OPERATIONS:
        path = re.sub(r"<(\w+)>", r"{\1}", operation.path)
        paths.setdefault(f"{own_api.PATH}{path}", {})[operation.method.lower()] = _told(operation)
    sent = {
        each.body.__name__: each.body.model_json_schema(ref_template="#/components/schemas/{model}")
        for each in OPERATIONS
        if each.body is not None
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Beheer",
            "version": "1",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "description": (
                "What the Servicedesk does, for programs of the body. docs/beheer-api.md tells how to get a token. "
                "Other methods get 405, bodies of more than 64 KiB (1 MiB for a list) 413, other hosts 421, all as "
                "problem details."
            ),
        },
        "servers": [{"url": EXAMPLE_ISSUER}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS | sent,
            "securitySchemes": {
                "token": {
                    "type": "oauth2",
                    "flows": {
                        "clientCredentials": {
                            "tokenUrl": f"{EXAMPLE_ISSUER}/oauth2/token",
                            "scopes": dict(own_api.SCOPES),
                        }
                    },
                }
            },
        },
    }


def _told(operation: Operation) -> Json:
    told: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "security": [{"token": [operation.scope]}],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{operation.body.__name__}"}
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if operation.takes_list:
        told["requestBody"] = {
            "required": True,
            "content": {kind: {"schema": {"type": "string"}} for kind in LISTS},
        }
    return told


def _parameters(operation: Operation) -> list[Json]:
    of_path = [
        {"name": name, "in": "path", "required": True, "schema": TEXT | {"maxLength": 100}}
        for name in re.findall(r"<(\w+)>", operation.path)
    ]
    of_query = [
        {
            "name": name,
            "in": "query",
            "required": bool(schema.get("x-required")),
            "schema": {key: value for key, value in schema.items() if key != "x-required"},
        }
        for name, schema in operation.query.items()
    ]
    more: tuple[Json, ...] = (_reason(operation), *_CHECKED) if operation.changes else ()
    if operation.changes and operation.tagged:
        more = (*more, *_CONDITIONS)
    return [*of_path, *of_query, *more]


def _reason(operation: Operation) -> Json:
    schema = {"type": "string", "enum": operation.reasons}
    return {"name": "Reden", "in": "header", "required": True, "schema": schema}


def _responses(operation: Operation) -> Json:
    says = operation.answer or operation.media
    good: list[HTTPStatus] = [HTTPStatus.OK if says else HTTPStatus.NO_CONTENT]
    if operation.makes:
        good.append(HTTPStatus.CREATED)
    if operation.waits:
        good.append(HTTPStatus.ACCEPTED)
    found: Json = {str(int(status)): _good(operation, status) for status in good}
    for status in _refusals(operation):
        found[str(int(status))] = {"description": status.phrase, **_PROBLEM}
    for status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        # who is refused for what it asks, and not for its token, is given no challenge
        required = status is HTTPStatus.UNAUTHORIZED
        header = {"WWW-Authenticate": {"required": required, "schema": TEXT}}
        found[str(int(status))] |= {"headers": header}
    return found


def _good(operation: Operation, status: HTTPStatus) -> Json:
    told: dict[str, Any] = {"description": status.phrase}
    if operation.media is not None:
        told["content"] = {operation.media: {"schema": {}}}
    if operation.answer is not None:
        schema = {"$ref": f"#/components/schemas/{operation.answer}"}
        told["content"] = {"application/json": {"schema": schema}}
        if operation.tagged:
            told["headers"] = {"ETag": {"required": True, "schema": TEXT}}
    return told


def _refusals(operation: Operation) -> list[HTTPStatus]:
    found = [
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.TOO_MANY_REQUESTS,
    ]
    if operation.changes:
        found += [HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.MISDIRECTED_REQUEST]
    if operation.body is not None or operation.takes_list:
        found.append(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
    if operation.changes and operation.tagged:
        found += [HTTPStatus.PRECONDITION_FAILED, HTTPStatus.PRECONDITION_REQUIRED]
    if operation.method == "POST" or operation.too_early:
        found.append(HTTPStatus.CONFLICT)
    return found


if __name__ == "__main__":
    text = orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    sys.stdout.buffer.write(text)
