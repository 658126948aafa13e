"""Whoever chooses English gets English: every page of the walk, the portal and the errors, without Dutch left over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from idp.clock import Standing
from idp.pages import wording
from tests.support.journeys import (
    LANDLINE,
    NEW_PASSWORD,
    PHONE,
    House,
    Visitor,
    add_person,
    grant,
    identify,
    set_up_sms,
    set_up_totp,
    sign_in,
    to_the_methods,
)
from tests.support.journeys import add_application as application
from tests.support.pages import Page

#: Words that no English sentence has.
DUTCH = set(
    re.findall(
        r"\w+",
        "het een uw niet wachtwoord inloggen uitloggen ingelogd gelukt op naar om uur voor met wordt vandaag gisteren "
        "kies vul bel vraag uitleg methode methoden applicaties beveiliging handleidingen sessie kenmerk",
    )
)
#: What operators named, and the switch back.
NAMES = re.compile(
    r"Mijn CAK Zakelijk|Gemeente Voorbeeld \d+|Nederlands|Servicedesk [\w ]+|KENMERK|Wmo-berichten"
)


@cache
def dutch_sentences() -> tuple[str, ...]:
    """Every Dutch phrase of the catalogue that reads otherwise in English, cut at what is filled in."""
    catalogue = wording.CATALOGUES / "en" / "LC_MESSAGES" / "messages.po"
    with Path(catalogue).open("rb") as source:
        messages = [one for one in read_po(source, locale="en") if one.id]
    texts = [text for one in messages for text in ([one.id] if isinstance(one.id, str) else one.id)]
    pieces = (piece.strip() for text in texts for piece in re.split(r"%\(\w+\)[sd]", text))
    return tuple({piece for piece in pieces if len(piece) >= 12 and " " in piece})


def leftovers(page: Page) -> set[str]:
    """The Dutch on a page that says it is English."""
    assert page.language == "en", page
    text = NAMES.sub(" ", page.document.text)
    if seed := page.find("totp-geheim"):  # chance writes Dutch now and then
        text = text.replace(seed.text, " ")
    for button in page.document.descendants(
        "b"
    ):  # pages of the desk are Dutch, and so are their buttons
        if button.get("lang") == "nl":
            text = text.replace(button.text, " ")
    words = set(re.findall(r"[a-zà-ÿ’]+", text.lower()))
    return (words & DUTCH) | {sentence for sentence in dutch_sentences() if sentence in text}


class Listener:
    """Looks at every page it is given."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.found: dict[str, set[str]] = {}

    def __call__(self, page: Page) -> Page:
        name = f"{page.name} {page.error or ''}".strip()
        self.names.append(name)
        if left := leftovers(page):
            self.found.setdefault(name, set()).update(left)
        return page


@pytest.fixture
def english(house: House) -> Iterator[tuple[House, Visitor, Listener]]:
    """A browser that has chosen English, and somebody who reads along."""
    browser = house.browser(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0"})
    browser.get("/?taal=en")
    listener = Listener()
    yield house, browser, listener
    assert listener.found == {}


def test_first_set_up_in_english(english: tuple[House, Visitor, Listener]) -> None:
    house, browser, seen = english
    anna = add_person(house, code=True, password=None)
    seen(browser.get("/2fa"))
    seen(identify(browser, anna, at=None))
    seen(browser.submit("volgende"))
    for typed in ("", "hallo", "0" * 13, anna.code or ""):
        seen(browser.submit("volgende", activatiecode=typed))
    seen(browser.submit("volgende", methode=["totp", "sms"]))
    seen(browser.submit("volgende", code="000000"))
    seen(set_up_totp(browser)[1])
    for password in ("", "kort", "x" * 129, "a" * 20, "j.devries123", anna.password, NEW_PASSWORD):
        seen(browser.submit("volgende", nieuw_wachtwoord=password))
    for number in ("", "hallo", "020 1234567"):
        seen(browser.submit("volgende", telefoonnummer=number))
    seen(set_up_sms(house, browser))
    seen(browser.submit("afronden"))
    assert set(seen.names) >= {"enrolment-done", "set-password password-weak", "portal"}


def test_signing_in_and_the_portal_in_english(
    english: tuple[House, Visitor, Listener], time: Standing
) -> None:
    house, browser, seen = english
    anna = add_person(house, totp=True, phone=PHONE)
    grant(house, anna, application(house, "Wmo-berichten"))
    seen(browser.get("/"))
    seen(browser.submit("volgende"))
    seen(identify(browser, anna, password="fout"))
    seen(identify(browser, anna))
    seen(browser.submit("volgende", methode="sms"))
    seen(browser.submit("volgende"))
    for code in ("", "000000"):
        seen(browser.submit("volgende", code=code))
    seen(browser.submit("opnieuw"))
    seen(browser.submit("volgende", code=house.newest_code()))
    for address in (
        "/mijn/beveiliging",
        "/mijn/handleidingen",
        "/mijn/handleidingen/instellen",
        "/mijn/handleidingen/methoden",
        "/mijn/handleidingen/inloggen",
        "/mijn/handleidingen/telefoon-kwijt",
        "/mijn/handleidingen/foutmeldingen",
        "/uitloggen",
    ):
        seen(browser.get(address))
    seen(browser.submit("uitloggen"))
    time.move(timedelta(days=1))
    seen(sign_in(house, browser, anna))
    seen(browser.get("/mijn/beveiliging"))
    assert {"choose-method", "second-factor", "second-factor too-soon", "manual"} <= set(seen.names)


def test_calls_in_english(english: tuple[House, Visitor, Listener], time: Standing) -> None:
    house, browser, seen = english
    anna = add_person(house, code=True)
    seen(to_the_methods(browser, anna))
    seen(browser.submit("volgende", methode=["sms"]))
    seen(browser.submit("volgende", telefoonnummer=LANDLINE))
    seen(browser.submit("bel-mij", telefoonnummer="0900 1234"))
    seen(browser.submit("volgende", telefoonnummer=LANDLINE))
    seen(browser.submit("volgende", code="000000"))
    seen(browser.submit("opnieuw"))
    seen(browser.submit("volgende", code=house.newest_code()))
    seen(browser.submit("afronden"))
    seen(browser.submit("uitloggen"))
    time.move(timedelta(hours=1))
    seen(identify(browser, anna))
    seen(browser.submit("volgende"))
    time.move(timedelta(minutes=1))
    seen(browser.get(browser.page.address))
    seen(browser.get("/demo/telefoon"))
    assert {"enrol-sms number-not-mobile", "enrol-voice", "second-factor"} <= set(seen.names)


def test_information_and_errors_in_english(
    english: tuple[House, Visitor, Listener], time: Standing
) -> None:
    house, browser, seen = english
    manuals = ("", "/instellen", "/methoden", "/inloggen", "/telefoon-kwijt", "/foutmeldingen")
    for manual in (*manuals, "/servicedesk"):
        seen(browser.get(f"/handleidingen{manual}"))
    for address in ("/privacy", "/toegankelijkheid", "/veilig-inloggen", "/contact", "/nergens"):
        seen(browser.get(address))
    seen(browser.get("/demo/telefoon"))
    seen(browser.get("/inloggen/" + "0" * 32))
    seen(browser.send("POST", "/", relatienummer="1"))
    seen(identify(browser, add_person(house)))
    anna = add_person(house, "a.bakker", code=True)
    to_the_methods(browser, anna)
    page = browser.page
    time.move(timedelta(minutes=30))
    seen(browser.get(page.address))
    for _ in range(6):
        seen(identify(browser, anna, password="fout"))
    names = set(seen.names)
    assert {
        "error not-found",
        "error session-expired",
        "error out-of-turn",
        "error no-method",
    } <= names
    assert {"error activation-window-closed", "error throttled"} <= names


def test_a_browser_that_chose_nothing_gets_dutch(house: House) -> None:
    browser = house.browser(headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert browser.get("/").language == "nl"
    assert browser.get("/?taal=de").language == "nl"
    assert browser.get("/?taal=en-GB").language == "en"
    assert browser.get("/2fa").language == "en"
    assert browser.get("/2fa?taal=nl").language == "nl"
