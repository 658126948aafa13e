"""More is asked of somebody who is signed in: no other person, no old proof and no used code gets past that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.accounts import sessions
from idp.assurance import Level, Proof
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import AuditEvent, AuthorizationCode, Session
from tests.protocol.relying_party import LOW, SUBSTANTIAL, Provider, RelyingParty
from tests.support.journeys import (
    PHONE,
    House,
    Person,
    Visitor,
    identify,
    second_step,
    sign_in,
    totp_code,
    wrong_code,
)
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MINUTE = timedelta(minutes=1)
MORE = {"acr_values": SUBSTANTIAL}


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def claims(shop: RelyingParty, page: Any) -> dict[str, Any]:
    """The ID Token that a page's answer leads to."""
    return shop.verified(shop.redeem(shop.answer(page)["code"]).get_json()["id_token"])


def codes_made(house: House) -> int:
    with house.inside():
        return db.session.query(AuthorizationCode).count()


def refused_as_another(house: House, browser: Visitor, person: Person) -> None:
    page = identify(browser, person, at=None)
    assert (page.status, page.name, page.error) == (422, "login", "other-account")
    assert page.links["Log dan eerst uit"].endswith("/uitloggen")
    assert codes_made(house) == 0


@pytest.mark.parametrize("asked", [{"max_age": "60"}, {"prompt": "login"}, {"max_age": "0"}])
@ONE
def test_nobody_else_can_take_the_step_that_is_asked_of_who_is_signed_in(
    provider: Provider, house: House, time: Standing, asked: dict[str, str]
) -> None:
    shop, anna = provider.nlgov(None), provider.person(totp=True)
    ben = provider.person("b.bakker", totp=True)
    browser = provider.browser(anna)
    time.move(2 * MINUTE)
    page = shop.visit(browser, **asked)
    assert page.name == "login"
    assert page.value("gebruikersnaam") == anna.username
    refused_as_another(house, browser, ben)
    with house.inside():
        said = db.session.query(AuditEvent).filter_by(event=Event.SIGN_IN_REFUSED.value).one()
        assert (said.account_id, said.reason) == (ben.id, "another account")
    assert claims(shop, sign_in(house, browser, anna, at=None))["acr"] == SUBSTANTIAL


@ONE
def test_not_even_after_too_many_wrong_codes(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.nlgov(None, level=Level.LAAG), provider.person(totp=True)
    ben = provider.person("b.bakker", totp=True)
    browser = provider.browser(anna, steps=1)
    time.move(MINUTE)
    assert shop.visit(browser, **MORE).name == "second-factor"
    for _ in range(5):
        page = browser.submit("volgende", code=wrong_code(totp_code(anna.totp)))
    assert page.error == "code-attempts"
    time.move(15 * MINUTE)  # until the next try is free
    assert browser.go_on().name == "login", "it starts again from the password"
    refused_as_another(house, browser, ben)


@ONE
def test_who_has_signed_out_first_may_be_anybody(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.nlgov(None), provider.person(totp=True)
    ben = provider.person("b.bakker", totp=True)
    browser = provider.browser(anna)
    time.move(2 * MINUTE)
    shop.visit(browser, max_age="60")
    refused_as_another(house, browser, ben)
    browser.click("Log dan eerst uit")
    browser.submit("uitloggen")
    page = shop.visit(browser, max_age="60")
    assert not page.value("gebruikersnaam")
    told = claims(shop, sign_in(house, browser, ben, at=None))
    assert told["sub"] == claims(shop, shop.visit(browser))["sub"]
    assert provider.events(Event.CODE_ISSUED)[-1].account_id == ben.id


@pytest.mark.parametrize(("password", "step"), [(10, 1), (1, 10), (10, 10)])
@ONE
def test_an_older_proof_never_counts_and_only_what_is_old_is_asked(
    provider: Provider, house: House, time: Standing, password: int, step: int
) -> None:
    shop, anna = provider.nlgov(None), provider.person(totp=True)
    browser = provider.browser(anna)
    with house.inside():
        row = db.session.query(Session).one()
        for_both = {"knowledge": password, "possession": step}
        row.proofs = [
            proof | {"at": (time.moment - for_both[proof["strength"]] * MINUTE).timestamp()}
            for proof in row.proofs
        ]
    assert shop.ask(browser, prompt="none", max_age="300")["error"] == "login_required"
    page = shop.visit(browser, max_age="300")
    if password > 5:
        assert page.name == "login"
        page = identify(browser, anna, at=None)
    if step > 5:
        assert page.name == "second-factor"
        page = second_step(house, browser, anna, page)
    told = claims(shop, page)
    assert told["auth_time"] >= time.moment.timestamp() - 300


@ONE
def test_a_used_code_of_the_app_is_no_fresh_step(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.nlgov(None), provider.person(totp=True)
    browser = provider.browser()
    shop.visit(browser)
    used = totp_code(anna.totp)
    sign_in(house, browser, anna, at=None)
    time.move(timedelta(seconds=1))
    shop.visit(browser, prompt="login")
    identify(browser, anna, at=None)
    page = browser.submit("volgende", code=used)
    assert (page.name, page.error) == ("second-factor", "code-invalid")


@ONE
def test_a_used_code_of_a_text_is_no_fresh_step(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.nlgov(None), provider.person(phone=PHONE)
    browser = provider.browser()
    shop.visit(browser)
    identify(browser, anna, at=None)
    browser.submit("volgende")
    used = house.newest_code()
    browser.submit("volgende", code=used)
    time.move(MINUTE)
    shop.visit(browser, prompt="login")
    identify(browser, anna, at=None)
    browser.submit("volgende")  # a new one is sent; the old one is tried
    if used == house.newest_code():
        pytest.skip("two codes of six digits were equal by chance")
    page = browser.submit("volgende", code=used)
    assert (page.name, page.error) == ("second-factor", "code-invalid")


@ONE
def test_a_lower_sign_in_in_another_tab_does_not_answer_the_higher_request(
    provider: Provider, house: House
) -> None:
    """Two requests in one browser: what the low one was content with never serves for the high one."""
    low = provider.application(None, level=Level.LAAG)
    high = provider.nlgov(None, redirect_uri="http://localhost:8401/hoger")
    anna, browser = provider.person(totp=True), provider.browser()
    waiting_high = high.visit(browser).address
    low.visit(browser)
    assert claims(low, identify(browser, anna, at=None))["acr"] == LOW
    page = browser.get(waiting_high)
    assert page.name in {"login", "second-factor"}
    with house.inside():
        from idp.models import AuthorizationRequest

        kept = db.session.query(AuthorizationRequest).filter_by(client_id=high.client_id).one()
        address = f"/oauth2/authorize/{kept.id}"
    assert browser.get(address).name == "second-factor", "the password counts, and no more"
    assert codes_made(house) == 1


@ONE
def test_the_sign_in_of_one_browser_raises_nothing_in_another(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(None, level=Level.LAAG), provider.person(totp=True)
    mine, thief = provider.browser(anna, steps=1), provider.browser(anna, steps=1)
    waiting = shop.visit(mine, **MORE).address
    page = thief.get(waiting)
    assert page.error == "other-browser"
    second_step(house, mine, anna, mine.get(waiting))
    assert shop.ask(thief, prompt="none", **MORE)["error"] == "login_required"


@pytest.mark.parametrize("profile", ["basic", "nlgov"])
@ONE
def test_an_acr_that_is_asked_and_not_met_gives_no_code(
    provider: Provider, house: House, profile: str
) -> None:
    make = provider.application if profile == "basic" else provider.nlgov
    shop = make(None, level=Level.LAAG)
    browser = provider.browser(provider.person(level=Level.LAAG), steps=2)
    demand = f'{{"id_token":{{"acr":{{"essential":true,"value":"{SUBSTANTIAL}"}}}}}}'
    for prompt in (None, "none"):
        answer = shop.ask(browser, claims=demand, prompt=prompt)
        assert answer["error"] == "unmet_authentication_requirements"
    assert codes_made(house) == 0


@ONE
def test_a_method_that_is_no_key_does_not_become_one_by_its_name(
    provider: Provider, house: House
) -> None:
    """The address and the form name a kind; what it is worth is the factor's own."""
    shop, anna = provider.nlgov(None), provider.person(totp=True, phone=PHONE)
    browser = provider.browser()
    shop.visit(browser)
    identify(browser, anna, at=None)
    where = browser.page.address.removesuffix("/methode")
    page = browser.send("POST", f"{where}/methode", csrf_token=browser.token(), methode="webauthn")
    assert (page.status, page.error) == (422, "method-missing")
    browser.get(where)
    second_step(house, browser, anna, browser.page)
    with house.inside():
        held = [Proof.from_json(each) for each in db.session.query(Session).one().proofs]
    assert not any(proof.phishing_resistant for proof in held)


@ONE
def test_raising_a_session_changes_its_cookie_and_the_old_one_is_dead(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.nlgov(None, level=Level.LAAG), provider.person(totp=True)
    browser, thief = provider.browser(anna, steps=1), provider.browser()
    thief.take_over(browser, "__Host-idp_session")
    second_step(house, browser, anna, shop.visit(browser, **MORE))
    assert shop.ask(thief, prompt="none")["error"] == "login_required"
    with house.inside():
        assert sessions.live(thief.cookie("__Host-idp_session")) is None


@pytest.mark.parametrize("enrolled", [Level.LAAG, Level.SUBSTANTIEEL])
@ONE
def test_acr_is_never_above_the_enrolment(
    provider: Provider, house: House, enrolled: Level
) -> None:
    shop = provider.application(None, level=Level.LAAG)
    browser = provider.browser(provider.person(level=enrolled), steps=2)
    for asked in ({}, MORE, {"acr_values": f"{SUBSTANTIAL} {LOW}"}):
        told = claims(shop, shop.visit(browser, **asked))["acr"]
        assert told == (LOW if enrolled is Level.LAAG else SUBSTANTIAL)
