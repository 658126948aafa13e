"""Tours past every page and its errors: each yields a name whenever the page of that name is in front of the visitor.

The inspections of `test_every_page.py` and the pictures of `screens.py` are made along the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from idp.flows.manuals import MANUALS
from tests.browser import walks
from tests.browser.any_visitor import AnyVisitor
from tests.browser.people import WRONG_ACTIVATION_CODE, People, Person
from tests.browser.security_key import Device, cancel_every_prompt
from tests.browser.tours_for_reading import information, manuals
from tests.browser.tours_of_ones_own import own_mail, own_recovery_codes, own_security
from tests.browser.tours_of_the_application import application, levels, of_others
from tests.browser.tours_of_the_desk import TOURS as AT_THE_DESK
from tests.browser.visitor import Visitor

Tour = Callable[[Any, People], Iterator[str]]

WRONG_CODE = "000000"
ACTIVATION_TRIES = 10
SIGN_IN_TRIES = 5


def first_set_up(visitor: AnyVisitor, people: People) -> Iterator[str]:
    """From `/2fa` to the methods, with each error that shows a form again."""
    person = people.make(code=True)
    visitor.open("/2fa")
    visitor.is_at("login")
    yield "activeren-inloggen"
    visitor.press("volgende")
    visitor.is_at("login", "fields-missing")
    yield "activeren-inloggen-leeg"
    visitor.sign_in(person)
    visitor.is_at("activation-intro")
    yield "activeren-begin"
    visitor.press("volgende")
    visitor.is_at("activation-code")
    yield "activatiecode"
    visitor.press("volgende", activatiecode=f"{person.activatiecode}0")
    visitor.is_at("activation-code", "activation-code-typo")
    yield "activatiecode-typefout"
    visitor.press("volgende", activatiecode=WRONG_ACTIVATION_CODE)
    visitor.is_at("activation-code", "activation-code-invalid")
    yield "activatiecode-fout"
    visitor.press("volgende", activatiecode=person.activatiecode)
    visitor.is_at("choose-methods")
    yield "methode-kiezen"
    visitor.press("volgende")
    visitor.is_at("choose-methods", "method-missing")
    yield "methode-kiezen-fout"


def setting_up(visitor: AnyVisitor, people: People) -> Iterator[str]:
    """From the methods to *Instellen afgerond*: an app, a new password, a telephone."""
    person = people.make(code=True, start_password=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("totp", "sms")
    visitor.press("volgende")
    visitor.is_at("enrol-totp")
    person.totp_secret = walks.secret_on(visitor)
    yield "app-instellen"
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("enrol-totp", "code-invalid")
    yield "app-instellen-fout"
    visitor.press("volgende", code=person.code_from_the_app())
    visitor.is_at("set-password")
    yield "wachtwoord-kiezen"
    visitor.press("volgende", nieuw_wachtwoord="te kort")
    visitor.is_at("set-password", "password-weak")
    yield "wachtwoord-kiezen-fout"
    visitor.press("volgende", nieuw_wachtwoord="vier losse woorden fietsen")
    visitor.is_at("enrol-sms")
    yield "sms-instellen"
    visitor.press("volgende", telefoonnummer="020 1234567")
    visitor.is_at("enrol-sms", "number-not-mobile")
    yield "sms-instellen-fout"
    visitor.press("volgende", telefoonnummer=person.telefoonnummer)
    visitor.is_at("enrol-sms")
    yield "sms-instellen-code"
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("enrol-sms", "code-invalid")
    yield "sms-instellen-code-fout"
    visitor.press("volgende", code=person.code_from_the_text())
    visitor.is_at("enrolment-done")
    yield "instellen-afgerond"


def calls(visitor: Visitor, people: People) -> Iterator[str]:
    """A landline given for texts, called instead; set up with its errors, and signed in with."""
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("sms", "voice")
    visitor.press("volgende")
    visitor.press("volgende", telefoonnummer="020 1234567")
    visitor.is_at("enrol-sms", "number-not-mobile")
    yield "sms-instellen-vast-nummer"
    visitor.press("bel-mij")
    visitor.is_at("enrol-voice")
    yield "bellen-instellen-code"
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("enrol-voice", "code-invalid")
    yield "bellen-instellen-code-fout"
    visitor.press("ander-nummer")
    visitor.is_at("enrol-voice")
    yield "bellen-instellen"
    visitor.press("volgende", telefoonnummer="0900 1234567")
    visitor.is_at("enrol-voice", "number-invalid")
    yield "bellen-instellen-fout"
    walks.set_up_number(visitor, person, "voice")
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.press("uitloggen")
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    yield "inloggen-bellen"
    visitor.press("volgende")
    visitor.is_at("second-factor")
    yield "inloggen-bellen-code"
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("second-factor", "code-invalid")
    yield "inloggen-bellen-code-fout"


def signing_in(visitor: AnyVisitor, people: People) -> Iterator[str]:
    """From an application to the second step and into the application, with the errors of both steps."""
    person = people.make(totp=True, sms=True, voice=True)
    visitor.open("/")
    visitor.is_at("login")
    yield "inloggen"
    visitor.open(f"{visitor.demo.relying_party}/wmo-berichten/inloggen")
    visitor.is_at("login")
    yield "inloggen-voor-applicatie"
    visitor.press(
        "volgende",
        relatienummer=person.relatienummer,
        gebruikersnaam="iemand",
        wachtwoord="verkeerd",
    )
    visitor.is_at("login", "login-failed")
    yield "inloggen-fout"
    visitor.sign_in(person)
    visitor.is_at("choose-method")
    yield "inlogmethode-kiezen"
    visitor.choose("totp")
    visitor.press("volgende")
    visitor.is_at("second-factor")
    yield "inloggen-app"
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("second-factor", "code-invalid")
    yield "inloggen-app-fout"
    visitor.press("andere-methode")
    visitor.choose("sms")
    visitor.press("volgende")
    visitor.is_at("second-factor")
    yield "inloggen-sms"
    visitor.press("volgende")
    visitor.is_at("second-factor")
    yield "inloggen-sms-code"
    visitor.press("volgende")
    visitor.is_at("second-factor", "code-missing")
    yield "inloggen-sms-code-leeg"
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("second-factor", "code-invalid")
    yield "inloggen-sms-code-fout"
    ask_again_at_once(visitor)
    visitor.is_at("second-factor", "too-soon")
    yield "inloggen-sms-te-snel"
    visitor.press("volgende", code=person.code_from_the_text())
    visitor.is_at("signed_in")


def security_key(visitor: Visitor, people: People) -> Iterator[str]:
    """Setting up a key and signing in with it, each with a prompt that is cancelled first."""
    Device(visitor).plug_in()
    person = people.make(code=True, totp=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.is_at("enrol-webauthn")
    visitor.fill(sleutelnaam="Laptop kantoor")
    yield "sleutel-instellen"
    cancel_every_prompt(visitor)
    visitor.press("volgende")
    visitor.is_at("enrol-webauthn", "key-not-made")
    yield "sleutel-instellen-fout"
    visitor.press("volgende")
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.press("uitloggen")
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("choose-method")
    yield "inlogmethode-kiezen-sleutel"
    visitor.choose("webauthn")
    visitor.press("volgende")
    visitor.is_at("second-factor")
    yield "inloggen-sleutel"
    cancel_every_prompt(visitor)
    visitor.press("volgende")
    visitor.is_at("second-factor", "key-failed")
    yield "inloggen-sleutel-fout"
    visitor.press("volgende")
    visitor.is_at("portal")


def ask_again_at_once(visitor: AnyVisitor) -> None:
    """Press *Stuur een nieuwe code* as somebody without a script can: before the waiting time is over."""
    visitor.evaluate("() => document.getElementById('opnieuw').removeAttribute('aria-disabled')")
    visitor.press("opnieuw")


def portal(visitor: Visitor, people: People) -> Iterator[str]:
    """Every page of the portal, and out."""
    person = people.make(totp=True, sms=True, voice=True)
    people.was_here_before(person, timedelta(minutes=20))
    visitor.open("/")
    visitor.sign_in(person)
    visitor.choose("totp")
    visitor.press("volgende")
    visitor.press("volgende", code=WRONG_CODE)
    walks.take_the_step(visitor, person, "totp", error="code-invalid")
    visitor.is_at("portal")
    yield "portaal"
    visitor.press("mist-u-iets")
    visitor.is_at("missing-application")
    yield "mist-u-een-applicatie"
    visitor.open("/mijn/beveiliging")
    visitor.is_at("security")
    yield "beveiliging"
    visitor.open("/mijn/handleidingen")
    visitor.is_at("manuals")
    yield "handleidingen"
    for manual in MANUALS:
        visitor.open(f"/mijn/handleidingen/{manual}")
        visitor.is_at("manual")
        yield f"handleiding-{manual}"
    visitor.open("/uitloggen")
    visitor.is_at("logout")
    yield "uitloggen"
    visitor.press("uitloggen")
    visitor.is_at("logged-out")
    yield "uitgelogd"


def portal_of_others(visitor: Visitor, people: People) -> Iterator[str]:
    """The portal of somebody with one method, and of somebody without applications."""
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    yield "portaal-een-methode"
    visitor.press("uitloggen")
    walks.sign_in_here(visitor, people.make(totp=True, applications={}), "totp")
    yield "portaal-leeg"
    visitor.open(f"{visitor.demo.relying_party}/wmo-berichten/inloggen")
    visitor.is_at("error", "no-access")
    yield "fout-geen-toegang"


def refused_activation(visitor: Visitor, people: People) -> Iterator[str]:
    """What becomes of an activation code, as a page of its own."""
    waiting = {account["purpose"]: account for account in visitor.demo.accounts}
    for purpose, error, name in (
        ("expired-code", "activation-code-expired", "fout-activatiecode-verlopen"),
        ("used-code", "activation-code-used", "fout-activatiecode-gebruikt"),
        ("no-method", "activation-window-closed", "fout-te-laat-ingesteld"),
    ):
        account = waiting[purpose]
        enter_a_code(visitor, account, account["activatiecode"])
        visitor.is_at("error", error)
        yield name
    person = people.make(code=True)
    older = person.activatiecode
    people.new_code(person)
    enter_a_code(visitor, as_account(person), older)
    visitor.is_at("error", "activation-code-revoked")
    yield "fout-activatiecode-ingetrokken"
    people.spend_tries_of_the_code(person, ACTIVATION_TRIES - 1)
    enter_a_code(visitor, as_account(person), WRONG_ACTIVATION_CODE)
    visitor.is_at("error", "activation-code-attempts")
    yield "fout-activatiecode-te-vaak"
    account = waiting["no-method"]
    visitor.open("/")
    visitor.press("volgende", **three_fields(account))
    visitor.is_at("error", "no-method")
    yield "fout-geen-methode"


def enter_a_code(visitor: Visitor, account: dict[str, str], code: str) -> None:
    """Steps 1 to 4 of the manual's first section with some code or other."""
    visitor.open("/2fa")
    visitor.press("volgende", **three_fields(account))
    visitor.is_at("activation-intro")
    visitor.press("volgende")
    visitor.press("volgende", activatiecode=code)


def three_fields(account: dict[str, str]) -> dict[str, str]:
    """What `demo.json` says for the sign-in page."""
    return {name: account[name] for name in ("relatienummer", "gebruikersnaam", "wachtwoord")}


def as_account(person: Person) -> dict[str, str]:
    """A person in the words of `demo.json`."""
    return {
        name: getattr(person, name) for name in ("relatienummer", "gebruikersnaam", "wachtwoord")
    }


def refused(visitor: Visitor, people: People) -> Iterator[str]:
    """Every other page that ends a way, and says how it goes on."""
    visitor.open("/")
    visitor.sign_in(people.make(totp=True, blocked=True))
    visitor.is_at("error", "account-blocked")
    yield "fout-geblokkeerd"
    person = people.make(totp=True)
    visitor.open("/")
    visitor.sign_in(person)
    visitor.page.evaluate(
        "() => { document.querySelector('[name=csrf_token]').value = 'van-elders' }"
    )
    visitor.press("volgende", code=WRONG_CODE)
    visitor.is_at("error", "out-of-turn")
    yield "fout-oude-pagina"
    visitor.press("volgende")
    visitor.is_at("second-factor")
    visitor.context.clear_cookies(name="__Host-idp_browser")
    visitor.page.reload()
    visitor.is_at("error", "other-browser")
    yield "fout-andere-browser"
    visitor.open(f"/inloggen/{'0' * 32}")
    visitor.is_at("error", "session-expired")
    yield "fout-sessie-verlopen"
    visitor.open("/oauth2/authorize?client_id=onbekend")
    visitor.is_at("error", "client-request")
    yield "fout-inlogvraag"
    visitor.open("/bestaat-niet")
    visitor.is_at("error", "not-found")
    yield "fout-onbekende-pagina"
    visitor.open("/")
    people.spend_tries_at_the_door(person.relatienummer, "niemand", SIGN_IN_TRIES)
    visitor.press(
        "volgende",
        relatienummer=person.relatienummer,
        gebruikersnaam="niemand",
        wachtwoord="verkeerd",
    )
    visitor.is_at("error", "throttled")
    yield "fout-te-vaak"


def codes_spent(visitor: Visitor, people: People) -> Iterator[str]:
    """Three numbers, none of them right: no promise of a fourth code, and then a way on."""
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("sms")
    visitor.press("volgende")
    for number in ("06 12345671", "06 12345672", "06 12345673"):
        if visitor.count("#ander-nummer"):
            visitor.press("ander-nummer")
        visitor.press("volgende", telefoonnummer=number)
    visitor.is_at("enrol-sms")
    yield "sms-instellen-codes-op"
    visitor.evaluate("() => { document.querySelector('#opnieuw-inloggen').value = 'opnieuw' }")
    visitor.press("opnieuw-inloggen")  # as from a page of before
    visitor.is_at("error", "sends-spent")
    yield "fout-codes-op"
    visitor.press("volgende")
    visitor.is_at("choose-methods")


MAIN_LINE: tuple[Tour, ...] = (
    first_set_up, setting_up, signing_in, security_key, portal, calls, manuals,
)  # fmt: skip
IN_FIREFOX_TOO: tuple[Tour, ...] = (first_set_up, setting_up, signing_in)
ALL: tuple[Tour, ...] = (
    *MAIN_LINE, portal_of_others, refused_activation, refused, codes_spent, information, application,
    of_others, levels, own_security, own_recovery_codes, own_mail, *AT_THE_DESK,
)  # fmt: skip


def name_of(tour: Tour) -> str:
    """A tour in the name of a test."""
    return tour.__name__.replace("_", "-")
