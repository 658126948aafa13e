"""Applications at the desk: who may change them, what a form turns down, and two colleagues at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import clock
from idp.accounts import grants
from idp.database import db
from idp.models import Application, ApplicationGrant
from idp.servicedesk.roles import MAY, Right, Role
from tests.protocol.relying_party import Provider
from tests.protocol.test_backchannel_logout import heard, telling, told
from tests.protocol.test_refresh_tokens import REFRESHING
from tests.servicedesk.scene import ERRAND, Desk
from tests.support.house import ISSUER, House, Visitor
from tests.support.journeys import add_application, add_person, grant
from tests.support.pages import Page
from tests.support.receiver import Receiver
from tests.support.run import Run

__all__ = ["heard"]  # a fixture

HERE = "/servicedesk/applicaties"
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEW = {
    "id": "wmo-berichten",
    "naam": "Wmo-berichten",
    "adres": "https://wmo.voorbeeld.nl/inloggen",
    "niveau": "substantieel",
    **ERRAND,
}


def by_hand(browser: Visitor, address: str, **fields: str) -> Page:
    """What a form sends, also with values that it does not offer."""
    browser.get(HERE)
    token = browser.token()
    own = {"Origin": ISSUER}
    return browser.send("POST", address, headers=own, follow=True, csrf_token=token, **fields)


def add(browser: Visitor, **changed: str) -> Page:
    return by_hand(browser, f"{HERE}/nieuw", **(NEW | changed))


def may_use(house: House, account_id: str, application: str) -> bool:
    with house.inside():
        return grants.may_use(account_id, application)


def test_a_new_application_stands_in_the_list_with_who_added_it_and_why(
    desk: Desk, house: House
) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    page = add(boss, rollen="inzien indienen", omschrijving="Berichten van gemeenten.")
    assert (page.name, page.status) == ("desk-application", 200)
    assert "inzien, indienen" in page.html
    assert "Wmo-berichten" in boss.get(HERE).links
    [event] = desk.events("application-added")
    assert event["actor"].startswith("desk:")
    assert event["errand"] == {"why": "caller", "check": "questions", "ticket": "T-1042"}
    with house.inside():
        assert db.session.get_one(Application, "wmo-berichten").roles == ["inzien", "indienen"]


@ONE
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Wmo berichten"),
        ("id", "nieuw"),
        ("id", "x" * 61),
        ("naam", " "),
        ("naam", "x" * 101),
        ("omschrijving", "x" * 301),
        ("adres", "http://wmo.voorbeeld.nl/"),
        ("adres", "https://["),
        ("adres", "javascript:alert(1)"),
        ("adres", "https://wmo.voorbeeld.nl/\x07"),
        ("niveau", "zeer hoog"),
        ("niveau", "hoog"),
        ("rollen", "<script>"),
        ("reden", "zomaar"),
        ("controle", ""),
        ("ticket", "een heel verhaal"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_changes(
    desk: Desk, field: str, value: str
) -> None:
    page = add(desk.colleague(Role.BEHEERDER), **{field: value})
    assert (page.status, page.name) == (400, "desk-application-form")
    assert page.field_error(field)
    assert not desk.events("application-added")


def test_an_id_is_given_once(desk: Desk) -> None:
    boss = desk.colleague(Role.BEHEERDER)
    add(boss)
    page = add(boss)
    assert page.field_error("id")
    assert len(desk.events("application-added")) == 1


def test_of_two_colleagues_the_second_sees_what_changed_and_loses_nothing(
    desk: Desk, house: House
) -> None:
    add_application(house, "Wmo")
    one, other = desk.colleague(Role.BEHEERDER, "een"), desk.colleague(Role.BEHEERDER, "twee")
    for each in (one, other):
        each.get(f"{HERE}/wmo/wijzigen")
    said = {"adres": "https://wmo.voorbeeld.nl/", "plaats": "1", **ERRAND}
    assert one.submit("volgende", naam="Wmo nieuw", **said).name == "desk-application"
    page = other.submit("volgende", naam="Wmo anders", **said)
    assert (page.status, page.name) == (400, "desk-application-form")
    assert "Wmo nieuw" in page.text("nu")
    assert page.value("naam") == "Wmo anders"
    assert other.submit("volgende").name == "desk-application"
    with house.inside():
        assert db.session.get_one(Application, "wmo").name == "Wmo anders"


def test_an_application_moves_to_the_place_that_is_asked(desk: Desk, house: House) -> None:
    for position, name in enumerate(("Een", "Twee", "Drie")):
        add_application(house, name, position=position)
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(f"{HERE}/drie/wijzigen")
    boss.submit("volgende", plaats="1", **ERRAND)
    shown = [text for text in boss.get(HERE).links if text in {"Een", "Twee", "Drie"}]
    assert shown == ["Drie", "Een", "Twee"]


def test_a_client_below_the_new_level_of_its_application_is_raised(
    desk: Desk, house: House, run: Run
) -> None:
    shop = Provider.of(house, run).application("wmo")
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(f"{HERE}/wmo/wijzigen")
    said = {"adres": "https://wmo.voorbeeld.nl/", "niveau": "phr", **ERRAND}
    assert boss.submit("volgende", **said).name == "desk-application"
    [event] = desk.events("application-updated")
    assert event["clients_raised"] == [shop.client_id]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_the_pages_that_it_may_and_no_others(
    desk: Desk, house: House, role: Role
) -> None:
    add_application(house, "Wmo")
    browser = desk.colleague(role)
    pages = {
        HERE: Right.SEE_APPLICATIONS,
        f"{HERE}/nieuw": Right.CHANGE_APPLICATIONS,
        f"{HERE}/wmo/wijzigen": Right.CHANGE_APPLICATIONS,
        f"{HERE}/wmo/verwijderen": Right.CHANGE_APPLICATIONS,
        f"{HERE}/wmo/toegang/soort": Right.CHANGE_APPLICATIONS,
        f"{HERE}/wmo/toegang": Right.GRANT,
        "/servicedesk/logboek": Right.READ_AUDIT,
        "/servicedesk/logboek/toegang": Right.READ_AUDIT,
    }
    for address, right in pages.items():
        expected = 200 if right in MAY[role] else 403
        if role is Role.APPLICATIEBEHEERDER and address == f"{HERE}/wmo/toegang":
            expected = 404  # looks after none yet
        assert browser.get(address).status == expected, address


@pytest.mark.parametrize("role", list(Role))
def test_nobody_posts_what_the_role_may_not(desk: Desk, house: House, role: Role) -> None:
    add_application(house, "Wmo")
    person = add_person(house)
    browser = desk.colleague(role)
    access = {"relatienummer": person.relation, "gebruikersnaam": person.username}
    posts = {
        f"{HERE}/nieuw": (Right.CHANGE_APPLICATIONS, NEW),
        f"{HERE}/wmo/wijzigen": (Right.CHANGE_APPLICATIONS, NEW | {"versie": "0", "plaats": "1"}),
        f"{HERE}/wmo/beheerders": (Right.CHANGE_APPLICATIONS, ERRAND),
        f"{HERE}/wmo/toegang/soort": (Right.CHANGE_APPLICATIONS, {"soort": "gemeente", **ERRAND}),
        f"{HERE}/wmo/toegang": (Right.GRANT, access | ERRAND),
        f"{HERE}/wmo/verwijderen": (
            Right.CHANGE_APPLICATIONS,
            {"versie": "0", "gebruikers": "0", **ERRAND},
        ),
    }
    for address, (right, fields) in posts.items():
        allowed = right in MAY[role] and role is not Role.APPLICATIEBEHEERDER
        status = by_hand(browser, address, **fields).status
        assert (status in {200, 400}) if allowed else (status in {403, 404}), address
    if Right.CHANGE_APPLICATIONS not in MAY[role]:
        assert not desk.events("application-updated")
        assert not desk.events("application-removed")


def test_a_steward_sees_and_gives_the_own_applications_only(desk: Desk, house: House) -> None:
    for name in ("Wmo", "Huur"):
        add_application(house, name)
    person = add_person(house)
    steward = desk.colleague(Role.APPLICATIEBEHEERDER, "stef")
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(f"{HERE}/wmo")
    page = boss.submit("beheerder-opslaan", beheerder=desk.colleagues["stef"].id, **ERRAND)
    assert "stef" in page.text("nu-beheerder")
    assert [each for each in steward.get(HERE).links if each in {"Wmo", "Huur"}] == ["Wmo"]
    assert steward.get(f"{HERE}/huur").status == 404
    assert steward.get(f"{HERE}/huur/toegang").status == 404
    steward.get(f"{HERE}/wmo/toegang")
    who = {"relatienummer": person.relation, "gebruikersnaam": person.username}
    assert steward.submit("volgende", **who, **ERRAND).name == "desk-application"
    assert may_use(house, person.id, "wmo")
    boss.get(f"{HERE}/wmo")
    boss.submit("beheerder-opslaan", weg=desk.colleagues["stef"].id, **ERRAND)
    assert steward.get(f"{HERE}/wmo").status == 404


def test_only_who_manages_applications_becomes_steward(desk: Desk, house: House) -> None:
    add_application(house, "Wmo")
    desk.colleague(Role.APPLICATIEBEHEERDER, "stef")
    boss = desk.colleague(Role.BEHEERDER)
    stranger = add_person(house).id
    page = by_hand(boss, f"{HERE}/wmo/beheerders", beheerder=stranger, **ERRAND)
    assert page.status == 400
    assert not desk.events("steward-added")


def test_a_removed_application_is_closed_at_once_and_its_clients_are_told(
    desk: Desk, house: House, run: Run, heard: Receiver
) -> None:
    provider = Provider.of(house, run)
    shop = telling(provider, heard, grant_types=REFRESHING)
    anna = provider.person()
    tokens = shop.tokens(provider.browser(anna))
    boss = desk.colleague(Role.BEHEERDER)
    page = boss.get(f"{HERE}/wmo/verwijderen")
    assert "1 gebruiker verliest" in page.text("gevolg")
    page = boss.submit("volgende", **ERRAND)
    assert (page.name, page.status) == ("desk-applications", 200)
    assert shop.userinfo(tokens["access_token"]).status_code == 401
    assert shop.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    [claims] = told(house, heard)
    assert claims["sid"] == shop.verified(tokens["id_token"])["sid"]
    assert not may_use(house, anna.id, "wmo")
    assert len(desk.events("application-revoked", anna.id)) == 1
    assert boss.get(f"{HERE}/wmo").status == 404
    with house.inside():
        left = db.session.query(ApplicationGrant).filter_by(revoked_at=None).count()
    assert left == 0


def test_removing_asks_again_when_more_people_use_it_than_was_shown(
    desk: Desk, house: House
) -> None:
    add_application(house, "Wmo")
    boss = desk.colleague(Role.BEHEERDER)
    boss.get(f"{HERE}/wmo/verwijderen")
    grant(house, add_person(house), "wmo")
    page = boss.submit("volgende", **ERRAND)
    assert (page.status, page.name) == (400, "desk-application-removal")
    assert "1 gebruiker" in page.text("gevolg")
    assert boss.submit("volgende", **ERRAND).name == "desk-applications"


@ONE
def test_a_grant_of_a_removed_application_counts_for_nothing(desk: Desk, house: House) -> None:
    add_application(house, "Wmo")
    person = add_person(house)
    grant(house, person, "wmo")
    with house.inside():
        db.session.get_one(Application, "wmo").removed_at = clock.now() - timedelta(seconds=1)
    assert not may_use(house, person.id, "wmo")
    with house.inside():
        assert grants.of_account(person.id) == ()
