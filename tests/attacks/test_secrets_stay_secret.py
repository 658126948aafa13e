"""What nobody may read afterwards: a whole life of the house at debug level, and no secret in the log or in a dump."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text

from idp import clock
from idp.database import db
from idp.flows.cookies import BROWSER, SESSION
from tests.attacks.life import IN_THE_WRONG_FIELD, Known, every_row, lead_a_life, written_out
from tests.protocol.relying_party import Provider
from tests.support.journeys import House, add_person, identify, open_house
from tests.support.run import Run


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


# --- the log ---------------------------------------------------------------------------------------------------------


class Ears(logging.Handler):
    """Hears everything that anybody logs, as the plainest formatter writes it, arguments and traces included."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.heard: list[str] = []
        self.names: set[str] = set()
        self.plain = logging.Formatter("%(name)s %(message)s")

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.names.add(record.name)
        self.heard.append(f"{self.plain.format(record)} {record.args!r}")


@contextmanager
def everything_logged() -> Iterator[Ears]:
    """Every logger at debug level, those that libraries keep for themselves included."""
    chatty = (
        "sqlalchemy.engine",
        "sqlalchemy.pool",
        "authlib",
        "werkzeug",
        "flask",
        "idp",
        "psycopg",
    )
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, {*chatty, *root.manager.loggerDict})]
    before = [(one, one.level, one.disabled) for one in loggers]
    ears = Ears()
    root.addHandler(ears)
    try:
        for one in loggers:
            one.setLevel(logging.DEBUG)
            one.disabled = False
        yield ears
    finally:
        root.removeHandler(ears)
        for one, level, disabled in before:
            one.setLevel(level)
            one.disabled = disabled


def test_no_log_at_any_level_holds_a_secret(
    time: clock.Standing,
    database_url: str,
    tmp_path: Path,
    run: Run,
    capfd: pytest.CaptureFixture[str],
) -> None:
    house = open_house(database_url, tmp_path, log_level="debug")  # here, where `capfd` is at work
    with everything_logged() as ears:
        known = lead_a_life(house, Provider.of(house, run), time)
        logging.getLogger("idp.canary").debug("a %s sings", "kanarie-van-twaalf")
    heard, read = "\n".join(ears.heard), capfd.readouterr()
    canary = Known({"canary": {"kanarie-van-twaalf"}})
    for logged in (heard, read.err):
        assert "UPDATE passcode" in logged
        assert canary.found_in(logged)
        assert known.found_in(logged) == {}
    assert {"idp.canary", "sqlalchemy.engine.Engine"} <= ears.names
    assert known.found_in(read.out) == {}


def test_a_failing_database_tells_nobody_what_was_typed(
    time: clock.Standing, database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The text of its error may quote the statement and what stood in it; it goes to no page and to no log."""
    house = open_house(database_url, tmp_path, log_level="debug")
    anna, browser = add_person(house, totp=True), house.browser()
    known = Known({"typed": {IN_THE_WRONG_FIELD, anna.password}, "seed": {anna.totp or ""}})
    browser.get("/")
    with table_lost(house, "account"), everything_logged() as ears:
        pages = [
            identify(browser, each)
            for each in (
                anna,
                replace(anna, password=IN_THE_WRONG_FIELD),
                replace(anna, username=IN_THE_WRONG_FIELD),
            )
        ]
    assert [(page.status, page.error) for page in pages] == [(500, "server-error")] * 3
    written = capfd.readouterr()
    assert (
        '"error":"OperationalError"' in written.err or '"error":"ProgrammingError"' in written.err
    )
    for text_ in (written.err, written.out, "\n".join(ears.heard), *(page.html for page in pages)):
        assert known.found_in(text_) == {}
    for page in pages:
        assert not re.search(r"Traceback|OperationalError|account_|sqlalchemy", page.html)


@contextmanager
def table_lost(house: House, name: str) -> Iterator[None]:
    """A database in which one table is not to be found."""

    def rename(here: str, there: str) -> None:
        with house.inside():
            db.session.execute(text(f"ALTER TABLE {here} RENAME TO {there}"))

    rename(name, "elsewhere")
    try:
        yield
    finally:
        rename("elsewhere", name)


# --- the database ----------------------------------------------------------------------------------------------------


def digests(value: str) -> Iterator[str]:
    """What somebody makes of a secret who forgets the key."""
    for text_ in {value, re.sub(r"[ -]", "", value)}:
        for name in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(name, text_.encode())
            yield digest.hexdigest()
            yield base64.b64encode(digest.digest()).decode().rstrip("=")
            yield base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")


#: S256 of a verifier is what RFC 7636 has us keep.
KEPT_ON_PURPOSE: Final = {"verifier"}
FULL: Final = {
    *("account", "credential", "passcode", "activation_code", "login_transaction", "session"),
    *("authorization_code", "authorization_request", "access_token", "client", "session_client"),
    *(
        "outgoing_message",
        "outbox_message",
        "audit_event",
        "spent_assertion",
        "throttle_counter",
        "refresh_token",
    ),
}


def test_a_copy_of_the_database_holds_no_secret_and_opens_no_door(
    provider: Provider, time: clock.Standing
) -> None:
    """Neither as it is nor as a digest without a key; and a thief tries each text of it as each kind of key."""
    known = lead_a_life(provider.house, provider, time)
    rows = every_row(provider.house)
    dump = written_out(rows)
    assert {name for name in FULL if not rows[name]} == set()
    assert known.found_in(dump) == {}
    for what, values in known.secrets.items():
        if what not in KEPT_ON_PURPOSE:
            told = {value for value in values if any(one in dump for one in digests(value))}
            assert not told, f"a {what} lies there as a digest without a key"
    keys = set(re.findall(r"[A-Za-z0-9_-]{20,128}", dump))
    assert {43, 64} <= {len(one) for one in keys}  # names of sessions at clients, and digests
    shop = provider.application(None, grant_types=("authorization_code", "refresh_token"))
    waiting = f"/inloggen/{rows['login_transaction'][-1]['id']}"
    for key in sorted(keys):
        thief = provider.house.browser()
        thief.plant(SESSION, key)
        thief.plant(BROWSER, key)
        assert thief.send("GET", "/mijn/applicaties").headers["Location"] == "/", key
        assert shop.userinfo(key).status_code == 401, key
        assert shop.redeem(key).status_code == 400, key
        assert shop.refresh(key).get_json()["error"] == "invalid_grant", key
        if len(key) == 43:
            assert thief.send("GET", waiting).error == "other-browser", key
