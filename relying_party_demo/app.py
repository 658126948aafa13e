"""Assembles the Flask application: parts, views, headers, error pages. It decides nothing."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from urllib.parse import quote, urlsplit

from flask import Flask, Response, abort, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from relying_party_demo.api import api
from relying_party_demo.backchannel import backchannel
from relying_party_demo.client import ApplicationClient
from relying_party_demo.configuration import Application, Configuration, is_loopback
from relying_party_demo.demo import EXTENSION, Demo, home, show, the_demo
from relying_party_demo.discovery import Provider
from relying_party_demo.doors import doors
from relying_party_demo.pages import pages
from relying_party_demo.problems import SignInProblem
from relying_party_demo.sign_in import sign_in
from relying_party_demo.sign_out import sign_out
from relying_party_demo.tokens import KnownTokens, LogoutTokens
from relying_party_demo.visits import Visits
from relying_party_demo.wording import BACK_TO_THE_PAGE, DOOR_COPY, OTHER_REFUSAL, PROBLEMS

log = logging.getLogger("relying_party_demo")


def create_app(configuration: Configuration) -> Flask:
    """Return the WSGI application; nothing is fetched from the provider before it is needed."""
    app = Flask(__name__)
    app.config.update(MAX_CONTENT_LENGTH=16 * 1024, MAX_FORM_PARTS=20)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    provider = Provider(configuration.issuer, verify=configuration.verify)
    app.extensions[EXTENSION] = Demo(
        configuration=configuration,
        provider=provider,
        clients={
            application.id: ApplicationClient(application, provider, configuration.verify)
            for application in configuration.applications
        },
        visits=Visits(configuration.session_secret),
        tokens=KnownTokens(),
        logout_tokens=LogoutTokens(),
    )
    for views in (pages, doors, api, sign_in, sign_out, backchannel):
        app.register_blueprint(views)
    app.jinja_env.globals["static_file"] = static_file_names(app)
    app.jinja_env.globals["doors"] = DOOR_COPY
    app.jinja_env.globals["address"] = configuration.address
    app.jinja_env.globals["provider_name"] = urlsplit(configuration.issuer).netloc
    app.before_request(keep_to_one_host_name)
    app.after_request(add_headers)
    app.register_error_handler(SignInProblem, show_problem)
    app.register_error_handler(HTTPException, show_http_problem)
    app.register_error_handler(Exception, show_failure)
    return app


def keep_to_one_host_name() -> AnyResponse | None:
    """Lead `127.0.0.1` to `localhost`, or the reverse: they are different sites with own cookies."""
    address = the_demo().configuration.address
    if request.path == "/health" or request.host == urlsplit(address).netloc:
        return None
    if request.method not in {"GET", "HEAD"}:
        abort(421)
    # quoted anew: the path comes decoded, and what was a %0d%0a must not end up in a header as itself
    path = "/" + quote(request.path.lstrip("/\\"), safe="/@:!$&'()*+,;=")
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    return redirect(address + path + query, 302)


def add_headers(response: Response) -> Response:
    """Put the security headers on every response."""
    demo = the_demo()
    headers = response.headers
    # Chromium holds the redirect after a post to form-action, and signing out ends at the provider.
    beyond = " ".join(demo.provider.origins())
    headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
        f"form-action 'self' {beyond}; frame-ancestors 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    address = urlsplit(demo.configuration.address)
    # On this machine it would hold for every port, also those of others.
    if address.scheme == "https" and not is_loopback(address.hostname or ""):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and response.status_code == 200:
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers["Cache-Control"] = "no-store"
    return response


def static_file_names(app: Flask) -> dict[str, str]:
    """Return the address of each static file, with its content in the query: it never goes stale."""
    names = {}
    with app.test_request_context():
        for path in Path(app.static_folder or "").iterdir():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
            names[path.name] = url_for("static", filename=path.name, v=digest)
    return names


def show_problem(problem: SignInProblem) -> Response:
    """Tell the person what happened; the log learns why."""
    application, here = _where()
    log.warning("%s: %s (%s)", application.id, problem.code, problem.why)
    copy = PROBLEMS.get(problem.code, OTHER_REFUSAL)
    response = show(
        "problem",
        application=application,
        home_path=here,
        status=copy.status,
        code=problem.code,
        copy=copy,
        target=here if problem.code in BACK_TO_THE_PAGE else here + "inloggen",
    )
    if copy.status == 503:
        response.headers["Retry-After"] = "60"
    return response


def show_http_problem(problem: HTTPException) -> AnyResponse:
    """Show our page for what Flask refuses itself; redirects go through."""
    if problem.code is None or problem.code < 400:
        return problem.get_response()
    response = show_problem(SignInProblem("not_found", why=problem.name))
    response.status_code = problem.code
    return response


def show_failure(failure: Exception) -> Response:
    """Show our page for a fault of our own."""
    log.error("unexpected failure: %s", type(failure).__name__, exc_info=failure)
    return show_problem(SignInProblem("internal_error", why=type(failure).__name__))


def _where() -> tuple[Application, str]:
    """Return the application that the address belongs to, the first one when to none."""
    demo = the_demo()
    asked = (request.view_args or {}).get("application_id")
    for application in demo.configuration.applications:
        if application.id == asked:
            return application, home(asked)
    return demo.configuration.applications[0], home(None)
