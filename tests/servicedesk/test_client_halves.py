"""No one colleague says where the codes of a client go and knows what redeems them, once people sign in there."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from idp.database import db
from idp.models import AuditEvent
from idp.oidc import clients
from idp.servicedesk import client_halves
from idp.servicedesk.roles import Role
from tests.protocol.relying_party import CALLBACK, client_key, public
from tests.servicedesk.scene import ERRAND, Desk, version_on
from tests.servicedesk.test_application_clients import (
    NEW,
    THERE,
    add,
    change,
    registered,
    secret_on,
)
from tests.servicedesk.test_applications import by_hand
from tests.support.house import House, Visitor
from tests.support.journeys import add_application
from tests.support.pages import Page

ELSEWHERE = "https://elders.voorbeeld.nl/terug"


@pytest.fixture
def two(desk: Desk, house: House) -> tuple[Visitor, Visitor]:
    """Two beheerders; the first registered a client, more than a day ago."""
    add_application(house, "Wmo")
    first = desk.colleague(Role.BEHEERDER)
    secret_on(add(first))
    return again(desk, first, days=1), desk.colleague(Role.BEHEERDER, "tweede")


def again(desk: Desk, browser: Visitor, *, days: int) -> Visitor:
    """The same colleague, so many days later."""
    desk.time.move(timedelta(days=days, seconds=1))
    desk.sign_in_again(browser, desk.colleagues["beheerder"])
    return browser


def renew(browser: Visitor, leaked: str = "nee") -> Page:
    version = version_on(browser.get(f"{THERE}/wmo-web/geheim"))
    fields = {"versie": version, "uitgelekt": leaked, **ERRAND}
    return by_hand(browser, f"{THERE}/wmo-web/geheim", **fields)


def is_refused(page: Page, field: str = "terugkeeradressen") -> bool:
    return page.status == 400 and page.field_error(field) is not None


def test_who_registered_a_client_corrects_it_on_the_first_day_only(
    desk: Desk, house: House
) -> None:
    add_application(house, "Wmo")
    first = desk.colleague(Role.BEHEERDER)
    add(first)
    assert change(first, terugkeeradressen=ELSEWHERE).name == "desk-client"
    assert renew(first).name == "desk-client-secret"
    again(desk, first, days=1)
    assert is_refused(change(first, terugkeeradressen=CALLBACK))
    assert renew(first).status == 400
    assert registered(house).redirect_uris == [ELSEWHERE]
    assert len(desk.events("client-secret-rotated")) == 1


def test_who_knows_the_secret_leaves_the_return_addresses_to_a_colleague(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    first, second = two
    assert is_refused(change(first, terugkeeradressen=ELSEWHERE))
    assert change(first, naam="Een andere naam").name == "desk-client", "all the rest is theirs"
    assert change(second, terugkeeradressen=ELSEWHERE).name == "desk-client"
    page = renew(second)
    assert page.status == 400
    assert "Laat een collega het geheim" in page.html
    assert registered(house).redirect_uris == [ELSEWHERE]


def test_a_secret_that_was_replaced_counts_as_long_as_it_works(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    first, second = two
    secret_on(renew(second))
    assert is_refused(change(first, terugkeeradressen=ELSEWHERE)), "theirs works for a week"
    again(desk, first, days=8)
    assert change(first, terugkeeradressen=ELSEWHERE).name == "desk-client"


def test_a_secret_that_the_operator_lets_work_on_for_longer_counts_for_longer(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    first, _second = two
    with house.inside():
        clients.rotate_secret("wmo-web", old_lasts=timedelta(days=30), actor="operator")
    again(desk, first, days=29)
    assert is_refused(change(first, terugkeeradressen=ELSEWHERE))
    again(desk, first, days=1)
    assert change(first, terugkeeradressen=ELSEWHERE).name == "desk-client"


def test_who_knows_a_secret_that_leaked_and_stopped_knows_nothing_any_more(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    first, second = two
    secret_on(renew(second, leaked="ja"))
    assert change(first, terugkeeradressen=ELSEWHERE).name == "desk-client"


def test_neither_half_is_forgotten_by_what_others_do_after_it(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    _first, second = two
    third = desk.colleague(Role.BEHEERDER, "derde")
    change(second, terugkeeradressen=ELSEWHERE)
    change(third, terugkeeradressen=f"{ELSEWHERE} {CALLBACK}")
    assert renew(second).status == 400
    assert renew(third).status == 400


@pytest.mark.parametrize(
    "beside",
    [{"bewijs": "client_secret_post"}, {"sleutels": json.dumps(public(client_key("EC")))}],
    ids=["another way to send it", "keys beside it"],
)
def test_what_changes_beside_a_secret_forgets_nobody_who_knows_it(
    desk: Desk, house: House, two: tuple[Visitor, Visitor], beside: dict[str, str]
) -> None:
    first, second = two
    assert change(second, **beside).name == "desk-client"
    again(desk, first, days=15)
    assert is_refused(change(first, **beside, terugkeeradressen=ELSEWHERE))
    assert registered(house).redirect_uris == [CALLBACK]


def test_what_an_earlier_release_recorded_counts_too(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    _first, second = two
    third = desk.colleague(Role.BEHEERDER, "derde")
    change(second, terugkeeradressen=f"{CALLBACK} {ELSEWHERE}")
    change(third, terugkeeradressen=f"{CALLBACK} {ELSEWHERE} {ELSEWHERE}/2")
    with house.inside():
        for event in db.session.query(AuditEvent):
            event.details = {
                name: told for name, told in event.details.items() if name != "returns"
            }
    desk.time.move(timedelta(days=15))
    desk.sign_in_again(second, desk.colleagues["tweede"])
    assert renew(second).status == 400


def test_who_brought_a_return_address_counts_as_long_as_it_stands_there(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    _first, second = two
    third = desk.colleague(Role.BEHEERDER, "derde")
    assert change(second, terugkeeradressen=f"{CALLBACK} {ELSEWHERE}").name == "desk-client"
    assert (
        change(third, terugkeeradressen=f"{CALLBACK} {ELSEWHERE} {ELSEWHERE}/2").name
        == "desk-client"
    )
    desk.time.move(timedelta(days=15))
    desk.sign_in_again(second, desk.colleagues["tweede"])
    page = renew(second)
    assert page.status == 400
    assert "technisch beheerder" in page.html
    desk.sign_in_again(third, desk.colleagues["derde"])
    assert change(third, terugkeeradressen=f"{CALLBACK} {ELSEWHERE}/2").name == "desk-client"
    assert renew(second).name == "desk-client-secret", "theirs is gone"


def test_a_client_that_the_operator_moved_to_another_application_forgets_nobody(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    first, _second = two
    add_application(house, "Jeugd")
    with house.inside():
        clients.update("wmo-web", application_id="jeugd", actor="operator")
    there = "/servicedesk/applicaties/jeugd/koppelingen"
    again(desk, first, days=1)
    version = version_on(first.get(f"{there}/wmo-web/wijzigen"))
    fields = {"versie": version, **NEW, "terugkeeradressen": ELSEWHERE}
    assert is_refused(by_hand(first, f"{there}/wmo-web/wijzigen", **fields))
    assert registered(house).redirect_uris == [CALLBACK]


def test_nobody_pushes_what_they_had_out_of_sight_with_many_changes(
    desk: Desk, house: House, two: tuple[Visitor, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_halves, "_MOST", 3)
    first, _second = two
    for name in ("Een", "Twee", "Drie"):
        assert change(first, naam=name).name == "desk-client"
    assert is_refused(change(first, terugkeeradressen=ELSEWHERE))


def test_both_halves_are_not_changed_in_one_form(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    keys = json.dumps(public(client_key("EC")))
    fields = {"bewijs": "private_key_jwt", "sleutels": keys}
    assert is_refused(change(two[1], terugkeeradressen=ELSEWHERE, **fields))
    kept = registered(house)
    assert (kept.redirect_uris, kept.auth_method) == ([CALLBACK], "client_secret_basic")


def test_where_nothing_redeems_codes_but_the_browser_the_operator_says_where_they_go(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    with house.inside():
        clients.update("wmo-web", auth_method="none", actor="operator")
    assert is_refused(change(two[1], bewijs="none", terugkeeradressen=ELSEWHERE))
    with house.inside():
        clients.update("wmo-web", redirect_uris=[ELSEWHERE], actor="operator")
    assert registered(house).redirect_uris == [ELSEWHERE]


def test_what_happens_to_clients_stands_in_the_log_of_their_application(
    desk: Desk, house: House, two: tuple[Visitor, Visitor]
) -> None:
    change(two[0], naam="Anders")
    auditor = desk.colleague(Role.AUDITOR)
    log = auditor.get("/servicedesk/logboek?applicatie=wmo")
    for sentence in (
        "De koppeling wmo-web is toegevoegd",
        "Van de koppeling wmo-web is gewijzigd: naam",
    ):
        assert sentence in log.html


KEY, NEXT = client_key("EC"), client_key("EC", name="two")
BY_KEY = {"bewijs": "private_key_jwt"}


@pytest.fixture
def alice(desk: Desk, two: tuple[Visitor, Visitor]) -> Visitor:
    """A third beheerder, who had no hand in the client so far."""
    assert two
    return desk.colleague(Role.BEHEERDER, "alice")


def test_who_wrote_keys_beside_a_secret_is_not_forgotten_when_the_secret_is_replaced(
    two: tuple[Visitor, Visitor], alice: Visitor
) -> None:
    _first, second = two
    assert change(alice, sleutels=json.dumps(public(KEY))).name == "desk-client"
    secret_on(renew(second, leaked="ja"))
    assert is_refused(change(alice, terugkeeradressen=ELSEWHERE))
    assert change(second, **BY_KEY).name == "desk-client"
    assert is_refused(change(alice, **BY_KEY, terugkeeradressen=ELSEWHERE))


def test_a_key_counts_for_who_brought_it_as_long_as_it_stands_there(
    two: tuple[Visitor, Visitor], alice: Visitor
) -> None:
    _first, second = two
    assert change(alice, **BY_KEY, sleutels=json.dumps(public(KEY))).name == "desk-client"
    both = json.dumps(public(NEXT, KEY))
    assert change(second, **BY_KEY, sleutels=both).name == "desk-client", "the next beside hers"
    assert is_refused(change(alice, **BY_KEY, terugkeeradressen=ELSEWHERE))
    called_otherwise = {"keys": [public(KEY)["keys"][0] | {"kid": "anders", "use": "sig"}]}
    named = json.dumps(called_otherwise)
    assert change(second, **BY_KEY, sleutels=json.dumps(public(NEXT))).name == "desk-client"
    assert change(second, **BY_KEY, sleutels=named).name == "desk-client"
    assert is_refused(change(alice, **BY_KEY, terugkeeradressen=ELSEWHERE)), "it came back"
    assert change(second, **BY_KEY, sleutels=json.dumps(public(NEXT))).name == "desk-client"
    assert change(alice, **BY_KEY, terugkeeradressen=ELSEWHERE).name == "desk-client"
    assert is_refused(change(second, **BY_KEY, terugkeeradressen=CALLBACK)), "NEXT is theirs"


def test_a_client_that_was_moved_away_and_back_forgets_nobody(
    desk: Desk, house: House, two: tuple[Visitor, Visitor], alice: Visitor
) -> None:
    add_application(house, "Jeugd")
    with house.inside():
        clients.update("wmo-web", application_id="jeugd", actor="operator")
    there = "/servicedesk/applicaties/jeugd/koppelingen/wmo-web/wijzigen"
    changed = NEW | {"versie": version_on(alice.get(there)), "terugkeeradressen": ELSEWHERE}
    assert by_hand(alice, there, **changed).name == "desk-client"
    with house.inside():
        clients.update("wmo-web", application_id="wmo", actor="operator")
    assert renew(alice, leaked="ja").status == 400
    assert desk.events("client-secret-rotated") == []


def test_what_an_earlier_release_recorded_of_keys_counts_for_who_wrote_any(
    desk: Desk, house: House, two: tuple[Visitor, Visitor], alice: Visitor
) -> None:
    _first, second = two
    assert change(alice, **BY_KEY, sleutels=json.dumps(public(KEY))).name == "desk-client"
    with house.inside():
        for event in db.session.query(AuditEvent).filter(AuditEvent.client_id == "wmo-web"):
            event.details = {name: at for name, at in event.details.items() if name != "keys"}
        db.session.commit()
    assert change(second, **BY_KEY, sleutels=json.dumps(public(NEXT, KEY))).name == "desk-client"
    assert is_refused(change(alice, **BY_KEY, terugkeeradressen=ELSEWHERE))
