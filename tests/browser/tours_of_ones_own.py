"""A tour past everything that somebody changes on *Beveiliging*, with what the pages say when it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.browser import walks
from tests.browser.any_visitor import AnyVisitor
from tests.browser.people import People
from tests.browser.visitor import Visitor

SECURITY = "/mijn/beveiliging"
OTHER_PASSWORD = "lantaarn kwartel roeispaan wolk"


def own_security(visitor: Visitor, people: People) -> Iterator[str]:
    """Names, removing, signing out elsewhere, another password, another number; each with its errors."""
    person = people.make(totp=True, sms=True)
    people.was_here_before(person, timedelta(minutes=20))
    visitor.open("/")
    visitor.sign_in(person)
    visitor.choose("totp")
    visitor.press("volgende")
    walks.take_the_step(visitor, person, "totp")
    visitor.open(SECURITY)
    visitor.is_at("security")
    visitor.click("a[id^=naam-]")
    visitor.is_at("rename-method")
    yield "methode-naam"
    visitor.press("volgende", methodenaam=" ")
    visitor.is_at("rename-method", "fields-missing")
    yield "methode-naam-fout"
    visitor.press("volgende", methodenaam="Telefoon van het werk")
    visitor.is_at("security")
    yield "beveiliging-gewijzigd"
    visitor.click("#wachtwoord-wijzigen")
    visitor.is_at("change-password")
    yield "wachtwoord-wijzigen"
    visitor.press("volgende", huidig_wachtwoord=person.wachtwoord, nieuw_wachtwoord="welkom")
    visitor.is_at("change-password", "password-weak")
    yield "wachtwoord-wijzigen-zwak"
    visitor.press("volgende", huidig_wachtwoord="mis", nieuw_wachtwoord=OTHER_PASSWORD)
    visitor.is_at("change-password", "password-wrong")
    yield "wachtwoord-wijzigen-fout"
    visitor.click("#annuleren")
    visitor.is_at("security")
    visitor.click("#overal-uitloggen")
    visitor.is_at("end-sessions")
    yield "overal-uitloggen"
    visitor.press("uitloggen-elders")
    visitor.is_at("security")
    visitor.click("li:has([id^=naam-]) a[id^=verwijderen-]")
    visitor.is_at("remove-method")
    yield "methode-verwijderen"
    visitor.press("verwijderen")
    walks.take_the_step(visitor, person, "sms")
    visitor.is_at("security")
    visitor.click("a[id^=verwijderen-]")
    visitor.is_at("remove-method")
    yield "methode-enige"
    visitor.press("methode-toevoegen")
    visitor.is_at("choose-methods")
    visitor.choose("sms")
    visitor.press("volgende")
    visitor.is_at("enrol-sms")
    yield "ander-nummer"
    visitor.press("volgende", telefoonnummer=person.telefoonnummer)
    visitor.is_at("enrol-sms")
    visitor.press("volgende", code=person.code_from_the_text())
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.is_at("error", "number-too-new")
    yield "fout-nummer-te-nieuw"


def own_recovery_codes(visitor: Visitor, people: People) -> Iterator[str]:
    """A set is made and shown; later one code of it, after one that was mistyped, takes the place of the app."""
    person = people.make(totp=True)
    visitor.open("/")
    visitor.sign_in(person)
    walks.take_the_step(visitor, person, "totp")
    visitor.open(SECURITY)
    visitor.click("#herstelcodes")
    visitor.is_at("recovery-codes")
    yield "herstelcodes"
    visitor.press("herstelcodes-maken")
    visitor.is_at("recovery-codes")
    yield "herstelcodes-lijst"
    code = str(visitor.evaluate("() => document.querySelector('#code-1').textContent"))
    visitor.open("/uitloggen")
    visitor.press("uitloggen")
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    visitor.click("#herstelcode")
    visitor.is_at("recovery-code")
    yield "herstelcode"
    visitor.press("volgende", herstelcode=f"{code[:-1]}U")
    visitor.is_at("recovery-code", "recovery-code-typo")
    yield "herstelcode-fout"
    visitor.press("volgende", herstelcode=code.lower())
    visitor.is_at("choose-methods")
    yield "herstelcode-methode-kiezen"
    visitor.press("stoppen")
    visitor.is_at("portal")


def own_mail(visitor: AnyVisitor, people: People) -> Iterator[str]:
    """A mail address is confirmed with what the demo's mailbox shows; then the link in it brings a new password."""
    person = people.make(totp=True)
    people.write_down_mail_address(person)
    walks.sign_in_here(visitor, person, "totp")
    visitor.open(SECURITY)
    yield "beveiliging-mailadres"
    visitor.click("#mailadres")
    visitor.is_at("confirm-mail")
    yield "mailadres-bevestigen"
    visitor.press("opnieuw")
    visitor.is_at("confirm-mail")
    yield "mailadres-code"
    code = person.code_from_the_mail()
    visitor.press("volgende", code="1234")
    visitor.is_at("confirm-mail", "code-length")
    yield "mailadres-code-fout"
    visitor.press("volgende", code=code)
    visitor.is_at("security")
    yield "beveiliging-mailadres-bevestigd"
    visitor.open("/uitloggen")
    visitor.press("uitloggen")
    visitor.open("/")
    visitor.evaluate(
        "() => { document.querySelector('#wachtwoord-vergeten').closest('details').open = true }"
    )
    visitor.click("#wachtwoord-vergeten")
    visitor.is_at("forgotten-password")
    yield "wachtwoord-vergeten"
    visitor.press("volgende")
    visitor.is_at("forgotten-password", "fields-missing")
    yield "wachtwoord-vergeten-leeg"
    visitor.press(
        "volgende",
        relatienummer=person.relatienummer,
        gebruikersnaam=person.gebruikersnaam,
    )
    visitor.is_at("forgotten-password-asked")
    yield "wachtwoord-vergeten-gevraagd"
    person.gets_a_link()
    visitor.open(visitor.demo.outbox)
    visitor.is_at("demo-phone")
    yield "demo-mails"
    visitor.click(f'#mails [data-to="{person.mailadres}"] a')
    visitor.is_at("password-link")
    yield "wachtwoord-link"
    visitor.press("volgende")
    walks.take_the_step(visitor, person, "totp")
    visitor.is_at("set-password")
    yield "wachtwoord-opnieuw-kiezen"
    visitor.press("volgende", nieuw_wachtwoord=OTHER_PASSWORD)
    visitor.is_at("login")
    yield "inloggen-met-nieuw-wachtwoord"
    person.wachtwoord = OTHER_PASSWORD
    walks.sign_in(visitor, person, "totp")
    visitor.is_at("portal")
