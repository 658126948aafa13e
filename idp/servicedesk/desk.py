"""Who works at the desk: a colleague, signed in with two steps, whose role may do what the page does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, Final, ParamSpec

from flask import Response, abort, g, request
from flask.typing import ResponseReturnValue

from idp import clock, settings
from idp.accounts import directory, sessions
from idp.accounts.sessions import LiveSession
from idp.assurance import Demands, Level, mechanism_level, satisfies
from idp.audit import Event, errand_is, record
from idp.database import db
from idp.errors import RefusedOnOurPage, WrongInput
from idp.flows.sign_in import step_up
from idp.flows.walk import refuse_foreign_post
from idp.models import Account
from idp.pages import csrf_scope, show
from idp.pages.wording import in_dutch
from idp.servicedesk.crossing import at_own_origin, leave, session_here
from idp.servicedesk.errands import CHECKS, Errand, errand
from idp.servicedesk.roles import CALLED, Right, Role, Worker, may
from idp.servicedesk.sensitive import Action

P = ParamSpec("P")

DESK: Final = "/servicedesk/"
#: The menu: what a page is called, where it is, its icon, and the right that shows it.
_MENU: Final = (
    ("desk", "Zoeken", DESK, "search", Right.SEARCH),
    ("desk-requests", "Verzoeken", f"{DESK}verzoeken", "clock", Right.SEE_ACCOUNT),
    ("desk-applications", "Applicaties", f"{DESK}applicaties", "apps", Right.SEE_APPLICATIONS),
    ("desk-letters", "Brieven", f"{DESK}brieven", "document", Right.SEND_LETTERS),
    ("desk-log", "Logboek", f"{DESK}logboek", "document", Right.READ_AUDIT),
    ("desk-colleagues", "Collega’s", f"{DESK}collegas", "users", Right.CHANGE_COLLEAGUES),
    ("desk-manual", "Handleiding", f"{DESK}handleiding", "book", Right.SEARCH),
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody at the desk, and what they may do there."""

    account: Account
    role: Role
    session: LiveSession

    @property
    def id(self) -> str:
        """Of their account."""
        return self.account.id

    @property
    def actor(self) -> str:
        """As the audit trail names them."""
        return f"desk:{self.account.id}"

    @property
    def worker(self) -> Worker:
        """As functions that see no request know them."""
        return Worker(self.id, self.actor, self.role)

    def may(self, right: Right) -> bool:
        """Whether their role may do this."""
        return may(self.role, right)


DeskPage = Callable[Concatenate[Colleague, P], ResponseReturnValue]


def role_of(account: Account) -> Role | None:
    """The role at the desk that an account has; none for an account of another organisation than the body."""
    body = settings.current().desk_relation
    if account.desk_role is None or (body and account.relation.number != body):
        return None
    try:
        return Role.named(account.desk_role)
    except WrongInput:
        return None


def at_the_desk(right: Right) -> Callable[[DeskPage[P]], Callable[P, ResponseReturnValue]]:
    """A page of the desk: for a colleague with two steps whose role has this right; commits what the page changed.

    Who is nobody here gets the page of an address that does not exist, so that the desk tells strangers nothing of
    what is behind it; a colleague without the right is told so.
    """

    def decorate(view: DeskPage[P]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            if any("\0" in str(part) for part in kwargs.values()):
                abort(HTTPStatus.NOT_FOUND)  # PostgreSQL does not even take it in a question
            session = session_here()
            if session is None:
                return _ask_to_sign_in()
            account = directory.get(session.account_id)
            role = None if account is None else role_of(account)
            if account is None or role is None:
                abort(HTTPStatus.NOT_FOUND)
            in_dutch()
            if not satisfies(
                session.proofs, Demands(), enrolled_at=session.enrolled_at, now=clock.now()
            ):
                return _ask_for_more(session)
            csrf_scope(f"session:{session.id}")
            if request.method == "POST":
                refuse_foreign_post(f"session:{session.id}")
            colleague = Colleague(account, role, sessions.touch(session))
            g.at_the_desk = True  # whoever asks for what is not there is led back to its first page
            if not colleague.may(right):
                return _not_your_role(colleague, right)
            response = view(colleague, *args, **kwargs)
            db.session.commit()
            return response

        return guarded

    return decorate


def _not_your_role(colleague: Colleague, right: Right) -> ResponseReturnValue:
    record(
        Event.DESK_REFUSED,
        succeeded=False,
        actor=colleague.actor,
        account_id=colleague.id,
        reason=f"{colleague.role} may not {right}",
        reference=colleague.session.reference,
    )
    db.session.commit()
    return show_at_desk("desk-refused", colleague, status=HTTPStatus.FORBIDDEN)


def _ask_to_sign_in() -> ResponseReturnValue:
    if request.method == "POST":
        raise RefusedOnOurPage(
            "session-expired", HTTPStatus.BAD_REQUEST, "posted without a session"
        )
    return leave() if at_own_origin() else step_up(request.full_path.rstrip("?"))


def _ask_for_more(session: LiveSession) -> ResponseReturnValue:
    if mechanism_level(session.proofs) >= Level.SUBSTANTIEEL:
        raise RefusedOnOurPage(
            "level-unreachable",
            HTTPStatus.FORBIDDEN,
            "enrolled below substantieel",
            reference=session.reference,
        )
    if at_own_origin():
        return leave()
    return step_up(request.path if request.method == "GET" else DESK)


def errand_of_form(action: Action) -> Errand:
    """Reason, check and ticket as the form of this request gives them; every event that follows carries them.

    `WrongInput` for what is missing, and for a reason that does not fit the action.
    """
    given = request.form
    why = errand(
        given.get("reden", ""),
        given.get("controle", ""),
        given.get("ticket", ""),
        action=action,
    )
    errand_is(why.details)
    return why


def show_at_desk(page: str, colleague: Colleague, **context: Any) -> Response:
    """Render a page of the desk: who works here, the menu, and how a caller can be checked.

    A page with a form that asks why brings the `reasons` that fit it.
    """
    return show(
        page,
        colleague={"name": colleague.account.name, "role": CALLED[colleague.role]},
        menu=[
            {"page": name, "label": label, "href": href, "icon": icon}
            for name, label, href, icon, right in _MENU
            if colleague.may(right)
        ],
        may=lambda right: colleague.may(Right(right)),
        checks=CHECKS,
        own_origin=at_own_origin(),
        with_key=any(proof.phishing_resistant for proof in colleague.session.proofs),
        **context,
    )
