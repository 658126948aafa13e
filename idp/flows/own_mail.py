"""One's own mail address, confirmed on Beveiliging with a code that is mailed there.

Then a forgotten password can be replaced with a link to it. Only the operator changes the address.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from idp import throttle
from idp.accounts import directory, mailed_secrets
from idp.accounts.mailed_secrets import Trouble
from idp.accounts.sessions import LiveSession
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.own_methods import SECURITY
from idp.flows.signed_in import freshly, show_in_portal
from idp.models import Account
from idp.pages import form_copy

pages = Blueprint("own_mail", __name__)

CONFIRM: Final = "/mijn/beveiliging/mailadres"


@pages.get(CONFIRM)
@freshly(with_key=True)
def ask(session: LiveSession, account: Account) -> ResponseReturnValue:
    """The button that mails a code; the field for it once one is on its way."""
    return _page(session, account, asked=mailed_secrets.code_waits(account.id))


@pages.post(CONFIRM)
@freshly(with_key=True)
def confirm(session: LiveSession, account: Account) -> ResponseReturnValue:
    """Mail a code, or take the one that came."""
    _address(account)
    if request.form.get("actie") == "opnieuw" or "code" not in request.form:
        return _mail(session, account)
    digits = "".join(request.form["code"].split())
    if (slip := _slip(digits)) is not None:
        return _wrong(session, account, slip)
    trouble = mailed_secrets.confirm(account, digits, reference=session.reference)
    if trouble is not None:
        return _wrong(session, account, trouble[0], tries_left=trouble[1] or None)
    return redirect(f"{SECURITY}?gedaan=mailadres", code=HTTPStatus.SEE_OTHER)


def _mail(session: LiveSession, account: Account) -> ResponseReturnValue:
    counter = throttle.key("mail-code", account.id)
    if (until := throttle.spend(counter, throttle.MAIL_CODES)) is not None:
        db.session.commit()
        raise RefusedOnOurPage(
            "mail-codes-spent",
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many codes for a mail address were asked for",
            reference=session.reference,
            until=until,
            way_on=SECURITY,
        )
    mailed_secrets.ask_for_code(account, reference=session.reference)
    return _page(session, account, asked=True)


def _slip(digits: str) -> str | None:
    if not digits:
        return "code-missing"
    whole = digits.isascii() and digits.isdigit() and len(digits) == mailed_secrets.CODE_DIGITS
    return None if whole else "code-length"


def _wrong(
    session: LiveSession, account: Account, error: str, *, tries_left: int | None = None
) -> Response:
    sentence = form_copy.sentence(error, {"tries_left": tries_left})
    goes_on = error not in {Trouble.EXPIRED, Trouble.ATTEMPTS}
    return _page(
        session,
        account,
        asked=goes_on,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        error=error,
        field_errors={"code" if goes_on else "": sentence},
    )


def _page(session: LiveSession, account: Account, **context: object) -> Response:
    return show_in_portal(
        "confirm-mail",
        session,
        account,
        here=CONFIRM,
        address=_address(account),
        minutes=int(mailed_secrets.LASTS.total_seconds()) // 60,
        confirmed_at=account.email_confirmed_at,
        back=SECURITY,
        **context,
    )


def _address(account: Account) -> str:
    """Where the code goes; no such page for who has no address, or where it would serve nothing."""
    address = directory.email_of(account)
    if address is None or not mailed_secrets.link_offered():
        abort(HTTPStatus.NOT_FOUND)
    return address
