"""Where a sign-in begins that somebody else asks for: an application, the portal, the security page."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from idp import clock
from idp.assurance import Demands
from idp.errors import RefusedOnOurPage
from idp.flows import transaction
from idp.flows.cookies import browser_digest, current_session
from idp.flows.transaction import Purpose

FRESH: Final = timedelta(minutes=5)
"""How old proofs may be for adding a method (OWASP ASVS 7.5.1)."""


def begin_sign_in(
    demands: Demands,
    *,
    return_to: str,
    reference: str,
    signing_in_for: str | None,
    form_action: tuple[str, ...],
    language: str | None,
    anybody: bool = False,
) -> str:
    """Store a sign-in that has to satisfy `demands` and return the local address where it starts.

    `return_to` is a local address: `finish` sends the browser there. Proofs of this browser's session count as far
    as they answer the demands, so that only what is missing is asked, and only of the account that is signed in;
    `anybody` lets another one sign in. Does not commit.
    """
    session = current_session()
    if session is not None and (anybody or demands.account_id not in {None, session.account_id}):
        session = None
    login = transaction.start(
        browser=browser_digest(),
        purpose=Purpose.SIGN_IN,
        demands=demands,
        return_to=return_to,
        reference=reference,
        signing_in_for=signing_in_for,
        form_action=form_action,
        language=language,
        account_id=session.account_id if session else None,
        session_id=session.id if session else None,
    )
    return f"/inloggen/{login.id}"


def begin_adding_a_method(
    *,
    return_to: str,
    reference: str | None = None,
    signing_in_for: str | None = None,
    form_action: tuple[str, ...] = (),
) -> str:
    """Store the sign-in in which somebody adds a method: every proof that counts is younger than five minutes.

    Measured from now, so that who takes long to install an app is not asked again halfway. Who has a key has to use it:
    else whoever got past another method could add a key, and be taken for somebody whom no false site can fool.
    The rest is as for `begin_sign_in`, where an application waits for it.
    """
    session = current_session()
    if session is None:
        raise RefusedOnOurPage(
            "session-expired", HTTPStatus.BAD_REQUEST, "no session to add a method to"
        )
    login = transaction.start(
        browser=browser_digest(),
        purpose=Purpose.ADD_METHOD,
        demands=Demands(
            not_before=clock.now() - FRESH, account_id=session.account_id, phishing_resistant=True
        ),
        return_to=return_to,
        reference=reference,
        signing_in_for=signing_in_for,
        form_action=form_action,
        account_id=session.account_id,
        session_id=session.id,
    )
    return f"/inloggen/{login.id}"
