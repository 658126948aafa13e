"""Two colleagues at one client at the same moment: one wins, the other is told, and there is one secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idp.audit import Event
from idp.database import db
from idp.models import Application, AuditEvent, Client
from idp.servicedesk import application_clients
from idp.servicedesk.application_clients import Said
from tests.attacks.test_the_desk import at_once
from tests.support.house import House
from tests.support.journeys import add_application

ROUNDS = 4
SAID = Said(
    name="Wmo",
    auth_method="client_secret_basic",
    redirect_uris=("https://wmo.voorbeeld.nl/terug",),
)


def client() -> Client:
    return db.session.get_one(Client, "wmo-web")


def adds(actor: str, client_id: str = "wmo-web") -> Callable[[], Any]:
    def add() -> None:
        wmo = db.session.get_one(Application, "wmo")
        application_clients.add(wmo, client_id, "basic", SAID, actor=actor)

    return add


def renews(seen: int) -> None:
    application_clients.renew_secret(client(), seen=seen, leaked=False, actor="desk:een")


def changes(seen: int) -> None:
    said = Said(
        name=f"Wmo {seen}", auth_method="client_secret_basic", redirect_uris=SAID.redirect_uris
    )
    application_clients.change(client(), said, seen=seen, actor="desk:twee")


def removes(seen: int) -> None:
    application_clients.remove(client(), seen=seen, actor="desk:drie")


def count(house: House, event: Event) -> int:
    with house.inside():
        return db.session.query(AuditEvent).filter_by(event=event.value).count()


def test_two_who_register_one_id_make_one_client(house: House) -> None:
    add_application(house, "Wmo")
    for number in range(ROUNDS):
        tries = adds("desk:een", f"wmo-{number}"), adds("desk:twee", f"wmo-{number}")
        assert sorted(at_once(house, *tries)) == [False, True]
    assert count(house, Event.CLIENT_ADDED) == ROUNDS


@pytest.mark.parametrize("other", [renews, changes, removes])
def test_of_two_who_act_on_one_version_of_a_client_one_wins(
    house: House, other: Callable[[int], None]
) -> None:
    add_application(house, "Wmo")
    at_once(house, adds("operator"))
    with house.inside():
        seen = client().version
    won = at_once(house, lambda: renews(seen), lambda: other(seen))
    assert sorted(won) == [False, True]
    with house.inside():
        assert client().version == seen + 1
