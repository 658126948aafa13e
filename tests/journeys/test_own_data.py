"""What we hold of a person, shown and given to that person: all of it, no secret, and nobody else."""

from __future__ import annotations

from datetime import timedelta

from idp.accounts import directory
from idp.audit import Event, record
from idp.clock import Standing
from idp.mfa import seeding
from tests.protocol.relying_party import Provider
from tests.support.journeys import PHONE, House, account_of, add_person, sign_in
from tests.support.run import Run

SECURITY = "/mijn/beveiliging"


def test_the_file_holds_ones_own_data_no_secret_and_nobody_else(house: House, run: Run) -> None:
    provider = Provider.of(house, run)
    provider.application()
    anna, browser = provider.person("anna", totp=True, phone=PHONE), house.browser()
    ben = add_person(house, "ben.bakker", totp=True)
    with house.inside():
        directory.update_account(
            account_of(anna), email="anna@voorbeeld.nl", actor="operator:karel"
        )
        hashed = account_of(anna).password_hash
    sign_in(house, house.browser(), ben)
    sign_in(house, browser, anna)
    browser.get(SECURITY)
    page = browser.submit("mijn-gegevens")
    assert page.headers["Content-Type"] == "application/json"
    assert page.headers["Content-Disposition"] == 'attachment; filename="mijn-gegevens.json"'
    assert page.headers["Cache-Control"] == "no-store"
    found = page.json
    assert found["account"]["username"] == "anna"
    assert found["account"]["email"] == "anna@voorbeeld.nl"
    assert {each["kind"] for each in found["methods"]} == {"totp", "sms"}
    assert [each["name"] for each in found["applications"]]
    assert len(found["sessions"]) == 1
    assert {"account-updated", "sign-in-completed"} <= {each["event"] for each in found["events"]}
    assert {each["by"] for each in found["events"]} >= {"person", "organisation"}
    for secret in (anna.totp, hashed, "12345678", "karel", "ben.bakker", anna.password, "127.0.0"):
        assert (secret or "") not in page.html
    browser.get(SECURITY)
    assert "own-data-read" in browser.submit("mijn-gegevens").html


def test_after_five_minutes_it_takes_both_steps(house: House, time: Standing) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    browser.get(SECURITY)
    time.move(timedelta(minutes=6))
    assert browser.submit("mijn-gegevens").name == "login"


def test_a_person_sees_who_looked(house: House, run: Run, time: Standing) -> None:
    provider = Provider.of(house, run)
    shop, anna, browser = provider.application(), provider.person(totp=True), house.browser()
    sign_in(house, browser, anna)
    assert "Nog niemand." in browser.get(SECURITY).document.text
    shop.userinfo(shop.tokens(browser)["access_token"])
    with house.inside():
        record(Event.ACCOUNT_SHOWN, actor="operator:karel", account_id=anna.id)
    page = browser.get(SECURITY)
    looked = page.at("gegevens").closest("section")
    assert looked is not None
    assert "Een medewerker van het CAK" in looked.text
    assert "Wmo" in looked.text or "wmo" in looked.text
    assert "karel" not in page.html


def test_a_number_is_masked_in_the_file_as_on_the_page(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    with house.inside():
        seeding.add_sms(account_of(anna), PHONE)
    sign_in(house, browser, anna)
    browser.get(SECURITY)
    (number,) = (
        each["number"] for each in browser.submit("mijn-gegevens").json["methods"] if each["number"]
    )
    assert number.endswith("78")
    assert "1234" not in number


def test_the_pages_of_one_call_are_one_look_and_the_next_day_is_another(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    for pause in (0, 1, 20, 60 * 24):
        time.move(timedelta(minutes=pause))
        with house.inside():
            record(Event.ACCOUNT_SHOWN, actor="desk:x", account_id=anna.id)
    sign_in(house, browser, anna)
    page = browser.get(SECURITY)
    assert page.html.count("Een medewerker van het CAK") == 2
