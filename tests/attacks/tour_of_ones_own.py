"""The part of the tour in which somebody changes everything on Beveiliging."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from idp.accounts import credentials, directory
from tests.attacks.life import Life
from tests.support.journeys import (
    NEW_PASSWORD,
    PASSWORD,
    Person,
    Visitor,
    account_of,
    sign_in,
    to_the_recovery_code,
)
from tests.support.mailed import ask_for_a_link

MINUTE: Final = timedelta(minutes=1)


def change_ones_own(life: Life, browser: Visitor, person: Person) -> None:
    """Everything on Beveiliging, as far as it can be with one method and a session elsewhere."""
    life.time.move(MINUTE)
    sign_in(life.house, life.browser(), person)
    with life.house.inside():
        directory.update_account(account_of(person), email="anna@voorbeeld.nl", actor="test")
        (app,) = credentials.of_account(person.id)
        method = f"/mijn/beveiliging/methoden/{app.id}"
    browser.get(f"{method}/naam")
    browser.submit("volgende", methodenaam="Telefoon van het werk")
    browser.get(f"{method}/verwijderen")
    browser.send("POST", f"{method}/verwijderen", csrf_token=browser.token())
    browser.get("/mijn/beveiliging/mailadres")
    browser.submit("opnieuw")
    browser.submit("volgende", code="000000")
    stranger = life.browser()
    ask_for_a_link(stranger, person)
    stranger.get("/wachtwoord-vergeten/link?code=geen")
    stranger.get("/wachtwoord-vergeten")
    stranger.send("POST", "/wachtwoord-vergeten/link", csrf_token=stranger.token(), code="geen")
    browser.get("/mijn/beveiliging/herstelcodes")
    code = browser.submit("herstelcodes-maken").text("code-1")
    elsewhere = life.browser()
    to_the_recovery_code(elsewhere, person)
    elsewhere.submit("volgende", herstelcode=code)
    elsewhere.submit("stoppen")
    browser.get("/mijn/beveiliging")
    buttons = [one.get("id") or "" for one in browser.page.document.descendants("button")]
    browser.submit(next(one for one in buttons if one.startswith("uitloggen-")))
    browser.submit("mijn-gegevens")
    browser.get("/mijn/beveiliging/wachtwoord")
    browser.submit("volgende", huidig_wachtwoord=PASSWORD, nieuw_wachtwoord=NEW_PASSWORD)
    browser.get("/mijn/beveiliging/overal-uitloggen")
    browser.submit("uitloggen-elders")
