"""The key ring: whose turn it is, what is published, and what another process notices."""

from __future__ import annotations

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from typing import Any

import orjson
import pytest

from idp import keyring
from idp.audit import Event
from idp.clock import Standing
from idp.errors import WrongInput
from idp.keyring import NoActiveKey, Ring, Unverifiable
from idp.keyring.source import FileSource, StoredKey
from idp.secret_values import RootSecret
from idp.settings import SettingsError
from tests.protocol.relying_party import Provider, unverified
from tests.support.journeys import ROOT_SECRET, House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def folder_of(house: House) -> Path:
    """Where the house keeps its keys."""
    folder: Path = house.app.config["IDP"].key_folder
    return folder


def another_process(house: House) -> Ring:
    """A ring that shares nothing with the house but the folder."""
    return Ring(FileSource(folder_of(house), RootSecret.from_text(ROOT_SECRET)))


def published(house: House) -> set[str]:
    """The names in the published set."""
    with house.app.app_context():
        return {key["kid"] for key in keyring.export_jwks()["keys"]}


@ONE
def test_a_walk_through_the_life_of_a_key_leaves_no_token_unverifiable(
    provider: Provider, house: House, time: Standing
) -> None:
    """KEY-04: a day at a time, past two rotations; every token can be verified with the set of that day."""
    with house.inside():
        [first] = [line.kid for line in keyring.listing() if line.alg == "ES256"]
        second = keyring.rotate("ES256", actor="test")[0].kid
    signers: list[tuple[int, str]] = []
    seen: dict[str, list[int]] = {first: [], second: []}
    for day in range(45):
        with house.app.app_context():
            token = keyring.current().sign({"day": day}, alg="ES256", typ="JWT")
            kid = unverified(token)[0]["kid"]
            assert kid in published(house), f"day {day}: signed by a key that is not published"
            assert keyring.current().verify(token, typ="JWT") == {"day": day}
        signers.append((day, kid))
        for name, days in seen.items():
            if name in published(house):
                days.append(day)
        time.move(timedelta(days=1))
    assert [kid for day, kid in signers if day < 8] == [first] * 8
    assert {kid for day, kid in signers if day >= 8} == {second}
    assert seen[second] == list(range(45))
    assert seen[first] == list(range(8 + 30))


@ONE
def test_the_first_key_of_an_algorithm_is_used_at_once(house: House) -> None:
    with house.inside():
        with pytest.raises(NoActiveKey, match="idp keys rotate"):
            keyring.current().sign({}, alg="RS256", typ="JWT")
        made = keyring.rotate("ES256", actor="test")
        assert [line.state for line in keyring.listing()] == ["active"]
        assert keyring.current().sign({}, alg="ES256", typ="JWT")
    assert made[0].kid in published(house)


@ONE
def test_one_next_key_waits_at_a_time_unless_it_must_be_at_once(
    provider: Provider, house: House
) -> None:
    with house.inside():
        keyring.rotate("ES256", actor="test")
        for alg in ("ES256", None):
            with pytest.raises(WrongInput, match="waits already"):
                keyring.rotate(alg, actor="test")
        [now] = keyring.rotate("ES256", actor="test", at_once=True)
        states = {line.kid: line.state for line in keyring.listing() if line.alg == "ES256"}
        assert states[now.kid] == "active"
        assert sorted(states.values()) == ["active", "next", "retired"]
        with pytest.raises(WrongInput, match="RS256 and PS256"):
            keyring.rotate("HS256", actor="test")
    assert len(provider.events(Event.KEY_ADDED)) == 2


@ONE
def test_a_withdrawn_key_leaves_at_once_and_its_tokens_are_no_longer_ours(
    provider: Provider, house: House
) -> None:
    with house.inside():
        token = keyring.current().sign({}, alg="ES256", typ="JWT")
        kid = unverified(token)[0]["kid"]
        with pytest.raises(WrongInput, match="nothing else could sign"):
            keyring.retire(kid, actor="test")
        keyring.rotate("ES256", actor="test", at_once=True)
        keyring.retire(kid[:12], actor="test")
        with pytest.raises(Unverifiable):
            keyring.current().verify(token, typ="JWT")
        with pytest.raises(WrongInput, match="already"):
            keyring.retire(kid, actor="test")
        with pytest.raises(WrongInput, match="no key"):
            keyring.retire("onbekend", actor="test")
        assert unverified(keyring.current().sign({}, alg="ES256", typ="JWT"))[0]["kid"] != kid
    assert kid not in published(house)
    assert [event.details["kid"] for event in provider.events(Event.KEY_RETIRED)] == [kid]


@ONE
def test_names_are_thumbprints_and_never_come_again(provider: Provider, house: House) -> None:
    """RFC 7638."""
    from joserfc.jwk import JWKRegistry

    with house.inside():
        keyring.rotate("ES256", actor="test")
        keys: list[Any] = keyring.export_jwks()["keys"]
    assert all(JWKRegistry.import_key(key).thumbprint() == key["kid"] for key in keys)
    assert len({key["kid"] for key in keys}) == len(keys) == len(keyring.ALGORITHMS) + 1
    [rsa] = [key for key in keys if key["alg"] == "RS256"]
    assert len(rsa["n"]) == 512  # 3072 bits


@ONE
def test_files_are_sealed_and_for_their_owner_only(
    provider: Provider, house: House, tmp_path: Path
) -> None:
    with house.inside():
        keyring.rotate("ES256", actor="test")
    files = list(folder_of(house).iterdir())
    assert len(files) == len(keyring.ALGORITHMS) + 1, "no half-written file stays behind"
    for file in files:
        stored = orjson.loads(file.read_bytes())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert not {"d", "p", "q"} & set(stored["public"])
        assert set(stored) == {
            "kid",
            "alg",
            "created_at",
            "active_from",
            "retired_at",
            "public",
            "sealed",
        }
        assert b"PRIVATE" not in file.read_bytes()


@ONE
def test_a_file_that_is_no_key_is_named(provider: Provider, house: House) -> None:
    (folder_of(house) / "aantekening.json").write_text("{}")
    with (
        house.app.app_context(),
        pytest.raises(SettingsError, match=r"aantekening\.json is no key file"),
    ):
        keyring.listing()


@ONE
def test_another_root_secret_opens_no_key(provider: Provider, house: House) -> None:
    ring = Ring(FileSource(folder_of(house), RootSecret.from_text("aa" * 32)))
    with pytest.raises(SettingsError, match="root secret"):
        ring.sign({}, alg="ES256", typ="JWT")


@ONE
def test_a_key_moved_to_another_name_no_longer_opens(provider: Provider, house: House) -> None:
    [first, second, *_] = sorted(folder_of(house).glob("*.json"))
    stored = orjson.loads(first.read_bytes())
    other = orjson.loads(second.read_bytes())
    first.write_bytes(orjson.dumps(stored | {"sealed": other["sealed"]}))
    with pytest.raises(SettingsError):
        another_process(house).sign({}, alg=stored["alg"], typ="JWT")


@ONE
def test_what_one_process_adds_another_notices(
    provider: Provider, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another_process(house)
    before = unverified(other.sign({}, alg="ES256", typ="JWT"))[0]["kid"]
    with house.inside():
        [added] = keyring.rotate("ES256", actor="test", at_once=True)
    assert added.kid in {key["kid"] for key in other.jwks()["keys"]}, (
        "the set is always read afresh"
    )
    assert unverified(other.sign({}, alg="ES256", typ="JWT"))[0]["kid"] == added.kid != before


@ONE
def test_signing_looks_at_the_folder_every_few_seconds_only(
    provider: Provider, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from idp.keyring import ring

    moment = [1000.0]
    monkeypatch.setattr(ring.time, "monotonic", lambda: moment[0])
    other = another_process(house)
    before = unverified(other.sign({}, alg="ES256", typ="JWT"))[0]["kid"]
    with house.inside():
        [added] = keyring.rotate("ES256", actor="test", at_once=True)
    assert unverified(other.sign({}, alg="ES256", typ="JWT"))[0]["kid"] == before
    moment[0] += ring.LOOK_EVERY
    assert unverified(other.sign({}, alg="ES256", typ="JWT"))[0]["kid"] == added.kid


class SlowSource(FileSource):
    """A folder on a slow disk: reading it waits until somebody lets it go on."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, RootSecret.from_text(ROOT_SECRET))
        self.asked, self.may_go_on, self.loads = Signal(), Signal(), 0

    def load(self) -> tuple[StoredKey, ...]:
        self.loads += 1
        self.asked.set()
        assert self.may_go_on.wait(10)
        return super().load()


@ONE
def test_at_a_cold_start_every_thread_waits_for_the_first_look(
    provider: Provider, house: House, time: Standing
) -> None:
    source = SlowSource(folder_of(house))
    ring = Ring(source)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(ring.sign, {}, alg="ES256", typ="JWT")
        assert source.asked.wait(10)
        others = [threads.submit(ring.sign, {}, alg="ES256", typ="JWT") for _ in range(3)]
        with pytest.raises(TimeoutError):
            others[0].result(timeout=0.1)
        source.may_go_on.set()
        assert all(each.result(timeout=10) for each in (first, *others))
    assert source.loads == 1


@ONE
def test_a_look_that_failed_is_made_again_at_once(
    provider: Provider, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = another_process(house)
    with monkeypatch.context() as broken:
        broken.setattr(FileSource, "load", lambda _: (_ for _ in ()).throw(SettingsError("no")))
        with pytest.raises(SettingsError):
            ring.sign({}, alg="ES256", typ="JWT")
    assert ring.sign({}, alg="ES256", typ="JWT")


@ONE
def test_two_processes_that_make_the_first_key_agree_on_which_signs(house: House) -> None:
    now = datetime.fromisoformat("2026-11-20T09:00:00+00:00")
    sources = [FileSource(folder_of(house), RootSecret.from_text(ROOT_SECRET)) for _ in range(2)]
    for source in sources:
        source.create("ES256", now=now, active_from=now)
    kids = {
        unverified(Ring(source).sign({}, alg="ES256", typ="JWT"))[0]["kid"] for source in sources
    }
    assert len(kids) == 1


@ONE
def test_a_token_counts_only_for_what_it_was_made(provider: Provider, house: House) -> None:
    with house.app.app_context():
        ring = keyring.current()
        logout = ring.sign({"a": 1}, alg="ES256", typ="logout+jwt")
        assert ring.verify(logout, typ="logout+jwt") == {"a": 1}
        for token in (
            logout,
            "",
            "x",
            "a.b.c",
            "a.b",
            logout + "x",
            logout[:-2],
            "é.é.é",
            "." * 20_000,
            f"{base64.urlsafe_b64encode(b'[' * 9000).decode()}.e30.AAAA",
        ):
            with pytest.raises(Unverifiable):
                ring.verify(token, typ="JWT")
