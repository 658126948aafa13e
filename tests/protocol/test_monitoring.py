"""What a load balancer and a monitoring system are told, and what they and everybody else are not."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event as Signal
from time import monotonic
from typing import Any

import pytest
import sqlalchemy
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from idp import keyring, metrics, migrations
from idp.audit import Event, record
from idp.clock import Standing
from idp.database import db
from idp.monitoring import health
from tests.protocol.relying_party import Provider
from tests.support.journeys import ISSUER, PHONE, House, identify, open_house, wrong_code

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Series = dict[tuple[str, tuple[str, ...]], float]


def scraped(house: House, **how: Any) -> Any:
    """What `/metrics` answers to somebody on this machine, unless told otherwise."""
    asked: dict[str, Any] = {
        "base_url": "http://127.0.0.1:8400",
        "environ_overrides": {"REMOTE_ADDR": "127.0.0.1"},
    }
    return house.app.test_client().get("/metrics", **asked | how)


def series(house: House) -> Series:
    """Every number of the present reading, by name and labels."""
    answer = scraped(house)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=")
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def moved(before: Series, after: Series) -> Series:
    """What came on top between two readings; all tests of a process count together."""
    return {
        name: after[name] - before.get(name, 0)
        for name in after
        if name[0].endswith(("_total", "_count")) and after[name] != before.get(name, 0)
    }


# --- what is counted -------------------------------------------------------------------------------------------------


def test_a_sign_in_its_tokens_its_messages_and_refusals_are_counted(
    provider: Provider, house: House
) -> None:
    shop = provider.application()
    anna = provider.person(phone=PHONE)
    before, browser = series(house), house.browser()
    page = identify(browser, anna, at=shop.address())
    browser.submit("volgende")
    assert browser.submit("volgende", code=wrong_code(house.newest_code())).status == 422
    page = browser.submit("volgende", code=house.newest_code())
    assert shop.redeem(shop.answer(page)["code"]).status_code == 200
    assert shop.redeem("no-such-code").status_code == 400
    assert browser.get("/nergens").error == "not-found"
    came = moved(before, series(house))
    assert came["idp_events_total", ("password-accepted", "")] == 1
    assert came["idp_events_total", ("step-failed", "sms")] == 1
    assert came["idp_events_total", ("step-accepted", "sms")] == 1
    assert came["idp_events_total", ("sign-in-completed", "")] == 1
    assert came["idp_messages_total", ("sms", "taken")] == 1
    assert came["idp_tokens_total", ("authorization_code", "issued")] == 1
    assert came["idp_tokens_total", ("authorization_code", "refused")] == 1
    assert came["idp_refusals_total", ("invalid_grant", "client")] == 1
    assert came["idp_refusals_total", ("not-found", "person")] == 1
    assert came["idp_request_seconds_count", ("token", "2xx")] == 1
    assert came["idp_request_seconds_count", ("token", "4xx")] == 1
    assert came["idp_request_seconds_count", ("authorize", "3xx")] == 2
    assert came["idp_request_seconds_count", ("nowhere", "4xx")] == 1


@ONE
def test_what_was_rolled_back_did_not_happen(house: House) -> None:
    before = series(house)
    with house.app.app_context():
        record(Event.SIGN_IN_STOPPED)
        db.session.rollback()
        record(Event.SIGN_IN_THROTTLED)
        db.session.commit()
    came = moved(before, series(house))
    assert came["idp_events_total", ("sign-in-throttled", "")] == 1
    assert ("idp_events_total", ("sign-in-stopped", "")) not in came


def test_database_and_keys_are_looked_at(provider: Provider, house: House, time: Standing) -> None:
    day = timedelta(days=1)
    with house.inside():
        keyring.rotate("ES256", actor="test")
    first = series(house)
    assert first["idp_database_up", ()] == 1
    assert first["idp_key_age_seconds", ("ES256", "next")] == 0
    assert first["idp_key_overdue", ("ES256",)] == 0
    time.move(100 * day)
    later = series(house)
    assert later["idp_key_age_seconds", ("ES256", "active")] == 92 * day.total_seconds()
    assert ("idp_key_age_seconds", ("ES256", "retired")) in later
    assert ("idp_key_age_seconds", ("ES256", "next")) not in later
    assert later["idp_key_overdue", ("ES256",)] == 1


# --- and what is not -------------------------------------------------------------------------------------------------


@ONE
def test_no_reading_tells_who_somebody_is(provider: Provider, house: House) -> None:
    """PROJ-OPS-07: a whole journey, then every name, number, code and address in it is looked for."""
    shop = provider.application()
    anna = provider.person("p.metriekmans", phone=PHONE)
    browser = house.browser()
    identify(browser, anna, at=shop.address(), password="onjuist wachtwoord")
    reference = secrets.token_hex(8)
    identify(browser, anna, at=shop.address(state=reference, login_hint="metriekmans@voorbeeld.nl"))
    browser.submit("volgende")
    code = house.newest_code()
    answer = shop.answer(browser.submit("volgende", code=code))
    tokens = shop.redeem(answer["code"]).get_json()
    text = scraped(house).text
    told = (
        *("metriek", anna.relation, anna.id, anna.password, code, PHONE, "12345678", "***"),
        *(answer["code"], tokens["access_token"], tokens["id_token"], reference, shop.nonce),
        *(shop.client_id, "wmo", "voorbeeld", "127.0.0.1", "localhost"),
    )
    assert "idp_events_total" in text
    assert not [each for each in told if each in text]


@ONE
def test_an_attacker_makes_no_new_series(provider: Provider, house: House) -> None:
    client = house.app.test_client()

    def storm(rounds: int) -> None:
        for _ in range(rounds):
            word = secrets.token_urlsafe(6)
            for address in (f"/{word}", f"/static/{word}", f"/inloggen/{word}/stap/{word}"):
                client.open(address, base_url=ISSUER, method="GET")
            client.open("/oauth2/token", base_url=ISSUER, method=word.upper().strip("-_") or "X")
            client.get(f"/oauth2/authorize?client_id={word}&error={word}", base_url=ISSUER)
            form = {"grant_type": word, "client_id": word, "code": word}
            client.post("/oauth2/token", base_url=ISSUER, data=form)
            client.post("/oauth2/revoke", base_url=ISSUER, data=form | {"token": word})
            client.get("/", base_url=ISSUER, headers={"User-Agent": word, "X-Forwarded-For": word})

    storm(1)
    series(house)  # asking is counted too, from the next time on
    known = series(house).keys()
    storm(10)
    assert series(house).keys() == known


def test_even_a_mistake_of_ours_ends_at_a_bound() -> None:
    family, registry = metrics.Family("mistake", "Names of people.", "who"), CollectorRegistry()
    family.open_in(registry)
    for number in range(3 * metrics.MOST):
        family.count(f"person {number}")
    [found] = registry.collect()
    values = {
        each.labels["who"]: each.value for each in found.samples if each.name == "mistake_total"
    }
    assert len(values) == metrics.MOST + 1
    assert values["other"] == 2 * metrics.MOST


# --- who may ask -----------------------------------------------------------------------------------------------------


@ONE
@pytest.mark.parametrize(
    ("remote", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.0.5.9", {}, 200),
        ("10.0.6.9", {}, 404),
        ("192.0.2.1", {}, 404),
        ("10.0.5.4", {}, 404),  # the proxy, which forgot to say for whom
        ("", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, 404),
        ("127.0.0.1", {"Via": "1.1 Caddy"}, 404),
        ("10.0.5.4", {"X-Forwarded-For": "10.0.5.9"}, 404),
        ("127.0.0.1", {"Host": "inloggen.voorbeeld.nl"}, 404),
    ],
)
def test_only_who_asks_directly_from_an_address_that_may_reads_the_metrics(
    tmp_path: Path, database_url: str, remote: str, headers: dict[str, str], status: int
) -> None:
    house = open_house(
        database_url,
        tmp_path,
        issuer="https://inloggen.voorbeeld.nl",
        demo=False,
        sms_gateway=None,
        voice_gateway=None,
        allow_file_keys=True,
        trusted_proxies="127.0.0.1, 10.0.5.4",
        metrics_from="10.0.5.0/24",
    )
    answer = scraped(house, headers=headers, environ_overrides={"REMOTE_ADDR": remote})
    assert answer.status_code == status
    assert ("idp_" in answer.text) == (status == 200)


# --- health ----------------------------------------------------------------------------------------------------------


def readiness(house: House) -> tuple[int, str, str]:
    """Status, text and kind of the answer to a load balancer, which knows our address only."""
    answer = house.app.test_client().get("/health/ready", base_url="http://10.1.2.3:8400")
    return answer.status_code, answer.text, answer.mimetype


READY = (200, "ok", "text/plain")
NOT_READY = (503, "not ready", "text/plain")


def test_ready_is_who_has_tables_and_a_key_to_sign_with(
    house: House, database_url: str, time: Standing
) -> None:
    assert readiness(house) == NOT_READY
    with house.inside():
        keyring.rotate("RSA-OAEP", actor="test")
    assert readiness(house) == NOT_READY, "that one signs nothing"
    with house.inside():
        keyring.rotate("ES256", actor="test")
    assert readiness(house) == READY
    live = house.app.test_client().get("/health/live", base_url="http://10.1.2.3:8400")
    assert (live.status_code, live.text) == (200, "ok")
    for version, found in (
        ("2026_11_22_the_first_house", NOT_READY),
        ("2031_01_01_later", READY),
        (None, NOT_READY),
    ):
        with house.inside():
            db.session.execute(sqlalchemy.text("DELETE FROM alembic_version"))
            if version is not None:
                add = sqlalchemy.text("INSERT INTO alembic_version VALUES (:version)")
                db.session.execute(add, {"version": version})
        assert readiness(house) == found, version


def test_without_tables_nobody_is_ready(
    blank_database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = open_house(blank_database_url, tmp_path)
    assert readiness(house) == NOT_READY
    assert series(house)["idp_database_up", ()] == 0
    assert "or has no tables" in caplog.text


@pytest.fixture
def deaf_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_database_that_hangs_does_not_hang_the_answer(
    deaf_server: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    house = open_house(f"postgresql+psycopg://idp@127.0.0.1:{deaf_server}/idp", tmp_path)
    began = monotonic()
    assert readiness(house) == readiness(house) == NOT_READY
    assert monotonic() - began < 4, "it waited until the driver gave up"
    assert house.app.test_client().get("/health/live", base_url=ISSUER).status_code == 200


def test_whoever_asks_while_somebody_looks_shares_that_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.01)
    watch, may_go_on, looks = health.Watch(), Signal(), []

    def look() -> str | None:
        looks.append(1)
        assert may_go_on.wait(10)
        return None

    for _ in range(5):
        assert watch.trouble(look) == "the database does not answer in time"
    monkeypatch.setattr(health, "PATIENCE", 10)
    may_go_on.set()
    assert watch.trouble(look) is None
    assert len(looks) <= 2


def test_the_health_page_knows_the_history_as_alembic_does() -> None:
    assert migrations.head() not in health._followed()
    files = (Path(migrations.__file__).parent / "versions").glob("*.py")
    assert {each.stem for each in files} == health._followed() | {migrations.head()}
