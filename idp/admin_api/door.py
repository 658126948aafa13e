"""Who asks and what: the token of the client, the query, the body, the reason. Every operation passes here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import ceil
from typing import Any, Final

import orjson
from flask import Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from idp import clock, throttle
from idp.admin_api import problems
from idp.admin_api.problems import Problem
from idp.audit import Event, errand_is, record
from idp.database import db
from idp.errors import WrongInput
from idp.oidc import access_tokens, own_api, registered
from idp.secret_values import new_reference
from idp.servicedesk import unfit
from idp.servicedesk.errands import REASONS, Errand, errand, fitting
from idp.servicedesk.roles import Role, Worker
from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Stale, Unfit

#: Headers that say why somebody's access is changed.
ERRAND_HEADERS: Final = ("Reden", "Controle", "Ticket")
#: Characters of one value in a query.
LONGEST: Final = 2000
#: Bytes of a list that is imported; the other bodies have 64 KiB, as everything that comes in.
LARGEST_LIST: Final = 1024 * 1024
#: As what a list comes: CSV, JSON Lines, or one JSON array.
LISTS: Final = ("text/csv", "application/jsonl", "application/x-ndjson", "application/json")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, read and allowed."""

    client_id: str
    query: Mapping[str, str]
    body: Any
    """The model of the operation, the bytes of a list, or `None`."""
    errand: Errand | None = None
    """Why; of an operation that changes something."""

    @property
    def why(self) -> Errand:
        """Why something is changed."""
        assert self.errand is not None, "every operation that changes something asks why"
        return self.errand

    def worker(self, role: Role) -> Worker:
        """The program, as functions of the desk know who does something: with the rights of this role, no account."""
        return Worker(None, self.actor, role)

    @property
    def actor(self) -> str:
        """As the audit trail names the program."""
        return f"client:{self.client_id}"

    def expects(self, present: str | None, *, same: bool = False) -> None:
        """Hold the conditions of RFC 9110 section 13 against what is there; `present` is its tag, `None` for nothing.

        To change what is there its tag has to be named, unless nothing would change (`same`): so a repeated request is
        answered as the first was, and of two programs the second is told.
        """
        matches, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if none is not None and present is not None and not same:
            raise Problem(HTTPStatus.PRECONDITION_FAILED, "Dit bestaat al.")
        if matches is not None:
            if present is None or matches.strip() not in {"*", f'"{present}"'}:
                raise Problem(
                    HTTPStatus.PRECONDITION_FAILED,
                    "Dit is intussen veranderd, of weg. Lees het opnieuw.",
                )
        elif present is not None and none is None and not same:
            raise Problem(
                HTTPStatus.PRECONDITION_REQUIRED,
                "Noem met If-Match de ETag van wat u verandert.",
            )


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation says; no body for 204."""

    body: Any = None
    status: HTTPStatus = HTTPStatus.OK
    tag: str | None = None
    file: bytes | None = None
    """In place of a body: of the media type that the operation names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that a program can ask."""

    name: str
    method: str
    path: str
    scope: str
    summary: str
    view: Callable[..., Answer]
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Parameters of the query, each with its JSON schema."""
    body: type[BaseModel] | None = None
    takes_list: bool = False
    """Whether the body is a list of lines."""
    answer: str | None = None
    """The schema of the answer, by name."""
    media: str | None = None
    """The media type of a file that is the answer."""
    makes: bool = False
    """Whether it can answer 201."""
    waits: bool = False
    """Whether it can answer 202: it waits for a colleague."""
    too_early: bool = False
    """Whether it can answer 409 because something has to come first; every POST can."""
    tagged: bool = False
    """Whether it is about something with an ETag."""
    action: Action | None = None
    """What it changes, and so which reasons fit; `None` for a request that was asked before, with any of them."""

    @property
    def reasons(self) -> list[str]:
        """The words that fit as its reason."""
        return list(REASONS if self.action is None else fitting(self.action))

    @property
    def changes(self) -> bool:
        """Whether it asks for a reason."""
        return self.method != "GET"


def serve(operation: Operation) -> Callable[..., Response]:
    """The view of an operation: one transaction, committed when it says yes."""

    def answered(**named: str) -> Response:
        try:
            if not all(value.isprintable() and len(value) <= 100 for value in named.values()):
                raise Problem(HTTPStatus.NOT_FOUND, "Dit adres bestaat niet.")
            found = operation.view(_asked(operation), **named)
        except Problem as problem:
            db.session.rollback()
            return problems.answer(problem)
        except WrongInput as wrong:
            db.session.rollback()
            return problems.answer(_problem(wrong))
        db.session.commit()
        return _answer(found, operation.media)

    return answered


def not_found(what: str) -> Problem:
    """404 with words."""
    return Problem(HTTPStatus.NOT_FOUND, f"{what} bestaat niet.")


def _asked(operation: Operation) -> Asked:
    client_id = _client(operation.scope)
    query = _query(operation)
    body: Any = None if operation.body is None else _body(operation.body)
    if operation.takes_list:
        body = _list()
    if not operation.changes:
        return Asked(client_id, query, body)
    said = (request.headers.get(name, "") for name in ERRAND_HEADERS)
    why = errand(*said, action=operation.action)
    errand_is(why.details)
    return Asked(client_id, query, body, why)


def _client(scope: str) -> str:
    """The client whose own token this is, made for this API, with the scope; else `Problem`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise problems.no_token()
    row = access_tokens.inspect(token.strip())
    client = None if row is None else registered.load(row.client_id)
    if (
        row is None
        or client is None
        or row.account_id is not None  # somebody's: only a client's own opens anything here
        or own_api.address() not in (row.audience or "").split()
        or own_api.address() not in client.audiences
        or "client_credentials" not in client.grant_types
    ):
        raise problems.bad_token()
    _within_its_budget(client.client_id)
    if scope not in row.scope.split() or scope not in client.scopes:
        db.session.rollback()
        record(
            Event.DESK_REFUSED,
            succeeded=False,
            actor=f"client:{client.client_id}",
            client_id=client.client_id,
            reason=f"the token has no scope {scope}",
            reference=new_reference(),
        )
        db.session.commit()
        raise problems.scope_missing(scope)
    return client.client_id


def _within_its_budget(client_id: str) -> None:
    until = throttle.spend(throttle.key("beheer", client_id), throttle.DESK_REQUESTS)
    db.session.commit()  # counted, whatever becomes of the rest
    if until is not None:
        wait = str(max(1, ceil((until - clock.now()).total_seconds())))
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS, "Te veel verzoeken.", headers={"Retry-After": wait}
        )


def _query(operation: Operation) -> dict[str, str]:
    given = request.args
    if any(len(values) > 1 for _name, values in given.lists()):
        raise Problem(HTTPStatus.BAD_REQUEST, "Een parameter staat er meer dan eens.")
    read = {name: given[name] for name in operation.query if name in given}
    wrong = {
        name: "Deze waarde is niet te lezen of te lang."
        for name, value in read.items()
        if len(value) > LONGEST or not value.isprintable()
    }
    missing = {
        name: "Deze parameter is nodig."
        for name, schema in operation.query.items()
        if schema.get("x-required") and not read.get(name)
    }
    if wrong or missing:
        raise Problem(
            HTTPStatus.BAD_REQUEST, "De parameters kloppen niet.", fields={**missing, **wrong}
        )
    return read


def _body(model: type[BaseModel]) -> BaseModel:
    if request.mimetype != "application/json":
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Stuur de gegevens als application/json.")
    try:
        said = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError:  # brackets without end are one, too
        raise Problem(HTTPStatus.BAD_REQUEST, "De gegevens zijn geen JSON.") from None
    try:
        return model.model_validate(said, strict=True)
    except ValidationError as wrong:
        fields = {
            ".".join(str(part) for part in each["loc"][:1]) or "gegevens": "Deze waarde kan niet."
            for each in wrong.errors(include_input=False, include_url=False, include_context=False)
        }
        known = set(model.model_fields)
        told = {name if name in known else "gegevens": says for name, says in fields.items()}
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "De gegevens kloppen niet.", fields=told
        ) from None


def _list() -> bytes:
    if request.mimetype not in LISTS:
        told = "Stuur de lijst als text/csv, application/jsonl of application/json."
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, told)
    request.max_content_length = LARGEST_LIST
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        told = "De lijst is te groot: hoogstens 1 MiB en 5000 regels. Grotere gaan via beheer (idp import)."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told) from None


def _problem(wrong: WrongInput) -> Problem:
    if isinstance(wrong, Stale):
        return Problem(HTTPStatus.PRECONDITION_FAILED, wrong.told, nu=wrong.now)
    fields = unfit.told(wrong)
    told = wrong.told if isinstance(wrong, Unfit) else next(iter(fields.values()))
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        told,
        fields={name: says for name, says in fields.items() if name},
    )


def _answer(found: Answer, media: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"}
    if found.tag is not None:
        headers["ETag"] = f'"{found.tag}"'
    if found.file is not None:
        return Response(found.file, status=found.status, mimetype=media, headers=headers)
    if found.body is None:
        response = Response(status=found.status, headers=headers)
        del response.headers["Content-Type"]
        return response
    return Response(
        orjson.dumps(found.body),
        status=found.status,
        mimetype="application/json",
        headers=headers,
    )
