"""The manuals, for everybody: somebody who cannot sign in yet needs them most.

The portal shows the same articles in its own frame. Which methods they explain, and every number in them, comes from
what this deployment does.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, abort
from flask.typing import ResponseReturnValue

from idp import settings, throttle
from idp.accounts import activation_codes, code_symbols
from idp.flows import begin
from idp.mfa import catalogue, passcode
from idp.pages import show

pages = Blueprint("manuals", __name__)

MANUALS: Final = ("instellen", "methoden", "inloggen", "telefoon-kwijt", "foutmeldingen")
FOR_EVERYBODY: Final = "/handleidingen"
IN_THE_PORTAL: Final = "/mijn/handleidingen"


@pages.get(FOR_EVERYBODY)
def overview() -> ResponseReturnValue:
    """The manuals, one card each."""
    return show("manuals", manuals=FOR_EVERYBODY)


@pages.get(f"{FOR_EVERYBODY}/servicedesk")
def for_the_servicedesk() -> ResponseReturnValue:
    """Every error that a caller may see: what it means, what to say and what to do. No secret stands there."""
    return show("servicedesk-manual", manuals=FOR_EVERYBODY, **facts())


@pages.get(f"{FOR_EVERYBODY}/<slug>")
def one(slug: str) -> ResponseReturnValue:
    """One manual."""
    return show("manual", **article(slug, FOR_EVERYBODY))


def article(slug: str, manuals: str) -> dict[str, Any]:
    """What the page of one manual needs, its address below `manuals`; 404 when there is no such manual."""
    if slug not in MANUALS:
        abort(HTTPStatus.NOT_FOUND)
    return {"slug": slug, "manuals": manuals, **facts()}


def facts() -> dict[str, Any]:
    """What the manuals say of this deployment."""
    here = settings.current()
    return {
        "offered": [factor.kind for factor in catalogue.factors()],
        "recovery_codes": here.recovery_codes,
        "passkey_sign_in": here.passkey_sign_in,
        "password_by_mail": here.password_by_mail,
        "code_days": activation_codes.VALID_FOR.days,
        "code_symbols": code_symbols.SYMBOLS,
        "code_tries": activation_codes.TRIES,
        "window_minutes": _minutes(activation_codes.WINDOW),
        "passcode_minutes": _minutes(passcode.LIFETIME),
        "sends_login": passcode.SENDS_PER_LOGIN,
        "sends_hour": throttle.SENDS_PER_HOUR.times,
        "sends_day": throttle.SENDS_PER_DAY.times,
        "fresh_minutes": _minutes(begin.FRESH),
        "idle_minutes": here.session_idle_minutes,
        "session_hours": here.session_hours,
        "password_minimum": here.password_minimum,
    }


def _minutes(duration: timedelta) -> int:
    return duration // timedelta(minutes=1)
