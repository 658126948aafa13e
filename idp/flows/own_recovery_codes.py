"""A set of recovery codes, made on Beveiliging by who took both steps a moment ago, and shown once."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from idp.accounts import recovery_codes
from idp.accounts.sessions import LiveSession
from idp.flows.own_methods import SECURITY
from idp.flows.signed_in import freshly, show_in_portal
from idp.models import Account

pages = Blueprint("own_recovery_codes", __name__)

CODES: Final = "/mijn/beveiliging/herstelcodes"


@pages.get(CODES)
@freshly(with_key=True)
def ask(session: LiveSession, account: Account) -> ResponseReturnValue:
    """What they are for, how many are left, and the button that makes new ones."""
    return _page(session, account, left=_left(account))


@pages.post(CODES)
@freshly(with_key=True)
def make(session: LiveSession, account: Account) -> ResponseReturnValue:
    """The new set; this answer is the only place where it can ever be read."""
    _left(account)
    made = recovery_codes.make(account, reference=session.reference)
    return _page(session, account, left=len(made), codes=[code.reveal() for code in made])


def _left(account: Account) -> int:
    if not recovery_codes.offered():
        abort(404)
    return recovery_codes.left(account.id)


def _page(session: LiveSession, account: Account, **context: object) -> ResponseReturnValue:
    return show_in_portal(
        "recovery-codes",
        session,
        account,
        here=CODES,
        codes_per_set=recovery_codes.PER_SET,
        back=SECURITY,
        **context,
    )
