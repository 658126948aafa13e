"""The manual: for everybody, in both languages, true to this deployment, with pictures that exist and no dead ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import pytest

from idp.flows.manuals import MANUALS
from idp.mfa import catalogue
from idp.pages import error_copy, form_copy
from idp.pages.manual import PICTURES
from idp.pages.rendering import TEMPLATES
from idp.servicedesk.account_forms import ACTIONS
from tests.browser.manual_pictures import LANGUAGES, MOST_BYTES, SHOTS, wanted
from tests.support.journeys import ISSUER, House, add_person, identify, open_house, sign_in
from tests.support.pages import Browser, Page

MOST_PICTURES = 6
ARTICLES = [f"/handleidingen/{slug}" for slug in MANUALS]
FIGURE = re.compile(r'm\.figure\("([a-z-]+)"')
KNOWN_ERRORS = sorted(set(error_copy.PAGES) | set(form_copy.SENTENCES))


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house without a database: whoever reads the manual needs none."""
    return open_house("sqlite://", tmp_path_factory.mktemp("house"))


def pictures_of(page: Page) -> list[dict[str, str]]:
    """The pictures of an article, in order."""
    return [
        one.attributes
        for one in page.document.descendants("img")
        if "lazy" in one.attributes.values()
    ]


@pytest.mark.parametrize("address", ["/handleidingen", *ARTICLES, "/handleidingen/servicedesk"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_everybody_may_read_the_manual_before_signing_in(
    open_to_all: House, address: str, language: str
) -> None:
    page = open_to_all.browser().get(f"{address}?taal={language}")
    assert (page.status, page.language, page.error) == (200, language, None)
    assert "088 - 711 4888" in page.document.text
    assert {"nl": "Voor zakelijke partners", "en": "For business partners"}[
        language
    ] in page.document.text  # nobody is signed in here


def test_the_portal_shows_the_same_articles_in_its_own_frame(house: House) -> None:
    browser = house.browser()
    sign_in(house, browser, add_person(house, totp=True))
    for slug in MANUALS:
        outside, inside = (browser.get(f"{at}/handleidingen/{slug}") for at in ("", "/mijn"))
        assert "Uw applicaties" in inside.links
        assert titles(inside) == titles(outside)
        within = [address for address in inside.links.values() if "/handleidingen" in address]
        assert all(address.startswith(f"{ISSUER}/mijn/handleidingen") for address in within)


def titles(page: Page) -> list[str]:
    """The headings of the article."""
    article = next(page.document.descendants("article"))
    return [heading.text for heading in article.descendants("h1", "h2", "h3")]


def test_first_set_up_is_told_as_the_printed_manual_does(open_to_all: House) -> None:
    """Its statements, in its order: what somebody needs, then the steps."""
    text = open_to_all.browser().get("/handleidingen/instellen").document.text
    statements = [
        "uw relatienummer", "uw gebruikersnaam", "uw wachtwoord", "die werkt 21 dagen", "Google Chrome",
        "Mozilla Firefox", "een smartphone of tablet", "een mobiele telefoon",
        "Bel of mail de Servicedesk Dataverkeer Ketenpartners", f"{ISSUER}/2fa",
        "Vul uw relatienummer, gebruikersnaam en wachtwoord in", "Kies daarna ‘Volgende’", "Vul uw activatiecode in",
        "Kies één of meer methoden", "Kies ‘Uitleg’", "‘Instellen afgerond’. Kies ‘Afronden’",
        "‘Nog een methode instellen’",
        "vergeten een methode in te stellen", "een nieuwe activatiecode",
    ]  # fmt: skip
    at = 0
    for statement in statements:
        assert statement in text[at:], f"{statement!r} does not stand in its place"
        at = text.index(statement, at)


def test_signing_in_is_told_as_the_printed_manual_does(open_to_all: House) -> None:
    text = open_to_all.browser().get("/handleidingen/inloggen").document.text
    for statement in (
        f"Rechtstreeks: ga naar {ISSUER}", "Via de website van het CAK", "‘Zakelijk’", "‘Mijn CAK Zakelijk’",
        "Kies een van uw methoden en kies ‘Volgende’", "Uw applicaties", "Handleidingen", "Het menu staat links",
    ):  # fmt: skip
        assert statement in text


def test_only_methods_that_are_offered_are_explained(tmp_path: Path, open_to_all: House) -> None:
    without_texts = open_house("sqlite://", tmp_path, sms_gateway=None)
    for address in ARTICLES:
        shown = without_texts.browser().get(address)
        assert not [one for one in pictures_of(shown) if "sms" in one["src"]]
    for house, methods in ((without_texts, ["totp"]), (open_to_all, ["totp", "sms"])):
        page = house.browser().get("/handleidingen/methoden")
        assert [kind for kind in ("totp", "sms") if page.find(kind)] == methods


def test_every_factor_has_its_part_of_the_manual() -> None:
    wanted_macros = {"needs", "suits", "set_up", "sign_in", "trouble", "new_device"}
    for factor in catalogue.every():
        part = (TEMPLATES / "articles" / "methods" / f"{factor.kind}.html").read_text("utf-8")
        assert wanted_macros <= set(re.findall(r"{% macro (\w+)", part)), factor.kind


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", ARTICLES)
def test_every_picture_that_an_article_shows_exists_and_is_described(
    open_to_all: House, address: str, language: str
) -> None:
    browser = open_to_all.browser()
    pictures = pictures_of(browser.get(f"{address}?taal={language}"))
    assert len(pictures) <= MOST_PICTURES
    for picture in pictures:
        answer = open_to_all.app.test_client().get(picture["src"], base_url=ISSUER)
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert "immutable" in answer.headers["Cache-Control"]
        assert f"/{language}-" in picture["src"]
        assert len(picture["alt"]) > 30
        assert int(picture["width"]) > 300
        assert int(picture["height"]) > 100


def test_every_picture_that_is_wanted_was_made_in_both_languages() -> None:
    """`make screens` makes them; after a new method, run it."""
    for language in LANGUAGES:
        made = {file.stem: file.stat().st_size for file in (PICTURES / language).glob("*.png")}
        assert set(made) == wanted(), "run `make screens`"
        assert max(made.values()) <= MOST_BYTES


def test_articles_show_exactly_the_pictures_that_are_made() -> None:
    texts = [file.read_text("utf-8") for file in (TEMPLATES / "articles").rglob("*.html")]
    assert {name for text in texts for name in FIGURE.findall(text)} == set(SHOTS)


def test_no_link_of_the_manual_is_a_dead_end(open_to_all: House) -> None:
    browser = open_to_all.browser()
    for address in ["/handleidingen", *ARTICLES, "/handleidingen/servicedesk", "/toegankelijkheid"]:
        for target, place in links_of(browser.get(address)):
            arrived = browser.get(target) if urlsplit(target).path not in {"/", "/2fa"} else None
            assert arrived is None or arrived.status == 200, (address, target)
            assert arrived is None or not place or arrived.find(place), (address, target, place)


def links_of(page: Page) -> Iterator[tuple[str, str]]:
    """Our own addresses that a page links to, and the place on them."""
    for link in page.links.values():
        if link.startswith(ISSUER):
            target, place = urldefrag(link)
            yield target.removeprefix(ISSUER) or "/", place


def test_the_pages_of_signing_in_lead_to_the_manual(open_to_all: House, house: House) -> None:
    told = "Lees de handleiding (in een nieuw tabblad)"
    browser = house.browser()
    assert browser.get("/").links[told] == f"{ISSUER}/handleidingen/inloggen"
    assert browser.get("/2fa").links[told] == f"{ISSUER}/handleidingen/instellen"
    page = sign_in_as_far_as_the_second_step(house, browser)
    assert page.links[told] == f"{ISSUER}/handleidingen/inloggen"
    assert open_to_all.browser().get("/contact").status == 200
    assert open_to_all.browser().get("/privacy").links[told] == f"{ISSUER}/handleidingen"


def sign_in_as_far_as_the_second_step(house: House, browser: Browser) -> Page:
    """In front of the page of the one method that somebody has."""
    page = identify(browser, add_person(house, totp=True))
    assert page.name == "second-factor"
    return page


# --- for the Servicedesk ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", KNOWN_ERRORS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_that_a_caller_can_see_is_explained(
    open_to_all: House, error: str, language: str
) -> None:
    page = open_to_all.browser().get(f"/handleidingen/servicedesk?taal={language}")
    about = page.find(error)
    assert about is not None, f"{error} is not on the page of the Servicedesk"
    terms = [term.text for term in about.descendants("dt")]
    assert terms[:2] == {
        "nl": ["Wat het betekent", "Wat u zegt"], "en": ["What it means", "What you say"],
    }[language]  # fmt: skip
    assert all(len(one.text) > 10 for one in about.descendants("dd"))


def test_nothing_is_explained_that_no_page_shows() -> None:
    template = (TEMPLATES / "servicedesk_manual.html").read_text("utf-8")
    assert sorted(re.findall(r'{{ entry\("([a-z-]+)"', template)) == KNOWN_ERRORS


def test_the_servicedesk_reads_the_words_that_the_caller_sees(open_to_all: House) -> None:
    page = open_to_all.browser().get("/handleidingen/servicedesk")
    for name, copy in error_copy.PAGES.items():
        assert copy({}).title in page.text(name)
    for name in form_copy.SENTENCES:
        assert form_copy.sentence(name, {}) in page.text(name)


def test_a_lost_telephone_is_answered_with_a_code_that_removes_the_old_methods(
    open_to_all: House,
) -> None:
    """What the manual promises to callers is what the page for colleagues lets them do."""
    browser = open_to_all.browser()
    promised = browser.get("/handleidingen/telefoon-kwijt").document.text
    assert "werken al uw oude methoden niet meer" in promised
    page = browser.get("/handleidingen/servicedesk")
    chosen = [one.text for one in page.document.descendants("b")]
    first = chosen.index("Methoden wissen")
    assert chosen[first + 1] == "Activatiecode uitgeven"


def test_what_the_page_of_the_servicedesk_says_to_choose_is_there_at_the_desk(
    open_to_all: House,
) -> None:
    page = open_to_all.browser().get("/handleidingen/servicedesk")
    named = {name.text for name in page.document.descendants("b") if name.get("lang") == "nl"}
    assert len(named) >= 8
    assert named - {form.title for form in ACTIONS.values()} == {"Zoeken", "Toegang geven"}
    assert "idp " not in page.document.text


# --- accessibility ---------------------------------------------------------------------------------------------------

MODEL = [
    "Waarvoor geldt deze verklaring?", "Nalevingsstatus", "Wat is getest, en hoe?",
    "Wat voldoet nog niet, of weten wij nog niet?", "Werkt er iets niet voor u?",
    "Bent u niet tevreden met ons antwoord?", "Wie heeft dit verklaard, en wanneer?",
]  # fmt: skip


def test_the_accessibility_statement_claims_no_more_than_was_tested(open_to_all: House) -> None:
    page = open_to_all.browser().get("/toegankelijkheid")
    assert [heading.text for heading in page.document.descendants("h2")][: len(MODEL)] == MODEL
    assert page.text("nalevingsstatus") == "Status C: eerste maatregelen genomen"
    for told in ("alleen met automatische tests", "NVDA", "VoiceOver", "Nationale ombudsman"):
        assert told in page.document.text
    assert page.find("niet-ondertekend") is not None


def test_the_body_gives_its_own_status_and_signed_statement(tmp_path: Path) -> None:
    signed = "https://www.toegankelijkheidsverklaring.nl/register/0"
    house = open_house(
        "sqlite://", tmp_path, accessibility_status="B", accessibility_statement=signed
    )
    page: Page = Browser(house.app, ISSUER).get("/toegankelijkheid")
    assert page.text("nalevingsstatus") == "Status B: voldoet gedeeltelijk"
    assert page.links[signed] == signed
    assert page.find("niet-ondertekend") is None
