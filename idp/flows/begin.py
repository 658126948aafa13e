"""Where a sign-in begins that somebody else asks for: an application, the portal, the security page."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from idp import clock
from idp.accounts.sessions import LiveSession
from idp.assurance import Demands
from idp.errors import RefusedOnOurPage
from idp.flows import transaction
from idp.flows.cookies import browser_digest, current_session
from idp.flows.transaction import Purpose
from idp.secret_values import new_reference

FRESH: Final = timedelta(minutes=5)
"""How old proofs may be for changing what opens the account (OWASP ASVS 7.5.1)."""


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
    session = _of_this_browser()
    login = transaction.start(
        browser=browser_digest(),
        purpose=Purpose.ADD_METHOD,
        demands=freshly_proven(session.account_id, phishing_resistant=True),
        return_to=return_to,
        reference=reference,
        signing_in_for=signing_in_for,
        form_action=form_action,
        account_id=session.account_id,
        session_id=session.id,
    )
    return f"/inloggen/{login.id}"


def begin_proving_again(*, return_to: str, phishing_resistant: bool) -> str:
    """Store the sign-in that comes before a change when the session's proofs are too old for it, or too weak."""
    session = _of_this_browser()
    return begin_sign_in(
        freshly_proven(session.account_id, phishing_resistant=phishing_resistant),
        return_to=return_to,
        reference=new_reference(),
        signing_in_for=None,
        form_action=(),
        language=None,
    )


def freshly_proven(account_id: str, *, phishing_resistant: bool) -> Demands:
    """What a change of the account's own access asks: two steps, both younger than five minutes.

    Phishing resistance is asked of who has a key; the walk lets others go on without.
    """
    return Demands(
        not_before=clock.now() - FRESH,
        account_id=account_id,
        phishing_resistant=phishing_resistant,
    )


def _of_this_browser() -> LiveSession:
    if (session := current_session()) is None:
        raise RefusedOnOurPage(
            "session-expired", HTTPStatus.BAD_REQUEST, "no session to change anything of"
        )
    return session
