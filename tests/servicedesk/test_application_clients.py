"""Clients of an application at the desk: registered, changed, given another secret and ended, by a beheerder only."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from idp.database import db
from idp.models import Client
from idp.oidc import clients
from idp.servicedesk.roles import Role
from tests.protocol.relying_party import CALLBACK, Provider, RelyingParty, client_key, public
from tests.servicedesk.scene import ERRAND, Desk, version_on
from tests.servicedesk.test_applications import HERE, ONE, by_hand
from tests.support.house import House, Visitor
from tests.support.journeys import add_application, add_person, grant, sign_in
from tests.support.pages import Page
from tests.support.run import Run

THERE = f"{HERE}/wmo/koppelingen"
NEW: dict[str, Any] = {
    "client_id": "wmo-web",
    "naam": "Wmo-berichten",
    "profiel": "basic",
    "bewijs": "client_secret_basic",
    "terugkeeradressen": CALLBACK,
    "gegevens": "profile",
    **ERRAND,
}


@pytest.fixture
def boss(desk: Desk, house: House) -> Visitor:
    """A beheerder, in a house with the application `wmo`."""
    add_application(house, "Wmo")
    return desk.colleague(Role.BEHEERDER)


def add(boss: Visitor, **changed: Any) -> Page:
    return by_hand(boss, f"{THERE}/nieuw", **(NEW | changed))


def registered(house: House, client_id: str = "wmo-web") -> Client:
    with house.inside():
        row = db.session.get_one(Client, client_id)
        db.session.expunge(row)
        return row


def secret_on(page: Page) -> str:
    assert page.name == "desk-client-secret", page
    shown = page.find("doorgeven")
    assert shown is not None
    return shown.text.strip()


def change(boss: Visitor, **changed: Any) -> Page:
    """Fill in the form of what is there, with these fields otherwise."""
    version = version_on(boss.get(f"{THERE}/wmo-web/wijzigen"))
    fields = {"versie": version, **NEW, **changed}
    return by_hand(boss, f"{THERE}/wmo-web/wijzigen", **fields)


def wmo_web(house: House, secret: str) -> RelyingParty:
    return RelyingParty(house, "wmo-web", "client_secret_basic", secret)


def test_people_sign_in_through_a_client_that_was_registered_at_the_desk(
    desk: Desk, house: House, boss: Visitor, run: Run
) -> None:
    page = add(boss)
    assert boss.get(f"{THERE}/wmo-web").find("geen-sleutel"), "there is no key of ours yet"
    Provider.of(house, run)
    desk.time.move(timedelta(seconds=5))  # a process looks for keys every other second
    assert not boss.get(f"{THERE}/wmo-web").find("geen-sleutel")
    secret = secret_on(page)
    assert page.headers["Cache-Control"] == "no-store"
    anna = add_person(house, "anna", totp=True)
    grant(house, anna, "wmo")
    browser = house.browser()
    sign_in(house, browser, anna)
    shop = wmo_web(house, secret)
    tokens = shop.redeem(shop.ask(browser)["code"])
    assert tokens.status_code == 200
    assert secret not in boss.get(f"{THERE}/wmo-web").html
    [event] = desk.events("client-added")
    assert event["actor"].startswith("desk:")
    assert event["errand"]["why"] == "caller"


def test_the_page_of_a_client_says_what_its_supplier_needs_and_no_secret(
    house: House, boss: Visitor
) -> None:
    add(boss)
    page = boss.get(f"{THERE}/wmo-web")
    assert (page.name, page.status) == ("desk-client", 200)
    for told in ("wmo-web", CALLBACK, "/.well-known/openid-configuration", "openid profile"):
        assert told in page.html
    assert "Wmo-berichten" in boss.get(f"{HERE}/wmo").links


@ONE
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_id", ""),
        ("client_id", "x"),
        ("client_id", "nieuw"),
        ("client_id", "met spatie"),
        ("client_id", "a" * 43),  # as long as a `sub`
        ("naam", ""),
        ("naam", "x" * 101),
        ("profiel", "fapi"),
        ("bewijs", "tls_client_auth"),
        ("bewijs", "private_key_jwt"),
        ("terugkeeradressen", ""),
        ("terugkeeradressen", "http://wmo.voorbeeld.nl/terug"),
        ("terugkeeradressen", "https://wmo.voorbeeld.nl/terug#deel"),
        ("terugkeeradressen", "https://*.voorbeeld.nl/terug"),
        ("terugkeeradressen", "javascript:alert(1)"),
        ("terugkeeradressen", f"{CALLBACK} {CALLBACK}"),
        ("terugkeeradressen", " ".join(f"https://wmo.voorbeeld.nl/{n}" for n in range(500))),
        ("uitlogadressen", "https://wmo.voorbeeld.nl/#"),
        ("uitlogbericht", "ftp://wmo.voorbeeld.nl"),
        ("startadres", "wmo.voorbeeld.nl"),
        ("sleuteladres", "http://wmo.voorbeeld.nl/jwks"),
        ("sleutels", "{"),
        ("sleutels", "[]"),
        ("sleutels", json.dumps({"keys": [client_key("EC").as_dict(private=True)]})),
        ("sleutels", '{"keys": ' + "[" * 9000 + "]" * 9000 + "}"),
        ("reden", "lost"),
        ("controle", ""),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_nothing_is_registered(
    desk: Desk, boss: Visitor, field: str, value: str
) -> None:
    page = add(boss, **{field: value})
    assert (page.status, page.name) == (400, "desk-client-form")
    wrong = {("bewijs", "private_key_jwt"): "sleutels"}.get((field, value), field)
    assert page.field_error(wrong)
    assert not desk.events("client-added")
    assert "PRIVATE" not in page.html


def test_a_client_with_keys_of_its_own_has_no_secret(house: House, boss: Visitor) -> None:
    keys = json.dumps(public(client_key("EC")))
    page = add(boss, bewijs="private_key_jwt", profiel="nlgov", sleutels=keys)
    assert page.name == "desk-client", "nothing to show once"
    assert registered(house).secrets == []
    changed = change(boss, bewijs="private_key_jwt", naam="Anders")
    assert changed.name == "desk-client"
    assert registered(house).jwks == public(client_key("EC")), (
        "who pastes nothing takes nothing away"
    )
    assert boss.get(f"{THERE}/wmo-web/geheim").status == 404


def test_what_is_changed_holds_at_once_and_what_the_operator_registered_stays(
    desk: Desk, house: House, boss: Visitor
) -> None:
    secret_on(add(boss))
    with house.inside():
        clients.update("wmo-web", userinfo_signed_response_alg="RS256", actor="operator")
    page = change(boss, terugkeeradressen="https://wmo.voorbeeld.nl/a\nhttps://wmo.voorbeeld.nl/b")
    assert page.name == "desk-client"
    kept = registered(house)
    assert kept.redirect_uris == ["https://wmo.voorbeeld.nl/a", "https://wmo.voorbeeld.nl/b"]
    assert kept.userinfo_signed_response_alg == "RS256"
    assert desk.events("client-updated")[-1]["changed"] == ["redirect_uris"]
    before = len(desk.events("client-updated"))
    page = change(boss, terugkeeradressen="https://wmo.voorbeeld.nl/a\nhttps://wmo.voorbeeld.nl/b")
    assert len(desk.events("client-updated")) == before, "the same again is no change"
    assert "Er is niets veranderd" in page.html


def test_a_form_that_is_sent_again_says_that_the_client_is_there(
    desk: Desk, house: House, boss: Visitor
) -> None:
    secret_on(add(boss))
    again = add(boss)
    assert again.status == 400
    assert "Dan is dat gelukt" in (again.field_error("client_id") or "")
    assert "al gebruikt" not in (add(boss, client_id="é").field_error("client_id") or "")


def test_who_gives_another_secret_reads_until_when_the_former_works(
    desk: Desk, house: House, boss: Visitor
) -> None:
    secret_on(add(boss))
    for leaked, told in (("nee", "Het vorige werkt nog tot"), ("ja", "Het vorige werkt niet meer")):
        version = version_on(boss.get(f"{THERE}/wmo-web/geheim"))
        page = by_hand(boss, f"{THERE}/wmo-web/geheim", versie=version, uitgelekt=leaked, **ERRAND)
        assert secret_on(page)
        assert told in page.html
        assert "wmo-web" in page.at("inhoud").text


def test_what_is_missing_of_an_errand_is_told_at_once(
    desk: Desk, house: House, boss: Visitor
) -> None:
    page = add(boss, reden="", controle="", ticket="nee!")
    assert page.status == 400
    for field in ("reden", "controle", "ticket"):
        assert page.field_error(field), field


def test_of_two_colleagues_the_second_sees_what_changed_and_loses_nothing(
    desk: Desk, house: House, boss: Visitor
) -> None:
    add(boss)
    other = desk.colleague(Role.BEHEERDER, "tweede")
    old = version_on(other.get(f"{THERE}/wmo-web/wijzigen"))
    change(boss, naam="Van de eerste")
    late = by_hand(
        other, f"{THERE}/wmo-web/wijzigen", **NEW | {"versie": old, "naam": "Van de tweede"}
    )
    assert (late.status, late.name) == (400, "desk-client-form")
    now = late.find("nu")
    assert now is not None
    assert "Van de eerste" in now.text
    typed = late.find("naam")
    assert typed is not None
    assert typed.get("value") == "Van de tweede"
    assert registered(house).name == "Van de eerste"
    for action in ("geheim", "verwijderen"):
        late = by_hand(other, f"{THERE}/wmo-web/{action}", versie=old, **ERRAND)
        assert (late.status, late.name) == (
            400,
            f"desk-client-{'renewal' if action == 'geheim' else 'removal'}",
        )
    assert registered(house).removed_at is None


def test_another_secret_leaves_the_old_one_a_week_or_nothing_where_it_leaked(
    desk: Desk, house: House, boss: Visitor
) -> None:
    first = secret_on(add(boss))

    def another(leaked: str) -> str:
        version = version_on(boss.get(f"{THERE}/wmo-web/geheim"))
        fields = {"versie": version, "uitgelekt": leaked, **ERRAND}
        return secret_on(by_hand(boss, f"{THERE}/wmo-web/geheim", **fields))

    def works(secret: str) -> bool:
        return wmo_web(house, secret).introspect("x").status_code == 200

    second = another("nee")
    assert works(first)
    assert works(second)
    third = another("ja")
    assert [works(each) for each in (first, second, third)] == [False, False, True]
    fourth = another("nee")
    desk.time.move(timedelta(days=7, seconds=6))
    assert [works(each) for each in (third, fourth)] == [False, True]
    assert len(desk.events("client-secret-rotated")) == 3


def test_a_form_that_is_sent_twice_makes_one_client_and_one_secret(
    desk: Desk, house: House, boss: Visitor
) -> None:
    secret = secret_on(add(boss))
    again = add(boss)
    assert again.field_error("client_id")
    version = version_on(boss.get(f"{THERE}/wmo-web/geheim"))
    fields = {"versie": version, "uitgelekt": "ja", **ERRAND}
    newer = secret_on(by_hand(boss, f"{THERE}/wmo-web/geheim", **fields))
    assert by_hand(boss, f"{THERE}/wmo-web/geheim", **fields).name == "desk-client-renewal"
    assert newer != secret
    assert wmo_web(house, newer).introspect("x").status_code == 200


def test_a_client_that_is_removed_gets_nothing_more_and_its_id_stays_taken(
    desk: Desk, house: House, boss: Visitor
) -> None:
    secret = secret_on(add(boss))
    version = version_on(boss.get(f"{THERE}/wmo-web/verwijderen"))
    page = by_hand(boss, f"{THERE}/wmo-web/verwijderen", versie=version, **ERRAND)
    assert page.name == "desk-application"
    assert "De koppeling is verwijderd" in page.html
    assert wmo_web(house, secret).introspect("x").status_code == 401
    assert boss.get(f"{THERE}/wmo-web").status == 404
    assert add(boss).field_error("client_id")
    assert len(desk.events("client-removed")) == 1


def test_clients_of_the_operator_are_shown_and_not_changed(house: House, boss: Visitor) -> None:
    with house.inside():
        clients.add(
            name="Nachtwerk",
            profile="basic",
            client_id="nachtwerk",
            grant_types=("client_credentials",),
            application_id="wmo",
            actor="operator",
        )
    page = boss.get(f"{THERE}/nachtwerk")
    assert page.status == 200
    assert page.find("niet-hier") is not None
    assert page.find("wijzigen") is None
    for action in ("wijzigen", "geheim", "verwijderen"):
        assert boss.get(f"{THERE}/nachtwerk/{action}").status == 404
        sent = by_hand(boss, f"{THERE}/nachtwerk/{action}", versie="1", **NEW)
        assert sent.status == 404
    assert registered(house, "nachtwerk").version == 1


def test_no_form_registers_what_the_operator_alone_may(house: House, boss: Visitor) -> None:
    """A client that acts for itself could work at the desk without a colleague."""
    add(
        boss,
        grant_types="client_credentials",
        audiences="https://inloggen.voorbeeld.nl/api/beheer/v1",
        level="laag",
        is_test="1",
        gegevens="beheer:hulp",
    )
    kept = registered(house)
    assert kept.grant_types == ["authorization_code"]
    assert kept.scopes == ["openid"]
    assert (kept.audiences, kept.is_test, kept.is_third_party) == ([], False, False)


@ONE
def test_a_client_is_found_under_its_own_application_only(house: House, boss: Visitor) -> None:
    add(boss)
    add_application(house, "Zorg")
    elsewhere = f"{HERE}/zorg/koppelingen/wmo-web"
    for address in (elsewhere, f"{elsewhere}/wijzigen", f"{elsewhere}/geheim"):
        assert boss.get(address).status == 404
    assert by_hand(boss, f"{elsewhere}/verwijderen", versie="1", **ERRAND).status == 404
    for strange in ("%00", "a" * 300, "%E2%80%AEx"):
        assert boss.get(f"{THERE}/{strange}").status == 404


def test_who_only_looks_sees_a_client_without_a_way_to_change_it(
    desk: Desk, house: House, boss: Visitor
) -> None:
    add(boss)
    auditor = desk.colleague(Role.AUDITOR)
    page = auditor.get(f"{THERE}/wmo-web")
    assert page.name == "desk-client"
    assert page.find("wijzigen") is None
    assert by_hand(auditor, f"{THERE}/wmo-web/wijzigen", **NEW).name == "desk-refused"
