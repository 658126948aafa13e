"""The operator's list of models of keys: what it may hold, and that a wrong one is refused before anything starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from idp.settings import SettingsError, load
from idp.settings.key_models import read
from tests.support.house import settings_for
from tests.support.key_makers import LISTED, OTHER, Maker, listed

MAKER = Maker()


def test_a_listed_model_counts_and_a_broken_one_does_not(tmp_path: Path) -> None:
    found = read(listed(tmp_path, MAKER.entry(), MAKER.entry(OTHER, status="REVOKED")))
    assert list(found) == [str(LISTED)]
    assert found[str(LISTED)].name == "Sleutel van een voorbeeld"
    assert found[str(LISTED)].roots[0].startswith(b"-----BEGIN CERTIFICATE-----")


@pytest.mark.parametrize(
    "status",
    [
        "USER_VERIFICATION_BYPASS",
        "ATTESTATION_KEY_COMPROMISE",
        "USER_KEY_REMOTE_COMPROMISE",
        "USER_KEY_PHYSICAL_COMPROMISE",
    ],
)
def test_a_model_of_which_a_break_was_reported_does_not_count(tmp_path: Path, status: str) -> None:
    with pytest.raises(ValueError, match="names no model"):
        read(listed(tmp_path, MAKER.entry(status=status)))


def test_entries_that_are_not_about_passkeys_are_passed_over(tmp_path: Path) -> None:
    found = read(listed(tmp_path, {"aaid": "1234#5678"}, MAKER.entry()))
    assert list(found) == [str(LISTED)]


def changed(**changes: Any) -> bytes:
    return json.dumps({"entries": [MAKER.entry() | changes]}).encode()


WRONG = {
    "empty": b"",
    "cut short": json.dumps({"entries": [MAKER.entry()]}).encode()[:-40],
    "not a list of this form": b"[]",
    "no text": b"\xff\xfe\x00",
    "deep": b'{"entries":' + b"[" * 100_000,
    "no entries": b'{"entries": []}',
    "no model": changed(aaguid="00000000-0000-0000-0000-000000000000"),
    "no AAGUID": changed(aaguid="x"),
    "no certificate": changed(metadataStatement={"attestationRootCertificates": []}),
    "no such certificate": changed(metadataStatement={"attestationRootCertificates": ["MII="]}),
    "no statement": changed(metadataStatement=None),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_list_that_cannot_serve_is_refused_at_start_in_one_line(
    tmp_path: Path, name: str
) -> None:
    file = tmp_path / "list.json"
    file.write_bytes(WRONG[name])
    given = settings_for("sqlite://", tmp_path)
    environment = {
        "IDP_ISSUER": given.issuer,
        "IDP_SECRET_FILE": str(given.secret_file),
        "IDP_ALLOW_FILE_KEYS": "1",
        "IDP_KEY_METADATA": str(file),
    }
    with pytest.raises(SettingsError) as refused:
        load(environment)
    assert str(refused.value).startswith(f"IDP_KEY_METADATA: {file} cannot serve: ")
    assert "\n" not in str(refused.value)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    given = settings_for("sqlite://", tmp_path, key_metadata=tmp_path / "nowhere.json")
    with pytest.raises(SettingsError, match="cannot serve"):
        _ = given.key_models
