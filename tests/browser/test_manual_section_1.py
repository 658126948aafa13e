"""Section 1 of the manual, *Twee-staps verificatie instellen*, step by step."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import tours, walks
from tests.browser.any_visitor import AnyVisitor
from tests.browser.conftest import IN_BOTH_BROWSERS
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.browser.sights import Sight, seen_along
from tests.browser.visitor import Visitor


@pytest.fixture(scope="module")
def begun(browser: Browser, demo: RunningDemo, people: People) -> dict[str, Sight]:
    """Steps 1 to 5, with the mistakes that show a form again."""
    return seen_along(tours.first_set_up, browser, demo, people)


def test_step_1_the_address_2fa_opens_first_set_up(begun: dict[str, Sight]) -> None:
    sight = begun["activeren-inloggen"]
    assert sight.title == "Stap 1 van 5: Inloggen – Mijn CAK Zakelijk"
    assert "Daarna stelt u twee-staps verificatie in." in sight.text


def test_step_2_one_signs_in_with_number_name_and_password(begun: dict[str, Sight]) -> None:
    sight = begun["activeren-inloggen"]
    assert sight.fields == ("relatienummer", "gebruikersnaam", "wachtwoord")
    assert sight.way_on == "Inloggen"
    assert begun["activeren-begin"].page == "activation-intro"


def test_step_3_volgende_leads_from_the_introduction_to_the_code(begun: dict[str, Sight]) -> None:
    assert begun["activeren-begin"].way_on == "Volgende"
    assert begun["activatiecode"].page == "activation-code"


def test_step_4_the_activation_code_is_filled_in_and_volgende_leads_to_the_methods(
    begun: dict[str, Sight],
) -> None:
    sight = begun["activatiecode"]
    assert (sight.fields, sight.way_on) == (("activatiecode",), "Volgende")
    assert begun["methode-kiezen"].page == "choose-methods"


def test_step_5_one_or_more_of_four_methods_can_be_chosen(begun: dict[str, Sight]) -> None:
    sight = begun["methode-kiezen"]
    assert sight.fields == ("methode-totp", "methode-sms", "methode-voice", "methode-webauthn")
    assert "Kies één of meer methoden." in sight.text


def test_step_5_at_least_one_method_is_set_up(begun: dict[str, Sight]) -> None:
    sight = begun["methode-kiezen-fout"]
    assert (sight.page, sight.error) == ("choose-methods", "method-missing")
    assert "Kies minstens één methode" in sight.problem


def test_step_5_google_and_microsoft_authenticator_are_both_named(
    visitor: Visitor, people: People
) -> None:
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("totp")
    visitor.press("volgende")
    visitor.is_at("enrol-totp")
    assert "Google Authenticator of Microsoft Authenticator" in visitor.text()


def test_step_5_who_forgot_to_set_one_up_does_so_with_a_new_code(
    visitor: Visitor, people: People
) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    person.activatiecode = people.new_code(person)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("totp")
    visitor.press("volgende")
    walks.set_up(visitor, person, "totp")
    visitor.is_at("enrolment-done")


def test_step_6_the_new_method_can_be_used_from_then_on(visitor: Visitor, people: People) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("totp")
    visitor.press("volgende")
    walks.set_up(visitor, person, "totp")
    assert "U kunt nu inloggen in 2 stappen." in visitor.text()
    visitor.press("afronden")
    visitor.press("uitloggen")
    walks.sign_in_here(visitor, person, "totp")


def test_step_5_the_i_below_each_method_opens_what_it_is(visitor: Visitor, people: People) -> None:
    person = people.make(code=True)
    visitor.open("/2fa")
    visitor.is_at("login")
    assert "Stap 1 van 5" in visitor.page.title()
    visitor.sign_in(person)
    visitor.is_at("activation-intro")
    visitor.press("volgende")
    visitor.is_at("activation-code")
    visitor.fill(activatiecode=person.activatiecode)
    assert visitor.shows_all_of("activatiecode")
    visitor.press("volgende", activatiecode=person.activatiecode.lower().replace("-", " "))
    visitor.is_at("choose-methods")
    for kind, told in {
        "totp": "Microsoft Authenticator",
        "sms": "U hebt bereik nodig",
        "voice": "U hebt geen smartphone nodig",
    }.items():
        method = visitor.page.locator(f".mcz-choice:has([value={kind}])")
        assert not method.get_by_text(told).is_visible()
        method.locator("summary").click()
        assert method.get_by_text(told).is_visible()
    assert not visitor.page.locator("[name=methode]:checked").count()


@IN_BOTH_BROWSERS
@pytest.mark.parametrize("kind", ["totp", "sms", "voice"])
def test_step_6_one_method_leads_to_instellen_afgerond_and_afronden_to_the_portal(
    visitor: AnyVisitor, people: People, kind: str
) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose(kind)
    visitor.press("volgende")
    walks.set_up(visitor, person, kind)
    visitor.is_at("enrolment-done")
    assert "Instellen afgerond" in visitor.text("h1")
    visitor.press("afronden")
    visitor.is_at("portal")


def test_step_6_after_one_method_a_second_one_can_be_set_up(
    visitor: Visitor, people: People
) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("sms")
    visitor.press("volgende")
    walks.set_up(visitor, person, "sms")
    visitor.is_at("enrolment-done")
    visitor.press("nog-een-methode")
    visitor.is_at("choose-methods")
    visitor.choose("totp")
    visitor.press("volgende")
    walks.set_up(visitor, person, "totp")
    visitor.is_at("enrolment-done")
    assert visitor.page.locator("main .mcz-list li").count() == 2
    visitor.press("afronden")
    visitor.is_at("portal")


@pytest.mark.parametrize("kind", ["totp", "sms"])
def test_coming_from_an_application_the_person_goes_on_to_it_after_afronden(
    visitor: Visitor, people: People, kind: str
) -> None:
    person = people.make(code=True)
    visitor.open(f"{visitor.demo.relying_party}/wmo-berichten/")
    visitor.press("inloggen")
    visitor.is_at("login")
    visitor.sign_in(person)
    walks.from_the_introduction_to_the_methods(visitor, person)
    visitor.choose(kind)
    visitor.press("volgende")
    walks.set_up(visitor, person, kind)
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    assert visitor.page.url == f"{visitor.demo.relying_party}/wmo-berichten/"
    visitor.is_at("signed_in")
    assert visitor.page.locator("#relatienummer").inner_text() == person.relatienummer


@IN_BOTH_BROWSERS
def test_step_5_a_landline_given_for_texts_is_called_without_typing_it_again(
    visitor: AnyVisitor, people: People
) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose("sms")
    visitor.press("volgende")
    typed = person.vast_nummer.replace("+31", "0")
    visitor.press("volgende", telefoonnummer=typed)
    visitor.is_at("enrol-sms", "number-not-mobile")
    visitor.press("bel-mij")
    visitor.is_at("enrol-voice")
    assert [each["channel"] for each in person.texts()] == ["voice"]
    visitor.press("volgende", code=person.code_from_the_text())
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.press("uitloggen")
    visitor.open("/")
    walks.sign_in(visitor, person, "voice")
    visitor.is_at("portal")
