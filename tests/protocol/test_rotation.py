"""Keys by age: made in time, on however many machines, and never at work before everybody could know them."""

from __future__ import annotations

import multiprocessing
import os
import time as machine
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest

from idp import clock, keyring
from idp.audit import Event
from idp.clock import Standing
from idp.errors import WrongInput
from idp.keyring import Ring
from idp.keyring import ring as rings
from idp.keyring.source import FileSource, StoredKey
from idp.secret_values import RootSecret
from tests.protocol.relying_party import Provider, unverified
from tests.support.journeys import NOW, ROOT_SECRET, House

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = timedelta(days=1)
PATIENCE = 60
#: Nothing is shared with the other process but the folder.
APART = multiprocessing.get_context("spawn")

#: How often the other processes look, in seconds: the promise does not depend on it, and waiting for it costs us work.
SOON = 0.1


def states(alg: str = "ES256") -> list[str]:
    """What the keys of one algorithm are now, in the order of their turn."""
    return [line.state for line in keyring.listing() if line.alg == alg]


def signer_now() -> str:
    """The key that signs now."""
    token = keyring.current().sign({}, alg="ES256", typ="JWT")
    return str(unverified(token)[0]["kid"])


@ONE
def test_a_timer_alone_keeps_the_keys_young_and_every_token_verifiable(
    provider: Provider, house: House, time: Standing
) -> None:
    """KEY-04: a year of days, with the timer of `deploy/` on two machines."""
    published_on: dict[str, int] = {}
    worked_from: dict[str, int] = {}
    with house.inside():
        keyring.rotate("ES256", actor="test", at_once=True)
        keyring.rotate("RS256", actor="test", at_once=True)
        keyring.rotate("RSA-OAEP", actor="test", at_once=True)
        keyring.rotate("RSA-OAEP-256", actor="test", at_once=True)
    for day in range(365):
        with house.inside():
            made = [len(keyring.rotate_due(actor="timer")) for _machine in range(2)]
            assert made[1] == 0
            now = [key["kid"] for key in keyring.export_jwks()["keys"]]
            for kid in now:
                published_on.setdefault(kid, day)
            worked_from.setdefault(signer_now(), day)
            assert signer_now() in now
            assert states().count("next") <= 1
            assert keyring.overdue() == []
        time.move(DAY)
    turns = sorted(worked_from.values())
    assert turns == [0, 90, 180, 270, 360]
    assert all(day - published_on[kid] == 8 for kid, day in worked_from.items() if day)


def test_who_rotates_while_another_is_at_it_waits_and_finds_it_done(
    provider: Provider, house: House, time: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.inside():
        keyring.rotate("ES256", actor="test", at_once=True)
        for alg in {*keyring.ALGORITHMS} - {"ES256"}:
            if keyring.current().due_at(alg, NOW) is not None:
                keyring.rotate(alg, actor="test")
    time.move(82 * DAY)
    asked, may_go_on, real = Signal(), Signal(), FileSource.create

    def slow(source: FileSource, alg: str, **when: Any) -> StoredKey:
        if asked.is_set():
            pytest.fail("two at once")
        asked.set()
        assert may_go_on.wait(PATIENCE)
        return real(source, alg, **when)

    monkeypatch.setattr(FileSource, "create", slow)

    def due() -> list[str]:
        with clock.standing_at(NOW + 82 * DAY), house.inside():
            return [key.alg for key in keyring.rotate_due(actor="timer")]

    with ThreadPoolExecutor(2) as machines:
        first = machines.submit(due)
        assert asked.wait(PATIENCE)
        second = machines.submit(due)
        with pytest.raises(TimeoutError):
            second.result(timeout=0.3)
        may_go_on.set()
        assert (first.result(PATIENCE), second.result(PATIENCE)) == (["ES256"], [])


@ONE
def test_where_there_are_no_keys_at_all_the_timer_makes_none(house: House) -> None:
    """A folder that is not mounted looks like this; new keys there would sign what nobody else can verify."""
    with house.inside():
        with pytest.raises(WrongInput, match="is the folder of IDP_KEYS there"):
            keyring.rotate_due(actor="timer")
        assert keyring.listing() == []
        keyring.rotate("ES256", actor="test")
        made = {key.alg for key in keyring.rotate_due(actor="timer")}
        assert made == {*keyring.ALWAYS_NEEDED} - {"ES256"}, "what a new release needs"


@ONE
def test_when_the_key_at_work_leaks_the_one_that_is_published_takes_over(
    provider: Provider, house: House
) -> None:
    with house.inside():
        leaked = signer_now()
        [waiting] = keyring.rotate("ES256", actor="test")
        before = {key["kid"] for key in keyring.export_jwks()["keys"]}
        keyring.retire(leaked, actor="test")
        assert signer_now() == waiting.kid
        assert {key["kid"] for key in keyring.export_jwks()["keys"]} == before - {leaked}
        with pytest.raises(WrongInput, match="--at-once"):
            keyring.retire(waiting.kid, actor="test")
    assert provider.events(Event.KEY_RETIRED)[-1].details["kid"] == leaked


@ONE
def test_a_key_that_left_the_published_set_never_comes_back_to_work(
    provider: Provider, house: House, time: Standing
) -> None:
    with house.inside():
        [second] = keyring.rotate("ES256", actor="test", at_once=True)
        time.move(20 * DAY)
        assert states() == ["retired", "active"]
        time.move(20 * DAY)
        with pytest.raises(WrongInput, match="nothing else could sign"):
            keyring.retire(second.kid, actor="test")
        keyring.rotate("ES256", actor="test", at_once=True)
        keyring.retire(second.kid, actor="test")
        assert states() == ["retired", "withdrawn", "active"]


@ONE
def test_two_changes_in_one_tick_are_two_changes(provider: Provider, house: House) -> None:
    folder: Path = house.app.config["IDP"].key_folder
    source = FileSource(folder, RootSecret.from_text(ROOT_SECRET))
    with house.inside():
        tick = folder.stat()
        before = source.stamp()
        keyring.rotate("ES256", actor="test")
        os.utime(folder, ns=(tick.st_atime_ns, tick.st_mtime_ns))
    assert source.stamp() != before


def work(folder: Path, orders: Connection) -> None:
    """A process of its own: signs, or shows what it publishes, as it is told."""
    rings.LOOK_EVERY = SOON
    ring = Ring(FileSource(folder, RootSecret.from_text(ROOT_SECRET)))
    with clock.standing_at(NOW + DAY):
        while (order := orders.recv()) is not None:
            if order == "sign":
                token = ring.sign({}, alg="ES256", typ="JWT")
                orders.send(unverified(token)[0]["kid"])
            else:
                orders.send([key["kid"] for key in ring.jwks()["keys"]])


@contextmanager
def two_processes(folder: Path) -> Iterator[list[Connection]]:
    pipes, processes = [], []
    for _ in range(2):
        here, there = APART.Pipe()
        processes.append(APART.Process(target=work, args=(folder, there), daemon=True))
        processes[-1].start()
        there.close()
        pipes.append(here)
    try:
        yield pipes
    finally:
        for pipe, process in zip(pipes, processes, strict=True):
            pipe.send(None)
            process.join(PATIENCE)
            pipe.close()


def told(pipe: Connection, order: str) -> list[str]:
    pipe.send(order)
    assert pipe.poll(PATIENCE), "no answer"
    answer = pipe.recv()
    return answer if isinstance(answer, list) else [answer]


@ONE
def test_no_process_signs_with_a_key_that_another_does_not_publish(
    provider: Provider, house: House, time: Standing
) -> None:
    """KEY-05: also right after a key was added that signs at once, and when the one at work is withdrawn."""
    with two_processes(house.app.config["IDP"].key_folder) as (signs, publishes):
        for _ in range(3):
            time.move(timedelta(minutes=1))  # two keys of one moment take turns by name
            with house.inside():
                [new] = keyring.rotate("ES256", actor="test", at_once=True)
            deadline = machine.monotonic() + SOON + 5
            while (signer := told(signs, "sign")) != [new.kid]:
                assert set(signer) <= set(told(publishes, "publish"))
                assert machine.monotonic() < deadline, "it never looked again"
            assert set(signer) <= set(told(publishes, "publish"))
        with house.inside():
            keyring.retire(new.kid, actor="test")
        assert (signer := told(signs, "sign")) != [new.kid], "it went on with a withdrawn key"
        assert set(signer) <= set(told(publishes, "publish"))
