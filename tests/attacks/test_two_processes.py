"""The races of `test_two_at_once.py` between two servers that share one PostgreSQL, as `idp serve` runs several."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from idp import clock
from tests.attacks.test_two_at_once import PATIENCE, RACES, ROUNDS, Contestant, one_won
from tests.support.journeys import NOW, House, open_house

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

#: Nothing is shared with the other process but the database: not a lock, not a connection, not a module.
APART = multiprocessing.get_context("spawn")


def serve(database_url: str, folder: Path, line: Barrier, orders: Connection) -> None:
    """What a second server does: open its own house, and in each round press the button with the other."""
    with clock.standing_at(NOW):
        house = open_house(database_url, folder)
        house.browser().get("/")  # its templates are compiled before the first race
        while (one := orders.recv()) is not None:
            assert isinstance(one, Contestant)
            tab = one.opens(house.app)
            line.wait(PATIENCE)
            orders.send(one.presses(tab))


@contextmanager
def two_servers(database_url: str, folder: Path) -> Iterator[list[Connection]]:
    """Two of them, ready for orders."""
    line = APART.Barrier(2)
    pipes, servers = [], []
    for name in ("one", "other"):
        (folder / name).mkdir()
        here, there = APART.Pipe()
        servers.append(
            APART.Process(
                target=serve, args=(database_url, folder / name, line, there), daemon=True
            )
        )
        servers[-1].start()
        there.close()
        pipes.append(here)
    try:
        yield pipes
        for pipe in pipes:
            pipe.send(None)
        for server in servers:
            server.join(PATIENCE)
            assert server.exitcode == 0
    finally:
        for server in servers:
            server.kill()
            server.join()
        for pipe in pipes:
            pipe.close()


def answer_on(pipe: Connection) -> Any:
    """What a server answers, within reason."""
    assert pipe.poll(PATIENCE), "no answer"
    return pipe.recv()


def test_of_two_processes_exactly_one_wins(house: House, database_url: str, tmp_path: Path) -> None:
    with two_servers(database_url, tmp_path) as pipes:
        for race, number in itertools.product(RACES.values(), range(ROUNDS // 2)):
            round_ = race(house, number)
            for pipe, one in zip(pipes, round_.contestants, strict=True):
                pipe.send(one)
            one_won(round_, [answer_on(pipe) for pipe in pipes])
