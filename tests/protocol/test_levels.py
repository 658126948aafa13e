"""Levels on the wire: what is asked, what the session proves, what the account was enrolled at, and what is stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from idp.assurance import Level
from tests.protocol.relying_party import HIGH, LOW, SUBSTANTIAL, Provider, RelyingParty

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LAAG, SUBSTANTIEEL = Level.LAAG, Level.SUBSTANTIEEL
UNMET = "unmet_authentication_requirements"


def essential(*values: str) -> str:
    """A `claims` parameter that makes these `acr` values essential."""
    listed = ",".join(f'"{value}"' for value in values)
    return f'{{"id_token":{{"acr":{{"essential":true,"values":[{listed}]}}}}}}'


def voluntary(value: str) -> str:
    """A `claims` parameter that would like this `acr`."""
    return f'{{"id_token":{{"acr":{{"value":"{value}"}}}}}}'


@dataclass(frozen=True)
class Case:
    """One row: a client's level, an account's enrolment level, steps taken, what is asked, what comes of it."""

    client: Level
    enrolled: Level
    steps: int
    asked: dict[str, str]
    basic: str
    """The `acr` stated, an error code, or the page that shows."""
    nlgov: str

    def __str__(self) -> str:
        return f"{self.client.label}/{self.enrolled.label}/{self.steps}/{self.asked}"


def acr(*values: str) -> dict[str, str]:
    """`acr_values`."""
    return {"acr_values": " ".join(values)}


TABLE = [
    # nothing asked: the client's own level
    Case(LAAG, SUBSTANTIEEL, 1, {}, LOW, LOW),
    Case(LAAG, SUBSTANTIEEL, 2, {}, SUBSTANTIAL, SUBSTANTIAL),
    Case(LAAG, LAAG, 2, {}, LOW, LOW),
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 2, {}, SUBSTANTIAL, SUBSTANTIAL),
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 1, {}, "second-factor", "second-factor"),
    Case(SUBSTANTIEEL, LAAG, 2, {}, "level-unreachable", "level-unreachable"),
    # more is asked than the client's level
    Case(LAAG, SUBSTANTIEEL, 1, acr(SUBSTANTIAL), "second-factor", "second-factor"),
    Case(LAAG, SUBSTANTIEEL, 2, acr(SUBSTANTIAL), SUBSTANTIAL, SUBSTANTIAL),
    Case(LAAG, LAAG, 2, acr(SUBSTANTIAL), LOW, UNMET),
    Case(LAAG, LAAG, 2, {"claims": essential(SUBSTANTIAL)}, UNMET, UNMET),
    Case(LAAG, LAAG, 2, {"claims": voluntary(SUBSTANTIAL)}, LOW, UNMET),
    # the first that can be reached is aimed for, any of them will do
    Case(LAAG, LAAG, 1, acr(SUBSTANTIAL, LOW), LOW, LOW),
    Case(LAAG, SUBSTANTIEEL, 1, acr(LOW, SUBSTANTIAL), LOW, LOW),
    Case(LAAG, SUBSTANTIEEL, 1, acr(HIGH, LOW), LOW, LOW),
    # less is asked than the client's level: never lower, and the real value is stated
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 2, acr(LOW), SUBSTANTIAL, SUBSTANTIAL),
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 1, acr(LOW), "second-factor", "second-factor"),
    # unless a value is essential: then one of those is stated (OpenID Connect Core section 5.5.1.1)
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 2, {"claims": essential(LOW)}, LOW, LOW),
    Case(
        SUBSTANTIEEL,
        SUBSTANTIEEL,
        2,
        {"claims": essential(LOW, SUBSTANTIAL)},
        SUBSTANTIAL,
        SUBSTANTIAL,
    ),
    # what nobody reaches here
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 2, acr(HIGH), SUBSTANTIAL, UNMET),
    Case(SUBSTANTIEEL, SUBSTANTIEEL, 2, {"claims": essential(HIGH)}, UNMET, UNMET),
    Case(
        SUBSTANTIEEL,
        SUBSTANTIEEL,
        2,
        {"claims": '{"id_token":{"acr":{"essential":true}}}'},
        SUBSTANTIAL,
        SUBSTANTIAL,
    ),
]


def outcome(provider: Provider, shop: RelyingParty, case: Case, person: Any) -> str:
    """What comes of it: the `acr` of the ID Token, the error, or the page."""
    page = shop.visit(provider.browser(person, steps=case.steps), **case.asked)
    if page.left_for is None:
        return page.error or page.name or ""
    answer = shop.answer(page)
    if "error" in answer:
        return answer["error"]
    return str(shop.verified(shop.redeem(answer["code"]).get_json()["id_token"])["acr"])


@ONE
def test_the_table_of_levels(provider: Provider) -> None:
    shops = {
        (name, level): make(None, level=level)
        for level in (LAAG, SUBSTANTIEEL)
        for name, make in (("basic", provider.application), ("nlgov", provider.nlgov))
    }
    people = {
        level: provider.person(f"iemand-{level.label}", level=level, totp=True)
        for level in (LAAG, SUBSTANTIEEL)
    }
    found, expected = {}, {}
    for case in TABLE:
        for name, wanted in (("basic", case.basic), ("nlgov", case.nlgov)):
            expected[f"{name}: {case}"] = wanted
            found[f"{name}: {case}"] = outcome(
                provider, shops[name, case.client], case, people[case.enrolled]
            )
    assert found == expected


@ONE
def test_silently_a_wish_for_more_gets_what_there_is_and_a_demand_gets_an_error(
    provider: Provider,
) -> None:
    basic = provider.application(None, level=LAAG)
    governed = provider.nlgov(None, level=LAAG)
    browser = provider.browser(provider.person(), steps=1)
    silent = {"prompt": "none", **acr(SUBSTANTIAL)}
    answer = basic.ask(browser, **silent)
    assert basic.verified(basic.redeem(answer["code"]).get_json()["id_token"])["acr"] == LOW
    assert governed.ask(browser, **silent)["error"] == "login_required"
    demand = {"prompt": "none", "claims": essential(SUBSTANTIAL)}
    assert basic.ask(browser, **demand)["error"] == "login_required"


@ONE
def test_lowering_an_enrolment_level_holds_in_running_sessions(provider: Provider) -> None:
    from idp.accounts import directory

    shop, anna = provider.application(None, level=LAAG), provider.person()
    browser = provider.browser(anna)
    assert shop.verified(shop.tokens(browser)["id_token"])["acr"] == SUBSTANTIAL
    with provider.house.inside():
        account = directory.get(anna.id)
        assert account is not None
        account.enrolment_level = int(LAAG)
    assert shop.verified(shop.tokens(browser)["id_token"])["acr"] == LOW


@ONE
def test_auth_time_is_the_oldest_of_the_steps_that_the_level_rests_on(
    provider: Provider, time: Any
) -> None:
    from datetime import timedelta

    from tests.support.journeys import second_step

    low, high = provider.application(None, level=LAAG), provider.application(None)
    anna = provider.person(totp=True)
    started = int(time.moment.timestamp())
    browser = provider.browser(anna, steps=1)
    time.move(timedelta(minutes=2))
    page = second_step(provider.house, browser, anna, high.visit(browser))
    code = high.answer(page)["code"]
    assert high.verified(high.redeem(code).get_json()["id_token"])["auth_time"] == started
    assert low.verified(low.tokens(browser)["id_token"])["auth_time"] == started
