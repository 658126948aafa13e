"""The fields of every page: the right keyboard, what may be filled in, pasted and kept, what screen readers are told.

All of it stands in the HTML, so no browser is needed to read it.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from idp import clock
from tests.attacks.key_holders import setting_up
from tests.support.databases import SqliteDatabases
from tests.support.html import Element
from tests.support.journeys import (
    NEW_PASSWORD,
    NOW,
    PHONE,
    House,
    Person,
    Visitor,
    add_person,
    identify,
    open_house,
    set_up_sms,
    set_up_totp,
    sign_in,
    to_the_methods,
    totp_code,
)
from tests.support.pages import Page
from tests.support.software_key import SoftwareKey, options_on

#: What each field says of itself; a name that is missing here is a field nobody thought of.
FIELDS = {
    "relatienummer": {
        "type": "text", "inputmode": "numeric", "autocomplete": "on", "spellcheck": "false",
    },
    "gebruikersnaam": {
        "type": "text", "autocomplete": "username", "autocapitalize": "none", "autocorrect": "off",
        "spellcheck": "false",
    },
    "wachtwoord": {"type": "password", "autocomplete": "current-password"},
    "nieuw_wachtwoord": {"type": "password", "autocomplete": "new-password"},
    "activatiecode": {
        "type": "text", "autocomplete": "off", "autocapitalize": "characters", "autocorrect": "off",
        "spellcheck": "false",
    },
    "code": {
        "type": "text", "inputmode": "numeric", "autocomplete": "one-time-code", "pattern": "[0-9 ]*",
        "spellcheck": "false",
    },
    "telefoonnummer": {"type": "tel", "autocomplete": "tel"},
    "sleutelnaam": {"type": "text", "autocomplete": "off", "maxlength": "40"},
}  # fmt: skip
WRITTEN = {"text", "password", "tel", "email", "number", "search", "url"}
#: These would cut what is pasted, forbid pasting, or hint in grey what belongs in a label.
NEVER = {"maxlength", "minlength", "placeholder", "readonly", "disabled", "onpaste", "title"}
MOST_BYTES_OF_A_PAGE = 6_000


@pytest.fixture(scope="module")
def pages(
    sqlite_databases: SqliteDatabases, tmp_path_factory: pytest.TempPathFactory
) -> list[Page]:
    """Every page with a form or a list, and the errors of each: seen once, read by every test here."""
    folder = tmp_path_factory.mktemp("fields")
    house = open_house(sqlite_databases.migrated(folder), folder)
    with clock.standing_at(NOW):
        return [*first_set_up(house), *signing_in(house), *with_keys(house)]


def first_set_up(house: House) -> Iterator[Page]:
    """From `/2fa` to the portal, with every form sent empty once."""
    person, browser = add_person(house, code=True, password=None), house.browser()
    yield browser.get("/2fa")
    yield browser.submit("volgende")
    yield identify(browser, person, at=None)
    yield browser.submit("volgende")
    yield browser.submit("volgende", activatiecode="")
    yield browser.submit("volgende", activatiecode=person.code or "")
    yield browser.submit("volgende")
    yield browser.submit("volgende", methode=["totp", "sms", "voice"])
    yield browser.submit("volgende", code="")
    yield set_up_totp(browser)[1]
    yield browser.submit("volgende", nieuw_wachtwoord="kort")
    yield browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD)
    yield browser.submit("volgende", telefoonnummer="020 1234567")
    yield browser.submit("volgende", telefoonnummer=PHONE)
    yield browser.submit("volgende", code="")
    yield browser.submit("volgende", code=house.newest_code())
    yield set_up_sms(house, browser, "020 1234567")
    yield browser.submit("afronden")
    for address in ("/mijn/beveiliging", "/mijn/handleidingen", "/uitloggen"):
        yield browser.get(address)


def signing_in(house: House) -> Iterator[Page]:
    """The sign-in page and both its errors, the choice, and both states of a page that sends."""
    person, browser = add_person(house, "tweede", totp=True, phone=PHONE), house.browser()
    yield browser.get("/")
    yield identify(browser, person, password="mis")
    yield browser.submit("volgende", wachtwoord=person.password)
    yield browser.submit("volgende", methode="sms")
    yield browser.submit("volgende")
    yield browser.submit("volgende", code="")
    yield browser.get("/bestaat-niet")


def with_keys(house: House) -> Iterator[Page]:
    """A page that sets up a key, and the one that asks for it."""
    person, browser = setting_up(house, "derde")
    yield browser.page
    yield browser.submit("volgende", sleutelfout="NotAllowedError")
    browser.submit("volgende", sleutel=SoftwareKey().make(options_on(browser.page)))
    yield identify(house.browser(), person)


def written(page: Page) -> list[Element]:
    """The fields in which somebody types."""
    return [
        one
        for one in page.document.descendants("input", "textarea")
        if (one.get("type") or "text") in WRITTEN and one.get("hidden") is None
    ]


def test_every_field_says_what_belongs_in_it_and_takes_what_is_pasted(pages: list[Page]) -> None:
    seen = set()
    for page in pages:
        for one in written(page):
            wanted = FIELDS[one.attributes["name"]]
            seen.add(one.attributes["name"])
            assert one.get("id") == one.get("name")
            assert {name: one.get(name) for name in wanted} == wanted, (page, one.attributes)
            assert not (NEVER - set(wanted)) & set(one.attributes), (page, one.attributes)
            assert one.get("required") is not None
    assert seen == set(FIELDS)


def test_every_form_is_checked_by_the_server_which_explains_what_is_wrong(
    pages: list[Page],
) -> None:
    """A browser's own bubbles speak the browser's language, vanish, and know none of our advice."""
    for page in pages:
        for one in written(page):
            form = one.closest("form")
            assert form is not None
            assert form.get("novalidate") is not None, page


def test_every_field_has_a_label_above_it_and_tells_its_explanation_and_error(
    pages: list[Page],
) -> None:
    for page in pages:
        labels = {
            one.get("for"): one.text for one in page.document.descendants("label") if one.text
        }
        for one in written(page):
            field = one.attributes["id"]
            assert field in labels, (page, field)
            wrong = page.find(f"{field}-fout") is not None
            about = page.find(f"{field}-uitleg") is not None
            told = [f"{field}-uitleg"] * about + [f"{field}-fout"] * wrong
            assert (one.get("aria-describedby") or "").split() == told, (page, field)
            assert (one.get("aria-invalid") == "true") == wrong, (page, field)


def test_a_password_manager_finds_the_name_right_before_the_password(pages: list[Page]) -> None:
    """The manager takes the text field before the password for the name: never the relatienummer."""
    forms = 0
    for page in pages:
        for form in page.forms:
            names = [
                one.attributes["name"]
                for one in form.descendants("input")
                if (one.get("type") or "text") in {"text", "password"}
            ]
            if "wachtwoord" in names:
                assert names == ["relatienummer", "gebruikersnaam", "wachtwoord"]
                forms += 1
            if "nieuw_wachtwoord" in names:
                assert names == ["gebruikersnaam", "nieuw_wachtwoord"]
                name = next(form.descendants("input"), None)
                known = {
                    one.get("name"): one
                    for one in form.descendants("input")
                    if one.get("autocomplete") == "username"
                }
                assert name is not None
                assert known["gebruikersnaam"].get("value") == "j.devries"
                assert known["gebruikersnaam"].get("hidden") is not None
                forms += 1
    assert forms > 4


def test_no_code_is_offered_to_be_kept_as_a_password(pages: list[Page]) -> None:
    for page in pages:
        for one in written(page):
            if one.get("name") in {"activatiecode", "code"}:
                form = one.closest("form")
                assert form is not None
                assert one.get("type") != "password"
                assert not [
                    field for field in form.descendants("input") if field.get("type") == "password"
                ]


def test_what_speaks_up_by_itself_is_an_error_or_a_quiet_message(pages: list[Page]) -> None:
    """A countdown that is read out every second drowns everything else (ui: the counter is no live region)."""
    for page in pages:
        loud = [one for one in page.document.descendants() if one.get("role") == "alert"]
        assert [one.get("id") for one in loud] == (["foutmelding"] if page.error else []), page
        for one in page.document.descendants():
            assert one.get("aria-live") is None, (page, one.attributes)
            if one.get("data-countdown") is not None:
                around: Element | None = one
                while around is not None:
                    assert around.get("role") not in {"status", "alert", "timer", "log"}
                    around = around.parent
            if one.get("data-announce") is not None:
                assert one.get("role") == "status"
                assert one.text == ""  # filled when there is something to say


def test_every_error_of_a_form_takes_the_focus_and_leads_to_its_field(pages: list[Page]) -> None:
    shown_again = [page for page in pages if page.error and page.name != "error"]
    assert len(shown_again) > 8
    for page in shown_again:
        summary = page.at("foutmelding")
        assert (summary.get("tabindex"), summary.get("autofocus")) == ("-1", ""), page
        assert summary.closest("form") is None
        links = list(summary.descendants("a"))
        assert links, page
        for link in links:
            target = page.at(link.attributes["href"].removeprefix("#"))
            assert target.tag in {"input", "button"} or target.get("id") == "methode", page


def test_every_page_says_its_language_and_what_it_is_and_skips_to_the_content(
    pages: list[Page],
) -> None:
    titles = {}
    for page in pages:
        title = next(page.document.descendants("title")).text
        assert page.language == "nl"
        assert len(list(page.document.descendants("h1"))) == 1, page
        assert title.startswith("Fout: ") == (page.error is not None and page.name != "error"), page
        first = next(page.document.descendants("a"))
        assert (first.text, first.get("href")) == ("Direct naar de inhoud", "#inhoud")
        assert page.at("inhoud").tag == "main"
        titles.setdefault(title.removeprefix("Fout: "), set()).add(page.name)
    assert not {title: names for title, names in titles.items() if len(names) > 1}


def test_every_page_is_six_kilobytes_at_most_when_packed(pages: list[Page]) -> None:
    sizes = {
        f"{page.name} {page.error}": len(gzip.compress(page.html.encode(), 6)) for page in pages
    }
    assert not {name: size for name, size in sizes.items() if size > MOST_BYTES_OF_A_PAGE}, sizes


# --- how people type -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spell", ["{0}{1}", " {0} {1} ", "{0}-{1}", "{0} {1}\t", "{0}\u00a0{1}\u200b"]
)
@pytest.mark.parametrize("kind", ["totp", "sms"])
def test_a_code_of_six_digits_is_read_however_it_is_typed(
    house: House, kind: str, spell: str
) -> None:
    person = add_person(house, totp=kind == "totp", phone=PHONE if kind == "sms" else None)
    browser = at_the_code(house, person, kind)
    code = totp_code(person.totp) if kind == "totp" else house.newest_code()
    assert browser.submit("volgende", code=spell.format(code[:3], code[3:])).name == "portal"


def at_the_code(house: House, person: Person, kind: str) -> Visitor:
    """Somebody in front of the field for six digits."""
    browser = house.browser()
    identify(browser, person)
    if kind == "sms":
        browser.submit("volgende")
    return browser


@pytest.mark.parametrize(
    "typed",
    ["06-12 34 56 78", "+31 6 12345678", "0031612345678", "(06) 12.34.56.78", " 06/12345678 "],
)
def test_a_number_reaches_the_same_telephone_however_it_is_typed(house: House, typed: str) -> None:
    person, browser = add_person(house, code=True), house.browser()
    to_the_methods(browser, person)
    browser.submit("volgende", methode="sms")
    browser.submit("volgende", telefoonnummer=typed)
    assert [message["to"] for message in house.phone()] == ["+31612345678"]


def test_nobody_needs_more_than_three_pages_to_sign_in(house: House) -> None:
    person, browser = add_person(house, totp=True), house.browser()
    seen = [browser.get("/"), identify(browser, person, at=None)]
    seen.append(browser.submit("volgende", code=totp_code(person.totp)))
    assert [page.name for page in seen] == ["login", "second-factor", "portal"]
    assert sign_in(house, house.browser(), add_person(house, "b", totp=True)).name == "portal"


def test_first_set_up_is_nine_pages_at_most_with_a_new_password(
    house: House,
) -> None:
    person, browser = add_person(house, code=True, password=None), house.browser()
    seen = [browser.get("/2fa"), identify(browser, person, at=None), browser.submit("volgende")]
    seen.append(browser.submit("volgende", activatiecode=person.code or ""))
    seen.append(browser.submit("volgende", methode="totp"))
    seen.append(set_up_totp(browser)[1])
    seen.append(browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD))
    seen.append(browser.submit("afronden"))
    assert seen[-1].name == "portal"
    assert len(seen) <= 9, [page.name for page in seen]
