"""Several tabs and the back button in first set-up: every old page leads on, and nothing is done twice."""

from __future__ import annotations

import pytest

from idp.accounts import credentials
from tests.support.journeys import House, Person, account_of, add_person, identify, set_up_totp

#: What a page says does not depend on the database; two at once are the business of tests/attacks.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def methods_of(house: House, person: Person) -> int:
    """How many methods somebody has."""
    with house.inside():
        return len(credentials.of_account(account_of(person).id))


def test_in_five_tabs_one_code_opens_them_all_and_one_method_is_set_up(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    tabs = [identify(browser, anna, at="/2fa") for _ in range(5)]
    assert len({tab.address for tab in tabs}) == 5
    browser.submit("volgende")
    assert browser.submit("volgende", activatiecode=anna.code or "").name == "choose-methods"
    for tab in tabs[:4]:  # the code is spent: no other tab asks for it again
        assert browser.get(tab.address).name == "choose-methods"
    browser.submit("volgende", methode="totp")
    assert set_up_totp(browser)[1].name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"
    assert methods_of(house, anna) == 1
    assert browser.get(tabs[3].address).name == "portal"  # the one that went through
    spent = "activation-code-used"  # not that it was too late: a method was set up
    assert browser.get(tabs[4].address).error == spent
    assert browser.go_on().name == "portal"
    for tab in tabs[:3]:
        assert browser.get(tab.address).name == "activation-intro"
        browser.submit("volgende")
        assert browser.submit("volgende", activatiecode=anna.code or "").error == spent
        assert browser.go_on().name == "portal"


def test_a_page_that_the_back_button_brought_and_that_is_sent_again_leads_on(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    old = [(identify(browser, anna, at="/2fa"), browser.token(), {})]
    old.append((browser.submit("volgende"), browser.token(), {"activatiecode": anna.code or ""}))
    browser.submit("volgende", activatiecode=anna.code or "")
    old.append((browser.page, browser.token(), {"methode": "sms"}))
    browser.submit("volgende", methode="totp")
    old.append((browser.page, browser.token(), {"code": "123456"}))
    set_up_totp(browser)
    for page, token, fields in old:
        again = browser.send("POST", page.address, csrf_token=token, **fields)
        assert (again.status, again.error) == (409, "out-of-turn"), page
        assert browser.go_on().name == "enrolment-done"
    assert methods_of(house, anna) == 1
    assert browser.submit("afronden").name == "portal"


def test_back_from_the_portal_to_the_last_page_of_set_up_leads_to_the_portal(house: House) -> None:
    anna, browser = add_person(house, code=True), house.browser()
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    browser.submit("volgende", activatiecode=anna.code or "")
    browser.submit("volgende", methode="totp")
    _secret, last = set_up_totp(browser)
    browser.submit("afronden")
    assert browser.get(last.address).name == "portal"
    assert browser.get("/").name == "portal"
