"""Ways around a limit that somebody found: each was open once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from idp import clock, throttle
from idp.accounts import credentials, directory, sessions
from idp.assurance import Level, attained
from idp.clock import Standing
from idp.database import db
from idp.flows.cookies import SESSION
from idp.flows.known_browsers import COOKIE
from idp.messaging.outgoing import State
from idp.models import AuditEvent, Delivery, OutgoingMessage
from idp.throttle import FAILURES_PER_PASSWORD, SECOND_STEP
from tests.messaging.any_provider import any_provider
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    NEW_PASSWORD,
    PHONE,
    House,
    account_of,
    add_person,
    identify,
    open_house,
    sign_in,
    totp_code,
    wrong_code,
)
from tests.support.key_makers import LISTED, Maker, listed
from tests.support.run import Run
from tests.support.software_key import SoftwareKey, options_on

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ONE
def test_a_password_alone_makes_no_browser_known(house: House, run: Run, time: Standing) -> None:
    """Else each new browser would bring a thief of passwords ten more guesses at the second step."""
    provider = Provider.of(house, run)
    shop, anna = provider.application(None, level=Level.LAAG), provider.person(totp=True)
    guesses = 0
    for sign_in_number in range(4):
        thief = house.browser()
        if sign_in_number % 2 == 0:
            shop.visit(thief)
            identify(thief, anna, at=None)
            assert not thief.cookie(COOKIE)
            thief.forget(SESSION)
        identify(thief, anna)
        for _ in range(5):
            page = thief.submit("volgende", code=wrong_code(totp_code(anna.totp)))
            if page.error == "throttled":
                break
            guesses += 1
        if page.error == "throttled":
            break
    assert guesses == SECOND_STEP.free
    with house.inside():
        assert throttle.count_of(throttle.second_step_key(anna.id)) == SECOND_STEP.free


@ONE
def test_one_password_in_many_spellings_is_one_password(house: House, time: Standing) -> None:
    tried, browser = "Zomer2026 Gemeente", house.browser()

    def spelt(number: int) -> str:
        """Wide forms, which are compared as the plain ones."""
        return "".join(
            chr(ord(one) + 0xFEE0) if number >> place & 1 and one.isalnum() else one
            for place, one in enumerate(tried)
        )

    for number in range(FAILURES_PER_PASSWORD.times + 1):
        browser.get("/")
        page = browser.submit(
            "volgende",
            relatienummer="10023456",
            gebruikersnaam=f"naam{number}",
            wachtwoord=spelt(number),
        )
    assert page.error == "throttled"


@ONE
def test_a_copy_of_the_cookie_dies_with_the_old_password_and_with_signing_out_elsewhere(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True), house.browser()
    sign_in(house, browser, anna)
    for page, fields in (
        ("wachtwoord", {"huidig_wachtwoord": anna.password, "nieuw_wachtwoord": NEW_PASSWORD}),
        ("overal-uitloggen", {"actie": "elders"}),
    ):
        thief = house.browser()
        thief.take_over(browser, SESSION)
        assert thief.get("/mijn/applicaties").name == "portal"
        address = f"/mijn/beveiliging/{page}"
        browser.get(address)
        browser.send("POST", address, csrf_token=browser.token(), follow=True, **fields)
        assert browser.page.name == "security"
        assert thief.get("/mijn/applicaties").name == "login"
        assert browser.get("/mijn/applicaties").name == "portal"


@ONE
def test_nobody_comes_to_hoog_with_a_text_and_a_key_of_ones_own(
    time: Standing, database_url: str, tmp_path: Path
) -> None:
    maker = Maker()
    house = open_house(database_url, tmp_path, key_metadata=listed(tmp_path, maker.entry()))
    anna, thief = add_person(house, phone=PHONE, level=Level.HOOG), house.browser()
    assert sign_in(house, thief, anna).name == "portal"
    thief.get("/mijn/beveiliging")
    thief.submit("methode-toevoegen")
    page = thief.submit("volgende", methode=["webauthn"])
    key = SoftwareKey(maker=maker, model=LISTED)
    thief.submit("volgende", sleutel=key.make(options_on(page)))
    thief.submit("afronden")
    with house.inside():
        session = sessions.live(thief.cookie(SESSION))
        assert session is not None
        assert attained(session.proofs, enrolled_at=Level.HOOG).level is Level.SUBSTANTIEEL


def test_a_replaced_number_does_not_come_back_with_a_request_that_began_before(
    house: House, time: Standing
) -> None:
    anna, browser = add_person(house, totp=True, phone=PHONE), house.browser()
    identify(browser, anna)
    browser.submit("volgende", methode="sms")
    browser.submit("volgende")
    browser.submit("volgende", code=house.newest_code())
    with house.inside():
        [row] = sessions.of_account(anna.id)
        before = sessions.live_by_id(row.id)
        assert before is not None
        old = next(each.id for each in credentials.of_account(anna.id) if each.kind == "sms")
    with house.inside():
        new = credentials.begin(anna.id, "sms", "0" * 32, "+31687654321")
        assert credentials.confirm(new, replaces_kind=True, counts_from=clock.now())
    with house.inside():
        assert sessions.raise_session(before, ())
    with house.inside():
        after = sessions.live_by_id(before.id)
        assert after is not None
        assert old not in {proof.credential_id for proof in after.proofs}


@ONE
def test_sign_ins_in_new_browsers_send_one_mail_an_hour(
    house: House, run: Run, time: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of them would hide the warning that counts."""
    mailed = house.app.config["IDP"].model_copy(update={"smtp_host": "127.0.0.1", "smtp_port": 1})
    monkeypatch.setitem(house.app.config, "IDP", mailed)
    provider = Provider.of(house, run)
    shop, anna = provider.application(None, level=Level.LAAG), provider.person(totp=True)
    with house.inside():
        directory.update_account(account_of(anna), email="anna@voorbeeld.nl", actor="a test")
    for _ in range(4):
        stranger = house.browser()
        shop.visit(stranger)
        identify(stranger, anna, at=None)
    with house.inside():
        assert db.session.query(Delivery).filter_by(why="new-device").count() == 1
        assert db.session.query(AuditEvent).filter_by(event="new-device").count() == 4


@ONE
@pytest.mark.parametrize("name", ['"\\ud800"', '"' + "x" * 5000 + '"', '"a\\u0000b"', '""', "[]"])
def test_a_name_that_cannot_be_kept_leaves_no_message_behind(
    database_url: str, tmp_path: Path, time: Standing, name: str
) -> None:
    with any_provider() as provider:
        provider.answer = (200, f'{{"status": "queued", "messages": [{{"id": {name}}}]}}'.encode())
        file = provider.described(tmp_path)
        house = open_house(database_url, tmp_path, http_gateway_file=file, sms_gateway=["http"])
        browser = house.browser()
        identify(browser, add_person(house, phone=PHONE))
        assert browser.submit("volgende").error is None
        with house.inside():
            row = db.session.query(OutgoingMessage).one()
            assert (row.state, row.content_sealed) == (State.HANDED, None)
            assert row.provider_id


def test_a_right_code_that_came_too_late_is_no_wrong_one(house: House, time: Standing) -> None:
    anna, browser = add_person(house, phone=PHONE), house.browser()
    identify(browser, anna)
    browser.submit("volgende")
    time.move(timedelta(minutes=6))
    for _ in range(SECOND_STEP.free + 2):
        assert browser.submit("volgende", code=house.newest_code()).error == "code-expired"
    with house.inside():
        assert throttle.count_of(throttle.second_step_key(anna.id)) == 0


def test_what_is_given_back_is_only_the_last_try(house: House, time: Standing) -> None:
    with house.inside():
        counter = throttle.second_step_key("somebody")
        for _ in range(SECOND_STEP.free):
            taken = throttle.count_try(counter, SECOND_STEP)
        throttle.give_back(counter, taken.failures - 1)
        assert throttle.count_try(counter, SECOND_STEP).until is not None, "others came since"
        throttle.give_back(counter, taken.failures)
        assert throttle.count_of(counter) == SECOND_STEP.free - 1
        assert throttle.count_try(counter, SECOND_STEP).until is None
