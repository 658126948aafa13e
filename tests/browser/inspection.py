"""What is looked at on every page: accessibility (axe-core), language, title, focus, small screens, wide letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from tests.browser.any_visitor import NARROW, WIDE, AnyVisitor, Size
from tests.browser.visitor import Visitor

#: Also what is left of 1280 by 1024 when somebody zooms in to 400 % (WCAG 1.4.10).
SMALLEST: Size = {"width": 320, "height": 256}
Way = tuple[Literal["light", "dark"], Size]
AT_FIRST: tuple[Way, ...] = (
    ("light", WIDE), ("light", NARROW), ("dark", NARROW), ("dark", WIDE),
)  # fmt: skip
ONCE_MORE: tuple[Way, ...] = (("light", WIDE), ("dark", NARROW))

OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"
#: In the dark the page is the same but for its colours: there the rules about colours are all that can find more.
#: The two rules of WCAG 2.2 and 2.1 that axe leaves out unless it is asked: size of targets, label in name.
RUN_AXE = """dark => axe.run({
    resultTypes: ['violations'],
    rules: {'target-size': {enabled: true}, 'label-content-name-mismatch': {enabled: true}},
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
#: Spacing as somebody may set it to read better (WCAG 1.4.12); a sheet made by script is no inline style.
SPACE_THE_TEXT = """on => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
        * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
        p { margin-block-end: 2em !important }
    `);
    document.adoptedStyleSheets = on ? [sheet] : [];
}"""
#: Words on words, by the boxes of their lines; and words cut off by a box that is too small for them and says not that
#: it scrolls.
COVERED = """() => {
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), lines = [];
    while (words.nextNode()) {
        const node = words.currentNode, around = node.parentElement;
        const says = node.nodeValue.trim().slice(0, 40);
        if (!says || around.closest('.mcz-hide, script, noscript') || !around.checkVisibility()) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const box of range.getClientRects()) if (box.width > 2) lines.push([box, says, around]);
    }
    const out = [];
    lines.forEach(([a, one, at], number) => {
        for (const [b, other] of lines.slice(number + 1)) {
            const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            if (wide > 2 && high > Math.min(a.height, b.height) / 2) out.push(`${one} | ${other}`);
        }
        for (let box = at; box !== document.body; box = box.parentElement) {
            if (box.matches('[role=region][tabindex]')) break;
            if (getComputedStyle(box).overflow === 'visible') continue;
            const edge = box.getBoundingClientRect();
            if (a.right > edge.right + 1 || a.bottom > edge.bottom + 1) out.push(`cut: ${one}`);
        }
    });
    return out;
}"""
#: Gives the focus to one thing after another; the ring may be around the card instead. After a key was pressed.
WITHOUT_A_RING = """() => {
    const ring = (one, part) => {
        const style = getComputedStyle(one, part);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    };
    const before = document.activeElement;
    const out = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter(one => {
        if (!one.checkVisibility() || one.type === 'hidden') return false;
        one.focus({preventScroll: true});
        const card = one.closest('.mcz-choice');
        return !(ring(one) || (card && ring(card)) || ring(one, '::after'));
    });
    before.focus({preventScroll: true});
    return out.map(one => `${one.id} ${one.textContent.trim().slice(0, 40)}`);
}"""
WITHOUT_A_BORDER = """() => [...document.querySelectorAll(
    '.nl-button:not(.nl-button--subtle), .utrecht-textbox, .mcz-choice, .mcz-card, .utrecht-alert'
)].filter(one => one.checkVisibility() && parseFloat(getComputedStyle(one).borderBlockEndWidth) < 1)
    .map(one => one.className)"""
MOVING = """() => [...document.querySelectorAll('*')].filter(one => {
    const style = getComputedStyle(one);
    return style.animationName !== 'none' || /[1-9]/.test(style.transitionDuration);
}).map(one => one.className)"""
ON_THE_SUMMARY = "() => document.activeElement.id === 'foutmelding'"
LABELS_BESIDE_OR_BELOW = """() => [...document.querySelectorAll('label.utrecht-form-label')].filter(label => {
    const field = document.getElementById(label.htmlFor).getBoundingClientRect();
    return label.getBoundingClientRect().bottom > field.top;
}).map(label => label.textContent)"""


@dataclass
class Inspection:
    """Looks at one page after another, and knows which ones it has seen."""

    visitor: AnyVisitor
    seen: set[str | None] = field(default_factory=set)

    def accessibility(self) -> list[str]:
        """What axe-core finds, light and dark, wide and narrow, with every explanation open.

        A page that was seen before, and now shows an error, is looked at in two ways instead of four.
        """
        assert isinstance(self.visitor, Visitor), "axe-core is run in Chromium"
        page, name = self.visitor.page, self.visitor.hook("page")
        ways = ONCE_MORE if name in self.seen else AT_FIRST
        self.seen.add(name)
        page.evaluate(OPEN_ALL)
        found = []
        for scheme, size in ways:
            page.emulate_media(color_scheme=scheme)
            self.visitor.resize(size)
            where = f"{scheme}, {size['width']} px"
            seen = page.evaluate(RUN_AXE, scheme == "dark")
            found += [f"{where}: {_told(violation)}" for violation in seen]
        page.emulate_media(color_scheme="light")
        return found

    def layout(self, *sizes: Size) -> list[str]:
        """Whether anything sticks out of the screen, and whether labels stand above their fields."""
        look = self.visitor.evaluate
        look(OPEN_ALL)
        found = []
        for size in sizes:
            self.visitor.resize(size)
            at = f"at {size['width']} px"
            found += [f"sticks out {at}: {one}" for one in look(BEYOND_THE_EDGE)]
            found += [f"not above its field {at}: {one}" for one in look(LABELS_BESIDE_OR_BELOW)]
            found += [f"covered {at}: {one}" for one in look(COVERED)]
        return found

    def spacing(self) -> list[str]:
        """Whether the smallest screen still holds everything when letters, words and lines stand further apart."""
        self.visitor.evaluate(SPACE_THE_TEXT, True)
        found = [f"spaced: {one}" for one in self.layout(SMALLEST)]
        self.visitor.evaluate(SPACE_THE_TEXT, False)
        return found

    def contrast_and_motion(self) -> list[str]:
        """Whether focus and borders show, also in forced colours, and whether things stand still when asked."""
        assert isinstance(self.visitor, Visitor), "only Chromium can be asked for these media"
        page = self.visitor.page
        page.keyboard.press("Shift")  # whoever uses keys sees the ring
        found = [f"no ring: {one}" for one in page.evaluate(WITHOUT_A_RING)]
        page.emulate_media(forced_colors="active", reduced_motion="reduce")
        found += [f"no ring in forced colours: {one}" for one in page.evaluate(WITHOUT_A_RING)]
        found += [f"no border in forced colours: {one}" for one in page.evaluate(WITHOUT_A_BORDER)]
        found += [f"moves: {one}" for one in page.evaluate(MOVING)]
        page.emulate_media(forced_colors="none", reduced_motion="no-preference")
        return found

    def words(self, language: str) -> list[str]:
        """Whether it says which language it speaks, has one main heading, and a title and focus that tell of errors."""
        found = []
        if (told := self.visitor.attribute("html", "lang")) != language:
            found.append(f"lang is {told}")
        if (headings := self.visitor.count("h1")) != 1:
            found.append(f"{headings} main headings")
        shown_again = self.visitor.count("#foutmelding[tabindex]") > 0
        if shown_again != self.visitor.title.startswith(("Fout: ", "Error: ")):
            found.append(f"the title is {self.visitor.title!r}")
        if shown_again and isinstance(self.visitor, Visitor):
            self.visitor.page.wait_for_function(ON_THE_SUMMARY)
        return found


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(
        f"{node['html'][:160]} ({node.get('failureSummary', '')})" for node in violation["nodes"]
    )
    return f"{violation['id']}: {violation['help']}: {places}"
