"""A passkey that the browser offers in the field of the user name, in a browser where somebody with a key signed in.

Every reason why it is refused is one page: the sign-in page, with the words of a wrong password.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import request
from flask.typing import ResponseReturnValue

from idp import settings
from idp.assurance import Demands
from idp.audit import Event, record
from idp.database import db
from idp.flows import known_browsers, transaction
from idp.flows.cookies import browser_digest
from idp.flows.device import device_in_words
from idp.flows.sign_in_tries import Tries
from idp.flows.transaction import LoginTransaction, Purpose
from idp.flows.walk import Visit, blocked, onward
from idp.mfa import key_ceremony, passkey
from idp.mfa.key_ceremony import Unacceptable
from idp.mfa.passkey import Claimed
from idp.models import Account
from idp.pages import csrf_token_of

#: Of the form, where its script puts what the device said.
FIELD: Final = "sleutel"


@dataclass(frozen=True, slots=True)
class Offer:
    """What the page's script needs."""

    options: str
    to: str
    token: str


def offered(login: LoginTransaction | None) -> bool:
    """Whether the sign-in page offers it: to who begins, in a browser where somebody with a key signed in."""
    if not settings.current().passkey_sign_in or key_ceremony.rp_id() is None:
        return False
    if login is not None and (login.purpose is not Purpose.SIGN_IN or login.session_id):
        return False
    return known_browsers.had_a_key()


def offer(login: LoginTransaction | None, *, return_to: str) -> Offer | None:
    """What the sign-in page gives to its script. Where no sign-in has begun, one begins; commits."""
    if not offered(login):
        return None
    if login is None:
        login = transaction.start(
            browser=browser_digest(),
            purpose=Purpose.SIGN_IN,
            demands=Demands(),
            return_to=return_to,
        )
    options = passkey.options(login.id)
    return Offer(options, f"/inloggen/{login.id}", csrf_token_of(f"tx:{login.id}"))


def take(here: Visit) -> ResponseReturnValue | None:
    """Sign in with what the device said; `None` when it does not count, whatever the reason. That is counted."""
    login = here.login
    try:
        if not offered(login):
            raise Unacceptable("passkeys are not offered here")
        said = passkey.claim(login.id, request.form.get(FIELD, ""))
    except Unacceptable as why:
        tries = Tries.of_browser(login.browser)
        tries.take_one(login.reference)
        _failed(login, None, tries, str(why))
        return None
    db.session.commit()  # spent, whatever becomes of it
    claimed = passkey.named(said)
    account = claimed.account if claimed else None
    browser = known_browsers.known_as(
        account.id if account else None, account.browsers_epoch if account else None
    )
    tries = _tries(login, account, browser)
    tries.take_one(login.reference)
    try:
        welcome = _welcome(login, claimed, browser)
        proofs = passkey.verified(welcome, login.reference)
    except Unacceptable as why:
        _failed(login, account, tries, str(why))
        return None
    account = welcome.account
    tries.succeeded(account, login.reference)
    record(
        Event.PASSKEY_ACCEPTED,
        account_id=account.id,
        relation_id=account.relation_id,
        reference=login.reference,
    )
    login = login.of(account.id)
    for proof in proofs:
        login = login.earn(proof)
    return onward(login)


def _welcome(login: LoginTransaction, claimed: Claimed | None, browser: str | None) -> Claimed:
    """The key, when its account may come in here this way."""
    if claimed is None:
        raise Unacceptable("not a key of anybody here")
    account = claimed.account
    if browser is None:
        raise Unacceptable("not an account that this browser is known for")
    if (error := blocked(account)) is not None:
        raise Unacceptable(error)
    if account.password_is_temporary:
        raise Unacceptable("the password is a start password")
    if (login.account_id or login.demands.account_id) not in {None, account.id}:
        raise Unacceptable("another account than was asked for")
    return claimed


def _tries(login: LoginTransaction, account: Account | None, browser: str | None) -> Tries:
    """A known browser counts with its wrong passwords; what names nobody known here, with this browser's own."""
    if account is not None and browser is not None:
        return Tries("", "", "", account_id=account.id, browser=browser)
    return Tries.of_browser(login.browser)


def _failed(login: LoginTransaction, account: Account | None, tries: Tries, why: str) -> None:
    tries.failed(account, login.reference)
    record(
        Event.SIGN_IN_FAILED,
        succeeded=False,
        account_id=account.id if account else None,
        relation_id=account.relation_id if account else None,
        reference=login.reference,
        kind="webauthn",
        reason=why,
        device=device_in_words(),
    )
    db.session.commit()
