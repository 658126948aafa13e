"""What somebody saw along a tour, kept: one walk, which many tests then read."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.browser.tours import Tour
from tests.browser.visitor import Visitor


@dataclass(frozen=True)
class Sight:
    """One page as it stood there: its hooks, its title and main heading, all its visible text, its fields."""

    page: str | None
    error: str | None
    title: str
    heading: str
    text: str
    problem: str
    fields: tuple[str, ...]
    way_on: str
    """What the button says that leads on; empty where there is none."""


def sight_of(visitor: Visitor) -> Sight:
    """The page that shows now."""
    page = visitor.page
    button = page.locator("#volgende")
    return Sight(
        page=visitor.hook("page"),
        error=visitor.hook("error"),
        title=page.title(),
        heading=" ".join(page.locator("h1").inner_text().split()),
        text=visitor.text(),
        problem=visitor.problem(),
        fields=tuple(
            page.locator("main input:visible").evaluate_all("all => all.map(one => one.id)")
        ),
        way_on=button.inner_text().strip() if button.count() else "",
    )


def seen_along(tour: Tour, browser: Browser, demo: RunningDemo, people: People) -> dict[str, Sight]:
    """Every page of a tour, by its name there."""
    visitor = Visitor(browser, demo)
    seen = {name: sight_of(visitor) for name in tour(visitor, people)}
    visitor.context.close()
    assert not visitor.complaints
    return seen
