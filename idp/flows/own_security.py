"""Beveiliging: one's own methods, sessions, sign-ins and what is shared, on one page; each is changed on its own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from idp.accounts import (
    consents,
    credentials,
    directory,
    mailed_secrets,
    own_data,
    recovery_codes,
    sessions,
)
from idp.accounts.sessions import LiveSession
from idp.assurance import PASSKEY
from idp.audit import Event
from idp.database import db
from idp.flows import own_methods
from idp.flows.enrolment import summaries
from idp.flows.own_data import DOWNLOAD
from idp.flows.own_mail import CONFIRM
from idp.flows.own_methods import ADD_METHOD, SECURITY
from idp.flows.own_password import CHANGE
from idp.flows.own_recovery_codes import CODES
from idp.flows.own_sessions import END, END_ALL
from idp.flows.signed_in import show_in_portal, signed_in
from idp.models import Account, AuditEvent
from idp.pages import translate as _

pages = Blueprint("own_security", __name__)

WITHDRAW: Final = "/mijn/beveiliging/toestemming-intrekken"
_SIGN_INS: Final = (Event.SIGN_IN_COMPLETED, Event.SIGN_IN_FAILED, Event.STEP_FAILED)
_SHOWN_SIGN_INS: Final = 10


@pages.get(SECURITY)
@signed_in
def security(session: LiveSession, account: Account) -> ResponseReturnValue:
    """One's own methods, sessions and last sign-ins, and what was just done."""
    own = credentials.of_account(account.id)
    return show_in_portal(
        "security",
        session,
        account,
        notice=_notice(request.args.get("gedaan", "")),
        methods=summaries(own),
        rename_here=own_methods.names(own),
        sessions=[
            {
                "id": each.id,
                "device": each.device,
                "at": each.created_at,
                "used_at": each.used_at,
                "current": each.id == session.id,
            }
            for each in sessions.of_account(account.id)
        ],
        sign_ins=_sign_ins(account),
        looks=own_data.looks(account.id),
        download_here=DOWNLOAD,
        consents=consents.of_account(account.id),
        withdraw_here=WITHDRAW,
        add_method_here=ADD_METHOD,
        change_password_here=CHANGE,
        recovery_codes_here=CODES if recovery_codes.offered() else None,
        recovery_codes_left=recovery_codes.left(account.id),
        mail_address=directory.email_of(account) if mailed_secrets.link_offered() else None,
        mail_confirmed_at=account.email_confirmed_at,
        confirm_mail_here=CONFIRM,
        end_session_here=END,
        end_all_here=END_ALL,
    )


def _notice(done: str) -> str | None:
    """What to say of the change that led here; anything else says nothing."""
    return {
        "ingetrokken": _(
            "U hebt uw toestemming ingetrokken. Wij delen niets meer met deze applicatie."
        ),
        "mailadres": _("Uw e-mailadres is bevestigd."),
        "naam": _("De methode heeft een andere naam."),
        "verwijderd": _("De methode is verwijderd. U kunt er niet meer mee inloggen."),
        "uitgelogd": _("Dat apparaat is uitgelogd."),
        "overal-uitgelogd": _("Alle andere apparaten zijn uitgelogd."),
        "wachtwoord": _("U hebt een nieuw wachtwoord. Op andere apparaten bent u uitgelogd."),
    }.get(done)


@pages.post(WITHDRAW)
@signed_in
def withdraw_consent(session: LiveSession, _account: Account) -> ResponseReturnValue:
    """Share nothing more with an application of somebody else; the next time it has to ask again."""
    consents.withdraw(session, request.form.get("applicatie", ""))
    return redirect(f"{SECURITY}?gedaan=ingetrokken", code=HTTPStatus.SEE_OTHER)


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
    """The kind of the step that decided: the last one taken, or the one that failed; a passkey by itself is both."""
    if row.event == Event.SIGN_IN_FAILED:
        return str(row.details.get("kind", "wachtwoord"))
    taken = row.details.get("how") or [row.details.get("kind", "")]
    return PASSKEY if PASSKEY in taken else str(taken[-1])
