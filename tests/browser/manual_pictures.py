"""Pictures of the pages for the manual that ships with the product: `make screens` writes them, in both languages.

    python -m tests.browser.manual_pictures

Each shows one card of the running demo, without what is around it. What a clock or chance put there is replaced, as in
`screens.py`. A method that the demo does not offer has no pictures, and its part of the manual is not shown.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Browser, ViewportSize

from idp.mfa import catalogue
from idp.pages.manual import DENSITY, PICTURES
from tests.browser import tours
from tests.browser.demo_of_a_run import RunningDemo
from tests.browser.people import People
from tests.browser.pictures import keep
from tests.browser.screens import FIRST_NUMBER, MOST_BYTES, PREPARE, STAND_STILL, fresh_demo, settle
from tests.browser.visitor import Visitor, chromium_at
from tests.support.machine import chromium

CARD: Final = ".mcz-card"
#: Wide enough for the look of a desktop, narrow enough to stay readable in an article.
COLUMN: Final[ViewportSize] = {"width": 660, "height": 900}
#: With the menu of the portal beside its content.
WHOLE: Final[ViewportSize] = {"width": 900, "height": 900}
LANGUAGES: Final = ("nl", "en")


@dataclass(frozen=True)
class Shot:
    """One picture: what part of the page, on which window, and for which kind of step if it belongs to one."""

    part: str = CARD
    around: int = 0  # pixels of the page around that part
    window: tuple[int, int] = (COLUMN["width"], COLUMN["height"])
    kind: str = ""


#: Every picture of the manual, by the name of a page in `tours`, which is also what articles call it.
SHOTS: Final = {
    "activeren-inloggen": Shot(),
    "activeren-begin": Shot(),
    "activatiecode": Shot(),
    "methode-kiezen": Shot(),
    "instellen-afgerond": Shot(),
    "app-instellen": Shot(kind="totp"),
    "sms-instellen": Shot(kind="sms"),
    "bellen-instellen": Shot(kind="voice"),
    "sleutel-instellen": Shot(kind="webauthn"),
    "inloggen": Shot(),
    "inlogmethode-kiezen": Shot(),
    "inloggen-sms-code": Shot(kind="sms"),
    "inloggen-sleutel": Shot(kind="webauthn"),
    "portaal": Shot(".mcz-portal", around=24, window=(WHOLE["width"], WHOLE["height"])),
    "beveiliging": Shot("[aria-labelledby=methoden]"),
    "uitgelogd": Shot(),
}


#: Somebody who reads the manual must not scan or type what is in its picture: it would give codes that never work.
NOT_TO_BE_USED: Final = """(word) => {
    const box = document.querySelector('.mcz-qrbox'), label = document.createElement('b');
    box.style.position = 'relative';
    label.textContent = word;
    label.style.cssText = 'position: absolute; inset: 32% 0; display: grid; place-items: center; color: #17212a;'
        + 'background: #fff; font-size: 1.75rem';
    box.append(label);
    box.querySelector('svg').style.opacity = '.25';
    document.querySelectorAll('#totp-geheim span').forEach((one, at) => {
        one.textContent = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.slice(4 * at, 4 * at + 4);
    });
}"""


def wanted() -> set[str]:
    """The pictures that this release needs: those of no method, and those of a method that it has."""
    kinds = {factor.kind for factor in catalogue.every()}
    return {name for name, shot in SHOTS.items() if not shot.kind or shot.kind in kinds}


def main() -> int:
    """Make every picture anew; returns the exit code."""
    with fresh_demo() as demo, chromium_at(chromium()) as browser:
        for language in LANGUAGES:
            made = photograph_all(browser, demo, language)
            if missing := wanted() - made:
                raise LookupError(f"no tour came past {', '.join(sorted(missing))}")
            for stale in (PICTURES / language).glob("*.png"):
                if stale.stem not in made:
                    stale.unlink()
    heavy = [file.name for file in PICTURES.glob("*/*.png") if file.stat().st_size > MOST_BYTES]
    if heavy:
        raise ValueError(f"larger than {MOST_BYTES} bytes: {', '.join(heavy)}")
    return 0


def photograph_all(browser: Browser, demo: RunningDemo, language: str) -> set[str]:
    """Go every way of `tours` in one language; returns the names of the pictures that were made."""
    (PICTURES / language).mkdir(parents=True, exist_ok=True)
    made: set[str] = set()
    for number, tour in enumerate(tours.MAIN_LINE):
        first = FIRST_NUMBER + 9 * number + 900 * (1 + LANGUAGES.index(language))
        visitor = Visitor(
            browser, demo, reduced_motion="reduce", bypass_csp=True, device_scale_factor=DENSITY
        )
        visitor.open(f"/?taal={language}")
        for name in tour(visitor, People(demo, first_number=first)):
            if name in SHOTS and name not in made:
                made.add(name)
                settle(visitor, PREPARE.get(name))
                take(visitor, SHOTS[name], language, name)
        visitor.context.close()
    return made


def take(visitor: Visitor, shot: Shot, language: str, name: str) -> None:
    """One picture of one part of the page, and back to the window as it was."""
    page, before = visitor.page, visitor.page.viewport_size
    width, height = shot.window
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(STAND_STILL)
    page.evaluate("() => document.activeElement.blur()")  # what a tour typed last has the focus
    if name == "app-instellen":
        page.evaluate(NOT_TO_BE_USED, {"nl": "Voorbeeld", "en": "Example"}[language])
    box = page.locator(shot.part).first.bounding_box()
    assert box is not None, f"{name} has no {shot.part}"
    picture = page.screenshot(
        clip={
            "x": box["x"] - shot.around,
            "y": box["y"] - shot.around,
            "width": box["width"] + 2 * shot.around,
            "height": box["height"] + 2 * shot.around,
        },
        full_page=True,
        animations="disabled",
    )
    keep(picture, PICTURES / language / f"{name}.png")
    if before is not None:
        page.set_viewport_size(before)


if __name__ == "__main__":
    sys.exit(main())
