"""Whoever cannot take the second step reads what to do next, on every page that asks for it."""

from __future__ import annotations

import pytest

from tests.support.journeys import PHONE, House, add_person, identify

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DESK = "Bel de Servicedesk:"


@ONE
@pytest.mark.parametrize(
    ("has", "question"),
    [
        ({"totp": True}, "Kunt u deze methode niet gebruiken?"),
        ({"phone": PHONE}, "Kunt u nu geen code ontvangen?"),
    ],
    ids=["app", "text"],
)
def test_with_one_method_the_servicedesk_is_the_way_on_and_one_reads_what_to_say(
    house: House, has: dict[str, object], question: str
) -> None:
    page = identify(house.browser(), add_person(house, **has))  # type: ignore[arg-type]
    assert page.name == "second-factor"
    said = page.text("methode-kwijt")
    for part in (question, DESK, "relatienummer", "nieuwe activatiecode"):
        assert part in said
    assert page.find("kies-andere-methode") is None


@ONE
def test_with_another_method_that_one_is_offered_first_and_the_servicedesk_still(
    house: House,
) -> None:
    browser = house.browser()
    page = identify(browser, add_person(house, totp=True, phone=PHONE))
    assert page.name == "choose-method"
    assert "Kunt u geen van deze methoden gebruiken?" in page.text("methode-kwijt")
    assert DESK in page.text("methode-kwijt")
    page = browser.submit("volgende", methode="sms")
    assert DESK in page.text("methode-kwijt")
    assert browser.submit("kies-andere-methode").name == "choose-method"
