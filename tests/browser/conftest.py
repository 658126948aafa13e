"""A real provider, a real application, real browsers; and people to sit in front of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import demo_of_a_run
from tests.browser.any_visitor import AnyVisitor
from tests.browser.bidi import Bidi
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.firefox import firefox_at
from tests.browser.firefox_visitor import FirefoxVisitor
from tests.browser.people import People
from tests.browser.visitor import Visitor, chromium_at
from tests.support import machine
from tests.support.run import Run

Arrive = Callable[..., Any]

#: For the main journeys; they ask for an `AnyVisitor`.
IN_BOTH_BROWSERS = pytest.mark.parametrize("arrive", ["chromium", "firefox"], indirect=True)


@pytest.fixture(scope="session")
def demo(run: Run) -> RunningDemo:
    """The demo of this run; asks for a browser first, so that nothing starts where there is none."""
    machine.any_browser()
    folder = run.folder / "demo"
    run.once("demo", lambda: demo_of_a_run.start(folder, run.lifeline))
    return demo_of_a_run.read(folder)


@pytest.fixture(scope="session")
def browser(chromium: Path) -> Iterator[Browser]:
    """One Chromium per worker; every visitor gets a context of its own."""
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture(scope="session")
def open_firefox(firefox: Path, run: Run) -> Iterator[Callable[[bool], Bidi]]:
    """One Firefox per worker with scripts, and one without: each is started when it is first asked for."""
    with ExitStack() as opened:

        @functools.cache
        def session(scripts: bool) -> Bidi:
            profile = (
                run.folder / f"firefox-{run.worker}-{'with' if scripts else 'without'}-scripts"
            )
            return opened.enter_context(firefox_at(firefox, profile, run.lifeline, scripts=scripts))

        yield session


@pytest.fixture(scope="session")
def people(demo: RunningDemo, run: Run) -> People:
    """Makes the people that a test needs; workers count apart."""
    worker = int(run.worker.removeprefix("gw")) if run.worker.startswith("gw") else 9
    return People(demo, first_number=10_200_000 + 10_000 * worker)


@pytest.fixture(scope="session")
def come_in_chromium(browser: Browser, demo: RunningDemo) -> Arrive:
    """A visitor in Chromium, with options of Playwright's `new_context`."""
    return functools.partial(Visitor, browser, demo)


@pytest.fixture(scope="session")
def come_in_firefox(open_firefox: Callable[[bool], Bidi], demo: RunningDemo) -> Arrive:
    """A visitor in Firefox, with the same options as far as journeys in both browsers use them.

    Firefox has no touch screen to switch on: there a telephone is a narrow window.
    """

    def new_visitor(
        *,
        java_script_enabled: bool = True,
        is_mobile: bool = False,
        has_touch: bool = False,
        **options: Any,
    ) -> FirefoxVisitor:
        return FirefoxVisitor(open_firefox(java_script_enabled), demo, **options)

    return new_visitor


@pytest.fixture
def arrive(request: pytest.FixtureRequest) -> Iterator[Arrive]:
    """Lets visitors come; their browsers must not complain. In Chromium, or as `IN_BOTH_BROWSERS` says."""
    come_in: Arrive = request.getfixturevalue(f"come_in_{getattr(request, 'param', 'chromium')}")
    visitors: list[AnyVisitor] = []

    def new_visitor(**options: Any) -> AnyVisitor:
        visitors.append(come_in(**options))
        return visitors[-1]

    yield new_visitor
    for visitor in visitors:
        visitor.close()
    assert not [complaint for visitor in visitors for complaint in visitor.complaints]


@pytest.fixture
def visitor(arrive: Arrive) -> Any:
    """One visitor, with a window of 1280 by 900: a `Visitor`, or an `AnyVisitor` where the browser is not fixed."""
    return arrive()
