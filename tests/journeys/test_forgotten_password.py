"""Who forgot the password asks for a link by mail, takes the own second step, and chooses another password."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.accounts import credentials, directory
from idp.audit import Event
from idp.cli.deliver import sender_of
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent, MailedSecret
from tests.support.journeys import (
    NEW_PASSWORD,
    PHONE,
    House,
    Person,
    account_of,
    add_person,
    block_and_open_again,
    identify,
    open_house,
    sign_in,
    totp_code,
)
from tests.support.mail_server import MailServer, mail_server
from tests.support.mailed import (
    ADDRESS,
    a_link,
    arrived,
    ask_for_a_link,
    codes,
    links,
    with_confirmed_address,
)

MINUTE = timedelta(minutes=1)
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CONFIRM = "/mijn/beveiliging/mailadres"


@pytest.fixture
def post() -> Iterator[MailServer]:
    """The mail server of the house."""
    with mail_server() as opened:
        yield opened


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path, post: MailServer) -> House:
    """A house whose body lets people replace a forgotten password themselves."""
    return open_house(database_url, tmp_path, password_by_mail=True, **post.settings)


def events(house: House, person: Person) -> list[str]:
    with house.inside():
        rows = db.session.query(AuditEvent).filter_by(account_id=person.id).order_by(AuditEvent.id)
        return [row.event for row in rows]


def test_by_link_and_second_step_somebody_gets_another_password(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    elsewhere = house.browser()
    sign_in(house, elsewhere, anna)
    time.move(MINUTE)
    asking = house.browser()
    asking.get("/")
    page = asking.get(asking.page.at("wachtwoord-vergeten").attributes["href"])
    page = ask_for_a_link(asking, anna)
    assert page.name == "forgotten-password-asked"
    (link,) = links(arrived(house, post))
    browser = house.browser()  # the mail is read on another machine
    assert browser.get(link).name == "password-link"
    assert browser.get(link).name == "password-link"  # looking uses nothing up
    assert browser.submit("volgende").name == "second-factor"
    page = browser.submit("volgende", code=totp_code(anna.totp))
    assert page.name == "set-password"
    page = browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD)
    assert page.name == "login"
    assert "U hebt een nieuw wachtwoord. Log nu in." in page.document.text
    assert elsewhere.get("/mijn/beveiliging").name == "login"
    assert any("wachtwoord van uw account is gewijzigd" in each for each in arrived(house, post))
    time.move(MINUTE)
    assert identify(browser, anna).error == "login-failed"
    assert identify(browser, anna, password=NEW_PASSWORD).name == "second-factor"
    assert browser.submit("volgende", code=totp_code(anna.totp)).name == "portal"
    told = events(house, anna)
    wanted = ["password-link-asked", "password-link-sent", "password-link-used", "step-accepted"]
    assert [each for each in told if each in {*wanted, "password-changed"}][-7:-1] == [
        "step-accepted", *wanted, "password-changed",
    ]  # fmt: skip


def test_the_wrong_tries_of_before_make_nobody_wait_after_it(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    browser = house.browser()
    for _try in range(6):
        identify(browser, anna, password="vergeten")
    assert browser.page.error == "throttled"
    browser.get(a_link(house, post, anna))
    browser.submit("volgende")
    browser.submit("volgende", code=totp_code(anna.totp))
    browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD)
    assert identify(house.browser(), anna, password=NEW_PASSWORD).name == "second-factor"


def test_the_address_is_confirmed_on_beveiliging_with_a_code(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = add_person(house, totp=True)
    with house.inside():
        directory.update_account(account_of(anna), email=ADDRESS, actor="test")
    ask_for_a_link(house.browser(), anna)
    assert links(arrived(house, post)) == []
    browser = house.browser()
    sign_in(house, browser, anna)
    page = browser.get("/mijn/beveiliging")
    assert "nog niet bevestigd" in page.document.text
    browser.get(page.at("mailadres").attributes["href"])
    assert browser.submit("opnieuw").name == "confirm-mail"
    assert browser.submit("volgende").error == "code-missing"
    assert browser.submit("volgende", code="12345").error == "code-length"
    (code,) = codes(arrived(house, post))
    other = f"{(int(code) + 1) % 1_000_000:06}"
    page = browser.submit("volgende", code=other)
    assert (page.status, page.error) == (422, "code-invalid")
    assert "U kunt het nog 4 keer proberen" in page.document.text
    page = browser.submit("volgende", code=f"{code[:3]} {code[3:]}")
    assert page.name == "security"
    assert "Uw e-mailadres is bevestigd." in page.document.text
    assert page.find("mailadres") is None
    time.move(61 * MINUTE)
    ask_for_a_link(house.browser(), anna)
    assert len(links(arrived(house, post))) == 1


@ONE
def test_a_code_works_half_an_hour_five_times_and_only_the_newest(
    house: House, post: MailServer, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    with house.inside():
        directory.update_account(account_of(anna), email=ADDRESS, actor="test")
    sign_in(house, browser, anna)
    browser.get(CONFIRM)
    browser.submit("opnieuw")
    (old,) = codes(arrived(house, post))
    browser.submit("opnieuw")
    (code,) = codes(arrived(house, post))
    if old != code:
        assert browser.submit("volgende", code=old).error == "code-invalid"
    for left in range(3, -1, -1):
        page = browser.submit("volgende", code=f"{(int(code) + 1) % 1_000_000:06}")
        assert page.error == ("code-invalid" if left else "code-attempts")
    assert browser.page.find("code") is None
    browser.submit("opnieuw")
    (code,) = codes(arrived(house, post))
    time.move(timedelta(minutes=4, seconds=59))  # and then the proofs are too old to change things
    assert browser.submit("volgende", code=code).name == "security"


@ONE
def test_another_address_is_not_confirmed_and_what_was_mailed_before_is_void(
    house: House, post: MailServer
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    link = a_link(house, post, anna)
    with house.inside():
        directory.update_account(account_of(anna), email="ander@voorbeeld.nl", actor="test")
    page = house.browser().get(link)
    assert (page.status, page.error) == (410, "password-link-over")
    ask_for_a_link(house.browser(), anna)
    assert links(arrived(house, post)) == []


@ONE
def test_the_button_of_a_link_that_is_over_leads_to_a_new_one(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = with_confirmed_address(house, add_person(house, phone=PHONE))
    link = a_link(house, post, anna)
    time.move(31 * MINUTE)
    browser = house.browser()
    assert browser.get(link).error == "password-link-over"
    assert browser.go_on().name == "forgotten-password"


@ONE
def test_who_takes_long_or_fails_five_times_signs_in_or_asks_again(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    browser = house.browser()
    browser.get(a_link(house, post, anna))
    browser.submit("volgende")
    time.move(31 * MINUTE)
    assert browser.submit("volgende", code=totp_code(anna.totp)).error == "session-expired"
    assert browser.go_on().name == "login"
    assert sign_in(house, browser, anna, at=None).name == "portal"
    browser = house.browser()
    browser.get(a_link(house, post, anna))
    browser.submit("volgende")
    for _try in range(5):
        page = browser.submit("volgende", code="000000")
    assert page.error == "code-attempts"
    assert browser.go_on().name == "login"


@ONE
def test_without_the_setting_the_servicedesk_is_the_only_way(
    time: Standing, database_url: str, tmp_path: Path, post: MailServer
) -> None:
    house = open_house(database_url, tmp_path, **post.settings)
    anna = with_confirmed_address(house, add_person(house, totp=True))
    browser = house.browser()
    page = browser.get("/")
    assert page.find("wachtwoord-vergeten") is None
    assert "Bel de Servicedesk. Een medewerker controleert wie u bent." in page.document.text
    for address in ("/wachtwoord-vergeten", "/wachtwoord-vergeten/link"):
        assert browser.get(address).status == 404
    sign_in(house, browser, anna)
    assert browser.get(CONFIRM).status == 404
    assert browser.get("/mijn/beveiliging").find("mailadres") is None


@ONE
def test_the_mail_is_tried_again_with_another_link_and_given_up_in_the_end(
    house: House, post: MailServer, time: Standing
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    arrived(house, post)
    post.refuses = "RCPT"
    ask_for_a_link(house.browser(), anna)
    for pause in (0, 1, 3, 11):
        time.move(pause * MINUTE)
        sender_of(house.app).deliver_due()
    assert Event.PASSWORD_LINK_NOT_SENT in events(house, anna)
    with house.inside():
        assert len({row.digest for row in db.session.query(MailedSecret)}) == 4


@ONE
def test_who_has_no_method_left_when_the_link_is_used_gets_nowhere_with_it(
    house: House, post: MailServer
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    browser = house.browser()
    browser.get(a_link(house, post, anna))
    with house.inside():
        credentials.remove_all(account_of(anna), actor="test")
    assert browser.submit("volgende").error == "no-method"


@pytest.mark.parametrize("whose", ["account", "relation"])
def test_a_link_that_was_mailed_before_a_block_works_no_more_after_it(
    house: House, post: MailServer, whose: str
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    ben = with_confirmed_address(
        house, add_person(house, "ben", relation="10999999", totp=True), "ben@voorbeeld.nl"
    )
    link, of_another = a_link(house, post, anna), a_link(house, post, ben)
    block_and_open_again(house, anna, whose)
    assert house.browser().get(link).error == "password-link-over"
    assert house.browser().get(of_another).name == "password-link"
