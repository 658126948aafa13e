"""A real provider, a real application, a real browser; and people to sit in front of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import demo_of_a_run
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.browser.visitor import Visitor, chromium_at
from tests.support.run import Run

Arrive = Callable[..., Visitor]


@pytest.fixture(scope="session")
def demo(run: Run, chromium: Path) -> RunningDemo:
    """The demo of this run; asks for Chromium first, so that nothing starts where that is missing."""
    folder = run.folder / "demo"
    run.once("demo", lambda: demo_of_a_run.start(folder, run.lifeline))
    return demo_of_a_run.read(folder)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """One Chromium per worker; every visitor gets a context of its own."""
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture(scope="session")
def people(demo: RunningDemo, run: Run) -> People:
    """Makes the people that a test needs; workers count apart."""
    worker = int(run.worker.removeprefix("gw")) if run.worker.startswith("gw") else 9
    return People(demo, first_number=10_200_000 + 10_000 * worker)


@pytest.fixture
def arrive(browser: Browser, demo: RunningDemo) -> Iterator[Arrive]:
    """Lets visitors come, with options of Playwright's `new_context`; their browsers must not complain."""
    visitors: list[Visitor] = []

    def new_visitor(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, demo, **options))
        return visitors[-1]

    yield new_visitor
    for visitor in visitors:
        visitor.context.close()
    assert not [complaint for visitor in visitors for complaint in visitor.complaints]


@pytest.fixture
def visitor(arrive: Arrive) -> Visitor:
    """One visitor, with a window of 1280 by 900."""
    return arrive()
