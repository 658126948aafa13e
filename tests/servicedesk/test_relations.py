"""A relation at the desk: its people page by page, blocked and opened as a whole, and given an account."""

from __future__ import annotations

from threading import Event, Thread
from time import sleep

import pytest

from idp.accounts import directory
from idp.assurance import Level
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import CALLED_BACK, ERRAND, Desk
from tests.support.house import House
from tests.support.journeys import (
    RELATION,
    Person,
    account_of,
    add_application,
    add_person,
    grant,
    sign_in,
)


@pytest.fixture
def anna(house: House) -> Person:
    return add_person(house, "anna", totp=True)


@pytest.fixture
def here(house: House, anna: Person) -> str:
    with house.inside():
        return f"/servicedesk/relaties/{account_of(anna).relation_id}"


def test_a_relation_shows_its_people_and_the_applications_they_use(
    desk: Desk, house: House, anna: Person, here: str
) -> None:
    grant(house, anna, add_application(house, "Wmo"))
    page = desk.colleague(Role.AUDITOR).get(here)
    assert page.name == "desk-relation"
    assert "Anna" in page.links
    assert "Wmo" in page.html
    assert page.find("actie-blokkeren") is None
    assert desk.events("relation-shown")


def test_many_people_come_page_by_page(desk: Desk, house: House, anna: Person, here: str) -> None:
    with house.inside():
        relation = directory.find_relation(RELATION)
        for number in range(30):
            directory.add_account(
                relation=relation,
                username=f"gebruiker{number:02}",
                name=f"Gebruiker {number:02}",
                imported_hash="$2b$04$abcdefghijklmnopqrstuuM3V1dX7Q3kXkQ4Q7Qe0g0y0x0w0v0u0",
                actor="test",
            )
    browser = desk.colleague(Role.MEDEWERKER)
    first = browser.get(here)
    assert "Gebruiker 23" in first.links
    assert "Gebruiker 24" not in first.links
    assert "Gebruiker 29" in browser.click("Volgende").links
    for nonsense in ("0", "-1", "²", "99999999999", "'"):
        assert browser.get(f"{here}?bladzijde={nonsense}").status == 200


def test_a_block_ends_everything_of_the_relation_and_says_what(
    desk: Desk, house: House, anna: Person, here: str
) -> None:
    sign_in(house, house.browser(), anna)
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(f"{here}/blokkeren")
    page = browser.submit("volgende", **ERRAND)
    assert "1 sessie is beëindigd" in page.html
    assert sign_in_fails(house, anna)
    browser.get(f"{here}/deblokkeren")
    assert "gedeblokkeerd" in browser.submit("volgende", **ERRAND).html


def sign_in_fails(house: House, person: Person) -> bool:
    browser = house.browser()
    browser.get("/")
    page = browser.submit(
        "volgende",
        relatienummer=person.relation,
        gebruikersnaam=person.username,
        wachtwoord=person.password,
    )
    return page.error == "relation-blocked"


def test_opening_a_relation_after_suspected_fraud_takes_two(
    desk: Desk, house: House, anna: Person, here: str
) -> None:
    boss, second = desk.colleague(Role.BEHEERDER), desk.colleague(Role.MEDEWERKER)
    boss.get(f"{here}/blokkeren")
    boss.submit("volgende", **ERRAND | {"reden": "fraud"})
    boss.get(f"{here}/deblokkeren")
    page = boss.submit("volgende", **ERRAND)
    assert "kan niet alleen" in page.html
    assert sign_in_fails(house, anna)
    request = page.links["De organisatie deblokkeren: Gemeente Voorbeeld 56"]
    second.get(request)
    second.submit("instemmen")
    boss.get(request)
    boss.submit("uitvoeren")
    assert not sign_in_fails(house, anna)


def test_a_second_block_is_refused_in_a_sentence(desk: Desk, here: str) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(f"{here}/blokkeren")
    browser.submit("volgende", **ERRAND)
    browser.get(f"{here}/blokkeren")
    page = browser.submit("volgende", **ERRAND)
    assert (page.status, "al geblokkeerd" in page.html) == (422, True)


def test_a_new_account_gets_a_suggested_name_and_its_password_on_purpose_later(
    desk: Desk, house: House, here: str
) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(f"{here}/account-toevoegen")
    page = browser.submit("volgende", naam="Zoë van der Berg-Smit", **CALLED_BACK)
    assert page.value("gebruikersnaam") == "z.vanderbergsmit"
    assert 'value="called-back" selected' in page.html
    page = browser.submit("volgende")
    assert page.name == "desk-account"
    assert "Nog niet geactiveerd" in page.html
    assert not desk.events("desk-supplied")
    with house.inside():
        added = directory.find_account(RELATION, "z.vanderbergsmit")
        assert (added.level, added.password_is_temporary) == (Level.SUBSTANTIEEL, True)


def test_a_name_that_is_taken_gets_a_number_and_is_refused_when_insisted_on(
    desk: Desk, house: House, here: str
) -> None:
    add_person(house, "j.bos")
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(f"{here}/account-toevoegen")
    page = browser.submit("volgende", naam="Jan Bos", **ERRAND)
    assert page.value("gebruikersnaam") == "j.bos2"
    page = browser.submit("volgende", gebruikersnaam="J.Bos")
    assert (page.status, "al in gebruik" in page.html) == (422, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"naam": " "},
        {"naam": "x" * 201},
        {"gebruikersnaam": "met spatie"},
        {"gebruikersnaam": "nul\x00"},
        {"email": "geen adres"},
        {"niveau": "hemel"},
    ],
    ids=str,
)
def test_what_cannot_be_an_account_is_refused(
    desk: Desk, here: str, fields: dict[str, str]
) -> None:
    browser = desk.colleague(Role.BEHEERDER)
    browser.get(f"{here}/account-toevoegen")
    good = {"naam": "Jan", "gebruikersnaam": "jan", "email": "", "niveau": "substantieel"}
    page = desk.post(browser, f"{here}/account-toevoegen", versie="0", **ERRAND | good | fields)
    assert page.status == 422
    assert not [each for each in desk.events("account-added") if "desk:" in each["actor"]]


NEW = {"relatienummer": "20.000.001", "naam": "Zorggroep Nieuw", "soort": "zorgaanbieder"}


def test_an_organisation_is_added_and_found_at_once(desk: Desk) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    boss.get("/servicedesk/")
    boss.click("Organisatie toevoegen")
    page = boss.submit(
        "volgende", adres1="Postbus 12", adres2="1234 AB Voorbeeldstad", **NEW, **ERRAND
    )
    assert page.name == "desk-relation"
    assert "De organisatie is toegevoegd" in page.html
    assert "Postbus 12, 1234 AB Voorbeeldstad" in page.html
    assert "Zorggroep Nieuw" in boss.get("/servicedesk/?zoek=nieuw").links
    [event] = desk.events("relation-added")[-1:]
    assert event["errand"]["why"] == "caller"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"relatienummer": "geen"}, "alleen cijfers"),
        ({"relatienummer": RELATION}, "al in gebruik"),
        ({"naam": ""}, "vul de naam in"),
        ({"soort": "x" * 41}, "een soort heeft"),
        ({"adres1": "Postbus 1", "adres3": "x" * 46}, "hoogstens 4 regels"),
        ({"adres1": "Postbus 1"}, "postcode en plaats"),
    ],
)
def test_what_cannot_be_an_organisation_is_said_and_nothing_is_lost(
    desk: Desk, anna: Person, said: dict[str, str], told: str
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    boss.get("/servicedesk/relaties/nieuw")
    page = boss.submit("volgende", **NEW | said, **ERRAND)
    assert (page.status, page.name) == (422, "desk-form")
    assert told in page.html.lower()
    assert page.value("naam") == ({**NEW, **said}["naam"] or None)
    assert len(desk.events("relation-added")) == len({RELATION, "the body"})


def test_of_two_who_add_an_organisation_at_once_the_second_is_told_so_in_dutch(
    desk: Desk, house: House
) -> None:
    boss, written = desk.colleague(Role.BEHEERDER), Event()
    boss.get("/servicedesk/relaties/nieuw")

    def colleague() -> None:
        with house.inside():
            directory.add_relation(
                number=NEW["relatienummer"], name="Zorggroep", kind="zorgaanbieder", actor="test"
            )
            written.set()
            sleep(0.3)  # long enough for the other to look and find nothing

    first = Thread(target=colleague)
    first.start()
    assert written.wait(10)
    page = boss.submit("volgende", **NEW, **ERRAND)
    first.join()
    assert (page.status, page.name) == (422, "desk-form")
    assert "Dit relatienummer is al in gebruik." in page.html


def test_of_two_who_add_an_account_at_once_the_second_is_told_so_in_dutch(
    desk: Desk, house: House, anna: Person, here: str
) -> None:
    boss, written = desk.colleague(Role.BEHEERDER), Event()
    boss.get(f"{here}/account-toevoegen")

    def operator() -> None:
        with house.inside():
            directory.add_account(
                relation=account_of(anna).relation, username="jan", name="Jan", actor="test"
            )
            written.set()
            sleep(0.3)  # the organisation is held until then

    first = Thread(target=operator)
    first.start()
    assert written.wait(10)
    page = boss.submit("volgende", naam="Jan", gebruikersnaam="jan", **CALLED_BACK)
    first.join()
    assert page.status == 422
    assert "Deze gebruikersnaam is al in gebruik bij deze organisatie." in page.html


def test_of_two_who_correct_an_organisation_the_second_sees_what_it_is_now(
    desk: Desk, anna: Person, here: str
) -> None:
    first, second = desk.colleague(Role.BEHEERDER, "een"), desk.colleague(Role.BEHEERDER, "twee")
    first.get(f"{here}/gegevens")
    second.get(f"{here}/gegevens")
    address = {"adres1": "Nieuwe Gracht 3", "adres2": "1234 AB Voorbeeldstad"}
    page = first.submit("volgende", **address, **ERRAND)
    assert "De gegevens van de organisatie zijn gewijzigd" in page.html
    page = second.submit("volgende", naam="Gemeente Anders", **ERRAND)
    assert page.status == 422
    assert "Nieuwe Gracht 3" in page.html
    assert page.value("naam") == "Gemeente Anders"
    page = second.submit("volgende", **ERRAND)
    assert page.name == "desk-relation"
    assert "Gemeente Anders" in page.html


def test_after_another_postal_address_a_code_by_letter_takes_two(
    desk: Desk, anna: Person, here: str
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(f"{here}/gegevens")
    boss.submit("volgende", adres1="Elders 1", adres2="1234 AB Voorbeeldstad", **ERRAND)
    boss.get(f"/servicedesk/accounts/{anna.id}/activatiecode")
    page = boss.submit("volgende", kanaal="letter", **CALLED_BACK)
    assert "kan niet alleen" in page.html
