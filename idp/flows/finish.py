"""The only place that opens or raises a session. From here the browser goes back to whoever asked."""

from __future__ import annotations

from http import HTTPStatus

from flask import redirect
from flask.typing import ResponseReturnValue

from idp import settings, throttle
from idp.accounts import activation_codes, credentials, directory, notices, sessions
from idp.accounts.notices import Notice
from idp.assurance import Strength
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import known_browsers, transaction
from idp.flows.cookies import current_session, remember_session
from idp.flows.device import device_in_words
from idp.flows.transaction import LoginTransaction, Purpose
from idp.models import Account
from idp.pages import language


def finish(login: LoginTransaction, account: Account) -> ResponseReturnValue:
    """End the sign-in, open or raise the session with a new cookie, and send the browser to `return_to`.

    A session of the same account is raised; one of another account in this browser ends.
    """
    if not directory.still_welcome(account.id):
        db.session.rollback()
        raise RefusedOnOurPage(
            "session-expired",
            HTTPStatus.BAD_REQUEST,
            "blocked while signing in",
            reference=login.reference,
        )
    browser = known_browsers.known_as(account.id, account.browsers_epoch)
    if (spoken := language()) != (account.language or "nl"):
        account.language = spoken
    transaction.save(login.moved(ended=True))
    if login.purpose is Purpose.ACTIVATION or (
        login.purpose is Purpose.SIGN_IN and login.enrolled and login.window_was_open
    ):
        activation_codes.close_window(account.id, login.browser)
        record(
            Event.ACTIVATION_FINISHED,
            account_id=account.id,
            relation_id=account.relation_id,
            reference=login.reference,
        )
    session_id, cookie = _session(login, account)
    record(
        Event.SIGN_IN_COMPLETED,
        account_id=account.id,
        relation_id=account.relation_id,
        session_id=session_id,
        reference=login.reference,
        how=[proof.kind for proof in login.earned],
        what=login.signing_in_for,
        device=device_in_words(),
    )
    if browser is None:
        _new_device(login, account)
    # A password alone makes no browser known: its guesses at the second step would be counted apart.
    mark = None
    if any(proof.strength is Strength.POSSESSION for proof in login.earned):
        mark = known_browsers.marked(account.id, account.browsers_epoch, browser)
    keyed = None
    if mark is not None and settings.current().passkey_sign_in:
        own = credentials.of_account(account.id)
        keyed = known_browsers.keyed(mark, has_key=any(each.kind == "webauthn" for each in own))
    db.session.commit()
    remember_session(cookie)
    if mark is not None:
        known_browsers.remember(mark)
        if keyed or (keyed is not None and known_browsers.had_a_key()):
            known_browsers.remember(keyed, known_browsers.KEYED_COOKIE)
    return redirect(login.return_to, code=HTTPStatus.SEE_OTHER)


def _new_device(login: LoginTransaction, account: Account) -> None:
    """Nobody signed in to this account in this browser before, or not since its password or methods were reset."""
    device = device_in_words()
    record(
        Event.NEW_DEVICE,
        account_id=account.id,
        relation_id=account.relation_id,
        reference=login.reference,
        device=device,
    )
    # One mail an hour is a warning; more of them would hide it.
    if throttle.spend(throttle.key("new-device-mail", account.id), throttle.WARNINGS) is None:
        notices.tell(account.id, Notice.NEW_DEVICE, {"device": device}, reference=login.reference)


def _session(login: LoginTransaction, account: Account) -> tuple[str, str]:
    before = current_session()
    if before is not None and before.account_id == account.id:
        if (cookie := sessions.raise_session(before, login.earned)) is not None:
            return before.id, cookie
    elif before is not None:
        sessions.end(
            before.id, why="somebody else signed in in this browser", reference=login.reference
        )
    return sessions.open_session(
        account.id, login.earned, device=device_in_words(), reference=login.reference
    )
