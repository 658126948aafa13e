"""The portal: Uw applicaties, Beveiliging, Handleidingen. It needs two steps, always."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp import clock, settings
from idp.accounts import consents, credentials, directory, grants, sessions
from idp.accounts.grants import GrantedApplication
from idp.accounts.sessions import LiveSession
from idp.assurance import Demands, Level, mechanism_level, satisfies
from idp.audit import Event
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.begin import begin_adding_a_method
from idp.flows.cookies import current_session
from idp.flows.enrolment import summaries
from idp.flows.manuals import IN_THE_PORTAL, article
from idp.flows.sign_in import step_up
from idp.flows.walk import refuse_foreign_post
from idp.models import Account, AuditEvent
from idp.pages import csrf_scope, show

pages = Blueprint("portal", __name__)
P = ParamSpec("P")

SECURITY: Final = "/mijn/beveiliging"
ADD_METHOD: Final = "/mijn/beveiliging/methode-toevoegen"
WITHDRAW: Final = "/mijn/beveiliging/toestemming-intrekken"
_SIGN_INS: Final = (Event.SIGN_IN_COMPLETED, Event.SIGN_IN_FAILED, Event.STEP_FAILED)
_SHOWN_SIGN_INS: Final = 10


def signed_in(
    view: Callable[Concatenate[LiveSession, Account, P], ResponseReturnValue],
) -> Callable[P, ResponseReturnValue]:
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
            return step_up()
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


@pages.get("/mijn/applicaties")
@signed_in
def applications(session: LiveSession, account: Account) -> ResponseReturnValue:
    """Exactly the applications that are granted now."""
    granted = grants.of_account(account.id)
    own = credentials.of_account(account.id)
    return _show(
        "portal",
        session,
        account,
        applications=[_entry(application) for application in granted],
        last_seen=sessions.previous_of(account.id, session.id),
        only_method=own[0].kind if len(own) == 1 else None,
        add_method_here=ADD_METHOD,
    )


def _entry(application: GrantedApplication) -> dict[str, str]:
    """Opening an application is third-party initiated login (OpenID Connect Core section 4): it asks us, silently."""
    separator = "&" if urlsplit(application.address).query else "?"
    return {
        "id": application.id,
        "name": application.name,
        "description": application.description,
        "href": f"{application.address}{separator}{urlencode({'iss': settings.current().issuer})}",
        "icon": "apps",
    }


@pages.get("/mijn/beveiliging")
@signed_in
def security(session: LiveSession, account: Account) -> ResponseReturnValue:
    """One's own methods, sessions and last sign-ins."""
    return _show(
        "security",
        session,
        account,
        methods=summaries(credentials.of_account(account.id)),
        sessions=[
            {
                "id": each.id,
                "device": each.device,
                "at": each.created_at,
                "current": each.id == session.id,
            }
            for each in sessions.of_account(account.id)
        ],
        sign_ins=_sign_ins(account),
        consents=consents.of_account(account.id),
        withdraw_here=WITHDRAW,
        withdrawn="ingetrokken" in request.args,
        add_method_here=ADD_METHOD,
    )


@pages.post(WITHDRAW)
@signed_in
def withdraw_consent(session: LiveSession, _account: Account) -> ResponseReturnValue:
    """Share nothing more with an application of somebody else; the next time it has to ask again."""
    consents.withdraw(session, request.form.get("applicatie", ""))
    return redirect(f"{SECURITY}?ingetrokken=1", code=HTTPStatus.SEE_OTHER)


def _sign_ins(account: Account) -> list[dict[str, Any]]:
    rows = db.session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.account_id == account.id,
            AuditEvent.event.in_([event.value for event in _SIGN_INS]),
        )
        .order_by(AuditEvent.id.desc())
        .limit(_SHOWN_SIGN_INS)
    )
    return [
        {
            "at": row.at,
            "succeeded": row.succeeded,
            "what": row.details.get("what"),
            "how": _how(row),
            "device": row.details.get("device", ""),
        }
        for row in rows
    ]


def _how(row: AuditEvent) -> str:
    """The kind of the step that decided: the last one taken, or the one that failed."""
    if row.event == Event.SIGN_IN_FAILED:
        return "wachtwoord"
    taken = row.details.get("how") or [row.details.get("kind", "")]
    return str(taken[-1])


@pages.post(ADD_METHOD)
@signed_in
def add_method(_session: LiveSession, _account: Account) -> ResponseReturnValue:
    """Begin to set up another method; with proofs older than five minutes the person signs in again first."""
    address = begin_adding_a_method(return_to=SECURITY)
    return redirect(address, code=HTTPStatus.SEE_OTHER)


@pages.get(IN_THE_PORTAL)
@signed_in
def manuals(session: LiveSession, account: Account) -> ResponseReturnValue:
    """The manuals."""
    return _show("manuals", session, account, manuals=IN_THE_PORTAL)


@pages.get(f"{IN_THE_PORTAL}/<slug>")
@signed_in
def manual(session: LiveSession, account: Account, slug: str) -> ResponseReturnValue:
    """One manual."""
    return _show("manual", session, account, **article(slug, IN_THE_PORTAL))


def _show(page: str, session: LiveSession, account: Account, **context: Any) -> Response:
    person = {
        "name": account.name,
        "relation_name": account.relation.name,
        "relation_number": account.relation.number,
    }
    left = int((session.ends_at - clock.now()).total_seconds())
    return show(page, person=person, session=session, session_left=left, **context)
