"""Sign out here first, then at the provider (OpenID Connect RP-Initiated Logout 1.0)."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, Response, request

from relying_party_demo.demo import home, show, the_demo
from relying_party_demo.problems import ProviderUnreachable, SignInProblem
from relying_party_demo.sign_in import once, see_other

sign_out = Blueprint("sign_out", __name__)


@sign_out.post("/uitloggen")
@sign_out.post("/<application_id>/uitloggen")
def leave(application_id: str | None = None) -> Response:
    """Forget the person here, and send the browser to the provider to end the session there."""
    demo = the_demo()
    application = demo.application(application_id)
    visit = demo.visit()
    signed_in = visit.signed_in.get(application.id)
    if signed_in is None:
        return see_other(demo.url(home(application_id)))
    token = request.form.get("csrf_token", "")
    if not hmac.compare_digest(token.encode(), signed_in.csrf_token.encode()):
        raise SignInProblem("csrf", why="sign-out without the token of this page")
    visit.signed_in.pop(application.id, None)
    state = secrets.token_urlsafe(24)
    visit.sign_outs[application.id] = state
    demo.visits.keep(visit)
    try:
        metadata = demo.provider.metadata()
    except ProviderUnreachable as problem:
        raise SignInProblem("signed_out_here_only", why=problem.why) from problem
    if metadata.end_session_endpoint is None:
        return see_other(demo.url(f"/{application.id}/uitgelogd"))
    going = demo.clients[application.id].create_logout_url(
        demo.url(f"/{application.id}/uitgelogd"),
        signed_in.id_token,
        state,
        client_id=application.client_id,
    )
    return see_other(going["url"])


@sign_out.get("/uitloggen")
@sign_out.get("/<application_id>/uitloggen")
def stay(application_id: str | None = None) -> Response:
    """Sign nobody out by a link; lead to the page that has the button."""
    demo = the_demo()
    demo.application(application_id)
    return see_other(demo.url(home(application_id)))


@sign_out.get("/uitgelogd")
@sign_out.get("/<application_id>/uitgelogd")
def left(application_id: str | None = None) -> Response:
    """Say what is certain: only with the `state` we sent has the provider ended its session too."""
    demo = the_demo()
    application = demo.application(application_id)
    visit = demo.visit()
    if application.id in visit.signed_in:
        return see_other(demo.url(home(application_id)))
    expected = visit.sign_outs.pop(application.id, "")
    given = once(request.args, "state") or ""
    everywhere = bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
    return show(
        "signed_out",
        application=application,
        home_path=home(application_id),
        everywhere=everywhere,
        still_here=[
            x
            for x in demo.configuration.applications
            if x is not application and x.id in visit.signed_in
        ],
    )
