"""The portal: Uw applicaties and Handleidingen. It needs two steps, always."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint
from flask.typing import ResponseReturnValue

from idp import settings
from idp.accounts import credentials, grants, sessions, verdicts
from idp.accounts.grants import GrantedApplication
from idp.accounts.sessions import LiveSession
from idp.flows.manuals import IN_THE_PORTAL, article
from idp.flows.own_methods import ADD_METHOD
from idp.flows.signed_in import show_in_portal, signed_in
from idp.models import Account

pages = Blueprint("portal", __name__)

MISSING: Final = "/mijn/applicaties/gemist"


@pages.get("/mijn/applicaties")
@signed_in
def applications(session: LiveSession, account: Account) -> ResponseReturnValue:
    """Exactly the applications that are granted now."""
    granted = grants.of_account(account.id)
    own = credentials.of_account(account.id)
    return show_in_portal(
        "portal",
        session,
        account,
        applications=[_entry(application) for application in granted],
        last_seen=sessions.previous_of(account.id, session.id),
        only_method=own[0].kind if len(own) == 1 else None,
        add_method_here=ADD_METHOD,
        missing_here=MISSING,
    )


@pages.get(MISSING)
@signed_in
def missing(session: LiveSession, account: Account) -> ResponseReturnValue:
    """*Mist u een applicatie?*: what one could use before or can use later, and who can arrange it."""
    return show_in_portal(
        "missing-application",
        session,
        account,
        part_of="portal",
        missed=[(name, found.why, found.moment) for name, found in verdicts.missed(account)],
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


@pages.get(IN_THE_PORTAL)
@signed_in
def manuals(session: LiveSession, account: Account) -> ResponseReturnValue:
    """The manuals."""
    return show_in_portal("manuals", session, account, manuals=IN_THE_PORTAL)


@pages.get(f"{IN_THE_PORTAL}/<slug>")
@signed_in
def manual(session: LiveSession, account: Account, slug: str) -> ResponseReturnValue:
    """One manual."""
    return show_in_portal("manual", session, account, **article(slug, IN_THE_PORTAL))
