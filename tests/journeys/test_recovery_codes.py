"""Recovery codes: made on Beveiliging, shown once, each good for one second step, after which a method is set up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from idp.accounts import credentials, directory, recovery_codes
from idp.audit import Event
from idp.cli.deliver import sender_of
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent, RecoveryCode, Session
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    account_of,
    add_person,
    house_of_this_worker,
    identify,
    set_up_totp,
    sign_in,
    to_the_recovery_code,
)
from tests.support.mail_server import mail_server
from tests.support.pages import Page
from tests.support.run import Run

CODES = "/mijn/beveiliging/herstelcodes"
MINUTE = timedelta(minutes=1)
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """A house whose body lets people have recovery codes."""
    return house_of_this_worker(database_url, run, recovery_codes=True)


def codes_of(house: House, person: Person) -> list[str]:
    """A set, as the page shows it."""
    browser = house.browser()
    sign_in(house, browser, person)
    browser.get(CODES)
    return shown(browser.submit("herstelcodes-maken"))


def shown(page: Page) -> list[str]:
    assert page.name == "recovery-codes", page
    return [page.text(f"code-{number}") for number in range(1, recovery_codes.PER_SET + 1)]


def events(house: House, *names: Event) -> list[AuditEvent]:
    with house.inside():
        found = list(
            db.session.scalars(
                select(AuditEvent).where(AuditEvent.event.in_(names)).order_by(AuditEvent.id)
            )
        )
        db.session.expunge_all()
        return found


def test_a_set_is_made_shown_once_and_counted(house: House) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    assert "U hebt nu geen herstelcodes." in browser.get("/mijn/beveiliging").document.text
    browser.get(CODES)
    page = browser.submit("herstelcodes-maken")
    codes = shown(page)
    assert len(set(codes)) == 8
    assert all(len(code.replace("-", "")) == 16 for code in codes)
    assert page.headers["Cache-Control"] == "no-store"
    page = browser.get(CODES)
    assert not any(code in page.html for code in codes)
    assert page.find("codes") is None
    assert "U hebt nog 8 herstelcodes." in browser.get("/mijn/beveiliging").document.text
    with house.inside():
        rows = db.session.scalars(select(RecoveryCode)).all()
        assert not {row.digest for row in rows} & {code.replace("-", "") for code in codes}
    assert [each.account_id for each in events(house, Event.RECOVERY_CODES_MADE)] == [anna.id]


def test_with_a_code_somebody_signs_in_and_is_led_to_another_method(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    code = codes_of(house, anna)[0]
    time.move(10 * MINUTE)
    browser = house.browser()
    to_the_recovery_code(browser, anna)
    page = browser.submit("volgende", herstelcode=code.lower().replace("-", " "))
    assert page.name == "choose-methods"
    assert "U hebt een herstelcode gebruikt." in page.document.text
    assert page.document.text.count("van 5") == 0  # these are not the steps of an activation
    browser.submit("volgende", methode=["totp"])
    _secret, page = set_up_totp(browser)
    assert page.name == "enrolment-done"
    browser.submit("nog-een-methode")
    assert browser.page.name == "choose-methods"
    browser.submit("stoppen")
    assert browser.submit("afronden").name == "portal"
    with house.inside():
        assert [each.kind for each in credentials.of_account(anna.id)] == ["totp", "totp"]
        assert recovery_codes.left(anna.id) == 7
    assert not events(house, Event.ACTIVATION_FINISHED)
    (used,) = events(house, Event.RECOVERY_CODE_USED)
    assert used.details["left"] == 7


@ONE
def test_setting_up_can_wait(house: House, time: Standing) -> None:
    anna = add_person(house, phone=PHONE)
    code = codes_of(house, anna)[0]
    time.move(10 * MINUTE)
    browser = house.browser()
    to_the_recovery_code(browser, anna)
    browser.submit("volgende", herstelcode=code)
    assert "Nu niet" in browser.page.text("stoppen")
    assert browser.submit("stoppen").name == "portal"
    page = browser.get("/mijn/beveiliging")
    assert "herstelcode" in page.document.text
    with house.inside():
        (proofs,) = [
            row.proofs
            for row in db.session.scalars(
                select(Session).order_by(Session.created_at.desc()).limit(1)
            )
        ]
    recovered = next(each for each in proofs if each["kind"] == "herstelcode")
    assert (recovered["ceiling"], recovered["phr"]) == (2, False)


@ONE
def test_a_slip_costs_no_try_and_a_code_of_somebody_else_does(house: House, time: Standing) -> None:
    anna, ben = add_person(house, totp=True), add_person(house, "ben", totp=True)
    of_anna, of_ben = codes_of(house, anna), codes_of(house, ben)
    time.move(10 * MINUTE)
    browser = house.browser()
    to_the_recovery_code(browser, anna)
    assert browser.submit("volgende").error == "recovery-code-missing"
    typo = of_anna[0][:-1] + ("0" if of_anna[0][-1] != "0" else "1")
    for _again in range(6):
        page = browser.submit("volgende", herstelcode=typo)
        assert (page.status, page.error) == (422, "recovery-code-typo")
    for number in range(4):
        page = browser.submit("volgende", herstelcode=of_ben[number])
        assert (page.status, page.error) == (422, "recovery-code-invalid")
    assert browser.submit("volgende", herstelcode=of_ben[4]).error == "code-attempts"
    with house.inside():
        assert recovery_codes.left(ben.id) == 8


@ONE
def test_a_new_set_voids_the_one_before_it_and_so_do_methods_that_are_reset(
    house: House, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    old = codes_of(house, anna)
    time.move(10 * MINUTE)
    new = codes_of(house, anna)
    time.move(10 * MINUTE)
    browser = house.browser()
    to_the_recovery_code(browser, anna)
    assert browser.submit("volgende", herstelcode=old[0]).error == "recovery-code-invalid"
    assert browser.submit("volgende", herstelcode=new[0]).name == "choose-methods"
    with house.inside():
        credentials.remove_all(account_of(anna), actor="desk")
        assert recovery_codes.left(anna.id) == 0


@ONE
def test_where_the_number_is_too_new_a_recovery_code_is_the_way_on(
    house: House, time: Standing
) -> None:
    anna = add_person(house, phone=PHONE)
    code = codes_of(house, anna)[0]
    with house.inside():
        (number,) = credentials.of_account(anna.id)
        number.counts_from = time() + timedelta(days=2)
    browser = house.browser()
    assert identify(browser, anna).error == "number-too-new"
    assert browser.go_on().name == "recovery-code"
    assert browser.submit("volgende", herstelcode=code).name == "choose-methods"


@ONE
def test_without_the_setting_there_is_no_such_thing(
    time: Standing, database_url: str, run: Run
) -> None:
    house = house_of_this_worker(database_url, run)
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    assert browser.get("/mijn/beveiliging").find("herstelcodes") is None
    assert browser.get(CODES).status == 404
    assert identify(house.browser(), anna).find("herstelcode") is None
    assert "herstelcode" not in browser.get("/handleidingen/telefoon-kwijt").document.text


@ONE
def test_the_manual_tells_who_lost_a_telephone_of_recovery_codes(house: House) -> None:
    text = house.browser().get("/handleidingen/telefoon-kwijt").document.text
    assert "U hebt herstelcodes" in text


@ONE
def test_the_holder_hears_of_new_codes_and_of_one_that_is_used(
    time: Standing, database_url: str, run: Run, tmp_path: Path
) -> None:
    with mail_server() as post:
        house = house_of_this_worker(database_url, run, recovery_codes=True, **post.settings)
        anna = add_person(house, totp=True)
        with house.inside():
            directory.update_account(account_of(anna), email="anna@voorbeeld.nl", actor="test")
        code = codes_of(house, anna)[0]
        time.move(10 * MINUTE)
        browser = house.browser()
        to_the_recovery_code(browser, anna)
        browser.submit("volgende", herstelcode=code)
        sender_of(house.app).deliver_due()
        said = [str(message["Subject"]).partition(": ")[2] for _, message in post.mails]
        assert "nieuwe herstelcodes" in said
        assert "herstelcode gebruikt" in said
        (used,) = [m for _, m in post.mails if "herstelcode gebruikt" in str(m["Subject"])]
        assert "nog over is: 7" in str(used.get_content())
