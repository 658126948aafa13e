"""Settings that cannot work are refused at start: one line per problem, each naming the setting and the way out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from idp.assurance import Level
from idp.settings import Settings, SettingsError, load
from idp.settings.described import as_markdown

HERE = "https://inloggen.voorbeeld.nl"


@pytest.fixture
def good(tmp_path: Path) -> dict[str, str]:
    """The environment of a true installation."""
    (tmp_path / "secret").write_text("5f" * 32)
    return {
        "IDP_ISSUER": HERE,
        "IDP_SECRET_FILE": str(tmp_path / "secret"),
        "IDP_ALLOW_FILE_KEYS": "1",
    }


#: What is changed in a good environment (None: left out) → the setting that is named, and words of the way out.
BAD = [
    ({"IDP_ISSUER": None}, "IDP_ISSUER", "required"),
    ({"IDP_ISSUER": ""}, "IDP_ISSUER", "required"),
    ({"IDP_ISSUER": "inloggen.voorbeeld.nl"}, "IDP_ISSUER", "origin"),
    ({"IDP_ISSUER": f"{HERE}/"}, "IDP_ISSUER", "without a path or a slash"),
    ({"IDP_ISSUER": f"{HERE}/idp"}, "IDP_ISSUER", "without a path"),
    ({"IDP_ISSUER": f"{HERE}?x=1"}, "IDP_ISSUER", "origin"),
    ({"IDP_ISSUER": f"{HERE}#x"}, "IDP_ISSUER", "origin"),
    ({"IDP_ISSUER": "ftp://inloggen.voorbeeld.nl"}, "IDP_ISSUER", "origin"),
    ({"IDP_ISSUER": "https://Inloggen.voorbeeld.nl"}, "IDP_ISSUER", "lower case"),
    ({"IDP_ISSUER": "https://user@voorbeeld.nl"}, "IDP_ISSUER", "no user name"),
    ({"IDP_ISSUER": "http://inloggen.voorbeeld.nl"}, "IDP_ISSUER", "https unless"),
    ({"IDP_ISSUER": "http://localhost.voorbeeld.nl"}, "IDP_ISSUER", "https unless"),
    ({"IDP_ISSUER": "http://10.0.0.1:8400"}, "IDP_ISSUER", "https unless"),
    ({"IDP_ISSUER": f"{HERE}:poort"}, "IDP_ISSUER", "poort"),
    ({"IDP_ISSUER": f"{HERE}:443"}, "IDP_ISSUER", "usual port"),
    ({"IDP_ISSUER": "http://localhost:80"}, "IDP_ISSUER", "usual port"),
    ({"IDP_ISSUER": f"{HERE}:70000"}, "IDP_ISSUER", "0-65535"),
    ({"IDP_SECRET_FILE": None}, "IDP_SECRET_FILE", "openssl rand -hex 32"),
    ({"IDP_SECRET_FILE": "/nergens/geheim"}, "IDP_SECRET_FILE", "cannot serve"),
    ({"IDP_ALLOW_FILE_KEYS": None}, "IDP_ALLOW_FILE_KEYS", "outside the demo"),
    ({"IDP_ALLOW_FILE_KEYS": "maybe"}, "IDP_ALLOW_FILE_KEYS", "bool"),
    ({"IDP_KEYS": "keys/"}, "IDP_KEYS", "file:"),
    ({"IDP_KEYS": "file:"}, "IDP_KEYS", "file:"),
    ({"IDP_KEYS": "pkcs11:token"}, "IDP_KEYS", "file:"),
    ({"IDP_TRUSTED_PROXIES": "proxy.voorbeeld.nl"}, "IDP_TRUSTED_PROXIES", "IP addresses"),
    ({"IDP_METRICS_FROM": "prometheus"}, "IDP_METRICS_FROM", "such as 10.0.5.0/24"),
    ({"IDP_METRICS_FROM": "10.0.5.1/24"}, "IDP_METRICS_FROM", "such as 10.0.5.0/24"),
    ({"IDP_METRICS_FROM": "::/0"}, "IDP_METRICS_FROM", "everybody"),
    ({"IDP_DEMO": "1"}, "IDP_DEMO", "loopback"),
    ({"IDP_PASSWORD_BY_MAIL": "1"}, "IDP_PASSWORD_BY_MAIL", "IDP_SMTP_HOST"),
    ({"IDP_DEVICE_RULES": "/nergens/regels.toml"}, "IDP_DEVICE_RULES", "cannot be read"),
    ({"IDP_SMS_GATEWAY": "outbox"}, "IDP_SMS_GATEWAY", "demo only"),
    ({"IDP_SMS_GATEWAY": "duif"}, "IDP_SMS_GATEWAY", "outbox"),
    ({"IDP_VOICE_GATEWAY": "outbox"}, "IDP_VOICE_GATEWAY", "demo only"),
    ({"IDP_MAIL_GATEWAY": "outbox"}, "IDP_MAIL_GATEWAY", "demo only"),
    ({"IDP_MAIL_GATEWAY": "duif"}, "IDP_MAIL_GATEWAY", "outbox"),
    ({"IDP_VOICE_GATEWAY": "duif"}, "IDP_VOICE_GATEWAY", "outbox"),
    ({"IDP_ENROLMENT_LEVEL": "high"}, "IDP_ENROLMENT_LEVEL", "substantieel"),
    ({"IDP_ACCESSIBILITY_STATUS": "E"}, "IDP_ACCESSIBILITY_STATUS", "'A', 'B', 'C' or 'D'"),
    ({"IDP_ACCESSIBILITY_STATEMENT": "javascript:x"}, "IDP_ACCESSIBILITY_STATEMENT", "https://"),
    ({"IDP_ID_TOKEN_SECONDS": "301"}, "IDP_ID_TOKEN_SECONDS", "300"),
    ({"IDP_ID_TOKEN_SECONDS": "29"}, "IDP_ID_TOKEN_SECONDS", "30"),
    ({"IDP_ACCESS_TOKEN_SECONDS": "901"}, "IDP_ACCESS_TOKEN_SECONDS", "900"),
    ({"IDP_SESSION_IDLE_MINUTES": "61"}, "IDP_SESSION_IDLE_MINUTES", "60"),
    ({"IDP_SESSION_IDLE_MINUTES": "4"}, "IDP_SESSION_IDLE_MINUTES", "5"),
    ({"IDP_SESSION_IDLE_MINUTES": "lang"}, "IDP_SESSION_IDLE_MINUTES", "integer"),
    ({"IDP_SESSION_HOURS": "25"}, "IDP_SESSION_HOURS", "24"),
    ({"IDP_PASSWORD_MINIMUM": "7"}, "IDP_PASSWORD_MINIMUM", "8"),
    ({"IDP_PARALLEL_HASHES": "0"}, "IDP_PARALLEL_HASHES", "1"),
    ({"IDP_WORKERS": "0"}, "IDP_WORKERS", "1"),
    ({"IDP_LOG_LEVEL": "trace"}, "IDP_LOG_LEVEL", "debug"),
    ({"IDP_ISUER": HERE}, "IDP_ISUER", "not a setting"),
    ({"IDP_DEBUG": "1"}, "IDP_DEBUG", "not a setting"),
    ({"IDP_CONFIG": "/nergens/idp.toml"}, "IDP_CONFIG", "cannot be read"),
]


@pytest.mark.parametrize(("change", "name", "way_out"), BAD)
def test_what_cannot_work_is_refused_in_one_line_that_names_the_setting(
    good: dict[str, str], change: dict[str, str | None], name: str, way_out: str
) -> None:
    environment = {key: text for key, text in (good | change).items() if text is not None}
    with pytest.raises(SettingsError) as refused:
        load(environment)
    (line,) = refused.value.problems
    assert line.startswith(f"{name}: "), line
    assert way_out in line
    assert "\n" not in line


def test_every_problem_gets_a_line_of_its_own(good: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        load(good | {"IDP_WORKERS": "0", "IDP_LOG_LEVEL": "trace", "IDP_FOO": "1"})
    assert sorted(line.partition(":")[0] for line in refused.value.problems) == [
        "IDP_FOO",
        "IDP_LOG_LEVEL",
        "IDP_WORKERS",
    ]


@pytest.mark.parametrize("text", ["", "ab", "5f" * 31, "é" * 64])
def test_a_root_secret_that_cannot_serve_is_refused_at_start(
    good: dict[str, str], text: str
) -> None:
    Path(good["IDP_SECRET_FILE"]).write_text(text)
    with pytest.raises(SettingsError, match=r"^IDP_SECRET_FILE: "):
        load(good)


@pytest.mark.parametrize(
    "issuer",
    ["http://localhost:8400", "http://127.0.0.1:8400", "http://[::1]:8400", "https://localhost"],
)
def test_a_loopback_issuer_may_do_without_https_and_be_a_demo(
    good: dict[str, str], issuer: str
) -> None:
    settings = load(good | {"IDP_ISSUER": issuer, "IDP_DEMO": "1", "IDP_SMS_GATEWAY": "outbox"})
    assert settings.is_loopback
    assert settings.issuer == issuer


def test_defaults_are_those_of_the_contract(good: dict[str, str]) -> None:
    settings = load(good)
    assert settings.session_idle == timedelta(minutes=30)
    assert settings.session_lifetime == timedelta(hours=8)
    assert (settings.id_token_seconds, settings.access_token_seconds) == (300, 600)
    assert settings.password_minimum == 12
    assert settings.enabled_profiles == ("nlgov", "basic")
    assert settings.enrolment_level == "substantieel"
    assert (settings.bind, settings.database_url) == ("127.0.0.1:8400", "sqlite:///var/idp.db")
    assert (settings.demo, settings.trusted_proxies) == (False, ())
    assert (settings.sms_gateway, settings.voice_gateway) == ((), ())
    assert settings.acr[Level.SUBSTANTIEEL] == "http://eidas.europa.eu/LoA/substantial"
    assert settings.host == "inloggen.voorbeeld.nl"


def test_the_environment_wins_over_the_file_and_other_variables_do_not_count(
    good: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "idp.toml"
    file.write_text(
        'session_hours = 4\nsession_idle_minutes = 20\ntrusted_proxies = ["10.0.0.1"]\n'
    )
    environment = good | {"IDP_CONFIG": str(file), "IDP_SESSION_HOURS": "6", "HOME": "/x"}
    settings = load(environment)
    assert settings.session_lifetime == timedelta(hours=6)
    assert settings.session_idle == timedelta(minutes=20)
    assert settings.trusted_proxies == ("10.0.0.1",)


def test_an_empty_variable_counts_as_unset(good: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "idp.toml"
    file.write_text("session_hours = 4\n")
    empty = {"IDP_SESSION_HOURS": "", "IDP_WORKERS": "", "IDP_DEMO": "", "IDP_BRAND_LOGO": ""}
    settings = load(good | empty | {"IDP_CONFIG": str(file)})
    assert settings.session_lifetime == timedelta(hours=4)
    assert settings == load(good | {"IDP_CONFIG": str(file)})
    assert load(good | {"IDP_CONFIG": ""}) == load(good)


@pytest.mark.parametrize("bind", ["127.0.0.1:8400", "localhost:8400", "[::1]:8400"])
def test_a_demo_listens_on_loopback(good: dict[str, str], bind: str) -> None:
    demo = {"IDP_ISSUER": "http://localhost:8400", "IDP_DEMO": "1", "IDP_BIND": bind}
    assert load(good | demo).bind == bind


@pytest.mark.parametrize(
    "bind",
    [
        "0.0.0.0:8400",
        ":8400",
        "[::]:8400",
        "10.0.0.1:8400",
        "localhost.voorbeeld.nl:8400",
        "127.0.0.1:8400,0.0.0.0:8400",
        "0.0.0.0:8400@127.0.0.1:8400",
        "tcp://0.0.0.0:8400",
        "127.0.0.1:8400\n",
    ],
)
def test_a_demo_never_listens_where_others_can_reach_it(good: dict[str, str], bind: str) -> None:
    demo = {"IDP_ISSUER": "http://localhost:8400", "IDP_DEMO": "1", "IDP_BIND": bind}
    with pytest.raises(SettingsError) as refused:
        load(good | demo)
    (line,) = refused.value.problems
    assert line.startswith("IDP_BIND: ")
    assert "loopback" in line
    assert load(good | {"IDP_BIND": bind}).bind == bind


@pytest.mark.parametrize("text", ["session_hours = ", "issuers = 'x'", "session_hours = 'veel'"])
def test_a_file_is_held_to_the_same_rules(good: dict[str, str], tmp_path: Path, text: str) -> None:
    file = tmp_path / "idp.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"^IDP_"):
        load(good | {"IDP_CONFIG": str(file)})


def test_lists_are_written_with_commas(good: dict[str, str]) -> None:
    given = {"IDP_TRUSTED_PROXIES": " 10.0.0.1, 10.0.0.2 ,", "IDP_ENABLED_PROFILES": "basic"}
    settings = load(good | given)
    assert settings.trusted_proxies == ("10.0.0.1", "10.0.0.2")
    assert settings.enabled_profiles == ("basic",)


def test_settings_do_not_change(good: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        load(good).session_hours = 24  # type: ignore[misc]


def descriptions() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        yield f"IDP_{name.upper()}", field.description or ""


def test_every_setting_is_explained_in_the_table() -> None:
    table = as_markdown()
    for name, description in descriptions():
        assert description, name
        assert f"| `{name}` | " in table
