"""Section 1 of the manual, *Twee-staps verificatie instellen*, step by step in Chromium."""

from __future__ import annotations

import pytest

from tests.browser import walks
from tests.browser.people import People
from tests.browser.visitor import Visitor


def test_steps_1_to_5_from_2fa_by_the_activation_code_to_the_methods_and_what_each_is(
    visitor: Visitor, people: People
) -> None:
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


@pytest.mark.parametrize("kind", ["totp", "sms", "voice"])
def test_steps_1_to_6_one_method_is_set_up_and_afronden_opens_the_portal(
    visitor: Visitor, people: People, kind: str
) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(visitor, person)
    visitor.choose(kind)
    visitor.press("volgende")
    walks.set_up(visitor, person, kind)
    visitor.is_at("enrolment-done")
    assert "Instellen afgerond" in visitor.page.locator("h1").inner_text()
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


def test_step_5_a_landline_given_for_texts_is_called_without_typing_it_again(
    visitor: Visitor, people: People
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
