"""How a refusal looks to a person, and what of it is kept for whoever investigates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from idp import clock, metrics
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import cookies
from idp.logs import LOG, reference_is
from idp.pages import show
from idp.secret_values import new_reference

#: How a program is told, under the reference code, what a person would read on a page.
Teller = Callable[[HTTPStatus, str], Response]
_TELLERS: Final = "idp-tellers"


def tell_programs(app: Flask, tellers: Mapping[str, Teller]) -> None:
    """At these addresses programs ask, which can do nothing with a page; one that ends in `/` means all below it."""
    app.extensions.setdefault(_TELLERS, {}).update(tellers)


def init_app(app: Flask) -> None:
    """One rendering for every way in which a page can fail."""
    app.register_error_handler(RefusedOnOurPage, refused)
    app.register_error_handler(HTTPException, unknown)
    app.register_error_handler(Exception, broken)


def refused(refusal: RefusedOnOurPage) -> Response:
    """The page that belongs to the error, with a reference that `idp explain` knows."""
    reference = refusal.reference or _reference()
    db.session.rollback()
    record(
        Event.ERROR_SHOWN,
        succeeded=False,
        reference=reference,
        reason=refusal.why,
        error=refusal.error,
        page=request.endpoint,
    )
    db.session.commit()
    return _page(refusal.error, refusal.status, reference, refusal)


def unknown(wrong: HTTPException) -> Response:
    """No such page, a method it does not have, a form too large: still a page with a way on."""
    if isinstance(wrong.response, Response):  # a redirect that routing asks for
        return wrong.response
    status = HTTPStatus(wrong.code or 500)
    LOG.info("%s %s", status.value, request.endpoint or "no page")
    # only the log keeps it: anybody can ask for pages that do not exist, as often as they like
    response = _page(
        _error_of(status), status, _reference(), way_on=_form_again(status), place=_place()
    )
    if wrong.code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = dict(wrong.get_headers()).get("Allow", "GET")
    return response


def _place() -> str | None:
    """Where whoever got lost is at work: the desk, the portal, or nowhere yet."""
    if g.get("at_the_desk"):
        return "desk"
    try:
        return None if cookies.current_session() is None else "portal"
    except SQLAlchemyError:  # this page can do without
        db.session.rollback()
        return None


def _error_of(status: HTTPStatus) -> str:
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return "too-large"
    return "not-found" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server-error"


def _form_again(status: HTTPStatus) -> str | None:
    """The page of the form that was too large, where it has one of the same address."""
    if status != HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return None
    here = current_app.url_map.bind(request.host)
    return request.path if "GET" in here.allowed_methods(request.path) else None


def broken(trouble: Exception) -> Response:
    """Something we did not foresee: kind and place to the log, never its text; nothing of it outside."""
    reference = _reference()
    db.session.rollback()
    LOG.error("failed at %s", request.endpoint, exc_info=trouble)
    try:
        record(
            Event.ERROR_SHOWN,
            succeeded=False,
            reference=reference,
            reason=type(trouble).__name__,
            error="server-error",
        )
        db.session.commit()
    except SQLAlchemyError:  # the database itself may be what failed; the log line above stands
        db.session.rollback()
    return _page("server-error", HTTPStatus.INTERNAL_SERVER_ERROR, reference)


def _teller(path: str) -> Teller | None:
    tellers: Mapping[str, Teller] = current_app.extensions.get(_TELLERS, {})
    below = (each for each in tellers if each.endswith("/") and path.startswith(each))
    return tellers.get(path) or tellers.get(next(below, ""))


def _reference() -> str:
    reference: str = g.get("reference") or new_reference()
    reference_is(reference)
    return reference


def _page(
    error: str,
    status: HTTPStatus,
    reference: str,
    refusal: RefusedOnOurPage | None = None,
    *,
    way_on: str | None = None,
    place: str | None = None,
) -> Response:
    if (teller := _teller(request.path)) is not None:
        return teller(status, reference)
    facts = dict(refusal.facts) if refusal else {}
    way_on = facts.pop("way_on", way_on)
    until = refusal.until if refusal else None
    metrics.REFUSALS.count("person", error)
    response = show(
        "error",
        status=status,
        kind=error,
        reference=reference,
        at=clock.now(),
        until=until,
        button=(None, way_on) if way_on else None,
        place=place,
        **{"application": None, "back": None, "expired_on": None, "days": None, "detail_code": None}
        | facts,
    )
    if until is not None:
        response.headers["Retry-After"] = str(max(1, round((until - clock.now()).total_seconds())))
    return response
