"""Who may see a page of the portal: two steps always. Who may change something: both younger than five minutes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from flask import Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from idp import clock
from idp.accounts import credentials, directory, sessions
from idp.accounts.sessions import LiveSession
from idp.assurance import Demands, Level, mechanism_level, satisfies
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.begin import begin_proving_again, freshly_proven
from idp.flows.cookies import current_session
from idp.flows.sign_in import PORTAL, step_up
from idp.flows.walk import refuse_foreign_post
from idp.mfa import catalogue
from idp.models import Account
from idp.pages import csrf_scope, show

P = ParamSpec("P")
PortalPage = Callable[Concatenate[LiveSession, Account, P], ResponseReturnValue]


def signed_in(view: PortalPage[P]) -> Callable[P, ResponseReturnValue]:
    """A page of the portal: for a session with two steps; who has less is asked for what is missing."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        session = current_session()
        if session is None:
            if request.method == "POST":
                raise RefusedOnOurPage(
                    "session-expired", HTTPStatus.BAD_REQUEST, "posted without a session"
                )
            return redirect("/", code=HTTPStatus.SEE_OTHER)
        if not satisfies(
            session.proofs, Demands(), enrolled_at=session.enrolled_at, now=clock.now()
        ):
            if mechanism_level(session.proofs) >= Level.SUBSTANTIEEL:
                raise RefusedOnOurPage(
                    "level-unreachable",
                    HTTPStatus.FORBIDDEN,
                    "enrolled below substantieel",
                    reference=session.reference,
                )
            return step_up(request.path if request.method == "GET" else PORTAL)
        csrf_scope(f"session:{session.id}")
        if request.method == "POST":
            refuse_foreign_post(f"session:{session.id}")
        session = sessions.touch(session)
        account = directory.get(session.account_id)
        if account is None:
            abort(HTTPStatus.NOT_FOUND)
        response = view(session, account, *args, **kwargs)
        db.session.commit()
        return response

    return guarded


def freshly(
    *, with_key: bool, back: str | None = None
) -> Callable[[PortalPage[P]], Callable[P, ResponseReturnValue]]:
    """A page on which something is changed: both steps younger than five minutes, else they are asked again first.

    The person then comes back to this page, or to `back` for a form that stands on another page. `with_key`: who has a
    key has to use it, because who got past another method could otherwise remove the key that keeps false sites out.
    """

    def decorate(view: PortalPage[P]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def fresh(
            session: LiveSession, account: Account, /, *args: P.args, **kwargs: P.kwargs
        ) -> ResponseReturnValue:
            if _is_fresh(session, with_key=with_key):
                return view(session, account, *args, **kwargs)
            address = begin_proving_again(
                return_to=back or request.path, phishing_resistant=with_key
            )
            return redirect(address, code=HTTPStatus.SEE_OTHER)

        return signed_in(fresh)

    return decorate


def _is_fresh(session: LiveSession, *, with_key: bool) -> bool:
    usable = catalogue.usable(credentials.of_account(session.account_id))
    has_key = any(factor.phishing_resistant for factor, _own in usable)
    demands = freshly_proven(session.account_id, phishing_resistant=with_key and has_key)
    return satisfies(session.proofs, demands, enrolled_at=session.enrolled_at, now=clock.now())


def show_in_portal(page: str, session: LiveSession, account: Account, **context: Any) -> Response:
    """Render a page of the portal: who is signed in, the menu, and when the session ends."""
    person = {
        "name": account.name,
        "relation_name": account.relation.name,
        "relation_number": account.relation.number,
        "works_at_the_desk": account.desk_role is not None,
    }
    left = int((session.ends_at - clock.now()).total_seconds())
    return show(page, person=person, session=session, session_left=left, **context)
