"""Each action takes the reasons that fit it: a form offers no other, and another one is refused at the form."""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import select

from idp.database import db
from idp.models import Application, ApplicationGrant, AuditEvent, Client, Relation
from idp.oidc import clients
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import CALLED_BACK, Desk, page_of
from tests.servicedesk.test_applications import HERE, ONE
from tests.servicedesk.test_each_role_tries_everything import EVERYTHING, desk_rules
from tests.support.house import House, Visitor
from tests.support.journeys import Person, account_of, add_application, add_person, grant
from tests.support.pages import Page

ALL: Final = [
    "caller", "organisation", "supplier", "left", "ended", "lost", "fraud", "fraud-over", "correction", "own",
]  # fmt: skip
USUAL: Final = {"caller", "organisation", "correction", "own"}
CLIENTS: Final = USUAL | {"supplier", "fraud"}
SUPPLY: Final = USUAL | {"lost", "fraud", "fraud-over"}
#: What each form offers, by the rule of its address. A form that is not here fails the first test.
FITTING: Final[dict[str, set[str]]] = {
    "accounts/<account_id>/relatienummer": SUPPLY,
    "accounts/<account_id>/gebruikersnaam": SUPPLY,
    "accounts/<account_id>/startwachtwoord": SUPPLY,
    "accounts/<account_id>/activatiecode": SUPPLY,
    "accounts/<account_id>/gegevens": USUAL,
    "accounts/<account_id>/methode-verwijderen": USUAL | {"lost", "fraud"},
    "accounts/<account_id>/methoden-wissen": USUAL | {"lost", "fraud"},
    "accounts/<account_id>/uitloggen": USUAL | {"left", "lost", "fraud"},
    "accounts/<account_id>/blokkeren": USUAL | {"left", "lost", "fraud"},
    "accounts/<account_id>/deblokkeren": USUAL | {"fraud-over"},
    "relaties/nieuw": USUAL,
    "relaties/<relation_id>/gegevens": USUAL,
    "relaties/<relation_id>/account-toevoegen": USUAL,
    "relaties/<relation_id>/blokkeren": USUAL | {"ended", "fraud"},
    "relaties/<relation_id>/deblokkeren": USUAL | {"fraud-over"},
    "collegas/<account_id>": USUAL | {"left", "fraud", "fraud-over"},
    "applicaties/nieuw": USUAL | {"supplier"},
    "applicaties/<identifier>": USUAL | {"left"},  # who looks after it
    "applicaties/<identifier>/wijzigen": USUAL | {"supplier"},
    "applicaties/<identifier>/verwijderen": USUAL | {"supplier", "fraud"},
    "applicaties/<identifier>/koppelingen/nieuw": CLIENTS,
    "applicaties/<identifier>/koppelingen/<client_id>/wijzigen": CLIENTS,
    "applicaties/<identifier>/koppelingen/<client_id>/geheim": CLIENTS,
    "applicaties/<identifier>/koppelingen/<client_id>/verwijderen": CLIENTS,
    "applicaties/<identifier>/toegang": USUAL | {"left", "fraud-over"},
    "applicaties/<identifier>/toegang/soort": USUAL,
}
#: Where the form of a page is sent, where that is another address.
SENT_TO: Final = {"applicaties/<identifier>": "applicaties/<identifier>/beheerders"}


@pytest.fixture
def anna(house: House) -> Person:
    return add_person(house, "anna", totp=True, phone="06 12345678")


@pytest.fixture
def boss(desk: Desk, house: House, anna: Person) -> Visitor:
    """A beheerder; there are an application, its client and possible steward, and an address of Anna's."""
    add_application(house, "Wmo")
    with house.inside():
        clients.add(
            name="Wmo",
            profile="basic",
            client_id="wmo-web",
            application_id="wmo",
            redirect_uris=["https://wmo.voorbeeld.nl/terug"],
            actor="test",
        )
    desk.has_an_address(anna)
    desk.colleague(Role.APPLICATIEBEHEERDER)
    return desk.colleague(Role.BEHEERDER)


def filled(house: House, anna: Person, rule: str) -> str:
    with house.inside():
        relation_id = account_of(anna).relation_id
    address = f"/servicedesk/{rule}".replace("<account_id>", anna.id)
    address = address.replace("<relation_id>", relation_id).replace("<identifier>", "wmo")
    return address.replace("<client_id>", "wmo-web")


def reasons_on(page: Page) -> list[str]:
    """What a form offers, in its order."""
    choice = page.find("reden")
    options = [] if choice is None else choice.descendants("option")
    return [value for one in options if (value := one.get("value"))]


def everything(house: House) -> list[object]:
    """Every row of what forms change, and whatever was recorded with a reason."""
    with house.inside():
        rows = [
            tuple(row)
            for table in (Relation, Application, ApplicationGrant, Client)
            for row in db.session.execute(select(table.__table__))
        ]
        trail = db.session.execute(select(AuditEvent.event, AuditEvent.details)).all()
        return [*rows, *(event for event, details in trail if details.get("errand"))]


@ONE
def test_each_form_offers_the_reasons_that_fit_it_and_no_other(
    desk: Desk, house: House, anna: Person, boss: Visitor
) -> None:
    offered = {}
    for rule in desk_rules(house):
        if "GET" not in (rule.methods or ()) or "<batch_id>" in rule.rule:
            continue
        name = rule.rule.removeprefix("/servicedesk/")
        if reasons := reasons_on(boss.get(filled(house, anna, name))):
            offered[name] = reasons
    assert offered == {name: [word for word in ALL if word in fit] for name, fit in FITTING.items()}


@ONE
@pytest.mark.parametrize("rule", FITTING)
def test_a_reason_that_does_not_fit_is_refused_at_its_field_and_nothing_is_done(
    desk: Desk, house: House, anna: Person, boss: Visitor, rule: str
) -> None:
    here = filled(house, anna, SENT_TO.get(rule, rule))
    before = desk.everything_about(anna), everything(house)
    for reason in (word for word in ALL if word not in FITTING[rule]):
        boss.get(filled(house, anna, rule))
        said = EVERYTHING | {
            "reden": reason,
            "versie": "0",
            "soort": "gemeente",
            "relatienummer": anna.relation,
            "gebruikersnaam": anna.username,
            "gebruikers": "9",
            "beheerder": desk.colleagues["applicatiebeheerder"].id,
        }
        page = desk.post(boss, here, **said)
        assert (page.status in {400, 422}, page.field_error("reden") is None) == (True, False)
    assert (desk.everything_about(anna), everything(house)) == before


def test_what_takes_two_keeps_the_reason_with_which_it_was_asked(
    desk: Desk, house: House, anna: Person
) -> None:
    first, second = desk.colleague(Role.MEDEWERKER), desk.colleague(Role.BEHEERDER)
    first.get(page_of(anna, "methoden-wissen"))
    page = first.submit("volgende", **CALLED_BACK | {"reden": "lost"})
    request = page.links["Alle methoden wissen: Anna"]
    second.get(request)
    second.submit("instemmen")
    assert desk.post(first, f"{request}/uitvoeren").status == 303
    removed = desk.events("method-removed", anna.id)
    assert {one["errand"]["why"] for one in removed} == {"lost"}


def test_access_is_given_for_one_list_of_reasons_and_taken_for_another(
    desk: Desk, house: House, anna: Person, boss: Visitor
) -> None:
    grant(house, anna, "wmo")
    address = f"{HERE}/wmo/toegang?account={anna.id}"
    assert set(reasons_on(boss.get(address))) == USUAL | {"left", "fraud", "fraud-over"}
    before = everything(house)
    for reason, button in (("fraud", "volgende"), ("fraud-over", "intrekken")):
        boss.get(address)
        page = boss.submit(button, **CALLED_BACK | {"reden": reason})
        assert (page.status, page.field_error("reden") is None) == (400, False)
    assert everything(house) == before
    boss.get(address)
    assert boss.submit("intrekken", **CALLED_BACK | {"reden": "fraud"}).name == "desk-application"
    assert [one["errand"]["why"] for one in desk.events("application-revoked", anna.id)] == [
        "fraud"
    ]
