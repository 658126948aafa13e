"""The portal: exactly the applications in force, one's own security, and a method added with a fresh proof."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp.accounts import credentials, directory, grants
from idp.clock import Standing
from idp.database import db
from idp.models import Application
from tests.support.journeys import (
    NEW_PASSWORD,
    NOW,
    PHONE,
    House,
    Visitor,
    account_of,
    add_application,
    add_person,
    grant,
    identify,
    set_up_sms,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
    wrong_code,
)
from tests.support.pages import Page

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def applications(page: Page) -> list[str]:
    """The names on the portal, in its order."""
    return [one.text for one in page.document.descendants("h3")]


def test_the_portal_shows_exactly_the_grants_in_force(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    ids = {name: add_application(house, name) for name in ("Nu", "Ooit", "Straks", "Weg", "Nooit")}
    grant(house, anna, ids["Nu"])
    grant(house, anna, ids["Ooit"], starts_at=NOW - 9 * DAY, ends_at=NOW + timedelta(seconds=1))
    grant(house, anna, ids["Straks"], starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    grant(house, anna, ids["Weg"])
    with house.inside():
        application = db.session.get_one(Application, ids["Weg"])
        grants.revoke(account_of(anna), application, actor="desk")
    browser = house.browser()
    assert applications(sign_in(house, browser, anna)) == ["Nu", "Ooit"]
    time.move(timedelta(seconds=1))
    assert applications(browser.get("/mijn/applicaties")) == ["Nu"]
    time.moment = NOW + DAY
    assert applications(sign_in(house, house.browser(), anna)) == ["Nu", "Straks"]
    time.moment = NOW + 2 * DAY
    assert applications(sign_in(house, house.browser(), anna)) == ["Nu"]


def test_applications_stand_in_the_portals_order_each_once(house: House) -> None:
    anna = add_person(house, totp=True)
    for name, position in (("Zorg", 1), ("Wmo", 2), ("Beleid", 2)):
        grant(house, anna, add_application(house, name, position=position))
    with house.inside():  # a second grant for the same one replaces the first
        application = db.session.get_one(Application, "zorg")
        person = account_of(anna)
        grants.grant(
            person, application, roles=("beheren",), starts_at=None, ends_at=None, actor="desk"
        )
    assert applications(sign_in(house, house.browser(), anna)) == ["Zorg", "Beleid", "Wmo"]


def test_two_relations_with_the_same_user_name_see_each_their_own(house: House) -> None:
    one = add_person(house, "info", relation="10023456", totp=True)
    other = add_person(house, "info", relation="10034567", totp=True)
    grant(house, one, add_application(house, "Wmo-berichten"))
    grant(house, other, add_application(house, "Zorggegevens"))
    assert applications(sign_in(house, house.browser(), one)) == ["Wmo-berichten"]
    assert applications(sign_in(house, house.browser(), other)) == ["Zorggegevens"]


def test_an_application_is_opened_by_third_party_initiated_login(house: House) -> None:
    anna = add_person(house, totp=True)
    grant(house, anna, add_application(house, "Wmo"))
    page = sign_in(house, house.browser(), anna)
    assert page.links["Wmo"] == "https://wmo.example/inloggen?iss=http%3A%2F%2Flocalhost%3A8400"


def test_an_empty_portal_says_whom_to_ask(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = sign_in(house, browser, anna)
    assert (page.status, applications(page)) == (200, [])
    assert "Vraag de beheerder van uw organisatie om toegang." in page.document.text
    assert "088 - 711 4888" in page.document.text


def test_the_menu_leads_to_every_room(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    rooms = {"Beveiliging": "security", "Handleidingen": "manuals", "Uw applicaties": "portal"}
    for link, name in rooms.items():
        assert browser.click(link).name == name
    for slug in ("instellen", "inloggen", "telefoon-kwijt"):
        assert browser.get(f"/mijn/handleidingen/{slug}").name == "manual"
    assert browser.get("/mijn/handleidingen/geheim").status == 404


def test_the_security_page_shows_ones_own_methods_sessions_and_sign_ins(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True, phone=PHONE)
    ben = add_person(house, "b.bakker", totp=True)
    phone = house.browser(headers={"User-Agent": "Mozilla/5.0 (Android 15) Firefox/140.0"})
    sign_in(house, phone, anna)
    sign_in(house, house.browser(), ben)
    time.move(MINUTE)
    browser = house.browser(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/142.0"})
    identify(browser, anna, password="fout")
    sign_in(house, browser, anna)
    page = browser.get("/mijn/beveiliging")
    methods, sessions, sign_ins = [one.text for one in page.document.descendants("ul")][-3:]
    assert "Authenticator-app" in methods
    assert "06 •• •• •• 78" in methods
    assert "12345678" not in page.html
    assert "Chrome op Windows Dit apparaat" in sessions
    assert "Firefox op Android" in sessions
    assert sign_ins.count("Niet gelukt") == 1
    assert sign_ins.count("Gelukt") == 2


def test_the_portal_tells_when_somebody_was_here_before(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    assert "het laatst" not in sign_in(house, house.browser(), anna).document.text
    time.move(DAY)
    page = sign_in(house, house.browser(), anna)
    assert "U was hier het laatst op vrijdag 20 november 2026 om 10.00 uur." in page.document.text


# --- adding a method -------------------------------------------------------------------------------------------------


def test_a_method_is_added_from_the_banner_with_a_fresh_proof(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    page = sign_in(house, browser, anna)
    assert "U hebt één methode ingesteld" in page.document.text
    page = browser.submit("methode-toevoegen")
    assert page.name == "choose-methods"
    marked = {each.text.strip() for each in page.document.descendants("label")}
    (already,) = (each for each in marked if each.endswith("Al ingesteld"))
    assert already.lower().startswith("authenticator")
    browser.submit("volgende", methode=["sms"])
    assert set_up_sms(house, browser).name == "enrolment-done"
    page = browser.submit("afronden")
    assert page.name == "security"
    assert "Sms" in page.document.text
    assert "U hebt één methode" not in browser.get("/mijn/applicaties").document.text


def test_several_methods_can_be_added_in_one_go(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    sign_in(house, browser, anna)
    browser.get("/mijn/beveiliging")
    browser.submit("methode-toevoegen")
    browser.submit("volgende", methode=["totp"])
    set_up_totp(browser)
    assert browser.submit("nog-een-methode").name == "choose-methods"
    browser.submit("volgende", methode=["totp"])
    set_up_totp(browser)
    assert browser.submit("afronden").name == "security"
    with house.inside():
        kinds = sorted(own.kind for own in credentials.of_account(anna.id))
    assert kinds == ["sms", "totp", "totp"]


@pytest.mark.parametrize(
    ("age", "asked"), [(timedelta(minutes=5), False), (5 * MINUTE + timedelta(seconds=1), True)]
)
def test_an_old_proof_is_asked_again_and_then_the_method_is_added(
    house: House, time: Standing, age: timedelta, asked: bool
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    time.move(age)
    browser.get("/mijn/beveiliging")
    page = browser.submit("methode-toevoegen")
    assert page.name == ("login" if asked else "choose-methods")
    if asked:
        assert sign_in(house, browser, anna, at=None).name == "choose-methods"
    browser.submit("volgende", methode=["sms"])
    set_up_sms(house, browser)
    assert browser.submit("afronden").name == "security"


def test_who_takes_a_while_to_install_an_app_is_not_asked_again_halfway(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    time.move(4 * MINUTE)
    browser.submit("methode-toevoegen")
    time.move(10 * MINUTE)
    assert browser.submit("volgende", methode=["totp"]).name == "enrol-totp"
    time.move(10 * MINUTE)
    assert set_up_totp(browser)[1].name == "enrolment-done"


def test_who_takes_half_an_hour_signs_in_again(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    browser.submit("methode-toevoegen")
    page = browser.submit("volgende", methode=["sms"])
    other_tab = page.address
    for _ in range(2):
        time.move(15 * MINUTE + timedelta(seconds=1))
        assert browser.get("/mijn/applicaties").name == "portal"
    page = browser.get(other_tab)
    assert (page.status, page.error) == (400, "session-expired")
    assert browser.go_on().name == "login"
    assert sign_in(house, browser, anna, at=None).name == "choose-methods"


def test_only_the_same_person_can_go_on_adding_a_method(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    ben = add_person(house, "b.bakker", totp=True)
    browser = house.browser()
    sign_in(house, browser, anna)
    time.move(6 * MINUTE)
    browser.get("/mijn/beveiliging")
    assert browser.submit("methode-toevoegen").name == "login"
    page = identify(browser, ben, at=None)
    assert (page.status, page.name, page.error) == (422, "login", "other-account")
    assert page.text("foutmelding")
    with house.inside():
        assert len(credentials.of_account(ben.id)) == 1


# --- the end of a session --------------------------------------------------------------------------------------------


def seen_after(house: House, browser: Visitor) -> str | None:
    return browser.get("/mijn/applicaties").name


def test_a_session_ends_after_thirty_minutes_without_use(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    for _ in range(3):
        time.move(30 * MINUTE - timedelta(seconds=1))
        assert seen_after(house, browser) == "portal"
    time.move(30 * MINUTE)
    assert seen_after(house, browser) == "login"
    assert sign_in(house, browser, anna).name == "portal"


def test_a_session_ends_after_eight_hours_of_use(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    for minutes in range(20, 8 * 60, 20):
        time.moment = NOW + minutes * MINUTE
        assert seen_after(house, browser) == "portal"
    time.moment = NOW + timedelta(hours=8) - timedelta(seconds=1)
    assert seen_after(house, browser) == "portal"
    time.moment = NOW + timedelta(hours=8)
    assert seen_after(house, browser) == "login"


def test_a_page_of_the_portal_left_open_leads_back_to_signing_in(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    time.move(60 * MINUTE)
    page = browser.submit("methode-toevoegen")
    assert (page.status, page.error) == (400, "session-expired")
    assert page.text("kenmerk")
    assert browser.go_on().name == "login"
    assert sign_in(house, browser, anna, at=None).name == "portal"


@pytest.mark.parametrize("what", ["account", "relation", "password", "methods"])
def test_sessions_end_at_once_when_the_operator_says_so(house: House, what: str) -> None:
    anna = add_person(house, totp=True)
    neighbour = add_person(house, "b.bakker", totp=True)
    browsers = house.browser(), house.browser()
    for browser, person in zip(browsers, (anna, neighbour), strict=True):
        assert sign_in(house, browser, person).name == "portal"
    with house.inside():
        account = account_of(anna)
        if what == "account":
            directory.block_account(account, actor="desk")
        elif what == "relation":
            directory.block_relation(account.relation, actor="desk")
        elif what == "password":
            directory.reset_password(account, actor="desk")
        else:
            credentials.remove_all(account, actor="desk")
    names = [seen_after(house, browser) for browser in browsers]
    assert names == ["login", "login" if what == "relation" else "portal"]


def test_a_new_password_ends_the_other_sessions(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    elsewhere = house.browser()
    sign_in(house, elsewhere, anna)
    with house.inside():
        account_of(anna).password_is_temporary = True
    time.move(MINUTE)
    browser = house.browser()
    assert sign_in(house, browser, anna).name == "set-password"
    assert browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD).name == "portal"
    assert seen_after(house, elsewhere) == "login"


def test_somebody_else_who_signs_in_here_ends_the_session_of_the_one_before(house: House) -> None:
    anna = add_person(house, totp=True)
    ben = add_person(house, "b.bakker", code=True)
    browser, elsewhere = house.browser(), house.browser()
    sign_in(house, browser, anna)
    elsewhere.take_over(browser, "__Host-idp_session")
    to_the_methods(browser, ben)
    browser.submit("volgende", methode=["totp"])
    set_up_totp(browser)
    assert seen_after(house, elsewhere) == "portal"
    page = browser.submit("afronden")
    assert page.name == "portal"
    assert "B.Bakker" in page.document.text
    assert seen_after(house, elsewhere) == "login"


def test_a_failed_second_step_shows_in_the_list_of_sign_ins(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    identify(browser, anna)
    browser.submit("volgende", code=wrong_code(totp_code(anna.totp)))
    browser.submit("volgende", code=totp_code(anna.totp))
    page = browser.get("/mijn/beveiliging")
    assert page.document.text.count("Niet gelukt") == 1
