"""Wachtwoord vergeten: a link by mail, and what it leads to. The answer is the same whoever asks, for whichever name.

The link works once, in any browser, and only begins a sign-in that asks for the own second step; then comes the new
password (`new_password`). It opens no session. A mail server that looks into mails follows links, so looking at the
page uses nothing up: the button on it does.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, abort, g, redirect, request
from flask.typing import ResponseReturnValue

from idp import throttle
from idp.accounts import directory, mailed_secrets
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import known_browsers, transaction
from idp.flows.begin import freshly_proven
from idp.flows.cookies import browser_digest
from idp.flows.device import device_in_words
from idp.flows.front_door import network, origin
from idp.flows.sign_in import PORTAL
from idp.flows.transaction import Purpose
from idp.flows.walk import refuse_foreign_post
from idp.pages import show
from idp.pages import translate as _
from idp.secret_values import new_reference

pages = Blueprint("forgotten_password", __name__)

ASK: Final = "/wachtwoord-vergeten"
LINK: Final = "/wachtwoord-vergeten/link"


@pages.before_request
def only_where_offered() -> None:
    """Where the body has not switched it on, there is no such page."""
    if not mailed_secrets.link_offered():
        abort(HTTPStatus.NOT_FOUND)


@pages.get(ASK)
def ask() -> ResponseReturnValue:
    """Whose password it is."""
    browser_digest()
    return _form()


@pages.post(ASK)
def asked() -> ResponseReturnValue:
    """Mail a link, if there is such an account and it may have one; nobody learns here whether that is so."""
    refuse_foreign_post("anonymous")
    reference = g.reference = new_reference()
    number, name = request.form.get("relatienummer", ""), request.form.get("gebruikersnaam", "")
    missing = {}
    if not number.strip():
        missing["relatienummer"] = _("Vul uw relatienummer in")
    if not name.strip():
        missing["gebruikersnaam"] = _("Vul uw gebruikersnaam in")
    if missing:
        return _form(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            error="fields-missing",
            field_errors=missing,
            relatienummer=number[:100],
            gebruikersnaam=name[:100],
        )
    stored = _counted(directory.normal_number(number), directory.username_key(name), reference)
    mailed_secrets.ask_for_link(stored.account_id, reference=reference)
    db.session.commit()
    return show("forgotten-password-asked", here=ASK, minutes=_minutes())


def _counted(number: str, name: str, reference: str) -> directory.Stored:
    """Who is meant; refused when links were asked for too often. A known browser is counted apart."""
    stored = directory.stored(number, name)
    browser = known_browsers.known_as(stored.account_id, stored.browsers_epoch)
    key = throttle.key
    if browser is not None and stored.account_id is not None:
        budgets = {
            key("password-link-known", stored.account_id, browser): throttle.LINKS_PER_NAME,
        }
    else:
        budgets = {
            key("password-link", number, name): throttle.LINKS_PER_NAME,
            key("password-link-origin", network(origin())): throttle.LINKS_PER_ORIGIN,
            key("password-link-relation", number): throttle.LINKS_PER_RELATION,
        }
    spent = [throttle.spend(counter, budget) for counter, budget in sorted(budgets.items())]
    if until := max((each for each in spent if each is not None), default=None):
        db.session.commit()
        raise RefusedOnOurPage(
            "password-links-spent",
            HTTPStatus.TOO_MANY_REQUESTS,
            "too many links to a new password were asked for",
            reference=reference,
            until=until,
        )
    return stored


@pages.get(LINK)
def look() -> ResponseReturnValue:
    """Where the link of the mail leads: a button, so that who only looks at links uses nothing up."""
    browser_digest()
    code = request.args.get("code", "")
    if not mailed_secrets.link_works(code):
        raise _over(new_reference())
    return show("password-link", here=LINK, code=code)


@pages.post(LINK)
def follow() -> ResponseReturnValue:
    """Use the link up and begin the sign-in in which the password is replaced, in this browser."""
    refuse_foreign_post("anonymous")
    reference = g.reference = new_reference()
    account_id = mailed_secrets.use_link(request.form.get("code", ""))
    if account_id is None:
        raise _over(reference)
    login = transaction.start(
        browser=browser_digest(),
        purpose=Purpose.NEW_PASSWORD,
        demands=freshly_proven(account_id, phishing_resistant=True),
        return_to=PORTAL,
        reference=reference,
        account_id=account_id,
    )
    record(
        Event.PASSWORD_LINK_USED,
        account_id=account_id,
        reference=reference,
        device=device_in_words(),
    )
    db.session.commit()
    return redirect(f"/inloggen/{login.id}", code=HTTPStatus.SEE_OTHER)


def _over(reference: str) -> RefusedOnOurPage:
    return RefusedOnOurPage(
        "password-link-over",
        HTTPStatus.GONE,
        "the link was used, replaced, is too old, or never was",
        reference=reference,
        way_on=ASK,
    )


def _minutes() -> int:
    return int(mailed_secrets.LASTS.total_seconds()) // 60


def _form(**context: object) -> Response:
    return show(
        "forgotten-password",
        **{"here": ASK, "relatienummer": "", "gebruikersnaam": "", "back": "/"} | context,  # type: ignore[arg-type]
    )
