"""Somebody who makes every mistake still finds the way: from each error on to the portal, by what its page offers.

A mistake leaves a browser in front of its error and says what the person does next. Where the page sends people to
the Servicedesk, the Servicedesk does its part in between; every page shows how to reach it.
"""

from __future__ import annotations

from typing import Final

import pytest

from idp.accounts import directory
from idp.assurance import Level
from idp.clock import Standing
from idp.pages import error_copy, form_copy
from tests.journeys import (
    mistakes_in_set_up,
    mistakes_with_keys,
    mistakes_with_mail,
    mistakes_with_recovery_codes,
)
from tests.journeys.scene import MINUTE, Next, Scene
from tests.protocol.relying_party import Provider
from tests.support.journeys import (
    NEW_PASSWORD,
    PHONE,
    House,
    account_of,
    add_application,
    add_person,
    house_of_this_worker,
    identify,
    second_step,
    set_up_sms,
    sign_in,
    totp_code,
    wrong_code,
)
from tests.support.mail_server import MailServer
from tests.support.pages import Page
from tests.support.run import Run


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, with everything that its pages can offer."""
    nobody_listens = MailServer(port=9).settings  # and nothing here waits for a mail
    return house_of_this_worker(
        database_url, run, recovery_codes=True, password_by_mail=True, **nobody_listens
    )


# --- the three fields ------------------------------------------------------------------------------------------------


def fields_missing(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    scene.browser.get("/")
    scene.press()
    return lambda: second_step(
        scene.house, scene.browser, anna, identify(scene.browser, anna, at=None)
    )


def login_failed(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    identify(scene.browser, anna, password="het oude")
    return lambda: second_step(
        scene.house, scene.browser, anna, scene.press(wachtwoord=anna.password)
    )


def throttled(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    for _ in range(6):
        identify(scene.browser, anna, password="het oude")
    return scene.signs_in(anna)


def account_blocked(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    scene.provider.block(anna)
    identify(scene.browser, anna)

    def then() -> Page:
        with scene.house.inside():
            directory.unblock_account(account_of(anna), actor="desk")
        return sign_in(scene.house, scene.browser, anna)

    return then


def relation_blocked(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    with scene.house.inside():
        directory.block_relation(account_of(anna).relation, actor="desk")
    identify(scene.browser, anna)

    def then() -> Page:
        with scene.house.inside():
            directory.unblock_relation(account_of(anna).relation, actor="desk")
        return sign_in(scene.house, scene.browser, anna)

    return then


def no_method(scene: Scene) -> Next:
    anna = add_person(scene.house)
    identify(scene.browser, anna)
    return scene.set_up(anna)


def other_account(scene: Scene) -> Next:
    anna, bram = add_person(scene.house, totp=True), add_person(scene.house, "bram", totp=True)
    identify(scene.browser, anna)
    scene.time.move(11 * MINUTE)  # the password no longer counts, the sign-in is still Anna's
    scene.browser.get(scene.browser.page.address)
    scene.browser.go_on()
    sign_in(scene.house, scene.browser, anna)
    scene.browser.get("/mijn/beveiliging")
    scene.time.move(6 * MINUTE)
    scene.press("methode-toevoegen")
    identify(scene.browser, bram, at=None)

    def then() -> Page:
        scene.time.move(MINUTE)
        page = identify(scene.browser, anna, at=None)
        assert second_step(scene.house, scene.browser, anna, page).name == "choose-methods"
        return scene.browser.get("/mijn/applicaties")

    return then


def password_wrong(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    sign_in(scene.house, scene.browser, anna)
    scene.browser.get("/mijn/beveiliging/wachtwoord")
    scene.press(huidig_wachtwoord="het oude", nieuw_wachtwoord=NEW_PASSWORD)

    def then() -> Page:
        page = scene.press(huidig_wachtwoord=anna.password, nieuw_wachtwoord=NEW_PASSWORD)
        assert page.name == "security"
        return scene.browser.get("/")

    return then


def number_too_new(scene: Scene) -> Next:
    anna = add_person(scene.house, phone=PHONE)
    sign_in(scene.house, scene.browser, anna)
    scene.browser.get("/mijn/beveiliging")
    scene.press("methode-toevoegen")
    scene.press(methode="sms")
    set_up_sms(scene.house, scene.browser, "06 87654321")
    scene.press("afronden")
    return scene.set_up_by_the_desk(anna)


# --- the second step -------------------------------------------------------------------------------------------------


def code_missing(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.press()
    return lambda: scene.press(code=totp_code(anna.totp))


def code_length(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.press(code=totp_code(anna.totp)[:2])
    return lambda: scene.press(code=totp_code(anna.totp))


def code_invalid(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.press(code=wrong_code(totp_code(anna.totp)))
    return lambda: scene.press(code=f" {totp_code(anna.totp)[:3]} {totp_code(anna.totp)[3:]} ")


def code_expired(scene: Scene) -> Next:
    scene.at_the_step("sms")
    scene.time.move(6 * MINUTE)
    scene.press(code=scene.house.newest_code())

    def then() -> Page:
        scene.press("opnieuw")
        return scene.press(code=scene.house.newest_code())

    return then


def code_attempts(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    for _ in range(5):
        scene.press(code=wrong_code(totp_code(anna.totp)))
    return scene.signs_in(anna)


def sends_spent(scene: Scene) -> Next:
    anna = scene.at_the_step("sms")
    page = scene.browser.page
    for _ in range(2):
        scene.time.move(MINUTE)
        scene.press("opnieuw")
    scene.browser.send("POST", page.address, actie="opnieuw", csrf_token=scene.browser.token())

    def then() -> Page:
        scene.time.move(2 * MINUTE)
        scene.browser.go_on()
        identify(scene.browser, anna, at=None)
        scene.press("opnieuw")
        return scene.press(code=scene.house.newest_code())

    return then


def too_soon(scene: Scene) -> Next:
    scene.at_the_step("sms")
    scene.press("opnieuw")
    return lambda: scene.press(code=scene.house.newest_code())


# --- tabs, time, other browsers, applications ------------------------------------------------------------------------


def session_expired(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.time.move(60 * MINUTE)
    scene.press(code=totp_code(anna.totp))
    return scene.signs_in(anna)


def out_of_turn(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    old = scene.browser.page
    scene.press(code=totp_code(anna.totp))
    scene.browser.send("POST", old.address, code="123456")
    return scene.browser.go_on


def other_browser(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    address = scene.browser.page.address
    scene.browser = scene.house.browser()
    scene.browser.get(address)
    return scene.signs_in(anna)


def no_access(scene: Scene) -> Next:
    shop = scene.provider.application()
    anna = scene.provider.person("j.devries", totp=True)
    add_application(scene.house, "Andere")
    other = scene.provider.application("andere")
    assert shop.client_id != other.client_id
    other.visit(scene.browser)
    second_step(scene.house, scene.browser, anna, identify(scene.browser, anna, at=None))
    return scene.browser.go_on


def level_unreachable(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True, level=Level.LAAG)
    sign_in(scene.house, scene.browser, anna)

    def then() -> Page:
        with scene.house.inside():
            account_of(anna).enrolment_level = int(Level.SUBSTANTIEEL)
        return scene.browser.get("/")

    return then


def client_request(scene: Scene) -> Next:
    shop = scene.provider.application()
    anna = scene.provider.person(totp=True)
    shop.visit(scene.browser, redirect_uri="https://elders.example/")

    def then() -> Page:  # back to the application, as the page says
        shop.visit(scene.browser)
        page = second_step(scene.house, scene.browser, anna, identify(scene.browser, anna, at=None))
        assert "code" in shop.answer(page)
        return scene.browser.get("/")

    return then


def too_large(scene: Scene) -> Next:
    anna = scene.at_the_step("totp")
    scene.press(code="1" * 70_000)

    def then() -> Page:
        assert scene.browser.go_on().name == "second-factor"
        return scene.press(code=totp_code(anna.totp))

    return then


def not_found(scene: Scene) -> Next:
    anna = add_person(scene.house, totp=True)
    scene.browser.get("/inlogen")
    return scene.signs_in(anna)


MISTAKES: Final = {
    mistake.__name__.replace("_", "-"): mistake
    for mistake in (
        fields_missing, login_failed, throttled, account_blocked, relation_blocked, no_method, other_account,
        password_wrong, number_too_new,
        *mistakes_in_set_up.MISTAKES,
        *mistakes_with_keys.MISTAKES,
        *mistakes_with_recovery_codes.MISTAKES,
        *mistakes_with_mail.MISTAKES,
        code_missing, code_length, code_invalid, code_expired, code_attempts, sends_spent, too_soon,
        session_expired, out_of_turn, other_browser, no_access, level_unreachable, client_request, too_large,
        not_found,
    )
}  # fmt: skip
CALL: Final = "088 - 711 4888"
#: Nothing here to press that helps: the Servicedesk has to unblock, or the application has to be opened anew.
NO_BUTTON: Final = {"account-blocked", "relation-blocked", "client-request"}
#: Their forms say for each field, or each weakness, what is wrong with it.
SAID_AT_THE_FIELD: Final = {"fields-missing", "password-weak"}
#: Failures of ours and of a gateway: `test_hostile_input.py` and `test_gateway_away.py` look at these.
NOBODYS_MISTAKE: Final = {"server-error", "not-sent", "password-check-away"}


def as_quoted(error: str) -> list[str]:
    """The sentences that the Servicedesk reads for this error, each up to what only one sign-in knows."""
    facts: list[dict[str, bool]] = [{}, {"signed_in": True}, {"instead": True}, {"alone": True}]
    return [form_copy.sentence(error, known).partition("…")[0] for known in facts]


@pytest.mark.parametrize("error", MISTAKES)
def test_from_every_mistake_there_is_a_way_to_the_portal(
    house: House, time: Standing, run: Run, error: str
) -> None:
    scene = Scene(house, time, Provider.of(house, run))
    then = MISTAKES[error](scene)
    page = scene.browser.page
    assert (page.error, page.name is not None) == (error, True), page
    said = page.text("foutmelding")
    if page.name != "error" and error not in SAID_AT_THE_FIELD:
        assert any(each in said for each in as_quoted(error)), said
    assert CALL in page.document.text
    assert page.name != "error" or page.text("kenmerk")
    assert (page.find("volgende") is not None) == (error not in NO_BUTTON)
    arrived = then()
    assert arrived.name == "portal", arrived


def test_no_mistake_is_left_out() -> None:
    assert set(MISTAKES) == (set(error_copy.PAGES) | set(form_copy.SENTENCES)) - NOBODYS_MISTAKE
