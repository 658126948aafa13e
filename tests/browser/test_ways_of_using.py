"""The same walk for everybody: without scripts, on a telephone, with the keyboard alone."""

from __future__ import annotations

from tests.browser import tours, walks
from tests.browser.any_visitor import NARROW, AnyVisitor
from tests.browser.conftest import IN_BOTH_BROWSERS, Arrive
from tests.browser.people import People
from tests.browser.visitor import Visitor


@IN_BOTH_BROWSERS
def test_set_up_and_sign_in_work_with_scripts_switched_off(arrive: Arrive, people: People) -> None:
    set_up_and_sign_in(arrive(java_script_enabled=False), people)


@IN_BOTH_BROWSERS
def test_set_up_and_sign_in_fit_a_telephone(arrive: Arrive, people: People) -> None:
    set_up_and_sign_in(arrive(viewport=NARROW, is_mobile=True, has_touch=True), people)


def set_up_and_sign_in(visitor: AnyVisitor, people: People) -> None:
    """Both sections of the manual, from an application and back to it."""
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("totp", "sms")
    visitor.press("volgende")
    walks.set_up(visitor, person, "totp")
    walks.set_up(visitor, person, "sms")
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.is_at("portal")
    visitor.press("uitloggen")
    visitor.is_at("logged-out")
    visitor.open(visitor.demo.relying_party)
    visitor.press("inloggen")
    walks.sign_in(visitor, person, "totp", several=True)
    visitor.is_at("signed_in")
    assert person.name in visitor.text()


def test_without_a_script_asking_too_soon_for_a_new_code_says_how_long_to_wait(
    arrive: Arrive, people: People
) -> None:
    visitor = arrive(java_script_enabled=False)
    person = people.make(sms=True)
    visitor.open("/")
    visitor.sign_in(person)
    visitor.press("volgende")
    visitor.press("opnieuw")
    visitor.is_at("second-factor", "too-soon")
    assert "Wacht nog" in visitor.problem()
    visitor.press("volgende", code=person.code_from_the_text())
    visitor.is_at("portal")


def test_signing_in_needs_no_mouse(visitor: Visitor, people: People) -> None:
    person = people.make(totp=True, sms=True)
    visitor.open("/")
    keys = visitor.page.keyboard
    tab_to(visitor, "relatienummer")
    keys.type(person.relatienummer)
    tab_to(visitor, "gebruikersnaam")
    keys.type(person.gebruikersnaam)
    tab_to(visitor, "wachtwoord")
    keys.type(person.wachtwoord)
    hit_enter(visitor)
    visitor.is_at("choose-method")
    checked = visitor.page.locator("[name=methode]:checked").get_attribute("id") or ""
    tab_to(visitor, checked)
    while visitor.page.locator("[name=methode]:checked").get_attribute("value") != "totp":
        keys.press("ArrowDown")
    tab_to(visitor, "volgende")
    hit_enter(visitor)
    visitor.is_at("second-factor")
    tab_to(visitor, "code")
    keys.type(person.code_from_the_app())
    hit_enter(visitor)
    visitor.is_at("portal")


def test_the_tab_key_follows_the_page(visitor: Visitor, people: People) -> None:
    visitor.open("/")
    footer = ["Privacy en cookies", "Toegankelijkheid", "Veilig inloggen", "Contact"]
    desk = [
        "088 - 711 4888", "wmoservicedesk@hetcak.nl", "Lees de handleiding (in een nieuw tabblad)",
    ]  # fmt: skip
    assert tab_stops(visitor) == [
        "Direct naar de inhoud", "Mijn CAK Zakelijk Voor zakelijke partners", "English",
        "relatienummer", "gebruikersnaam", "wachtwoord", "Toon wachtwoord", "volgende",
        "Wachtwoord of gebruikersnaam vergeten?", *desk, "Twee-staps verificatie instellen", *footer,
    ]  # fmt: skip
    walks.up_to_the_methods(visitor, people.make(code=True))
    assert tab_stops(visitor)[3:-7] == [
        "methode-totp", "Uitleg over authenticator-app", "methode-sms", "Uitleg over sms",
        "methode-voice", "Uitleg over gesproken bericht",
        "methode-webauthn", "Uitleg over passkey of beveiligingssleutel", "volgende", "stoppen",
    ]  # fmt: skip
    walks.sign_in_here(visitor, people.make(totp=True, applications={"vrijstellingen": ()}), "totp")
    assert tab_stops(visitor) == [
        "Direct naar de inhoud", "Mijn CAK Zakelijk", "uitloggen",
        "Uw applicaties", "Beveiliging", "Handleidingen", "methode-toevoegen",
        "Individuele vrijstellingen", desk[0], "mist-u-iets", "blijven", *footer, "English",
    ]  # fmt: skip


def test_the_skip_link_leads_past_the_header(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    assert visitor.focused() == "inhoud"
    visitor.page.keyboard.press("Tab")
    assert visitor.focused() == "relatienummer"


@IN_BOTH_BROWSERS
def test_an_error_takes_the_focus_and_leads_to_the_field(arrive: Arrive) -> None:
    for scripts in (True, False):
        visitor = arrive(java_script_enabled=scripts)
        visitor.open("/")
        visitor.press("volgende", relatienummer="10023456", wachtwoord="iets")
        visitor.is_at("login", "fields-missing")
        assert visitor.focused() == "foutmelding"
        visitor.key("Tab")
        assert visitor.focused() == "Vul uw gebruikersnaam in"
        visitor.key("Enter")
        assert visitor.focused() == "gebruikersnaam"
        assert visitor.attribute("#gebruikersnaam", "aria-invalid") == "true"


@IN_BOTH_BROWSERS
def test_a_wrong_code_takes_the_focus_and_the_right_one_goes_on(
    visitor: AnyVisitor, people: People
) -> None:
    person = people.make(totp=True)
    visitor.open("/")
    visitor.sign_in(person)
    visitor.press("volgende", code=tours.WRONG_CODE)
    visitor.is_at("second-factor", "code-invalid")
    assert visitor.focused() == "foutmelding"
    assert visitor.attribute("#code", "aria-invalid") == "true"
    assert visitor.problem()
    visitor.press("volgende", code=person.code_from_the_app())
    visitor.is_at("portal")


def test_after_signing_out_the_back_button_shows_nothing(visitor: Visitor, people: People) -> None:
    person = people.make(totp=True)
    walks.sign_in_here(visitor, person, "totp")
    visitor.open("/mijn/beveiliging")
    visitor.open("/uitloggen")
    visitor.is_at("logout")
    visitor.press("blijven")
    visitor.is_at("portal")
    visitor.open("/uitloggen")
    visitor.press("uitloggen")
    visitor.is_at("logged-out")
    for _ in range(3):
        visitor.page.go_back()
        assert person.name not in visitor.text()
        assert visitor.hook("page") in {"login", "logged-out", "error"}


def tab_to(visitor: Visitor, element: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(20):
        visitor.page.keyboard.press("Tab")
        if visitor.focused() == element:
            return
    raise AssertionError(f"{element} cannot be reached with the keyboard")


def hit_enter(visitor: Visitor) -> None:
    """Press Enter, and wait for the page that comes."""
    with visitor.page.expect_navigation():
        visitor.page.keyboard.press("Enter")


def tab_stops(visitor: Visitor) -> list[str]:
    """Where Tab halts, from the start of the page until it leaves it."""
    stops: list[str] = []
    visitor.page.evaluate("() => document.activeElement.blur()")
    while True:
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate("() => document.activeElement === document.body"):
            return stops
        assert len(stops) < 60, "the keyboard does not get out of here"
        stops.append(visitor.focused())
