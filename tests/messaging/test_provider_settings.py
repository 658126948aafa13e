"""Settings of gateways: what is missing or cannot be right is refused at start, by the name that the operator typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.settings import Settings, SettingsError, load
from tests.messaging.counterparts import ACCOUNT, CALLER, TWILIO_TOKEN
from tests.support.house import ROOT_SECRET

TOKEN = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    """A deployment with both providers for both channels."""
    for name, content in (
        ("secret", ROOT_SECRET),
        ("cm", TOKEN),
        ("twilio", TWILIO_TOKEN),
        ("reports", "3f" * 32),
    ):
        (tmp_path / name).write_text(content + "\n", encoding="ascii")
    return {
        "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
        "IDP_SECRET_FILE": str(tmp_path / "secret"),
        "IDP_ALLOW_FILE_KEYS": "1",
        "IDP_SMS_GATEWAY": "cm,twilio",
        "IDP_VOICE_GATEWAY": "twilio,cm",
        "IDP_CM_TOKEN_FILE": str(tmp_path / "cm"),
        "IDP_CM_SENDER": "Voorbeeld",
        "IDP_CM_CALLER": CALLER,
        "IDP_CM_REPORTS_SECRET_FILE": str(tmp_path / "reports"),
        "IDP_TWILIO_ACCOUNT": ACCOUNT,
        "IDP_TWILIO_TOKEN_FILE": str(tmp_path / "twilio"),
        "IDP_TWILIO_SENDER": "+3197012345678",
        "IDP_TWILIO_CALLER": CALLER,
    }


def problem_of(given: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        load(given)
    return str(refused.value)


def test_both_providers_can_carry_both_channels(given: dict[str, str]) -> None:
    settings = load(given)
    assert (settings.sms_gateway, settings.voice_gateway) == (("cm", "twilio"), ("twilio", "cm"))
    assert settings.cm_token.reveal() == TOKEN
    assert settings.twilio_token.reveal() == TWILIO_TOKEN


@pytest.mark.parametrize(
    "name",
    [
        "IDP_CM_TOKEN_FILE",
        "IDP_CM_SENDER",
        "IDP_CM_CALLER",
        "IDP_TWILIO_ACCOUNT",
        "IDP_TWILIO_TOKEN_FILE",
        "IDP_TWILIO_SENDER",
        "IDP_TWILIO_CALLER",
    ],
)
def test_a_gateway_without_what_it_needs_is_refused_by_that_name(
    given: dict[str, str], name: str
) -> None:
    del given[name]
    assert name in problem_of(given)


def test_what_a_gateway_needs_is_asked_only_where_it_is_chosen(given: dict[str, str]) -> None:
    given = {name: text for name, text in given.items() if "TWILIO" not in name}
    given |= {"IDP_SMS_GATEWAY": "cm", "IDP_VOICE_GATEWAY": "cm"}
    load(given)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("IDP_CM_SENDER", "Gemeente Voorbeeld"),  # too long
        ("IDP_CM_SENDER", "12345678"),  # a number without its country
        ("IDP_CM_SENDER", "MG" + "0a" * 16),  # Twilio's
        ("IDP_CM_CALLER", "020 1234567"),
        ("IDP_TWILIO_ACCOUNT", "SK" + "0a" * 16),  # an API key signs no webhooks
        ("IDP_TWILIO_CALLER", "Voorbeeld"),
        ("IDP_TWILIO_ADDRESS", "http://api.twilio.com"),
        ("IDP_TWILIO_ADDRESS", "http://localhost:8080"),  # for a demo or a test
        ("IDP_TWILIO_ADDRESS", "https://api.twilio.com/"),
        ("IDP_CM_TEXT_ADDRESS", "https:///v1.0/message"),
        ("IDP_CM_TOKEN_FILE", "/nowhere/at/all"),
    ],
)
def test_what_cannot_be_right_is_refused(given: dict[str, str], name: str, text: str) -> None:
    assert name in problem_of(given | {name: text})


@pytest.mark.parametrize("content", ["", "two words", "short", "é" * 20])
@pytest.mark.parametrize(
    "name", ["IDP_CM_TOKEN_FILE", "IDP_TWILIO_TOKEN_FILE", "IDP_CM_REPORTS_SECRET_FILE"]
)
def test_a_file_that_holds_no_secret_is_refused_without_its_content(
    given: dict[str, str], name: str, content: str
) -> None:
    Path(given[name]).write_text(content, encoding="utf-8")
    told = problem_of(given)
    assert name in told
    assert content == "" or content not in told


def test_no_secret_shows_where_settings_are_printed(given: dict[str, str]) -> None:
    settings: Settings = load(given)
    assert settings.cm_reports_secret is not None
    shown = f"{settings!r} {settings.cm_token!r} {settings.twilio_token!r} {settings.cm_reports_secret!r}"
    for secret in (TOKEN, TWILIO_TOKEN, "3f" * 32):
        assert secret not in shown


@pytest.mark.parametrize("page", ["cm", "twilio"])
def test_the_settings_of_its_page_work(page: str, given: dict[str, str], tmp_path: Path) -> None:
    """Those of `docs/berichten/`, with the files where this test has them."""
    house = {name: given[name] for name in ("IDP_ISSUER", "IDP_SECRET_FILE", "IDP_ALLOW_FILE_KEYS")}
    text = (Path(__file__).parents[2] / f"docs/berichten/{page}.md").read_text(encoding="utf-8")
    block = text.partition("```sh\n")[2].partition("```")[0]
    shown = dict(line.split("=", 1) for line in block.splitlines())
    files = {name: given[name] for name in shown if name.endswith("_FILE")}
    settings = load(house | shown | files)
    assert (settings.sms_gateway, settings.voice_gateway) == ((page,), (page,))
