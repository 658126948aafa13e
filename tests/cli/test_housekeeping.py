"""The database's history, what expires, and what the examinations find."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy

from idp import clock, migrations
from idp.accounts import credentials, directory, sessions
from idp.assurance import password_proof
from idp.audit import Event, record
from idp.cli.demo_values import new_root_secret
from idp.database import db
from idp.mfa import seeding
from idp.models import (
    AccessToken,
    AuditEvent,
    Credential,
    KeyChallenge,
    LoginTransaction,
    SecurityKey,
    Session,
)
from idp.oidc import access_tokens, refresh_tokens, registered
from idp.oidc.mandates import Mandate
from idp.secret_values import RootSecret
from idp.servicedesk import supplies
from idp.servicedesk.supplies import Channel, Item
from tests.cli.operator import Operator


@pytest.fixture
def empty(blank_operator: Operator, blank_database_url: str) -> Operator:
    blank_operator.environment["IDP_DATABASE_URL"] = blank_database_url
    return blank_operator


def test_the_tables_come_and_go_by_the_line(empty: Operator) -> None:
    assert empty.types("db", "current", "--json").json["at_head"] is False
    assert "Upgraded from nothing" in empty.types("db", "upgrade").out
    assert "already" in empty.types("db", "upgrade").out
    assert empty.types("db", "current", "--json").json["at_head"] is True
    empty.types("relation", "add", "1", "Een", "--kind", "gemeente")
    assert "--yes" in empty.is_refused("db", "downgrade", "base")
    assert "not an earlier revision" in empty.is_refused(
        "db", "downgrade", "nooit-gehoord", "--yes"
    )
    assert "to nothing" in empty.types("db", "downgrade", "base", "--yes").out
    assert migrations.current(empty.environment["IDP_DATABASE_URL"]) is None
    assert "idp db upgrade" in empty.tries("relation", "list").err


def test_going_back_before_keys_forgets_them_and_leaves_other_methods(empty: Operator) -> None:
    empty.types("db", "upgrade")
    empty.types("relation", "add", "1", "Een", "--kind", "gemeente")
    empty.types("account", "add", "1", "anna", "--name", "Anna")
    with empty.at_work(keep=True):
        account = directory.find_account("1", "anna")
        seeding.add_totp(account, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
        key = credentials.begin(account.id, "webauthn", "a" * 32, "")
        db.session.add(
            SecurityKey(
                credential_id=key.id,
                key_id=b"key",
                public_key=b"public",
                sign_count=2**32 - 1,
                transports=["usb"],
                backup_eligible=False,
                backed_up=False,
                aaguid="00000000-0000-0000-0000-000000000000",
            )
        )
        credentials.confirm(key, replaces_kind=False)
    empty.types("db", "downgrade", "2026_11_22_the_first_house", "--yes")
    empty.types("db", "upgrade")
    with empty.at_work():
        assert db.session.query(SecurityKey).count() == 0
        assert [each.kind for each in db.session.query(Credential)] == ["totp"]


def test_going_back_before_refresh_tokens_keeps_what_came_before(empty: Operator) -> None:
    """And going forward again gives clients of `nlgov` signed access tokens."""
    empty.types("db", "upgrade")
    address = ("--redirect-uri", "https://app.voorbeeld.nl/cb")
    empty.types("client", "add", "App", "--id", "app", "--profile", "basic", *address)
    machine = ("--grant-type", "client_credentials", "--id", "nacht")
    empty.types("client", "add", "Nacht", "--profile", "basic", *machine)
    with empty.at_work(keep=True):
        client = registered.load("nacht")
        assert client is not None
        access_tokens.save("t" * 43, client, None, "", ())
    empty.types("db", "downgrade", "2026_11_22_security_keys", "--yes")
    with sqlalchemy.create_engine(empty.environment["IDP_DATABASE_URL"]).begin() as connection:
        connection.execute(
            sqlalchemy.text("UPDATE client SET profile = 'nlgov' WHERE client_id = 'app'")
        )
    empty.types("db", "upgrade")
    assert empty.types("client", "show", "app", "--json").json["access_token_format"] == "jwt"
    assert empty.types("client", "show", "app", "--json").json["grant_types"] == [
        "authorization_code"
    ]
    with empty.at_work():
        assert db.session.query(AccessToken).count() == 0


def test_purge_takes_refresh_tokens_a_day_after_they_ended(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    operator.types(
        *("client", "add", "App", "--id", "app", "--profile", "basic"),
        *("--redirect-uri", "https://app.voorbeeld.nl/cb"),
    )
    for age in (timedelta(hours=1), timedelta(days=2)):
        with operator.at_work(keep=True), clock.standing_at(clock.now() - age):
            account = directory.find_account(*jansen)
            session_id, _ = sessions.open_session(
                account.id, [password_proof(clock.now())], device="toets", reference="0000-0000"
            )
            refresh_tokens.first(
                Mandate(
                    family="f" * 64,
                    client_id="app",
                    account_id=account.id,
                    session_id=session_id,
                    scope="openid",
                    claims={},
                    acr="laag",
                    auth_time=0,
                    sid="s" * 43,
                    reference="0000-0000",
                )
            )
    assert deleted(operator) == {"refresh_token": 1}


def test_purge_keeps_who_saw_a_start_password_as_long_as_that_works(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    with operator.at_work(keep=True), clock.standing_at(clock.now() - timedelta(days=40)):
        account = directory.find_account(*jansen)
        supplies.note(account, Item.PASSWORD, Channel.TELEPHONE, actor="desk:x")
        supplies.note(account, Item.USERNAME, Channel.MAIL, actor="desk:x")
    assert deleted(operator) == {"desk_supply": 1}
    with operator.at_work(keep=True):
        directory.find_account(*jansen).password_is_temporary = False
    assert deleted(operator) == {"desk_supply": 1}


def test_purge_takes_challenges_of_keys_that_nobody_answered(operator: Operator) -> None:
    now = clock.now()
    with operator.at_work(keep=True):
        for number, age in enumerate((timedelta(hours=1), timedelta(days=2))):
            db.session.add(
                KeyChallenge(
                    challenge=str(number),
                    login_id="a" * 32,
                    account_id="b" * 32,
                    purpose="step",
                    expires_at=now - age,
                )
            )
    assert deleted(operator) == {"key_challenge": 1}


def test_a_relative_database_counts_from_where_the_command_runs(
    blank_operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    blank_operator.environment["IDP_DATABASE_URL"] = "sqlite:///var/idp.db"
    blank_operator.types("db", "upgrade")
    assert (tmp_path / "var/idp.db").exists()
    blank_operator.types("relation", "add", "1", "Een", "--kind", "gemeente")


def test_the_database_is_for_its_owner_only_and_so_is_what_lies_beside_it(
    blank_operator: Operator, tmp_path: Path
) -> None:
    before = os.umask(0o022)
    try:
        blank_operator.types("db", "upgrade")
        with blank_operator.at_work(keep=True):
            record(Event.SIGN_IN_FAILED, succeeded=False)
            db.session.flush()
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("idp.db*")}
    finally:
        os.umask(before)
    assert modes == {"idp.db": 0o600, "idp.db-wal": 0o600, "idp.db-shm": 0o600}


def test_asking_what_is_there_makes_no_open_file_either(
    blank_operator: Operator, tmp_path: Path
) -> None:
    assert blank_operator.types("db", "current", "--json").json["at_head"] is False
    assert (tmp_path / "idp.db").stat().st_mode & 0o777 == 0o600


def deleted(operator: Operator) -> dict[str, int]:
    return {
        each["what"]: each["deleted"]
        for each in operator.types("purge", "--json").json
        if each["deleted"]
    }


def test_purge_takes_what_has_expired_and_leaves_the_rest(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    now = clock.now()
    with operator.at_work(keep=True):
        for age in (timedelta(hours=-1), timedelta(days=2)):
            db.session.add(
                LoginTransaction(
                    browser="b" * 64, reference="0000-0000", state={}, expires_at=now - age
                )
            )
    assert deleted(operator) == {"login_transaction": 1}
    assert deleted(operator) == {}


def test_purge_keeps_the_last_session_of_everybody(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    for age in (timedelta(days=90), timedelta(days=60), timedelta(days=40)):
        with operator.at_work(keep=True), clock.standing_at(clock.now() - age):
            account = directory.find_account(*jansen)
            sessions.open_session(
                account.id, [password_proof(clock.now())], device="toets", reference="0000-0000"
            )
    assert deleted(operator) == {"session": 2}
    with operator.at_work():
        assert db.session.query(Session).count() == 1


def test_purge_forgets_audit_events_after_eighteen_months(operator: Operator) -> None:
    for age in (timedelta(days=600), timedelta(days=500)):
        with operator.at_work(keep=True), clock.standing_at(clock.now() - age):
            record(Event.SIGN_IN_FAILED, succeeded=False)
    assert deleted(operator) == {"audit_event": 1}
    with operator.at_work():
        assert db.session.query(AuditEvent).filter_by(event="sign-in-failed").count() == 1
        assert db.session.query(AuditEvent).filter_by(event="purged").count() == 1


def verdicts(operator: Operator, code: int) -> dict[str, str]:
    answer = operator.tries("doctor", "--json")
    assert answer.code == code, answer
    return {each["about"]: each["verdict"] for each in answer.json}


def test_doctor_finds_everything_in_order(operator: Operator) -> None:
    operator.types("keys", "rotate")
    assert verdicts(operator, 0) == {
        "root secret": "ok",
        "key folder": "note",
        "proxies": "note",
        "metrics": "ok",
        "leaked passwords": "note",
        "database": "ok",
        "clock": "ok",
        "signing keys": "ok",
        "text messages": "note",
        "telephone calls": "note",
    }
    assert "can sign as you" in operator.types("doctor").out


def test_doctor_finds_what_is_missing(empty: Operator) -> None:
    found = verdicts(empty, 1)
    assert (found["key folder"], found["database"]) == ("wrong", "wrong")


def test_doctor_finds_files_that_others_can_read(operator: Operator) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    for each in (operator.folder / "secret", *(operator.folder / "keys").glob("*.json")):
        each.chmod(0o644)
    found = verdicts(operator, 1)
    assert (found["root secret"], found["key folder"], found["signing keys"]) == (
        "wrong",
        "wrong",
        "wrong",
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_doctor_finds_a_database_that_others_can_open(operator: Operator) -> None:
    operator.types("keys", "rotate")
    Path(operator.environment["IDP_DATABASE_URL"].removeprefix("sqlite:///")).chmod(0o644)
    assert verdicts(operator, 1)["database"] == "wrong"
    assert "everybody can open" in operator.tries("doctor").out


@pytest.mark.parametrize(("mode", "who"), [(0o640, "its group"), (0o604, "everybody")])
def test_check_config_refuses_a_root_secret_that_others_can_read(
    blank_operator: Operator, mode: int, who: str
) -> None:
    secret = blank_operator.folder / "secret"
    secret.chmod(mode)
    answer = blank_operator.tries("check-config")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == (
        f"idp: IDP_SECRET_FILE: {secret} can be read by {who}; `chmod 600 {secret}`\n"
    )
    secret.chmod(0o600)
    assert "can work" in blank_operator.types("check-config").out


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_doctor_finds_a_clock_that_runs_ahead(operator: Operator) -> None:
    with clock.standing_at(clock.now() + timedelta(minutes=1)):
        assert verdicts(operator, 1)["clock"] == "wrong"


@pytest.fixture
def with_the_demos_secret(operator: Operator) -> Operator:
    (operator.folder / "secret").write_text(new_root_secret())
    return operator


@pytest.mark.parametrize("verb", ["check-config", "serve", "doctor"])
def test_the_demos_secret_is_refused_outside_the_demo(
    with_the_demos_secret: Operator, verb: str
) -> None:
    answer = with_the_demos_secret.tries(verb)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("idp: IDP_SECRET_FILE:")


def test_the_demos_secret_works_in_the_demo(with_the_demos_secret: Operator) -> None:
    with_the_demos_secret.environment |= {"IDP_DEMO": "1", "IDP_ISSUER": "http://localhost:9400"}
    assert "can work" in with_the_demos_secret.types("check-config").out


def test_no_two_demos_share_a_secret() -> None:
    one, other = (RootSecret.from_text(new_root_secret()).derive("x") for _ in range(2))
    assert one != other
