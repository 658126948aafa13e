"""Who changes something on Beveiliging reads of it by mail, once; a change that did not happen is not told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.accounts import credentials, directory
from idp.cli.deliver import sender_of
from idp.clock import Standing
from tests.support.journeys import (
    NEW_PASSWORD,
    PHONE,
    account_of,
    add_person,
    open_house,
    set_up_sms,
    sign_in,
)
from tests.support.mail_server import MailServer, mail_server

SECURITY = "/mijn/beveiliging"


@pytest.fixture
def post() -> Iterator[MailServer]:
    """The mail server of the house."""
    with mail_server() as opened:
        yield opened


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_change_of_ones_own_is_told(
    time: Standing, database_url: str, tmp_path: Path, post: MailServer
) -> None:
    house = open_house(database_url, tmp_path, **post.settings)
    anna = add_person(house, totp=True, phone=PHONE)
    with house.inside():
        directory.update_account(account_of(anna), email="anna@voorbeeld.nl", actor="test")
        ids = {each.kind: each.id for each in credentials.of_account(anna.id)}
    browser, elsewhere = house.browser(), house.browser()
    sign_in(house, elsewhere, anna)
    time.move(timedelta(minutes=1))
    sign_in(house, browser, anna)

    def heard() -> list[str]:
        sender_of(house.app).deliver_due()
        found = [str(message["Subject"]).partition(": ")[2] for _, message in post.mails]
        post.mails.clear()
        return found

    heard()
    browser.get(f"{SECURITY}/wachtwoord")
    browser.submit("volgende", huidig_wachtwoord="mis", nieuw_wachtwoord=NEW_PASSWORD)
    assert heard() == []
    browser.submit("volgende", huidig_wachtwoord=anna.password, nieuw_wachtwoord=NEW_PASSWORD)
    assert heard() == ["wachtwoord gewijzigd"]
    browser.get(SECURITY)
    browser.submit("methode-toevoegen")
    browser.submit("volgende", methode="sms")
    set_up_sms(house, browser, "06 87654321")
    assert heard() == ["telefoonnummer gewijzigd"]
    with house.inside():
        ids = {each.kind: each.id for each in credentials.of_account(anna.id)}
    browser.get(f"{SECURITY}/methoden/{ids['sms']}/verwijderen")
    browser.submit("verwijderen")
    assert heard() == ["manier van inloggen verwijderd"]
    browser.get(f"{SECURITY}/overal-uitloggen")
    browser.submit("uitloggen-elders")
    assert heard() == ["overal uitgelogd"]
