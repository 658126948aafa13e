"""Attacks on consent: given by another site, in another session, twice, or for what was not shown."""

from __future__ import annotations

from functools import partial

import pytest

from idp import clock
from idp.database import db
from idp.models import AuthorizationCode, Consent
from tests.attacks.test_protocol_codes import at_once
from tests.protocol.relying_party import ISSUER, Provider
from tests.protocol.test_consent import again, on_consent, stranger
from tests.support.journeys import House
from tests.support.pages import Page
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def consents_of(house: House) -> int:
    with house.inside():
        return db.session.query(Consent).count()


def csrf_on(page: Page) -> str:
    [token] = {
        one.get("value")
        for one in page.at("volgende").closest("form").descendants("input")  # type: ignore[union-attr]
        if one.get("name") == "csrf_token"
    }
    return token or ""


@ONE
def test_a_form_of_elsewhere_gives_no_consent(provider: Provider, house: House) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    page = shop.visit(browser)
    other = stranger(provider)
    tokens = ["", "x" * 43, csrf_on(again(provider.browser(provider.person("p.p")), shop))]
    tokens.append(csrf_on(again(browser, other)))
    for token in tokens:
        for action in ("", "weigeren"):
            fields = {"csrf_token": token, "actie": action}
            answer = browser.send("POST", f"{page.address}/toestemming", **fields)
            assert (answer.status, answer.headers["Location"]) == (
                303,
                page.address.removeprefix(ISSUER),
            )
    assert on_consent(browser.get(page.address))
    assert consents_of(house) == 0


@ONE
def test_the_answer_of_one_session_counts_in_no_other(provider: Provider, house: House) -> None:
    """Who signs in as somebody else in between answers for nobody."""
    shop, anna, piet = stranger(provider), provider.person(), provider.person("p.pietersen")
    browser = provider.browser(anna)
    shown = shop.visit(browser)
    provider.sign_in(browser, piet, at=clock.now())
    assert on_consent(browser.submit("volgende"))
    assert consents_of(house) == 0
    elsewhere = provider.browser(piet).send("POST", f"{shown.address}/toestemming")
    assert elsewhere.error == "other-browser"


def test_a_consent_page_is_answered_once_even_when_eight_answer_at_once(
    provider: Provider, house: House
) -> None:
    shop, browser = stranger(provider), provider.browser(provider.person())
    page = shop.visit(browser)
    copies = [provider.browser() for _ in range(8)]
    for copy in copies:
        for name in ("__Host-idp_browser", "__Host-idp_session", "__Host-idp_csrf"):
            copy.plant(name, browser.cookie(name) or "")
    answer = f"{page.address}/toestemming"
    fields = {"csrf_token": csrf_on(page)}
    posts = [partial(copy.send, "POST", answer, **fields) for copy in copies]
    told, looking_again, back = [], [], []
    for each in at_once(posts):
        if each.status == 409:
            told.append(each)
        elif each.headers["Location"] == page.address.removeprefix(ISSUER):
            looking_again.append(
                each
            )  # the winner's consent was there already: the page itself tells
        else:
            back.append(each.headers["Location"])
    assert [one.startswith(shop.redirect_uri) for one in back] == [True]
    assert len(told) + len(looking_again) == 7
    assert browser.get(page.address).error == "out-of-turn"
    with house.inside():
        assert db.session.query(AuthorizationCode).count() == 1


def test_a_code_that_was_made_while_consent_was_withdrawn_gives_nothing(
    provider: Provider, house: House
) -> None:
    """Whoever read the consent a moment before stores a code a moment after."""
    shop, browser = stranger(provider), provider.browser(provider.person())
    shop.visit(browser)
    code = shop.answer(browser.submit("volgende"))["code"]
    with house.inside():
        db.session.query(Consent).delete()
        db.session.commit()
    response = shop.redeem(code)
    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_grant")
