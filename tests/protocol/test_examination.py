"""`idp client check`: what is the matter with a client, each in a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from idp.assurance import Level
from idp.clock import Standing
from idp.database import db
from idp.models import Client
from idp.oidc import clients
from idp.oidc.examination import MOST_REFUSALS, examine
from tests.protocol.relying_party import AFTERWARDS, Provider, RelyingParty, basic
from tests.protocol.test_levels import essential
from tests.support.journeys import PHONE, House, add_person, identify

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PORTAL = "http://localhost:8401/inloggen"


def healthy(provider: Provider) -> RelyingParty:
    """A client of an application that somebody may use."""
    shop = provider.application(
        "wmo", initiate_login_uri=PORTAL, post_logout_redirect_uris=[AFTERWARDS]
    )
    provider.person("j.devries", "wmo")
    return shop


def wrong(house: House, client_id: str) -> list[str]:
    with house.inside():
        return [each.says for each in examine(client_id) if each.wrong]


def notes(house: House, client_id: str) -> list[str]:
    with house.inside():
        return [each.says for each in examine(client_id) if not each.wrong]


def test_nothing_is_wrong_with_a_client_that_works(provider: Provider, house: House) -> None:
    shop = healthy(provider)
    assert wrong(house, shop.client_id) == []
    assert any("never got a token" in each for each in notes(house, shop.client_id))
    shop.tokens(provider.browser(provider.person("a.nders", "wmo")))
    assert not any("never" in each for each in notes(house, shop.client_id))


def test_nothing_is_wrong_with_an_api_or_a_client_that_acts_for_itself(
    provider: Provider, house: House
) -> None:
    api = provider.machine("wmo", grant_types=(), resource="https://api.voorbeeld.nl/wmo")
    machine = provider.machine(audiences=["https://api.voorbeeld.nl/wmo"])
    assert wrong(house, api.client_id) == wrong(house, machine.client_id) == []
    assert not any("never got a token" in each for each in notes(house, api.client_id))
    with house.inside():
        clients.remove(api.client_id, actor="test")
    assert any("no client is the API" in each for each in wrong(house, machine.client_id))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda row: row.redirect_uris.clear(), "needs a redirect_uri"),
        (lambda row: row.redirect_uris.append("http://app.example/cb"), "app.example"),
        (lambda row: row.secrets.clear(), "no secret that works"),
        (lambda row: setattr(row, "profile", "nlgov"), "has no client_secret_basic"),
        (lambda row: setattr(row, "level", int(Level.HOOG)), "enrolled at substantieel"),
        (lambda row: setattr(row, "id_token_alg", "PS512"), "no key of ours signs PS512"),
        (lambda row: setattr(row, "auth_method", "private_key_jwt"), "public keys"),
    ],
    ids=["address", "http", "secret", "method", "level", "key", "jwks"],
)
def test_what_does_not_work_is_said(
    provider: Provider, house: House, spoil: Callable[[Client], None], says: str
) -> None:
    shop = healthy(provider)
    with house.inside():
        row = db.session.get_one(Client, shop.client_id)
        for member in ("redirect_uris", "secrets"):  # JSON columns notice a new list, not a change
            setattr(row, member, list(getattr(row, member)))
        spoil(row)
    assert any(says in each for each in wrong(house, shop.client_id))


def test_what_signing_in_can_do_without_is_a_note(provider: Provider, house: House) -> None:
    shop = provider.application("wmo", post_logout_redirect_uris=[])
    shop.tokens(provider.browser(provider.person("a.nders", "wmo")))
    assert wrong(house, shop.client_id) == []
    told = notes(house, shop.client_id)
    assert any(each.startswith("after signing out people stay here") for each in told)
    assert any(f"the portal opens {PORTAL}" in each for each in told)


def test_an_application_that_nobody_may_use_is_said(provider: Provider, house: House) -> None:
    shop = provider.application("wmo", initiate_login_uri=PORTAL)
    assert any("nobody may use wmo" in each for each in wrong(house, shop.client_id))


def test_refusals_of_late_are_told_until_it_works(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = healthy(provider)
    browser = provider.browser(provider.person("a.nders", "wmo"))
    for _ in range(2):
        code = shop.ask(browser)["code"]
        shop.redeem(code, code_verifier="v" * 43)
    [told] = wrong(house, shop.client_id)
    assert "refused 2 times" in told
    assert "the code_verifier does not fit" in told
    assert "`idp explain " in told
    time.move(timedelta(minutes=1))
    shop.tokens(browser)
    assert wrong(house, shop.client_id) == []
    assert any(each.endswith("it worked since") for each in notes(house, shop.client_id))
    time.move(timedelta(days=8))
    assert not any("refused" in each for each in notes(house, shop.client_id))


@pytest.mark.usefixtures("apps_are_keys")
def test_what_a_person_runs_into_is_a_note(provider: Provider, house: House) -> None:
    shop = healthy(provider)
    shop.visit(provider.browser(add_person(house, "geen.recht")))  # no grant: a page of ours
    browser, anna = provider.browser(), provider.person("geen.sleutel", "wmo", phone=PHONE)
    identify(browser, anna)
    browser.submit("volgende")
    browser.submit("volgende", code=house.newest_code())
    page = shop.visit(browser, claims=essential("phr"))  # no key: the same, and back
    assert "error" in shop.answer(browser.get(str(page.at("terug").get("href"))))
    assert wrong(house, shop.client_id) == []
    told = [each for each in notes(house, shop.client_id) if "about a person" in each]
    assert len(told) == 3


def test_a_request_that_anybody_can_make_does_not_speak_against_a_client_that_works(
    provider: Provider, house: House
) -> None:
    shop = healthy(provider)
    bad = {"redirect_uri": "https://elders.example/"}
    shop.visit(provider.browser(), **bad)
    assert any("redirect_uri" in each for each in wrong(house, shop.client_id)), "never worked yet"
    shop.tokens(provider.browser(provider.person("a.nders", "wmo")))
    shop.visit(provider.browser(), **bad)
    assert wrong(house, shop.client_id) == []


def test_asking_whether_somebody_is_signed_in_is_no_trouble(
    provider: Provider, house: House
) -> None:
    shop = healthy(provider)
    shop.ask(provider.browser(), prompt="none")
    assert wrong(house, shop.client_id) == []


def test_an_old_secret_is_worth_a_word(provider: Provider, house: House, time: Standing) -> None:
    shop = healthy(provider)
    time.move(timedelta(days=366))
    assert any("366 days old" in each for each in notes(house, shop.client_id))


def test_a_request_that_it_pushed_itself_speaks_against_a_client_and_not_one_that_names_it(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = healthy(provider)
    public = provider.application("wmo", auth_method="none", initiate_login_uri=PORTAL)
    browser = provider.browser(provider.person("a.nders", "wmo"))
    for each in (shop, public):
        each.tokens(browser)
    time.move(timedelta(minutes=1))
    for each in (shop, public):
        assert each.push(code_challenge="kort").status_code == 400
        each.visit(browser, code_challenge="kort")
    [told] = wrong(house, shop.client_id)
    assert "code_challenge must be" in told
    assert "anybody can make such a request" not in told
    assert wrong(house, public.client_id) == []
    for client_id in (shop.client_id, public.client_id):  # what came by the browser stays a note
        assert any("anybody can make such" in each for each in notes(house, client_id))


def test_who_cannot_prove_itself_is_told_first_and_what_is_left_out_is_counted(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = healthy(provider)
    shop.redeem("een code", headers=basic(shop.client_id, "verkeerd"))
    browser = provider.browser()
    mistakes: list[dict[str, str | None]] = [
        {"response_type": "token"},
        {"response_mode": "fragment"},
        {"scope": "profile"},
        {"code_challenge_method": "plain"},
        {"prompt": "vandaag"},
    ]
    for mistake in mistakes:
        shop.visit(browser, **mistake)
    told = [each for each in wrong(house, shop.client_id) if "refus" in each]
    assert len(told) == MOST_REFUSALS + 1
    assert "wrong secret" in told[0]
    assert told[-1].startswith("1 more kind of refusal in the last 7 days")
    shop.visit(browser, max_age="straks")
    assert wrong(house, shop.client_id)[-1].startswith("2 more kinds of refusal")
    time.move(timedelta(minutes=1))
    shop.tokens(provider.browser(provider.person("a.nders", "wmo")))
    assert wrong(house, shop.client_id) == []
    assert any("2 more kinds" in each for each in notes(house, shop.client_id))
