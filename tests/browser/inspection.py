"""What is looked at on every page: accessibility (axe-core), language, title, small screens, labels above fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.sync_api import ViewportSize

from tests.browser.visitor import NARROW, WIDE, Visitor

SMALLEST: ViewportSize = {"width": 320, "height": 640}
Way = tuple[Literal["light", "dark"], ViewportSize]
AT_FIRST: tuple[Way, ...] = (
    ("light", WIDE), ("light", NARROW), ("dark", NARROW), ("dark", WIDE),
)  # fmt: skip
ONCE_MORE: tuple[Way, ...] = (("light", WIDE), ("dark", NARROW))

OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"
#: In the dark the page is the same but for its colours: there the rules about colours are all that can find more.
RUN_AXE = """dark => axe.run({
    resultTypes: ['violations'],
    ...(dark && {runOnly: ['color-contrast', 'link-in-text-block'], preload: false}),
}).then(found => found.violations)"""
#: Also what a box with a scroll bar hides: only a table that says so may be wider than the screen.
BEYOND_THE_EDGE = """() => {
    const edge = document.documentElement.clientWidth;
    const out = [...document.querySelectorAll('body *')].filter(one =>
        one.getBoundingClientRect().right > edge + 1 && !one.closest('[role=region][tabindex]'));
    if (document.scrollingElement.scrollWidth > edge) out.push(document.body);
    return out.map(one => `${one.tagName.toLowerCase()}.${one.className} ${one.textContent.slice(0, 40)}`);
}"""
LABELS_BESIDE_OR_BELOW = """() => [...document.querySelectorAll('label.utrecht-form-label')].filter(label => {
    const field = document.getElementById(label.htmlFor).getBoundingClientRect();
    return label.getBoundingClientRect().bottom > field.top;
}).map(label => label.textContent)"""


@dataclass
class Inspection:
    """Looks at one page after another, and knows which ones it has seen."""

    visitor: Visitor
    seen: set[str | None] = field(default_factory=set)

    def accessibility(self) -> list[str]:
        """What axe-core finds, light and dark, wide and narrow, with every explanation open.

        A page that was seen before, and now shows an error, is looked at in two ways instead of four.
        """
        page, name = self.visitor.page, self.visitor.hook("page")
        ways = ONCE_MORE if name in self.seen else AT_FIRST
        self.seen.add(name)
        page.evaluate(OPEN_ALL)
        found = []
        for scheme, size in ways:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size(size)
            where = f"{scheme}, {size['width']} px"
            seen = page.evaluate(RUN_AXE, scheme == "dark")
            found += [f"{where}: {_told(violation)}" for violation in seen]
        page.emulate_media(color_scheme="light")
        return found

    def layout(self, *sizes: ViewportSize) -> list[str]:
        """Whether anything sticks out of the screen, and whether labels stand above their fields."""
        page = self.visitor.page
        page.evaluate(OPEN_ALL)
        found = []
        for size in sizes:
            page.set_viewport_size(size)
            at = f"at {size['width']} px"
            found += [f"sticks out {at}: {one}" for one in page.evaluate(BEYOND_THE_EDGE)]
            found += [
                f"not above its field {at}: {one}" for one in page.evaluate(LABELS_BESIDE_OR_BELOW)
            ]
        return found

    def words(self, language: str) -> list[str]:
        """Whether it says which language it speaks, has one main heading, and a title that tells of errors."""
        page = self.visitor.page
        found = []
        if (told := page.locator("html").get_attribute("lang")) != language:
            found.append(f"lang is {told}")
        if (headings := page.locator("h1").count()) != 1:
            found.append(f"{headings} main headings")
        shown_again = page.locator("#foutmelding[tabindex]").count() > 0
        if shown_again != page.title().startswith(("Fout: ", "Error: ")):
            found.append(f"the title is {page.title()!r}")
        return found


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['html'][:160]} ({node.get('failureSummary', '')})" for node in violation["nodes"]
    )
    return f"{violation['id']}: {violation['help']}: {places}"
