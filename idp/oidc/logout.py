"""Signing out on the word of a client (OpenID Connect RP-Initiated Logout 1.0); else the person is asked."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Response, g, request

from idp import pages, settings
from idp.accounts import logouts, sessions
from idp.accounts.logouts import Elsewhere
from idp.accounts.sessions import LiveSession
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.cookies import browser_digest, current_session, forget_session
from idp.keyring import Unverifiable
from idp.keyring import current as keyring
from idp.oidc import answers, parameters, registered
from idp.oidc.addresses import origin_of
from idp.oidc.asked import ID_TOKEN_TYPE
from idp.oidc.parameters import Parameters
from idp.oidc.registered import RegisteredClient

HERE = "/oauth2/logout"


@dataclass(frozen=True, slots=True)
class SignOut:
    """What a request for signing out comes to."""

    client: RegisteredClient | None
    """Who asks, when a valid hint says so."""
    session_id: str | None
    """Which session the hint is about."""
    then: str | None
    """Where to go afterwards: registered for that client, exactly."""


def logout() -> Response:
    """GET and POST (section 2). Only a valid hint for the session of this very browser ends it without a question."""
    confirming = request.method == "POST" and "csrf_token" in request.form
    if request.method == "POST" and not confirming:
        return _once_more_by_get()
    sent = Parameters.of(request.form if confirming else request.args, parameters.LOGOUT)
    if sent.repeated or sent.unreadable():
        raise RefusedOnOurPage(
            "client-request",
            HTTPStatus.BAD_REQUEST,
            "a repeated or unreadable parameter",
            detail_code="logout",
            here="/",
        )
    g.ui_locales = " ".join(sent.words("ui_locales"))
    wanted = understood(sent)
    session = current_session()
    if session is None:
        return _done(wanted)
    if confirming:
        if not pages.csrf_holds(_scope(session)):
            return _ask(sent, wanted, session)
        stays = request.form.get("actie") == "blijven"
        return _stay() if stays else _done(wanted, _end(wanted, session))
    if wanted.session_id == session.id:
        return _done(wanted, _end(wanted, session))
    return _ask(sent, wanted, session)


def understood(sent: Parameters) -> SignOut:
    """Read the request. An invalid hint counts as none, and without a hint nobody is sent anywhere (section 3)."""
    token, named = sent.get("id_token_hint"), sent.get("client_id")
    hint = _hint(token) if token is not None else None
    audience = None if hint is None else hint.get("aud")
    if hint is None or not isinstance(audience, str) or (named is not None and named != audience):
        return SignOut(None, None, None)
    client = registered.load(audience)
    if client is None:
        return SignOut(None, None, None)
    then = sent.get("post_logout_redirect_uri")
    if then is not None and then in client.post_logout_redirect_uris:
        state = sent.get("state")
        then = then if state is None else answers.with_query(then, {"state": state})
    else:
        then = None
    sid = hint.get("sid")
    return SignOut(
        client, sessions.session_of_sid(sid, audience) if isinstance(sid, str) else None, then
    )


def _hint(token: str) -> dict[str, Any] | None:
    """The claims of an ID Token of ours, of whatever age (section 4); `None` for anything else."""
    try:
        claims = keyring().verify(token, typ=ID_TOKEN_TYPE)
    except Unverifiable:
        return None
    return claims if claims.get("iss") == settings.current().issuer else None


def _once_more_by_get() -> Response:
    """A post from another site brings no Lax cookie: let the browser come again, so that we know whose it is."""
    sent = Parameters.of(request.form, parameters.LOGOUT)
    if sent.repeated:
        raise RefusedOnOurPage(
            "client-request",
            HTTPStatus.BAD_REQUEST,
            "a repeated parameter",
            detail_code="logout",
            here="/",
        )
    return answers.see_other(answers.with_query(HERE, sent.sent) if sent.sent else HERE)


def _end(wanted: SignOut, session: LiveSession) -> Elsewhere:
    """End the session; returns what there is to say of the applications beside the asking one."""
    client_id = None if wanted.client is None else wanted.client.client_id
    record(
        Event.LOGOUT_REQUESTED,
        reference=session.reference,
        account_id=session.account_id,
        relation_id=session.relation_id,
        client_id=client_id,
        session_id=session.id,
    )
    elsewhere = logouts.elsewhere(session.id, asking=client_id)
    sessions.forget_unfinished(session.account_id, browser=browser_digest())
    sessions.end(
        session.id,
        why="signed out at an application" if client_id else "signed out",
        reference=session.reference,
    )
    db.session.commit()
    forget_session()
    return elsewhere


def _done(wanted: SignOut, elsewhere: Elsewhere | None = None) -> Response:
    """On to the application; by way of our own page where others have a page to load first."""
    elsewhere = elsewhere or Elsewhere()
    if wanted.then is not None and not elsewhere.frames:
        return answers.see_other(wanted.then)
    return pages.show(
        "logged-out", frames=elsewhere.frames, elsewhere=elsewhere, onward=wanted.then
    )


def _stay() -> Response:
    return answers.see_other("/")


def _ask(sent: Parameters, wanted: SignOut, session: LiveSession) -> Response:
    """The confirmation page (section 2); what was asked travels along in its form."""
    pages.csrf_scope(_scope(session))
    return pages.show(
        "logout",
        form_action=() if wanted.then is None else (origin_of(wanted.then),),
        here=HERE,
        hidden=dict(sent.sent),
    )


def _scope(session: LiveSession) -> str:
    return f"session:{session.id}"
