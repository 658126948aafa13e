"""Secret values hide themselves, differ from one another, and open only where they were sealed."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import pytest

from idp import vault
from idp.messaging.addresses import PhoneNumber
from idp.messaging.gateways import Message
from idp.secret_values import (
    RootSecret,
    Secret,
    new_id,
    new_reference,
    random_digits,
    random_token,
    same,
)
from idp.settings import SettingsError, current
from tests.support.journeys import NOW, ROOT_SECRET, deployed, settings_for

HIDDEN = "s3cret-text"


def test_a_secret_shows_itself_nowhere() -> None:
    secret = Secret(HIDDEN)
    message = Message(
        id=new_id(),
        channel="sms",
        to=PhoneNumber("+31612345678"),
        says=secret,
        code=secret,
        language="nl",
        expires_at=NOW,
    )
    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret}", repr([secret])]
    shown += [repr({"code": secret}), repr(message), str(ValueError(secret)), ascii(secret)]
    assert not [text for text in shown if HIDDEN in text]
    assert secret.reveal() == HIDDEN


def test_a_secret_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="idp"):
        logging.getLogger("idp").debug("the code is %s, or %r", Secret(HIDDEN), Secret(HIDDEN))
    assert "the code is" in caplog.text
    assert HIDDEN not in caplog.text


def test_secrets_are_compared_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert same("é", "é")
    assert not same("é", "e")


def test_settings_and_the_root_secret_do_not_show_it(tmp_path: Path) -> None:
    settings = settings_for("sqlite://", tmp_path)
    derived = settings.secret.derive("vault")
    for shown in (repr(settings), str(settings), repr(settings.secret), str(settings.secret)):
        assert ROOT_SECRET not in shown
        assert bytes.fromhex(ROOT_SECRET).decode("latin-1") not in shown
        assert repr(derived) not in shown


@pytest.mark.parametrize(
    "text",
    [
        "ab" * 32,
        "AB" * 32 + "\n",
        base64.urlsafe_b64encode(b"\xab" * 32).decode(),
        base64.urlsafe_b64encode(b"\xab" * 32).decode().rstrip("="),
    ],
)
def test_the_root_secret_is_read_from_hexadecimal_or_base64url(text: str) -> None:
    root = RootSecret.from_text(text)
    assert root.derive("vault") == RootSecret.from_text("ab" * 32).derive("vault")


@pytest.mark.parametrize("text", ["", "ab" * 31, "short", "é" * 64, "z" * 20])
def test_a_root_secret_that_is_too_short_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        RootSecret.from_text(text)
    settings = settings_for("sqlite://", tmp_path)
    (tmp_path / "root-secret").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="IDP_SECRET_FILE"):
        _ = settings.secret


def test_every_purpose_has_a_key_of_its_own() -> None:
    root, other = RootSecret.from_text("ab" * 32), RootSecret.from_text("cd" * 32)
    purposes = ("vault", "pepper 1", "csrf", "digest session", "digest passcode")
    keys = [one.derive(purpose) for one in (root, other) for purpose in purposes]
    assert len(set(keys)) == len(keys)
    assert root.digest("session", "x") != root.digest("browser", "x")
    assert len(root.digest("session", "x")) == 64


def test_tokens_have_at_least_128_random_bits_and_never_return() -> None:
    for make, length in ((random_token, 43), (new_id, 32)):
        drawn = {make() for _ in range(5_000)}
        assert len(drawn) == 5_000
        assert {len(text) for text in drawn} == {length}


def test_digits_keep_their_leading_zeros_and_are_spread_evenly() -> None:
    drawn = [random_digits(6) for _ in range(20_000)]
    assert all(len(code) == 6 and code.isascii() and code.isdigit() for code in drawn)
    for place in range(6):
        seen = [sum(code[place] == digit for code in drawn) for digit in "0123456789"]
        # chi-square with 9 degrees of freedom: 40 is passed once in 130,000 times
        assert sum((count - 2_000) ** 2 / 2_000 for count in seen) < 40
    assert any(code.startswith("0") for code in drawn)


def test_a_reference_can_be_read_out() -> None:
    reference = new_reference()
    assert len(reference) == 9
    assert reference[4] == "-"
    assert not set("ILOU") & set(reference)


# --- the vault -------------------------------------------------------------------------------------------------------

PLACE = "credential.secret:1"


def test_what_was_sealed_opens_in_its_own_place(tmp_path: Path) -> None:
    with deployed(tmp_path):
        for text in ("", "06 12345678", "é" * 1_000):
            assert vault.unseal(vault.seal(text, place=PLACE), place=PLACE) == text


@pytest.mark.parametrize(
    "place", ["credential.secret:2", "credential.label:1", "account.email:1", ""]
)
def test_a_value_moved_to_another_row_or_column_does_not_open(tmp_path: Path, place: str) -> None:
    with deployed(tmp_path):
        sealed = vault.seal(HIDDEN, place=PLACE)
        with pytest.raises(vault.Unreadable):
            vault.unseal(sealed, place=place)


def test_a_value_that_was_changed_anywhere_does_not_open(tmp_path: Path) -> None:
    with deployed(tmp_path):
        sealed = vault.seal(HIDDEN, place=PLACE)
        changed = [
            sealed[:place] + bytes([sealed[place] ^ 1]) + sealed[place + 1 :]
            for place in range(len(sealed))
        ]
        for broken in (*changed, b"", sealed[:-1], sealed[:10], sealed + b"\0"):
            with pytest.raises(vault.Unreadable):
                vault.unseal(broken, place=PLACE)


def test_one_text_is_never_sealed_alike_twice_and_never_shows(tmp_path: Path) -> None:
    with deployed(tmp_path):
        sealed = [vault.seal(HIDDEN, place=PLACE) for _ in range(50)]
    assert len(set(sealed)) == 50
    assert not [value for value in sealed if HIDDEN.encode() in value]


def test_another_root_secret_opens_nothing(tmp_path: Path) -> None:
    with deployed(tmp_path):
        sealed = vault.seal(HIDDEN, place=PLACE)
    other = tmp_path / "other"
    other.write_text("cd" * 32)
    with deployed(tmp_path, secret_file=other):
        assert current().secret_file == other
        with pytest.raises(vault.Unreadable):
            vault.unseal(sealed, place=PLACE)
