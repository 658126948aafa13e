"""People hear by mail what changes about their access: in their language, once, and with nothing that opens a door."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.accounts import activation_codes, credentials, directory, notices
from idp.accounts.notices import Notice
from idp.audit import Event
from idp.cli.deliver import sender_of
from idp.cli.demo_tls import make_certificates
from idp.clock import Standing
from idp.database import db
from idp.messaging import mail
from idp.messaging.notice_texts import _WORDS, Happened, written
from idp.mfa import seeding
from idp.models import AuditEvent, Delivery
from idp.settings import SettingsError, load
from tests.support.house import settings_for
from tests.support.journeys import (
    NOW,
    PHONE,
    House,
    Person,
    account_of,
    add_person,
    open_house,
    set_up_sms,
    to_the_methods,
)
from tests.support.mail_server import MailServer, mail_server

ADDRESS = "j.devries@voorbeeld.nl"
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def post() -> Iterator[MailServer]:
    """The mail server of the house."""
    with mail_server() as opened:
        yield opened


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path, post: MailServer) -> House:
    """A house that mails."""
    return open_house(database_url, tmp_path, **post.settings)


def with_address(house: House, person: Person, address: str = ADDRESS) -> Person:
    """The person, reachable by mail; the notices of that are delivered already."""
    with house.inside():
        directory.update_account(account_of(person), email=address, actor="test")
    deliver(house)
    return person


def deliver(house: House) -> None:
    """What the sender of `idp serve` does after a commit."""
    sender_of(house.app).deliver_due()


def subjects(post: MailServer) -> list[str]:
    """Of the mails since the last look, without the service's name."""
    found = [str(message["Subject"]).partition(": ")[2] for _, message in post.mails]
    post.mails.clear()
    return found


def test_every_change_of_access_by_an_operator_is_told(house: House, post: MailServer) -> None:
    anna = with_address(house, add_person(house, totp=True))
    assert subjects(post) == ["e-mailadres gewijzigd"]
    changes: dict[str, Any] = {
        "nieuwe manier van inloggen": lambda account: seeding.add_sms(account, PHONE),
        "telefoonnummer gewijzigd": lambda account: credentials.confirm(
            credentials.begin(account.id, "sms", "a-login", "+31687654321"), replaces_kind=True
        ),
        "activatiecode onderweg": lambda account: activation_codes.issue(
            account, channel="letter", actor="test"
        ),
        "nieuw startwachtwoord": lambda account: directory.reset_password(account, actor="test"),
        "manieren van inloggen verwijderd": lambda account: credentials.remove_all(
            account, actor="test"
        ),
        "account geblokkeerd": lambda account: directory.block_account(account, actor="test"),
        "account weer open": lambda account: directory.unblock_account(account, actor="test"),
    }
    for subject, change in changes.items():
        with house.inside():
            change(account_of(anna))
        deliver(house)
        assert subjects(post) == [subject]


def test_a_new_mail_address_is_told_to_the_old_one_too(house: House, post: MailServer) -> None:
    anna = with_address(house, add_person(house))
    post.mails.clear()
    with house.inside():
        directory.update_account(account_of(anna), email="nieuw@voorbeeld.nl", actor="test")
    with house.inside():
        for row in db.session.query(Delivery):
            assert "voorbeeld" not in str(row.facts)
    deliver(house)
    assert sorted(to for to, _ in post.mails) == [ADDRESS, "nieuw@voorbeeld.nl"]


@ONE
def test_first_set_up_is_told_step_by_step_in_the_language_of_the_person(
    house: House, post: MailServer
) -> None:
    anna = with_address(house, add_person(house, code=True))
    post.mails.clear()
    browser = house.browser()
    to_the_methods(browser, anna)
    browser.submit("volgende", methode=["sms"])
    set_up_sms(house, browser)
    deliver(house)
    assert sorted(subjects(post)) == ["activatiecode gebruikt", "nieuwe manier van inloggen"]
    browser.get("/?taal=en")
    with house.inside():
        account_of(anna).language = "en"
        directory.block_account(account_of(anna), actor="test")
    deliver(house)
    [(to, message)] = post.mails
    assert to == ADDRESS
    body = message.get_content()
    assert message["Content-Language"] == "en"
    assert "Your account is blocked." in body
    assert "Friday 20 November 2026 at 10:00" in body
    assert "Call" in body or "call the" in body


@ONE
def test_a_change_that_is_rolled_back_is_told_to_nobody(house: House, post: MailServer) -> None:
    anna = with_address(house, add_person(house))
    post.mails.clear()
    with house.app.app_context():
        directory.block_account(account_of(anna), actor="test")
        db.session.rollback()
    deliver(house)
    assert post.mails == []


@ONE
def test_who_has_no_address_or_no_account_gets_nothing_and_nothing_waits(house: House) -> None:
    anna = add_person(house)
    with house.inside():
        for account_id in (anna.id, "0" * 32, None):
            notices.tell(account_id, Notice.STOPPED)
        assert db.session.query(Delivery).count() == 0


@ONE
def test_without_a_mail_server_nothing_waits(
    database_url: str, tmp_path: Path, time: Standing
) -> None:
    house = open_house(database_url, tmp_path)
    with_address(house, add_person(house))
    with house.inside():
        assert db.session.query(Delivery).count() == 0


@ONE
def test_a_server_that_refuses_is_asked_again_and_in_the_end_the_trail_tells(
    house: House, post: MailServer, time: Standing
) -> None:
    post.refuses = "RCPT"
    anna = add_person(house)
    with house.inside():
        directory.update_account(account_of(anna), email=ADDRESS, actor="test")
    for pause in notices.PAUSES:
        deliver(house)
        time.move(pause)
    post.refuses = ""
    deliver(house)
    assert len(post.mails) == 1
    assert post.mails[0][1]["Message-ID"].endswith("@localhost>")
    post.refuses = "MAIL"
    with house.inside():
        directory.block_account(account_of(anna), actor="test")
    for pause in notices.PAUSES:
        deliver(house)
        time.move(pause)
    deliver(house)
    with house.inside():
        told = [
            (row.event, row.reason)
            for row in db.session.query(AuditEvent).order_by(AuditEvent.id)
            if row.event.startswith("notice-")
        ]
    assert told == [
        (Event.NOTICE_SENT, None),
        (Event.NOTICE_NOT_SENT, "the mail server answered 550"),
    ]


@ONE
def test_a_server_that_says_nothing_holds_us_for_a_bounded_time(
    house: House, post: MailServer
) -> None:
    post.silent = True
    letter = mail.Mail(id="a" * 32, to=ADDRESS, language="nl", subject="x", body="y")
    with house.app.app_context(), pytest.raises(mail.NotMailed, match="too long"):
        mail.post(letter, seconds=0.2)


@ONE
def test_the_line_is_secured_before_a_password_or_a_word_goes_over_it(
    database_url: str, tmp_path: Path, time: Standing
) -> None:
    make_certificates(tmp_path / "tls")
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(tmp_path / "tls" / "server.pem", tmp_path / "tls" / "server.key")
    (tmp_path / "wachtwoord").write_text("geheim van de post")
    letter = mail.Mail(id="a" * 32, to=ADDRESS, language="nl", subject="x", body="y")
    with mail_server(trust) as post:
        login: dict[str, Any] = {"smtp_user": "idp", "smtp_password_file": tmp_path / "wachtwoord"}
        unknown = open_house(database_url, tmp_path, **post.settings, **login)
        with unknown.app.app_context(), pytest.raises(mail.NotMailed, match="certificate"):
            mail.post(letter)
        assert post.passwords == []
        known = open_house(
            database_url,
            tmp_path,
            **post.settings,
            **login,
            ca_bundle=tmp_path / "tls" / "ca.pem",
        )
        with known.app.app_context():
            mail.post(letter)
        assert (len(post.mails), len(post.passwords)) == (1, 1)
        post.trust = None  # offers no TLS any more: somebody stands in between
        with known.app.app_context(), pytest.raises(mail.NotMailed):
            mail.post(letter)
        assert (len(post.mails), len(post.passwords)) == (1, 1)


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("notice", list(Notice))
def test_a_notice_says_whom_to_call_and_holds_no_link_and_nothing_to_sign_in_with(
    tmp_path: Path, notice: Notice, language: str
) -> None:
    current = settings_for("sqlite://", tmp_path)
    happened = Happened(
        notice=notice,
        at=NOW,
        organisation="Gemeente\nVoorbeeld",
        method="sms",
        device="Firefox op Windows",
        times=7,
    )
    subject, body = written(happened, language, current)
    assert set(_WORDS["nl"]) == set(_WORDS["en"]) == set(Notice)
    assert "\n" not in subject
    assert "{" not in subject + body
    assert "://" not in body
    assert "www." not in body
    assert current.servicedesk_phone in body
    assert "Gemeente Voorbeeld" in body


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "IDP_SMTP_FROM"),
        ({"SMTP_FROM": "niemand"}, "IDP_SMTP_FROM"),
        ({"SMTP_FROM": "a@b.nl", "SMTP_SECURITY": "none"}, "IDP_SMTP_SECURITY"),
        ({"SMTP_FROM": "a@b.nl", "SMTP_USER": "idp"}, "IDP_SMTP_PASSWORD_FILE"),
        (
            {"SMTP_FROM": "a@b.nl", "SMTP_USER": "idp", "SMTP_PASSWORD_FILE": "/nergens"},
            "IDP_SMTP_PASSWORD_FILE",
        ),
    ],
)
def test_settings_that_cannot_mail_are_refused_at_start(
    tmp_path: Path, wrong: dict[str, str], named: str
) -> None:
    (tmp_path / "secret").write_text("5f" * 32)
    environment = {
        "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
        "IDP_ALLOW_FILE_KEYS": "1",
        "IDP_SECRET_FILE": str(tmp_path / "secret"),
        "IDP_SMTP_HOST": "mail.voorbeeld.nl",
    }
    with pytest.raises(SettingsError, match=named):
        load(environment | {f"IDP_{name}": text for name, text in wrong.items()})


@ONE
def test_an_address_that_the_mail_server_cannot_carry_is_said_so(house: House) -> None:
    address = "jürgen@voorbeeld.nl"
    letter = mail.Mail(id="a" * 32, to=address, language="nl", subject="x", body="y")
    with house.app.app_context(), pytest.raises(mail.NotMailed) as why:
        mail.post(letter)
    assert "voorbeeld" not in str(why.value)
