"""May this account use this application, and why (not): one answer for everybody, held to the hot path's."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from idp import clock
from idp.accounts import directory, grants, verdicts
from idp.accounts.verdicts import Verdict, Why
from idp.assurance import Level
from idp.database import db
from idp.models import Application, ApplicationGrant
from tests.support.house import NOW, House
from tests.support.journeys import Person, account_of, add_application, add_person, grant, sign_in

DAY = timedelta(days=1)


@pytest.fixture
def anna(house: House) -> Person:
    """Somebody who can sign in."""
    return add_person(house, totp=True)


@pytest.fixture
def wmo(house: House) -> str:
    """An application."""
    return add_application(house, "Wmo")


def answer(house: House, anna: Person, application: str) -> Verdict:
    with house.inside():
        return verdicts.verdict(account_of(anna), db.session.get(Application, application))


def at(after: timedelta | None) -> datetime | None:
    return None if after is None else NOW + after


def test_what_is_not_there_cannot_be_used(house: House, anna: Person, wmo: str) -> None:
    assert answer(house, anna, "onzin").why is Why.NO_APPLICATION
    assert answer(house, anna, wmo).why is Why.NO_GRANT


def test_a_grant_begins_counts_and_ends(
    house: House, anna: Person, wmo: str, time: clock.Standing
) -> None:
    grant(house, anna, wmo, starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    assert answer(house, anna, wmo) == Verdict(Why.NOT_YET, NOW + DAY, NOW + 2 * DAY, "test")
    time.move(DAY)
    assert answer(house, anna, wmo) == Verdict(
        Why.GRANTED, NOW + DAY, NOW + 2 * DAY, "test", ("inzien",)
    )
    time.move(DAY)
    assert (answer(house, anna, wmo).why, answer(house, anna, wmo).moment) == (
        Why.ENDED,
        NOW + 2 * DAY,
    )


def test_what_was_withdrawn_says_since_when(house: House, anna: Person, wmo: str) -> None:
    grant(house, anna, wmo)
    with house.inside():
        grants.revoke(account_of(anna), db.session.get_one(Application, wmo), actor="test")
    assert (answer(house, anna, wmo).why, answer(house, anna, wmo).moment) == (Why.WITHDRAWN, NOW)


def test_blocks_come_before_grants(house: House, anna: Person, wmo: str) -> None:
    grant(house, anna, wmo)
    with house.inside():
        directory.block_account(account_of(anna), actor="test")
    assert answer(house, anna, wmo).why is Why.ACCOUNT_BLOCKED
    with house.inside():
        directory.block_relation(account_of(anna).relation, actor="test")
    assert answer(house, anna, wmo).why is Why.RELATION_BLOCKED


def test_who_never_activated_or_is_enrolled_too_low_is_told_so(house: House, wmo: str) -> None:
    new, low = add_person(house, "nieuw"), add_person(house, "laag", totp=True, level=Level.LAAG)
    for person in (new, low):
        grant(house, person, wmo)
    assert answer(house, new, wmo).why is Why.NOT_ACTIVATED
    assert answer(house, low, wmo).why is Why.LEVEL


def test_every_mixture_of_grants_gives_the_answer_of_the_hot_path(
    house: House, anna: Person, wmo: str
) -> None:
    """All pairs of grants out of every kind there is: one evaluator, however it is asked."""
    moments = (None, -DAY, timedelta(), 2 * DAY)
    kinds = [
        {"starts_at": NOW + begins, "ends_at": at(ends), "revoked_at": at(gone)}
        for begins, ends, gone in product((-3 * DAY, timedelta(), DAY), moments, moments[:3])
        if ends is None or ends > begins
    ]
    with house.inside():
        account = account_of(anna)
        for first, second in product(kinds, kinds):
            db.session.query(ApplicationGrant).delete()
            for place, kind in enumerate((first, second)):
                db.session.add(
                    ApplicationGrant(
                        account_id=anna.id,
                        application_id=wmo,
                        granted_by="test",
                        roles=[f"rol-{place}"],
                        **kind,
                    )
                )
            db.session.flush()
            found = verdicts.verdict(account, db.session.get_one(Application, wmo))
            shown = grants.of_account(anna.id)
            assert found.allowed == grants.may_use(anna.id, wmo) == bool(shown), (first, second)
            assert sorted(found.roles) == sorted(role for each in shown for role in each.roles)


def test_the_portal_says_what_is_missed_and_who_can_arrange_it(
    house: House, anna: Person, wmo: str, time: clock.Standing
) -> None:
    grant(house, anna, wmo, ends_at=NOW + DAY)
    later = add_application(house, "Zorggegevens")
    grant(house, anna, later, starts_at=NOW + 9 * DAY)
    now = add_application(house, "Vrijstellingen")
    grant(house, anna, now)
    time.move(2 * DAY)
    browser = house.browser()
    sign_in(house, browser, anna)
    page = browser.click("Bekijk wie dat kan regelen")
    assert page.name == "missing-application"
    text = page.document.text
    assert "Uw toegang is geëindigd op 21 november 2026." in text
    assert "Uw toegang begint op 29 november 2026." in text
    assert "Vrijstellingen" not in text
    assert "088 - 711 4888" in text
