"""Section 3 of the manual, *Veel voorkomende foutmeldingen*: what people meet, and what each page advises.

The manual gives one advice for all of them, a new activation code; here it is given where it helps.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import tours, walks
from tests.browser.conftest import Arrive
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.browser.sights import Sight, seen_along
from tests.browser.visitor import Visitor

NEW_CODE = "vraag om een nieuwe activatiecode"
TELEPHONE = "088 - 711 4888"


@pytest.fixture(scope="module")
def refused(browser: Browser, demo: RunningDemo, people: People) -> dict[str, Sight]:
    """What becomes of an activation code, as pages of their own."""
    return seen_along(tours.refused_activation, browser, demo, people)


@pytest.fixture(scope="module")
def set_up(browser: Browser, demo: RunningDemo, people: People) -> dict[str, Sight]:
    """First set-up with the mistakes that show a form again."""
    return seen_along(tours.first_set_up, browser, demo, people)


def test_every_message_names_the_servicedesk(refused: dict[str, Sight]) -> None:
    assert len(refused) == 6
    for sight in refused.values():
        assert TELEPHONE in sight.text, sight
        assert sight.way_on, sight


def test_the_code_has_expired_ask_for_a_new_one(refused: dict[str, Sight]) -> None:
    sight = refused["fout-activatiecode-verlopen"]
    assert sight.heading == "Uw activatiecode is verlopen"
    assert "niet meer geldig sinds" in sight.text
    assert NEW_CODE in sight.text


def test_the_code_was_used_sign_in_with_what_was_set_up(refused: dict[str, Sight]) -> None:
    sight = refused["fout-activatiecode-gebruikt"]
    assert (sight.error, sight.way_on) == ("activation-code-used", "Inloggen")
    assert "al gebruikt" in sight.text


def test_a_newer_code_was_sent_use_that_one(refused: dict[str, Sight]) -> None:
    sight = refused["fout-activatiecode-ingetrokken"]
    assert sight.error == "activation-code-revoked"
    assert "nieuwste" in sight.text


def test_too_many_wrong_codes_ask_for_a_new_one(refused: dict[str, Sight]) -> None:
    sight = refused["fout-activatiecode-te-vaak"]
    assert sight.heading == "U hebt te vaak een verkeerde code ingevuld"
    assert NEW_CODE in sight.text


def test_nothing_was_set_up_in_time_ask_for_a_new_code(refused: dict[str, Sight]) -> None:
    sight = refused["fout-te-laat-ingesteld"]
    assert sight.error == "activation-window-closed"
    assert sight.heading == "U was te laat met instellen"
    assert NEW_CODE in sight.text


def test_no_method_and_no_code_ask_for_one(refused: dict[str, Sight]) -> None:
    sight = refused["fout-geen-methode"]
    assert sight.heading == "U hebt nog geen methode ingesteld"
    assert "activatiecode" in sight.text


def test_a_typing_error_type_it_again_it_costs_nothing(set_up: dict[str, Sight]) -> None:
    sight = set_up["activatiecode-typefout"]
    assert (sight.page, sight.fields) == ("activation-code", ("activatiecode",))
    assert "U kunt het nog 10 keer proberen" in sight.problem


def test_a_wrong_code_try_again_and_read_how_often(set_up: dict[str, Sight]) -> None:
    sight = set_up["activatiecode-fout"]
    assert (sight.page, sight.fields) == ("activation-code", ("activatiecode",))
    assert "U kunt het nog 9 keer proberen" in sight.problem


def test_the_code_was_entered_in_another_browser_go_on_there(
    arrive: Arrive, visitor: Visitor, people: People
) -> None:
    person = people.make(code=True)
    walks.up_to_the_methods(arrive(), person)
    visitor.open("/2fa")
    visitor.sign_in(person)
    visitor.is_at("activation-intro")
    visitor.press("volgende")
    visitor.press("volgende", activatiecode=person.activatiecode)
    visitor.is_at("error", "other-browser")
    assert "andere browser" in visitor.text()


def test_a_new_code_from_the_servicedesk_does_help(visitor: Visitor, people: People) -> None:
    person = people.make(code=True)
    older, person.activatiecode = person.activatiecode, people.new_code(person)
    tours.enter_a_code(visitor, tours.as_account(person), older)
    visitor.is_at("error", "activation-code-revoked")
    walks.up_to_the_methods(visitor, person)
