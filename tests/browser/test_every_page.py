"""Every page and its errors, seen in passing: accessible, in the language it claims, whole on the smallest screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.browser import tours
from tests.browser.any_visitor import NARROW, WIDE, AnyVisitor
from tests.browser.conftest import Arrive
from tests.browser.inspection import SMALLEST, Inspection
from tests.browser.people import People
from tests.browser.tours import Tour
from tests.browser.visitor import Visitor


@pytest.mark.parametrize("tour", tours.ALL, ids=tours.name_of)
def test_every_page_is_accessible_and_fits_a_small_screen(
    arrive: Arrive, people: People, tour: Tour
) -> None:
    visitor = arrive()
    visitor.context.add_init_script(AXE_SCRIPT)
    look = Inspection(visitor)
    found = {
        name: [
            *look.words("nl"),
            *look.contrast_and_motion(),
            *look.layout(SMALLEST, WIDE),
            *look.spacing(),
            *look.accessibility(),
        ]
        for name in tour(visitor, people)
    }
    assert not {name: problems for name, problems in found.items() if problems}


@pytest.mark.parametrize("tour", tours.MAIN_LINE, ids=tours.name_of)
def test_english_pages_say_so_and_fit_a_small_screen(
    arrive: Arrive, people: People, tour: Tour
) -> None:
    """What they say is tested without a browser; here is whether longer words still fit."""
    visitor = arrive(locale="en-GB")
    visitor.open("/?taal=en")
    look = Inspection(visitor)
    found = {name: [*look.words("en"), *look.layout(SMALLEST)] for name in tour(visitor, people)}
    assert not {name: problems for name, problems in found.items() if problems}


@pytest.mark.parametrize("arrive", ["firefox"], indirect=True)
@pytest.mark.parametrize("tour", tours.IN_FIREFOX_TOO, ids=tours.name_of)
def test_the_main_pages_and_their_errors_fit_a_small_screen_in_firefox(
    visitor: AnyVisitor, people: People, tour: Tour
) -> None:
    look = Inspection(visitor)
    found = {
        name: [*look.words("nl"), *look.layout(SMALLEST, NARROW, WIDE)]
        for name in tour(visitor, people)
    }
    assert not {name: problems for name, problems in found.items() if problems}


def test_the_inspection_sees_what_is_wrong(visitor: Visitor) -> None:
    visitor.context.add_init_script(AXE_SCRIPT)
    visitor.open("/")
    visitor.page.evaluate(SPOIL)
    look = Inspection(visitor)
    assert look.words("nl") == ["lang is en", "2 main headings"]
    assert {problem.partition(":")[0] for problem in look.layout(SMALLEST)} == {
        "sticks out at 320 px", "not above its field at 320 px", "covered at 320 px",
    }  # fmt: skip
    assert "spaced: covered at 320 px: cut: Krap" in look.spacing()
    assert not [problem for problem in look.layout(SMALLEST) if "Krap" in problem]
    assert {problem.partition(":")[0] for problem in look.contrast_and_motion()} == {
        "no ring", "no ring in forced colours", "no border in forced colours", "moves",
    }  # fmt: skip
    seen = look.accessibility()
    assert {problem.split(": ")[0] for problem in seen} == {
        "light, 1280 px", "light, 375 px", "dark, 1280 px", "dark, 375 px",
    }  # fmt: skip
    assert {"image-alt", "color-contrast", "target-size", "label-content-name-mismatch"} <= {
        problem.split(": ")[1] for problem in seen
    }


SPOIL = """() => {
    document.documentElement.lang = 'en';
    const picture = document.createElement('img');
    picture.style.minWidth = '2000px';
    const heading = document.createElement('h1');
    heading.textContent = 'Nauwelijks te zien';
    heading.style.color = '#888';
    heading.style.background = '#999';
    document.querySelector('main').append(heading, picture);
    const label = document.querySelector('label');
    label.style.position = 'relative';
    label.style.top = '200px';
    const over = document.createElement('span');
    over.textContent = 'Erop';
    over.style.marginLeft = '-3em';
    document.querySelector('main h1').append(over);
    const tight = document.createElement('p');
    tight.textContent = 'Krap';
    tight.style.cssText = 'inline-size: max-content; overflow: hidden; white-space: nowrap';
    document.querySelector('main').append(tight);
    tight.style.inlineSize = `${tight.getBoundingClientRect().width}px`;
    for (const [name, aside] of [['Ja', 0], ['Nee', 8]]) {
        const button = document.createElement('button');
        button.className = 'nl-button';
        button.textContent = name;
        button.setAttribute('aria-label', 'Misschien');
        button.style.cssText = `position: fixed; inset: 0 auto auto ${aside}px; inline-size: 6px; block-size: 6px;
            padding: 0`;
        button.style.setProperty('transition', 'all 1s', 'important');
        for (const what of ['outline', 'border', 'min-block-size', 'min-inline-size'])
            button.style.setProperty(what, '0', 'important');
        document.body.append(button);
    }
}"""
