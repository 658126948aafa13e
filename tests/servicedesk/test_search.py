"""A colleague finds a caller by what the caller says; no sign in it means more than itself."""

from __future__ import annotations

import pytest

from idp.accounts import directory
from idp.servicedesk.search import Found, search
from tests.support.house import House
from tests.support.journeys import account_of, add_application, add_person


@pytest.fixture
def town(house: House) -> House:
    """Some organisations and people."""
    people = {
        "10023456": ("Gemeente Voorbeeld", {"j.devries": "Joris de Vries", "a.kaya": "Aylin Kaya"}),
        "10023999": ("Zorggroep De Linde", {"j.devries": "Jan de Vriès", "z.o": "Zoë Ørsted"}),
        "99": ("Stichting Thuis & Zorg", {"info": "Marieke Jansen-Bakker"}),
    }
    for number, (name, names) in people.items():
        with house.inside():
            directory.add_relation(number=number, name=name, kind="gemeente", actor="test")
        for username, called in names.items():
            person = add_person(house, username, relation=number)
            with house.inside():
                directory.update_account(account_of(person), name=called, actor="test")
    return house


def ask(house: House, text: str, limit: int = 20) -> Found:
    with house.inside():
        return search(text, limit=limit)


def people(found: Found) -> set[str]:
    return {account.name for account in found.accounts}


def organisations(found: Found) -> set[str]:
    return {relation.number for relation in found.relations}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("vries", {"Joris de Vries", "Jan de Vriès"}),
        ("VRIES", {"Joris de Vries", "Jan de Vriès"}),
        ("vri", {"Joris de Vries", "Jan de Vriès"}),
        ("ries", set()),
        ("jan de vries", {"Jan de Vriès"}),
        ("de", {"Joris de Vries", "Jan de Vriès"}),
        ("j.devries", {"Joris de Vries", "Jan de Vriès"}),
        ("zoe orsted", {"Zoë Ørsted"}),
        ("bakker", {"Marieke Jansen-Bakker"}),
        ("jansen-b", {"Marieke Jansen-Bakker"}),
        ("10023456 j.devries", {"Joris de Vries"}),
        ("vries 10023999", {"Jan de Vriès"}),
        ("10023456 kay", {"Aylin Kaya"}),
        ("10023456", {"Joris de Vries", "Aylin Kaya"}),
        ("  10 023.456 ", {"Joris de Vries", "Aylin Kaya"}),
        ("onbekend", set()),
    ],
)
def test_people_are_found_by_beginnings_of_their_names(
    town: House, asked: str, expected: set[str]
) -> None:
    assert people(ask(town, asked)) == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("10023456", {"10023456"}),
        ("100", {"10023456", "10023999"}),
        ("0010023456", {"10023456"}),
        ("1002399", {"10023999"}),
        ("9", {"99"}),
        ("99", {"99"}),
        ("zorg", {"10023999", "99"}),
        ("linde zorg", {"10023999"}),
        ("thuis zorg", {"99"}),
    ],
)
def test_organisations_are_found_by_number_and_name(
    town: House, asked: str, expected: set[str]
) -> None:
    assert organisations(ask(town, asked)) == expected


@pytest.mark.parametrize("asked", ["%", "_", "%%", "' OR 1=1 --", "\\", "*", "", "   ", "\0", "&"])
def test_signs_find_nothing_of_themselves(town: House, asked: str) -> None:
    found = ask(town, asked)
    assert not found.accounts
    assert not found.relations


def test_a_new_name_is_found_and_the_old_one_no_longer(town: House) -> None:
    with town.inside():
        account = directory.find_account("10023456", "a.kaya")
        directory.update_account(account, name="Aylin Demir", actor="test")
    assert people(ask(town, "demir")) == {"Aylin Demir"}
    assert people(ask(town, "aylin")) == {"Aylin Demir"}
    assert people(ask(town, "10023456 kay")) == {"Aylin Demir"}, "the user name stays"


def test_applications_are_found_by_name_and_id(town: House) -> None:
    add_application(town, "Wmo berichten")
    assert [one.id for one in ask(town, "wmo").applications] == ["wmo-berichten"]
    assert [one.id for one in ask(town, "beri").applications] == ["wmo-berichten"]
    assert ask(town, "richten").applications == ()


def test_a_reference_code_is_recognised_when_it_is_known(town: House) -> None:
    browser = town.browser()
    browser.get("/")
    browser.send("POST", "/")
    reference = browser.page.text("kenmerk").split()[-1] if browser.page.find("kenmerk") else ""
    shown = next(word for word in browser.page.text("kenmerk").split() if "-" in word)
    assert reference
    assert ask(town, f"kenmerk {shown.lower()}").reference == shown
    assert ask(town, "ZZZZ-ZZZZ").reference is None


def test_no_answer_is_longer_than_was_asked(town: House) -> None:
    assert len(ask(town, "de", limit=1).accounts) == 1


def test_a_reference_code_under_which_nothing_stands_is_told_as_such(town: House) -> None:
    found = ask(town, "kenmerk 7f3k 2qxm")
    assert (found.reference, found.unknown_reference) == (None, "7F3K-2QXM")
    assert ask(town, "vries").unknown_reference is None
