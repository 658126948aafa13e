"""Mails of the demo: kept sealed, shown on its phone in a part of their own, and never among the texts."""

from __future__ import annotations

from pathlib import Path

from idp.accounts import directory
from idp.cli.deliver import sender_of
from idp.clock import Standing
from idp.database import db
from idp.models import OutboxMessage
from tests.support.journeys import account_of, add_person, open_house

ADDRESS = "j.devries@voorbeeld.nl"


def test_a_mail_is_shown_on_the_demo_phone_and_not_to_scripts_that_read_texts(
    database_url: str, tmp_path: Path, time: Standing
) -> None:
    house = open_house(database_url, tmp_path, mail_gateway="outbox", demo=True)
    person = add_person(house, "anna")
    with house.inside():
        directory.update_account(account_of(person), email=ADDRESS, actor="test")
    sender_of(house.app).deliver_due()
    with house.inside():
        (row,) = db.session.query(OutboxMessage)
        assert row.channel == "mail"
        assert ADDRESS.encode() not in row.to_sealed
    page = house.browser().get("/demo/telefoon")
    assert page.name == "demo-phone"
    assert f'data-to="{ADDRESS}"' in page.html
    assert "e-mailadres gewijzigd" in page.html
    told = house.app.test_client().get(
        "/demo/telefoon?format=json", base_url="http://localhost:8400"
    )
    assert told.json == []


def test_a_phone_that_gets_no_mails_has_no_part_for_them(
    database_url: str, tmp_path: Path, time: Standing
) -> None:
    house = open_house(database_url, tmp_path)
    assert 'id="mails"' not in house.browser().get("/demo/telefoon").html
