"""Applications that others made, at the demo of this run; and people who sign in to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser import demo_of_a_run
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.cli.operator import Operator
from tests.counterparts.sign_in import Door
from tests.support.run import Run


@pytest.fixture(scope="session")
def demo(run: Run) -> RunningDemo:
    """The demo of this run: the one that the browsers visit."""
    folder = run.folder / "demo"
    run.once("demo", lambda: demo_of_a_run.start(folder, run.lifeline))
    return demo_of_a_run.read(folder)


@pytest.fixture(scope="session")
def people(demo: RunningDemo, run: Run) -> People:
    """Makes the people that a test needs; workers count apart, and from the browsers' people."""
    worker = int(run.worker.removeprefix("gw")) if run.worker.startswith("gw") else 9
    return People(demo, first_number=10_400_000 + 10_000 * worker)


@pytest.fixture
def operator(demo: RunningDemo, tmp_path: Path) -> Operator:
    """Somebody at the line of the running demo."""
    return Operator(demo.environment, tmp_path)


@pytest.fixture
def door(demo: RunningDemo, people: People) -> Door:
    """The provider as somebody new meets it, in a browser of their own."""
    return Door(demo.issuer, people.make(totp=True))
