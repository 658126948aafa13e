"""Section 2 of the manual, *Inloggen met twee-staps verificatie*, step by step in Chromium."""

from __future__ import annotations

import pytest

from tests.browser import walks
from tests.browser.people import People
from tests.browser.sights import sight_of
from tests.browser.visitor import Visitor


def test_step_1_a_link_on_a_website_leads_to_the_sign_in_page(visitor: Visitor) -> None:
    visitor.page.set_content(f'<a id="mijn" href="{visitor.demo.issuer}">Mijn CAK Zakelijk</a>')
    visitor.press("mijn")
    visitor.is_at("login")


def test_step_1_the_direct_link_is_the_sign_in_page(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.is_at("login")
    assert visitor.page.title() == "Inloggen – Mijn CAK Zakelijk"


def test_step_2_one_signs_in_with_number_name_and_password(
    visitor: Visitor, people: People
) -> None:
    visitor.open("/")
    assert sight_of(visitor).fields == ("relatienummer", "gebruikersnaam", "wachtwoord")
    visitor.sign_in(people.make(totp=True, sms=True))
    visitor.is_at("choose-method")


def test_step_4_the_steps_of_each_method_stand_on_its_page(
    visitor: Visitor, people: People
) -> None:
    visitor.open("/")
    visitor.sign_in(people.make(totp=True, sms=True, voice=True))
    for kind, told in {
        "totp": "Open uw authenticator-app.",
        "sms": "Wij sturen een sms met een code naar",
        "voice": "Een stem leest de code voor.",
    }.items():
        visitor.choose(kind)
        visitor.press("volgende")
        visitor.is_at("second-factor")
        assert told in visitor.text()
        visitor.press("andere-methode")


def test_step_5_one_is_signed_in_with_the_method_that_was_chosen(
    visitor: Visitor, people: People
) -> None:
    person = people.make(totp=True, sms=True)
    visitor.open("/")
    walks.sign_in(visitor, person, "sms", several=True)
    visitor.is_at("portal")
    visitor.open("/mijn/beveiliging")
    newest = visitor.page.locator("[aria-labelledby=keren] li").first.inner_text()
    assert "sms" in newest
    assert "Gelukt" in newest


@pytest.mark.parametrize("kind", ["totp", "sms", "voice"])
def test_steps_1_to_5_by_the_direct_link_with_the_only_method_to_the_portal(
    visitor: Visitor, people: People, kind: str
) -> None:
    person = people.make(totp=kind == "totp", sms=kind == "sms", voice=kind == "voice")
    visitor.open("/")
    visitor.is_at("login")
    assert visitor.page.title() == "Inloggen – Mijn CAK Zakelijk"
    visitor.sign_in(person)
    walks.take_the_step(visitor, person, kind)
    visitor.is_at("portal")
    assert person.name in visitor.text()


def test_step_3_own_methods_are_offered_and_the_last_used_one_is_chosen(
    visitor: Visitor, people: People
) -> None:
    person = people.make(totp=True, sms=True)
    for kind in ("sms", "totp"):
        visitor.open("/")
        walks.sign_in(visitor, person, kind, several=True)
        visitor.is_at("portal")
        visitor.press("uitloggen")
        visitor.is_at("logged-out")
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("choose-method")
    offered = visitor.page.locator("[name=methode]").all()
    assert [method.get_attribute("value") for method in offered] == ["totp", "sms"]
    assert visitor.page.locator("[name=methode]:checked").get_attribute("value") == "totp"
    assert "Laatst gebruikt" in visitor.text()


def test_step_4_nothing_is_sent_before_it_is_asked_for(visitor: Visitor, people: People) -> None:
    person = people.make(sms=True)
    visitor.open("/")
    visitor.sign_in(person)
    visitor.is_at("second-factor")
    assert not visitor.page.locator("#code").count()
    assert person.texts() == []
    visitor.press("volgende")
    assert len(person.texts()) == 1
    assert visitor.page.locator("#opnieuw").get_attribute("aria-disabled") == "true"
    assert "Dat kan over" in visitor.text()


def test_step_5_the_left_menu_leads_to_exactly_the_granted_applications_and_the_manuals(
    visitor: Visitor, people: People
) -> None:
    person = people.make(totp=True, applications={"vrijstellingen": (), "wmo-berichten": ()})
    walks.sign_in_here(visitor, person, "totp")
    menu = visitor.page.locator("nav.mcz-side a")
    assert [label.strip() for label in menu.all_inner_texts()] == [
        "Uw applicaties", "Beveiliging", "Handleidingen",
    ]  # fmt: skip
    left, content = menu.first.bounding_box(), visitor.page.locator("main h1").bounding_box()
    assert left is not None
    assert content is not None
    assert left["x"] + left["width"] <= content["x"]
    assert visitor.page.locator(".mcz-app h3").all_inner_texts() == [
        "Wmo-berichtenverkeer", "Individuele vrijstellingen",
    ]  # fmt: skip
    visitor.click("nav.mcz-side a[href='/mijn/handleidingen']")
    visitor.is_at("manuals")
    visitor.click(".mcz-app a >> nth=0")
    visitor.is_at("manual")


def test_the_banner_in_the_portal_leads_to_a_second_method(
    visitor: Visitor, people: People
) -> None:
    person = people.make(totp=True)
    walks.sign_in_here(visitor, person, "totp")
    visitor.press("methode-toevoegen")
    visitor.is_at("choose-methods")
    visitor.choose("sms")
    visitor.press("volgende")
    walks.set_up(visitor, person, "sms")
    visitor.is_at("enrolment-done")
    visitor.press("afronden")
    visitor.is_at("security")
    assert visitor.page.locator("[aria-labelledby=methoden] li").count() == 2
