"""A number that somebody changed alone is worth *laag* for three days; with an activation code it counts at once."""

from __future__ import annotations

from datetime import timedelta

from idp.assurance import Level
from idp.clock import Standing
from tests.protocol.relying_party import SUBSTANTIAL, Provider
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    identify,
    issue_code,
    set_up_sms,
    sign_in,
)
from tests.support.pages import Page
from tests.support.run import Run

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
OTHER = "06 87654321"
WAITS = timedelta(hours=72)


def changes_the_number(house: House, browser: Visitor, person: Person) -> Page:
    """From the portal to the end of setting up, with the old number or the app as proof."""
    sign_in(house, browser, person)
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    page = browser.submit("volgende", methode="sms")
    assert "Een nieuw nummer werkt pas na 3 dagen als tweede stap." in page.document.text
    return set_up_sms(house, browser, OTHER)


def test_for_three_days_a_new_number_is_no_second_step(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    began = time.moment
    assert changes_the_number(house, browser, anna).name == "enrolment-done"
    page = browser.submit("afronden")
    assert (page.status, page.error) == (403, "number-too-new")
    assert "maandag 23 november 2026 om 10.00 uur" in page.document.text
    for moment in (began + MINUTE, began + WAITS - SECOND):
        time.moment = moment
        page = identify(house.browser(), anna)
        assert (page.status, page.error) == (403, "number-too-new")
    time.moment = began + WAITS
    assert sign_in(house, house.browser(), anna).name == "portal"


def test_who_has_another_method_signs_in_with_that_and_reads_from_when_the_number_counts(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    changes_the_number(house, browser, anna)
    page = browser.submit("afronden")
    assert page.name == "security"
    assert "werkt vanaf maandag 23 november 2026 om 10.00 uur als tweede stap" in page.document.text
    time.move(MINUTE)
    assert (
        identify(house.browser(), anna).name == "second-factor"
    )  # no choice: only the app will do
    time.move(WAITS)
    assert identify(house.browser(), anna).name == "choose-method"


def test_in_the_same_go_an_app_can_be_set_up_beside_it(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    changes_the_number(house, browser, anna)
    assert browser.submit("nog-een-methode").name == "choose-methods"


def test_an_application_for_which_a_password_is_enough_stays_open(
    house: House, run: Run, time: Standing
) -> None:
    provider = Provider.of(house, run)
    shop = provider.application(None, level=Level.LAAG)
    anna, browser = provider.person(phone=PHONE), house.browser()
    changes_the_number(house, browser, anna)
    other = house.browser()
    shop.visit(other)
    assert "code" in shop.answer(identify(other, anna, at=None))
    assert shop.visit(other, acr_values=SUBSTANTIAL).error == "number-too-new"
    assert other.get("/mijn/beveiliging").error == "number-too-new"


def test_with_an_activation_code_a_number_counts_at_once(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    code = issue_code(house, anna)
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    browser.submit("volgende", activatiecode=code)
    page = browser.submit("volgende", methode="sms")
    assert "Een nieuw nummer werkt pas" not in page.document.text
    set_up_sms(house, browser, OTHER)
    assert browser.submit("afronden").name == "portal"
    time.move(MINUTE)
    assert sign_in(house, house.browser(), anna).name == "portal"
