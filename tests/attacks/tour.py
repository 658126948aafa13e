"""A tour of the house: every address once at least, every kind of answer, and refusals with a page of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from idp import clock
from idp.accounts import activation_codes, credentials, directory
from idp.pages.assets import STATIC
from tests.attacks.breaking import broken
from tests.attacks.life import Life, lead_a_life
from tests.attacks.tour_at_the_desk import work_at_the_desk
from tests.attacks.tour_of_ones_own import change_ones_own
from tests.attacks.tour_of_the_api import ask_the_api
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    ISSUER,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    House,
    Person,
    Visitor,
    account_of,
    add_application,
    add_person,
    grant,
    identify,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)
from tests.support.pages import Page


def tour(provider: Provider, time: clock.Standing) -> list[Page]:
    """See everything there is to see, right and wrong; the pages (`house.answers` has the redirects too)."""
    house = provider.house
    life = Life(house, provider, lead_a_life(house, provider, time), time)
    browser = life.browser()
    signed_in = life.browser()
    for address in (
        *(
            "/",
            "/2fa",
            "/?taal=en",
            "/privacy",
            "/toegankelijkheid",
            "/veilig-inloggen",
            "/contact",
            "/handleidingen",
            "/handleidingen/instellen",
            "/handleidingen/servicedesk",
        ),
        *("/uitloggen", "/uitgelogd", "/demo/telefoon", "/demo/telefoon?format=json"),
        *(
            "/health/live",
            "/health/ready",
            "/metrics",
            "/oauth2/jwks",
            "/.well-known/openid-configuration",
        ),
        *("/.well-known/oauth-authorization-server", "/oauth2/authorize", "/oauth2/userinfo"),
        *("/oauth2/authorize/" + "0" * 32, "/oauth2/token", "/oauth2/logout"),
        *("/bestaat-niet", "/inloggen/" + "0" * 32, "/static/bestaat-niet.css"),
        *(f"/static/{file.name}" for file in STATIC.iterdir() if "." in file.stem),
    ):
        browser.get(address)
    browser.send("GET", "http://elders.example/2fa")
    browser.send("POST", "http://elders.example/2fa", relatienummer="1")
    browser.send("POST", "/2fa", relatienummer="1" * 70_000)
    for about_tokens in ("/oauth2/revoke", "/oauth2/introspect"):
        browser.send("POST", about_tokens, token="x")
    browser.send("POST", "/mijn/beveiliging/methode-toevoegen")
    browser.send("DELETE", "/")
    browser.send("OPTIONS", "/oauth2/token", headers={"Origin": "https://elders.example"})
    browser.send("HEAD", "/")
    see_the_application(life, browser)
    see_the_portal(life, signed_in)
    see_an_application_of_others(life)
    see_refusals(life)
    return life.known.pages


def see_the_application(life: Life, browser: Visitor) -> None:
    """Asking, stopping, and every way out of the provider."""
    shop = life.provider.application()
    shop.visit(browser, redirect_uri="https://elders.example/")
    shop.visit(browser, prompt="none")
    posted: dict[str, Any] = shop.request()
    browser.send("POST", "/oauth2/authorize", follow=True, **posted)
    person = life.provider.person("frank", totp=True)
    shop.visit(browser)
    identify(browser, person, at=None)
    assert shop.answer(browser.submit("stoppen"))["error"] == "access_denied"
    sign_in(life.house, browser, person, at=shop.address(prompt="login"))
    stranger = life.person("geert", totp=True)
    sign_in(life.house, life.browser(), stranger, at=shop.address())  # no-access
    browser.get("/oauth2/logout?state=x")
    browser.submit("uitloggen")


def see_the_portal(life: Life, browser: Visitor) -> None:
    """The pages of the portal, and a page that breaks."""
    person = life.person("hanna", totp=True)
    grant(life.house, person, add_application(life.house, "Zorggegevens"))
    sign_in(life.house, browser, person)
    addresses = [
        "applicaties",
        "applicaties/gemist",
        "beveiliging",
        "handleidingen",
        "handleidingen/instellen",
    ]
    for address in [*addresses, "handleidingen/bestaat-niet"]:
        browser.get(f"/mijn/{address}")
    with broken(life.house, "portal.manuals"):
        assert browser.get("/mijn/handleidingen").error == "server-error"
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    change_ones_own(life, browser, person)
    browser.get("/uitloggen")
    browser.submit("uitloggen")
    work_at_the_desk(life)
    ask_the_api(life)


def see_an_application_of_others(life: Life) -> None:
    """A pushed request, what it may know, and taking that back."""
    browser, person = life.browser(), life.person("lotte", totp=True)
    shop = life.provider.application(None, is_third_party=True, scope="openid email")
    browser.send("POST", "/oauth2/par", **shop.request(scope="email"))
    sign_in(life.house, browser, person)
    for button in ("weigeren", "volgende"):
        handle = shop.handle()
        life.known.add("handle of a pushed request", handle.rpartition(":")[2])
        browser.get(f"{ISSUER}{shop.by_handle(handle)}")
        browser.submit(button)
    browser.get(f"{ISSUER}/mijn/beveiliging")
    browser.submit(f"intrekken-{shop.client_id}")


def see_refusals(life: Life) -> None:
    """Sign-ins that end on a page of their own."""
    house = life.house
    ines = life.person("ines", totp=True)
    with house.inside():
        directory.block_account(account_of(ines), actor="desk")
    assert identify(life.browser(), ines).error == "account-blocked"
    assert identify(life.browser(), life.person("jan")).error == "no-method"
    karin = life.person("karin", code=True)
    here, elsewhere = life.browser(), life.browser()
    to_the_methods(here, karin)
    assert elsewhere.get(here.page.address).error == "other-browser"
    old = here.page
    here.submit("volgende", methode="totp")
    here.send("POST", urlsplit(old.address).path, methode="totp")
    assert here.page.error == "out-of-turn"
    life.time.move(activation_codes.WINDOW)
    assert here.get(old.address).error in {"session-expired", "activation-window-closed"}
    guesser = life.browser()
    for _ in range(6):
        identify(guesser, ines, password="mis")
    assert guesser.page.error == "throttled"
    for webhook in (
        "cm",
        "http/sms",
        "http/voice",
        *(f"twilio/{each}" for each in ("bericht", "gesprek")),
    ):
        guesser.send("POST", f"/berichten/{webhook}")
    for of_a_call in ("opgenomen", "toets"):
        guesser.send("POST", f"/berichten/twilio/{of_a_call}/{'0' * 32}")


# --- places where a person may stand when somebody else tries something ----------------------------------------------


@dataclass
class Standing:
    """Somebody on a page with a form: what fills it in, and the button that sends it."""

    browser: Visitor
    button: str = "volgende"
    fields: dict[str, str] = field(default_factory=dict)

    def form(self) -> dict[str, str]:
        """What pressing the button sends: the fields, the button and the page's token."""
        button = self.browser.page.at(self.button)
        pressed = (
            {button.attributes["name"]: button.get("value") or ""} if button.get("name") else {}
        )
        hidden = self.browser.page.document.descendants("input")
        kept = {
            one.attributes["name"]: one.get("value") or ""
            for one in hidden
            if one.get("type") == "hidden"
        }
        return {**kept, **self.fields, **pressed}

    @property
    def target(self) -> str:
        """Where the form goes."""
        form = self.browser.page.at(self.button).closest("form")
        return (form and form.get("action")) or urlsplit(self.browser.page.address).path


Place = Callable[[House], Standing]
PLACES: Final[dict[str, Place]] = {}


def place(make: Place) -> Place:
    """Remember it as one of the places."""
    PLACES[make.__name__] = make
    return make


def three_fields(person: Person) -> dict[str, str]:
    """What somebody signs in with."""
    return {
        "relatienummer": person.relation,
        "gebruikersnaam": person.username,
        "wachtwoord": person.password,
    }


@place
def at_the_front_door(house: House) -> Standing:
    anna, browser = add_person(house, totp=True), house.browser()
    browser.get("/")
    return Standing(browser, fields=three_fields(anna))


@place
def at_first_set_up(house: House) -> Standing:
    anna, browser = add_person(house, code=True), house.browser()
    browser.get("/2fa")
    return Standing(browser, fields=three_fields(anna))


@place
def at_the_sign_in_of_an_application(house: House) -> Standing:
    anna, browser = add_person(house, totp=True), house.browser()
    Provider(house).application("wmo").visit(browser)
    return Standing(browser, fields=three_fields(anna))


@place
def at_the_introduction(house: House) -> Standing:
    anna, browser = add_person(house, code=True), house.browser()
    identify(browser, anna, at="/2fa")
    return Standing(browser)


@place
def at_the_activation_code(house: House) -> Standing:
    anna, browser = add_person(house, code=True), house.browser()
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    return Standing(browser, fields={"activatiecode": anna.code or ""})


@place
def at_the_methods(house: House) -> Standing:
    browser = house.browser()
    to_the_methods(browser, add_person(house, code=True))
    return Standing(browser, fields={"methode": "totp"})


@place
def at_setting_up_the_app(house: House) -> Standing:
    browser = house.browser()
    to_the_methods(browser, add_person(house, code=True))
    page = browser.submit("volgende", methode="totp")
    return Standing(browser, fields={"code": totp_code(page.text("totp-geheim"))})


@place
def at_setting_up_texts(house: House) -> Standing:
    browser = house.browser()
    to_the_methods(browser, add_person(house, code=True))
    browser.submit("volgende", methode="sms")
    return Standing(browser, fields={"telefoonnummer": PHONE})


@place
def at_the_end_of_setting_up(house: House) -> Standing:
    browser = house.browser()
    to_the_methods(browser, add_person(house, code=True))
    browser.submit("volgende", methode="totp")
    set_up_totp(browser)
    return Standing(browser, "afronden")


@place
def at_the_new_password(house: House) -> Standing:
    browser = house.browser()
    sign_in(house, browser, add_person(house, totp=True, password=None))
    return Standing(browser, fields={"nieuw_wachtwoord": NEW_PASSWORD})


@place
def at_the_choice(house: House) -> Standing:
    browser = house.browser()
    identify(browser, add_person(house, totp=True, phone=PHONE))
    return Standing(browser, fields={"methode": "sms"})


@place
def about_to_stop(house: House) -> Standing:
    browser = house.browser()
    identify(browser, add_person(house, totp=True, phone=PHONE))
    return Standing(browser, "stoppen")


@place
def at_the_app_step(house: House) -> Standing:
    anna, browser = add_person(house, totp=True), house.browser()
    identify(browser, anna)
    return Standing(browser, fields={"code": totp_code(anna.totp)})


@place
def before_a_text_is_asked(house: House) -> Standing:
    browser = house.browser()
    identify(browser, add_person(house, phone=PHONE))
    return Standing(browser)


@place
def about_to_add_a_method(house: House) -> Standing:
    browser = house.browser()
    sign_in(house, browser, add_person(house, totp=True))
    browser.get("/mijn/beveiliging")
    return Standing(browser, "methode-toevoegen")


@place
def about_to_sign_out(house: House) -> Standing:
    browser = house.browser()
    sign_in(house, browser, add_person(house, totp=True))
    return Standing(browser, "uitloggen")


@place
def asked_about_signing_out(house: House) -> Standing:
    browser = house.browser()
    sign_in(house, browser, add_person(house, totp=True))
    browser.get("/oauth2/logout")
    return Standing(browser, "uitloggen")


def changing_ones_own(house: House, where: str, button: str, **fields: str) -> Standing:
    """Somebody with an app and a number, just signed in, in front of a change of their own access."""
    browser = house.browser()
    anna = add_person(house, totp=True, phone=PHONE)
    sign_in(house, browser, anna)
    with house.inside():
        app = next(each for each in credentials.of_account(anna.id) if each.kind == "totp")
        number = next(each for each in credentials.of_account(anna.id) if each.kind == "sms")
        known = {"app": app.id, "number": number.id}
    browser.get("/mijn/beveiliging" + where.format(**known))
    return Standing(browser, button, fields=fields)


@place
def about_to_name_a_method(house: House) -> Standing:
    return changing_ones_own(house, "/methoden/{app}/naam", "volgende", methodenaam="Werk")


@place
def about_to_remove_a_method(house: House) -> Standing:
    return changing_ones_own(house, "/methoden/{number}/verwijderen", "verwijderen")


@place
def about_to_sign_out_elsewhere(house: House) -> Standing:
    return changing_ones_own(house, "/overal-uitloggen", "uitloggen-elders")


@place
def about_to_sign_out_everywhere(house: House) -> Standing:
    return changing_ones_own(house, "/overal-uitloggen", "ook-hier")


@place
def about_to_change_the_password(house: House) -> Standing:
    return changing_ones_own(
        house, "/wachtwoord", "volgende", huidig_wachtwoord=PASSWORD, nieuw_wachtwoord=NEW_PASSWORD
    )


@place
def about_to_download_ones_own_data(house: House) -> Standing:
    return changing_ones_own(house, "", "mijn-gegevens")
