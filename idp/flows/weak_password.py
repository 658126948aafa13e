"""Why a new password is not taken, at its field: where a start password is replaced, and on Beveiliging."""

from __future__ import annotations

from typing import Any

from flask import request

from idp.accounts import new_passwords
from idp.models import Account
from idp.pages import translate as _

FIELD = "nieuw_wachtwoord"


def new_password(account: Account, reference: str | None, way_on: str) -> tuple[str, str | None]:
    """What was typed, and why it cannot be taken, if so; refused on a page of its own when it cannot be checked."""
    password = request.form.get(FIELD, "")
    if not password:
        return password, "missing"
    try:
        return password, new_passwords.weakness(password, account)
    except new_passwords.CannotBeChecked as away:
        raise new_passwords.cannot_be_checked(reference, way_on) from away


def shown(weakness: str) -> dict[str, Any]:
    """What the page shows again with: the error, and its sentence at the field."""
    return {
        "status": 422,
        "error": "fields-missing" if weakness == "missing" else "password-weak",
        "field_errors": {FIELD: _sentence(weakness)},
    }


def _sentence(weakness: str) -> str:
    return {
        "missing": _("Vul een nieuw wachtwoord in"),
        "short": _(
            "Uw wachtwoord is te kort. Gebruik minstens %(minimum)s tekens",
            minimum=new_passwords.minimum(),
        ),
        "long": _(
            "Uw wachtwoord is te lang. Gebruik hoogstens %(maximum)s tekens",
            maximum=new_passwords.LONGEST,
        ),
        "context": _(
            "Uw wachtwoord lijkt te veel op uw naam, uw organisatie of een bekend woord. Kies iets anders"
        ),
        "simple": _(
            "Uw wachtwoord is te makkelijk te raden. Gebruik bijvoorbeeld vier losse woorden"
        ),
        "breached": _(
            "Dit wachtwoord staat op een lijst van gelekte wachtwoorden. Kies een ander wachtwoord"
        ),
        "same": _("Dit is uw oude wachtwoord. Kies een nieuw wachtwoord"),
    }[weakness]
