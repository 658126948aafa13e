"""From an application and back: with a session, without one, with one that is not enough, and with the wrong one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from idp.accounts import sessions
from idp.assurance import Level
from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import AuthorizationRequest, Session
from tests.protocol.relying_party import LOW, SUBSTANTIAL, Provider, RelyingParty
from tests.support.journeys import House, Person, Visitor, identify, second_step, sign_in

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def claims_of(shop: RelyingParty, answer: dict[str, str]) -> dict[str, Any]:
    """The ID Token that an answer leads to."""
    assert "code" in answer, answer
    return shop.verified(shop.redeem(answer["code"]).get_json()["id_token"])


def walk(house: House, browser: Visitor, person: Person) -> dict[str, str]:
    """Sign in with both steps on the page that shows; the address that the browser left for."""
    page = sign_in(house, browser, person, at=None)
    assert page.left_for is not None, page
    return page.query


def test_signing_in_leads_back_to_the_application(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person(totp=True)
    browser = provider.browser()
    page = shop.visit(browser)
    assert (page.name, page.status) == ("login", 200)
    assert "Wmo" in page.html
    answer = walk(house, browser, anna)
    assert shop.answer(browser.page) == answer
    assert claims_of(shop, answer)["acr"] == SUBSTANTIAL


@ONE
def test_every_page_of_the_sign_in_lets_a_form_end_at_the_application(
    provider: Provider, house: House
) -> None:
    """Chromium holds redirects after a post against `form-action`; the test browser does too."""
    shop = provider.application(form_action_origins=["http://app.localhost:9000"])
    browser = provider.browser()
    policies = [shop.visit(browser).headers["Content-Security-Policy"]]
    anna = provider.person(totp=True)
    policies.append(identify(browser, anna, at=None).headers["Content-Security-Policy"])
    for policy in policies:
        assert "form-action 'self' http://localhost:8401 http://app.localhost:9000;" in policy


@ONE
def test_a_session_that_suffices_answers_without_a_page(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    assert len(shop.visit(browser).hops) == 1
    with house.inside():
        assert db.session.query(AuthorizationRequest).count() == 0


@ONE
def test_prompt_none_never_shows_a_page(provider: Provider, time: Standing) -> None:
    shop, anna = provider.application(), provider.person()
    assert shop.ask(provider.browser(), prompt="none")["error"] == "login_required"
    assert shop.ask(provider.browser(anna, steps=1), prompt="none")["error"] == "login_required"
    assert "code" in shop.ask(provider.browser(anna), prompt="none")
    stranger = provider.person("zonder", "andere") if provider.application("andere") else None
    assert shop.ask(provider.browser(stranger), prompt="none")["error"] == "access_denied"
    late = provider.browser(anna, ago=timedelta(seconds=20))
    assert shop.ask(late, prompt="none", max_age="10")["error"] == "login_required"


@ONE
def test_asking_silently_does_not_keep_a_session_alive(
    provider: Provider, time: Standing, house: House
) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    for _ in range(5):
        time.move(timedelta(minutes=7))
        answer = shop.ask(browser, prompt="none")
    assert answer["error"] == "login_required"
    browser = provider.browser(anna)
    for _ in range(5):
        time.move(timedelta(minutes=7))
        assert "code" in shop.ask(browser)


@ONE
def test_prompt_none_keeps_auth_time_and_subject(provider: Provider, time: Standing) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    first = claims_of(shop, shop.ask(browser))
    time.move(timedelta(minutes=3))
    second = claims_of(shop, shop.ask(browser, prompt="none", id_token_hint=None))
    assert [first[name] for name in ("sub", "auth_time", "sid")] == [
        second[name] for name in ("sub", "auth_time", "sid")
    ]
    assert second["iat"] == first["iat"] + 180


@pytest.mark.parametrize("prompt", ["login", "select_account", "login consent"])
@ONE
def test_a_prompt_for_login_always_asks_again_and_moves_auth_time(
    provider: Provider, house: House, time: Standing, prompt: str
) -> None:
    shop, anna = provider.application(), provider.person(totp=True)
    browser = provider.browser(anna)
    before = claims_of(shop, shop.ask(browser))
    time.move(timedelta(minutes=1))
    assert shop.visit(browser, prompt=prompt).name == "login"
    after = claims_of(shop, walk(house, browser, anna))
    assert after["auth_time"] >= before["auth_time"] + 60


@ONE
def test_prompt_consent_asks_nothing_of_the_bodys_own_applications(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    assert "code" in shop.ask(provider.browser(anna), prompt="consent")


@ONE
def test_max_age_asks_again_once_the_steps_are_older(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.application(), provider.person(totp=True)
    browser = provider.browser(anna)
    time.move(timedelta(seconds=2))
    first = claims_of(shop, shop.ask(browser, max_age="15000"))
    second = claims_of(shop, shop.ask(browser, max_age="10000"))
    assert first["auth_time"] == second["auth_time"]
    assert shop.visit(browser, max_age="1").name == "login"
    third = claims_of(shop, walk(house, browser, anna))
    assert third["auth_time"] >= first["auth_time"] + 2


@pytest.mark.parametrize("max_age", ["0", "1"])
@ONE
def test_a_slow_sign_in_does_not_outlive_its_own_max_age(
    provider: Provider, house: House, time: Standing, max_age: str
) -> None:
    shop, anna = provider.application(), provider.person(totp=True)
    browser = provider.browser(anna)
    time.move(timedelta(seconds=5))
    assert shop.visit(browser, max_age=max_age).name == "login"
    time.move(timedelta(seconds=60))
    page = identify(browser, anna, at=None)
    time.move(timedelta(seconds=60))
    assert "code" in second_step(house, browser, anna, page).query


@ONE
def test_a_session_that_is_too_low_only_takes_the_missing_step(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(), provider.person(totp=True)
    browser = provider.browser(anna, steps=1)
    assert shop.visit(browser).name == "second-factor"
    page = second_step(house, browser, anna, browser.page)
    assert claims_of(shop, shop.answer(page))["acr"] == SUBSTANTIAL


# --- hints -----------------------------------------------------------------------------------------------------------


@ONE
def test_a_hint_for_the_present_person_goes_on_silently_even_when_it_expired(
    provider: Provider, time: Standing
) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    hint = shop.tokens(browser)["id_token"]
    time.move(timedelta(minutes=20))
    assert "code" in shop.ask(browser, prompt="none", id_token_hint=hint)


@ONE
def test_a_hint_for_somebody_else_never_gives_the_present_person_a_code(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna, bert = (
        provider.application(),
        provider.person(),
        provider.person("b.bakker", totp=True),
    )
    hint = shop.tokens(provider.browser(bert))["id_token"]
    browser = provider.browser(anna)
    time.move(timedelta(seconds=1))
    assert shop.ask(browser, prompt="none", id_token_hint=hint)["error"] == "login_required"
    assert shop.visit(browser, id_token_hint=hint).name == "login"
    assert "code" in walk(house, browser, bert)


@ONE
def test_signing_in_as_another_than_the_hint_ends_at_the_application(
    provider: Provider, house: House, time: Standing
) -> None:
    """Also when we no longer remember the session that the hint tells of."""
    shop, bert = provider.application(), provider.person("b.bakker")
    anna = provider.person(totp=True)
    hint = shop.tokens(provider.browser(bert))["id_token"]
    with house.inside():
        from idp.models import SessionClient

        db.session.query(SessionClient).delete()
    browser = provider.browser(anna)
    time.move(timedelta(seconds=1))
    assert shop.visit(browser, id_token_hint=hint).name == "login"
    assert shop.answer(sign_in(house, browser, anna, at=None))["error"] == "login_required"


@ONE
def test_the_claims_parameter_may_name_the_only_subject_that_will_do(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    subject = claims_of(shop, shop.ask(browser))["sub"]
    right, wrong = (
        f'{{"id_token":{{"sub":{{"value":"{value}"}}}}}}' for value in (subject, "x" * 43)
    )
    assert "code" in shop.ask(browser, prompt="none", claims=right)
    assert shop.ask(browser, prompt="none", claims=wrong)["error"] == "login_required"


@ONE
def test_a_login_hint_fills_in_the_name(provider: Provider) -> None:
    shop = provider.application()
    page = shop.visit(provider.browser(), login_hint="j.devries")
    assert "j.devries" in (page.value("gebruikersnaam") or "")


@pytest.mark.parametrize(
    ("wish", "language"), [("en", "en"), ("fr en-GB nl", "en"), ("se", "nl"), (None, "nl")]
)
@ONE
def test_pages_speak_the_language_that_the_application_asks(
    provider: Provider, wish: str | None, language: str
) -> None:
    page = provider.application().visit(provider.browser(), ui_locales=wish)
    assert page.language == language


# --- who may come in -------------------------------------------------------------------------------------------------


@ONE
def test_without_a_grant_the_page_says_so_and_may_be_opened_again_later(
    provider: Provider, house: House
) -> None:
    from tests.support.journeys import grant

    shop = provider.application()
    provider.application("andere")
    anna = provider.person("j.devries", "andere", totp=True)
    browser = provider.browser()
    shop.visit(browser)
    page = sign_in(house, browser, anna, at=None)
    assert (page.status, page.error) == (403, "no-access")
    assert "Wmo" in page.html
    refused = provider.events(Event.AUTHORIZATION_REFUSED)[-1]
    assert (refused.reference, refused.account_id) == (page.text("kenmerk"), anna.id)
    grant(house, anna, "wmo")
    assert "code" in browser.get(page.address).query


@ONE
def test_a_client_without_an_application_is_open_to_everybody(provider: Provider) -> None:
    shop, anna = provider.application(None), provider.person()
    assert "code" in shop.ask(provider.browser(anna))


@ONE
def test_an_account_enrolled_below_the_clients_level_is_told_so(
    provider: Provider, house: House
) -> None:
    shop, anna = provider.application(), provider.person(level=Level.LAAG, totp=True)
    browser = provider.browser()
    shop.visit(browser)
    page = sign_in(house, browser, anna, at=None)
    assert (page.status, page.error) == (403, "level-unreachable")
    answer = shop.ask(browser, prompt="none")
    assert answer["error"] == "unmet_authentication_requirements"


@ONE
def test_who_came_in_as_the_wrong_person_can_sign_in_as_another(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, low = provider.application(), provider.person(level=Level.LAAG)
    bert = provider.person("b.bakker", totp=True)
    browser = provider.browser(low)
    time.move(timedelta(seconds=1))
    assert shop.visit(browser).error == "level-unreachable"
    assert shop.visit(browser, prompt="select_account").name == "login"
    assert "code" in walk(house, browser, bert)


@ONE
def test_an_ended_session_gives_nothing(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    with house.inside():
        sessions.end(db.session.query(Session).one().id, why="test")
    assert shop.ask(browser, prompt="none")["error"] == "login_required"
    assert shop.ask(browser, prompt="none", acr_values=LOW)["error"] == "login_required"


@ONE
@pytest.mark.parametrize(("more", "lives"), [({}, True), ({"prompt": "none"}, False)])
def test_going_to_an_application_is_activity_and_a_renewal_in_the_background_is_none(
    provider: Provider, time: Standing, more: dict[str, str], lives: bool
) -> None:
    """A session ends after half an hour in which its person did nothing."""
    shop, browser = provider.application(), provider.browser(provider.person())
    time.move(timedelta(minutes=20))
    assert "code" in shop.ask(browser, **more)
    time.move(timedelta(minutes=20))
    assert ("code" in shop.ask(browser, prompt="none")) == lives
