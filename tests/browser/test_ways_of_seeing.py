"""Seen differently: in forced colours, on paper, at 400 %, and when the session is almost over."""

from __future__ import annotations

from tests.browser import walks
from tests.browser.conftest import Arrive
from tests.browser.inspection import SMALLEST
from tests.browser.people import People
from tests.browser.visitor import WIDE, Visitor

NEAR = ".mcz-timeout--near"
COLOUR = "(one, name) => getComputedStyle(one)[name]"
#: What somebody would click on where the focus is: the thing itself, or what lies over it.
FOCUS_LIES_FREE = """() => {
    const box = document.activeElement.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const over = top && top.closest('.mcz-timeout--near');
    return !over || over.contains(document.activeElement);
}"""


def colour(visitor: Visitor, selector: str, name: str = "color") -> str:
    """A computed colour (or width) of the first such element."""
    found: str = visitor.page.locator(selector).first.evaluate(COLOUR, name)
    return found


def test_forced_colours_keep_the_choice_the_main_button_the_pictures_and_the_qr_code(
    arrive: Arrive, people: People
) -> None:
    visitor = arrive(forced_colors="active")
    walks.up_to_the_methods(visitor, people.make(code=True))
    visitor.choose("totp")
    chosen, other = ".mcz-choice:has(:checked)", ".mcz-choice:not(:has(:checked))"
    assert [colour(visitor, each, "borderTopWidth") for each in (chosen, other)] == ["3px", "1px"]
    assert colour(visitor, "#volgende", "borderTopWidth") == "3px"
    assert colour(visitor, ".mcz-choice__icon") == colour(visitor, ".mcz-choice__desc")
    visitor.press("volgende")
    visitor.is_at("enrol-totp")
    assert colour(visitor, ".mcz-qrbox", "backgroundColor") == "rgb(255, 255, 255)"
    assert colour(visitor, ".mcz-qr path >> nth=-1", "stroke") == "rgb(0, 0, 0)"


def test_on_paper_an_error_page_says_what_to_do_and_whom_to_call(visitor: Visitor) -> None:
    visitor.open("/bestaat-niet")
    visitor.is_at("error", "not-found")
    visitor.page.emulate_media(media="print")
    for selector in ("h1", "#doen", ".mcz-desk", "#kenmerk"):
        assert visitor.page.locator(selector).is_visible(), selector
    for selector in ("#volgende", ".mcz-lang", "footer", ".nl-skip-link"):
        assert not visitor.page.locator(selector).is_visible(), selector
    assert "088 - 711 4888" in visitor.text()


def test_two_minutes_before_the_end_a_warning_comes_and_one_press_ends_it(
    visitor: Visitor, people: People
) -> None:
    page = visitor.page
    page.clock.install()
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    said = page.locator("[data-announce]")
    page.clock.fast_forward("27:30")
    assert not page.locator(NEAR).count()
    assert said.text_content() == ""
    page.clock.fast_forward("00:35")
    page.locator(NEAR).wait_for()
    assert said.get_attribute("role") == "status"
    assert (said.text_content() or "").startswith("U wordt om ")
    assert visitor.focused() != "blijven", "the focus stays where it was"
    visitor.press("blijven")
    visitor.is_at("portal")
    assert not page.locator(NEAR).count()


def test_at_400_percent_the_warning_leaves_room_and_never_lies_over_the_focus(
    visitor: Visitor, people: People
) -> None:
    page = visitor.page
    page.clock.install()
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    visitor.open("/mijn/beveiliging")
    page.clock.fast_forward("29:00")
    page.locator(NEAR).wait_for()
    for size in (SMALLEST, WIDE):
        page.set_viewport_size(size)
        box = page.locator(NEAR).bounding_box()
        assert box is not None
        assert box["height"] <= size["height"] / 3
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0) }")
        for _ in range(14):
            page.keyboard.press("Tab")
            assert page.evaluate(FOCUS_LIES_FREE), (size, visitor.focused())


def test_without_a_script_the_page_says_when_it_signs_out_and_one_press_moves_that(
    arrive: Arrive, people: People
) -> None:
    visitor = arrive(java_script_enabled=False)
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    assert visitor.page.get_by_text("U wordt om ").first.is_visible()
    visitor.press("blijven")
    visitor.is_at("portal")
